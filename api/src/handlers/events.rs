//! A key's live events, as server-sent events: the dialog waits here for the first call.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use actix_web::{HttpResponse, get, web::Bytes};
use futures_util::stream;
use latchkey_gate::{LastUse, Watch};
use latchkey_keys::verdict;
use latchkey_store::{
    keys as rows,
    keys::{StoredKey, StoredSecret},
    members, sessions, tokens,
};
use latchkey_types::{
    KeyId, ProjectId, Timestamp, UserId,
    insight::{KeyEvent, KeyUse},
    user::InstanceRole,
};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use crate::{
    app::Ending,
    clock,
    error::{ApiError, ApiResult},
    http::{Credential, Guard, OnKey, access::Viewer, guard::Call},
};

/// A line that keeps proxies from closing an idle stream; at the same time rights are checked anew.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// At most one `used` event in this time.
const BREATH: Duration = Duration::from_secs(1);

/// Follow a key: its first call, further calls, its revocation
///
/// Server-sent events. The present state comes first. The stream ends with the key, with the session or
/// token it was opened with, and with its user.
#[utoipa::path(
    tag = "insight",
    operation_id = "followKey",
    params(
        ("project_id" = ProjectId, Path, description = "The project"),
        ("key_id" = KeyId, Path, description = "The key"),
    ),
    responses((status = 200, description = "A stream of events; each has its name as `event:` and this as `data:`",
        body = KeyEvent, content_type = "text/event-stream"))
)]
#[get("/projects/{project_id}/keys/{key_id}/events")]
pub async fn follow_key(guard: Guard<OnKey<Viewer>>) -> ApiResult<HttpResponse> {
    let Guard { access, call, .. } = guard;
    let endings = call.app.endings.subscribe();
    if call.app.is_ending.load(Ordering::SeqCst) {
        return Err(ApiError::unavailable("the server is ending"));
    }
    let follower = Follower {
        // Watching begins before the state is read: nothing in between is missed.
        watch: call.app.gate.watch(access.key.id),
        endings,
        project_id: access.project.id,
        key_id: access.key.id,
        user_id: access.caller.user_id,
        is_admin: access.caller.role == InstanceRole::Admin,
        credential: access.caller.credential,
        call,
        first_call_sent: false,
        last_sent: None,
        told_at: Instant::now(),
        is_over: false,
    };
    let body = stream::unfold(Some((follower, true)), |state| async move {
        let (mut follower, is_first) = state?;
        let text = if is_first {
            follower.state(true).await
        } else {
            follower.next().await
        };
        match text {
            Ok(text) if follower.is_over => Some((Ok(Bytes::from(text)), None)),
            Ok(text) => Some((Ok(Bytes::from(text)), Some((follower, false)))),
            Err(error) => Some((Err::<_, ApiError>(error), None)),
        }
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream; charset=utf-8")
        .insert_header(("x-accel-buffering", "no"))
        .streaming(body))
}

struct Follower {
    call: Call,
    watch: Watch,
    endings: Receiver<Ending>,
    project_id: ProjectId,
    key_id: KeyId,
    user_id: UserId,
    is_admin: bool,
    credential: Credential,
    first_call_sent: bool,
    last_sent: Option<Timestamp>,
    told_at: Instant,
    is_over: bool,
}

impl Follower {
    /// Waits for something to tell, and tells it.
    async fn next(&mut self) -> ApiResult<String> {
        loop {
            tokio::select! {
                () = self.watch.changed() => {
                    let text = self.state(false).await?;
                    if !text.is_empty() {
                        return Ok(text);
                    }
                }
                ending = self.endings.recv() => {
                    if self.concerns(ending) {
                        self.is_over = true;
                        return Ok(": ended\n\n".to_owned());
                    }
                }
                () = tokio::time::sleep(KEEP_ALIVE) => {
                    if !self.still_may().await? {
                        self.is_over = true;
                        return Ok(": ended\n\n".to_owned());
                    }
                    return Ok(": waiting\n\n".to_owned());
                }
            }
        }
    }

    /// The present state, as far as it has not been told yet.
    async fn state(&mut self, is_first: bool) -> ApiResult<String> {
        if !is_first && let Some(rest) = BREATH.checked_sub(self.told_at.elapsed()) {
            // A key that is called all the time is told about once a second.
            tokio::time::sleep(rest).await;
        }
        self.told_at = Instant::now();
        let (project_id, key_id) = (self.project_id, self.key_id);
        let key = self
            .call
            .app
            .read(move |db| Ok(rows::find_key(db, project_id, key_id)?))
            .await?
            .ok_or_else(ApiError::not_found)?;
        let mut text = String::new();
        if is_first {
            text.push_str(": following\n\n");
        }
        let (first, last) = self.uses(&key);
        if let Some(first) = first
            && !self.first_call_sent
        {
            self.first_call_sent = true;
            self.last_sent = Some(first.at);
            push(&mut text, "first_call", &KeyEvent::FirstCall(first))?;
        }
        if let Some(last) = last
            && self.last_sent.is_none_or(|sent| last.at > sent)
        {
            self.last_sent = Some(last.at);
            push(&mut text, "used", &KeyEvent::Used(last))?;
        }
        if let Some(at) = key.revoked_at {
            self.is_over = true;
            push(&mut text, "revoked", &KeyEvent::Revoked { at })?;
        }
        Ok(text)
    }

    /// The first call of the newest secret, and the last call of any.
    fn uses(&self, key: &StoredKey) -> (Option<KeyUse>, Option<KeyUse>) {
        let newest = key.newest_secret().map(|secret| secret.id);
        let (mut first, mut last) = (None, None);
        for secret in &key.secrets {
            // Asked once for both: a call that comes in between must not be a last one without a first.
            let remembered = self.call.app.gate.last_use(&secret.digest);
            if Some(secret.id) == newest {
                first = first_use(secret, remembered.as_ref());
            }
            last = last
                .into_iter()
                .chain(last_use(secret, remembered))
                .max_by_key(|used| used.at);
        }
        (first, last)
    }

    /// Whether this is the end of what the stream was opened with.
    fn concerns(&self, ending: Result<Ending, RecvError>) -> bool {
        match ending {
            Ok(Ending::Server) | Err(RecvError::Closed) => true,
            Ok(Ending::User(user_id)) => user_id == self.user_id,
            Ok(Ending::Token(ended)) => {
                matches!(self.credential, Credential::Token { id, .. } if id == ended)
            }
            Ok(Ending::Member(project_id, user_id)) => {
                !self.is_admin && project_id == self.project_id && user_id == self.user_id
            }
            Ok(Ending::Session(ended)) => {
                matches!(self.credential, Credential::Session { id, .. } if id == ended)
            }
            // Too many ended at once to look at each: the next keep-alive asks the database.
            Err(RecvError::Lagged(_)) => false,
        }
    }

    /// Whether the follower could still open the stream.
    async fn still_may(&self) -> ApiResult<bool> {
        let now = clock::now();
        let gate = &self.call.app.gate;
        if gate.user(self.user_id).is_none_or(|user| user.disabled) {
            return Ok(false);
        }
        match self.credential {
            Credential::Token { id, .. } => {
                let user_id = self.user_id;
                let token = self
                    .call
                    .app
                    .read(move |db| Ok(tokens::find_token(db, user_id, id)?))
                    .await?;
                let is_live = token.is_some_and(|token| {
                    token.revoked_at.is_none() && !verdict::is_over(token.expires_at, now)
                });
                if !is_live {
                    return Ok(false);
                }
            }
            Credential::Session { id, .. } => {
                let user_id = self.user_id;
                let live = self
                    .call
                    .app
                    .read(move |db| Ok(sessions::list_sessions(db, user_id, now)?))
                    .await?;
                if !live.iter().any(|session| session.id == id) {
                    return Ok(false);
                }
            }
        }
        let (project_id, user_id) = (self.project_id, self.user_id);
        let role = self
            .call
            .app
            .read(move |db| Ok(members::find_role(db, project_id, user_id)?))
            .await?;
        Ok(self.is_admin || role.is_some())
    }
}

fn push(text: &mut String, name: &str, event: &KeyEvent) -> ApiResult<()> {
    let data = serde_json::to_string(event).map_err(ApiError::internal)?;
    text.push_str(&format!("event: {name}\ndata: {data}\n\n"));
    Ok(())
}

/// The first call with this secret: what is written is the truth, and until then what is remembered.
fn first_use(secret: &StoredSecret, remembered: Option<&LastUse>) -> Option<KeyUse> {
    let secret_hint = secret.hint.clone();
    match (&secret.activity, remembered) {
        (Some(written), _) => Some(KeyUse {
            at: written.first_used_at,
            via: written.first_via,
            client: written.first_client.clone(),
            secret_hint,
        }),
        (None, Some(LastUse { first, .. })) => Some(KeyUse {
            at: first.at,
            via: first.via,
            client: first.client.clone(),
            secret_hint,
        }),
        (None, None) => None,
    }
}

/// The last call with this secret: what is remembered is newer than what is written, or the same.
fn last_use(secret: &StoredSecret, remembered: Option<LastUse>) -> Option<KeyUse> {
    let secret_hint = secret.hint.clone();
    match (remembered, &secret.activity) {
        (Some(used), _) => Some(KeyUse {
            at: used.at,
            via: used.via,
            client: used.client,
            secret_hint,
        }),
        (None, Some(written)) => Some(KeyUse {
            at: written.last_used_at,
            via: written.last_via,
            client: written.last_client.clone(),
            secret_hint,
        }),
        (None, None) => None,
    }
}
