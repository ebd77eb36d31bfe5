//! A sealed session id opens as it is for its own scope, and nothing else opens.

use latchkey_fuzz::{Dice, Outcome, agree, hold, run};

use super::*;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/session");

#[test]
fn sessions() {
    run("session", CORPUS, check);
}

fn check(input: &[u8]) -> Outcome {
    let seal = SessionSeal::new(digest);
    let mut dice = Dice::of(input);
    let text = String::from_utf8_lossy(input);
    // The input in three: project, key, and the session.
    let (project, rest) = cut(&text, &mut dice);
    let (key, session) = cut(rest, &mut dice);
    let scope = Scope {
        project,
        backend_version: i64::from_le_bytes(dice.roll().to_le_bytes()),
        key,
    };
    for unsealed in [&*text, &URL_SAFE_NO_PAD.encode(input)] {
        hold(
            seal.open(&scope, unsealed).is_none(),
            "what was never sealed opens",
        )?;
    }

    let is_plain = session.chars().all(|c| ('!'..='~').contains(&c));
    let may_be_sealed = is_plain && (1..=1024).contains(&session.len());
    let sealed = seal.seal(&scope, session);
    agree("whether it is sealed", &sealed.is_ok(), &may_be_sealed)?;
    let plain: String = session
        .chars()
        .filter(char::is_ascii_graphic)
        .take(MAX_SESSION_BYTES)
        .collect();
    if !plain.is_empty() {
        opens_only_there(&seal, &scope, &plain, &mut dice)?;
    }
    Ok(())
}

fn opens_only_there<F: Fn(&[&[u8]]) -> [u8; DIGEST]>(
    seal: &SessionSeal<F>,
    scope: &Scope<'_>,
    session: &str,
    dice: &mut Dice,
) -> Outcome {
    let sealed = seal
        .seal(scope, session)
        .map_err(|_| "a plain session is not sealed".to_owned())?;
    agree(
        "what was opened",
        &seal.open(scope, &sealed).as_deref(),
        &Some(session),
    )?;
    hold(
        sealed.len() <= MAX_SEALED_CHARS,
        "it is longer than the longest",
    )?;

    let joined = format!("{}{}", scope.project, scope.key);
    let (left, right) = cut(&joined, dice);
    let elsewhere = [
        Scope {
            project: left,
            key: right,
            ..*scope
        },
        Scope {
            project: scope.key,
            key: scope.project,
            ..*scope
        },
        Scope {
            backend_version: scope.backend_version.wrapping_add(1),
            ..*scope
        },
        Scope {
            backend_version: scope.backend_version.swap_bytes(),
            ..*scope
        },
    ];
    for other in elsewhere {
        hold(
            other == *scope || seal.open(&other, &sealed).is_none(),
            "it opens for another scope",
        )?;
    }

    let at = dice.below(sealed.len());
    let new = char::from(dice.byte() & 0x7f);
    let mut changed = sealed.clone();
    changed.replace_range(at..=at, new.encode_utf8(&mut [0; 4]));
    let around = [
        changed,
        sealed[..at].to_owned(),
        sealed[at..].to_owned() + &sealed[..at],
        format!("{sealed}{new}"),
        format!("{new}{sealed}"),
        format!("{sealed}{sealed}"),
    ];
    for other in &around {
        hold(
            *other == sealed || seal.open(scope, other).is_none(),
            "another text opens",
        )?;
    }

    // The bytes behind the text: one of them is another one.
    let mut bytes = URL_SAFE_NO_PAD
        .decode(&sealed)
        .map_err(|error| error.to_string())?;
    let at = dice.below(bytes.len());
    bytes[at] ^= 1 << dice.below(8);
    hold(
        seal.open(scope, &URL_SAFE_NO_PAD.encode(&bytes)).is_none(),
        "a changed byte is not noticed",
    )
}

/// A text in two, at a place that the dice choose.
fn cut<'a>(text: &'a str, dice: &mut Dice) -> (&'a str, &'a str) {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let at = places
        .get(dice.below(places.len() + 1))
        .copied()
        .unwrap_or(text.len());
    text.split_at(at)
}

/// A stand-in for the keyed digest: over the parts with their lengths before them, every bit of it by every byte.
fn digest(parts: &[&[u8]]) -> [u8; DIGEST] {
    let mut all = Vec::new();
    for part in parts {
        all.extend_from_slice(&(part.len() as u64).to_le_bytes());
        all.extend_from_slice(part);
    }
    let mut dice = Dice::of(&all);
    std::array::from_fn(|_| dice.byte())
}
