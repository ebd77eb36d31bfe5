//! Examples, made of the examples of the fields: no body and no parameter can lack one.

use serde_json::{Map, Value, json};

/// Gives every JSON body an example made of the examples of its fields.
pub(super) fn add_examples(place: &mut Value, schemas: &Map<String, Value>) {
    match place {
        Value::Object(map) => {
            let is_media_type = map.contains_key("schema");
            if is_media_type && !map.contains_key("example") {
                let example = example_of(&map["schema"], schemas, 0);
                map.insert("example".to_owned(), example);
            } else {
                for value in map.values_mut() {
                    add_examples(value, schemas);
                }
            }
        }
        Value::Array(list) => list
            .iter_mut()
            .for_each(|value| add_examples(value, schemas)),
        _ => {}
    }
}

/// An example of a parameter.
pub(super) fn parameter_example(parameter: &Value, schemas: &Map<String, Value>) -> Value {
    match parameter["name"].as_str() {
        Some("limit") => json!(50),
        Some("cursor") => json!("MS4xNzAwMDAwMDAwMDAwLmtleV8w"),
        Some("q") => json!("claude"),
        Some("action") => json!("key.revoke"),
        Some("actor") => json!("usr_019a1c5e0f7a7c3e8a4b5d6e7f801234"),
        Some("project") => json!("memorylake"),
        _ => example_of(&parameter["schema"], schemas, 0),
    }
}

fn example_of(schema: &Value, schemas: &Map<String, Value>, depth: u8) -> Value {
    if depth > 16 {
        return Value::Null;
    }
    let deeper = |schema: &Value| example_of(schema, schemas, depth + 1);
    if let Some(example) = schema["examples"].as_array().and_then(|list| list.first()) {
        return example.clone();
    }
    if let Some(name) = schema["$ref"]
        .as_str()
        .and_then(|path| path.rsplit('/').next())
    {
        return schemas.get(name).map_or(Value::Null, deeper);
    }
    if let Some(first) = schema["enum"].as_array().and_then(|list| list.first()) {
        return first.clone();
    }
    for alternative in ["oneOf", "anyOf"] {
        if let Some(list) = schema[alternative].as_array() {
            let real = list.iter().find(|schema| schema["type"] != "null");
            return real.map_or(Value::Null, deeper);
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let mut merged = Map::new();
        for part in parts {
            if let Value::Object(object) = deeper(part) {
                merged.extend(object);
            }
        }
        return Value::Object(merged);
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds
            .iter()
            .find(|kind| *kind != "null")
            .cloned()
            .unwrap_or_default(),
        kind => kind.clone(),
    };
    match kind.as_str() {
        Some("object") => Value::Object(
            schema["properties"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, property)| (name.clone(), deeper(property)))
                .collect(),
        ),
        Some("array") => json!([deeper(&schema["items"])]),
        Some("integer" | "number") => json!(0),
        Some("boolean") => json!(false),
        Some("string") => json!("text"),
        _ => Value::Null,
    }
}
