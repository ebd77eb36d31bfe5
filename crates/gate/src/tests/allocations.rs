//! A check allocates nothing: counted, not timed.

use allocation_counter::measure;
use latchkey_types::key::Via;

use super::*;
use crate::Use;

fn used(n: u32) -> Use<'static> {
    Use {
        at: NOW.plus_millis(i64::from(n)),
        via: Via::Header,
        client: Some("claude-code/2.1.0"),
        ip: Some([192, 0, 2, 7].into()),
    }
}

#[test]
fn an_accepted_check_allocates_nothing_and_neither_does_counting_it() {
    let scene = Scene::new();
    scene.apply(&scene.key(1));
    let (text, project) = (secret(1), project_id(1));
    // The first use makes the counters, and what the threads of this process make once.
    scene.gate.note(&scene.pass(1), used(0));
    let counted = measure(|| {
        for n in 1..100 {
            for wanted in [
                Wanted::Any,
                Wanted::Named("memorylake"),
                Wanted::Project(project),
            ] {
                match scene.gate.verify(&text, wanted, NOW) {
                    Verdict::Accepted(pass) => scene.gate.note(&pass, used(n)),
                    other => panic!("not accepted: {other:?}"),
                }
            }
        }
    });
    assert_eq!(counted.count_total, 0);
}

#[test]
fn a_refused_check_allocates_nothing() {
    let scene = Scene::new();
    scene.apply(&scene.key(1));
    let mut revoked = scene.key(2);
    revoked.revoked = true;
    scene.apply(&revoked);
    let mut wrong_sum = secret(1);
    wrong_sum.pop();
    wrong_sum.push('!');
    let texts = [
        secret(2),
        secret(3),
        wrong_sum,
        token(1),
        "x".repeat(10_000),
    ];
    for text in &texts {
        assert_ne!(code(&scene.verify(text)), Some(VerifyCode::Valid));
    }
    let counted = measure(|| {
        for text in &texts {
            let _ = scene.verify(text);
        }
    });
    assert_eq!(counted.count_total, 0);
}
