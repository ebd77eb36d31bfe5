//! The commands, each as a process of its own.

use latchkey_store::{StoreError, audit};
use serde_json::{Value, json};

use crate::support::{
    Authenticator,
    process::{Client, EMAIL, Home, PASSWORD, Process},
};

#[tokio::test]
async fn migrate_makes_the_tables_once() {
    let home = Home::new();
    let first = home.run(&["migrate"]).await.ok();
    assert!(first.lines().count() > 1, "{first}");
    assert!(
        first.lines().all(|line| line.starts_with("applied ")),
        "{first}"
    );
    let again = home.run(&["migrate"]).await.ok();
    assert_eq!(again, "The database has this version's form already.\n");
    let server = home.start().await;
    server.set_up().await;
}

#[tokio::test]
async fn an_added_user_signs_in_with_the_printed_link_once() {
    let home = Home::new();
    let link = add_user(&home, &["--role", "admin"]).await;
    // Whoever was added by hand is the first account: no setup is needed any more.
    let server = home.start().await;
    let session = server
        .anonymous()
        .ask("GET", "/api/v1/session", Value::Null)
        .await;
    assert_eq!(session.ok()["setup_needed"], false);

    let claimed = claim(&server, &link, PASSWORD).await;
    assert_eq!(claimed.status, 200, "{}", claimed.code());
    assert_eq!(claimed.json["user"]["email"], EMAIL);
    assert_eq!(claimed.json["user"]["role"], "admin");
    let token = server.make_token(&claimed).await;
    server.client(&token).project("Mine").await;
    let again = claim(&server, &link, "another password of mine").await;
    assert_eq!((again.status, again.code()), (403, "sign_in_link_invalid"));
    assert_eq!(sign_in(&server, PASSWORD).await, 200);
}

#[tokio::test]
async fn the_link_begins_with_the_public_url() {
    let home = Home::new();
    let link = add_user(&home, &["--public-url", "https://keys.example.com"]).await;
    assert!(
        link.starts_with("https://keys.example.com/"),
        "another origin"
    );
    let again = home
        .run(&["user", "add", "--name", "Ada", "--email", "ADA@example.com"])
        .await;
    assert!(again.sentence().contains("belongs to another user already"));
}

#[tokio::test]
async fn a_reset_password_ends_sessions_and_lets_a_new_one_be_chosen() {
    let home = Home::new();
    let server = home.start().await;
    let token = server.set_up().await;
    let signed_in = server
        .anonymous()
        .ask(
            "POST",
            "/api/v1/session",
            json!({"email": EMAIL, "password": PASSWORD}),
        )
        .await;
    assert_eq!(signed_in.status, 200);
    server.stop().await;

    let link = home
        .run(&["user", "reset-password", "--email", EMAIL])
        .await
        .ok();
    let server = home.start().await;
    let cookie = signed_in.headers["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let session = reqwest::Client::new()
        .get(server.url("/api/v1/session"))
        .header("cookie", cookie);
    let session: Value = session.send().await.unwrap().json().await.unwrap();
    assert_eq!(session["user"], Value::Null, "the old session goes on");
    let claimed = claim(&server, link.trim(), "a wholly new password").await;
    assert_eq!(claimed.status, 200, "{}", claimed.code());
    assert_eq!(sign_in(&server, PASSWORD).await, 401);
    assert_eq!(sign_in(&server, "a wholly new password").await, 200);
    // A token is not a session; it goes on until somebody revokes it.
    server.client(&token).project("Mine").await;

    server.stop().await;
    let nobody = home
        .run(&["user", "reset-password", "--email", "nobody@example.com"])
        .await;
    assert!(nobody.sentence().contains("--email"), "{}", nobody.stderr);
}

#[tokio::test]
async fn a_reset_second_factor_ends_sessions_and_the_password_signs_in_alone() {
    let home = Home::new();
    let server = home.start().await;
    server.set_up().await;
    let arguments = ["user", "reset-second-factor", "--email", EMAIL];
    let credentials = json!({"email": EMAIL, "password": PASSWORD});
    let anonymous = server.anonymous();
    let signed_in = anonymous.ask("POST", "/api/v1/session", credentials).await;
    let cookie = signed_in.headers["set-cookie"].to_str().unwrap();
    let ada = server
        .anonymous()
        .with_cookie(cookie.split(';').next().unwrap());
    let begun = ada.ask("POST", "/api/v1/me/second-factor", json!({})).await;
    let code = json!({"code": Authenticator::of(&begun.ok()).code()});
    let path = "/api/v1/me/second-factor/confirm";
    assert_eq!(ada.ask("POST", path, code).await.status, 200);
    assert_eq!(sign_in(&server, PASSWORD).await, 401);
    server.stop().await;

    let said = home.run(&arguments).await.ok();
    assert!(said.starts_with("The second factor is off."), "{said}");
    let server = home.start().await;
    let me = server
        .anonymous()
        .with_cookie(cookie.split(';').next().unwrap())
        .ask("GET", "/api/v1/me", Value::Null)
        .await;
    assert_eq!(me.status, 401, "the old session goes on");
    assert_eq!(sign_in(&server, PASSWORD).await, 200);
    server.stop().await;
    let actions = audited_actions(&home);
    assert!(
        actions.contains(&"second_factor.reset".to_owned()),
        "{actions:?}"
    );
    let again = home.run(&arguments).await;
    let sentence = again.sentence();
    assert!(sentence.contains("without a second factor"), "{sentence}");
}

#[tokio::test]
async fn a_created_token_works_and_has_the_permissions_that_were_given() {
    let home = Home::new();
    add_user(&home, &[]).await;
    let create = |permissions| {
        let home = &home;
        async move {
            let arguments = ["token", "create", "--email", EMAIL, "--name", "CI"];
            let arguments = [&arguments[..], &["--permissions", permissions]].concat();
            home.run(&arguments).await.ok().trim().to_owned()
        }
    };
    let (manage, verify) = (create("manage,verify").await, create("verify").await);
    assert!(manage.starts_with("lkm_") && verify.starts_with("lkm_"));
    let server = home.start().await;
    let (manager, verifier) = (server.client(&manage), server.client(&verify));
    let project = manager.project("Mine").await;
    let (_, secret) = manager
        .key(&project, "Production - Claude Integration")
        .await;
    assert_eq!(verifier.verdict(&secret).await, "valid");
    let refused = verifier
        .ask("POST", "/api/v1/projects", json!({"name": "Not mine"}))
        .await;
    assert_eq!(
        (refused.status, refused.code()),
        (403, "permission_missing")
    );
    server.stop().await;

    for (wrong, word) in [
        (
            &["--email", "nobody@example.com", "--name", "CI"],
            "--email",
        ),
        (&["--email", EMAIL, "--name", ""], "--name"),
    ] {
        let arguments = [&["token", "create", "--permissions", "read"][..], wrong].concat();
        let ended = home.run(&arguments).await;
        assert!(ended.sentence().contains(word), "{}", ended.stderr);
    }
    let actions = audited_actions(&home);
    assert!(actions.contains(&"user.create".to_owned()), "{actions:?}");
    let made = actions.iter().filter(|action| *action == "token.create");
    assert_eq!(made.count(), 2, "{actions:?}");
}

#[tokio::test]
async fn commands_that_write_are_refused_while_a_server_holds_the_database() {
    let home = Home::new();
    let server = home.start().await;
    let token = server.set_up().await;
    for arguments in [
        &["migrate"][..],
        &["user", "add", "--name", "Bo", "--email", "bo@example.com"],
        &["user", "reset-password", "--email", EMAIL],
        &["user", "reset-second-factor", "--email", EMAIL],
        &[
            "token",
            "create",
            "--email",
            EMAIL,
            "--name",
            "CI",
            "--permissions",
            "read",
        ],
    ] {
        let ended = home.run(arguments).await;
        let sentence = ended.sentence();
        assert!(
            sentence.contains("a Latchkey server uses this database"),
            "{sentence}"
        );
        assert!(sentence.contains("stop the server first"), "{sentence}");
    }
    let users = server
        .client(&token)
        .ask("GET", "/readyz", Value::Null)
        .await;
    assert_eq!(users.status, 200, "the server goes on");
}

#[tokio::test]
async fn openapi_prints_the_contract_and_touches_nothing() {
    let home = Home::new();
    let printed = home.run(&["openapi"]).await.ok();
    assert!(
        printed.starts_with("openapi: 3.1"),
        "{:?}",
        printed.lines().next()
    );
    assert!(printed.contains("operationId: verifyKey"));
    assert!(!home.file("data").exists());
    let server = home.start().await;
    let served = reqwest::get(server.url("/openapi.yaml")).await.unwrap();
    let served = served.text().await.unwrap();
    assert!(served == printed, "the server shows another contract");
}

#[tokio::test]
async fn healthcheck_tells_whether_the_server_is_ready() {
    let home = Home::new();
    let server = home.start().await;
    let ready = home
        .run(&["healthcheck", "--listen", server.address()])
        .await;
    assert_eq!(ready.ok(), "ready\n");
    // A wildcard means this machine.
    let port = server.address().rsplit(':').next().unwrap();
    let wildcard = format!("0.0.0.0:{port}");
    let ready = home.run(&["healthcheck", "--listen", &wildcard]).await;
    assert_eq!(ready.ok(), "ready\n");
    let address = server.address().to_owned();
    server.stop().await;
    let gone = home.run(&["healthcheck", "--listen", &address]).await;
    assert!(gone.sentence().contains("is the server running?"));
    assert!(gone.sentence().contains(&address));
}

#[tokio::test]
async fn help_documents_every_setting_and_shows_no_secret() {
    let home = Home::new();
    let help = home.run(&["serve", "--help"]).await.ok();
    for setting in [
        "listen",
        "database-url",
        "public-url",
        "master-key",
        "master-key-file",
        "setup-token",
        "insecure-http",
        "trusted-proxies",
        "log-format",
        "session-idle-hours",
        "session-days",
    ] {
        let variable = format!("LATCHKEY_{}", setting.replace('-', "_").to_uppercase());
        assert!(help.contains(&format!("--{setting}")), "{setting}");
        assert!(help.contains(&variable), "{variable}");
    }
    assert!(!help.contains(crate::support::process::MASTER_KEY));
    assert!(!help.contains(&home.place.url()));
}

/// Adds Ada with further flags; her link.
async fn add_user(home: &Home, further: &[&str]) -> String {
    let arguments = ["user", "add", "--name", "Ada", "--email", EMAIL];
    let printed = home.run(&[&arguments[..], further].concat()).await.ok();
    assert_eq!(printed.lines().count(), 1);
    printed.trim().to_owned()
}

/// Follows a link as the page does that it leads to.
async fn claim(server: &Process, link: &str, password: &str) -> crate::support::process::Reply {
    let (_, token) = link.split_once("#token=").expect("the link has a token");
    let body = json!({"token": token, "password": password});
    server
        .anonymous()
        .ask("POST", "/api/v1/session/claim", body)
        .await
}

async fn sign_in(server: &Process, password: &str) -> u16 {
    let anonymous: Client = server.anonymous();
    let body = json!({"email": EMAIL, "password": password});
    anonymous.ask("POST", "/api/v1/session", body).await.status
}

/// What the audit log has, after the server has ended.
fn audited_actions(home: &Home) -> Vec<String> {
    let (store, _) = home.place.open();
    let filter = audit::EventFilter::default();
    let events = store.read(|db| audit::list_events(db, &filter, None, 100));
    store.close();
    let (events, _) = events.unwrap_or_else(|error: StoreError| panic!("{error}"));
    events.into_iter().map(|event| event.action).collect()
}
