//! The same description as OpenAPI 3.0.3, for generators that don't read 3.1 yet.
//!
//! 3.1 takes JSON Schema as it is, 3.0 a dialect of its own: `nullable` in place of the type `null`, nothing beside a
//! `$ref`, one `example`, no `const`. What is rewritten means the same; what 3.0 can't say (`propertyNames`, `contentSchema`) is left out.
//! Only what is a schema is looked at: a property may well be called `type`.

use serde_json::{Map, Value, json};

/// The document as OpenAPI 3.0.3.
#[must_use]
pub fn to_3_0(document: &Value) -> Value {
    let mut document = document.clone();
    document["openapi"] = json!("3.0.3");
    if let Some(info) = document["info"].as_object_mut() {
        info.shift_remove("summary");
    }
    if let Some(licence) = document["info"]["license"].as_object_mut() {
        licence.shift_remove("identifier");
    }
    if let Some(components) = document.get_mut("components") {
        each(components.get_mut("schemas"), schema);
        each(components.get_mut("responses"), response);
    }
    each(document.get_mut("paths"), |item| {
        each(Some(item), |operation| {
            all(operation.get_mut("parameters"), holder);
            operation.get_mut("requestBody").into_iter().for_each(body);
            each(operation.get_mut("responses"), response);
        });
    });
    document
}

/// A parameter, a header, or a media type: what has a schema.
fn holder(value: &mut Value) {
    if let Some(inner) = value.get_mut("schema") {
        schema(inner);
    }
}

fn body(value: &mut Value) {
    each(value.get_mut("content"), holder);
}

fn response(value: &mut Value) {
    body(value);
    each(value.get_mut("headers"), holder);
}

fn each(map: Option<&mut Value>, change: impl FnMut(&mut Value)) {
    let entries = map.and_then(Value::as_object_mut).into_iter();
    entries.flat_map(|map| map.values_mut()).for_each(change);
}

fn all(list: Option<&mut Value>, change: impl FnMut(&mut Value)) {
    let entries = list.and_then(Value::as_array_mut);
    entries.into_iter().flatten().for_each(change);
}

fn schema(value: &mut Value) {
    let Some(map) = value.as_object_mut() else {
        return;
    };
    for place in ["allOf", "oneOf", "anyOf"] {
        all(map.get_mut(place), schema);
    }
    for place in ["items", "not", "additionalProperties"] {
        if let Some(inner) = map.get_mut(place) {
            schema(inner);
        }
    }
    each(map.get_mut("properties"), schema);
    for newer in ["propertyNames", "contentMediaType", "contentSchema"] {
        map.shift_remove(newer);
    }
    if let Some(value) = map.shift_remove("const") {
        map.insert("enum".to_owned(), json!([value]));
    }
    if let Some(Value::Array(examples)) = map.shift_remove("examples")
        && let Some(first) = examples.into_iter().next()
    {
        map.insert("example".to_owned(), first);
    }
    for (limit, exclusive) in [
        ("minimum", "exclusiveMinimum"),
        ("maximum", "exclusiveMaximum"),
    ] {
        if map.get(exclusive).is_some_and(Value::is_number)
            && let Some(number) = map.shift_remove(exclusive)
        {
            map.insert(limit.to_owned(), number);
            map.insert(exclusive.to_owned(), json!(true));
        }
    }
    without_null_type(map);
    without_null_choice(map);
    lonely_reference(map);
}

/// `type: [string, null]` is a nullable string.
fn without_null_type(map: &mut Map<String, Value>) {
    let Some(Value::Array(types)) = map.get("type") else {
        return;
    };
    let (nulls, mut others): (Vec<Value>, Vec<Value>) =
        types.iter().cloned().partition(|name| name == "null");
    let is_nullable = !nulls.is_empty();
    match others.len() {
        1 => {
            map.insert("type".to_owned(), others.remove(0));
        }
        _ => {
            map.shift_remove("type");
            let choices: Vec<Value> = others.iter().map(|name| json!({"type": name})).collect();
            if !choices.is_empty() {
                map.insert("anyOf".to_owned(), Value::Array(choices));
            }
        }
    }
    if is_nullable {
        map.insert("nullable".to_owned(), json!(true));
        // An enum has to list null where null is allowed.
        if let Some(Value::Array(values)) = map.get_mut("enum")
            && !values.contains(&Value::Null)
        {
            values.push(Value::Null);
        }
    }
}

/// `oneOf: [$ref, null]` is a nullable reference.
fn without_null_choice(map: &mut Map<String, Value>) {
    for place in ["oneOf", "anyOf"] {
        let Some(Value::Array(choices)) = map.get_mut(place) else {
            continue;
        };
        let before = choices.len();
        choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
        if choices.len() == before {
            continue;
        }
        let only = choices.len() == 1;
        map.insert("nullable".to_owned(), json!(true));
        if only && let Some(Value::Array(mut choices)) = map.shift_remove(place) {
            match choices.pop() {
                // What is more than a reference is the schema itself: generators lose what is in an `allOf` in an `allOf`.
                Some(Value::Object(choice)) if is_mergeable(&choice, map) => {
                    for (name, value) in choice {
                        map.entry(name).or_insert(value);
                    }
                }
                Some(choice) => {
                    map.insert("allOf".to_owned(), json!([choice]));
                }
                None => {}
            }
        }
    }
}

/// Whether a choice can be put into the schema that offers it: nothing of it is said there already, but in words.
fn is_mergeable(choice: &Map<String, Value>, map: &Map<String, Value>) -> bool {
    let is_said = |name: &String| name != "description" && map.contains_key(name);
    !choice.contains_key("$ref") && !choice.keys().any(is_said)
}

/// Whatever stands beside a `$ref` is ignored in 3.0, so the reference goes into an `allOf`.
fn lonely_reference(map: &mut Map<String, Value>) {
    if map.len() > 1
        && let Some(reference) = map.shift_remove("$ref")
    {
        map.insert("allOf".to_owned(), json!([{"$ref": reference}]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(value: Value) -> Value {
        let mut value = value;
        schema(&mut value);
        value
    }

    #[test]
    fn each_form_of_3_1_gets_its_form_of_3_0() {
        for (newer, older) in [
            (
                json!({"type": ["string", "null"], "examples": ["a", "b"]}),
                json!({"type": "string", "example": "a", "nullable": true}),
            ),
            (
                json!({"type": ["string", "integer"]}),
                json!({"anyOf": [{"type": "string"}, {"type": "integer"}]}),
            ),
            (
                json!({"oneOf": [{"$ref": "#/x"}, {"type": "null"}], "description": "d"}),
                json!({"allOf": [{"$ref": "#/x"}], "description": "d", "nullable": true}),
            ),
            (
                json!({"oneOf": [{"type": "null"}, {"$ref": "#/x", "description": "d"}]}),
                json!({"nullable": true, "description": "d", "allOf": [{"$ref": "#/x"}]}),
            ),
            (
                json!({"oneOf": [{"type": "null"}, {"$ref": "#/x"}, {"$ref": "#/y"}]}),
                json!({"oneOf": [{"$ref": "#/x"}, {"$ref": "#/y"}], "nullable": true}),
            ),
            (
                json!({"$ref": "#/x", "description": "d"}),
                json!({"allOf": [{"$ref": "#/x"}], "description": "d"}),
            ),
            (json!({"$ref": "#/x"}), json!({"$ref": "#/x"})),
            (
                json!({"type": "integer", "exclusiveMinimum": 0}),
                json!({"type": "integer", "minimum": 0, "exclusiveMinimum": true}),
            ),
            (json!({"const": "a"}), json!({"enum": ["a"]})),
            (
                json!({"type": ["string", "null"], "enum": ["a"]}),
                json!({"type": "string", "enum": ["a", null], "nullable": true}),
            ),
            (
                json!({"type": "object", "propertyNames": {"type": "string"},
                    "additionalProperties": {"type": ["string", "null"]}}),
                json!({"type": "object", "additionalProperties": {"type": "string", "nullable": true}}),
            ),
            // Properties with the names of keywords are properties.
            (
                json!({"properties": {"type": {"const": 1}, "examples": {"$ref": "#/x"}, "const": true}}),
                json!({"properties": {"type": {"enum": [1]}, "examples": {"$ref": "#/x"}, "const": true}}),
            ),
            // What an example holds is no schema.
            (
                json!({"items": {"const": 1}, "example": {"type": ["string", "null"]}}),
                json!({"items": {"enum": [1]}, "example": {"type": ["string", "null"]}}),
            ),
        ] {
            assert_eq!(rewritten(newer), older);
        }
    }
}
