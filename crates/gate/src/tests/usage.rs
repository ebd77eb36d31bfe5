use std::net::{IpAddr, Ipv4Addr};

use latchkey_store::usage::UsageDelta;
use latchkey_types::key::Via;

use super::*;
use crate::{FirstUse, LastUse, Use};

const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

fn used(after_millis: i64, via: Via, client: Option<&str>) -> Use<'_> {
    Use {
        at: NOW.plus_millis(after_millis),
        via,
        client,
        ip: Some(ADDRESS),
    }
}

/// What a flush would store now.
fn flush(scene: &Scene) -> Vec<UsageDelta> {
    let mut stored = Vec::new();
    let flushed = scene.gate.flush_with(NOW, |batch| {
        stored.extend_from_slice(batch);
        Ok::<(), ()>(())
    });
    assert_eq!(flushed, Ok(stored.len()));
    stored
}

fn sum(deltas: &[UsageDelta]) -> (u32, u32, u32, u32) {
    deltas.iter().fold((0, 0, 0, 0), |sum, delta| {
        (
            sum.0 + delta.via_header,
            sum.1 + delta.via_url,
            sum.2 + delta.via_verify,
            sum.3 + delta.refused,
        )
    })
}

#[test]
fn calls_are_counted_by_way_and_told_once() {
    let scene = Scene::new();
    scene.apply(&scene.key(1));
    scene.apply(&scene.key(2));
    let pass = scene.pass(1);
    scene.gate.note(&pass, used(1, Via::Url, Some("cursor/1")));
    scene
        .gate
        .note(&pass, used(3, Via::Header, Some("claude/2")));
    scene
        .gate
        .note(&pass, used(2, Via::Verify, Some("claude/2")));
    scene.gate.note_refused(&pass, NOW);

    let deltas = flush(&scene);
    assert_eq!(deltas.len(), 1, "the other key had no call");
    let delta = &deltas[0];
    assert_eq!(
        (delta.key, delta.project, delta.secret),
        (key_id(1), project_id(1), secret_id(1))
    );
    assert_eq!(sum(&deltas), (1, 1, 1, 1));
    let (first, last) = (delta.first_use.as_ref(), delta.last_use.as_ref());
    let (first, last) = (first.expect("a first"), last.expect("a last"));
    assert_eq!((first.at, first.via), (NOW.plus_millis(1), Via::Url));
    assert_eq!(first.client.as_deref(), Some("cursor/1"));
    assert_eq!(
        (last.at, last.via),
        (NOW.plus_millis(3), Via::Header),
        "the latest, not the last to come"
    );
    assert_eq!(last.client.as_deref(), Some("claude/2"));
    assert_eq!(last.ip.as_deref(), Some("192.0.2.1"));

    assert_eq!(flush(&scene), []);
    scene.gate.note(&pass, used(9, Via::Header, None));
    assert_eq!(sum(&flush(&scene)), (1, 0, 0, 0));
}

#[test]
fn memory_knows_the_first_and_the_last_use() {
    let scene = Scene::new();
    let key = scene.key(1);
    scene.apply(&key);
    let digest = key.secrets[0].digest;
    assert_eq!(scene.gate.last_use(&digest), None);
    scene.gate.note_refused(&scene.pass(1), NOW);
    assert_eq!(
        scene.gate.last_use(&digest),
        None,
        "a refused call is no use"
    );
    scene
        .gate
        .note(&scene.pass(1), used(1, Via::Header, Some("curl/8")));
    flush(&scene);
    scene.gate.note(&scene.pass(1), used(2, Via::Url, None));
    assert_eq!(
        scene.gate.last_use(&digest),
        Some(LastUse {
            at: NOW.plus_millis(2),
            via: Via::Url,
            client: None,
            ip: Some(ADDRESS),
            first: FirstUse {
                at: NOW.plus_millis(1),
                via: Via::Header,
                client: Some("curl/8".to_owned()),
            },
        })
    );
    assert_eq!(scene.gate.last_use(&Digest::from_bytes([9; 32])), None);
}

#[test]
fn a_refused_call_says_nothing_of_a_last_use() {
    let scene = Scene::new();
    let mut key = scene.key(1);
    key.revoked = true;
    scene.apply(&key);
    let Verdict::Refused {
        known: Some(known), ..
    } = scene.verify(&secret(1))
    else {
        panic!("it is known");
    };
    scene.gate.note_refused(&known, NOW);
    let deltas = flush(&scene);
    assert_eq!(sum(&deltas), (0, 0, 0, 1));
    assert_eq!((&deltas[0].first_use, &deltas[0].last_use), (&None, &None));
}

#[test]
fn counts_survive_every_change_of_the_key() {
    let scene = Scene::new();
    let mut key = scene.key(1);
    scene.apply(&key);
    scene.gate.note(&scene.pass(1), used(1, Via::Header, None));
    key.secrets[0].is_newest = false;
    key.secrets.push(scene.secret(2));
    scene.apply(&key);
    scene.gate.note(&scene.pass(1), used(2, Via::Header, None));
    scene.gate.in_doubt(&[Change::Key(key.clone())]);
    key.revoked = true;
    scene.apply(&key);
    assert_eq!(sum(&flush(&scene)), (2, 0, 0, 0));
    assert!(scene.gate.last_use(&key.secrets[0].digest).is_some());
    assert!(scene.gate.last_use(&key.secrets[1].digest).is_none());
}

#[test]
fn what_could_not_be_stored_is_told_again() {
    let scene = Scene::new();
    for n in 0..1200 {
        scene.apply(&scene.key(n));
        scene.gate.note(&scene.pass(n), used(1, Via::Header, None));
    }
    let mut batches = 0;
    let mut stored: Vec<UsageDelta> = Vec::new();
    let failed = scene.gate.flush_with(NOW, |batch| {
        batches += 1;
        assert!(batch.is_sorted_by_key(|delta| (delta.key, delta.secret)));
        if batches == 2 {
            return Err("the disk is full");
        }
        stored.extend_from_slice(batch);
        Ok(())
    });
    assert_eq!(failed, Err("the disk is full"));
    assert_eq!(stored.len(), 500);
    // A call in the meantime adds to what was put back.
    scene
        .gate
        .note(&scene.pass(1199), used(2, Via::Header, None));
    stored.extend(flush(&scene));
    assert_eq!(stored.len(), 1200);
    assert_eq!(sum(&stored), (1201, 0, 0, 0));
    assert_eq!(flush(&scene), []);
}

#[test]
fn no_call_is_lost_between_counting_and_flushing() {
    const CALLS: u32 = 20_000;
    let scene = Scene::new();
    scene.apply(&scene.key(1));
    scene.apply(&scene.key(2));
    let mut stored = Vec::new();
    std::thread::scope(|threads| {
        let noting: Vec<_> = (0..4)
            .map(|n| {
                let pass = scene.pass(1 + n % 2);
                let gate = &scene.gate;
                threads.spawn(move || {
                    for call in 0..CALLS {
                        gate.note(&pass, used(i64::from(call), Via::Header, Some("curl/8")));
                    }
                })
            })
            .collect();
        while noting.iter().any(|thread| !thread.is_finished()) {
            stored.extend(flush(&scene));
        }
    });
    stored.extend(flush(&scene));
    assert_eq!(sum(&stored), (4 * CALLS, 0, 0, 0));
}

/// A later call would wake a forgotten count up again, so here each is the last one for a while.
#[test]
fn a_call_beside_a_flush_is_told_by_it_or_by_the_next() {
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

    const ROUNDS: u32 = 20_000;
    let scene = Scene::new();
    scene.apply(&scene.key(1));
    let pass = scene.pass(1);
    let round = AtomicU32::new(0);
    let noted = AtomicU32::new(0);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            for next in 1..=ROUNDS {
                while round.load(SeqCst) < next {
                    std::thread::yield_now();
                }
                scene.gate.note(&pass, used(1, Via::Header, None));
                scene.gate.note(&pass, used(1, Via::Header, None));
                noted.store(next, SeqCst);
            }
        });
        let mut wrong = Vec::new();
        for next in 1..=ROUNDS {
            round.store(next, SeqCst);
            let mut told = 0;
            while noted.load(SeqCst) < next {
                told += sum(&flush(&scene)).0;
            }
            told += sum(&flush(&scene)).0;
            if told != 2 {
                wrong.push((next, told));
            }
        }
        assert_eq!(wrong, []);
    });
}
