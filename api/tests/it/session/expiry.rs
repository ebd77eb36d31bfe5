//! A session ends after idling, and at its last day.

use std::time::Duration;

use latchkey_store::{StoreError, sessions};

use crate::support::{TestServer, eventually, now};

const HOUR: i64 = 3_600_000;

#[tokio::test]
async fn a_session_that_idles_ends() {
    let server =
        TestServer::start_with(|config| config.session_idle = Duration::from_millis(1500)).await;
    let ada = server.set_up().await;
    eventually("the idle session is refused", || async {
        ada.get("me").send().await.status == 401
    })
    .await;
    ada.get("me").send().await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_session_ends_at_its_last_day_however_it_is_used() {
    let server =
        TestServer::start_with(|config| config.session_max = Duration::from_millis(1500)).await;
    let ada = server.set_up().await;
    eventually("the old session is refused", || async {
        ada.get("me").send().await.status == 401
    })
    .await;
}

#[tokio::test]
async fn an_ended_session_is_over_for_what_it_has_open_and_is_not_listed() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let other = ada
        .sign_in("ada@example.com", crate::support::PASSWORD)
        .await;
    let row = server.db_session(other.credential());
    server.db_touch_session(&row, now(), now());
    other.get("me").send().await.problem(401, "unauthenticated");
    let listed = ada.get("me/sessions").send().await.ok();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_used_session_lives_on_but_never_beyond_its_last_day() {
    let server = TestServer::start_with(|config| {
        config.session_idle = Duration::from_secs(12 * 3600);
        config.session_max = Duration::from_secs(13 * 3600);
    })
    .await;
    let ada = server.set_up().await;
    let row = server.db_session(ada.credential());
    assert_eq!(
        row.expires_at.as_millis() - row.created_at.as_millis(),
        12 * HOUR
    );

    // Last seen two hours ago, as far as the row tells: the next request is noted.
    let earlier = now().plus_seconds(-2 * 3600);
    server.db_touch_session(&row, earlier, earlier.plus_seconds(12 * 3600));
    ada.get("me").send().await.status(200);
    eventually("the request is noted", || async {
        server.db_session(ada.credential()).last_seen_at > earlier
    })
    .await;
    let noted = server.db_session(ada.credential());
    let idle_end = noted.last_seen_at.as_millis() + 12 * HOUR;
    let last_day = row.created_at.as_millis() + 13 * HOUR;
    assert_eq!(noted.expires_at.as_millis(), idle_end.min(last_day));

    // Begun 12 hours ago and seen all the time: one hour is left, not twelve.
    let begun = now().plus_seconds(-12 * 3600);
    server.place().intrude().execute(&format!(
        "UPDATE sessions SET created_at = {}",
        begun.as_millis()
    ));
    server.db_touch_session(&row, earlier, now().plus_seconds(3600));
    ada.get("me").send().await.status(200);
    eventually("the request is noted", || async {
        server.db_session(ada.credential()).last_seen_at > earlier
    })
    .await;
    let noted = server.db_session(ada.credential());
    assert_eq!(noted.expires_at.as_millis(), begun.as_millis() + 13 * HOUR);
}

#[tokio::test]
async fn sessions_that_are_over_are_cleared_away() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let row = server.db_session(ada.credential());
    server.db_touch_session(&row, now(), now());
    let app = server.shared().clone();
    latchkey_api::sessions::forget_expired(&app, now())
        .await
        .map_err(|e| e.to_string())
        .unwrap();
    let digest = app.ring.session.digest(ada.credential().as_bytes());
    let left = app.store.read(|db| sessions::find_session(db, &digest));
    assert!(
        left.map_err(|e: StoreError| e.to_string())
            .unwrap()
            .is_none()
    );
}
