//! Properties that hold for any body.

use proptest::{collection::vec, prelude::*, sample::select};
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use super::*;

/// JSON of any kind, with keys and texts that matter more often than by chance.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 40, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((key(), inner), 0..6).prop_map(Value::from_iter),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => select(vec![
            "jsonrpc", "id", "method", "params", "result", "error", "name", "uri", "_meta", "arguments",
            "protocolVersion", "clientInfo", "version", "io.modelcontextprotocol/protocolVersion",
            "io.modelcontextprotocol/clientInfo", "io.modelcontextprotocol/clientCapabilities",
        ])
        .prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(vec![
            "2.0", "tools/call", "prompts/get", "resources/read", "initialize", "tools/list", "2026-07-28",
            "2025-11-25", "", "é😀", "\"\\\u{0}\u{7f}\u{2028}",
        ])
        .prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

/// Something like a message.
fn message() -> impl Strategy<Value = Value> {
    let object = || vec((key(), json_value()), 0..6).prop_map(Map::from_iter);
    let meta = (object(), json_value(), json_value()).prop_map(|(mut meta, version, client)| {
        meta.insert(
            "io.modelcontextprotocol/protocolVersion".to_owned(),
            version,
        );
        meta.insert("io.modelcontextprotocol/clientInfo".to_owned(), client);
        meta
    });
    let params = (object(), meta, text(), text()).prop_map(|(mut params, meta, name, version)| {
        params.insert("_meta".to_owned(), Value::from(meta));
        params.insert("name".to_owned(), Value::from(name));
        params.insert("protocolVersion".to_owned(), Value::from(version));
        params
    });
    (params, text(), prop_oneof![any::<i64>().prop_map(Value::from), text().prop_map(Value::from)])
        .prop_map(|(params, method, id)| {
            json!({ "jsonrpc": "2.0", "method": method, "id": id, "params": params })
        })
}

/// Text of a body: as it is, cut off, or with some bytes changed.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![3 => message(), 1 => json_value()];
    let edits = vec((any::<prop::sample::Index>(), edit()), 0..3);
    (value, any::<bool>(), edits).prop_map(|(value, pretty, edits)| {
        let text = if pretty {
            serde_json::to_string_pretty(&value)
        } else {
            serde_json::to_string(&value)
        };
        let mut bytes = text.unwrap().into_bytes();
        for (index, edit) in edits {
            let at = index.index(bytes.len() + 1);
            match edit {
                Edit::Insert(new) => {
                    bytes.splice(at..at, new);
                }
                Edit::Remove => {
                    bytes.drain(at..(at + 1).min(bytes.len()));
                }
                Edit::Cut => bytes.truncate(at),
            }
        }
        bytes
    })
}

#[derive(Debug, Clone)]
enum Edit {
    Insert(Vec<u8>),
    Remove,
    Cut,
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        4 => select(br#"{}[],:"\u0123e+-.tfn /x"#.to_vec()).prop_map(|byte| Edit::Insert(vec![byte])),
        1 => vec(any::<u8>(), 1..4).prop_map(Edit::Insert),
        2 => Just(Edit::Remove),
        1 => Just(Edit::Cut),
    ]
}

/// The same body in the chunks that begin at these places.
fn in_chunks(body: &[u8], cuts: &[prop::sample::Index]) -> Result<Message, Fault> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
    places.sort_unstable();
    let mut scan = Scan::new();
    let mut last = 0;
    for place in places.into_iter().chain([body.len()]) {
        let _ = scan.push(&body[last..place]);
        last = place;
    }
    scan.finish()
}

/// What the scan has to find, out of a tree.
fn expected(body: &Value) -> Option<Message> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let params = &body["params"];
    let meta = &params["_meta"];
    let method = text(&body["method"])?;
    let name = match &*method {
        "tools/call" | "prompts/get" => text(&params["name"]),
        "resources/read" => text(&params["uri"]),
        _ => None,
    };
    let shown = |value: &Value| -> String {
        let text = value.as_str().unwrap_or_default();
        let text: String = text.chars().filter(|c| !c.is_control()).take(100).collect();
        text.trim().to_owned()
    };
    let client = |info: &Value| {
        let (name, version) = (shown(&info["name"]), shown(&info["version"]));
        (!name.is_empty()).then_some(ClientInfo { name, version })
    };
    let is_initialize = method == "initialize";
    let own = is_initialize
        .then(|| client(&params["clientInfo"]))
        .flatten();
    Some(Message {
        kind: Kind::Request,
        id: Some(body["id"].to_string()),
        name,
        meta_version: text(&meta["io.modelcontextprotocol/protocolVersion"]),
        meta_capabilities: meta["io.modelcontextprotocol/clientCapabilities"].is_object(),
        initialize_version: is_initialize
            .then(|| text(&params["protocolVersion"]))
            .flatten(),
        client: client(&meta["io.modelcontextprotocol/clientInfo"]).or(own),
        method,
    })
}

/// Whether serde_json takes it for JSON. It looks for UTF-8 only where it keeps text, so that comes first.
fn is_json(body: &[u8]) -> bool {
    std::str::from_utf8(body).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
}

proptest! {
    #[test]
    fn chunks_change_nothing(body in body(), cuts in vec(any::<prop::sample::Index>(), 0..8)) {
        let whole = scan(&body);
        prop_assert_eq!(&in_bytes(&body), &whole);
        prop_assert_eq!(&in_chunks(&body, &cuts), &whole);
    }

    #[test]
    fn only_json_passes_and_only_what_is_none_is_called_none(body in body()) {
        match scan(&body) {
            Ok(_) => prop_assert!(is_json(&body)),
            Err(Fault::Syntax | Fault::CutOff | Fault::Trailing) => prop_assert!(!is_json(&body)),
            // The fault may come before, or instead of, one in the JSON.
            Err(_) => {}
        }
    }

    #[test]
    fn a_message_is_read_as_serde_json_reads_it(body in message()) {
        let found = scan(&serde_json::to_vec(&body).unwrap());
        match found {
            Ok(message) => prop_assert_eq!(Some(message), expected(&body)),
            // Case variants of members, and texts beyond the limits, come up by chance.
            Err(Fault::Ambiguous(_) | Fault::TooLong(_)) => {}
            Err(Fault::NoMethod) => prop_assert_eq!(&body["method"], ""),
            Err(other) => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn no_bytes_make_it_panic(body in vec(any::<u8>(), 0..200)) {
        let _ = scan(&body);
        let _ = scan(&[br#"{"jsonrpc":"2.0","method":""#, &body[..]].concat());
        let _ = scan(&[br#"{"jsonrpc":"2.0","x":"#, &body[..], b"}"].concat());
    }

    #[test]
    fn what_is_read_of_a_string_is_what_serde_json_reads(text in any::<String>(), escaped in any::<bool>()) {
        prop_assume!(!text.is_empty() && text.len() <= MAX_NAME_BYTES);
        let quoted = if escaped {
            let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
            format!("\"{units}\"")
        } else {
            serde_json::to_string(&text).unwrap()
        };
        let message = scan(request(&format!("{{\"name\":{quoted}}}")).as_bytes()).unwrap();
        prop_assert_eq!(message.name, Some(text));
    }
}
