//! A copy of the database under load, and the way back.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use serde_json::{Value, json};

use crate::support::{
    Backend, backend, eventually,
    process::{Client, Home, MASTER_KEY},
};

/// A key and whether its revocation was acknowledged.
type Made = (String, String, bool);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_made_under_load_restores_every_key() {
    if backend() != Backend::Sqlite {
        return says_pg_dump().await;
    }
    let home = Home::new();
    let server = home.start().await;
    let token = server.set_up().await;
    let project = server.client(&token).project("Memory Lake").await;
    let mut before = make(&server.client(&token), &project, 10).await;
    before[3].2 = revoke(&server.client(&token), &before[3]).await;

    let (stop, count) = (Arc::new(AtomicBool::new(false)), Arc::default());
    let writers: Vec<_> = (0..3)
        .map(|_| {
            let (client, project) = (server.client(&token), project.clone());
            let (stop, count) = (Arc::clone(&stop), Arc::clone(&count));
            tokio::spawn(write_until(client, project, stop, count))
        })
        .collect();
    let written: Arc<std::sync::atomic::AtomicUsize> = count;
    eventually("the writers are at work", async || {
        written.load(SeqCst) > 10
    })
    .await;
    let file = home.file("copy.db");
    let path = file.to_str().unwrap().to_owned();
    let at_the_beginning = written.load(SeqCst);
    let said = home.run(&["backup", "--to", &path]).await.ok();
    eventually("the writers went on during it", async || {
        written.load(SeqCst) > at_the_beginning
    })
    .await;
    stop.store(true, SeqCst);
    for writer in writers {
        writer.await.unwrap();
    }

    assert!(said.contains("The master key is not in it"), "{said}");
    let bytes = fs::read(&file).unwrap();
    let master: Vec<u8> = (0..32)
        .map(|at| u8::from_str_radix(&MASTER_KEY[2 * at..2 * at + 2], 16).unwrap())
        .collect();
    for secret in [MASTER_KEY.as_bytes(), &master, before[0].1.as_bytes()] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    // Of what came after the copy, nothing is in it.
    let late = make(&server.client(&token), &project, 1).await;
    before[5].2 = false;
    assert!(revoke(&server.client(&token), &before[5]).await);
    server.stop().await;

    let restore = ["restore", "--from", &path];
    let refused = home.run(&restore).await;
    assert!(
        refused.sentence().contains("is there already"),
        "{}",
        refused.stderr
    );
    let data = home.place.path().unwrap().parent().unwrap().to_owned();
    fs::rename(&data, data.with_file_name("old")).unwrap();
    let said = home.run(&restore).await.ok();
    assert!(said.contains("Revoke them again"), "{said}");
    let verified = home.run(&["audit", "verify"]).await.ok();
    assert!(verified.contains("is whole"), "{verified}");

    let server = home.start().await;
    let client = server.client(&token);
    for (id, secret, is_revoked) in &before {
        let wanted = if *is_revoked { "revoked" } else { "valid" };
        assert_eq!(client.verdict(secret).await, wanted, "{id}");
    }
    assert_eq!(client.verdict(&late[0].1).await, "invalid");
    make(&client, &project, 1).await;
}

#[tokio::test]
async fn a_backup_that_cant_be_made_says_why_and_leaves_nothing() {
    if backend() != Backend::Sqlite {
        return says_pg_dump().await;
    }
    let home = Home::new();
    let to = home.file("copy.db");
    let arguments = ["backup", "--to", to.to_str().unwrap()];
    let none = home.run(&arguments).await;
    assert!(none.sentence().contains("can't be read"), "{}", none.stderr);
    home.run(&["migrate"]).await.ok();
    fs::write(&to, "what somebody keeps").unwrap();
    let taken = home.run(&arguments).await;
    assert!(
        taken.sentence().contains("is there already"),
        "{}",
        taken.stderr
    );
    assert_eq!(fs::read_to_string(&to).unwrap(), "what somebody keeps");
    let nowhere = home.file("missing/copy.db");
    let ended = home
        .run(&["backup", "--to", nowhere.to_str().unwrap()])
        .await;
    assert!(ended.sentence().contains("copy.db"), "{}", ended.stderr);
    assert!(parts(&home).is_empty(), "{:?}", parts(&home));
}

#[tokio::test]
async fn only_a_whole_copy_of_this_master_key_is_restored() {
    if backend() != Backend::Sqlite {
        let home = Home::new();
        let ended = home.run(&["restore", "--from", "copy.db"]).await;
        assert!(ended.sentence().contains("pg_restore"), "{}", ended.stderr);
        return;
    }
    let (home, other) = (Home::new(), Home::new());
    home.run(&["migrate"]).await.ok();
    let server = home.start().await;
    server.set_up().await;
    server.stop().await;
    let file = home.file("copy.db");
    let path = file.to_str().unwrap();
    home.run(&["backup", "--to", path]).await.ok();
    assert!(parts(&home).is_empty(), "{:?}", parts(&home));

    let restore = ["restore", "--from", path];
    let mut command = other.latchkey(&restore);
    command.env(
        "LATCHKEY_MASTER_KEY",
        MASTER_KEY.replacen("5eed", "deed", 1),
    );
    let ended = other.finish(command).await;
    assert!(ended.sentence().contains("master key"), "{}", ended.stderr);

    let mut bytes = fs::read(&file).unwrap();
    bytes.truncate(bytes.len() / 2);
    let half = other.file("half.db");
    fs::write(&half, &bytes).unwrap();
    fs::write(other.file("text.db"), "no database at all").unwrap();
    for bad in ["half.db", "text.db", "missing.db"] {
        let ended = other.run(&["restore", "--from", bad]).await;
        assert!(!ended.sentence().is_empty(), "{bad}");
        assert!(!other.place.path().unwrap().exists(), "{bad} was taken");
    }
    other.run(&restore).await.ok();
    let running = other.start().await;
    let refused = other.run(&restore).await;
    assert!(
        refused.sentence().contains("a Latchkey server uses"),
        "{}",
        refused.stderr
    );
    running.stop().await;
}

async fn says_pg_dump() {
    let home = Home::new();
    let ended = home.run(&["backup", "--to", "copy.db"]).await;
    assert!(ended.sentence().contains("pg_dump"), "{}", ended.stderr);
    assert!(!home.file("copy.db").exists());
}

async fn make(client: &Client, project: &str, count: usize) -> Vec<Made> {
    let mut made = Vec::new();
    for _ in 0..count {
        let (path, secret) = client.key(project, "Analytics Dashboard").await;
        made.push((path, secret, false));
    }
    made
}

async fn revoke(client: &Client, (path, _, _): &Made) -> bool {
    let answer = client.ask("DELETE", path, Value::Null).await;
    answer.status == 200
}

async fn write_until(
    client: Client,
    project: String,
    stop: Arc<AtomicBool>,
    count: Arc<std::sync::atomic::AtomicUsize>,
) {
    let body = json!({"description": "Storm - a key of many"});
    let keys = format!("/api/v1/projects/{project}/keys");
    while !stop.load(SeqCst) {
        let made = client.send("POST", &keys, Some(&body)).await.unwrap();
        assert_eq!(made.status, 201, "{}", made.code());
        count.fetch_add(1, SeqCst);
    }
}

/// What a half-made copy left.
fn parts(home: &Home) -> Vec<String> {
    let folder = home.file("");
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".part") || name.contains("copy.db-"))
        .collect()
}
