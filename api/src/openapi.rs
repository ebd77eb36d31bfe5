//! The API's description: generated from the handlers, completed by rules that hold for every operation.
//!
//! Handlers say what is special about them; what is the same everywhere (problem documents, security,
//! headers, examples) is added here, so that no operation can lack it.

mod examples;
mod older;
mod refusals;
mod rules;

use serde_json::{Map, Value, json};

use examples::{add_examples, parameter_example};
use refusals::{REFUSALS, problem_content, refusal};

use crate::error::{ApiError, ApiResult};

/// The finished description, and the lookup of methods by path.
pub struct Contract {
    /// The document as JSON.
    pub json: String,
    /// The same as YAML: what is checked in as openapi.yaml.
    pub yaml: String,
    /// The same for generators that read OpenAPI 3.0 only: what is checked in as openapi-3.0.json.
    pub older: String,
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
const THROTTLED: [&str; 7] = [
    "setUp",
    "signIn",
    "claimSession",
    "confirmSession",
    "changePassword",
    "confirmSecondFactor",
    "endSecondFactor",
];
/// Operations that read much, and are counted for it.
const COSTLY: [&str; 2] = ["listAudit", "listProjectAudit"];
/// Operations that are no GET and count no change: what takes rights away, and what only asks or counts attempts.
const NOT_COUNTED: [&str; 14] = [
    "setUp",
    "signIn",
    "claimSession",
    "verifyKey",
    "signOut",
    "changePassword",
    "endSession",
    "endOtherSessions",
    "revokeToken",
    "archiveProject",
    "updateMember",
    "removeMember",
    "revokeKey",
    "endOverlap",
];
/// Operations that anybody may call.
const PUBLIC: [&str; 9] = [
    "showSession",
    "setUp",
    "signIn",
    "claimSession",
    "showHealth",
    "showReadiness",
    "showOpenapiJson",
    "showOpenapiJson30",
    "showOpenapiYaml",
];
/// Operations that an API key opens.
const BY_KEY: [&str; 2] = ["showKeySelf", "forwardAuth"];
/// Operations that only a signed-in person reaches.
const IN_PERSON: [&str; 16] = [
    "confirmSession",
    "signOut",
    "changePassword",
    "beginSecondFactor",
    "confirmSecondFactor",
    "endSecondFactor",
    "resetSecondFactor",
    "endSession",
    "endOtherSessions",
    "listTokens",
    "createToken",
    "revokeToken",
    "listUsers",
    "createUser",
    "updateUser",
    "createSignInLink",
];
/// Operations that need nothing of the database.
const STATIC: [&str; 4] = [
    "showHealth",
    "showOpenapiJson",
    "showOpenapiJson30",
    "showOpenapiYaml",
];

impl Contract {
    /// Completes what the routes say of themselves.
    ///
    /// # Errors
    /// 500 when the document can't be written.
    pub fn new(generated: utoipa::openapi::OpenApi) -> ApiResult<Self> {
        let mut document = serde_json::to_value(generated).map_err(ApiError::internal)?;
        complete(&mut document);
        let json = serde_json::to_string_pretty(&document).map_err(ApiError::internal)?;
        let mut older =
            serde_json::to_string_pretty(&older::to_3_0(&document)).map_err(ApiError::internal)?;
        older.push('\n');
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
        Ok(Self {
            json,
            yaml,
            older,
            paths,
        })
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
        {"name": "memories", "description": "What a project's memory server has stored"},
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
    for variant in document["components"]["schemas"]["BackendRequest"]["oneOf"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        variant["additionalProperties"] = json!(false);
    }
    rules::add_to_schemas(&mut document["components"]["schemas"]);
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
        // Not keyQuery, which they take too: a generated client sends every alternative at once, and the URL would have
        // the secret.
        json!([{"key": []}, {"keyHeader": []}])
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
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": rules::IDEMPOTENCY_KEY},
                "example": "3f0c1f3e-6c2b-4b54-9d7a-0d6f6f6f6f6f",
            }),
        );
    }
    // Who may what has no version: the last word counts.
    let has_version = method == "patch" && id != "updateMember";
    if has_version {
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
    may(has_query || is(&IDEMPOTENT) || has_version, &[400]);
    // More than one key in one request; a proxy that asks forwardAuth understands no 400.
    may(id == "showKeySelf", &[400]);
    may(has_body, &[400, 413, 415, 422]);
    may(!is(&PUBLIC) || id == "showSession", &[401]);
    may(
        is(&THROTTLED) || is(&COSTLY) || (changes && !is(&NOT_COUNTED)),
        &[429],
    );
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
                    | "deleteMemory"
            ),
        &[409],
    );
    may(is(&IDEMPOTENT), &[409, 422]);
    may(has_version, &[412]);
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
    rules::add_to_operation(&id, operation);
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
