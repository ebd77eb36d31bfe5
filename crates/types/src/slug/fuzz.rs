//! Any text as a slug, and as the name that a slug is made of.

use latchkey_fuzz::{Dice, Outcome, agree, hold, run};

use super::*;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/slug");

#[test]
fn slugs() {
    run("slug", CORPUS, check);
}

fn check(input: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(input);
    let read = text.parse::<Slug>();
    agree("the fault", &read.as_ref().err().copied(), &fault(&text))?;
    if let Ok(slug) = read {
        agree("the slug's text", &slug.as_str(), &&*text)?;
        agree(
            "the slug of a slug",
            &Slug::from_ascii_name(&text),
            &Some(slug.clone()),
        )?;
        in_json(&slug)?;
        numbered(&slug, Dice::of(input).roll())?;
    }
    let made = Slug::from_ascii_name(&text);
    agree(
        "the slug made of a name",
        &made.as_ref().map(Slug::as_str),
        &named(&text).as_deref(),
    )?;
    made.map_or(Ok(()), |slug| {
        agree(
            "a made slug, read",
            &slug.as_str().parse(),
            &Ok(slug.clone()),
        )
    })
}

/// The rule, word by word of a slug.
fn fault(text: &str) -> Option<SlugError> {
    let length = text.chars().count();
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .chars()
                .all(|c| c.is_ascii_digit() || c.is_ascii_lowercase())
    };
    if !(3..=40).contains(&length) {
        Some(SlugError::Length)
    } else if !text.split('-').all(is_word) {
        Some(SlugError::Characters)
    } else {
        RESERVED.contains(&text).then_some(SlugError::Reserved)
    }
}

/// What a name's slug is: its words, as many of their characters as there is room for.
fn named(name: &str) -> Option<String> {
    let plain: String = name.chars().filter(|c| *c != '\'').collect();
    let words: Vec<String> = plain
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let joined: String = words.join("-").chars().take(40).collect();
    let slug = joined.trim_end_matches('-');
    match fault(slug) {
        None => Some(slug.to_owned()),
        Some(_) if slug.is_empty() => None,
        Some(_) => Some(format!("{slug}-project")),
    }
}

fn in_json(slug: &Slug) -> Outcome {
    let json = serde_json::to_string(slug).map_err(|error| error.to_string())?;
    agree("the slug as JSON", &json, &format!("\"{slug}\""))?;
    let read: Slug = serde_json::from_str(&json).map_err(|error| error.to_string())?;
    agree("the slug of JSON", &read, slug)
}

fn numbered(slug: &Slug, number: u64) -> Outcome {
    for number in [0, 2, 999, u32::MAX, number.to_le_bytes()[0].into()] {
        let next = slug.numbered(number);
        agree(
            "a numbered slug, read",
            &next.as_str().parse(),
            &Ok(next.clone()),
        )?;
        hold(
            next.as_str().ends_with(&format!("-{number}")),
            "a numbered slug ends without its number",
        )?;
    }
    Ok(())
}
