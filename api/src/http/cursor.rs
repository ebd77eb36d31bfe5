//! Opaque cursors: where the next page begins, as base64url. Opaque so that nobody builds on the inside.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use latchkey_types::{FieldError, ProblemCode};

use crate::error::{ApiError, ApiResult};

/// The cursor behind a row made at this time, with this id.
#[must_use]
pub fn encode(created_at: i64, id: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("1.{created_at}.{id}"))
}

/// The row that a cursor stands for.
///
/// # Errors
/// 400 when it is not one of ours.
pub fn decode(cursor: &str) -> ApiResult<(i64, String)> {
    parse(cursor).ok_or_else(|| {
        ApiError::with_errors(
            ProblemCode::InvalidCursor,
            vec![FieldError::new(
                "#query/cursor",
                "is not one of ours; send next_cursor as it came",
            )],
        )
    })
}

fn parse(cursor: &str) -> Option<(i64, String)> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let mut parts = text.splitn(3, '.');
    let (version, created_at, id) = (parts.next()?, parts.next()?, parts.next()?);
    // Ids are short and plain; anything else never came from us.
    let plain = id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    // Another way to write the same number never came from us either.
    let at = created_at.parse::<i64>().ok()?;
    let ours = version == "1" && plain && at.to_string() == created_at;
    ours.then(|| (at, id.to_owned()))
}

#[cfg(test)]
mod fuzz;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_nonsense_does_not() {
        let cursor = encode(1_700_000_000_000, "key_0123");
        assert_eq!(
            parse(&cursor),
            Some((1_700_000_000_000, "key_0123".to_owned()))
        );
        for bad in [
            "",
            "x",
            "!!!",
            "MS4x",
            &encode(1, "a'b"),
            &encode(1, &"a".repeat(65)),
            &format!("{cursor}="),
        ] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }
}
