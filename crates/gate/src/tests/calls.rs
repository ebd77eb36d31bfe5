use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::*;
use crate::{Ended, Refusal};

const PATIENCE: Duration = Duration::from_secs(1);

fn revoked(key: &KeyState) -> KeyState {
    KeyState {
        revoked: true,
        ..key.clone()
    }
}

/// A clock that goes with tokio's, which the tests hold still.
fn clock() -> impl Fn() -> Timestamp + Send + Clone + 'static {
    let start = Instant::now();
    move || NOW.plus_millis(i64::try_from(start.elapsed().as_millis()).expect("a short test"))
}

#[tokio::test]
async fn a_revoke_between_verify_and_open_refuses() {
    let scene = Scene::new();
    let key = scene.key(1);
    scene.apply(&key);
    let pass = scene.pass(1);
    scene.apply(&revoked(&key));
    assert_eq!(scene.gate.end_calls(Ended::Key(key.id), PATIENCE).await, 0);
    assert_eq!(
        scene.gate.open(&pass, NOW).err(),
        Some(Refusal::Code(VerifyCode::Revoked))
    );
    assert_eq!(scene.gate.counts().open_calls, 0);
}

#[tokio::test]
async fn a_revoke_between_register_and_admit_refuses_and_does_not_count() {
    let scene = Scene::new();
    let key = scene.key(1);
    scene.apply(&key);
    let registered = scene.gate.register(&scene.pass(1));
    scene.apply(&revoked(&key));
    let gate = Arc::clone(&scene.gate);
    let end = tokio::spawn(async move { gate.end_calls(Ended::Key(key_id(1)), PATIENCE).await });
    tokio::task::yield_now().await;
    assert_eq!(
        Gate::admit(registered, NOW).err(),
        Some(Refusal::Code(VerifyCode::Revoked))
    );
    assert_eq!(end.await.expect("no panic"), 0);
}

#[tokio::test]
async fn a_revoke_after_admit_ends_the_call_and_waits_for_it() {
    let scene = Scene::new();
    let key = scene.key(1);
    scene.apply(&key);
    let open = scene.gate.open(&scene.pass(1), NOW).expect("a good key");
    assert!(!open.is_over(NOW));
    let stream = tokio::spawn(async move {
        open.ended(|| NOW).await;
        // Something is left to do before the last byte is out.
        tokio::time::sleep(Duration::from_millis(30)).await;
        assert!(open.is_over(NOW));
        drop(open);
        Instant::now()
    });
    tokio::task::yield_now().await;
    scene.apply(&revoked(&key));
    let ended = scene.gate.end_calls(Ended::Key(key.id), PATIENCE).await;
    let answered = Instant::now();
    assert_eq!(ended, 1);
    assert!(stream.await.expect("no panic") <= answered);
    assert_eq!(scene.gate.end_calls(Ended::Key(key.id), PATIENCE).await, 0);
    assert_eq!(scene.gate.counts().open_calls, 0);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_stalls_delays_nobody_longer_than_the_patience() {
    let scene = Scene::new();
    let key = scene.key(1);
    scene.apply(&key);
    let stalled = scene.gate.open(&scene.pass(1), NOW).expect("a good key");
    let quick = scene.gate.open(&scene.pass(1), NOW).expect("a good key");
    tokio::spawn(async move {
        quick.ended(|| NOW).await;
        drop(quick);
    });
    scene.apply(&revoked(&key));
    let begin = Instant::now();
    assert_eq!(scene.gate.end_calls(Ended::Key(key.id), PATIENCE).await, 2);
    assert_eq!(begin.elapsed(), PATIENCE);
    assert!(stalled.is_over(NOW));
}

#[tokio::test(start_paused = true)]
async fn what_ends_is_what_lost_its_rights_and_nothing_else() {
    let scene = Scene::new();
    let mut key = scene.key(1);
    key.secrets.push(scene.secret(11));
    scene.apply(&key);
    scene.apply(&scene.key(2));
    let mut elsewhere = scene.key(3);
    elsewhere.project_id = project_id(2);
    scene.apply(&elsewhere);
    let open = |n| scene.gate.open(&scene.pass(n), NOW).expect("a good key");
    let calls = [open(1), open(11), open(2), open(3)];
    let over = || calls.each_ref().map(|call| call.is_over(NOW));
    let end = |target| scene.gate.end_calls(target, Duration::ZERO);

    assert_eq!(end(Ended::Secret(key_id(1), secret_id(1))).await, 1);
    assert_eq!(over(), [true, false, false, false]);
    assert_eq!(end(Ended::Key(key_id(1))).await, 2);
    assert_eq!(over(), [true, true, false, false]);
    assert_eq!(end(Ended::Project(project_id(1))).await, 3);
    assert_eq!(over(), [true, true, true, false]);
    assert_eq!(end(Ended::Key(key_id(9))).await, 0);
    assert_eq!(scene.gate.counts().open_calls, 4);
    drop(calls);
    assert_eq!(scene.gate.counts().open_calls, 0);
    assert_eq!(end(Ended::Project(project_id(2))).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_when_its_key_expires_or_its_secret_retires() {
    let scene = Scene::new();
    let mut key = scene.key(1);
    key.expires_at = Some(NOW.plus_seconds(90));
    scene.apply(&key);
    let open = scene.gate.open(&scene.pass(1), NOW).expect("a good key");
    assert_eq!(open.deadline(), key.expires_at);
    key.secrets[0].retires_at = Some(NOW.plus_seconds(60));
    scene.apply(&key);
    assert_eq!(open.deadline(), key.secrets[0].retires_at);

    let begin = Instant::now();
    let clock = clock();
    open.ended(clock.clone()).await;
    assert_eq!(begin.elapsed().as_secs(), 60);
    assert!(open.is_over(clock()));
}

#[tokio::test(start_paused = true)]
async fn an_end_that_is_moved_closer_is_noticed_within_a_second() {
    let scene = Scene::new();
    let mut key = scene.key(1);
    scene.apply(&key);
    let open = scene.gate.open(&scene.pass(1), NOW).expect("a good key");
    let clock = clock();
    let begin = Instant::now();
    let ended = tokio::spawn(open.ended(clock.clone()));
    tokio::time::sleep(Duration::from_secs(10)).await;
    key.expires_at = Some(NOW.plus_millis(10_500));
    scene.apply(&key);
    ended.await.expect("no panic");
    assert!(begin.elapsed() <= Duration::from_millis(11_000));
    // No byte goes out late whatever the timer does: this is asked before each.
    assert!(open.is_over(NOW.plus_millis(10_500)) && !open.is_over(NOW.plus_millis(10_499)));
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_with_the_database_and_with_what_nobody_announced() {
    let scene = Scene::new();
    let key = scene.key(1);
    scene.apply(&key);
    let open = || scene.gate.open(&scene.pass(1), NOW).expect("a good key");

    // The commit of a revoke is in doubt, then turns out to have happened: nobody calls `end_calls`.
    let call = open();
    let ended = tokio::spawn(call.ended(|| NOW));
    scene.gate.in_doubt(&[Change::Key(revoked(&key))]);
    assert!(call.is_over(NOW));
    scene.apply(&revoked(&key));
    ended.await.expect("no panic");
    scene.apply(&key);

    let call = open();
    let ended = tokio::spawn(call.ended(|| NOW));
    scene.gate.serving(false);
    assert!(call.is_over(NOW));
    ended.await.expect("no panic");
    assert_eq!(call.pass().key_id(), key.id);
    let closed = Gate::admit(scene.gate.register(&call.pass()), NOW);
    assert_eq!(closed.err(), Some(Refusal::NotServing));
}

/// Threads open calls while another revokes and ends: whatever `end_calls` did not see must be refused.
#[test]
fn no_call_slips_between_the_record_and_the_registry() {
    use std::sync::{
        Barrier,
        atomic::{AtomicBool, Ordering::SeqCst},
    };

    let scene = Scene::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    for round in 0..300 {
        let key = scene.key(round);
        scene.apply(&key);
        let pass = scene.pass(round);
        let (start, answered) = (Barrier::new(4), AtomicBool::new(false));
        std::thread::scope(|threads| {
            for _ in 0..3 {
                threads.spawn(|| {
                    start.wait();
                    for _ in 0..50 {
                        let was_answered = answered.load(SeqCst);
                        match scene.gate.open(&pass, NOW) {
                            Ok(open) => {
                                assert!(!was_answered, "let in after the answer");
                                // A stream that goes on until it is told to stop.
                                while !open.is_over(NOW) {
                                    std::thread::yield_now();
                                }
                                assert!(!answered.load(SeqCst), "open after the answer");
                            }
                            Err(refusal) => {
                                assert_eq!(refusal, Refusal::Code(VerifyCode::Revoked));
                            }
                        }
                    }
                });
            }
            start.wait();
            if round % 2 == 0 {
                std::thread::yield_now();
            }
            scene.apply(&revoked(&key));
            runtime.block_on(
                scene
                    .gate
                    .end_calls(Ended::Key(key.id), Duration::from_secs(10)),
            );
            answered.store(true, SeqCst);
        });
    }
}
