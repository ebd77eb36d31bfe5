//! Which keys need care, and why. Pure: a key and the time in, findings out.

use latchkey_types::{
    Timestamp,
    guidance::{AdviceCode, advise},
    insight::{Finding, HygieneCode},
    key::{Key, KeyStatus, Via},
};

const DAY_MILLIS: i64 = 24 * 3600 * 1000;

/// What should be taken care of in this key at this time. Nothing for a key that is not accepted anyway.
#[must_use]
pub fn findings(key: &Key, now: Timestamp) -> Vec<Finding> {
    if key.status != KeyStatus::Active {
        return Vec::new();
    }
    let days_since = |at: Timestamp| (now.as_millis() - at.as_millis()) / DAY_MILLIS;
    let mut found = Vec::new();
    let mut note = |code, message: String| found.push(Finding { code, message });
    let idle = days_since(key.last_used_at.unwrap_or(key.created_at));
    if idle >= 30 {
        let since = if key.last_used_at.is_some() {
            "Not used"
        } else {
            "Never used"
        };
        note(
            HygieneCode::Unused,
            format!("{since} for {idle} days. Delete it if nobody needs it."),
        );
    }
    let newest = key.secrets.iter().map(|secret| secret.created_at).max();
    let age = days_since(newest.unwrap_or(key.created_at));
    if age >= 90 {
        note(
            HygieneCode::Old,
            format!("Its secret is {age} days old. Rotate it."),
        );
    }
    if let Some(expires_at) = key.expires_at {
        let left = (expires_at.as_millis() - now.as_millis()).div_euclid(DAY_MILLIS);
        if left < 7 {
            let when = match left {
                0 => "within a day".to_owned(),
                1 => "in a day".to_owned(),
                days => format!("in {days} days"),
            };
            note(
                HygieneCode::ExpiringSoon,
                format!("It expires {when}. Give it a later expiry or replace it."),
            );
        }
    }
    if key.last_used_via == Some(Via::Url) && idle < 30 {
        note(
            HygieneCode::SeenInUrl,
            "It came in a URL, where logs and histories keep it. Send it in a header, and rotate it.".to_owned(),
        );
    }
    let weak = advise(&key.description, false)
        .into_iter()
        .find(|advice| matches!(advice.code, AdviceCode::Empty | AdviceCode::Weak));
    if let Some(advice) = weak {
        note(HygieneCode::WeakName, advice.message);
    }
    found
}

#[cfg(test)]
mod tests {
    use latchkey_types::{KeyId, ProjectId, UserId, key::Environment, user::UserRef};
    use uuid::Uuid;

    use super::*;

    fn key(now: Timestamp) -> Key {
        Key {
            id: KeyId::from_uuid(Uuid::nil()),
            project_id: ProjectId::from_uuid(Uuid::nil()),
            description: "Production - Claude Integration".to_owned(),
            environment: Environment::None,
            hint: String::new(),
            status: KeyStatus::Active,
            created_by: UserRef {
                id: UserId::from_uuid(Uuid::nil()),
                name: "Ada".to_owned(),
            },
            created_at: now,
            expires_at: None,
            disabled_at: None,
            revoked_at: None,
            revoked_by: None,
            revoke_reason: None,
            last_used_at: None,
            last_used_via: None,
            last_used_client: None,
            last_used_ip: None,
            secrets: Vec::new(),
            version: 1,
        }
    }

    fn codes(change: impl FnOnce(&mut Key)) -> Vec<HygieneCode> {
        let now = Timestamp::from_millis(1_000 * DAY_MILLIS);
        let mut key = key(now);
        change(&mut key);
        findings(&key, now)
            .iter()
            .map(|finding| finding.code)
            .collect()
    }

    fn days(n: i64) -> Timestamp {
        Timestamp::from_millis((1_000 + n) * DAY_MILLIS)
    }

    #[test]
    fn each_rule_at_its_edge() {
        assert_eq!(codes(|_| {}), []);
        assert_eq!(codes(|key| key.created_at = days(-29)), []);
        assert_eq!(
            codes(|key| key.created_at = days(-30)),
            [HygieneCode::Unused]
        );
        assert_eq!(
            codes(|key| {
                key.created_at = days(-90);
                key.last_used_at = Some(days(-1));
            }),
            [HygieneCode::Old]
        );
        assert_eq!(codes(|key| key.expires_at = Some(days(7))), []);
        assert_eq!(
            codes(|key| key.expires_at = Some(days(6))),
            [HygieneCode::ExpiringSoon]
        );
        assert_eq!(
            codes(|key| {
                key.last_used_at = Some(days(0));
                key.last_used_via = Some(Via::Url);
            }),
            [HygieneCode::SeenInUrl]
        );
        assert_eq!(
            codes(|key| key.description = "Key 1".to_owned()),
            [HygieneCode::WeakName]
        );
        assert_eq!(
            codes(|key| key.description = String::new()),
            [HygieneCode::WeakName]
        );
        assert_eq!(
            codes(|key| {
                key.description = "Key 1".to_owned();
                key.status = KeyStatus::Revoked;
            }),
            []
        );
    }
}
