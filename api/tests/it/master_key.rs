//! `latchkey master-key`: another master key in the place of the one in use, and the end of the old one. Nobody's key
//! changes by that.

mod retire;
mod second_factor;
mod stopped;

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf, process::Command};

use serde_json::{Value, json};

use crate::support::{
    process::{EMAIL, Ended, Home, PASSWORD, Process, Reply, SETUP_TOKEN},
    upstream::{Manner, Upstream},
};

/// An instance whose master key is in a file.
struct Scene {
    home: Home,
    file: PathBuf,
}

/// Somebody's key: its path and its secret.
type Key = (String, String);

impl Scene {
    fn new() -> Self {
        let home = Home::new();
        let file = home.file("keys/master.key");
        Self { home, file }
    }

    fn with_file(&self, command: &mut Command) {
        command
            .env_remove("LATCHKEY_MASTER_KEY")
            .env("LATCHKEY_MASTER_KEY_FILE", &self.file)
            .env("LATCHKEY_UPSTREAM_ALLOW", "127.0.0.0/8")
            .env("LATCHKEY_SETUP_TOKEN", SETUP_TOKEN);
    }

    async fn start(&self) -> Process {
        self.home
            .start_with(|command| self.with_file(command))
            .await
    }

    /// Runs a command. Whatever it says, it tells no master key.
    async fn run(&self, arguments: &[&str]) -> Ended {
        let mut keys = self.keys();
        let mut command = self.home.latchkey(arguments);
        self.with_file(&mut command);
        command.env("LATCHKEY_LOG", "trace");
        let ended = self.home.finish(command).await;
        keys.extend(self.keys());
        tells_none(&ended, &keys);
        ended
    }

    async fn replace(&self) -> String {
        self.run(&["master-key", "replace"]).await.ok()
    }

    /// The keys in the file, the newest first.
    fn keys(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.file).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn set_keys(&self, keys: &[&String]) {
        let lines: Vec<&str> = keys.iter().map(|key| key.as_str()).collect();
        fs::write(&self.file, lines.join("\n")).unwrap();
    }

    /// The sentence with which a server refuses to start.
    async fn refusal(&self) -> String {
        let ended = self.run(&["serve"]).await;
        ended.sentence().to_owned()
    }
}

fn tells_none(ended: &Ended, keys: &[String]) {
    for key in keys {
        assert!(key.len() == 64, "a strange key");
        for said in [&ended.stdout, &ended.stderr] {
            assert!(!said.contains(key.as_str()), "a master key was told");
        }
    }
}

fn initialize() -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": { "protocolVersion": "2025-11-25" } })
}

/// A call of the endpoint with this key, perhaps in a session.
async fn call(server: &Process, secret: &str, session: Option<&str>) -> (u16, Option<String>) {
    let mut request = reqwest::Client::new()
        .post(server.url("/memory-lake/mcp/v1"))
        .bearer_auth(secret)
        .header("accept", "application/json, text/event-stream")
        .json(&initialize());
    if let Some(session) = session {
        request = request.header("mcp-session-id", session);
    }
    let answer = request.send().await.unwrap();
    let session = answer.headers().get("mcp-session-id");
    let session = session.map(|session| session.to_str().unwrap().to_owned());
    (answer.status().as_u16(), session)
}

async fn sign_in(server: &Process) -> String {
    let body = json!({"email": EMAIL, "password": PASSWORD});
    let signed_in = server
        .anonymous()
        .ask("POST", "/api/v1/session", body)
        .await;
    cookie(&signed_in)
}

fn cookie(signed_in: &Reply) -> String {
    let cookie = signed_in.headers["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// Who the session is.
async fn user(server: &Process, cookie: &str) -> Value {
    let client = server.anonymous().with_cookie(cookie);
    let session = client.ask("GET", "/api/v1/session", Value::Null).await;
    session.ok()["user"].clone()
}

fn head(said: &str) -> String {
    let line = said.lines().find_map(|line| line.strip_prefix("head "));
    line.unwrap_or_else(|| panic!("no head: {said}")).to_owned()
}

#[tokio::test]
async fn a_replaced_master_key_ends_no_key_and_every_session() {
    let scene = Scene::new();
    let server = scene.start().await;
    let token = server.set_up().await;
    let client = server.client(&token);
    let project = client.project("Memory Lake").await;
    let upstream = Upstream::start(Manner::Json).await;
    let place = format!("/api/v1/projects/{project}");
    let change = json!({ "backend": upstream.backend() });
    let before = client.ask("PATCH", &place, change).await.ok();
    let (_, secret): Key = client.key(&project, "Claude AI Integration").await;
    let (status, mcp_session) = call(&server, &secret, None).await;
    assert_eq!(status, 200);
    server.stop().await;
    let link = scene
        .run(&["user", "reset-password", "--email", EMAIL])
        .await;
    let link = link.ok();
    let server = scene.start().await;
    let cookie = sign_in(&server).await;
    assert_eq!(user(&server, &cookie).await["email"], EMAIL);
    server.stop().await;
    let early = head(&scene.run(&["audit", "verify"]).await.ok());
    let old = scene.keys();

    let said = scene.replace().await;
    for words in [
        "version 2 is in use",
        "Sealed again: 1 headers of projects' own servers.",
        "1 browser sessions, 1 sign-in links",
        "People sign in again",
        "keys/master.key, behind the new one",
    ] {
        assert!(said.contains(words), "no {words:?} in: {said}");
    }
    let both = scene.keys();
    assert!(both.len() == 2 && both[1] == old[0] && both[0] != old[0]);
    let mode = fs::metadata(&scene.file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let folder = scene.file.parent().unwrap();
    assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "left aside");

    let server = scene.start().await;
    // The old secret, sent on with the header that was sealed again.
    let seen = upstream.seen().len();
    assert_eq!(call(&server, &secret, None).await.0, 200);
    let calls = upstream.seen();
    assert_eq!(calls.len(), seen + 1);
    assert!(
        calls[seen]
            .head
            .contains("x-upstream-credential: configured")
    );
    assert_eq!(call(&server, &secret, mcp_session.as_deref()).await.0, 404);
    // The old token makes a new key, which has the new pepper.
    let client = server.client(&token);
    let (_, fresh) = client.key(&project, "Analytics Dashboard").await;
    for secret in [&secret, &fresh] {
        assert_eq!(client.verdict(secret).await, "valid");
    }
    let after = client.ask("GET", &place, Value::Null).await.ok();
    // To its users the project is as it was.
    for field in ["version", "updated_at", "backend"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!(user(&server, &cookie).await, Value::Null);
    let (_, link_token) = link.trim().split_once("#token=").unwrap();
    let body = json!({"token": link_token, "password": "a wholly new password"});
    let claimed = server.anonymous();
    let claimed = claimed.ask("POST", "/api/v1/session/claim", body).await;
    assert_eq!(
        (claimed.status, claimed.code()),
        (403, "sign_in_link_invalid")
    );
    let again = sign_in(&server).await;
    assert_eq!(user(&server, &again).await["email"], EMAIL);
    let client = server.anonymous().with_cookie(&again);
    let sessions = client.ask("GET", "/api/v1/me/sessions", Value::Null).await;
    assert_eq!(sessions.ok()["items"].as_array().unwrap().len(), 1);
    assert!(!server.log().contains("master key"), "{}", server.log());
    server.stop().await;
    let verified = scene.run(&["audit", "verify", "--head", &early]).await.ok();
    assert!(verified.contains("the given head is in it"), "{verified}");
}

#[tokio::test]
async fn a_start_with_other_keys_than_the_databases_says_which_is_wrong() {
    let scene = Scene::new();
    scene.start().await.stop().await;
    scene.replace().await;
    let [new, old] = scene.keys().try_into().unwrap();
    let foreign = "0".repeat(64);
    for (keys, words) in [
        (vec![&old], "version 2, the newest, is missing"),
        (vec![&new], "master key version 1 is missing"),
        (vec![&old, &new], "version 1 stands before version 2"),
        (vec![&new, &old, &foreign], "master key 3 of the 3"),
        (vec![&new, &foreign, &old], "master key 2 of the 3"),
        (vec![&foreign], "does not belong to this database"),
        (vec![&new, &new], "keys 1 and 2 are the same"),
    ] {
        scene.set_keys(&keys);
        let sentence = scene.refusal().await;
        assert!(sentence.contains(words), "no {words:?} in: {sentence}");
        for arguments in [&["audit", "verify"][..], &["master-key", "replace"]] {
            let ended = scene.run(arguments).await;
            assert!(ended.sentence().contains(words), "{}", ended.stderr);
        }
        assert!(scene.keys().len() == keys.len(), "the file was written");
    }
    scene.set_keys(&[&new, &old]);
    scene.start().await.stop().await;
}

#[tokio::test]
async fn a_running_server_keeps_its_master_key() {
    let scene = Scene::new();
    let server = scene.start().await;
    let before = scene.keys();
    for command in ["replace", "retire"] {
        let ended = scene.run(&["master-key", command]).await;
        let sentence = ended.sentence();
        assert!(sentence.contains("a Latchkey server uses"), "{sentence}");
    }
    assert!(scene.keys() == before, "the file was written");
    server.stop().await;
}

#[tokio::test]
async fn a_copy_from_before_and_one_from_after_are_restored() {
    let scene = Scene::new();
    if scene.home.place.path().is_none() {
        return;
    }
    let server = scene.start().await;
    let token = server.set_up().await;
    let client = server.client(&token);
    let project = client.project("Memory Lake").await;
    let (_, secret) = client.key(&project, "Claude AI Integration").await;
    server.stop().await;
    let copy = |name| scene.home.file(name).to_str().unwrap().to_owned();
    let (before, after) = (copy("before.db"), copy("after.db"));
    scene.run(&["backup", "--to", &before]).await.ok();
    scene.replace().await;
    scene.run(&["backup", "--to", &after]).await.ok();
    let data = scene
        .home
        .place
        .path()
        .unwrap()
        .parent()
        .unwrap()
        .to_owned();
    for (nth, from) in [&after, &before].into_iter().enumerate() {
        fs::rename(&data, data.with_file_name(format!("old-{nth}"))).unwrap();
        scene.run(&["restore", "--from", from]).await.ok();
        scene.run(&["audit", "verify"]).await.ok();
        let server = scene.start().await;
        let client = server.client(&token);
        assert_eq!(client.verdict(&secret).await, "valid");
        server.stop().await;
    }
}

/// A column of bytes holds a digest, or something sealed that a replacement has to seal again: whoever adds one, says
/// which.
#[test]
fn every_column_of_bytes_is_a_digest_or_sealed_again() {
    use diesel::{Connection as _, RunQueryDsl as _, dsl::sql, sql_types::Text};
    use latchkey_api::sealed;

    const DIGESTS: [&str; 10] = [
        "audit_events.hash",
        "audit_events.previous_hash",
        "idempotency.request_digest",
        "instance.master_check",
        "key_secrets.digest",
        "management_tokens.digest",
        "master_keys.check_value",
        "recovery_codes.digest",
        "sessions.digest",
        "sign_in_links.digest",
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("latchkey.db");
    let url = format!("sqlite://{}", path.display());
    let url = latchkey_store::DatabaseUrl::parse(&url).unwrap();
    latchkey_store::Store::migrate(&url).unwrap();
    let mut db = diesel::SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let query = "SELECT m.name || '.' || c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c \
                 WHERE m.type = 'table' AND c.type = 'BLOB' AND m.name NOT LIKE 'memories_search%'";
    let mut found: Vec<String> = sql::<Text>(query).load(&mut db).unwrap();
    found.sort_unstable();
    let sealed = sealed::COLUMNS.iter().map(|column| column.name);
    let mut wanted: Vec<&str> = DIGESTS.into_iter().chain(sealed).collect();
    wanted.sort_unstable();
    assert_eq!(found, wanted);
}
