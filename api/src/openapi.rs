//! The API's description: generated from the handlers, completed by rules that hold for every operation.
//!
//! Handlers say what is special about them; what is the same everywhere (problem documents, security,
//! headers, examples) is added here, so that no operation can lack it.

use serde_json::{Map, Value, json};

use crate::error::{ApiError, ApiResult};

/// The finished description, and the lookup of methods by path.
pub struct Contract {
    /// The document as JSON.
    pub json: String,
    /// The same as YAML: what is checked in as openapi.yaml.
    pub yaml: String,
    /// Each path, cut at its slashes, and its methods.
    pub paths: Vec<(Vec<String>, Vec<String>)>,
}

const PREFIX: &str = "/api/v1";

/// Operations whose creation can be repeated safely.
const IDEMPOTENT: [&str; 7] = [
    "createToken",
    "createUser",
    "createSignInLink",
    "createProject",
    "addMember",
    "createKey",
    "rotateKey",
];
/// Operations that count attempts.
const THROTTLED: [&str; 4] = ["setUp", "signIn", "claimSession", "changePassword"];
/// Operations that anybody may call.
const PUBLIC: [&str; 8] = [
    "showSession",
    "setUp",
    "signIn",
    "claimSession",
    "showHealth",
    "showReadiness",
    "showOpenapiJson",
    "showOpenapiYaml",
];
/// Operations that an API key opens.
const BY_KEY: [&str; 2] = ["showKeySelf", "forwardAuth"];
/// Operations that only a signed-in person reaches.
const IN_PERSON: [&str; 9] = [
    "signOut",
    "changePassword",
    "listTokens",
    "createToken",
    "revokeToken",
    "listUsers",
    "createUser",
    "updateUser",
    "createSignInLink",
];
/// Operations that need nothing of the database.
const STATIC: [&str; 3] = ["showHealth", "showOpenapiJson", "showOpenapiYaml"];

impl Contract {
    /// Completes what the routes say of themselves.
    ///
    /// # Errors
    /// 500 when the document can't be written.
    pub fn new(generated: utoipa::openapi::OpenApi) -> ApiResult<Self> {
        let mut document = serde_json::to_value(generated).map_err(ApiError::internal)?;
        complete(&mut document);
        let json = serde_json::to_string_pretty(&document).map_err(ApiError::internal)?;
        let yaml = yaml_serde::to_string(&document).map_err(ApiError::internal)?;
        let paths = document["paths"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(path, item)| {
                let methods = item
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(method, _)| method.to_uppercase());
                (
                    path.split('/').map(str::to_owned).collect(),
                    methods.collect(),
                )
            })
            .collect();
        Ok(Self { json, yaml, paths })
    }
}

fn complete(document: &mut Value) {
    document["info"] = json!({
        "title": "Latchkey",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": "Issues, checks and revokes API keys for MCP servers",
        "description": "Times are RFC 3339 in UTC. Ids are opaque. Unknown request fields are refused. \
            Every refusal is a problem document (RFC 9457) whose `code` is explained under /docs/errors. \
            Lists take `limit` and `cursor` and answer `items` and `next_cursor`. Scripts send a management \
            token as `Authorization: Bearer lkm_…`; API keys (`lk_…`) manage nothing.",
        "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
    });
    document["servers"] =
        json!([{"url": "/", "description": "The server that this document came from"}]);
    document["tags"] = json!([
        {"name": "session", "description": "Setting up, signing in and out"},
        {"name": "me", "description": "The caller's own profile, sessions and management tokens"},
        {"name": "users", "description": "People, for administrators"},
        {"name": "projects", "description": "Projects: one MCP endpoint each"},
        {"name": "members", "description": "Who belongs to a project"},
        {"name": "keys", "description": "API keys: create, change, rotate, revoke"},
        {"name": "insight", "description": "Usage, hygiene, live events and the audit log"},
        {"name": "checking", "description": "Whether a key is accepted"},
        {"name": "machine", "description": "Health, metrics and this document"},
    ]);
    let schemes = json!({
        "session": {"type": "apiKey", "in": "cookie", "name": "__Host-latchkey",
            "description": "The session cookie of a signed-in person; `latchkey` on plain http."},
        "token": {"type": "http", "scheme": "bearer", "bearerFormat": "lkm_…",
            "description": "A management token."},
        "key": {"type": "http", "scheme": "bearer", "bearerFormat": "lk_…",
            "description": "An API key."},
        "keyHeader": {"type": "apiKey", "in": "header", "name": "X-API-Key",
            "description": "An API key."},
        "keyQuery": {"type": "apiKey", "in": "query", "name": "apikey",
            "description": "An API key, for clients without headers, where the project allows it."},
    });
    document["components"]["securitySchemes"] = schemes;
    for (status, name, meaning) in REFUSALS {
        document["components"]["responses"][name] =
            json!({"description": meaning, "content": problem_content(status)});
    }
    // utoipa carries serde's deny_unknown_fields to structs, not to the variants of an enum.
    for variant in document["components"]["schemas"]["Backend"]["oneOf"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        variant["additionalProperties"] = json!(false);
    }
    let schemas = document["components"]["schemas"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    let Some(paths) = document["paths"].as_object_mut() else {
        return;
    };
    for (path, item) in paths {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            complete_operation(path, method, operation, &schemas);
        }
    }
}

fn complete_operation(
    path: &str,
    method: &str,
    operation: &mut Value,
    schemas: &Map<String, Value>,
) {
    let id = operation["operationId"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let is = |list: &[&str]| list.contains(&id.as_str());
    operation["security"] = if is(&PUBLIC) {
        json!([])
    } else if is(&BY_KEY) {
        json!([{"key": []}, {"keyHeader": []}, {"keyQuery": []}])
    } else if is(&IN_PERSON) {
        json!([{"session": []}])
    } else {
        json!([{"session": []}, {"token": []}])
    };
    if id == "rotateKey" {
        operation["requestBody"] = json!({
            "required": false,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/RotateKeyRequest"}}}
        });
    }
    if is(&IDEMPOTENT) {
        push_parameter(
            operation,
            json!({
                "name": "Idempotency-Key", "in": "header", "required": false,
                "description": "Makes repeating this request safe for 24 hours: the same key and body have one \
                    outcome. An answer that showed a secret is not repeated: 409 with the id.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255},
                "example": "3f0c1f3e-6c2b-4b54-9d7a-0d6f6f6f6f6f",
            }),
        );
    }
    if method == "patch" {
        push_parameter(
            operation,
            json!({
                "name": "If-Match", "in": "header", "required": false,
                "description": "The ETag of the version that the change is meant for; 412 if there is a newer one.",
                "schema": {"type": "string"},
                "example": "\"v7\"",
            }),
        );
    }
    let has_query = parameters(operation, "query").next().is_some();
    let has_path = path.contains('{');
    let has_body = operation.get("requestBody").is_some();
    let changes = method != "get" && path.starts_with(PREFIX);
    let mut refusals: Vec<u16> = Vec::new();
    let mut may = |when: bool, codes: &[u16]| {
        if when {
            refusals.extend(codes);
        }
    };
    may(has_query || is(&IDEMPOTENT) || method == "patch", &[400]);
    may(has_body, &[400, 413, 415, 422]);
    may(!is(&PUBLIC) || id == "showSession", &[401]);
    may(is(&THROTTLED), &[429]);
    may(!is(&BY_KEY) && (changes || !is(&PUBLIC)), &[403]);
    may(changes && is(&PUBLIC), &[401]);
    may(id == "forwardAuth", &[403]);
    may(has_path, &[404]);
    may(
        changes
            && !matches!(
                id.as_str(),
                "signIn"
                    | "claimSession"
                    | "signOut"
                    | "verifyKey"
                    | "endSession"
                    | "endOtherSessions"
                    | "revokeToken"
            ),
        &[409],
    );
    may(is(&IDEMPOTENT), &[409, 422]);
    may(method == "patch", &[412]);
    may(!is(&STATIC), &[500, 503]);
    for status in refusals {
        let response = &mut operation["responses"][status.to_string()];
        match response.get("description") {
            Some(_) => response["content"] = problem_content(status),
            None => {
                *response =
                    json!({"$ref": format!("#/components/responses/{}", refusal(status).0)});
            }
        }
    }
    sort_responses(operation);
    for direction in ["requestBody", "responses"] {
        add_examples(&mut operation[direction], schemas);
    }
    for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
        if parameter.get("example").is_none() {
            parameter["example"] = parameter_example(parameter, schemas);
        }
    }
    if operation["requestBody"].is_null() {
        remove(operation, "requestBody");
    }
    if operation["parameters"].is_null() {
        remove(operation, "parameters");
    }
}

fn remove(object: &mut Value, name: &str) {
    if let Some(map) = object.as_object_mut() {
        map.shift_remove(name);
    }
}

fn parameters<'a>(operation: &'a Value, place: &'a str) -> impl Iterator<Item = &'a Value> {
    operation
        .get("parameters")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(move |parameter| parameter["in"] == place)
}

fn push_parameter(operation: &mut Value, parameter: Value) {
    match operation["parameters"].as_array_mut() {
        Some(list) => list.push(parameter),
        None => operation["parameters"] = json!([parameter]),
    }
}

fn sort_responses(operation: &mut Value) {
    if let Some(responses) = operation["responses"].as_object_mut() {
        responses.sort_keys();
    }
}

/// The refusals that mean the same everywhere: status, name among the components, meaning.
const REFUSALS: [(u16, &str, &str); 12] = [
    (
        400,
        "BadRequest",
        "The request can't be read: `errors` names the header or query parameter",
    ),
    (
        401,
        "Unauthorized",
        "No credential, or one that is not accepted",
    ),
    (
        403,
        "Forbidden",
        "The credential's rights don't reach this far, or the request came from another site",
    ),
    (
        404,
        "NotFound",
        "There is nothing here, or it isn't the caller's: the same answer for both",
    ),
    (
        409,
        "Conflict",
        "The present state doesn't allow it; `code` says why",
    ),
    (
        412,
        "PreconditionFailed",
        "There is a newer version than the one in If-Match",
    ),
    (413, "ContentTooLarge", "The body is too large"),
    (415, "UnsupportedMediaType", "The body is not JSON"),
    (
        422,
        "UnprocessableContent",
        "A field is not as it must be: `errors` names each by its JSON pointer",
    ),
    (
        429,
        "TooManyRequests",
        "Too many attempts; Retry-After says how long to wait",
    ),
    (
        500,
        "InternalServerError",
        "Something went wrong in Latchkey",
    ),
    (
        503,
        "ServiceUnavailable",
        "Latchkey can't answer just now; Retry-After says when to repeat the request",
    ),
];

fn refusal(status: u16) -> (&'static str, &'static str) {
    REFUSALS
        .iter()
        .find(|(known, ..)| *known == status)
        .map_or(("InternalServerError", ""), |(_, name, meaning)| {
            (name, meaning)
        })
}

fn problem_content(status: u16) -> Value {
    json!({"application/problem+json": {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "example": problem_example(status),
    }})
}

fn problem_example(status: u16) -> Value {
    let code = latchkey_types::ProblemCode::ALL
        .iter()
        .find(|code| code.status() == status)
        .copied()
        .unwrap_or(latchkey_types::ProblemCode::Internal);
    let mut problem = json!({
        "type": format!("/docs/errors/{}", code.as_str()),
        "title": code.title(),
        "status": status,
        "detail": code.title(),
        "code": code.as_str(),
        "request_id": "019a1c5e0f7a7c3e0000000000000001",
    });
    if status == 422 {
        problem["code"] = json!("invalid_field");
        problem["type"] = json!("/docs/errors/invalid_field");
        problem["errors"] =
            json!([{"pointer": "/expires_at", "detail": "is in the past; choose a later time"}]);
    }
    problem
}

/// Gives every JSON body an example made of the examples of its fields.
fn add_examples(place: &mut Value, schemas: &Map<String, Value>) {
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

fn parameter_example(parameter: &Value, schemas: &Map<String, Value>) -> Value {
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
