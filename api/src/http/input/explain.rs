//! serde's sentences in ours. A caller knows no Rust, and what they sent is never repeated.

/// The longest name of a field that an answer repeats. None of ours is so long, and each of our secrets is
/// longer.
const NAME_SHOWN: usize = 30;

/// A field's name as an answer may repeat it: a longer one may be a secret in a name's place, and is cut.
pub(super) fn shown(name: &str) -> String {
    match name.chars().nth(NAME_SHOWN) {
        None => name.to_owned(),
        Some(_) => name.chars().take(4).chain(['…']).collect(),
    }
}

/// serde's sentence in ours: the field it is about, if it names one, and what to do. A value is never
/// repeated: it may be a secret in the wrong place.
///
/// serde puts what it was given before what it expects, and what it was given may say anything, also "expected". So the
/// sentence is read from its end.
pub(super) fn explain(message: &str) -> (Option<String>, String) {
    let said = without_place(message);
    let (given, expected) = match said.strip_suffix(", there are no fields") {
        Some(given) => (given, None),
        None => match said.rsplit_once(", expected ") {
            Some((given, expected)) => (given, Some(expected)),
            None => (said, None),
        },
    };
    let field = |prefix: &str| {
        let name = given.strip_prefix(prefix)?.strip_prefix('`')?;
        name.strip_suffix('`').map(str::to_owned)
    };
    if given.starts_with("unknown field ") {
        let remedy = expected.map_or_else(
            || "is not a field of this request; remove it".to_owned(),
            |known| {
                format!(
                    "is not a field of this request; known are {}",
                    known.replace("one of ", "")
                )
            },
        );
        return (field("unknown field "), remedy);
    }
    if given.starts_with("missing field ") {
        return (field("missing field "), "is missing".to_owned());
    }
    if given.starts_with("duplicate field ") {
        return (field("duplicate field "), "occurs twice".to_owned());
    }
    let is_about_a_value = [
        "unknown variant",
        "invalid type",
        "invalid value",
        "invalid length",
    ]
    .iter()
    .any(|kind| given.starts_with(kind));
    if is_about_a_value {
        let remedy = expected.map_or_else(
            || "is of the wrong type".to_owned(),
            |expected| format!("must be {}", in_words(expected)),
        );
        return (None, remedy);
    }
    if given.starts_with("expected value") {
        return (None, "is of the wrong type".to_owned());
    }
    // Messages of our own types (ids, slugs, times): they say what is expected and repeat nothing.
    (None, said.to_owned())
}

/// The sentence without serde_json's " at line 1 column 2".
fn without_place(message: &str) -> &str {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match message.rsplit_once(" at line ") {
        Some((said, place))
            if place
                .split_once(" column ")
                .is_some_and(|(line, column)| is_number(line) && is_number(column)) =>
        {
            said
        }
        _ => message,
    }
}

/// A caller knows no Rust.
fn in_words(expected: &str) -> &str {
    match expected {
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "f32" | "f64" => "a number",
        other => other,
    }
}
