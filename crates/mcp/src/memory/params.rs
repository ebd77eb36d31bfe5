//! Reads what the scan left out: the params of a method. What nobody asked for is skipped, not kept, so a large
//! body costs no more memory than itself.

use std::fmt;

use latchkey_types::limits::MEMORY_TAGS_MAX;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The params don't have the form that the schema gives for the method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// An argument of a tool, as far as any tool here takes one.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Argument {
    /// `null`: as if it were not given. Models send it for what they leave out.
    Null,
    Text(String),
    /// A whole number from 0 up; 5.0 is one (JSON Schema 2020-12, "integer").
    Whole(u32),
    /// Strings, of which one more is kept than any tool takes.
    Texts(Vec<String>),
    /// Anything else.
    Other,
}

/// Arguments by name, in the order in which they came.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Arguments(pub(super) Vec<(String, Argument)>);

/// More than any tool takes, so that a surplus one is among those that are kept.
const ARGUMENTS_KEPT: usize = 8;

#[derive(serde::Deserialize)]
struct Body<P> {
    params: Option<P>,
}

#[derive(serde::Deserialize)]
struct WithCursor {
    cursor: Option<IgnoredAny>,
}

#[derive(serde::Deserialize)]
struct WithArguments {
    arguments: Option<Arguments>,
}

/// Whether a list was asked for from some point on. An empty cursor is one (MCP 2026-07-28 server/pagination,
/// "Implementation Guidelines", 3).
pub(super) fn has_cursor(body: &[u8]) -> Result<bool, Malformed> {
    Ok(params::<WithCursor>(body)?.is_some_and(|params| params.cursor.is_some()))
}

/// The arguments of a tools/call.
pub(super) fn arguments(body: &[u8]) -> Result<Arguments, Malformed> {
    let read = params::<WithArguments>(body)?;
    Ok(read.and_then(|params| params.arguments).unwrap_or_default())
}

fn params<P: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<Option<P>, Malformed> {
    // The scan has found it to be JSON, so what is wrong now is the form of the params.
    let body: Body<P> = serde_json::from_slice(body).map_err(|_| Malformed)?;
    Ok(body.params)
}

impl<'de> Deserialize<'de> for Arguments {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Arguments;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of arguments")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Arguments, A::Error> {
                let mut kept = Vec::new();
                while kept.len() < ARGUMENTS_KEPT {
                    let Some(entry) = map.next_entry()? else {
                        return Ok(Arguments(kept));
                    };
                    kept.push(entry);
                }
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Arguments(kept))
            }
        }

        from.deserialize_map(Reader)
    }
}

impl<'de> Deserialize<'de> for Argument {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ArgumentReader)
    }
}

struct ArgumentReader;

impl<'de> Visitor<'de> for ArgumentReader {
    type Value = Argument;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Argument, E> {
        Ok(Argument::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Argument, E> {
        Ok(Argument::Other)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Argument, E> {
        Ok(u32::try_from(number).map_or(Argument::Other, Argument::Whole))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Argument, E> {
        Ok(Argument::Other)
    }

    fn visit_f64<E>(self, number: f64) -> Result<Argument, E> {
        let whole = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
        // Exact: it is whole, and within the range.
        Ok(if whole {
            Argument::Whole(number as u32)
        } else {
            Argument::Other
        })
    }

    fn visit_str<E>(self, text: &str) -> Result<Argument, E> {
        Ok(Argument::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Argument, E> {
        Ok(Argument::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Argument, A::Error> {
        let mut texts = Vec::new();
        let mut only_texts = true;
        while only_texts && texts.len() <= MEMORY_TAGS_MAX {
            match seq.next_element()? {
                None => return Ok(Argument::Texts(texts)),
                Some(Argument::Text(text)) => texts.push(text),
                Some(_) => only_texts = false,
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(if only_texts {
            Argument::Texts(texts)
        } else {
            Argument::Other
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Argument, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Argument::Other)
    }
}
