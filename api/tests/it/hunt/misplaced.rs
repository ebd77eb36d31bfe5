//! Secrets where they don't belong: in wrong fields, unknown parameters, wrong paths, other headers. A
//! refusal that repeats what it refuses would be copied from logs and screens.
//!
//! In the tables `$` is the secret, `KEY` the path of a key and `PROJECT` that of its project.

use serde_json::{Value, json};

use super::{
    flow::Hunter,
    life::{PASSWORD, SETUP_TOKEN, Things},
};

/// JSON whose fields hold the wrong thing.
const FIELDS: &str = r#"
POST  /api/v1/setup          {"setup_token": ["$"]}
POST  /api/v1/session        {"email": "$", "password": "$"}
POST  /api/v1/session        {"email": "ada@example.com", "pass": "$"}
POST  /api/v1/session        {"email": "ada@example.com", "password": {"text": "$"}}
POST  /api/v1/session        {"email": "ada.given@example.com", "password": "$", "code": "$"}
POST  /api/v1/session        {"email": "ada@example.com", "password": "x", "code": ["$"]}
POST  /api/v1/session/claim  {"token": "$", "password": "short"}
POST  /api/v1/session/claim  {"token": "no-token-of-a-link", "password": "x", "code": "$"}
POST  /api/v1/me/second-factor/confirm {"code": "$"}
POST  /api/v1/me/second-factor/confirm {"code": {"text": "$"}}
DELETE /api/v1/me/second-factor {"code": "$"}
POST  /api/v1/session/claim  {"token": "no-token-of-a-link", "password": "$"}
POST  /api/v1/session/confirm {"password": ["$"]}
POST  /api/v1/me/tokens      {"name": "x", "permissions": ["$"]}
POST  /api/v1/me/tokens      {"name": "x", "permissions": ["read"], "expires_at": "$"}
PUT   /api/v1/me/password    {"current_password": "$", "new_password": "short"}
POST  /api/v1/users          {"name": "x", "email": "$", "role": "member"}
POST  /api/v1/users          {"name": "x", "email": "x@example.com", "role": "$"}
POST  /api/v1/projects       {"name": "x", "slug": "$_"}
POST  /api/v1/projects       {"name": "x", "secret": "$"}
PATCH PROJECT                {"allowed_origins": ["$"]}
PATCH PROJECT                {"allowed_origins": ["https://claude.ai/$"]}
PATCH PROJECT                {"backend": {"kind": "$"}}
PATCH PROJECT                {"backend": "$"}
POST  PROJECT/members        {"email": "$", "role": "viewer"}
POST  PROJECT/members        {"email": "ada.given@example.com", "role": "$"}
POST  PROJECT/keys           {"environment": "$"}
POST  PROJECT/keys           {"expires_at": "$"}
POST  PROJECT/keys           {"description": ["$"]}
POST  PROJECT/keys           {"description": "$\u0000"}
POST  PROJECT/keys           {"secret": "$"}
POST  PROJECT/keys           "$"
PATCH KEY                    {"disabled": "$"}
POST  KEY/rotate             {"overlap_seconds": "$"}
POST  /api/v1/keys/verify    {"key": ["$"]}
"#;

/// JSON whose fields are called so. A password could be the name of a field; nothing longer could.
const NAMES: &str = r#"
POST  /api/v1/session        {"$": true}
POST  PROJECT/keys           {"$": "x"}
POST  PROJECT/keys           {"description": "x", "$": {"$": "$"}}
PATCH PROJECT                {"backend": {"kind": "memory", "$": 1}}
PATCH KEY                    {"$": {"nested": "$"}}
POST  /api/v1/keys/verify    {"key": "lk_x", "$": "$"}
GET   /api/v1/projects?$
GET   /api/v1/projects?$=1
DELETE KEY?$=$
"#;

/// Bodies that are no JSON, or none of ours.
const TEXTS: [(&str, &str); 7] = [
    ("application/json", "$"),
    ("application/json", r#"{"description": "$""#),
    ("application/json", r#"{"description": $}"#),
    ("application/json", r#"{"description": "x" "$"}"#),
    (
        "application/json",
        r#"{"expires_at": 1, "expires_at": "$"}"#,
    ),
    ("application/x-www-form-urlencoded", "password=$"),
    ("text/plain", "$"),
];

/// Queries and paths that are refused.
const ADDRESSES: &str = "
GET    /api/v1/projects?limit=$
GET    /api/v1/projects?cursor=$
GET    /api/v1/projects?token=$
GET    /api/v1/projects?archived=$
GET    PROJECT/keys?status=$
GET    PROJECT/keys?environment=$
GET    PROJECT/keys?created_by=$
GET    PROJECT/keys?apikey=$
GET    PROJECT/usage?from=$
GET    /api/v1/audit?format=$
DELETE KEY?reason=$
GET    /$.html
GET    /api/v1/$
GET    /api/v1/projects/$
PUT    /api/v1/projects/$
GET    PROJECT/keys/$
DELETE PROJECT/keys/$
DELETE /api/v1/me/tokens/$
DELETE /api/v1/users/$/second-factor
GET    /docs/errors/$
GET    /docs/$
GET    /.well-known/oauth-protected-resource/$/mcp/v1
POST   /$/mcp/v1
POST   /$/mcp/v1?apikey=lk_x
GET    /memory-lake/mcp/v1/$
";

/// Queries and paths that are answered.
const ANSWERED: &str = "
GET    /api/v1/projects?q=$
GET    /api/v1/audit?actor=$&limit=1
GET    /api/v1/session?token=$
GET    /healthz?apikey=$
GET    /?apikey=$
GET    /docs/errors?$
GET    /$
";

/// Does all of that with a secret of each kind.
pub async fn misplace(hunter: &mut Hunter, things: &Things) {
    let (_, session) = things.cookie.split_once('=').unwrap_or_default();
    for (name, secret) in [
        ("a key", things.secret.as_str()),
        ("an old key", &things.old_secret),
        ("a token", &things.token),
        ("a link", &things.link),
        ("a session", session),
        ("a password", PASSWORD),
        ("a shared secret", &things.factor.secret),
        ("a recovery code", &things.factor.recovery_code),
        ("the setup token", SETUP_TOKEN),
    ] {
        let own = [("cookie", things.cookie.as_str())];
        let in_a_browser = [own[0], ("accept", "text/html")];
        let can_be_a_name = secret.len() < 30;
        let names = if can_be_a_name { "" } else { NAMES };
        for table in [FIELDS, names, ADDRESSES] {
            for (what, method, path, body) in requests(table, name, secret, things) {
                hunter.refuse(&what, (&method, &path), &own, body).await;
            }
        }
        for (what, _, path, _) in requests(ANSWERED, name, secret, things) {
            hunter.get(&what, &path, &in_a_browser, 200).await;
        }
        let asked = json!({"key": "lk_x", "project": secret});
        let what = format!("{name} as the project of a check");
        let verify = ("POST", "/api/v1/keys/verify");
        hunter.send(&what, verify, &own, asked, 200).await;
        in_texts(hunter, things, name, secret).await;
        in_headers(hunter, things, name, secret).await;
    }
}

/// The requests of a table: what they are in words, and what they are.
fn requests(
    table: &str,
    name: &str,
    secret: &str,
    things: &Things,
) -> Vec<(String, String, String, Value)> {
    let lines = table.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let (method, rest) = line.split_once(' ').expect("a method");
            let rest = rest.trim_start();
            let (path, body) = rest.split_once(' ').unwrap_or((rest, "null"));
            let path = path
                .replace("KEY", &things.key)
                .replace("PROJECT", &things.project);
            let body = body.replace('$', secret);
            (
                format!("{name} in {line}"),
                method.to_owned(),
                path.replace('$', secret),
                serde_json::from_str(&body).expect("the table has JSON"),
            )
        })
        .collect()
}

async fn in_texts(hunter: &mut Hunter, things: &Things, name: &str, secret: &str) {
    let own = [("cookie", things.cookie.as_str())];
    let keys = format!("{}/keys", things.project);
    for path in [keys.as_str(), "/api/v1/session"] {
        for (kind, text) in TEXTS {
            let what = format!("{name} in the {kind} {text}");
            let body = Some((kind, text.replace('$', secret)));
            let answer = hunter.ask_raw(&what, "POST", path, &own, body).await;
            answer.is_refused();
        }
        let what = format!("{name} as a content type");
        let body = Some((secret, "{}".to_owned()));
        let answer = hunter.ask_raw(&what, "POST", path, &own, body).await;
        answer.is_refused();
    }
}

/// Headers that are read for something else, or for nothing.
async fn in_headers(hunter: &mut Hunter, things: &Things, name: &str, secret: &str) {
    let bearer = format!("Bearer {secret}");
    let basic = format!("Basic {secret}");
    let origin = format!("https://{secret}.example");
    let patch = ("PATCH", things.key.as_str());
    for (header, value) in [
        ("if-match", secret),
        ("sec-fetch-site", secret),
        ("origin", &origin),
    ] {
        let what = format!("{name} in {header}");
        let headers = [("cookie", things.cookie.as_str()), (header, value)];
        let body = json!({"environment": "staging"});
        hunter.refuse(&what, patch, &headers, body).await;
    }
    for path in [
        "/api/v1/me",
        "/api/v1/keys/self",
        "/api/v1/forward-auth",
        "/memory-lake/mcp/v1",
    ] {
        for value in [secret, &basic] {
            let what = format!("{name} in the authorization of {path}");
            let headers = [("authorization", value)];
            hunter
                .refuse(&what, ("GET", path), &headers, Value::Null)
                .await;
        }
        let what = format!("{name} twice at {path}");
        let twice = [("x-api-key", secret), ("authorization", &bearer)];
        if path != "/api/v1/me" {
            hunter
                .refuse(&what, ("GET", path), &twice, Value::Null)
                .await;
        }
    }
    let what = format!("{name} in idle headers");
    let idle = [
        ("x-request-id", secret),
        ("referer", &origin),
        ("accept", secret),
        ("x-forwarded-for", secret),
        ("x-forwarded-host", secret),
    ];
    hunter.get(&what, "/healthz", &idle, 200).await;
}
