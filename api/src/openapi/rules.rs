//! Rules of values that no Rust type tells: the document says them, so that generated clients and tests know them too.
//! The handlers keep them; that document and server agree is what `e2e/contract/` tests with thousands of requests.

use latchkey_types::limits;
use serde_json::{Map, Value, json};

/// Something that can be seen.
const VISIBLE: &str = r"\S";
/// One `@`, and a domain that neither begins nor ends with a dot.
const EMAIL: &str = r"^[^\s@\x00-\x1f\x7f-\x9f]+@[^\s@.\x00-\x1f\x7f-\x9f]([^\s@\x00-\x1f\x7f-\x9f]*[^\s@.\x00-\x1f\x7f-\x9f])?$";
/// A token of RFC 9110 §5.6.2.
const HEADER_NAME: &str = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";
const HEADER_VALUE: &str = "^[ -~]*[!-~][ -~]*$";
/// The years that times can have.
const YEARS: &str = "^(19[7-9][0-9]|[2-9][0-9]{3})-";
/// What an Idempotency-Key may be.
pub(super) const IDEMPOTENCY_KEY: &str = "^[!-~]([ -~]*[!-~])?$";

/// Adds the rules of schemas.
pub(super) fn add_to_schemas(schemas: &mut Value) {
    schemas["Timestamp"]["pattern"] = json!(YEARS);
    let header = &mut schemas["UpstreamHeaderRequest"]["properties"];
    header["name"]["pattern"] = json!(HEADER_NAME);
    header["value"]["pattern"] = json!(HEADER_VALUE);
    schemas["CreateUserRequest"]["properties"]["email"]["pattern"] = json!(EMAIL);
    schemas["StreamedKeyEvent"] = json!({
        "type": "object",
        "description": "One event of a stream (server-sent events, WHATWG HTML §9.2).",
        "required": ["event", "data"],
        "properties": {
            "event": {"type": "string", "description": "Its name, as `event` in the data."},
            "data": {
                "type": "string",
                "description": "A KeyEvent as JSON.",
                "contentMediaType": "application/json",
                "contentSchema": {"$ref": "#/components/schemas/KeyEvent"},
            },
        },
    });
    for (schema, suffix) in [("Backend", "Backend"), ("KeyEvent", "Event")] {
        for variant in schemas[schema]["oneOf"]
            .as_array_mut()
            .into_iter()
            .flatten()
        {
            if let Some(word) = only_word(variant) {
                variant["title"] = json!(format!("{}{suffix}", in_capitals(&word)));
            }
        }
    }
    for (name, schema) in schemas.as_object_mut().into_iter().flatten() {
        if name.ends_with("Request")
            && let Some(field) = schema.pointer_mut("/properties/name")
            && field.get("pattern").is_none()
        {
            field["pattern"] = json!(VISIBLE);
        }
    }
}

/// The word by which a variant is told from the others: the one value of one of its properties.
fn only_word(variant: &Value) -> Option<String> {
    let parts = variant["allOf"].as_array();
    let parts: Vec<&Value> = parts.map_or_else(|| vec![variant], |parts| parts.iter().collect());
    let mut properties = parts
        .iter()
        .filter_map(|part| part["properties"].as_object())
        .flat_map(Map::values);
    properties.find_map(|property| match property["enum"].as_array()?.as_slice() {
        [one] => one.as_str().map(str::to_owned),
        _ => None,
    })
}

/// `first_call` as `FirstCall`: without a title, generators number the variants.
fn in_capitals(word: &str) -> String {
    word.split('_')
        .flat_map(|part| {
            let mut letters = part.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<Vec<_>>()
        })
        .collect()
}

/// Adds the rules of one operation.
pub(super) fn add_to_operation(id: &str, operation: &mut Value) {
    for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
        if parameter["name"] == "limit" {
            parameter["schema"]["minimum"] = json!(1);
            parameter["schema"]["maximum"] = json!(limits::PAGE_MAX);
        }
    }
    match id {
        "listAudit" | "listProjectAudit" => {
            let content = &mut operation["responses"]["200"]["content"];
            content["application/x-ndjson"] = json!({
                "schema": {"type": "string", "description": "With `format=ndjson`: an AuditEvent a line."},
            });
            content["text/csv"] = json!({
                "schema": {"type": "string", "description": "With `format=csv`: names, then an event a line."},
            });
        }
        "followKey" => {
            let content = &mut operation["responses"]["200"]["content"]["text/event-stream"];
            *content = json!({"schema": {"$ref": "#/components/schemas/StreamedKeyEvent"}});
        }
        _ => {}
    }
}
