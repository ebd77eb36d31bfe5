//! One cell of the table, made real: what its request needs, fresh where the request changes things, and the
//! request itself.

use serde_json::{Value, json};

use super::table::Column;
use crate::{
    document::Operation,
    support::{Actor, Authenticator, Call, PASSWORD, TestServer, unique},
};

/// A server with people of every kind.
pub struct World {
    pub server: TestServer,
    pub ada: Actor,
    /// Ada in a browser where she gave her password long ago.
    late: Actor,
    pub stranger: Actor,
    viewer: Actor,
    editor: Actor,
    pub owner: Actor,
    manage: Actor,
    read: Actor,
    verify: Actor,
    /// Whom others act upon.
    bystander: Actor,
}

/// A request that is ready to be sent by the caller of its column.
pub struct Cell {
    pub caller: Actor,
    pub path: String,
    pub body: Option<Value>,
}

/// What the braces of a path stand for, and what bodies name.
struct Things {
    project_id: String,
    key_id: String,
    user_id: String,
    session_id: String,
    token_id: String,
    memory_id: String,
    secret: String,
    /// A code of the caller's authenticator app.
    code: String,
}

/// What a request may have. Small, so that what is too much is still read in one go: a connection that is
/// closed on unread bytes can lose its answer.
pub const BODY_LIMIT: usize = 4096;

/// What changes its own caller, so that each cell needs a caller of its own.
const PERSONAL: [&str; 11] = [
    "signIn",
    "claimSession",
    "confirmSession",
    "signOut",
    "changePassword",
    "beginSecondFactor",
    "confirmSecondFactor",
    "endSecondFactor",
    "endSession",
    "endOtherSessions",
    "revokeToken",
];

impl World {
    pub async fn new() -> Self {
        let server = TestServer::start_with(|config| config.body_limit = BODY_LIMIT).await;
        let ada = server.set_up().await;
        let owner = ada.member("Owner").await;
        let late = ada.sign_in(ada.email(), PASSWORD).await;
        server.db_forget_confirmation(&late);
        Self {
            stranger: ada.member("Stranger").await,
            viewer: ada.member("Viewer").await,
            editor: ada.member("Editor").await,
            manage: owner.token(&["manage"]).await,
            read: owner.token(&["read"]).await,
            verify: owner.token(&["verify"]).await,
            bystander: ada.member("Bystander").await,
            owner,
            late,
            ada,
            server,
        }
    }

    /// Makes what the operation is about, and its caller.
    ///
    /// # Errors
    /// A sentence for whoever added an operation that the tests can't call yet.
    pub async fn cell(&self, operation: &Operation, column: Column) -> Result<Cell, String> {
        let id = operation.id.as_str();
        let mut things = self.things(operation).await;
        let mut caller = match column {
            Column::Anonymous => self.server.anonymous(),
            Column::Stranger => self.stranger.clone(),
            Column::Viewer => self.viewer.clone(),
            Column::Editor => self.editor.clone(),
            Column::Owner => self.owner.clone(),
            Column::Admin => self.ada.clone(),
            Column::Late => self.late.clone(),
            Column::Manage => self.manage.clone(),
            Column::Read => self.read.clone(),
            Column::Verify => self.verify.clone(),
            Column::Key => self.server.anonymous().with_key(&things.secret),
        };
        if PERSONAL.contains(&id) && !matches!(column, Column::Anonymous | Column::Key) {
            let person = self.person(column).await;
            things.session_id = first_id(&person, "/api/v1/me/sessions").await;
            let request = json!({"name": "To be revoked", "permissions": ["read"]});
            let made = person.post("/api/v1/me/tokens", request).send().await.ok();
            things.token_id = text(&made["token"]["id"]);
            things.code = match id {
                "confirmSecondFactor" => {
                    let begun = person.post("me/second-factor", json!({})).send().await;
                    Authenticator::of(&begun.ok()).code()
                }
                "endSecondFactor" => person.turn_on_second_factor().await.0.next_code(),
                _ => things.code,
            };
            caller = match column {
                Column::Manage => person.token(&["manage"]).await,
                Column::Read => person.token(&["read"]).await,
                Column::Verify => person.token(&["verify"]).await,
                Column::Late => {
                    self.server.db_forget_confirmation(&person);
                    person
                }
                _ => person,
            };
        }
        let body = if operation.takes_a_body() {
            Some(self.body(id, &things).await?)
        } else {
            None
        };
        Ok(Cell {
            caller,
            path: fill(operation, &things)?,
            body,
        })
    }

    /// The same for a caller of one's own choosing, with everything in a project of the owner.
    pub async fn request(&self, operation: &Operation, caller: &Actor) -> Result<Cell, String> {
        let things = self.things(operation).await;
        let body = match operation.takes_a_body() {
            true => Some(self.body(&operation.id, &things).await?),
            false => None,
        };
        Ok(Cell {
            caller: caller.clone(),
            path: fill(operation, &things)?,
            body,
        })
    }

    /// A fresh project with its members and a key, and the people whom ids in a path name.
    async fn things(&self, operation: &Operation) -> Things {
        let project = self.owner.project("Memory Lake").await;
        self.owner.join(&project, &self.viewer, "viewer").await;
        self.owner.join(&project, &self.editor, "editor").await;
        self.owner.join(&project, &self.bystander, "viewer").await;
        let key = self
            .owner
            .key(&project, "Production - Claude Integration")
            .await;
        let of_key = format!("/api/v1/projects/{}/keys/{}", project.id, key.id);
        let mut user_id = self.bystander.user_id().to_owned();
        match operation.id.as_str() {
            // Not the bystander's, with whose password others sign in meanwhile.
            "resetSecondFactor" => {
                let person = self.person(Column::Stranger).await;
                person.turn_on_second_factor().await;
                person.user_id().clone_into(&mut user_id);
            }
            "endOverlap" => {
                self.owner
                    .post(&format!("{of_key}/rotate"), json!({}))
                    .send()
                    .await
                    .ok();
            }
            // The stream of a revoked key tells so and ends.
            "followKey" => {
                self.owner.delete(&of_key).send().await.ok();
            }
            _ => {}
        }
        Things {
            project_id: project.id.clone(),
            key_id: key.id.clone(),
            user_id,
            session_id: "ses_019a1c5e0f7a7c3e8a4b5d6e7f801235".to_owned(),
            token_id: "tok_019a1c5e0f7a7c3e8a4b5d6e7f801236".to_owned(),
            memory_id: self
                .server
                .db_remember(&project, &key, "Ada likes plain words."),
            secret: key.secret.clone(),
            code: "123456".to_owned(),
        }
    }

    /// Somebody new. Roles in a project make no difference to what is one's own.
    async fn person(&self, column: Column) -> Actor {
        let person = self.ada.member(&unique("Somebody")).await;
        if matches!(column, Column::Admin | Column::Late) {
            let path = format!("/api/v1/users/{}", person.user_id());
            self.ada
                .patch(&path, json!({"role": "admin"}))
                .send()
                .await
                .ok();
        }
        person
    }

    /// A body that the operation takes.
    async fn body(&self, operation: &str, things: &Things) -> Result<Value, String> {
        let email = format!("{}@example.com", unique("ada"));
        Ok(match operation {
            "setUp" => json!({
                "setup_token": "too-late-for-any-token", "name": "Ada", "email": email, "password": PASSWORD,
            }),
            "confirmSession" => json!({"password": PASSWORD}),
            "signIn" => json!({"email": self.bystander.email(), "password": PASSWORD}),
            "claimSession" => {
                let request = json!({"name": "Ada", "email": email, "role": "member"});
                let made = self.ada.post("/api/v1/users", request).send().await.ok();
                let url = text(&made["sign_in_url"]);
                let token = url.split_once("#token=").map(|(_, token)| token);
                json!({"token": token, "password": PASSWORD})
            }
            "updateMe" | "updateUser" => json!({"name": "Ada"}),
            "changePassword" => {
                json!({"current_password": PASSWORD, "new_password": "another horse battery"})
            }
            "confirmSecondFactor" | "endSecondFactor" => json!({"code": things.code}),
            "createToken" => json!({"name": "Deploy script", "permissions": ["read"]}),
            "createUser" => json!({"name": "Ada", "email": email, "role": "member"}),
            "createProject" => json!({"name": "Memory Lake"}),
            "updateProject" => json!({"description": "Notes that our assistants share"}),
            "addMember" => json!({"email": self.stranger.email(), "role": "viewer"}),
            "updateMember" => json!({"role": "editor"}),
            "createKey" => json!({"description": "Staging - Cursor Integration"}),
            "updateKey" => json!({"disabled": true}),
            "rotateKey" => json!({"overlap_seconds": 60}),
            "verifyKey" => json!({"key": things.secret}),
            _ => {
                return Err(format!(
                    "{operation} takes a body: write a good one in matrix/cell.rs"
                ));
            }
        })
    }
}

impl Cell {
    /// The request.
    pub fn call(&self, method: &str) -> Call {
        call(&self.caller, method, &self.path, self.body.clone())
    }
}

/// A request of any method.
pub fn call(caller: &Actor, method: &str, path: &str, body: Option<Value>) -> Call {
    match method {
        "get" => caller.get(path),
        "delete" => match body {
            Some(body) => caller.delete(path).json(&body),
            None => caller.delete(path),
        },
        "post" => caller.post(path, body.unwrap_or_else(|| json!({}))),
        "patch" => caller.patch(path, body.unwrap_or_else(|| json!({}))),
        "put" => caller.put(path, body.unwrap_or_else(|| json!({}))),
        other => panic!("no operation has the method {other} yet"),
    }
}

fn fill(operation: &Operation, things: &Things) -> Result<String, String> {
    let path = operation
        .path
        .replace("{project_id}", &things.project_id)
        .replace("{key_id}", &things.key_id)
        .replace("{user_id}", &things.user_id)
        .replace("{session_id}", &things.session_id)
        .replace("{token_id}", &things.token_id)
        .replace("{memory_id}", &things.memory_id);
    match path.contains('{') {
        true => Err(format!(
            "{}: matrix/cell.rs doesn't know what {path} needs",
            operation.id
        )),
        false => Ok(path),
    }
}

async fn first_id(caller: &Actor, path: &str) -> String {
    text(&caller.get(path).send().await.ok()["items"][0]["id"])
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
