//! JSON as a stream of bytes (RFC 8259): is it one, and where do its values begin and end.

use super::{
    Fault, MAX_DEPTH,
    keep::Keep,
    number::Number,
    text::{Text, Want},
};

/// What a value is, as its first byte tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Object,
    Array,
    Text,
    Number,
    Null,
    Truth,
}

/// Where in a body the reading stands.
#[derive(Debug, Default)]
pub(super) struct Lexer {
    state: State,
    /// One bit for each open container, the innermost lowest: 1 is an object.
    objects: u128,
    depth: u32,
}

const _: () = assert!(MAX_DEPTH <= u128::BITS);

#[derive(Debug, Default)]
enum State {
    /// A value has to begin.
    #[default]
    Value,
    /// After `[`: a value, or the end.
    FirstItem,
    /// After `{`: a key, or the end.
    FirstKey,
    /// After the comma in an object: a key.
    Key,
    /// After a key.
    Colon,
    /// After a value inside a container: a comma, or the end.
    After,
    /// In a string.
    Text { text: Text, is_key: bool },
    /// In a number. Its bytes are kept where somebody wants them.
    Number {
        number: Number,
        kept: Option<Vec<u8>>,
    },
    /// In `true`, `false` or `null`: what is missing of it.
    Word(&'static [u8]),
    /// After the outermost value.
    End,
}

impl Lexer {
    /// Reads on, and tells `keep` what it meets.
    pub(super) fn push(&mut self, chunk: &[u8], keep: &mut Keep) -> Result<(), Fault> {
        let mut rest = chunk;
        while let Some((&byte, tail)) = rest.split_first() {
            match &mut self.state {
                State::Text { text, .. } => {
                    let (used, is_through) = text.push(rest)?;
                    rest = rest.get(used..).unwrap_or_default();
                    if is_through {
                        self.end_text(keep)?;
                    }
                    continue;
                }
                State::Number { number, kept } => {
                    if let Some(next) = number.next(byte) {
                        *number = next;
                        if let Some(kept) = kept {
                            kept.push(byte);
                            keep.check_number(kept.len())?;
                        }
                    } else {
                        // This byte belongs to what comes after.
                        self.end_number(keep)?;
                        continue;
                    }
                }
                State::Word(missing) => match missing.split_first() {
                    Some((expected, still)) if *expected == byte => {
                        *missing = still;
                        if still.is_empty() {
                            self.after_value();
                        }
                    }
                    _ => return Err(Fault::Syntax),
                },
                _ if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') => {}
                _ => self.between(byte, keep)?,
            }
            rest = tail;
        }
        Ok(())
    }

    /// Whether the body is whole.
    pub(super) fn finish(&self) -> Result<(), Fault> {
        match self.state {
            State::End => Ok(()),
            _ => Err(Fault::CutOff),
        }
    }

    /// A byte that stands between strings, numbers and words.
    fn between(&mut self, byte: u8, keep: &mut Keep) -> Result<(), Fault> {
        let in_object = self.objects & 1 == 1;
        match (&self.state, byte) {
            (State::End, _) => return Err(Fault::Trailing),
            (State::FirstKey | State::Key, b'"') => {
                self.state = State::Text {
                    text: Text::new(keep.want_key()),
                    is_key: true,
                };
            }
            (State::FirstKey, b'}') | (State::FirstItem, b']') => self.close(keep),
            (State::Colon, b':') => self.state = State::Value,
            (State::After, b',') if in_object => self.state = State::Key,
            (State::After, b',') => self.state = State::Value,
            (State::After, b'}') if in_object => self.close(keep),
            (State::After, b']') if !in_object => self.close(keep),
            (State::Value | State::FirstItem, _) => self.begin(byte, keep)?,
            _ => return Err(Fault::Syntax),
        }
        Ok(())
    }

    fn begin(&mut self, byte: u8, keep: &mut Keep) -> Result<(), Fault> {
        let number = Number::begin(byte);
        let (shape, state) = match byte {
            b'{' => (Shape::Object, State::FirstKey),
            b'[' => (Shape::Array, State::FirstItem),
            b'"' => (Shape::Text, State::Value),
            b'n' => (Shape::Null, State::Word(b"ull")),
            b't' => (Shape::Truth, State::Word(b"rue")),
            b'f' => (Shape::Truth, State::Word(b"alse")),
            _ if number.is_some() => (Shape::Number, State::Value),
            _ => return Err(Fault::Syntax),
        };
        if matches!(shape, Shape::Object | Shape::Array) {
            if self.depth == MAX_DEPTH {
                return Err(Fault::Depth);
            }
            self.depth += 1;
            self.objects = self.objects << 1 | u128::from(shape == Shape::Object);
        }
        let want = keep.begin(shape)?;
        self.state = match (shape, number) {
            (Shape::Text, _) => State::Text {
                text: Text::new(want),
                is_key: false,
            },
            (Shape::Number, Some(number)) => State::Number {
                number,
                kept: (want != Want::Nothing).then(|| vec![byte]),
            },
            _ => state,
        };
        Ok(())
    }

    fn close(&mut self, keep: &mut Keep) {
        self.depth -= 1;
        self.objects >>= 1;
        keep.end();
        self.after_value();
    }

    fn end_text(&mut self, keep: &mut Keep) -> Result<(), Fault> {
        if let State::Text { text, is_key } = std::mem::take(&mut self.state) {
            if is_key {
                keep.key(&text.read())?;
                self.state = State::Colon;
            } else {
                keep.text(text.read())?;
                self.after_value();
            }
        }
        Ok(())
    }

    fn end_number(&mut self, keep: &mut Keep) -> Result<(), Fault> {
        if let State::Number { number, kept } = std::mem::take(&mut self.state) {
            if !number.is_whole() {
                return Err(Fault::Syntax);
            }
            if let Some(kept) = kept {
                keep.number(kept, number.is_integer())?;
            }
        }
        self.after_value();
        Ok(())
    }

    fn after_value(&mut self) {
        self.state = if self.depth == 0 {
            State::End
        } else {
            State::After
        };
    }
}
