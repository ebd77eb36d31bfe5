//! The verdict on what a caller presents.

use latchkey_keys::{Digest, Presented, SecretKind, verdict::is_over};
use latchkey_types::{ProjectId, Timestamp, verify::VerifyCode};

use crate::{
    Gate,
    pass::{Pass, TokenPass},
    record::ProjectRecord,
};

/// For which project a key must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// For whichever it is.
    Any,
    /// For this one.
    Project(ProjectId),
    /// For the one with this id or slug. When there is none, every known key gets `wrong_project`, as it
    /// does for a project of somebody else: so holding any key does not help to find out which projects
    /// exist. A text that no id and no slug can be (empty, too long) is treated alike.
    Named(&'a str),
}

/// The answer to a presented API key.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// Accepted.
    Accepted(Pass),
    /// Not accepted.
    Refused {
        /// Why.
        code: VerifyCode,
        /// What was presented, if it is or was a secret of ours; only then may `code` be told.
        known: Option<Pass>,
    },
    /// There can't be an answer now; the caller says 503, and never that the key is bad.
    NotServing,
}

/// There can't be an answer now: the database is not proven to be ours, or what was asked for is in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotServing;

/// Why a known secret is not accepted at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// This is against it. Never [`VerifyCode::Valid`].
    Code(VerifyCode),
    /// There can't be an answer now; the caller says 503.
    NotServing,
}

impl Gate {
    /// The verdict on a presented API key. No I/O, no lock, one HMAC for what has the shape of a key and
    /// none for what has not; one more for each older master key that is not retired, if the newest one's finds
    /// nothing. A management token is `invalid` here.
    #[must_use]
    pub fn verify(&self, presented: &str, wanted: Wanted<'_>, now: Timestamp) -> Verdict {
        const INVALID: Verdict = Verdict::Refused {
            code: VerifyCode::Invalid,
            known: None,
        };
        if !self.is_serving() {
            return Verdict::NotServing;
        }
        let Some(secret) = Presented::parse(presented) else {
            return INVALID;
        };
        if secret.kind() != SecretKind::Key {
            return INVALID;
        }
        let Some(slot) = self.look_up(&secret, |digest| self.index.slot(digest)) else {
            return INVALID;
        };
        match slot.judge(wanted.is(slot.project()), now) {
            Ok(()) => Verdict::Accepted(Pass { slot }),
            Err(Refusal::Code(code)) => Verdict::Refused {
                code,
                known: Some(Pass { slot }),
            },
            Err(Refusal::NotServing) => Verdict::NotServing,
        }
    }

    /// The verdict on a presented management token, within the same bounds. `None` for an unknown, revoked
    /// or expired one, for one of a disabled person, and for everything that is no token.
    ///
    /// # Errors
    /// When there can't be an answer now.
    pub fn token(&self, presented: &str, now: Timestamp) -> Result<Option<TokenPass>, NotServing> {
        if !self.is_serving() {
            return Err(NotServing);
        }
        let found = Presented::parse(presented)
            .filter(|secret| secret.kind() == SecretKind::Token)
            .and_then(|secret| self.look_up(&secret, |digest| self.index.token(digest)));
        let Some(token) = found else {
            return Ok(None);
        };
        let Some(user) = self.index.user(token.user_id) else {
            return Ok(None);
        };
        if token.in_doubt || user.in_doubt {
            return Err(NotServing);
        }
        let accepted = !token.revoked && !user.disabled && !is_over(token.expires_at, now);
        Ok(accepted.then_some(TokenPass { token, user }))
    }
}

impl Gate {
    /// What is found by the digest that the newest pepper makes, or else one of the older ones, of which there are
    /// none unless the master key was replaced.
    fn look_up<T>(&self, secret: &Presented<'_>, find: impl Fn(&Digest) -> Option<T>) -> Option<T> {
        find(&self.ring.secret_digest(secret)).or_else(|| {
            let mut older = self.ring.older_digests(secret);
            older.find_map(|digest| find(&digest))
        })
    }
}

impl Wanted<'_> {
    fn is(&self, project: &ProjectRecord) -> bool {
        match self {
            Self::Any => true,
            Self::Project(id) => *id == project.id(),
            // An id has an underscore and a slug never has, so they can't be taken for each other.
            Self::Named(name) => {
                *name == project.slug().as_str()
                    || name.parse::<ProjectId>().is_ok_and(|id| id == project.id())
            }
        }
    }
}
