//! The bodies of the contract: their schemas and examples.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::generated;
use crate::document::{self, Operation};

#[test]
fn every_json_body_has_an_example_and_a_named_schema() {
    let mut wrong = Vec::new();
    for operation in document::operations(&generated()) {
        for (place, kind, media) in bodies(&operation) {
            let at = format!("{} {place} {kind}", operation.id);
            if kind.contains("json") && media["example"].is_null() && media["examples"].is_null() {
                wrong.push(format!("{at} has no example"));
            }
            if is_inline_object(&media["schema"]) {
                wrong.push(format!("{at} has an object without a name"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn requests_are_strict() {
    let document = generated();
    let mut wrong = BTreeSet::new();
    for operation in document::operations(&document) {
        let Some(body) = operation.node.get("requestBody") else {
            continue;
        };
        let mut names = BTreeSet::new();
        named(body, &document, &mut names);
        assert!(
            !names.is_empty(),
            "{} takes a body of no named schema",
            operation.id
        );
        for name in names {
            objects(&document["components"]["schemas"][&name], &mut |object| {
                if object["additionalProperties"] != false {
                    wrong.insert(format!("{name} takes fields that it doesn't know"));
                }
            });
        }
    }
    assert!(wrong.is_empty(), "\n{wrong:#?}");
}

#[test]
fn only_four_schemas_hold_a_secret() {
    let document = generated();
    let mut holders = BTreeSet::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        objects(schema, &mut |object| {
            let holds = |name| object["properties"].get(name).is_some();
            if holds("secret") || holds("recovery_codes") {
                holders.insert(name.clone());
            }
        });
    }
    assert_eq!(
        holders,
        [
            "BegunSecondFactor",
            "CreatedKey",
            "CreatedToken",
            "RecoveryCodes"
        ]
        .map(str::to_owned)
        .into()
    );
    // And they are the answers of what makes one, of nothing else.
    let mut makers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for operation in document::operations(&document) {
        let mut names = BTreeSet::new();
        named(&operation.node["responses"], &document, &mut names);
        for name in names.intersection(&holders) {
            makers
                .entry(name.clone())
                .or_default()
                .insert(operation.id.clone());
        }
    }
    let expected = |ids: &[&str]| {
        ids.iter()
            .map(|id| (*id).to_owned())
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(makers["CreatedKey"], expected(&["createKey", "rotateKey"]));
    assert_eq!(makers["CreatedToken"], expected(&["createToken"]));
    let begun = expected(&["beginSecondFactor"]);
    assert_eq!(makers["BegunSecondFactor"], begun);
    assert_eq!(makers["RecoveryCodes"], expected(&["confirmSecondFactor"]));
}

/// Each body of an operation: where it is, its media type, and what is said of it.
fn bodies(operation: &Operation) -> Vec<(String, &String, &Value)> {
    let request = operation
        .node
        .get("requestBody")
        .map(|body| ("request".to_owned(), body));
    let responses = operation.node["responses"].as_object().unwrap();
    let responses = responses
        .iter()
        .map(|(status, response)| (status.clone(), response));
    let mut found = Vec::new();
    for (place, body) in request.into_iter().chain(responses) {
        for (kind, media) in body["content"].as_object().into_iter().flatten() {
            found.push((place.clone(), kind, media));
        }
    }
    found
}

/// Whether a schema, or a part of it, is an object that generated clients would have to invent a name for.
/// Without fields it is just any object.
fn is_inline_object(schema: &Value) -> bool {
    let mut is_inline = false;
    objects(schema, &mut |object| {
        is_inline |= object.get("properties").is_some();
    });
    is_inline
}

/// Every object schema in this one, without following references.
fn objects(schema: &Value, found: &mut impl FnMut(&Value)) {
    match schema {
        Value::Object(map) => {
            let is_object = match &map.get("type") {
                Some(Value::String(kind)) => kind == "object",
                Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "object"),
                _ => map.contains_key("properties"),
            };
            if is_object {
                found(schema);
            }
            for (name, value) in map {
                if !matches!(name.as_str(), "example" | "examples" | "enum" | "default") {
                    objects(value, found);
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| objects(value, found)),
        _ => {}
    }
}

/// The names of all schemas that this refers to, directly or through others.
fn named(node: &Value, document: &Value, names: &mut BTreeSet<String>) {
    match node {
        Value::Object(map) => {
            if let Some(name) = map
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|path| path.rsplit('/').next())
                && names.insert(name.to_owned())
            {
                named(&document["components"]["schemas"][name], document, names);
            }
            map.values().for_each(|value| named(value, document, names));
        }
        Value::Array(list) => list.iter().for_each(|value| named(value, document, names)),
        _ => {}
    }
}
