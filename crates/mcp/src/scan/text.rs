//! A JSON string, read byte by byte: is it one, and what does it say as far as somebody wants to know.

use super::Fault;

/// What somebody wants to know of a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// Nothing but that it is one.
    Nothing,
    /// Its first bytes, decoded; whether there were more.
    Start(usize),
    /// All of it, decoded, or this fault as soon as it is longer.
    Whole(usize, Fault),
    /// All of it as it stands, quotation marks included, or this fault as soon as it is longer.
    Raw(usize, Fault),
}

/// A string that is being read, from behind its first quotation mark.
#[derive(Debug)]
pub(super) struct Text {
    want: Want,
    /// What was kept. UTF-8 when the string is through: bytes are checked before they come here, and a cut is
    /// repaired at the end.
    kept: Vec<u8>,
    is_cut: bool,
    is_exact: bool,
    step: Step,
    /// The first half of a surrogate pair, whose second half may follow.
    high: Option<u16>,
}

/// What was read, once the closing quotation mark is there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Read {
    /// As much as was wanted.
    pub(super) text: String,
    /// Whether there was more.
    pub(super) is_cut: bool,
    /// Whether it is what stood there: half a surrogate pair can't be said in UTF-8.
    pub(super) is_exact: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Plain,
    /// Inside a character of several bytes: how many are missing, and between which bounds the next one lies
    /// (RFC 3629 §4: no overlong form, no surrogate, nothing above U+10FFFF).
    Multi {
        missing: u8,
        low: u8,
        high: u8,
    },
    Escape,
    Hex {
        digits: u8,
        value: u16,
    },
}

impl Text {
    pub(super) fn new(want: Want) -> Self {
        let mut text = Self {
            want,
            kept: Vec::new(),
            is_cut: false,
            is_exact: true,
            step: Step::Plain,
            high: None,
        };
        if matches!(want, Want::Raw(..)) {
            text.kept.push(b'"');
        }
        text
    }

    /// Reads on, and says how many bytes were read and whether the string is through.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(usize, bool), Fault> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.step == Step::Plain {
                // Most of a large body is plain characters of long strings: they are taken in one go.
                let rest = bytes.get(at..).unwrap_or_default();
                let plain = rest.iter().position(|byte| !is_plain(*byte));
                let run = rest.get(..plain.unwrap_or(rest.len())).unwrap_or_default();
                if !run.is_empty() {
                    self.end_pair();
                    self.keep(run)?;
                    at += run.len();
                    continue;
                }
            }
            at += 1;
            if self.one(byte)? {
                return Ok((at, true));
            }
        }
        Ok((at, false))
    }

    /// What was read, after [`Self::push`] has said that the string is through.
    pub(super) fn read(mut self) -> Read {
        if self.is_cut {
            // The cut may be inside a character.
            let whole = match std::str::from_utf8(&self.kept) {
                Ok(text) => text.len(),
                Err(error) => error.valid_up_to(),
            };
            self.kept.truncate(whole);
        }
        Read {
            text: String::from_utf8(self.kept).unwrap_or_default(),
            is_cut: self.is_cut,
            is_exact: self.is_exact,
        }
    }

    /// One byte that is not plain, or in the middle of something. True after the closing quotation mark.
    fn one(&mut self, byte: u8) -> Result<bool, Fault> {
        match self.step {
            Step::Plain if byte == b'"' => {
                self.end_pair();
                if matches!(self.want, Want::Raw(..)) {
                    self.keep(b"\"")?;
                }
                return Ok(true);
            }
            Step::Plain if byte == b'\\' => {
                self.keep_raw(byte)?;
                self.step = Step::Escape;
            }
            Step::Plain if byte < 0x20 => return Err(Fault::Syntax),
            Step::Plain => {
                self.end_pair();
                self.step = lead(byte)?;
                self.keep(&[byte])?;
            }
            Step::Multi { missing, low, high } => {
                if !(low..=high).contains(&byte) {
                    return Err(Fault::Encoding);
                }
                self.step = match missing {
                    1 => Step::Plain,
                    _ => Step::Multi {
                        missing: missing - 1,
                        low: 0x80,
                        high: 0xBF,
                    },
                };
                self.keep(&[byte])?;
            }
            Step::Escape => {
                self.keep_raw(byte)?;
                self.step = Step::Plain;
                match byte {
                    b'"' | b'\\' | b'/' => self.unescaped(char::from(byte))?,
                    b'b' => self.unescaped('\u{8}')?,
                    b'f' => self.unescaped('\u{c}')?,
                    b'n' => self.unescaped('\n')?,
                    b'r' => self.unescaped('\r')?,
                    b't' => self.unescaped('\t')?,
                    b'u' => {
                        self.step = Step::Hex {
                            digits: 0,
                            value: 0,
                        };
                    }
                    _ => return Err(Fault::Syntax),
                }
            }
            Step::Hex { digits, value } => {
                self.keep_raw(byte)?;
                let digit = char::from(byte).to_digit(16).ok_or(Fault::Syntax)?;
                // A hexadecimal digit is below 16.
                let value = value << 4 | u16::try_from(digit).unwrap_or_default();
                if digits == 3 {
                    self.step = Step::Plain;
                    self.unit(value)?;
                } else {
                    self.step = Step::Hex {
                        digits: digits + 1,
                        value,
                    };
                }
            }
        }
        Ok(false)
    }

    /// A UTF-16 unit that was written as \uXXXX (RFC 8259 §7).
    fn unit(&mut self, unit: u16) -> Result<(), Fault> {
        match (self.high.take(), unit) {
            (Some(high), 0xDC00..=0xDFFF) => {
                let pair = char::decode_utf16([high, unit]).next();
                self.decoded(pair.and_then(Result::ok).unwrap_or('\u{FFFD}'))
            }
            (high, 0xD800..=0xDBFF) => {
                self.is_exact &= high.is_none();
                self.high = Some(unit);
                Ok(())
            }
            (high, _) => {
                let one = char::from_u32(u32::from(unit));
                self.is_exact &= high.is_none() && one.is_some();
                self.decoded(one.unwrap_or('\u{FFFD}'))
            }
        }
    }

    fn unescaped(&mut self, character: char) -> Result<(), Fault> {
        self.end_pair();
        self.decoded(character)
    }

    /// Whatever follows that is no second half leaves a first half alone.
    fn end_pair(&mut self) {
        self.is_exact &= self.high.take().is_none();
    }

    fn decoded(&mut self, character: char) -> Result<(), Fault> {
        if matches!(self.want, Want::Raw(..)) {
            return Ok(());
        }
        let mut buffer = [0; 4];
        self.keep(character.encode_utf8(&mut buffer).as_bytes())
    }

    fn keep_raw(&mut self, byte: u8) -> Result<(), Fault> {
        if matches!(self.want, Want::Raw(..)) {
            self.keep(&[byte])?;
        }
        Ok(())
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let (limit, fault) = match self.want {
            Want::Nothing => return Ok(()),
            Want::Start(limit) => (limit, None),
            Want::Whole(limit, fault) | Want::Raw(limit, fault) => (limit, Some(fault)),
        };
        let room = limit.saturating_sub(self.kept.len());
        if let Some(all) = bytes.get(..bytes.len().min(room)) {
            self.kept.extend_from_slice(all);
        }
        if bytes.len() > room {
            self.is_cut = true;
            return fault.map_or(Ok(()), Err);
        }
        Ok(())
    }
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7F) && byte != b'"' && byte != b'\\'
}

/// The first byte of a character of several bytes (RFC 3629 §4).
fn lead(byte: u8) -> Result<Step, Fault> {
    let (missing, low, high) = match byte {
        0xC2..=0xDF => (1, 0x80, 0xBF),
        0xE0 => (2, 0xA0, 0xBF),
        0xED => (2, 0x80, 0x9F),
        0xE1..=0xEF => (2, 0x80, 0xBF),
        0xF0 => (3, 0x90, 0xBF),
        0xF1..=0xF3 => (3, 0x80, 0xBF),
        0xF4 => (3, 0x80, 0x8F),
        _ => return Err(Fault::Encoding),
    };
    Ok(Step::Multi { missing, low, high })
}
