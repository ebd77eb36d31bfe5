//! Browser sessions: begun at sign-in, seen now and then, over after idling or at their last day.

use actix_web::cookie::Cookie;
use latchkey_keys::{Digest, OpaqueToken};
use latchkey_store::{
    Tx, new_id,
    sessions::{self as rows, StoredSession},
};
use latchkey_types::{SessionId, Timestamp, UserId};

use crate::{
    app::{App, Ending},
    config::Config,
    error::{ApiError, ApiResult},
    http::{caller::unauthenticated, cookie, guard::Call},
};

/// A session is noted as seen at most this often: a read should not cost a write.
const SEEN_EVERY_MILLIS: i64 = 60_000;
/// A browser's description of itself is cut here.
const USER_AGENT_MAX: usize = 200;

/// A session that is about to begin: its row, and the cookie that only its browser gets.
pub struct Beginning {
    token: OpaqueToken,
    seed: Seed,
}

/// All of a session's row but its user, who may be known only inside the transaction that signs in.
#[derive(Clone)]
pub struct Seed {
    /// The session's id.
    pub id: SessionId,
    digest: Digest,
    created_at: Timestamp,
    expires_at: Timestamp,
    ip: Option<String>,
    user_agent: Option<String>,
    /// The digest of the cookie that the browser came with.
    before: Option<Digest>,
}

impl Beginning {
    /// A fresh session for this request. A session that the browser had before is not continued but ended,
    /// whose ever it is: a new token at every sign-in is what defeats fixation (ASVS 5.0 7.2.4).
    ///
    /// # Errors
    /// 500 when the system has no randomness.
    pub fn new(call: &Call) -> ApiResult<Self> {
        let token = OpaqueToken::generate(getrandom::fill).map_err(ApiError::internal)?;
        let seed = Seed {
            id: new_id(),
            digest: call.app.ring.session.digest(token.expose().as_bytes()),
            created_at: call.now,
            expires_at: expiry(&call.app.config, call.now, call.now),
            ip: call.ip_text(),
            user_agent: user_agent(call),
            before: cookie::session_token(call)
                .map(|token| call.app.ring.session.digest(token.as_bytes())),
        };
        Ok(Self { token, seed })
    }

    /// What the transaction that signs in writes.
    #[must_use]
    pub fn seed(&self) -> Seed {
        self.seed.clone()
    }

    /// The cookie of the answer.
    #[must_use]
    pub fn cookie(&self, call: &Call) -> Cookie<'static> {
        let seconds = i64::try_from(call.app.config.session_max.as_secs()).unwrap_or(i64::MAX);
        cookie::sign_in(call, self.token.expose(), seconds)
    }
}

impl Seed {
    /// Writes the session of this user, and ends the one that the browser had before, which is returned.
    ///
    /// # Errors
    /// When the database can't be written.
    pub fn begin(self, tx: &mut Tx<'_>, user_id: UserId) -> ApiResult<Option<Ending>> {
        let mut ended = None;
        if let Some(digest) = self.before
            && let Some((before, _)) = rows::find_session(tx, &digest)?
        {
            rows::delete_session(tx, before.user_id, before.id)?;
            ended = Some(Ending::Session(before.id));
        }
        let row = StoredSession {
            id: self.id,
            digest: self.digest,
            user_id,
            created_at: self.created_at,
            last_seen_at: self.created_at,
            expires_at: self.expires_at,
            ip: self.ip,
            user_agent: self.user_agent,
            confirmed_at: self.created_at,
        };
        rows::create_session(tx, &row)?;
        Ok(ended)
    }

    /// Lets a session go on whose person has just given their password once more, under the new token: a copy of the
    /// old one is then worth nothing, as after signing in (ASVS 5.0 7.2.4).
    ///
    /// # Errors
    /// 401 when the session has ended meanwhile.
    pub fn renew(self, tx: &mut Tx<'_>, id: SessionId) -> ApiResult<()> {
        if rows::confirm_session(tx, id, &self.digest, self.created_at)? {
            return Ok(());
        }
        Err(unauthenticated())
    }
}

/// Notes that a session was used, at most once a minute and without making the request wait.
pub fn touch(call: &Call, session: &StoredSession) {
    if call.now.as_millis() - session.last_seen_at.as_millis() < SEEN_EVERY_MILLIS {
        return;
    }
    let (id, now) = (session.id, call.now);
    let (ip, agent) = (call.ip_text(), user_agent(call));
    let expires_at = expiry(&call.app.config, session.created_at, now);
    let app = call.app.clone();
    actix_web::rt::spawn(async move {
        let noted = app
            .write(move |tx| {
                Ok(rows::touch_session(
                    tx,
                    id,
                    now,
                    expires_at,
                    ip.as_deref(),
                    agent.as_deref(),
                )?)
            })
            .await;
        if let Err(error) = noted {
            tracing::debug!(%error, "a session's last use was not noted");
        }
    });
}

/// When a session ends that began and was last seen at these times.
#[must_use]
pub fn expiry(config: &Config, created_at: Timestamp, seen_at: Timestamp) -> Timestamp {
    let millis = |d: std::time::Duration| i64::try_from(d.as_millis()).unwrap_or(i64::MAX);
    let idle = seen_at.plus_millis(millis(config.session_idle));
    idle.min(created_at.plus_millis(millis(config.session_max)))
}

/// Clears away what is over.
///
/// # Errors
/// When the database can't be written.
pub async fn forget_expired(app: &App, now: Timestamp) -> ApiResult<()> {
    app.write(move |tx| {
        rows::delete_expired_sessions(tx, now)?;
        crate::http::idempotency::forget_expired(tx, now)
    })
    .await
}

fn user_agent(call: &Call) -> Option<String> {
    let text = call.header("user-agent")?;
    Some(
        text.chars()
            .filter(|c| !c.is_control())
            .take(USER_AGENT_MAX)
            .collect(),
    )
}
