//! The ordinary life of an instance: people, passwords, sessions, links and tokens, used as they should be.

use serde_json::{Value, json};

use super::{
    flow::{Headers, Hunter},
    keys,
};
use crate::support::{Authenticator, process::EMAIL};

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
    /// A second factor that is on.
    pub factor: Factor,
    /// Paths of the project and of its key.
    pub project: String,
    pub key: String,
    /// The project's slug.
    pub slug: String,
    /// The key's live secret, and one that was rotated away.
    pub secret: String,
    pub old_secret: String,
}

/// What an authenticator app and its owner know.
pub struct Factor {
    /// What the app shares with the server.
    pub secret: String,
    /// A recovery code that works.
    pub recovery_code: String,
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
    let factor = second_factor(hunter).await;
    keys::live(hunter, cookie, token, link, factor).await
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

/// A second factor of the person who was given a password: begun twice, turned on, used in every way, and right and
/// wrong codes in between.
async fn second_factor(hunter: &mut Hunter) -> Factor {
    let (path, session) = ("/api/v1/me/second-factor", "/api/v1/session");
    let email = "ada.given@example.com";
    let cookie = hunter
        .sign_in(
            "the given password",
            session,
            sign_in_as(email, GIVEN_PASSWORD),
        )
        .await;
    let own = [("cookie", cookie.as_str())];
    begin(hunter, "a secret that is replaced", path, &own).await;
    let secret = begin(hunter, "the shared secret", path, &own).await;
    let app = Authenticator::with(&secret);
    let confirm = ("POST", "/api/v1/me/second-factor/confirm");
    let code = |code: String| json!({ "code": code });
    hunter
        .send(
            "a wrong first code",
            confirm,
            &own,
            code(app.wrong_code()),
            401,
        )
        .await;
    let answer = hunter
        .ask(
            "the first code",
            confirm.0,
            confirm.1,
            &own,
            code(app.code()),
        )
        .await;
    let (json, number) = (answer.is(200).json.clone(), answer.number());
    let codes: Vec<String> = serde_json::from_value(json["recovery_codes"].clone()).expect("codes");
    for (n, code) in codes.iter().enumerate() {
        hunter.shown(&format!("recovery code {n}"), code, number);
    }
    hunter
        .send("the first code again", confirm, &own, code(app.code()), 409)
        .await;
    hunter
        .send("beginning again", ("POST", path), &own, Value::Null, 409)
        .await;
    hunter
        .get("me with a second factor", "/api/v1/me", &own, 200)
        .await;

    let with = |code: &str| {
        let mut body = sign_in_as(email, GIVEN_PASSWORD);
        body["code"] = code.into();
        body
    };
    let post = ("POST", session);
    let without = sign_in_as(email, GIVEN_PASSWORD);
    hunter.send("no code", post, &[], without, 401).await;
    hunter
        .send("a used code", post, &[], with(&app.code()), 401)
        .await;
    hunter
        .sign_in("a code", session, with(&app.next_code()))
        .await;
    hunter
        .sign_in("a recovery code", session, with(&codes[0]))
        .await;
    hunter
        .send("the same again", post, &[], with(&codes[0]), 401)
        .await;
    let delete = ("DELETE", path);
    hunter
        .send(
            "turning off wrongly",
            delete,
            &own,
            code(app.wrong_code()),
            401,
        )
        .await;
    Factor {
        secret,
        recovery_code: codes[1].clone(),
    }
}

/// Begins a second factor; the secret that was shown, in all its spellings in that one answer.
async fn begin(hunter: &mut Hunter, what: &str, path: &str, own: Headers<'_>) -> String {
    let answer = hunter.ask(what, "POST", path, own, Value::Null).await;
    let (json, number) = (answer.is(201).json.clone(), answer.number());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let secret = text(&json["secret"]);
    hunter.shown(what, &secret, number);
    hunter.shown(
        &format!("the QR code of {what}"),
        &text(&json["qr"]["path"]),
        number,
    );
    secret
}
