//! The secret hunt: a whole life of an instance at trace level with secrets that are known, and then a search
//! for each of them, in every form it could leak in, in everything that the server has said, logged or
//! written. Each is in the one answer that shows it, and nowhere else.

mod flow;
mod life;
mod misplaced;
mod places;
mod secrets;

use std::process::Command;

use serde_json::json;

use self::{
    flow::Hunter,
    life::{PASSWORD, SETUP_TOKEN},
    places::Found,
    secrets::{Search, Secret, Shown},
};
use crate::support::process::{EMAIL, Home, MASTER_KEY};

fn talkative(command: &mut Command) {
    command
        .env("LATCHKEY_LOG", "trace")
        .env("LATCHKEY_TRUSTED_PROXIES", "127.0.0.1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_is_in_the_one_answer_that_shows_it_and_nowhere_else() {
    let home = Home::new();
    let wal_from = places::log_position(&home);
    let server = home
        .start_with(|command| {
            talkative(command);
            command.env("LATCHKEY_SETUP_TOKEN", SETUP_TOKEN);
        })
        .await;
    let mut hunter = Hunter::new(&server);
    hunter.hidden("the master key", MASTER_KEY);
    hunter.hidden("the setup token", SETUP_TOKEN);
    let things = life::live(&mut hunter).await;
    misplaced::misplace(&mut hunter, &things).await;
    life::end(&mut hunter, &things).await;

    let search = Search::new(&hunter.secrets);
    let mut leaks = in_answers(&hunter, &search);
    // While it runs, the newest rows are in the write-ahead log only; the last counters come at its end.
    leaks.extend(in_places(
        "running",
        &places::database(&home),
        &hunter.secrets,
        &search,
    ));
    assert!(server.stop().await.success());
    let database = places::database(&home);
    leaks.extend(in_places("stopped", &database, &hunter.secrets, &search));
    let (stdout, log) = (
        places::output(&home, "stdout-"),
        places::output(&home, "stderr-"),
    );
    leaks.extend(in_places("printed", &stdout, &hunter.secrets, &search));
    leaks.extend(in_places("logged", &log, &hunter.secrets, &search));
    if let Some(from) = wal_from {
        let written = places::write_ahead_log(&home, &from);
        // Digests and hints are there, so this is where the rows went.
        assert!(
            holds(&written, EMAIL),
            "the write-ahead log has this database's rows"
        );
        leaks.extend(in_places(
            "the server's log",
            &written,
            &hunter.secrets,
            &search,
        ));
    }
    assert!(leaks.is_empty(), "\n{}", leaks.join("\n"));

    // The search looked where things really are.
    assert!(
        holds(&database, EMAIL) && holds(&database, "lk_…"),
        "the database has its rows"
    );
    assert!(
        holds(&log, "TRACE") && holds(&log, "request_id"),
        "the log was at trace level"
    );
    assert!(holds(&stdout, "Latchkey listens on"), "stdout was kept");
    let expected = hunter
        .secrets
        .iter()
        .filter(|secret| secret.shown != Shown::Never)
        .count();
    assert!(
        expected >= 11 && hunter.answers.len() > 120,
        "the flow was a full one"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fresh_setup_token_is_printed_once_and_kept_nowhere() {
    let home = Home::new();
    let server = home.start_with(talkative).await;
    let said = server.stdout();
    let token = said
        .lines()
        .find_map(|line| line.split_once("/setup#token="));
    let token = token.expect("a setup URL is printed").1.trim().to_owned();
    let mut hunter = Hunter::new(&server);
    hunter.hidden("the setup token", &token);
    hunter.hidden("the password", PASSWORD);
    hunter
        .ask(
            "the home page",
            "GET",
            "/",
            &[("accept", "text/html")],
            None,
        )
        .await
        .is(200);
    hunter
        .ask("who am I", "GET", "/api/v1/session", &[], None)
        .await
        .is(200);
    let body = json!({"setup_token": token, "name": "Ada", "email": EMAIL, "password": PASSWORD});
    hunter.sign_in("setup", "/api/v1/setup", body.clone()).await;
    hunter
        .ask("setup again", "POST", "/api/v1/setup", &[], Some(body))
        .await
        .is(409);
    assert!(server.stop().await.success());

    let search = Search::new(&hunter.secrets);
    let mut leaks = in_answers(&hunter, &search);
    leaks.extend(in_places(
        "stopped",
        &places::database(&home),
        &hunter.secrets,
        &search,
    ));
    leaks.extend(in_places(
        "logged",
        &places::output(&home, "stderr-"),
        &hunter.secrets,
        &search,
    ));
    assert!(leaks.is_empty(), "\n{}", leaks.join("\n"));
    assert_eq!(
        said.matches(token.as_str()).count(),
        1,
        "the setup URL is printed once"
    );
    assert!(
        places::output(&home, "stdout-")
            .iter()
            .all(|out| out.bytes == said.as_bytes())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_command_line_makes_is_printed_once_and_kept_nowhere() {
    let home = Home::new();
    let run = |arguments: &'static [&'static str]| {
        let mut command = home.latchkey(arguments);
        talkative(&mut command);
        home.finish(command)
    };
    let added = run(&[
        "user", "add", "--name", "Ada", "--email", EMAIL, "--role", "admin",
    ])
    .await;
    let reset = run(&["user", "reset-password", "--email", EMAIL]).await;
    let made = run(&[
        "token",
        "create",
        "--email",
        EMAIL,
        "--name",
        "Deploy script",
        "--permissions",
        "manage,verify",
    ])
    .await;
    let mut secrets = vec![Secret::new("the master key", MASTER_KEY, Shown::Never)];
    let mut logged = Vec::new();
    for (name, before, ended) in [
        ("the first link", "#token=", added),
        ("the second link", "#token=", reset),
        ("the token", "lkm_", made),
    ] {
        logged.push(Found {
            name: format!("the log of {name}"),
            bytes: ended.stderr.clone().into_bytes(),
        });
        let printed = ended.ok();
        let (_, rest) = printed
            .split_once(before)
            .unwrap_or_else(|| panic!("{name} is printed"));
        let text = rest.split_whitespace().next().unwrap_or_default();
        let text = if before == "lkm_" {
            format!("lkm_{text}")
        } else {
            text.to_owned()
        };
        assert_eq!(printed.matches(&text).count(), 1, "{name} is printed once");
        secrets.push(Secret::new(name, &text, Shown::Never));
    }
    let search = Search::new(&secrets);
    let mut leaks = in_places("logged", &logged, &secrets, &search);
    leaks.extend(in_places(
        "stopped",
        &places::database(&home),
        &secrets,
        &search,
    ));
    assert!(leaks.is_empty(), "\n{}", leaks.join("\n"));
    assert!(holds(&places::database(&home), EMAIL));
}

/// Every answer that holds a secret which is not its to show, and every secret that was not shown where it
/// should have been.
fn in_answers(hunter: &Hunter, search: &Search) -> Vec<String> {
    let mut leaks = Vec::new();
    let mut was_shown = vec![false; hunter.secrets.len()];
    for (number, answer) in hunter.answers.iter().enumerate() {
        for (text, is_cookie) in [(&answer.text, false), (&answer.cookies, true)] {
            for found in search.within(text.as_bytes()) {
                let secret = &hunter.secrets[found.secret];
                let is_its_place = match secret.shown {
                    Shown::InAnswer(own) => own == number && !is_cookie,
                    Shown::InCookieOf(own) => own == number && is_cookie,
                    Shown::Never => false,
                };
                if is_its_place {
                    was_shown[found.secret] = true;
                } else {
                    leaks.push(format!(
                        "{} is in {}, {}",
                        secret.name, answer.what, found.form
                    ));
                }
            }
        }
    }
    for (secret, was_shown) in hunter.secrets.iter().zip(was_shown) {
        if secret.shown != Shown::Never && !was_shown {
            leaks.push(format!(
                "{} was not found in its own answer: the search is blind",
                secret.name
            ));
        }
    }
    leaks
}

/// Every secret in places where none belongs.
fn in_places(when: &str, places: &[Found], secrets: &[Secret], search: &Search) -> Vec<String> {
    assert!(!places.is_empty(), "nothing was {when}");
    let found_in = |place: &Found| {
        let found = search.within(&place.bytes);
        let name = place.name.clone();
        found.into_iter().map(move |found| {
            format!(
                "{} is in {name} ({when}), {}",
                secrets[found.secret].name, found.form
            )
        })
    };
    places.iter().flat_map(found_in).collect()
}

fn holds(places: &[Found], text: &str) -> bool {
    let is_in = |place: &Found| {
        place
            .bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    places.iter().any(is_in)
}
