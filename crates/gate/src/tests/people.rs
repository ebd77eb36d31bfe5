use super::*;
use crate::NotServing;

#[test]
fn a_token_is_accepted_with_its_user_and_permissions() {
    let scene = Scene::new();
    scene.gate.changed(&[Change::Token(scene.token(1, 2))]);
    let pass = scene
        .gate
        .token(&token(1), NOW)
        .expect("it serves")
        .expect("a good token");
    assert_eq!(pass.user().id, user_id(2));
    assert_eq!(pass.name(), "Deploy script");
    assert!(pass.allows(Permission::Manage) && pass.allows(Permission::Read));
    assert!(!pass.allows(Permission::Verify));
    assert_eq!(
        format!("{pass:?}"),
        format!(
            "TokenPass {{ token: {}, user: {} }}",
            pass.token_id(),
            user_id(2)
        )
    );
}

#[test]
fn a_token_ends_with_its_revoke_its_time_and_its_user() {
    let scene = Scene::new();
    let accepted = |scene: &Scene| scene.gate.token(&token(1), NOW).map(|pass| pass.is_some());
    let good = scene.token(1, 2);
    let set = |state: &TokenState| scene.gate.changed(&[Change::Token(state.clone())]);

    assert_eq!(accepted(&scene), Ok(false));
    set(&good);
    assert_eq!(accepted(&scene), Ok(true));
    set(&TokenState {
        expires_at: Some(NOW),
        ..good.clone()
    });
    assert_eq!(accepted(&scene), Ok(false));
    set(&TokenState {
        expires_at: Some(NOW.plus_millis(1)),
        ..good.clone()
    });
    assert_eq!(accepted(&scene), Ok(true));
    set(&TokenState {
        revoked: true,
        ..good.clone()
    });
    assert_eq!(accepted(&scene), Ok(false));
    set(&good);

    let mut disabled = user(2, InstanceRole::Member);
    disabled.disabled = true;
    scene.gate.changed(&[Change::User(disabled)]);
    assert_eq!(accepted(&scene), Ok(false));
    scene
        .gate
        .changed(&[Change::User(user(2, InstanceRole::Member))]);
    assert_eq!(accepted(&scene), Ok(true));

    scene.gate.serving(false);
    assert_eq!(accepted(&scene), Err(NotServing));
    assert_eq!(scene.gate.counts().tokens, 1);
}

#[test]
fn an_api_key_is_no_token() {
    let scene = Scene::new();
    scene.apply(&scene.key(1));
    for text in ["", "lkm_", &secret(1), &token(9)] {
        assert!(matches!(scene.gate.token(text, NOW), Ok(None)));
    }
}

#[test]
fn a_token_in_doubt_gets_no_verdict() {
    let scene = Scene::new();
    let state = scene.token(1, 2);
    scene.gate.in_doubt(&[Change::Token(state.clone())]);
    assert!(matches!(scene.gate.token(&token(1), NOW), Ok(None)));
    scene.gate.changed(&[Change::Token(state.clone())]);
    scene.gate.in_doubt(&[Change::Token(state.clone())]);
    assert!(scene.gate.token(&token(1), NOW).is_err());
    scene.gate.changed(&[Change::Token(state)]);
    assert!(matches!(scene.gate.token(&token(1), NOW), Ok(Some(_))));

    scene
        .gate
        .in_doubt(&[Change::User(user(2, InstanceRole::Member))]);
    assert!(scene.gate.token(&token(1), NOW).is_err());
    assert!(scene.gate.user(user_id(2)).is_none());
    scene
        .gate
        .changed(&[Change::User(user(2, InstanceRole::Member))]);
    assert!(matches!(scene.gate.token(&token(1), NOW), Ok(Some(_))));
}

#[test]
fn roles_follow_membership_and_admins_own_everything() {
    let scene = Scene::new();
    let role = |person, of| scene.gate.role_in(user_id(person), project_id(of));
    assert_eq!(role(2, 1), Some(Role::Editor));
    assert_eq!(role(2, 2), None);
    assert_eq!(role(1, 1), Some(Role::Owner));
    assert_eq!(role(1, 2), Some(Role::Owner));
    assert_eq!(role(1, 3), None, "there is no such project");
    assert_eq!(role(3, 1), None, "there is no such person");

    scene.gate.changed(&[member(1, 2, Some(Role::Viewer))]);
    assert_eq!(role(2, 1), Some(Role::Viewer));
    scene.gate.in_doubt(&[member(1, 2, None)]);
    assert_eq!(role(2, 1), None);
    scene.gate.changed(&[member(1, 2, Some(Role::Viewer))]);
    scene.gate.changed(&[member(1, 2, None)]);
    assert_eq!(role(2, 1), None);

    let mut disabled = user(1, InstanceRole::Admin);
    disabled.disabled = true;
    scene.gate.changed(&[Change::User(disabled)]);
    assert_eq!(role(1, 1), None);
}

#[test]
fn a_reload_forgets_memberships_that_are_gone() {
    let scene = Scene::new();
    scene.gate.reloading();
    assert_eq!(scene.gate.role_in(user_id(2), project_id(1)), None);
    assert!(scene.gate.user(user_id(2)).is_some());
}
