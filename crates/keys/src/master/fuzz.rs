//! Any text against a second reading of hex and base64, as strings of bits.

use latchkey_fuzz::{Outcome, agree, hold, run};

use super::*;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/master_key");

#[test]
fn master_keys() {
    run("master_key", CORPUS, check);
}

fn check(input: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(input);
    let read = |text: &str| MasterKey::parse(text).map(|key| *key.0);
    let found = read(&text);
    agree("the key", &found, &reference(&text))?;
    let Ok(bytes) = found else {
        return Ok(());
    };
    let written = MasterKey::from_bytes(bytes).to_text();
    agree("the key's text", &read(&written), &Ok(bytes))?;
    hold(written.len() == 64, "the key's text is not 64 digits long")?;
    hold(
        MasterKey::parse(&text.trim_ascii()[1..]).is_err(),
        "a key without its first character is a key",
    )
}

fn reference(text: &str) -> Result<[u8; 32], MasterKeyError> {
    let characters: Vec<char> = text
        .trim_matches([' ', '\t', '\n', '\r', '\u{c}'])
        .chars()
        .collect();
    let length: usize = characters.iter().map(|c| c.len_utf8()).sum();
    let bits: Option<Vec<bool>> = match (length, characters.last()) {
        (64, _) => bits(&characters, 4, |c| c.to_digit(16)),
        (43, _) => bits(&characters, 6, sextet),
        (44, Some('=')) => bits(&characters[..characters.len() - 1], 6, sextet),
        (44, _) => None,
        _ => return Err(MasterKeyError::Length),
    };
    bits.and_then(|bits| bytes(&bits))
        .ok_or(MasterKeyError::Characters)
}

fn bits(characters: &[char], width: u32, value: impl Fn(char) -> Option<u32>) -> Option<Vec<bool>> {
    let mut bits = Vec::new();
    for c in characters {
        let value = value(*c)?;
        bits.extend((0..width).rev().map(|place| value >> place & 1 == 1));
    }
    Some(bits)
}

fn sextet(c: char) -> Option<u32> {
    let place = ('A'..='Z')
        .chain('a'..='z')
        .chain('0'..='9')
        .position(|digit| digit == c);
    match c {
        '+' | '-' => Some(62),
        '/' | '_' => Some(63),
        _ => place.and_then(|place| u32::try_from(place).ok()),
    }
}

/// 256 bits; behind them only zeros.
fn bytes(bits: &[bool]) -> Option<[u8; 32]> {
    let (all, rest) = bits.split_at_checked(256)?;
    if rest.contains(&true) {
        return None;
    }
    let mut bytes = [0; 32];
    for (at, bit) in all.iter().enumerate() {
        bytes[at / 8] |= u8::from(*bit) << (7 - at % 8);
    }
    Some(bytes)
}
