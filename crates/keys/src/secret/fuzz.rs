//! Any text against a second reading of the rule, which shares nothing with the first.

use latchkey_fuzz::{Dice, Outcome, agree, hold, run};

use super::*;
use crate::OpaqueToken;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/secret");

#[test]
fn secrets() {
    run("secret", CORPUS, check);
}

fn check(input: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(input);
    recognised(&text)?;
    // The same with the checksum that belongs to it.
    for prefix in ["lk_", "lkm_"] {
        let covered = format!("{prefix}{}", body(input));
        let good = format!("{covered}{}", checksum(&covered));
        recognised(&good)?;
        hold(
            Presented::parse(&good).is_some_and(|presented| presented.as_str() == good),
            "a secret with its checksum is refused",
        )?;
        one_change_is_noticed(&good, &mut Dice::of(input))?;
    }
    Ok(())
}

/// Prefix, length, alphabet and checksum, each looked at in the plainest way.
fn recognised(text: &str) -> Outcome {
    let reference = [("lk_", SecretKind::Key), ("lkm_", SecretKind::Token)]
        .into_iter()
        .find(|(prefix, _)| {
            let characters: Vec<char> = text.chars().collect();
            let rest = characters.get(prefix.len()..).unwrap_or_default();
            let (body, sum) = rest.split_at(rest.len().min(30));
            let covered: String = prefix.chars().chain(body.iter().copied()).collect();
            text.starts_with(*prefix)
                && (body.len(), sum.len()) == (30, 6)
                && rest.iter().all(char::is_ascii_alphanumeric)
                && sum.iter().collect::<String>() == checksum(&covered)
        })
        .map(|(_, kind)| kind);
    let found = Presented::parse(text).map(|presented| presented.kind());
    agree("the kind", &found, &reference)?;
    let by_prefix = match text.split_once('_') {
        Some(("lk", _)) => Some(SecretKind::Key),
        Some(("lkm", _)) => Some(SecretKind::Token),
        _ => None,
    };
    agree("the prefix", &kind_of_prefix(text), &by_prefix)?;
    hold(
        found.is_none() || found == by_prefix,
        "kind and prefix differ",
    )?;
    let is_opaque = text.chars().count() == 43
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    agree(
        "the shape of an opaque token",
        &OpaqueToken::has_shape(text),
        &is_opaque,
    )?;
    hold(
        found.is_none() || !is_opaque,
        "a secret has the shape of an opaque token",
    )
}

/// CRC-32 finds every change within 32 bits, so every other character.
fn one_change_is_noticed(good: &str, dice: &mut Dice) -> Outcome {
    let at = dice.below(good.len());
    let other = char::from(dice.byte() & 0x7f);
    let mut changed = good.to_owned();
    changed.replace_range(at..=at, other.encode_utf8(&mut [0; 4]));
    recognised(&changed)?;
    hold(
        changed == good || Presented::parse(&changed).is_none(),
        "a wrong character is not noticed",
    )
}

/// Thirty characters of the alphabet that the input decides.
fn body(input: &[u8]) -> String {
    let mut dice = Dice::of(input);
    let digits: Vec<char> = ('0'..='9').chain('A'..='Z').chain('a'..='z').collect();
    (0..30).map(|_| digits[dice.below(62)]).collect()
}

/// CRC-32 bit by bit, and its base62 with the zeros before it.
fn checksum(covered: &str) -> String {
    let mut crc = u32::MAX;
    for byte in covered.bytes() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            let is_odd = crc & 1 == 1;
            crc >>= 1;
            if is_odd {
                crc ^= 0xedb8_8320;
            }
        }
    }
    let digits: Vec<char> = ('0'..='9').chain('A'..='Z').chain('a'..='z').collect();
    let value = u64::from(!crc);
    [5, 4, 3, 2, 1, 0]
        .into_iter()
        .map(|power| digits[(value / 62_u64.pow(power) % 62) as usize])
        .collect()
}
