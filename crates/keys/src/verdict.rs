//! The one place where the reasons and their order stand.

use latchkey_types::{Timestamp, key::KeyStatus, verify::VerifyCode};

/// What is known about a secret that was found: it is or was one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The key is revoked.
    pub revoked: bool,
    /// The key is switched off.
    pub disabled: bool,
    /// From this moment on the key is expired.
    pub expires_at: Option<Timestamp>,
    /// The key's project is archived, which revokes all its keys.
    pub project_archived: bool,
    /// From this moment on this secret is retired: the key was rotated, and the overlap is over.
    pub retires_at: Option<Timestamp>,
    /// The key is of the project that was asked for, or none was.
    pub project_matches: bool,
}

/// The verdict at this moment, in the order project, revoked, disabled, expired, retired.
#[must_use]
pub fn judge(standing: &Standing, now: Timestamp) -> VerifyCode {
    if !standing.project_matches {
        VerifyCode::WrongProject
    } else if standing.revoked || standing.project_archived {
        VerifyCode::Revoked
    } else if standing.disabled {
        VerifyCode::Disabled
    } else if is_over(standing.expires_at, now) {
        VerifyCode::Expired
    } else if is_over(standing.retires_at, now) {
        VerifyCode::Retired
    } else {
        VerifyCode::Valid
    }
}

/// What lists show of a key: revoked before disabled before expired before active.
#[must_use]
pub fn status(
    revoked: bool,
    disabled: bool,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> KeyStatus {
    if revoked {
        KeyStatus::Revoked
    } else if disabled {
        KeyStatus::Disabled
    } else if is_over(expires_at, now) {
        KeyStatus::Expired
    } else {
        KeyStatus::Active
    }
}

/// The end itself is over already: a key that expires at noon is not accepted at noon.
#[must_use]
pub fn is_over(end: Option<Timestamp>, now: Timestamp) -> bool {
    end.is_some_and(|end| now >= end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    const GOOD: Standing = Standing {
        revoked: false,
        disabled: false,
        expires_at: None,
        project_archived: false,
        retires_at: None,
        project_matches: true,
    };

    #[test]
    fn each_reason_and_its_boundary() {
        let before = Some(NOON.plus_millis(-1));
        let after = Some(NOON.plus_millis(1));
        for (standing, code) in [
            (GOOD, VerifyCode::Valid),
            (
                Standing {
                    project_matches: false,
                    ..GOOD
                },
                VerifyCode::WrongProject,
            ),
            (
                Standing {
                    revoked: true,
                    ..GOOD
                },
                VerifyCode::Revoked,
            ),
            (
                Standing {
                    project_archived: true,
                    ..GOOD
                },
                VerifyCode::Revoked,
            ),
            (
                Standing {
                    disabled: true,
                    ..GOOD
                },
                VerifyCode::Disabled,
            ),
            (
                Standing {
                    expires_at: before,
                    ..GOOD
                },
                VerifyCode::Expired,
            ),
            (
                Standing {
                    expires_at: Some(NOON),
                    ..GOOD
                },
                VerifyCode::Expired,
            ),
            (
                Standing {
                    expires_at: after,
                    ..GOOD
                },
                VerifyCode::Valid,
            ),
            (
                Standing {
                    retires_at: before,
                    ..GOOD
                },
                VerifyCode::Retired,
            ),
            (
                Standing {
                    retires_at: Some(NOON),
                    ..GOOD
                },
                VerifyCode::Retired,
            ),
            (
                Standing {
                    retires_at: after,
                    ..GOOD
                },
                VerifyCode::Valid,
            ),
        ] {
            assert_eq!(judge(&standing, NOON), code, "{standing:?}");
        }
    }

    #[test]
    fn the_first_reason_counts() {
        let mut worst = Standing {
            revoked: true,
            disabled: true,
            expires_at: Some(NOON),
            project_archived: true,
            retires_at: Some(NOON),
            project_matches: false,
        };
        assert_eq!(judge(&worst, NOON), VerifyCode::WrongProject);
        worst.project_matches = true;
        assert_eq!(judge(&worst, NOON), VerifyCode::Revoked);
        worst.revoked = false;
        assert_eq!(judge(&worst, NOON), VerifyCode::Revoked);
        worst.project_archived = false;
        assert_eq!(judge(&worst, NOON), VerifyCode::Disabled);
        worst.disabled = false;
        assert_eq!(judge(&worst, NOON), VerifyCode::Expired);
        worst.expires_at = None;
        assert_eq!(judge(&worst, NOON), VerifyCode::Retired);
    }

    #[test]
    fn the_status_has_the_same_order() {
        for (revoked, disabled, expired, wanted) in [
            (false, false, false, KeyStatus::Active),
            (false, false, true, KeyStatus::Expired),
            (false, true, false, KeyStatus::Disabled),
            (false, true, true, KeyStatus::Disabled),
            (true, false, false, KeyStatus::Revoked),
            (true, true, true, KeyStatus::Revoked),
        ] {
            let expires_at = expired.then_some(NOON);
            assert_eq!(status(revoked, disabled, expires_at, NOON), wanted);
        }
    }

    fn end() -> impl Strategy<Value = Option<Timestamp>> {
        prop::option::of((-2_i64..3).prop_map(|by| NOON.plus_millis(by)))
    }

    proptest! {
        #[test]
        fn only_what_has_nothing_against_it_is_valid(
            revoked: bool, disabled: bool, project_archived: bool, project_matches: bool,
            expires_at in end(), retires_at in end(),
        ) {
            let standing = Standing {
                revoked, disabled, expires_at, project_archived, retires_at, project_matches,
            };
            let good = !revoked && !disabled && !project_archived && project_matches
                && !is_over(expires_at, NOON) && !is_over(retires_at, NOON);
            prop_assert_eq!(judge(&standing, NOON) == VerifyCode::Valid, good);
        }
    }
}
