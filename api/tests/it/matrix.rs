//! Authorisation: every operation of the description, called by every kind of caller.

pub mod cell;
mod stranger;
pub mod table;

use futures_util::{StreamExt as _, stream};

use self::{
    cell::World,
    table::{COLUMNS, Column, Row},
};
use crate::{
    document::{self, Operation},
    support::{TestServer, is_problem},
};

/// Requests under way at a time.
const AT_ONCE: usize = 8;

#[tokio::test]
async fn every_operation_answers_every_caller_as_the_table_says() {
    let world = World::new().await;
    let operations = document::operations(&document::served(&world.server).await);
    let rows = table::rows();
    let gaps = table::gaps(&rows, &operations);
    assert!(gaps.is_empty(), "\n{}", gaps.join("\n"));

    let cells = operations.iter().flat_map(|operation| {
        let row = rows
            .iter()
            .find(|row| row.operation == operation.id)
            .expect("no gaps");
        COLUMNS.map(|(name, column)| (operation, row, name, column))
    });
    let outcomes: Vec<Result<(), String>> = stream::iter(cells)
        .map(|(operation, row, name, column)| {
            let world = &world;
            async move {
                let outcome = try_cell(world, operation, row, column).await;
                outcome.map_err(|wrong| format!("{} by {name}: {wrong}", operation.id))
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    assert_eq!(
        outcomes.len(),
        operations.len() * COLUMNS.len(),
        "every cell was tried"
    );
    let wrong: Vec<String> = outcomes.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    world.server.stop().await;
}

async fn try_cell(
    world: &World,
    operation: &Operation,
    row: &Row,
    column: Column,
) -> Result<(), String> {
    let expected = row.status(column).ok_or("the table has no such cell")?;
    let cell = world.cell(operation, column).await?;
    let answer = cell.call(&operation.method).send().await;
    if answer.status != expected {
        return Err(format!("expected {expected}, saw {}", answer.summary()));
    }
    if !operation.declares(answer.status) {
        return Err(format!(
            "{} is a status that the description doesn't have",
            answer.status
        ));
    }
    if answer.status >= 400 {
        is_problem(&answer)?;
    }
    // Nothing is closed to the same administrator but what needs the password once more.
    if column == Column::Late && answer.status == 403 {
        let code = answer.json()["code"].clone();
        if code != "confirmation_required" {
            return Err(format!("refused as {code}"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_operation_without_a_row_or_with_a_short_one_is_named() {
    let server = TestServer::start().await;
    let mut operations = document::operations(&document::served(&server).await);
    let mut rows = table::rows();
    let removed = rows.remove(7).operation;
    let gone = operations.remove(0).id;
    let gaps = table::gaps(&rows, &operations);
    assert_eq!(gaps.len(), 2, "{gaps:?}");
    assert!(
        gaps.iter()
            .any(|gap| gap.starts_with(&format!("{removed} has no row"))),
        "{gaps:?}"
    );
    assert!(
        gaps.iter()
            .any(|gap| gap.starts_with(&format!("{gone} stands in the table"))),
        "{gaps:?}"
    );
    server.stop().await;
}

#[tokio::test]
async fn a_strangers_question_about_a_good_key_is_answered_like_one_about_junk() {
    let world = World::new().await;
    let project = world.owner.project("Memory Lake").await;
    let key = world
        .owner
        .key(&project, "Production - Claude Integration")
        .await;
    let token = world.stranger.token(&["verify"]).await;
    for caller in [&world.stranger, &token] {
        for project in [
            None,
            Some(project.id.as_str()),
            Some(project.slug.as_str()),
            Some("no-such-project"),
        ] {
            for secret in [key.secret.as_str(), "lk_junk"] {
                let mut body = serde_json::json!({"key": secret});
                if let Some(project) = project {
                    body["project"] = project.into();
                }
                let answer = caller.post("/api/v1/keys/verify", body).send().await;
                assert_eq!(answer.status, 200);
                assert_eq!(
                    answer.body, r#"{"valid":false,"code":"invalid"}"#,
                    "asked about {project:?}"
                );
            }
        }
    }
    world.server.stop().await;
}

#[tokio::test]
async fn an_administrators_token_reads_the_instance_and_never_its_users() {
    let world = World::new().await;
    let manage = world.ada.token(&["manage"]).await;
    let read = world.ada.token(&["read"]).await;
    let verify = world.ada.token(&["verify"]).await;
    for (path, by_manage, by_read, by_verify) in [
        ("/api/v1/audit", 200, 200, 403),
        ("/metrics", 200, 200, 403),
        ("/api/v1/users", 403, 403, 403),
        ("/api/v1/me/tokens", 403, 403, 403),
    ] {
        assert_eq!(
            manage.get(path).send().await.status,
            by_manage,
            "{path} by manage"
        );
        assert_eq!(
            read.get(path).send().await.status,
            by_read,
            "{path} by read"
        );
        assert_eq!(
            verify.get(path).send().await.status,
            by_verify,
            "{path} by verify"
        );
    }
    world.server.stop().await;
}
