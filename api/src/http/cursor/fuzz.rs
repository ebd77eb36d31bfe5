//! Any text as a cursor, against a second reading of base64url and of what is in it.

use latchkey_fuzz::{Dice, Outcome, agree, hold, run};

use super::*;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/cursor");

#[test]
fn cursors() {
    run("cursor", CORPUS, check);
}

fn check(input: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(input);
    read(&text)?;
    // The same as what a cursor is made of.
    read(&URL_SAFE_NO_PAD.encode(input))?;
    let mut dice = Dice::of(input);
    let at = i64::from_le_bytes(dice.roll().to_le_bytes());
    let id: String = text
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
        .take(64)
        .collect();
    let cursor = encode(at, &id);
    agree("a row, read", &parse(&cursor), &Some((at, id)))?;
    read(&cursor[..dice.below(cursor.len())])
}

fn read(cursor: &str) -> Outcome {
    let reference = bytes(cursor)
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| row(&text));
    agree("the row", &parse(cursor), &reference)?;
    match decode(cursor) {
        Ok((at, id)) => agree("the cursor of its row", &&*encode(at, &id), &cursor),
        Err(error) => {
            let inner = error.inner();
            let pointers: Vec<&str> = inner.errors.iter().map(|e| &*e.pointer).collect();
            agree("the code", &inner.code, &ProblemCode::InvalidCursor)?;
            agree("the pointers", &pointers, &vec!["#query/cursor"])?;
            hold(
                inner.detail == "cursor is not one of ours; send next_cursor as it came.",
                "the detail is another one",
            )
        }
    }
}

/// Base64url without padding (RFC 4648 §5), as a string of bits. The bits that belong to no byte have to be zero.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let alphabet: Vec<char> = ('A'..='Z')
        .chain('a'..='z')
        .chain('0'..='9')
        .chain(['-', '_'])
        .collect();
    let mut bits = Vec::new();
    for c in text.chars() {
        let value = alphabet.iter().position(|digit| *digit == c)?;
        bits.extend((0..6).rev().map(|place| value >> place & 1));
    }
    let (whole, rest) = bits.split_at(bits.len() / 8 * 8);
    if rest.len() >= 6 || rest.contains(&1) {
        return None;
    }
    let byte = |bits: &[usize]| bits.iter().fold(0, |byte, bit| byte << 1 | bit);
    whole
        .chunks(8)
        .map(|bits| u8::try_from(byte(bits)).ok())
        .collect()
}

/// `1.`, a time as we write it, `.`, an id.
fn row(text: &str) -> Option<(i64, String)> {
    let (at, id) = text.strip_prefix("1.")?.split_once('.')?;
    let at = at
        .parse::<i64>()
        .ok()
        .filter(|time| time.to_string() == at)?;
    let is_plain = id.len() <= 64 && !id.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    is_plain.then(|| (at, id.to_owned()))
}
