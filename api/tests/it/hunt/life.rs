//! The ordinary life of an instance: everything that handles a secret, done as it should be.

use serde_json::json;

use super::flow::Hunter;
use crate::support::process::EMAIL;

/// No slug: a slug may stand in a refusal.
pub const SETUP_TOKEN: &str = "Quince-Telescope-Setup_4417";
/// Everybody's passwords: words that occur nowhere else.
pub const PASSWORD: &str = "Saffron-Anchor-First-3306";
const SECOND_PASSWORD: &str = "Tangerine-Glacier-Second-7741";
const CLAIMED_PASSWORD: &str = "Marmalade-Harbour-Claimed-2093";
const GIVEN_PASSWORD: &str = "Juniper-Lantern-Given-5526";
const GUESSED_PASSWORD: &str = "Nutmeg-Compass-Guessed-8812";

/// What the rest of the hunt needs.
pub struct Things {
    /// Ada's Cookie header.
    pub cookie: String,
    /// A live management token of hers for everything.
    pub token: String,
    /// Paths of the project and of a live key.
    pub project: String,
    pub key: String,
    pub slug: String,
    /// The live secret, and one that was rotated away.
    pub secret: String,
    pub old_secret: String,
    /// The token of a sign-in link that works.
    pub link: String,
}

/// From the first start to a key in use.
pub async fn live(hunter: &mut Hunter) -> Things {
    for (name, password) in [
        ("the first password", PASSWORD),
        ("the second password", SECOND_PASSWORD),
        ("the claimed password", CLAIMED_PASSWORD),
        ("the given password", GIVEN_PASSWORD),
        ("the guessed password", GUESSED_PASSWORD),
    ] {
        hunter.hidden(name, password);
    }
    let cookie = set_up(hunter).await;
    let link = people(hunter, &cookie).await;
    let token = tokens(hunter, &cookie).await;
    let (project, slug) = project(hunter, &cookie).await;
    let (key, old_secret, secret) = keys(hunter, &cookie, &project, &slug, &token).await;
    Things {
        cookie,
        token,
        project,
        key,
        slug,
        secret,
        old_secret,
        link,
    }
}

async fn set_up(hunter: &mut Hunter) -> String {
    let path = "/api/v1/setup";
    hunter
        .ask(
            "the home page",
            "GET",
            "/",
            &[("accept", "text/html")],
            None,
        )
        .await
        .is(200);
    let body = |token: &str| json!({"setup_token": token, "name": "Ada", "email": EMAIL, "password": PASSWORD});
    hunter
        .ask(
            "a wrong setup",
            "POST",
            path,
            &[],
            Some(body("not-the-setup-token")),
        )
        .await
        .is(403);
    let short =
        json!({"setup_token": SETUP_TOKEN, "name": "", "email": PASSWORD, "password": PASSWORD});
    hunter
        .ask("a setup with bad fields", "POST", path, &[], Some(short))
        .await
        .is(422);
    let cookie = hunter.sign_in("setup", path, body(SETUP_TOKEN)).await;
    hunter
        .ask("a second setup", "POST", path, &[], Some(body(SETUP_TOKEN)))
        .await
        .is(409);
    let path = "/api/v1/session";
    let wrong = json!({"email": EMAIL, "password": GUESSED_PASSWORD});
    hunter
        .ask("a guessed password", "POST", path, &[], Some(wrong))
        .await
        .is(401);
    let right = json!({"email": EMAIL, "password": PASSWORD});
    let other = hunter.sign_in("a second sign-in", path, right).await;
    hunter
        .ask("who am I", "GET", path, &[("cookie", &other)], None)
        .await
        .is(200);
    hunter
        .ask("me", "GET", "/api/v1/me", &[("cookie", &other)], None)
        .await
        .is(200);
    hunter
        .ask("signing out", "DELETE", path, &[("cookie", &other)], None)
        .await
        .is(204);
    hunter
        .ask(
            "an ended session",
            "GET",
            "/api/v1/me",
            &[("cookie", &other)],
            None,
        )
        .await
        .is(401);
    cookie
}

/// Gives a sign-in link that works.
async fn people(hunter: &mut Hunter, cookie: &str) -> String {
    let (users, claim) = ("/api/v1/users", "/api/v1/session/claim");
    let given = json!({
        "name": "Ada", "email": "ada.given@example.com", "role": "member", "password": GIVEN_PASSWORD,
    });
    let headers = [
        ("cookie", cookie),
        ("idempotency-key", "a-user-with-a-password"),
    ];
    hunter
        .ask(
            "a user with a password",
            "POST",
            users,
            &headers,
            Some(given.clone()),
        )
        .await
        .is(201);
    hunter
        .ask("the same user again", "POST", users, &headers, Some(given))
        .await
        .is(201);
    let invited = json!({"name": "Ada", "email": "ada.invited@example.com", "role": "member"});
    let (first, made) = hunter.make("inviting", users, cookie, invited).await;
    let id = made["user"]["id"].as_str().unwrap_or_default().to_owned();
    let links = format!("{users}/{id}/sign-in-link");
    let (second, _) = hunter.make("a new link", &links, cookie, json!({})).await;
    let body = |token: &str, password: &str| json!({"token": token, "password": password});
    hunter
        .ask(
            "an old link",
            "POST",
            claim,
            &[],
            Some(body(&first, CLAIMED_PASSWORD)),
        )
        .await
        .is(403);
    hunter
        .ask(
            "too short",
            "POST",
            claim,
            &[],
            Some(body(&second, "short")),
        )
        .await
        .is(422);
    let own = hunter
        .sign_in("claiming", claim, body(&second, CLAIMED_PASSWORD))
        .await;
    hunter
        .ask(
            "a used link",
            "POST",
            claim,
            &[],
            Some(body(&second, CLAIMED_PASSWORD)),
        )
        .await
        .is(403);
    change_password(hunter, &own).await;
    let (link, _) = hunter.make("a third link", &links, cookie, json!({})).await;
    link
}

async fn change_password(hunter: &mut Hunter, cookie: &str) {
    let path = "/api/v1/me/password";
    let body = |old: &str| json!({"current_password": old, "new_password": SECOND_PASSWORD});
    let own = [("cookie", cookie)];
    hunter
        .ask(
            "a wrong password",
            "PUT",
            path,
            &own,
            Some(body(GUESSED_PASSWORD)),
        )
        .await
        .is(422);
    hunter
        .ask(
            "a new password",
            "PUT",
            path,
            &own,
            Some(body(CLAIMED_PASSWORD)),
        )
        .await
        .is(204);
    let session = "/api/v1/session";
    let body = |password: &str| json!({"email": "ada.invited@example.com", "password": password});
    hunter
        .ask(
            "the old password",
            "POST",
            session,
            &[],
            Some(body(CLAIMED_PASSWORD)),
        )
        .await
        .is(401);
    hunter
        .sign_in("the new password", session, body(SECOND_PASSWORD))
        .await;
}

/// Gives a token that works.
async fn tokens(hunter: &mut Hunter, cookie: &str) -> String {
    let tokens = "/api/v1/me/tokens";
    let body = json!({"name": "Deploy script", "permissions": ["manage", "read", "verify"]});
    let (lost, made) = hunter.make("a token", tokens, cookie, body.clone()).await;
    let bearer = format!("Bearer {lost}");
    let by_lost = [("authorization", bearer.as_str())];
    hunter
        .ask("me by token", "GET", "/api/v1/me", &by_lost, None)
        .await
        .is(200);
    hunter
        .ask("metrics by token", "GET", "/metrics", &by_lost, None)
        .await
        .is(200);
    hunter
        .ask("tokens by token", "GET", tokens, &by_lost, None)
        .await
        .is(403);
    let path = format!(
        "{tokens}/{}",
        made["token"]["id"].as_str().unwrap_or_default()
    );
    hunter
        .ask(
            "revoking a token",
            "DELETE",
            &path,
            &[("cookie", cookie)],
            None,
        )
        .await
        .is(204);
    hunter
        .ask("a revoked token", "GET", "/api/v1/me", &by_lost, None)
        .await
        .is(401);
    hunter.make("a second token", tokens, cookie, body).await.0
}

async fn project(hunter: &mut Hunter, cookie: &str) -> (String, String) {
    let body = json!({"name": "Memory Lake"});
    let made = hunter
        .ask(
            "a project",
            "POST",
            "/api/v1/projects",
            &[("cookie", cookie)],
            Some(body),
        )
        .await;
    made.is(201);
    let text = |name: &str| made.json[name].as_str().unwrap_or_default().to_owned();
    (format!("/api/v1/projects/{}", text("id")), text("slug"))
}

/// Gives a key's path, its old secret and its present one.
async fn keys(
    hunter: &mut Hunter,
    cookie: &str,
    project: &str,
    slug: &str,
    token: &str,
) -> (String, String, String) {
    let keys = format!("{project}/keys");
    let body = json!({"description": "Production - Claude Integration"});
    let (first, made) = hunter.make("a key", &keys, cookie, body).await;
    let key = format!("{keys}/{}", made["key"]["id"].as_str().unwrap_or_default());
    let bearer = format!("Bearer {first}");
    let by_key = [("authorization", bearer.as_str())];
    hunter
        .ask("managing by key", "GET", "/api/v1/me", &by_key, None)
        .await
        .is(401);
    present(hunter, "fresh", &first, slug, token, 200).await;
    let rotate = format!("{key}/rotate");
    let (second, _) = hunter
        .make(
            "rotating",
            &rotate,
            cookie,
            json!({"overlap_seconds": 3600}),
        )
        .await;
    present(hunter, "overlapping", &first, slug, token, 200).await;
    present(hunter, "rotated", &second, slug, token, 200).await;
    let own = [("cookie", cookie)];
    hunter
        .ask(
            "ending the overlap",
            "DELETE",
            &format!("{key}/overlap"),
            &own,
            None,
        )
        .await
        .is(200);
    present(hunter, "retired", &first, slug, token, 401).await;
    hunter
        .ask(
            "disabling",
            "PATCH",
            &key,
            &own,
            Some(json!({"disabled": true})),
        )
        .await
        .is(200);
    present(hunter, "disabled", &second, slug, token, 401).await;
    hunter
        .ask(
            "enabling",
            "PATCH",
            &key,
            &own,
            Some(json!({"disabled": false})),
        )
        .await
        .is(200);
    (key, first, second)
}

/// Every way in which a key is shown to the server.
async fn present(
    hunter: &mut Hunter,
    state: &str,
    key: &str,
    slug: &str,
    token: &str,
    expected: u16,
) {
    let bearer = format!("Bearer {key}");
    let query = format!("apikey={key}");
    let forwarded = format!("/{slug}/mcp/v1?{query}&x=1");
    let by = format!("Bearer {token}");
    for (way, headers, query) in [
        ("as bearer", vec![("authorization", bearer.as_str())], ""),
        ("as X-API-Key", vec![("x-api-key", key)], ""),
        ("in the URL", vec![], query.as_str()),
    ] {
        let what = format!("a {state} key {way}");
        for path in ["/api/v1/keys/self", "/api/v1/forward-auth"] {
            let path = format!("{path}?{query}");
            hunter
                .ask(&what, "GET", &path, &headers, None)
                .await
                .is(expected);
        }
        let path = format!("/{slug}/mcp/v1?{query}");
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
        let mcp = if expected == 200 { 501 } else { 401 };
        hunter
            .ask(
                &format!("{what} at MCP"),
                "POST",
                &path,
                &headers,
                Some(call),
            )
            .await
            .is(mcp);
    }
    for name in ["x-forwarded-uri", "x-original-uri"] {
        let what = format!("a {state} key in {name}");
        let path = format!("/api/v1/forward-auth?project={slug}");
        hunter
            .ask(&what, "GET", &path, &[(name, &forwarded)], None)
            .await
            .is(expected);
    }
    for project in [None, Some(slug), Some("no-such-project")] {
        let what = format!("verifying a {state} key for {}", project.unwrap_or("any"));
        let body = json!({"key": key, "project": project});
        let headers = [("authorization", by.as_str())];
        hunter
            .ask(&what, "POST", "/api/v1/keys/verify", &headers, Some(body))
            .await
            .is(200);
    }
}

/// Revoking, and everything that tells what happened.
pub async fn end(hunter: &mut Hunter, things: &Things) {
    let own = [("cookie", things.cookie.as_str())];
    let (project, key) = (&things.project, &things.key);
    hunter
        .ask(
            "revoking",
            "DELETE",
            &format!("{key}?reason=compromised"),
            &own,
            None,
        )
        .await
        .is(200);
    present(
        hunter,
        "revoked",
        &things.secret,
        &things.slug,
        &things.token,
        401,
    )
    .await;
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
        hunter.ask(path, "GET", path, &own, None).await.is(200);
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
        hunter
            .ask(rest, "GET", &format!("{project}{rest}"), &own, None)
            .await
            .is(200);
    }
    for rest in ["", "/usage", "/events"] {
        hunter
            .ask(rest, "GET", &format!("{key}{rest}"), &own, None)
            .await
            .is(200);
    }
    hunter
        .ask("archiving", "DELETE", project, &own, None)
        .await
        .is(200);
}
