use std::sync::Arc;

use super::*;
use crate::Refusal;

#[test]
fn a_gate_is_closed_until_it_is_told_to_serve() {
    let scene = Scene::new();
    scene.apply(&scene.key(1));
    assert_eq!(scene.code(1), Some(VerifyCode::Valid));
    scene.gate.serving(false);
    assert_eq!(scene.code(1), None);
    assert_eq!(scene.code(2), None, "an unknown key learns no more");
    scene.gate.serving(true);
    assert_eq!(scene.code(1), Some(VerifyCode::Valid));

    let fresh = Gate::new(Arc::clone(&scene.ring));
    assert!(matches!(
        fresh.verify(&secret(1), Wanted::Any, NOW),
        Verdict::NotServing
    ));
}

#[test]
fn what_is_no_key_of_ours_is_invalid_and_unknown() {
    let scene = Scene::new();
    scene.apply(&scene.key(1));
    scene.gate.changed(&[Change::Token(scene.token(1, 1))]);
    let almost = secret(1).replace("lk_", "lkm_");
    for text in [
        "",
        "lk_",
        "hunter2",
        &almost,
        &secret(2),
        &token(1),
        &token(2),
    ] {
        assert!(matches!(
            scene.verify(text),
            Verdict::Refused {
                code: VerifyCode::Invalid,
                known: None
            }
        ));
    }
}

#[test]
fn an_accepted_key_tells_what_it_is() {
    let scene = Scene::new();
    let mut key = scene.key(1);
    key.expires_at = Some(NOW.plus_seconds(60));
    scene.apply(&key);
    let pass = scene.pass(1);
    assert_eq!(pass.key_id(), key.id);
    assert_eq!(pass.secret_id(), secret_id(1));
    assert_eq!(pass.project_id(), project_id(1));
    assert_eq!(pass.project().slug().as_str(), "memorylake");
    assert_eq!(pass.description(), "Production - Client 1");
    assert_eq!(pass.environment(), Environment::Production);
    assert_eq!(pass.expires_at(), key.expires_at);
    assert_eq!(pass.digest(), key.secrets[0].digest);
    assert!(pass.is_newest_secret());
    assert_eq!(
        format!("{pass:?}"),
        format!(
            "Pass {{ key: {}, secret: {}, project: {} }}",
            key.id,
            secret_id(1),
            project_id(1)
        )
    );
}

#[test]
fn each_change_is_seen_by_the_next_verify_and_by_passes_at_hand() {
    let scene = Scene::new();
    let mut key = scene.key(1);
    scene.apply(&key);
    let pass = scene.pass(1);

    key.description = "Staging - Cursor".to_owned();
    key.environment = Environment::Staging;
    scene.apply(&key);
    assert_eq!(pass.description(), "Staging - Cursor");
    assert_eq!(pass.environment(), Environment::Staging);

    key.disabled = true;
    scene.apply(&key);
    assert_eq!(scene.code(1), Some(VerifyCode::Disabled));
    key.disabled = false;
    scene.apply(&key);
    assert_eq!(scene.code(1), Some(VerifyCode::Valid));
    key.expires_at = Some(NOW);
    scene.apply(&key);
    assert_eq!(scene.code(1), Some(VerifyCode::Expired));
    key.expires_at = Some(NOW.plus_millis(1));
    scene.apply(&key);
    assert_eq!(scene.code(1), Some(VerifyCode::Valid));
    key.revoked = true;
    scene.apply(&key);
    assert_eq!(scene.code(1), Some(VerifyCode::Revoked));
    assert_eq!(scene.gate.counts().keys, 1);
    assert_eq!(scene.gate.counts().secrets, 1);
}

#[test]
fn a_rotated_key_has_two_secrets_until_the_old_one_retires() {
    let scene = Scene::new();
    let mut key = scene.key(1);
    scene.apply(&key);
    key.secrets[0].is_newest = false;
    key.secrets[0].retires_at = Some(NOW.plus_seconds(60));
    key.secrets.push(scene.secret(2));
    scene.apply(&key);
    assert_eq!(scene.pass(1).key_id(), scene.pass(2).key_id());
    assert!(!scene.pass(1).is_newest_secret() && scene.pass(2).is_newest_secret());

    key.secrets[0].retires_at = Some(NOW);
    scene.apply(&key);
    assert_eq!(scene.code(1), Some(VerifyCode::Retired));
    assert_eq!(scene.code(2), Some(VerifyCode::Valid));
    key.revoked = true;
    scene.apply(&key);
    assert_eq!(scene.code(1), Some(VerifyCode::Revoked));
    assert_eq!(scene.code(2), Some(VerifyCode::Revoked));
    let counts = scene.gate.counts();
    assert_eq!((counts.keys, counts.secrets), (1, 2));
}

#[test]
fn a_key_opens_its_own_project_only() {
    let scene = Scene::new();
    scene.apply(&scene.key(1));
    let (one, two, none) = (
        project_id(1).to_string(),
        project_id(2).to_string(),
        project_id(3).to_string(),
    );
    for (wanted, expected) in [
        (Wanted::Any, VerifyCode::Valid),
        (Wanted::Project(project_id(1)), VerifyCode::Valid),
        (Wanted::Named("memorylake"), VerifyCode::Valid),
        (Wanted::Named(&one), VerifyCode::Valid),
        (Wanted::Project(project_id(2)), VerifyCode::WrongProject),
        (Wanted::Named("other-lake"), VerifyCode::WrongProject),
        (Wanted::Named(&two), VerifyCode::WrongProject),
        (Wanted::Named(&none), VerifyCode::WrongProject),
        (Wanted::Named("no-such-lake"), VerifyCode::WrongProject),
        (Wanted::Named(""), VerifyCode::WrongProject),
    ] {
        let verdict = scene.gate.verify(&secret(1), wanted, NOW);
        assert_eq!(code(&verdict), Some(expected), "{wanted:?}");
        let unknown = scene.gate.verify(&secret(9), wanted, NOW);
        assert_eq!(code(&unknown), Some(VerifyCode::Invalid), "{wanted:?}");
    }
}

#[test]
fn an_archived_project_refuses_all_its_keys_by_one_change() {
    let scene = Scene::new();
    scene.apply(&scene.key(1));
    scene.apply(&scene.key(2));
    let mut archived = project(1, "memorylake");
    archived.archived = true;
    archived.version = 2;
    scene.gate.changed(&[Change::Project(archived)]);
    assert_eq!(scene.code(1), Some(VerifyCode::Revoked));
    assert_eq!(scene.code(2), Some(VerifyCode::Revoked));
    let record = scene
        .gate
        .project_by_slug("memorylake")
        .expect("it is still there");
    assert!(record.is_archived());
    assert_eq!(record.settings().version, 2);
    assert!(scene.gate.project(project_id(3)).is_none());
}

#[test]
fn a_key_in_doubt_gets_no_verdict_until_it_was_read_again() {
    for revoked in [false, true] {
        let scene = Scene::new();
        let key = scene.key(1);
        scene.apply(&key);
        let mut wished = key.clone();
        wished.revoked = true;
        scene.gate.in_doubt(&[Change::Key(wished)]);
        assert_eq!(scene.code(1), None);
        let read_again = KeyState { revoked, ..key };
        scene.apply(&read_again);
        let expected = if revoked {
            VerifyCode::Revoked
        } else {
            VerifyCode::Valid
        };
        assert_eq!(scene.code(1), Some(expected));
    }
}

#[test]
fn a_new_secret_in_doubt_is_unknown_and_its_key_is_in_doubt() {
    let scene = Scene::new();
    let mut key = scene.key(1);
    scene.gate.in_doubt(&[Change::Key(key.clone())]);
    assert_eq!(scene.code(1), Some(VerifyCode::Invalid));
    scene.apply(&key);
    key.secrets.push(scene.secret(2));
    scene.gate.in_doubt(&[Change::Key(key)]);
    assert_eq!(scene.code(1), None);
    assert_eq!(scene.code(2), Some(VerifyCode::Invalid));
}

#[test]
fn a_project_in_doubt_answers_for_none_of_its_keys() {
    let scene = Scene::new();
    scene.apply(&scene.key(1));
    let pass = scene.pass(1);
    scene
        .gate
        .in_doubt(&[Change::Project(project(1, "memorylake"))]);
    assert_eq!(scene.code(1), None);
    assert!(matches!(
        scene.gate.open(&pass, NOW),
        Err(Refusal::NotServing)
    ));
    scene
        .gate
        .changed(&[Change::Project(project(1, "memorylake"))]);
    assert_eq!(scene.code(1), Some(VerifyCode::Valid));
}

#[test]
fn a_key_of_a_project_that_was_never_told_is_refused() {
    let scene = Scene::new();
    let mut key = scene.key(1);
    key.project_id = project_id(9);
    scene.apply(&key);
    assert_eq!(scene.code(1), Some(VerifyCode::Invalid));
}
