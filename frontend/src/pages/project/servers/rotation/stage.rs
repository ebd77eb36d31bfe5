//! How far a rotation is. Pure.

use latchkey_types::key::Key;

/// The step to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// A new secret has to be made.
    Make,
    /// It has to reach the applications: both secrets are used, or none is yet.
    Update,
    /// It has to be seen working.
    Verify,
    /// The old one can end.
    End,
    /// Only the new one is left, and it works.
    Done,
}

impl Stage {
    /// The stage of a key's rotation. `was_rotating` says that there were two secrets a moment ago.
    #[must_use]
    pub fn of(key: &Key, was_rotating: bool) -> Self {
        let is_rotating = key.secrets.len() > 1;
        let is_verified = key
            .secrets
            .first()
            .is_some_and(|newest| newest.last_used_at.is_some());
        match (is_rotating, was_rotating, is_verified) {
            (false, false, _) => Self::Make,
            (true, _, false) => Self::Update,
            (true, _, true) => Self::End,
            (false, true, false) => Self::Verify,
            (false, true, true) => Self::Done,
        }
    }
}

#[cfg(test)]
mod tests {
    use latchkey_types::Timestamp;

    use super::*;

    fn key(last_uses: &[Option<i64>]) -> Key {
        let secrets: Vec<serde_json::Value> = last_uses
            .iter()
            .map(|last_use| {
                serde_json::json!({
                    "id": "sec_019a1c5e0f7a7c3e8a4b5d6e7f801239",
                    "hint": "lk_…a1B2",
                    "created_at": "2026-01-31T12:00:00Z",
                    "retires_at": null,
                    "last_used_at": last_use.map(Timestamp::from_millis),
                })
            })
            .collect();
        let user = serde_json::json!({"id": "usr_019a1c5e0f7a7c3e8a4b5d6e7f801234", "name": "Ada"});
        serde_json::from_value(serde_json::json!({
            "id": "key_019a1c5e0f7a7c3e8a4b5d6e7f801238",
            "project_id": "proj_019a1c5e0f7a7c3e8a4b5d6e7f801237",
            "description": "CI runner", "environment": "none", "hint": "lk_…a1B2",
            "status": "active", "created_by": user, "created_at": "2026-01-31T12:00:00Z",
            "expires_at": null, "disabled_at": null, "revoked_at": null, "revoked_by": null,
            "revoke_reason": null, "last_used_at": null, "last_used_via": null,
            "last_used_client": null, "last_used_ip": null, "secrets": secrets, "version": 1,
        }))
        .expect("a key")
    }

    #[test]
    fn a_rotation_goes_through_its_steps() {
        let once = Some(1_800_000_000_000);
        assert_eq!(Stage::of(&key(&[once]), false), Stage::Make);
        assert_eq!(Stage::of(&key(&[None, once]), true), Stage::Update);
        assert_eq!(Stage::of(&key(&[once, once]), true), Stage::End);
        assert_eq!(Stage::of(&key(&[once]), true), Stage::Done);
        // The old one ended before the new one was used.
        assert_eq!(Stage::of(&key(&[None]), true), Stage::Verify);
        // Opened in the middle.
        assert_eq!(Stage::of(&key(&[None, once]), false), Stage::Update);
    }
}
