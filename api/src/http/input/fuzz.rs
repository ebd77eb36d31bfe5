//! Damaged bodies and queries: a refusal names a place that is there, and repeats no value.
//!
//! Every value of the corpus has the word `canary` in it, so that it is known again wherever it comes up.

use std::fmt;

use latchkey_fuzz::{Outcome, agree, hold, run};
use latchkey_types::{
    Timestamp,
    key::{CreateKeyRequest, Environment, RotateKeyRequest, UpdateKeyRequest},
    member::AddMemberRequest,
    project::{CreateProjectRequest, UpdateProjectRequest},
    session::SetupRequest,
    token::CreateTokenRequest,
    user::CreateUserRequest,
    verify::VerifyRequest,
};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};

use super::*;

const BODIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/pointer");
const QUERIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/query");
const CANARY: &str = "canary";

#[test]
fn pointers() {
    run("pointer", BODIES, body);
}

#[test]
fn queries() {
    run("query", QUERIES, query);
}

fn body(input: &[u8]) -> Outcome {
    let sent = Sent::of(input);
    body_of::<CreateKeyRequest>(&sent)?;
    body_of::<UpdateKeyRequest>(&sent)?;
    body_of::<RotateKeyRequest>(&sent)?;
    body_of::<CreateProjectRequest>(&sent)?;
    body_of::<UpdateProjectRequest>(&sent)?;
    body_of::<AddMemberRequest>(&sent)?;
    body_of::<CreateUserRequest>(&sent)?;
    body_of::<CreateTokenRequest>(&sent)?;
    body_of::<VerifyRequest>(&sent)?;
    body_of::<SetupRequest>(&sent)
}

/// A body, and what can be said of it without knowing what it is for.
struct Sent<'a> {
    bytes: &'a [u8],
    is_json: bool,
    is_object: bool,
    /// None where it is no JSON, and for half a surrogate pair, a number beyond every range, or too deep a nest.
    tree: Option<Tree>,
}

impl<'a> Sent<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let text = std::str::from_utf8(bytes).ok();
        Self {
            bytes,
            is_json: text.is_some_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok()),
            is_object: bytes.trim_ascii_start().starts_with(b"{"),
            tree: text.and_then(|text| serde_json::from_str(text).ok()),
        }
    }
}

fn body_of<T: DeserializeOwned>(sent: &Sent<'_>) -> Outcome {
    let reads = sent.is_json && sent.is_object && serde_json::from_slice::<T>(sent.bytes).is_ok();
    let error = match parse::<T>(sent.bytes) {
        Ok(_) => return hold(reads, "a body is read that serde_json does not read"),
        Err(error) => error,
    };
    hold(!reads, "a body is refused that serde_json reads")?;
    let inner = error.inner();
    if !sent.is_json {
        agree("the code", &inner.code, &ProblemCode::InvalidJson)?;
        hold(inner.errors.is_empty(), "bad JSON has a pointer")?;
        return hold(!inner.detail.contains(CANARY), "the body is repeated");
    }
    agree("the code", &inner.code, &ProblemCode::InvalidField)?;
    let [FieldError { pointer, detail }] = &inner.errors[..] else {
        return Err(format!("there are {} errors", inner.errors.len()));
    };
    hold(!detail.contains(CANARY), "a value is repeated")?;
    hold(
        detail.chars().count() <= 300 && !detail.contains(char::is_control),
        "the detail is no short line",
    )?;
    let tokens = tokens(pointer)?;
    let Some(tree) = &sent.tree else {
        return Ok(());
    };
    hold(
        is_there(tree, &tokens),
        &format!("{pointer:?} points to nothing"),
    )?;
    // The name of a field may be repeated, cut where it is long; a value never.
    let names_one = tokens.last().is_some_and(|token| tree.has_name(token));
    hold(
        names_one || !format!("{pointer}{}", inner.detail).contains(CANARY),
        "a value is repeated in a name's place",
    )
}

/// The reference tokens of a pointer (RFC 6901 §3 and §4).
fn tokens(pointer: &str) -> Result<Vec<String>, String> {
    if pointer.is_empty() {
        return Ok(Vec::new());
    }
    let rest = pointer
        .strip_prefix('/')
        .ok_or("the pointer begins with no slash")?;
    rest.split('/')
        .map(|token| {
            let mut pieces = token.split('~');
            let mut text = pieces.next().unwrap_or_default().to_owned();
            for piece in pieces {
                let (to, rest) = match piece.split_at_checked(1) {
                    Some(("0", rest)) => ('~', rest),
                    Some(("1", rest)) => ('/', rest),
                    _ => return Err("the pointer has a tilde that escapes nothing".to_owned()),
                };
                text.push(to);
                text.push_str(rest);
            }
            Ok(text)
        })
        .collect()
}

/// Whether these lead to a value, or to a name that an object lacks. A name may be there twice: either counts.
fn is_there(tree: &Tree, tokens: &[String]) -> bool {
    let Some((token, rest)) = tokens.split_first() else {
        return true;
    };
    match tree {
        Tree::Object(members) => {
            let mut named = members
                .iter()
                .filter(|(name, _)| is_name(name, token))
                .peekable();
            if named.peek().is_none() {
                return rest.is_empty();
            }
            named.any(|(_, value)| is_there(value, rest))
        }
        Tree::Array(items) => token
            .parse::<usize>()
            .ok()
            .filter(|index| index.to_string() == *token)
            .and_then(|index| items.get(index))
            .is_some_and(|value| is_there(value, rest)),
        Tree::Leaf => false,
    }
}

/// A token is a name, or the beginning of one that is too long to be repeated.
fn is_name(name: &str, token: &str) -> bool {
    let is_long = name.chars().count() > 30;
    match token.strip_suffix('…') {
        Some(start) if is_long => name.starts_with(start) && start.chars().count() == 4,
        _ => name == token && !is_long,
    }
}

/// A body with everything that stands in it, also what is there twice.
enum Tree {
    Object(Vec<(String, Tree)>),
    Array(Vec<Tree>),
    Leaf,
}

impl Tree {
    fn has_name(&self, token: &str) -> bool {
        match self {
            Self::Object(members) => members
                .iter()
                .any(|(name, value)| is_name(name, token) || value.has_name(token)),
            Self::Array(items) => items.iter().any(|value| value.has_name(token)),
            Self::Leaf => false,
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Tree::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element()? {
            values.push(value);
        }
        Ok(Tree::Array(values))
    }

    fn visit_str<E>(self, _: &str) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }
}

/// What the queries of lists are made of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only reading is tested")]
struct Every {
    limit: Option<u32>,
    cursor: Option<String>,
    environment: Option<Environment>,
    from: Option<Timestamp>,
    archived: Option<bool>,
}

fn query(input: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(input);
    let error = match parse_query::<Every>(&text) {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    let inner = error.inner();
    agree("the code", &inner.code, &ProblemCode::InvalidRequest)?;
    let [FieldError { pointer, detail }] = &inner.errors[..] else {
        return Err(format!("there are {} errors", inner.errors.len()));
    };
    hold(!detail.contains(CANARY), "a value is repeated")?;
    let named = pointer
        .strip_prefix("#query/")
        .ok_or("the pointer is of no query")?;
    let is_sent = form_pairs(&text).any(|(name, _)| is_name(&name, named));
    hold(
        is_sent,
        &format!("{pointer:?} names a parameter that wasn't sent"),
    )
}
