//! The secret hunt: a whole life of an instance at trace level with secrets that are known, and then a search
//! for each of them, in every form it could leak in, in everything that the server has said, logged or
//! written. Each is in the one answer that shows it, and nowhere else.

mod flow;
mod keys;
mod leaks;
mod life;
mod misplaced;
mod places;
mod secrets;
mod upstream;

use std::process::Command;

use serde_json::json;

use self::{
    flow::Hunter,
    leaks::{Leaks, holds},
    life::{MASTER_KEY, PASSWORD, SETUP_TOKEN},
    places::Found,
    secrets::{Secret, Shown},
};
use crate::support::process::{EMAIL, Home};

/// At trace level, with a master key of the hunt's own.
fn talkative(command: &mut Command) {
    command.env("LATCHKEY_MASTER_KEY", MASTER_KEY);
    command.env("LATCHKEY_LOG", "trace");
    command.env("LATCHKEY_TRUSTED_PROXIES", "127.0.0.1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_is_in_the_one_answer_that_shows_it_and_nowhere_else() {
    let home = Home::new();
    let written_from = places::log_position(&home);
    let known = |command: &mut Command| {
        talkative(command);
        command.env("LATCHKEY_SETUP_TOKEN", SETUP_TOKEN);
    };
    let server = home.start_with(known).await;
    let mut hunter = Hunter::new(&server);
    hunter.hidden("the master key", MASTER_KEY);
    hunter.hidden("the setup token", SETUP_TOKEN);
    let things = life::live(&mut hunter).await;
    misplaced::misplace(&mut hunter, &things).await;
    upstream::configure(&mut hunter, &things).await;
    keys::end(&mut hunter, &things).await;

    let mut leaks = Leaks::of(&hunter.secrets);
    leaks.look_at_answers(&hunter);
    // While it runs, the newest rows are in the write-ahead log only; the last counters come at its end.
    leaks.look_at("running", &places::database(&home));
    server.stop().await;
    let database = places::database(&home);
    let stdout = places::output(&home, "stdout-");
    let log = places::output(&home, "stderr-");
    leaks.look_at("stopped", &database);
    leaks.look_at("printed", &stdout);
    leaks.look_at("logged", &log);
    if let Some(from) = written_from {
        let written = places::write_ahead_log(&home, &from);
        assert!(holds(&written, EMAIL), "this is where the rows went");
        leaks.look_at("written ahead", &written);
    }
    leaks.none();

    // The search looked where things really are.
    assert!(holds(&database, EMAIL), "the database has its rows");
    assert!(holds(&database, "lk_…"), "the database has hints");
    assert!(holds(&log, "TRACE"), "the log was at trace level");
    assert!(holds(&log, "request_id"), "the log has the requests");
    assert!(holds(&stdout, "Latchkey listens on"), "stdout was kept");
    let is_shown = |secret: &&Secret| secret.shown != Shown::Never;
    let shown = hunter.secrets.iter().filter(is_shown).count();
    assert!(shown > 10, "only {shown} secrets were shown");
    let asked = hunter.answers.len();
    assert!(asked > 500, "only {asked} requests were made");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fresh_setup_token_is_printed_once_and_kept_nowhere() {
    let home = Home::new();
    let server = home.start_with(talkative).await;
    let said = server.stdout();
    let link = said
        .lines()
        .find_map(|line| line.split_once("/setup#token="));
    let token = link.expect("a setup URL is printed").1.trim();
    assert_eq!(said.matches(token).count(), 1, "it is printed once");
    let mut hunter = Hunter::new(&server);
    hunter.hidden("the master key", MASTER_KEY);
    hunter.hidden("the setup token", token);
    hunter.hidden("the password", PASSWORD);
    let html = [("accept", "text/html")];
    let path = "/api/v1/setup";
    let body = json!({"setup_token": token, "name": "Ada", "email": EMAIL, "password": PASSWORD});
    hunter.get("the home page", "/", &html, 200).await;
    hunter.get("who am I", "/api/v1/session", &[], 200).await;
    hunter.sign_in("setup", path, body.clone()).await;
    hunter
        .send("setup again", ("POST", path), &[], body, 409)
        .await;
    server.stop().await;

    let mut leaks = Leaks::of(&hunter.secrets);
    leaks.look_at_answers(&hunter);
    leaks.look_at("stopped", &places::database(&home));
    leaks.look_at("logged", &places::output(&home, "stderr-"));
    leaks.none();
    for printed in places::output(&home, "stdout-") {
        assert!(printed.bytes == said.as_bytes(), "nothing more is printed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_command_line_makes_is_printed_once_and_kept_nowhere() {
    let home = Home::new();
    let run = |arguments: &str| {
        let arguments: Vec<&str> = arguments.split(' ').chain(["--email", EMAIL]).collect();
        let mut command = home.latchkey(&arguments);
        talkative(&mut command);
        home.finish(command)
    };
    let create = "token create --name Deploy --permissions manage,verify";
    let mut secrets = vec![Secret::new("the master key", MASTER_KEY, Shown::Never)];
    let mut logged = Vec::new();
    for (name, begins, ended) in [
        (
            "the first link",
            "#token=",
            run("user add --name Ada").await,
        ),
        (
            "the second link",
            "#token=",
            run("user reset-password").await,
        ),
        ("the token", "lkm_", run(create).await),
    ] {
        let bytes = ended.stderr.clone().into_bytes();
        let log = format!("the log of {name}");
        logged.push(Found { name: log, bytes });
        let printed = ended.ok();
        let at = printed.find(begins).expect("it is printed");
        let word = printed[at..].split_whitespace().next();
        let text = word.unwrap_or_default().trim_start_matches("#token=");
        assert_eq!(printed.matches(text).count(), 1, "{name} is printed once");
        secrets.push(Secret::new(name, text, Shown::Never));
    }
    let mut leaks = Leaks::of(&secrets);
    leaks.look_at("logged", &logged);
    leaks.look_at("stopped", &places::database(&home));
    leaks.none();
    assert!(holds(&places::database(&home), EMAIL), "Ada is there");
}
