//! A replacement that stops half-way, and one whose key can't be written where it came from.

use std::fs;

use serde_json::Value;

use super::{Scene, tells_none};
use crate::support::{
    Backend, backend,
    process::{Ended, Home, MASTER_KEY},
};

#[tokio::test]
async fn what_stops_behind_the_file_starts_and_is_finished_by_the_next() {
    let scene = Scene::new();
    let server = scene.start().await;
    let token = server.set_up().await;
    let client = server.client(&token);
    let project = client.project("Memory Lake").await;
    let (_, secret) = client.key(&project, "Claude AI Integration").await;
    server.stop().await;
    let old = scene.keys();
    let mut rows = scene.home.place.intrude();
    rows.execute(match backend() {
        Backend::Sqlite => {
            "CREATE TRIGGER stop BEFORE INSERT ON master_keys BEGIN SELECT RAISE(ABORT, 'stopped'); END"
        }
        Backend::Postgres => {
            "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'stopped'; END $$; \
             CREATE TRIGGER stop BEFORE INSERT ON master_keys FOR EACH ROW EXECUTE FUNCTION stop()"
        }
    });
    let ended = scene.run(&["master-key", "replace"]).await;
    assert!(!ended.sentence().is_empty());
    let both = scene.keys();
    assert!(both.len() == 2 && both[1] == old[0], "new above old");

    let server = scene.start().await;
    assert!(server.log().contains("not in use yet"), "{}", server.log());
    let client = server.client(&token);
    assert_eq!(client.verdict(&secret).await, "valid");
    let (_, later) = client.key(&project, "Analytics Dashboard").await;
    server.stop().await;
    let ended = scene.run(&["master-key", "retire"]).await;
    assert!(
        ended.sentence().contains("is not finished"),
        "{}",
        ended.stderr
    );

    rows.execute(match backend() {
        Backend::Sqlite => "DROP TRIGGER stop",
        Backend::Postgres => "DROP TRIGGER stop ON master_keys",
    });
    let said = scene.replace().await;
    assert!(said.contains("version 2 is in use"), "{said}");
    assert!(scene.keys() == both, "another key was made");
    let server = scene.start().await;
    let client = server.client(&token);
    for secret in [&secret, &later] {
        assert_eq!(client.verdict(secret).await, "valid");
    }
    server.stop().await;
    scene.run(&["audit", "verify"]).await.ok();
}

#[tokio::test]
async fn a_key_in_the_variable_goes_on_in_a_file() {
    let home = Home::new();
    let server = home.start().await;
    let token = server.set_up().await;
    server.stop().await;
    let refused = home.run(&["master-key", "replace"]).await;
    for words in [
        "master_key",
        "--to",
        "LATCHKEY_MASTER_KEY_FILE",
        "in front of",
    ] {
        assert!(refused.sentence().contains(words), "{}", refused.stderr);
    }
    // A file of somebody else's is left alone.
    let taken = home.file("taken");
    fs::write(&taken, "0".repeat(64)).unwrap();
    let refused = replace_to(&home, "taken").await;
    assert!(refused.sentence().contains("chmod 600") || refused.sentence().contains("--to"));
    assert_eq!(fs::read_to_string(&taken).unwrap(), "0".repeat(64));

    let said = replace_to(&home, "new.key").await.ok();
    assert!(said.contains("LATCHKEY_MASTER_KEY_FILE=new.key"), "{said}");
    let text = fs::read_to_string(home.file("new.key")).unwrap();
    assert!(text.lines().count() == 2 && text.ends_with(&format!("{MASTER_KEY}\n")));
    let ended = home.run(&["audit", "verify"]).await;
    assert!(
        ended.sentence().contains("version 2, the newest"),
        "{}",
        ended.stderr
    );
    let server = home
        .start_with(|command| {
            command.env_remove("LATCHKEY_MASTER_KEY");
            command.env("LATCHKEY_MASTER_KEY_FILE", "new.key");
        })
        .await;
    let client = server.client(&token);
    let me = client.ask("GET", "/api/v1/me", Value::Null).await;
    assert_eq!(me.status, 200);
}

#[tokio::test]
async fn a_new_key_in_front_of_the_variable_is_taken() {
    let home = Home::new();
    let server = home.start().await;
    let token = server.set_up().await;
    server.stop().await;
    let newer = "0123456789abcdef".repeat(4);
    let keys = format!("{newer},{MASTER_KEY}");
    let run = async |arguments: &[&str], keys: &str| {
        let mut command = home.latchkey(arguments);
        command.env("LATCHKEY_MASTER_KEY", keys);
        let ended = home.finish(command).await;
        tells_none(&ended, &[MASTER_KEY.to_owned(), newer.clone()]);
        ended
    };
    let said = run(&["master-key", "replace"], &keys).await.ok();
    assert!(said.contains("stays in LATCHKEY_MASTER_KEY"), "{said}");
    let server = home
        .start_with(|command| {
            command.env("LATCHKEY_MASTER_KEY", &keys);
        })
        .await;
    let client = server.client(&token);
    let me = client.ask("GET", "/api/v1/me", Value::Null).await;
    assert_eq!(me.status, 200);
    server.stop().await;
    let retire = ["master-key", "retire", "--revoke-remaining"];
    let said = run(&retire, &keys).await.ok();
    assert!(said.contains("out of LATCHKEY_MASTER_KEY"), "{said}");
    let verified = run(&["audit", "verify"], &newer).await.ok();
    assert!(verified.contains("is whole"), "{verified}");
}

async fn replace_to(home: &Home, file: &str) -> Ended {
    let ended = home.run(&["master-key", "replace", "--to", file]).await;
    tells_none(&ended, &[MASTER_KEY.to_owned()]);
    ended
}
