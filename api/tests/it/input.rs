//! Bad input: each is a problem document of the right status that names the place, and changes nothing.

mod bodies;
mod places;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, CreatedKey, PASSWORD, Project, TestServer};

/// A server with something to spoil.
pub struct Scene {
    pub server: TestServer,
    pub ada: Actor,
    pub project: Project,
    pub key: CreatedKey,
}

/// An operation with a body that it would take.
pub struct Operation {
    pub method: Method,
    pub path: String,
    pub good: Value,
    /// Whether it may be called without a body at all.
    pub optional: bool,
}

impl Scene {
    pub async fn new() -> Self {
        let server = TestServer::start().await;
        let ada = server.set_up().await;
        let project = ada.project("Memory Lake").await;
        let key = ada.key(&project, "Claude AI Integration").await;
        ada.member("Member").await;
        Self {
            server,
            ada,
            project,
            key,
        }
    }

    /// Every operation that reads a body.
    pub fn operations(&self) -> Vec<Operation> {
        let operation = |method, path: &str, good| Operation {
            method,
            path: path.to_owned(),
            good,
            optional: false,
        };
        let user = format!("users/{}", self.ada.user_id());
        let member = self
            .project
            .path(&format!("members/{}", self.ada.user_id()));
        let rotate = format!("{}/rotate", self.project.key(&self.key));
        let setup = json!({ "setup_token": "x", "name": "Ada", "email": "ada@example.com", "password": PASSWORD });
        let grace = json!({ "name": "Grace", "email": "grace@example.com", "role": "member", "password": PASSWORD });
        vec![
            operation(Method::POST, "setup", setup),
            operation(
                Method::POST,
                "session",
                json!({ "email": "ada@example.com", "password": PASSWORD }),
            ),
            operation(
                Method::POST,
                "session/claim",
                json!({ "token": "x", "password": PASSWORD }),
            ),
            operation(
                Method::POST,
                "session/confirm",
                json!({ "password": PASSWORD }),
            ),
            operation(Method::PATCH, "me", json!({ "name": "Other" })),
            operation(
                Method::PUT,
                "me/password",
                json!({ "current_password": PASSWORD, "new_password": "another horse battery" }),
            ),
            operation(
                Method::POST,
                "me/second-factor/confirm",
                json!({ "code": "123456" }),
            ),
            operation(
                Method::DELETE,
                "me/second-factor",
                json!({ "code": "123456" }),
            ),
            operation(
                Method::POST,
                "me/tokens",
                json!({ "name": "Script", "permissions": ["read"] }),
            ),
            operation(Method::POST, "users", grace),
            operation(Method::PATCH, &user, json!({ "name": "Other" })),
            operation(Method::POST, "projects", json!({ "name": "Sea" })),
            operation(
                Method::PATCH,
                &self.project.this(),
                json!({ "name": "Sea" }),
            ),
            operation(
                Method::POST,
                &self.project.path("members"),
                json!({ "email": "member@example.com", "role": "viewer" }),
            ),
            operation(Method::PATCH, &member, json!({ "role": "owner" })),
            operation(
                Method::POST,
                &self.project.keys(),
                json!({ "description": "Analytics Dashboard" }),
            ),
            operation(
                Method::PATCH,
                &self.project.key(&self.key),
                json!({ "description": "Other" }),
            ),
            Operation {
                method: Method::POST,
                path: rotate,
                good: json!({ "overlap_seconds": 60 }),
                optional: true,
            },
            operation(Method::POST, "keys/verify", json!({ "key": "lk_junk" })),
        ]
    }

    /// All that a request could have changed.
    pub async fn state(&self) -> Vec<Value> {
        let mut state = Vec::new();
        let (members, this) = (self.project.path("members"), self.project.this());
        let keys = format!("{}?status=all", self.project.keys());
        for path in [
            "me",
            "me/tokens",
            "me/sessions",
            "users",
            "projects",
            "audit?limit=200",
            &members,
            &this,
            &keys,
        ] {
            let mut shown = self.ada.get(path).send().await.ok();
            // When a session was last seen is no change of anybody's.
            for item in shown["items"].as_array_mut().into_iter().flatten() {
                item.as_object_mut().unwrap().remove("last_seen_at");
            }
            state.push(shown);
        }
        state
    }
}

/// Whether the table above is whole: what the description says takes a body is in it.
#[tokio::test]
async fn every_operation_with_a_body_is_tried() {
    let scene = Scene::new().await;
    let document = scene
        .server
        .anonymous()
        .get("/openapi.json")
        .send()
        .await
        .ok();
    let described: usize = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|item| item.as_object().unwrap().values())
        .filter(|operation| operation.get("requestBody").is_some())
        .count();
    assert_eq!(scene.operations().len(), described);
    let another = scene.ada.sign_in(scene.ada.email(), PASSWORD).await;
    for operation in scene.operations() {
        // A good body is read: whatever is answered then is about the matter.
        // Not in the session of the others where it would end that.
        let anonymous = scene.server.anonymous();
        let begins_a_session = operation.path.starts_with("session");
        let caller = if operation.path == "session/confirm" {
            &another
        } else if begins_a_session {
            &anonymous
        } else {
            &scene.ada
        };
        let call = caller
            .call(operation.method, &operation.path)
            .json(&operation.good);
        let status = call.send().await.status;
        assert!(
            matches!(status, 200 | 201 | 204 | 403 | 409),
            "{} answers {status}",
            operation.path
        );
        if operation.path == "me/password" {
            // The others are asked with the password of before.
            let back =
                json!({ "current_password": "another horse battery", "new_password": PASSWORD });
            scene.ada.put("me/password", back).send().await.status(204);
        }
    }
}
