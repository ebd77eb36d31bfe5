//! How long things may be. Lengths of text are in characters (Unicode scalar values).

/// Longest description of a key.
pub const DESCRIPTION_MAX: usize = 200;
/// Longest name of a person, a project or a token.
pub const NAME_MAX: usize = 100;
/// Longest description of a project.
pub const PROJECT_DESCRIPTION_MAX: usize = 1000;
/// Longest e-mail address (RFC 5321 §4.5.3.1.3, less the brackets), in bytes.
pub const EMAIL_MAX: usize = 254;
/// Shortest password, in characters (ASVS 5.0 6.2.1 requires 8).
pub const PASSWORD_MIN: usize = 10;
/// Longest password, in bytes: hashing is the server's work.
pub const PASSWORD_MAX: usize = 1024;
/// Shortest and longest slug.
pub const SLUG_MIN: usize = 3;
/// See [`SLUG_MIN`].
pub const SLUG_MAX: usize = 40;
/// Most origins that a project may list.
pub const ORIGINS_MAX: usize = 20;
/// Longest overlap of two secrets: 7 days, in seconds.
pub const OVERLAP_MAX_SECONDS: i64 = 7 * 24 * 3600;
/// The overlap when none is asked for: 24 hours, in seconds.
pub const OVERLAP_DEFAULT_SECONDS: i64 = 24 * 3600;
/// Rows on a page when no limit is asked for.
pub const PAGE_DEFAULT: u32 = 50;
/// Most rows on a page.
pub const PAGE_MAX: u32 = 200;
/// Longest search text.
pub const QUERY_MAX: usize = 200;
/// Longest URL of an upstream, in bytes.
pub const UPSTREAM_URL_MAX: usize = 2048;
/// Most headers that calls to an upstream may get.
pub const UPSTREAM_HEADERS_MAX: usize = 20;
/// Longest name of such a header, in bytes.
pub const UPSTREAM_HEADER_NAME_MAX: usize = 100;
/// Longest value of such a header, in bytes.
pub const UPSTREAM_HEADER_VALUE_MAX: usize = 4096;
/// Longest text of a memory.
pub const MEMORY_TEXT_MAX: usize = 20_000;
/// Most tags of a memory.
pub const MEMORY_TAGS_MAX: usize = 20;
/// Longest tag of a memory.
pub const MEMORY_TAG_MAX: usize = 50;
/// Most memories of a project.
pub const MEMORIES_MAX: i64 = 10_000;
/// Memories that a search of the memory server gives when no limit is asked for.
pub const RECALL_DEFAULT: u32 = 10;
/// Most memories that one such search gives.
pub const RECALL_MAX: u32 = 50;

/// Why a line of text is not taken; the sentence names the remedy.
///
/// # Errors
/// When the text holds a control character or is longer than `max` characters.
pub fn check_line(text: &str, max: usize) -> Result<(), String> {
    check_text(text, max, |c| c.is_control())
}

/// Like [`check_line`], for text of several lines: a line feed is fine.
///
/// # Errors
/// When the text holds another control character or is longer than `max` characters.
pub fn check_lines(text: &str, max: usize) -> Result<(), String> {
    check_text(text, max, |c| c.is_control() && c != '\n')
}

fn check_text(text: &str, max: usize, refused: impl Fn(char) -> bool) -> Result<(), String> {
    let length = text.chars().count();
    if length > max {
        return Err(format!(
            "has {length} characters; at most {max} are allowed"
        ));
    }
    // Line and paragraph separators and the bidirectional overrides can make a list show one key's
    // text in another's place (Unicode TR 36).
    let misleading = |c: char| matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if let Some(c) = text.chars().find(|&c| refused(c) || misleading(c)) {
        return Err(format!(
            "holds the control character U+{:04X}; remove it",
            u32::from(c)
        ));
    }
    Ok(())
}

/// The same, for a name, which must also not be blank.
///
/// # Errors
/// When the name is blank, too long, or holds a control character.
pub fn check_name(name: &str) -> Result<(), String> {
    if name.trim().is_empty() {
        return Err("is empty; give a name".to_owned());
    }
    check_line(name, NAME_MAX)
}

/// Whether this can be an e-mail address: one `@` with something on both sides and no blank. Only a
/// message that arrives would prove more.
///
/// # Errors
/// A sentence that says what is missing.
pub fn check_email(email: &str) -> Result<(), String> {
    let form = || "is not an e-mail address; write it like ada@example.com".to_owned();
    if email.len() > EMAIL_MAX {
        return Err(format!("is longer than {EMAIL_MAX} bytes"));
    }
    let (local, domain) = email.rsplit_once('@').ok_or_else(form)?;
    let plain = |part: &str| {
        !part.is_empty()
            && !part
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || c == '@')
    };
    if plain(local) && plain(domain) && !domain.starts_with('.') && !domain.ends_with('.') {
        Ok(())
    } else {
        Err(form())
    }
}

/// Whether a password has a length that may be chosen. Its characters are free (ASVS 5.0 6.2.5: no composition
/// rules); common ones and names are the server's to refuse, which has the list and knows the names.
///
/// # Errors
/// A sentence that says what to change.
pub fn check_password(password: &str) -> Result<(), String> {
    if password.chars().count() < PASSWORD_MIN {
        return Err(format!(
            "is too short; use at least {PASSWORD_MIN} characters"
        ));
    }
    if password.len() > PASSWORD_MAX {
        return Err(format!("is longer than {PASSWORD_MAX} bytes"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_refuse_control_characters_and_excess() {
        assert!(check_line("Claude AI — Integration 🔑 日本語", 200).is_ok());
        assert!(check_line(&"é".repeat(200), 200).is_ok());
        assert!(check_line(&"é".repeat(201), 200).is_err());
        for bad in ["a\nb", "a\0", "\u{7f}", "\u{202e}gnp", "\u{85}"] {
            assert!(check_line(bad, 200).is_err(), "{bad:?} was taken");
        }
        assert!(check_lines("a\nb", 10).is_ok());
        assert!(check_lines("a\rb", 10).is_err());
    }

    #[test]
    fn email_addresses_have_two_sides() {
        for good in [
            "ada@example.com",
            "a+b@localhost",
            "ünïcode@exämple.org",
            "\"a\"@b",
        ] {
            assert!(check_email(good).is_ok(), "{good:?} was refused");
        }
        for bad in [
            "",
            "ada",
            "@",
            "ada@",
            "@example.com",
            "a b@c",
            "a@b@c",
            "a@.c",
            "a@c.",
        ] {
            assert!(check_email(bad).is_err(), "{bad:?} was taken");
        }
    }
}
