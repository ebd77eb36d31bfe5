//! The text: words, numbers, strings, and what is skipped.

/// What is left to read.
pub struct Text<'a> {
    rest: &'a [u8],
}

/// The text is not what was asked for.
#[derive(Debug)]
pub struct Unreadable;

type Outcome<T = ()> = Result<T, Unreadable>;

/// What begins at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

/// A number; nothing that the server writes has a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    Positive(u64),
    Negative(i64),
}

impl<'a> Text<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        Self { rest: text }
    }

    /// Whether nothing but space is left.
    pub fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// What begins here.
    pub fn start(&mut self) -> Outcome<Start> {
        Ok(match self.peek().ok_or(Unreadable)? {
            b'n' => Start::Null,
            b't' | b'f' => Start::Bool,
            b'-' | b'0'..=b'9' => Start::Number,
            b'"' => Start::String,
            b'[' => Start::Array,
            b'{' => Start::Object,
            _ => return Err(Unreadable),
        })
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        self.rest = self.rest.trim_ascii_start();
        self.rest.first().copied()
    }

    /// Goes over this byte if it is the next.
    pub fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        if is_next {
            self.rest = &self.rest[1..];
        }
        is_next
    }

    /// Goes over this byte.
    pub fn expect(&mut self, byte: u8) -> Outcome {
        self.takes(byte).then_some(()).ok_or(Unreadable)
    }

    /// Goes over what separates items, or the bracket that ends them; says whether there is another.
    pub fn has_item(&mut self, is_first: bool, end: u8) -> Outcome<bool> {
        if self.takes(end) {
            return Ok(false);
        }
        if !is_first {
            self.expect(b',')?;
        }
        Ok(true)
    }

    /// Goes over this word if it is the next.
    pub fn takes_word(&mut self, word: &str) -> bool {
        self.peek();
        let after = self.rest.strip_prefix(word.as_bytes());
        if let Some(after) = after {
            self.rest = after;
        }
        after.is_some()
    }

    pub fn bool(&mut self) -> Outcome<bool> {
        let is_true = self.takes_word("true");
        (is_true || self.takes_word("false"))
            .then_some(is_true)
            .ok_or(Unreadable)
    }

    pub fn number(&mut self) -> Outcome<Number> {
        self.peek();
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let digits = self.take_while(is_part);
        if digits.starts_with('-') {
            digits.parse().map(Number::Negative).or(Err(Unreadable))
        } else {
            digits.parse().map(Number::Positive).or(Err(Unreadable))
        }
    }

    /// The bytes for which this holds; they are ASCII.
    fn take_while(&mut self, holds: impl Fn(&u8) -> bool) -> &'a str {
        let end = self.rest.iter().position(|byte| !holds(byte));
        let (taken, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        str::from_utf8(taken).unwrap_or_default()
    }

    pub fn string(&mut self) -> Outcome<String> {
        self.expect(b'"')?;
        // At least as long as what is read, and written once: a text that grows would leave copies of a secret behind.
        let end = self.rest.iter().position(|byte| *byte == b'"');
        let mut string = Vec::with_capacity(end.ok_or(Unreadable)?);
        loop {
            let (byte, rest) = self.rest.split_first().ok_or(Unreadable)?;
            self.rest = rest;
            match byte {
                b'"' => return String::from_utf8(string).or(Err(Unreadable)),
                b'\\' => {
                    let character = self.escaped()?;
                    string.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                0..0x20 => return Err(Unreadable),
                byte => string.push(*byte),
            }
        }
    }

    /// What stands behind a backslash.
    fn escaped(&mut self) -> Outcome<char> {
        let (byte, rest) = self.rest.split_first().ok_or(Unreadable)?;
        self.rest = rest;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(*byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.unit()?;
                let units = match first {
                    0xd800..0xdc00 if self.rest.starts_with(b"\\u") => {
                        self.rest = &self.rest[2..];
                        vec![first, self.unit()?]
                    }
                    _ => vec![first],
                };
                let mut characters = char::decode_utf16(units);
                match (characters.next(), characters.next()) {
                    (Some(Ok(character)), None) => character,
                    _ => return Err(Unreadable),
                }
            }
            _ => return Err(Unreadable),
        })
    }

    /// Four digits of base 16.
    fn unit(&mut self) -> Outcome<u16> {
        let (digits, rest) = self.rest.split_at_checked(4).ok_or(Unreadable)?;
        self.rest = rest;
        digits.iter().try_fold(0, |unit, digit| {
            let digit = char::from(*digit).to_digit(16).ok_or(Unreadable)?;
            Ok(unit << 4 | u16::try_from(digit).or(Err(Unreadable))?)
        })
    }

    /// Goes over a whole value that this page does not know, however deep.
    pub fn skip(&mut self) -> Outcome {
        let mut depth = 0_usize;
        loop {
            match self.peek().ok_or(Unreadable)? {
                b'"' => drop(self.string()?),
                b'[' | b'{' => {
                    depth += 1;
                    self.rest = &self.rest[1..];
                    continue;
                }
                b']' | b'}' if depth > 0 => {
                    depth -= 1;
                    self.rest = &self.rest[1..];
                }
                b',' | b':' if depth > 0 => {
                    self.rest = &self.rest[1..];
                    continue;
                }
                byte if byte == b'-' || byte.is_ascii_alphanumeric() => {
                    self.take_while(|byte| {
                        matches!(byte, b'+' | b'-' | b'.') || byte.is_ascii_alphanumeric()
                    });
                }
                _ => return Err(Unreadable),
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }
}
