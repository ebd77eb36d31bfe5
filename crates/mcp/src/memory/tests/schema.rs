//! The part of JSON Schema that the tools' schemas use, so that what a tool gives can be held against what it
//! promises. A word that is not known here fails the test.

use serde_json::Value;

/// Why the value is not what the schema says.
pub(super) fn check(schema: &Value, value: &Value) -> Result<(), String> {
    let schema = schema.as_object().ok_or("the schema is no object")?;
    for (word, rule) in schema {
        let holds = match word.as_str() {
            "description" | "default" => true,
            "type" => match rule.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "integer" => value.is_u64() || value.is_i64(),
                "boolean" => value.is_boolean(),
                other => return Err(format!("unknown type {other}")),
            },
            "properties" => {
                for (name, schema) in rule.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        check(schema, value).map_err(|error| format!("{name}: {error}"))?;
                    }
                }
                true
            }
            "additionalProperties" => {
                assert_eq!(rule, false);
                let known = schema["properties"].as_object().unwrap();
                value
                    .as_object()
                    .unwrap()
                    .keys()
                    .all(|name| known.contains_key(name))
            }
            "required" => {
                let names = rule.as_array().unwrap();
                assert!(!names.is_empty(), "draft 4 takes no empty list");
                names
                    .iter()
                    .all(|name| value.get(name.as_str().unwrap()).is_some())
            }
            "items" => {
                for item in value.as_array().unwrap() {
                    check(rule, item)?;
                }
                true
            }
            "enum" => rule.as_array().unwrap().contains(value),
            "minLength" => characters(value) >= rule.as_u64().unwrap(),
            "maxLength" => characters(value) <= rule.as_u64().unwrap(),
            "maxItems" => value.as_array().unwrap().len() as u64 <= rule.as_u64().unwrap(),
            "minimum" => value.as_u64() >= rule.as_u64(),
            "maximum" => value.as_u64() <= rule.as_u64(),
            "pattern" => {
                assert_eq!(rule, "^mem_[0-9a-f]{32}$");
                value
                    .as_str()
                    .unwrap()
                    .parse::<latchkey_types::MemoryId>()
                    .is_ok()
            }
            other => return Err(format!("unknown word {other}")),
        };
        if !holds {
            return Err(format!("{word} {rule} does not hold of {value}"));
        }
    }
    Ok(())
}

fn characters(value: &Value) -> u64 {
    value.as_str().unwrap().chars().count() as u64
}
