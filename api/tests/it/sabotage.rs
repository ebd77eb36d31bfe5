//! The database locked, gone, or its connections cut: 503 with Retry-After, never an accepted change, and all
//! is well again when it is back, without a restart.

use std::{fs, time::Duration};

use serde_json::{Value, json};

use crate::support::{
    Backend, backend, eventually,
    process::{Client, Home, Process},
};

/// A server with a key on it.
struct Scene {
    home: Home,
    server: Process,
    client: Client,
    project: String,
    /// The key's path and secret.
    key: (String, String),
}

impl Scene {
    async fn new() -> Self {
        let home = Home::new();
        let server = home.start().await;
        let token = server.set_up().await;
        let client = server.client(&token);
        let project = client.project("Sabotage").await;
        let key = client
            .key(&project, "Production - Claude Integration")
            .await;
        Self {
            home,
            server,
            client,
            project,
            key,
        }
    }

    fn keys(&self) -> String {
        format!("/api/v1/projects/{}/keys", self.project)
    }

    /// Whether creating a key is refused as it must be while the database can't be written.
    async fn create_is_unavailable(&self) -> bool {
        let body = json!({"description": "Staging - Nightly Import"});
        let answer = self.client.ask("POST", &self.keys(), body).await;
        match answer.status {
            201 => false,
            _ => {
                assert!(
                    answer.is_unavailable(),
                    "{} {}",
                    answer.status,
                    answer.code()
                );
                true
            }
        }
    }

    async fn is_ready(&self) -> bool {
        let answer = self.client.ask("GET", "/readyz", Value::Null).await;
        assert!(
            answer.status == 200 || answer.is_unavailable(),
            "{}",
            answer.status
        );
        answer.status == 200
    }

    async fn forward_auth(&self) -> u16 {
        let client = self.server.client(&self.key.1);
        let answer = client.ask("GET", "/api/v1/forward-auth", Value::Null).await;
        assert!(answer.status != 503 || answer.is_unavailable());
        answer.status
    }

    /// Everything says 503, within a second or two.
    async fn goes_down(&self) {
        eventually("keys are not checked", async || {
            self.client.verdict(&self.key.1).await == "unavailable"
        })
        .await;
        assert_eq!(self.forward_auth().await, 503);
        assert!(!self.is_ready().await);
        assert!(self.create_is_unavailable().await);
        let health = self.client.ask("GET", "/healthz", Value::Null).await;
        assert_eq!(health.status, 200, "the process itself lives");
    }

    /// Everything works again, and what was said before is still true.
    async fn comes_back(&self) {
        eventually("it is ready again", async || {
            self.is_ready().await && !self.create_is_unavailable().await
        })
        .await;
        assert_eq!(self.client.verdict(&self.key.1).await, "valid");
        assert_eq!(self.forward_auth().await, 200);
        let list = self.client.ask("GET", &self.keys(), Value::Null).await;
        assert!(list.ok()["items"].as_array().unwrap().len() >= 2);
        let revoked = self.client.ask("DELETE", &self.key.0, Value::Null).await;
        assert_eq!(revoked.ok()["reason"], "other");
        assert_eq!(self.client.verdict(&self.key.1).await, "revoked");
    }
}

#[tokio::test]
async fn a_database_that_another_connection_has_locked_is_503_until_it_lets_go() {
    let scene = Scene::new().await;
    let mut intruder = scene.home.place.intrude();
    intruder.execute(match backend() {
        Backend::Sqlite => "BEGIN EXCLUSIVE",
        Backend::Postgres => "BEGIN; LOCK TABLE keys IN ACCESS EXCLUSIVE MODE",
    });
    assert!(scene.create_is_unavailable().await);
    let revoke = scene.client.ask("DELETE", &scene.key.0, Value::Null).await;
    assert!(revoke.is_unavailable());
    // Nobody has revoked it, so it is not refused for that: it is accepted, or there is no verdict.
    let verdict = scene.client.verdict(&scene.key.1).await;
    assert!(
        ["valid", "unavailable"].contains(&verdict.as_str()),
        "{verdict}"
    );
    intruder.execute("ROLLBACK");
    scene.comes_back().await;
    scene.server.stop().await;
}

#[tokio::test]
async fn a_database_file_that_is_moved_away_is_503_until_it_is_back() {
    let Some(scene) = on(Backend::Sqlite).await else {
        return;
    };
    let path = scene.home.place.path().unwrap();
    let aside = path.with_extension("moved");
    fs::rename(path, &aside).unwrap();
    assert!(scene.create_is_unavailable().await);
    scene.goes_down().await;
    assert!(!path.exists(), "nobody made a new file in its place");
    fs::rename(&aside, path).unwrap();
    scene.comes_back().await;
    scene.server.stop().await;
}

#[tokio::test]
async fn a_database_file_that_is_replaced_by_another_is_never_written() {
    let Some(scene) = on(Backend::Sqlite).await else {
        return;
    };
    let path = scene.home.place.path().unwrap();
    let aside = path.with_extension("moved");
    fs::rename(path, &aside).unwrap();
    fs::copy(&aside, path).unwrap();
    let copy = fs::read(path).unwrap();
    scene.goes_down().await;
    assert!(
        fs::read(path).unwrap() == copy,
        "the other file was changed"
    );
    fs::rename(&aside, path).unwrap();
    scene.comes_back().await;
}

#[tokio::test]
async fn connections_that_postgresql_ends_are_made_again() {
    let Some(scene) = on(Backend::Postgres).await else {
        return;
    };
    for _ in 0..3 {
        scene.home.place.administrate(TERMINATE);
        // No wrong verdict and no 500 in the meantime.
        for _ in 0..20 {
            let verdict = scene.client.verdict(&scene.key.1).await;
            assert!(
                ["valid", "unavailable"].contains(&verdict.as_str()),
                "{verdict}"
            );
            scene.create_is_unavailable().await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        eventually("it is ready again", async || scene.is_ready().await).await;
    }
    scene.comes_back().await;
    scene.server.stop().await;
}

#[tokio::test]
async fn a_postgresql_that_lets_nobody_in_is_503_until_it_does() {
    let Some(scene) = on(Backend::Postgres).await else {
        return;
    };
    let place = &scene.home.place;
    place.administrate("ALTER DATABASE $ ALLOW_CONNECTIONS false");
    place.administrate(TERMINATE);
    scene.goes_down().await;
    place.administrate("ALTER DATABASE $ ALLOW_CONNECTIONS true");
    scene.comes_back().await;
    scene.server.stop().await;
}

#[tokio::test]
async fn what_changed_while_the_lock_was_lost_is_known_before_anything_is_accepted() {
    let Some(scene) = on(Backend::Postgres).await else {
        return;
    };
    let place = &scene.home.place;
    let mut intruder = place.intrude();
    place.administrate("ALTER DATABASE $ ALLOW_CONNECTIONS false");
    place.administrate(TERMINATE);
    scene.goes_down().await;
    intruder.execute("UPDATE keys SET disabled_at = 1");
    place.administrate("ALTER DATABASE $ ALLOW_CONNECTIONS true");
    eventually("there is a verdict again", async || {
        let verdict = scene.client.verdict(&scene.key.1).await;
        assert_ne!(verdict, "valid", "accepted from an old memory");
        verdict == "disabled"
    })
    .await;
}

/// Ends the server's connections, and only those.
const TERMINATE: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
     WHERE datname = '$' AND application_name = 'latchkey'";

/// A scene, if this run is for that backend: the other one has nothing of the kind.
async fn on(wanted: Backend) -> Option<Scene> {
    match backend() == wanted {
        true => Some(Scene::new().await),
        false => None,
    }
}
