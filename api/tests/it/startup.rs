//! A start that can't be: one sentence on stderr that names the setting and says what to do, status 1. And
//! what a start that can be prints.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt as _, process::Command};

use serde_json::{Value, json};

use crate::support::{
    Backend, backend,
    process::{EMAIL, Home, PASSWORD, Process, SETUP_TOKEN},
};

/// A start with these variables, which must fail; its sentence has these words.
async fn refused(home: &Home, variables: &[(&str, &str)], words: &[&str]) {
    let mut command = home.latchkey(&["serve"]);
    command.envs(variables.iter().copied());
    let ended = home.finish(command).await;
    let sentence = ended.sentence();
    for word in words {
        assert!(sentence.contains(word), "no {word:?} in: {sentence}");
    }
}

#[tokio::test]
async fn a_second_server_on_the_same_database_is_refused_and_the_first_goes_on() {
    let home = Home::new();
    let first = home.start().await;
    refused(
        &home,
        &[],
        &[
            "another Latchkey process",
            "stop it first",
            "LATCHKEY_DATABASE_URL",
        ],
    )
    .await;
    let ready = first.anonymous().ask("GET", "/readyz", Value::Null).await;
    assert_eq!(ready.status, 200);
    // The lock goes with the process, however that ends.
    first.kill();
    let second = home.start().await;
    second.stop().await;
}

#[tokio::test]
async fn a_wrong_master_key_is_refused_and_changes_nothing() {
    let home = Home::new();
    let server = home.start().await;
    let token = server.set_up().await;
    let client = server.client(&token);
    let project = client.project("Kept").await;
    let (_, secret) = client
        .key(&project, "Production - Claude Integration")
        .await;
    server.stop().await;

    let other = "0".repeat(64);
    let words = ["master key", "does not belong", "LATCHKEY_MASTER_KEY"];
    refused(&home, &[("LATCHKEY_MASTER_KEY", &other)], &words).await;

    let server = home.start().await;
    assert_eq!(server.client(&token).verdict(&secret).await, "valid");
}

#[tokio::test]
async fn a_missing_key_file_beside_a_used_database_is_not_made_anew() {
    let home = Home::new();
    home.start().await.stop().await;
    let file = home.file("other.key");
    for arguments in [
        &["serve"][..],
        &["user", "reset-password", "--email", EMAIL],
    ] {
        let mut command = home.latchkey(arguments);
        command.env_remove("LATCHKEY_MASTER_KEY");
        command.env("LATCHKEY_MASTER_KEY_FILE", &file);
        let ended = home.finish(command).await;
        let sentence = ended.sentence();
        assert!(
            sentence.contains("other.key is missing") && sentence.contains("put it back"),
            "{sentence}"
        );
        assert!(!file.exists(), "a wrong key was left there");
    }
}

#[tokio::test]
async fn sighup_without_a_certificate_does_nothing() {
    let home = Home::new();
    let server = home.start().await;
    let pid = server.pid().to_string();
    let sent = Command::new("sh")
        .args(["-c", "kill -HUP \"$1\"", "kill", &pid])
        .status();
    assert!(sent.unwrap().success());
    crate::support::eventually("it says so", async || server.log().contains("SIGHUP")).await;
    let health = server.anonymous().ask("GET", "/healthz", Value::Null).await;
    assert_eq!(health.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn a_database_newer_than_the_program_is_refused() {
    let home = Home::new();
    home.start().await.stop().await;
    home.place.intrude().execute(
        "INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('9999', CURRENT_TIMESTAMP)",
    );
    refused(
        &home,
        &[],
        &["newer Latchkey", "9999", "start that version"],
    )
    .await;
    let ended = home.run(&["migrate"]).await;
    assert!(ended.sentence().contains("newer Latchkey"));
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    if backend() != Backend::Sqlite {
        return;
    }
    let home = Home::new();
    let path = home.place.path().unwrap();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let garbage = "not a database, but somebody's only copy of something\n".repeat(100);
    fs::write(path, &garbage).unwrap();
    refused(&home, &[], &["latchkey.db", "SQLite database"]).await;
    assert!(fs::read_to_string(path).unwrap() == garbage);
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_refused() {
    let home = Home::new();
    // A folder in the file's place: not even root can open that as a database.
    let folder = home.file("folder.db");
    fs::create_dir(&folder).unwrap();
    let url = format!("sqlite://{}", folder.display());
    refused(
        &home,
        &[("LATCHKEY_DATABASE_URL", &url)],
        &["folder.db", "check"],
    )
    .await;
    // A file where a folder must be.
    fs::write(home.file("file"), "").unwrap();
    let url = format!("sqlite://{}", home.file("file/latchkey.db").display());
    refused(
        &home,
        &[("LATCHKEY_DATABASE_URL", &url)],
        &["file", "check"],
    )
    .await;

    let port = free_port();
    let url = format!("postgres://ada:s3cret-word@127.0.0.1:{port}/latchkey");
    let mut command = home.latchkey(&["serve"]);
    let ended = home
        .finish(take(command.env("LATCHKEY_DATABASE_URL", &url)))
        .await;
    assert!(ended.sentence().contains("PostgreSQL can't be reached"));
    assert!(ended.sentence().contains("check that it runs"));
    assert!(!ended.sentence().contains("s3cret-word"));
}

#[tokio::test]
async fn an_occupied_port_is_refused() {
    let home = Home::new();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let words = [
        "listen:",
        address.as_str(),
        "another program",
        "choose another port",
    ];
    refused(&home, &[("LATCHKEY_LISTEN", &address)], &words).await;
}

#[tokio::test]
async fn wrong_values_are_named_with_what_to_do() {
    let home = Home::new();
    for (variable, value, words) in [
        (
            "LATCHKEY_LISTEN",
            "0.0.0.0:0",
            &["public_url", "set it to"][..],
        ),
        ("LATCHKEY_LISTEN", "[::]:0", &["public_url", "set it to"]),
        ("LATCHKEY_LISTEN", "192.0.2.1:0", &["public_url", "https"]),
        (
            "LATCHKEY_PUBLIC_URL",
            "ftp://keys.example.com",
            &["public_url", "https://"],
        ),
        (
            "LATCHKEY_PUBLIC_URL",
            "http://keys.example.com",
            &["public_url", "insecure_http"],
        ),
        (
            "LATCHKEY_PUBLIC_URL",
            "https://keys.example.com/path",
            &["public_url", "without a path"],
        ),
        (
            "LATCHKEY_DATABASE_URL",
            "mysql://h/d",
            &["database_url", "sqlite://"],
        ),
        ("LATCHKEY_MASTER_KEY", "too-short", &["master_key", "64"]),
        ("LATCHKEY_SETUP_TOKEN", "short", &["setup_token", "16"]),
        ("LATCHKEY_LOG", "latchkey=loudly", &["LATCHKEY_LOG", "info"]),
    ] {
        refused(&home, &[(variable, value)], words).await;
    }
    assert!(
        !home.file("data").exists(),
        "a refused start made something"
    );
}

/// The parser's own refusals name the flag and what was given, and exit with 2 as everywhere.
#[tokio::test]
async fn values_that_cannot_be_read_are_named() {
    let home = Home::new();
    for (variable, value, flag) in [
        ("LATCHKEY_LISTEN", "nowhere", "--listen"),
        ("LATCHKEY_PUBLIC_URL", "nowhere", "--public-url"),
        (
            "LATCHKEY_TRUSTED_PROXIES",
            "10.0.0.0/8,x",
            "--trusted-proxies",
        ),
        ("LATCHKEY_WORKERS", "0", "--workers"),
        ("LATCHKEY_SESSION_DAYS", "0", "--session-days"),
        ("LATCHKEY_LOG_FORMAT", "xml", "--log-format"),
        ("LATCHKEY_INSECURE_HTTP", "perhaps", "--insecure-http"),
    ] {
        let mut command = home.latchkey(&["serve"]);
        let ended = home.finish(take(command.env(variable, value))).await;
        assert_eq!(ended.status.code(), Some(2), "{variable}={value}");
        assert!(ended.stderr.contains(flag), "{variable}: {}", ended.stderr);
        assert!(ended.stderr.contains(value.rsplit(',').next().unwrap()));
        assert!(!ended.stderr.contains("panicked"));
        assert_eq!(ended.stdout, "");
    }
}

#[tokio::test]
async fn the_master_keys_file_is_made_private_and_refused_when_it_is_not() {
    let home = Home::new();
    let file = home.file("keys/master.key");
    let with_file = |command: &mut Command| {
        command
            .env_remove("LATCHKEY_MASTER_KEY")
            .env("LATCHKEY_MASTER_KEY_FILE", &file);
    };
    home.start_with(with_file).await.stop().await;
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let text = fs::read_to_string(&file).unwrap();

    for mode in [0o644, 0o640, 0o604] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let mut command = home.latchkey(&["serve"]);
        with_file(&mut command);
        let ended = home.finish(command).await;
        let sentence = ended.sentence();
        assert!(sentence.contains("master_key_file"), "{sentence}");
        assert!(sentence.contains("chmod 600"), "{sentence}");
        assert!(!sentence.contains(text.trim()));
    }
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    home.start_with(with_file).await.stop().await;

    // Both at once: nobody could tell which one counts.
    let words = ["master_key", "give one"];
    let path = file.to_str().unwrap();
    refused(&home, &[("LATCHKEY_MASTER_KEY_FILE", path)], &words).await;
}

#[tokio::test]
async fn the_setup_url_is_printed_fresh_at_each_start_until_it_was_used() {
    let home = Home::new();
    let fresh = |command: &mut Command| {
        command.env_remove("LATCHKEY_SETUP_TOKEN");
    };
    let first = home.start_with(fresh).await;
    let old = setup_token(&first).expect("the first start prints it");
    first.kill();

    let second = home.start_with(fresh).await;
    let token = setup_token(&second).expect("the second start prints it");
    assert!(token != old, "the same token twice");
    assert!(token.len() >= 43);
    assert!(!second.log().contains(&token), "the token is in the log");
    let set_up = |token: String| {
        let body =
            json!({"setup_token": token, "name": "Ada", "email": EMAIL, "password": PASSWORD});
        let client = second.anonymous();
        async move { client.ask("POST", "/api/v1/setup", body).await }
    };
    let refused = set_up(old).await;
    assert_eq!((refused.status, refused.code()), (403, "setup_token_wrong"));
    assert_eq!(set_up(token.clone()).await.status, 201);
    let again = set_up(token).await;
    assert_eq!((again.status, again.code()), (409, "setup_done"));
    second.stop().await;

    for change in [false, true] {
        let third = home
            .start_with(|command| match change {
                true => drop(command.env("LATCHKEY_SETUP_TOKEN", SETUP_TOKEN)),
                false => fresh(command),
            })
            .await;
        assert!(setup_token(&third).is_none());
        assert!(!third.stdout().to_lowercase().contains("set it up"));
        third.stop().await;
    }
}

#[tokio::test]
async fn a_configured_setup_token_is_printed_nowhere() {
    let home = Home::new();
    let server = home.start().await;
    assert!(setup_token(&server).is_none());
    assert!(server.stdout().contains("setup token that is configured"));
    server.set_up().await;
    assert!(!server.stdout().contains(SETUP_TOKEN));
    assert!(!server.log().contains(SETUP_TOKEN));
}

/// The token of the setup URL on stdout.
fn setup_token(server: &Process) -> Option<String> {
    let stdout = server.stdout();
    let begin = format!("{}#token=", server.url("/setup"));
    let urls: Vec<&str> = stdout.split(begin.as_str()).skip(1).collect();
    assert!(urls.len() <= 1, "several setup URLs");
    urls.first().map(|rest| rest.trim().to_owned())
}

fn take(command: &mut Command) -> Command {
    let program = command.get_program().to_owned();
    std::mem::replace(command, Command::new(program))
}

/// A port on which nobody listens.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
