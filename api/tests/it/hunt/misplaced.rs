//! Secrets where they don't belong: in wrong fields, unknown parameters, wrong paths, other headers. A
//! refusal that repeats what it refuses would be copied from logs and screens.

use serde_json::json;

use super::{
    flow::Hunter,
    life::{PASSWORD, SETUP_TOKEN, Things},
};

pub async fn misplace(hunter: &mut Hunter, things: &Things) {
    let session = things
        .cookie
        .split_once('=')
        .map_or("", |(_, value)| value)
        .to_owned();
    for (name, secret) in [
        ("a key", things.secret.as_str()),
        ("an old key", &things.old_secret),
        ("a token", &things.token),
        ("a link", &things.link),
        ("a session", &session),
        ("a password", PASSWORD),
        ("the setup token", SETUP_TOKEN),
    ] {
        in_fields(hunter, things, name, secret).await;
        in_texts(hunter, things, name, secret).await;
        in_queries(hunter, things, name, secret).await;
        in_paths(hunter, things, name, secret).await;
        in_headers(hunter, things, name, secret).await;
    }
}

/// JSON whose fields hold the wrong thing, and whose names do.
async fn in_fields(hunter: &mut Hunter, things: &Things, name: &str, secret: &str) {
    let own = [("cookie", things.cookie.as_str())];
    let (project, key) = (things.project.as_str(), things.key.as_str());
    let keys = format!("{project}/keys");
    let members = format!("{project}/members");
    let rotate = format!("{key}/rotate");
    for (method, path, body) in [
        ("POST", "/api/v1/setup", json!({"setup_token": [secret]})),
        (
            "POST",
            "/api/v1/session",
            json!({"email": secret, "password": secret}),
        ),
        (
            "POST",
            "/api/v1/session",
            json!({"email": "ada@example.com", "pass": secret}),
        ),
        (
            "POST",
            "/api/v1/session",
            json!({"email": "ada@example.com", "password": {"text": secret}}),
        ),
        ("POST", "/api/v1/session", json!({(secret): true})),
        (
            "POST",
            "/api/v1/session/claim",
            json!({"token": secret, "password": "short"}),
        ),
        (
            "POST",
            "/api/v1/session/claim",
            json!({"token": "no-token-of-a-link", "password": secret}),
        ),
        (
            "POST",
            "/api/v1/me/tokens",
            json!({"name": "x", "permissions": [secret]}),
        ),
        (
            "POST",
            "/api/v1/me/tokens",
            json!({"name": "x", "permissions": ["read"], "expires_at": secret}),
        ),
        (
            "PUT",
            "/api/v1/me/password",
            json!({"current_password": secret, "new_password": "short"}),
        ),
        (
            "POST",
            "/api/v1/users",
            json!({"name": "x", "email": secret, "role": "member"}),
        ),
        (
            "POST",
            "/api/v1/users",
            json!({"name": "x", "email": "x@example.com", "role": secret}),
        ),
        (
            "POST",
            "/api/v1/projects",
            json!({"name": "x", "slug": format!("{secret}_")}),
        ),
        (
            "POST",
            "/api/v1/projects",
            json!({"name": "x", "secret": secret}),
        ),
        ("PATCH", project, json!({"allowed_origins": [secret]})),
        ("PATCH", project, json!({"backend": {"kind": secret}})),
        ("PATCH", project, json!({"backend": secret})),
        ("POST", &members, json!({"email": secret, "role": "viewer"})),
        (
            "POST",
            &members,
            json!({"email": "ada.given@example.com", "role": secret}),
        ),
        ("POST", &keys, json!({"environment": secret})),
        ("POST", &keys, json!({"expires_at": secret})),
        ("POST", &keys, json!({"description": [secret]})),
        (
            "POST",
            &keys,
            json!({"description": format!("{secret}\u{0}")}),
        ),
        ("POST", &keys, json!({"secret": secret})),
        ("POST", &keys, json!({(secret): "x"})),
        ("POST", &keys, json!(secret)),
        ("PATCH", key, json!({"disabled": secret})),
        ("PATCH", key, json!({(secret): {"nested": secret}})),
        ("POST", &rotate, json!({"overlap_seconds": secret})),
        ("POST", "/api/v1/keys/verify", json!({"key": [secret]})),
        (
            "POST",
            "/api/v1/keys/verify",
            json!({"key": "lk_x", (secret): secret}),
        ),
    ] {
        let what = format!(
            "{name} in a wrong field of {method} {}",
            route(path, things)
        );
        hunter
            .ask(&what, method, path, &own, Some(body))
            .await
            .is_refused();
    }
    let body = json!({"key": "lk_x", "project": secret});
    let what = format!("{name} as the project to verify for");
    hunter
        .ask(&what, "POST", "/api/v1/keys/verify", &own, Some(body))
        .await
        .is(200);
}

/// Bodies that are no JSON, or no JSON of ours.
async fn in_texts(hunter: &mut Hunter, things: &Things, name: &str, secret: &str) {
    let own = [("cookie", things.cookie.as_str())];
    let keys = format!("{}/keys", things.project);
    for (kind, text) in [
        ("application/json", secret.to_owned()),
        (
            "application/json",
            format!("{{\"description\": \"{secret}\""),
        ),
        ("application/json", format!("{{\"description\": {secret}}}")),
        (
            "application/json",
            format!("{{\"description\": \"{secret}\", \"description\": \"{secret}\"}}"),
        ),
        (
            "application/x-www-form-urlencoded",
            format!("password={secret}"),
        ),
        ("text/plain", secret.to_owned()),
    ] {
        for path in [keys.as_str(), "/api/v1/session"] {
            let what = format!("{name} in a text of {kind} to {}", route(path, things));
            let body = Some((kind, text.clone()));
            hunter
                .ask_raw(&what, "POST", path, &own, body)
                .await
                .is_refused();
        }
    }
    let body = Some((secret, "{}".to_owned()));
    let what = format!("{name} as a content type");
    hunter
        .ask_raw(&what, "POST", "/api/v1/session", &own, body)
        .await
        .is_refused();
}

/// Queries of every kind.
async fn in_queries(hunter: &mut Hunter, things: &Things, name: &str, secret: &str) {
    let own = [("cookie", things.cookie.as_str())];
    let (project, key) = (things.project.as_str(), things.key.as_str());
    for (method, path) in [
        ("GET", format!("/api/v1/projects?limit={secret}")),
        ("GET", format!("/api/v1/projects?cursor={secret}")),
        ("GET", format!("/api/v1/projects?token={secret}")),
        ("GET", format!("/api/v1/projects?{secret}")),
        ("GET", format!("/api/v1/projects?{secret}=1")),
        ("GET", format!("/api/v1/projects?archived={secret}")),
        ("GET", format!("{project}/keys?status={secret}")),
        ("GET", format!("{project}/keys?environment={secret}")),
        ("GET", format!("{project}/keys?created_by={secret}")),
        ("GET", format!("{project}/keys?apikey={secret}")),
        ("GET", format!("{project}/usage?from={secret}")),
        ("GET", format!("/api/v1/audit?format={secret}")),
        ("DELETE", format!("{key}?reason={secret}")),
    ] {
        let what = format!("{name} in a query of {method} {}", route(&path, things));
        hunter
            .ask(&what, method, &path, &own, None)
            .await
            .is_refused();
    }
    for path in [
        format!("/api/v1/projects?q={secret}"),
        format!("/api/v1/audit?actor={secret}&limit=1"),
        format!("/api/v1/session?token={secret}"),
        format!("/healthz?apikey={secret}"),
        format!("/?apikey={secret}"),
        format!("/docs/errors?{secret}"),
    ] {
        let what = format!("{name} in a query of {}", route(&path, things));
        hunter.ask(&what, "GET", &path, &own, None).await.is(200);
    }
}

/// Paths with it in the place of an id, of a slug, of a file.
async fn in_paths(hunter: &mut Hunter, things: &Things, name: &str, secret: &str) {
    let own = [("cookie", things.cookie.as_str())];
    let html = [("accept", "text/html"), ("cookie", things.cookie.as_str())];
    for (method, path) in [
        ("GET", format!("/{secret}.html")),
        ("GET", format!("/api/v1/{secret}")),
        ("GET", format!("/api/v1/projects/{secret}")),
        ("PUT", format!("/api/v1/projects/{secret}")),
        ("GET", format!("{}/keys/{secret}", things.project)),
        ("DELETE", format!("{}/keys/{secret}", things.project)),
        ("PATCH", format!("/api/v1/users/{secret}")),
        ("DELETE", format!("/api/v1/me/tokens/{secret}")),
        ("GET", format!("/docs/errors/{secret}")),
        ("GET", format!("/docs/{secret}")),
        (
            "GET",
            format!("/.well-known/oauth-protected-resource/{secret}/mcp/v1"),
        ),
        ("POST", format!("/{secret}/mcp/v1")),
        ("POST", format!("/{secret}/mcp/v1?apikey=lk_x")),
        ("GET", format!("/{}/mcp/v1/{secret}", things.slug)),
    ] {
        let place = path.split(secret).next().unwrap_or_default();
        let what = format!("{name} in the path {method} {}…", route(place, things));
        let body = (method == "PATCH").then(|| json!({}));
        hunter
            .ask(&what, method, &path, &own, body)
            .await
            .is_refused();
    }
    let what = format!("{name} as the address of a page");
    hunter
        .ask(&what, "GET", &format!("/{secret}"), &html, None)
        .await
        .is(200);
}

/// Headers that are read for something else.
async fn in_headers(hunter: &mut Hunter, things: &Things, name: &str, secret: &str) {
    let cookie = things.cookie.as_str();
    let (bearer, basic) = (format!("Bearer {secret}"), format!("Basic {secret}"));
    let (key, origin) = (things.key.as_str(), format!("https://{secret}.example"));
    let rename = || Some(json!({"environment": "staging"}));
    for (place, method, path, headers, body) in [
        (
            "If-Match",
            "PATCH",
            key,
            vec![("cookie", cookie), ("if-match", secret)],
            rename(),
        ),
        (
            "Sec-Fetch-Site",
            "PATCH",
            key,
            vec![("cookie", cookie), ("sec-fetch-site", secret)],
            rename(),
        ),
        (
            "Origin",
            "PATCH",
            key,
            vec![("cookie", cookie), ("origin", &origin)],
            rename(),
        ),
        (
            "Authorization, plain",
            "GET",
            "/api/v1/me",
            vec![("authorization", secret)],
            None,
        ),
        (
            "Authorization, Basic",
            "GET",
            "/api/v1/me",
            vec![("authorization", &basic)],
            None,
        ),
        (
            "two credentials",
            "GET",
            "/api/v1/keys/self",
            vec![("authorization", &bearer), ("x-api-key", secret)],
            None,
        ),
        (
            "two credentials",
            "GET",
            "/api/v1/forward-auth",
            vec![("authorization", &bearer), ("x-api-key", secret)],
            None,
        ),
        (
            "Authorization, plain, of the check",
            "GET",
            "/api/v1/keys/self",
            vec![("authorization", secret)],
            None,
        ),
        (
            "another cookie",
            "GET",
            "/api/v1/me",
            vec![("cookie", "latchkey=junk"), ("x-request-id", secret)],
            None,
        ),
    ] {
        let what = format!("{name} in the header {place}");
        hunter
            .ask(&what, method, path, &headers, body)
            .await
            .is_refused();
    }
    let headers = [
        ("x-request-id", secret),
        ("referer", origin.as_str()),
        ("accept", secret),
    ];
    hunter
        .ask(
            &format!("{name} in idle headers"),
            "GET",
            "/healthz",
            &headers,
            None,
        )
        .await
        .is(200);
}

/// A path without its ids and its query, for messages.
fn route(path: &str, things: &Things) -> String {
    let path = path
        .replace(&things.key, "/{key}")
        .replace(&things.project, "/{project}");
    path.split('?').next().unwrap_or_default().to_owned()
}
