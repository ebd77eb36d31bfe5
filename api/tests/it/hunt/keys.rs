//! The life of a key: made, used in every way, rotated, revoked, looked at.

use serde_json::{Value, json};

use super::{
    flow::Hunter,
    life::{Factor, Things},
};

/// A key that was rotated once and is in use.
pub async fn live(
    hunter: &mut Hunter,
    cookie: String,
    token: String,
    link: String,
    factor: Factor,
) -> Things {
    let (project, slug) = project(hunter, &cookie).await;
    let keys = format!("{project}/keys");
    let body = json!({"description": "Production - Claude Integration"});
    let (first, made) = hunter.make("a key", &keys, &cookie, body).await;
    let id = made["key"]["id"].as_str().unwrap_or_default();
    let mut things = Things {
        key: format!("{keys}/{id}"),
        secret: first.clone(),
        old_secret: first,
        cookie,
        token,
        link,
        factor,
        project,
        slug,
    };
    let bearer = format!("Bearer {}", things.secret);
    let by_key = [("authorization", bearer.as_str())];
    hunter
        .get("managing by key", "/api/v1/me", &by_key, 401)
        .await;
    present(hunter, "a fresh key", &things, &things.secret, true).await;
    rotate(hunter, &mut things).await;
    things
}

async fn project(hunter: &mut Hunter, cookie: &str) -> (String, String) {
    let own = [("cookie", cookie)];
    let body = json!({"name": "Memory Lake"});
    let projects = "/api/v1/projects";
    let made = hunter.ask("a project", "POST", projects, &own, body).await;
    made.is(201);
    let text = |name: &str| made.json[name].as_str().unwrap_or_default().to_owned();
    (format!("{projects}/{}", text("id")), text("slug"))
}

async fn rotate(hunter: &mut Hunter, things: &mut Things) {
    let own = [("cookie", things.cookie.as_str())];
    let rotate = format!("{}/rotate", things.key);
    let overlap = format!("{}/overlap", things.key);
    let body = json!({"overlap_seconds": 3600});
    let (second, _) = hunter.make("rotating", &rotate, &things.cookie, body).await;
    let first = &things.old_secret;
    present(hunter, "an overlapping key", things, first, true).await;
    present(hunter, "a rotated key", things, &second, true).await;
    let end = ("DELETE", overlap.as_str());
    hunter
        .send("ending the overlap", end, &own, Value::Null, 200)
        .await;
    present(hunter, "a retired key", things, first, false).await;
    let patch = ("PATCH", things.key.as_str());
    let disabled = |disabled: bool| json!({"disabled": disabled});
    hunter
        .send("disabling", patch, &own, disabled(true), 200)
        .await;
    present(hunter, "a disabled key", things, &second, false).await;
    hunter
        .send("enabling", patch, &own, disabled(false), 200)
        .await;
    things.secret = second;
}

/// Every way in which a key is shown to the server.
async fn present(hunter: &mut Hunter, what: &str, things: &Things, key: &str, is_good: bool) {
    let slug = &things.slug;
    let bearer = format!("Bearer {key}");
    let query = format!("apikey={key}");
    let (checked, called) = if is_good { (200, 200) } else { (401, 401) };
    for (way, headers, query) in [
        ("as bearer", vec![("authorization", bearer.as_str())], ""),
        ("as X-API-Key", vec![("x-api-key", key)], ""),
        ("in the URL", vec![], query.as_str()),
    ] {
        let what = format!("{what} {way}");
        for path in ["/api/v1/keys/self", "/api/v1/forward-auth"] {
            let path = format!("{path}?{query}");
            hunter.get(&what, &path, &headers, checked).await;
        }
        let path = format!("/{slug}/mcp/v1?{query}");
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
        let post = ("POST", path.as_str());
        hunter.send(&what, post, &headers, call, called).await;
    }
    let forwarded = format!("/{slug}/mcp/v1?{query}&x=1");
    for name in ["x-forwarded-uri", "x-original-uri"] {
        let what = format!("{what} in {name}");
        let path = format!("/api/v1/forward-auth?project={slug}");
        let headers = [(name, forwarded.as_str())];
        hunter.get(&what, &path, &headers, checked).await;
    }
    let bearer = format!("Bearer {}", things.token);
    for project in [None, Some(slug.as_str()), Some("no-such-project")] {
        let what = format!("verifying {what} for {}", project.unwrap_or("any"));
        let body = json!({"key": key, "project": project});
        let post = ("POST", "/api/v1/keys/verify");
        let headers = [("authorization", bearer.as_str())];
        hunter.send(&what, post, &headers, body, 200).await;
    }
}

/// Revoking, and everything that tells what happened.
pub async fn end(hunter: &mut Hunter, things: &Things) {
    let own = [("cookie", things.cookie.as_str())];
    let (project, key) = (things.project.as_str(), things.key.as_str());
    let revoke = format!("{key}?reason=compromised");
    let delete = ("DELETE", revoke.as_str());
    hunter
        .send("revoking", delete, &own, Value::Null, 200)
        .await;
    present(hunter, "a revoked key", things, &things.secret, false).await;
    for path in [
        "/api/v1/session",
        "/api/v1/me",
        "/api/v1/me/sessions",
        "/api/v1/me/tokens",
        "/api/v1/users",
        "/api/v1/audit?limit=200",
        "/api/v1/audit?format=ndjson",
        "/api/v1/audit?format=csv",
        "/api/v1/projects",
        "/metrics",
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/openapi.yaml",
        "/docs/",
        "/docs/errors",
        "/",
    ] {
        hunter.get(path, path, &own, 200).await;
    }
    for rest in [
        "",
        "/members",
        "/keys?status=all",
        "/audit?limit=200",
        "/audit?format=csv",
        "/usage",
        "/hygiene",
    ] {
        let what = format!("the project's {rest}");
        let path = format!("{project}{rest}");
        hunter.get(&what, &path, &own, 200).await;
    }
    for rest in ["", "/usage", "/events"] {
        let what = format!("the key's {rest}");
        hunter.get(&what, &format!("{key}{rest}"), &own, 200).await;
    }
    let delete = ("DELETE", project);
    hunter
        .send("archiving", delete, &own, Value::Null, 200)
        .await;
}
