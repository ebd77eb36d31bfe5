//! People and programs that call a server.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};

use super::{answer::Answer, call::Call, server::Host};

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";

/// Somebody who calls: nobody in particular, a signed-in person, a token or a key.
#[derive(Clone)]
pub struct Actor(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    host: Arc<Host>,
    credential: Credential,
    email: String,
    user_id: String,
}

#[derive(Clone)]
enum Credential {
    Anonymous,
    /// Name and value.
    Cookie(String, String),
    /// A management token with its id.
    Token(String, String),
    /// An API key.
    Key(String),
}

/// A project, as its making answered it.
pub struct Project {
    pub id: String,
    pub slug: String,
    pub json: Value,
}

/// A key with its secret, so no `Debug`.
pub struct CreatedKey {
    pub id: String,
    pub secret: String,
    pub json: Value,
}

impl Actor {
    pub(super) fn anonymous(host: &Arc<Host>) -> Self {
        Self(Arc::new(Inner {
            host: Arc::clone(host),
            credential: Credential::Anonymous,
            email: String::new(),
            user_id: String::new(),
        }))
    }

    /// Whoever an answer to setting up, signing in or claiming a link has signed in.
    #[track_caller]
    pub(super) fn signed_in(host: &Arc<Host>, answer: &Answer) -> Self {
        assert!(
            matches!(answer.status, 200 | 201),
            "signing in was refused: {}",
            answer.summary()
        );
        let cookie = answer
            .header("set-cookie")
            .expect("signing in gives a cookie");
        let pair = cookie.split(';').next().unwrap_or_default();
        let (name, value) = pair
            .split_once('=')
            .expect("a cookie has a name and a value");
        let user = &answer.json()["user"];
        Self(Arc::new(Inner {
            host: Arc::clone(host),
            credential: Credential::Cookie(name.to_owned(), value.to_owned()),
            email: text(&user["email"]),
            user_id: text(&user["id"]),
        }))
    }

    /// GET. A path without a slash at its beginning is one below `/api/v1/`.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// POST with a JSON body.
    pub fn post(&self, path: &str, body: Value) -> Call {
        self.call(Method::POST, path).json(&body)
    }

    /// PATCH with a JSON body.
    pub fn patch(&self, path: &str, body: Value) -> Call {
        self.call(Method::PATCH, path).json(&body)
    }

    /// PUT with a JSON body.
    pub fn put(&self, path: &str, body: Value) -> Call {
        self.call(Method::PUT, path).json(&body)
    }

    /// DELETE.
    pub fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }

    /// Any method, without a body.
    pub fn call(&self, method: Method, path: &str) -> Call {
        let call = Call::new(&self.0.host.client, method, &self.0.host.url(path));
        match &self.0.credential {
            Credential::Anonymous => call,
            Credential::Cookie(name, value) => call.header("cookie", format!("{name}={value}")),
            Credential::Token(secret, _) | Credential::Key(secret) => {
                call.header("authorization", format!("Bearer {secret}"))
            }
        }
    }

    /// A management token of this person, with these permissions.
    pub async fn token(&self, permissions: &[&str]) -> Self {
        let body = json!({ "name": format!("Token to {}", permissions.join(", ")), "permissions": permissions });
        let made = self.post("me/tokens", body).send().await.status(201);
        self.with(Credential::Token(
            text(&made["secret"]),
            text(&made["token"]["id"]),
        ))
    }

    /// A new person, added by this administrator and signed in.
    pub async fn member(&self, name: &str) -> Self {
        let email = format!("{}@example.com", name.to_lowercase().replace(' ', "."));
        let body = json!({ "name": name, "email": email, "role": "member", "password": PASSWORD });
        self.post("users", body).send().await.status(201);
        self.sign_in(&email, PASSWORD).await
    }

    /// The same browser after its person gave their password once more: it has another cookie then.
    pub async fn confirm(&self) -> Self {
        let body = json!({ "password": PASSWORD });
        let answer = self.post("session/confirm", body).send().await;
        assert_eq!(answer.status, 204, "{}", answer.summary());
        let cookie = answer
            .header("set-cookie")
            .expect("a confirmation gives a cookie");
        let pair = cookie.split(';').next().unwrap_or_default();
        let (name, value) = pair
            .split_once('=')
            .expect("a cookie has a name and a value");
        self.with(Credential::Cookie(name.to_owned(), value.to_owned()))
    }

    /// Signs in anew, in another browser.
    pub async fn sign_in(&self, email: &str, password: &str) -> Self {
        let body = json!({ "email": email, "password": password });
        let answer = Self::anonymous(&self.0.host)
            .post("session", body)
            .send()
            .await;
        Self::signed_in(&self.0.host, &answer)
    }

    /// A new project of this person.
    pub async fn project(&self, name: &str) -> Project {
        let json = self
            .post("projects", json!({ "name": name }))
            .send()
            .await
            .status(201);
        Project {
            id: text(&json["id"]),
            slug: text(&json["slug"]),
            json,
        }
    }

    /// A new key.
    pub async fn key(&self, project: &Project, description: &str) -> CreatedKey {
        self.key_with(project, json!({ "description": description }))
            .await
    }

    /// A new key made of this body.
    pub async fn key_with(&self, project: &Project, body: Value) -> CreatedKey {
        let json = self.post(&project.keys(), body).send().await.status(201);
        CreatedKey {
            id: text(&json["key"]["id"]),
            secret: text(&json["secret"]),
            json,
        }
    }

    /// Takes somebody into a project.
    pub async fn join(&self, project: &Project, who: &Self, role: &str) {
        let body = json!({ "email": who.email(), "role": role });
        self.post(&project.path("members"), body)
            .send()
            .await
            .status(201);
    }

    /// What a check of this secret says: its code.
    pub async fn verify(&self, secret: &str) -> String {
        text(
            &self
                .post("keys/verify", json!({ "key": secret }))
                .send()
                .await
                .ok()["code"],
        )
    }

    /// The same caller with an API key as the bearer.
    pub fn with_key(&self, secret: &str) -> Self {
        self.with(Credential::Key(secret.to_owned()))
    }

    /// The person's address; empty for nobody.
    pub fn email(&self) -> &str {
        &self.0.email
    }

    /// The person's id; empty for nobody.
    pub fn user_id(&self) -> &str {
        &self.0.user_id
    }

    /// The secret of the credential: the cookie's value, or what stands behind `Bearer`.
    pub fn credential(&self) -> &str {
        match &self.0.credential {
            Credential::Anonymous => "",
            Credential::Cookie(_, secret)
            | Credential::Token(secret, _)
            | Credential::Key(secret) => secret,
        }
    }

    /// A token's id; empty for others.
    pub fn token_id(&self) -> &str {
        match &self.0.credential {
            Credential::Token(_, id) => id,
            _ => "",
        }
    }

    fn with(&self, credential: Credential) -> Self {
        Self(Arc::new(Inner {
            credential,
            ..Inner::clone(&self.0)
        }))
    }
}

impl Project {
    /// Something of this project.
    pub fn path(&self, rest: &str) -> String {
        format!("projects/{}/{rest}", self.id)
    }

    /// The project itself.
    pub fn this(&self) -> String {
        format!("projects/{}", self.id)
    }

    /// Its keys.
    pub fn keys(&self) -> String {
        self.path("keys")
    }

    /// One of its keys.
    pub fn key(&self, key: &CreatedKey) -> String {
        self.path(&format!("keys/{}", key.id))
    }

    /// Its endpoint, on the server at hand.
    pub fn endpoint(&self) -> String {
        format!("/{}/mcp/v1", self.slug)
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
