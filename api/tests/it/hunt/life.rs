//! The ordinary life of an instance: people, passwords, sessions, links and tokens, used as they should be.

use serde_json::{Value, json};

use super::{flow::Hunter, keys};
use crate::support::process::EMAIL;

/// Like a real one: without long runs of a digit, which other things have, too.
pub const MASTER_KEY: &str = "9c41e7d03b5f8a26c07d19eb64f2a83558d7c1360eb94fa27d8e05b3f6192ca4";
/// As long as one that the server makes, and no slug: a slug may stand in a refusal.
pub const SETUP_TOKEN: &str = "Quince-Telescope-Setup_4417-Bramble-Window_9";
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
    /// The token of a sign-in link that works.
    pub link: String,
    /// Paths of the project and of its key.
    pub project: String,
    pub key: String,
    /// The project's slug.
    pub slug: String,
    /// The key's live secret, and one that was rotated away.
    pub secret: String,
    pub old_secret: String,
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
    sign_in(hunter).await;
    let link = people(hunter, &cookie).await;
    let token = tokens(hunter, &cookie).await;
    keys::live(hunter, cookie, token, link).await
}

async fn set_up(hunter: &mut Hunter) -> String {
    let path = "/api/v1/setup";
    let post = ("POST", path);
    let body = |token: &str, name: &str, email: &str| json!({"setup_token": token, "name": name, "email": email, "password": PASSWORD});
    let wrong = body("not-the-setup-token", "Ada", EMAIL);
    let bad = body(SETUP_TOKEN, "", PASSWORD);
    let right = body(SETUP_TOKEN, "Ada", EMAIL);
    let html = [("accept", "text/html")];
    hunter.get("the home page", "/", &html, 200).await;
    hunter.send("a wrong setup", post, &[], wrong, 403).await;
    hunter.send("bad fields", post, &[], bad, 422).await;
    let cookie = hunter.sign_in("setup", path, right.clone()).await;
    hunter.send("a second setup", post, &[], right, 409).await;
    cookie
}

/// Another browser of Ada's, for a short time.
async fn sign_in(hunter: &mut Hunter) {
    let (path, me) = ("/api/v1/session", "/api/v1/me");
    let wrong = sign_in_as(EMAIL, GUESSED_PASSWORD);
    let right = sign_in_as(EMAIL, PASSWORD);
    hunter
        .send("a guess", ("POST", path), &[], wrong, 401)
        .await;
    let cookie = hunter.sign_in("a second sign-in", path, right).await;
    let own = [("cookie", cookie.as_str())];
    hunter.get("who am I", path, &own, 200).await;
    hunter.get("me", me, &own, 200).await;
    let out = ("DELETE", path);
    hunter
        .send("signing out", out, &own, Value::Null, 204)
        .await;
    hunter.get("an ended session", me, &own, 401).await;
}

/// Gives a sign-in link that works.
async fn people(hunter: &mut Hunter, cookie: &str) -> String {
    let (users, claim) = ("/api/v1/users", "/api/v1/session/claim");
    let user = |email: &str| json!({"name": "Ada", "email": email, "role": "member"});
    let mut given = user("ada.given@example.com");
    given["password"] = GIVEN_PASSWORD.into();
    let once = [("cookie", cookie), ("idempotency-key", "given")];
    for what in ["a user with a password", "the same user again"] {
        let body = given.clone();
        hunter.send(what, ("POST", users), &once, body, 201).await;
    }
    let invited = user("ada.invited@example.com");
    let (first, made) = hunter.make("inviting", users, cookie, invited).await;
    let id = made["user"]["id"].as_str().unwrap_or_default();
    let links = format!("{users}/{id}/sign-in-link");
    let (second, _) = hunter.make("a new link", &links, cookie, json!({})).await;

    let post = ("POST", claim);
    let body = |token: &str, password: &str| json!({"token": token, "password": password});
    let old = body(&first, CLAIMED_PASSWORD);
    let short = body(&second, "short");
    let right = body(&second, CLAIMED_PASSWORD);
    hunter.send("an old link", post, &[], old, 403).await;
    hunter.send("a short password", post, &[], short, 422).await;
    let own = hunter.sign_in("claiming", claim, right.clone()).await;
    hunter.send("a used link", post, &[], right, 403).await;
    change_password(hunter, &own).await;
    let (third, _) = hunter.make("a third link", &links, cookie, json!({})).await;
    third
}

async fn change_password(hunter: &mut Hunter, cookie: &str) {
    let put = ("PUT", "/api/v1/me/password");
    let body = |old: &str| json!({"current_password": old, "new_password": SECOND_PASSWORD});
    let own = [("cookie", cookie)];
    let (wrong, right) = (body(GUESSED_PASSWORD), body(CLAIMED_PASSWORD));
    hunter.send("a wrong password", put, &own, wrong, 422).await;
    hunter.send("a new password", put, &own, right, 204).await;
    let path = "/api/v1/session";
    let old = sign_in_as("ada.invited@example.com", CLAIMED_PASSWORD);
    let new = sign_in_as("ada.invited@example.com", SECOND_PASSWORD);
    hunter
        .send("the old one", ("POST", path), &[], old, 401)
        .await;
    hunter.sign_in("the new password", path, new).await;
}

fn sign_in_as(email: &str, password: &str) -> Value {
    json!({"email": email, "password": password})
}

/// Gives a token that works.
async fn tokens(hunter: &mut Hunter, cookie: &str) -> String {
    let (tokens, me) = ("/api/v1/me/tokens", "/api/v1/me");
    let body = json!({"name": "Deploy script", "permissions": ["manage", "verify"]});
    let (lost, made) = hunter.make("a token", tokens, cookie, body.clone()).await;
    let bearer = format!("Bearer {lost}");
    let by_lost = [("authorization", bearer.as_str())];
    hunter.get("me by token", me, &by_lost, 200).await;
    hunter
        .get("metrics by token", "/metrics", &by_lost, 200)
        .await;
    hunter.get("tokens by token", tokens, &by_lost, 403).await;
    let id = made["token"]["id"].as_str().unwrap_or_default();
    let path = format!("{tokens}/{id}");
    let own = [("cookie", cookie)];
    let delete = ("DELETE", path.as_str());
    hunter
        .send("revoking a token", delete, &own, Value::Null, 204)
        .await;
    hunter.get("a revoked token", me, &by_lost, 401).await;
    let (token, _) = hunter.make("a second token", tokens, cookie, body).await;
    token
}
