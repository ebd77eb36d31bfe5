//! A COMMIT that fails without telling whether it happened: the answer is 503, nothing of what it touched is
//! accepted until it has been read again, and then memory is right.

use std::cell::RefCell;

use latchkey_gate::{Verdict, Wanted};
use latchkey_store::testing::CommitFault;
use serde_json::{Value, json};

use crate::support::{Actor, Answer, CreatedKey, Project, TestServer, eventually, now};

/// So often a scene is played until a check falls into the doubt, which ends within a second.
const TAKES: usize = 20;

const DOUBTFUL: &str = "Staging - Nightly Import";

/// What a key is asked to become.
#[derive(Clone, Copy)]
enum Asked {
    Revoke,
    Disable,
    Enable,
    RotateNow,
}

impl Asked {
    async fn of(self, ada: &Actor, path: &str) -> Answer {
        match self {
            Self::Revoke => ada.delete(path).send().await,
            Self::Disable => ada.patch(path, json!({"disabled": true})).send().await,
            Self::Enable => ada.patch(path, json!({"disabled": false})).send().await,
            Self::RotateNow => {
                let body = json!({"overlap_seconds": 0});
                ada.post(&format!("{path}/rotate"), body).send().await
            }
        }
    }

    /// The verdict before and after.
    fn verdicts(self) -> (&'static str, &'static str) {
        match self {
            Self::Revoke => ("valid", "revoked"),
            Self::Disable => ("valid", "disabled"),
            Self::Enable => ("disabled", "valid"),
            Self::RotateNow => ("valid", "retired"),
        }
    }
}

#[tokio::test]
async fn a_change_whose_commit_is_in_doubt_is_503_and_its_key_is_not_accepted_until_it_is_known() {
    let server = TestServer::start().await;
    let ada = server.set_up().await.token(&["manage", "verify"]).await;
    let project = ada.project("Doubt").await;
    for fault in [CommitFault::AfterCommit, CommitFault::InsteadOfCommit] {
        for asked in [
            Asked::Revoke,
            Asked::Disable,
            Asked::Enable,
            Asked::RotateNow,
        ] {
            let mut was_seen_in_doubt = false;
            for _ in 0..TAKES {
                was_seen_in_doubt |= play(&server, &ada, &project, fault, asked).await;
                if was_seen_in_doubt {
                    break;
                }
            }
            let (before, after) = asked.verdicts();
            assert!(
                was_seen_in_doubt,
                "{before} → {after}, {fault:?}: never in doubt"
            );
        }
    }
    server.stop().await;
}

/// One take. Whether the first check after the 503 fell into the doubt; the monitor may have been faster.
async fn play(
    server: &TestServer,
    ada: &Actor,
    project: &Project,
    fault: CommitFault,
    asked: Asked,
) -> bool {
    let key = ada.key(project, "Production - Claude Integration").await;
    let path = project.key(&key);
    let (before, after) = asked.verdicts();
    if before == "disabled" {
        ada.patch(&path, json!({"disabled": true}))
            .send()
            .await
            .ok();
    }
    fail_next_commit(server, fault);
    asked.of(ada, &path).await.problem(503, "unavailable");
    let is_in_doubt = matches!(
        server.shared().gate.verify(&key.secret, Wanted::Any, now()),
        Verdict::NotServing
    );

    let truth = match fault {
        CommitFault::AfterCommit => after,
        CommitFault::InsteadOfCommit => before,
    };
    let seen = first_verdict(ada, &key).await;
    assert_eq!(seen, truth, "{before} → {after}, {fault:?}");

    // Asking again makes it so, whatever had happened.
    let again = asked.of(ada, &path).await;
    assert!(again.status < 300, "{}", again.summary());
    assert_eq!(verdict(ada, &key).await, after);
    is_in_doubt
}

#[tokio::test]
async fn a_creation_in_doubt_shows_no_secret_and_is_there_or_not() {
    let server = TestServer::start().await;
    let ada = server.set_up().await.token(&["manage", "verify"]).await;
    let project = ada.project("Doubt").await;
    for (fault, count) in [
        (CommitFault::InsteadOfCommit, 0),
        (CommitFault::AfterCommit, 1),
    ] {
        fail_next_commit(&server, fault);
        let answer = ada
            .post(&project.keys(), json!({"description": DOUBTFUL}))
            .send()
            .await;
        assert!(!answer.body.contains("lk_"), "a secret in a 503");
        answer.problem(503, "unavailable");
        // A write that succeeds has settled what was in doubt before it.
        let settled = format!("Settled after {count}");
        eventually("the doubt ends", async || {
            let body = json!({"description": settled});
            ada.post(&project.keys(), body).send().await.status == 201
        })
        .await;
        let list = ada.get(&project.keys()).send().await.ok();
        let items = list["items"].as_array().unwrap();
        let found = items.iter().filter(|key| key["description"] == DOUBTFUL);
        assert_eq!(found.count(), count, "{fault:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn an_archive_in_doubt_accepts_no_key_of_the_project_until_it_is_known() {
    let server = TestServer::start().await;
    let ada = server.set_up().await.token(&["manage", "verify"]).await;
    for (fault, truth) in [
        (CommitFault::InsteadOfCommit, "valid"),
        (CommitFault::AfterCommit, "revoked"),
    ] {
        let project = ada.project("Doubt").await;
        let key = ada.key(&project, "Production - Claude Integration").await;
        fail_next_commit(&server, fault);
        let archived = ada.delete(&project.this()).send().await;
        archived.problem(503, "unavailable");
        assert_eq!(first_verdict(&ada, &key).await, truth);
        ada.delete(&project.this()).send().await.ok();
        assert_eq!(verdict(&ada, &key).await, "revoked");
    }
    server.stop().await;
}

/// The next commit will be that of the next request: the counters have nothing to write, and a token isn't
/// noted as seen, as a session is.
fn fail_next_commit(server: &TestServer, fault: CommitFault) {
    let app = server.shared();
    let flushed = app.gate.flush(&app.store, now());
    assert!(flushed.is_ok());
    app.store.fail_next_commit(fault);
}

/// Until it is known how a key is there is no verdict; this is the first one.
async fn first_verdict(ada: &Actor, key: &CreatedKey) -> String {
    let seen = RefCell::new(String::new());
    eventually("the doubt ends", async || {
        seen.replace(verdict(ada, key).await);
        *seen.borrow() != "unavailable"
    })
    .await;
    seen.into_inner()
}

/// The verdict on a key, or the code of the problem that came instead.
async fn verdict(ada: &Actor, key: &CreatedKey) -> String {
    let answer = ada
        .post("keys/verify", json!({"key": key.secret}))
        .send()
        .await;
    let found: Value = answer.json();
    found["code"].as_str().unwrap_or_default().to_owned()
}
