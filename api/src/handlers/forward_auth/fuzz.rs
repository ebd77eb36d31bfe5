//! Any query, against a second reading of `application/x-www-form-urlencoded` (URL Standard, 5.1).

use actix_web::{http::header::HeaderMap, test::TestRequest};
use latchkey_fuzz::{Outcome, agree, run};

use super::*;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/forwarded");

#[test]
fn forwarded() {
    let bare = TestRequest::default().to_http_request();
    let with_key = TestRequest::default()
        .insert_header(("x-api-key", "in-a-header"))
        .to_http_request();
    run("forwarded", CORPUS, |input| {
        check(input, bare.headers(), with_key.headers())
    });
}

fn check(input: &[u8], bare: &HeaderMap, with_key: &HeaderMap) -> Outcome {
    let query = String::from_utf8_lossy(input);
    let pairs = pairs(query.as_bytes());
    let keys: Vec<&str> = pairs
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("apikey"))
        .map(|(_, value)| value.as_str())
        .collect();
    let wanted = match keys[..] {
        [] => Err(NoKey::Absent),
        [key] => Ok((key.to_owned(), Via::Url)),
        _ => Err(NoKey::Several),
    };
    agree("the forwarded key", &seen(keys_in_query(&query)), &wanted)?;
    agree(
        "the request's key",
        &seen(key_source::find(bare, &query)),
        &wanted,
    )?;
    let beside = if keys.is_empty() {
        Ok(("in-a-header".to_owned(), Via::Header))
    } else {
        Err(NoKey::Several)
    };
    agree(
        "the key beside a header",
        &seen(key_source::find(with_key, &query)),
        &beside,
    )?;
    for name in ["project", "Project", "", "apikey"] {
        let first = pairs.iter().find(|(found, _)| found == name);
        agree(
            "a parameter",
            &parameter(&query, name).map(Cow::into_owned),
            &first.map(|(_, value)| value.clone()),
        )?;
    }
    Ok(())
}

fn seen(found: Result<Presented<'_>, NoKey>) -> Result<(String, Via), NoKey> {
    found.map(|presented| (presented.text.into_owned(), presented.via))
}

/// Names and values in their order. Only `&` parts them; what is empty is none.
fn pairs(query: &[u8]) -> Vec<(String, String)> {
    query
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let middle = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = pair.split_at(middle.unwrap_or(pair.len()));
            (decoded(name), decoded(value.get(1..).unwrap_or_default()))
        })
        .collect()
}

/// `+` is a blank, `%` and two hex digits a byte, and every other `%` itself.
fn decoded(text: &[u8]) -> String {
    let hex = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut bytes = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let digits = (hex(text.get(at + 1)), hex(text.get(at + 2)));
        match (*byte, digits) {
            (b'%', (Some(high), Some(low))) => {
                bytes.extend(u8::try_from(high * 16 + low));
                at += 3;
            }
            (b'+', _) => {
                bytes.push(b' ');
                at += 1;
            }
            (byte, _) => {
                bytes.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
