//! What is read, against `serde_json`, which reads the same types.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{read, write};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    First,
    SecondWord,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Tagged {
    Empty,
    Full { at: String, number: Option<i64> },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Everything {
    text: String,
    #[serde(rename = "type")]
    kind: Word,
    number: u32,
    below: i64,
    is_on: bool,
    nothing: Option<String>,
    #[serde(default)]
    missing: Option<u64>,
    list: Vec<Tagged>,
    map: BTreeMap<String, String>,
}

const GOOD: &str = r#" {"number": 7,"unknown":{"a":[1,{"b":"]}\"","c":[]},-1.5e3,true,null]},
    "text":"é \"q\" \\ \/ \b\f\n\r\t é 😀 😀","type":"second_word","below":-9,
    "is_on":false,"nothing":null,"list":[{"number":3,"kind":"full","at":"x"},{"kind":"empty"}],
    "map":{"a":"1","b":"2"},"more":"x"} "#;

/// The same, or nothing where serde_json has nothing.
fn agrees<T: DeserializeOwned + PartialEq + std::fmt::Debug>(text: &str) {
    assert_eq!(
        read::<T>(text.as_bytes()),
        serde_json::from_str(text).ok(),
        "{text}"
    );
}

#[test]
fn a_value_is_read_as_serde_json_reads_it() {
    agrees::<Everything>(GOOD);
    assert!(read::<Everything>(GOOD.as_bytes()).is_some());
}

#[test]
fn no_part_of_a_text_is_a_value() {
    // Cut at every place, with and without something behind.
    for end in GOOD.char_indices().map(|(index, _)| index) {
        agrees::<Everything>(&GOOD[..end]);
        agrees::<Everything>(&format!("{}}}", &GOOD[..end]));
    }
}

#[test]
fn single_values_agree() {
    for text in [
        "null",
        "true",
        "false",
        "tru",
        "0",
        "12",
        "-12",
        "1.5",
        "1e3",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775809",
        "--1",
        "-",
        "\"\"",
        "\"a\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud83d\"",
        "\"\\ude00\"",
        "\"\\ud83dx\"",
        "\"\\u00g0\"",
        "\"\\x\"",
        "\"\u{1}\"",
        "\"",
        "[]",
        "[1]",
        "[1,2]",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[",
        "{}",
        "{\"a\":\"b\"}",
        "{\"a\"}",
        "{a:1}",
        "",
        " ",
        "1 1",
        "[[[[[[[[[[]]]]]]]]]]",
        "\"first\"",
        "\"third\"",
        "{\"first\":null}",
    ] {
        agrees::<bool>(text);
        agrees::<u64>(text);
        agrees::<i64>(text);
        agrees::<u32>(text);
        agrees::<Option<u64>>(text);
        agrees::<Option<String>>(text);
        agrees::<String>(text);
        agrees::<()>(text);
        agrees::<Vec<u64>>(text);
        agrees::<BTreeMap<String, String>>(text);
    }
    for text in ["\"first\"", "\"second_word\"", "\"third\"", "1"] {
        agrees::<Word>(text);
    }
}

#[test]
fn what_is_written_is_what_serde_json_writes() {
    let value = read::<Everything>(GOOD.as_bytes());
    let written: serde_json::Value = serde_json::from_str(&write(&value)).unwrap();
    assert_eq!(written, serde_json::to_value(&value).unwrap());
    let odd: Vec<String> = (0..200_u8)
        .map(|code| format!("a{}\u{2028}b", char::from(code)))
        .collect();
    assert_eq!(read::<Vec<String>>(write(&odd).as_bytes()), Some(odd));
    assert_eq!(write(&(1.5_f64)), "null");
}

#[test]
fn bytes_that_are_no_text_are_nothing() {
    assert_eq!(read::<String>(b"\"\xff\""), None);
    assert_eq!(read::<String>(b"\xff"), None);
}
