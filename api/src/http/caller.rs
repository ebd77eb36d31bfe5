//! Who calls: a signed-in person or a management token, never an API key.

use actix_web::http::header;
use latchkey_gate::TokenPass;
use latchkey_keys::SecretKind;
use latchkey_types::{
    ProblemCode, SessionId, Timestamp, TokenId, UserId, audit::ActorKind, token::Permission,
    user::InstanceRole,
};

use super::{
    asked::{self, Who},
    check::Check,
    cookie,
    guard::Call,
    headers::Headers,
};
use crate::{
    app::App,
    error::{ApiError, ApiResult},
};

/// How long giving the password lets a session do what needs it: 10 minutes. Long enough for one visit to the account's
/// pages, and too short for whoever finds the browser open later (ASVS 5.0 7.5.1).
const CONFIRMED_FOR_MILLIS: i64 = 10 * 60 * 1000;

/// Somebody whose credential was good.
#[derive(Clone)]
pub struct Caller {
    /// The person, or the one on whose behalf the token acts.
    pub user_id: UserId,
    /// Their name.
    pub name: String,
    /// Their rights on the instance at this moment.
    pub role: InstanceRole,
    /// What they came with.
    pub credential: Credential,
}

/// What a caller came with.
#[derive(Clone)]
pub enum Credential {
    /// A browser session.
    Session {
        /// The session.
        id: SessionId,
        /// When it was last seen; written at most once a minute.
        seen_at: Timestamp,
        /// When the person last gave their password in it.
        confirmed_at: Timestamp,
    },
    /// A management token.
    Token {
        /// The token.
        id: TokenId,
        /// Its name.
        name: String,
        /// What it may do.
        permissions: Vec<Permission>,
    },
}

impl Caller {
    /// Whether a program asks, and not a person at a browser.
    pub fn is_program(&self) -> bool {
        matches!(self.credential, Credential::Token { .. })
    }

    /// The caller, or `None` if no credential came. A credential that came and isn't good is 401, also
    /// where none would have been needed.
    ///
    /// # Errors
    /// 401 for a bad token or an API key, 403 for a session without the second factor that this server requires, 503
    /// when that can't be told.
    pub async fn of(call: &Call) -> ApiResult<Option<Self>> {
        if let Some(value) = call.request.headers().get(header::AUTHORIZATION) {
            return bearer(call, value.as_bytes()).map(Some);
        }
        let Some(token) = cookie::session_token(call) else {
            return Ok(None);
        };
        let digest = call.app.ring.session.digest(token.as_bytes());
        let app = call.app.clone();
        let now = call.now;
        let found = app
            .read(move |db| Ok(latchkey_store::sessions::find_session(db, &digest)?))
            .await?;
        let Some((session, user)) = found else {
            return Ok(None);
        };
        if session.expires_at <= now || user.disabled_at.is_some() {
            return Ok(None);
        }
        let caller = Self {
            user_id: user.id,
            name: user.name,
            role: user.role,
            credential: Credential::Session {
                id: session.id,
                seen_at: session.last_seen_at,
                confirmed_at: session.confirmed_at,
            },
        };
        asked::note(&call.request, Who::User(user.id));
        // Every operation comes by here, and is closed unless its access says otherwise.
        if call.app.config.require_second_factor
            && !user.has_second_factor
            && !call.admits_one_factor
        {
            return Err(ApiError::new(
                ProblemCode::SecondFactorSetupRequired,
                "This server requires a second factor. Turn it on before anything else.",
            ));
        }
        crate::sessions::touch(call, &session);
        Ok(Some(caller))
    }

    /// Like [`Caller::of`], and 401 if no credential came.
    ///
    /// # Errors
    /// 401, or 503 when that can't be told.
    pub async fn required(call: &Call) -> ApiResult<Self> {
        Self::of(call).await?.ok_or_else(unauthenticated)
    }

    /// Whether the credential allows this: a session allows everything, `manage` includes `read`.
    ///
    /// # Errors
    /// 403 that names the permission.
    pub fn permit(&self, wanted: Permission) -> ApiResult<()> {
        let Credential::Token { permissions, .. } = &self.credential else {
            return Ok(());
        };
        permit(permissions, wanted)
    }

    /// Whether this is a signed-in person.
    ///
    /// # Errors
    /// 403 for a token.
    pub fn in_person(&self) -> ApiResult<SessionId> {
        match self.credential {
            Credential::Session { id, .. } => Ok(id),
            Credential::Token { .. } => Err(ApiError::new(
                ProblemCode::SessionRequired,
                "A management token can't do this; sign in in the browser.",
            )),
        }
    }

    /// Whether the person gave their password in this session not long ago.
    ///
    /// # Errors
    /// 403 for an older confirmation, and for a token.
    pub fn confirmed(&self, now: Timestamp) -> ApiResult<()> {
        self.in_person()?;
        match self.credential {
            Credential::Session { confirmed_at, .. }
                if now.as_millis() - confirmed_at.as_millis() < CONFIRMED_FOR_MILLIS =>
            {
                Ok(())
            }
            _ => Err(ApiError::new(
                ProblemCode::ConfirmationRequired,
                "This needs your password once more: it was last given more than 10 minutes ago.",
            )),
        }
    }

    /// Whether this is an administrator.
    ///
    /// # Errors
    /// 403 for everybody else.
    pub fn admin(&self) -> ApiResult<()> {
        match self.role {
            InstanceRole::Admin => Ok(()),
            InstanceRole::Member => Err(ApiError::new(
                ProblemCode::Forbidden,
                "Only an administrator can do this.",
            )),
        }
    }

    /// The caller as the audit log names them: kind, id, name.
    #[must_use]
    pub fn actor(&self) -> (ActorKind, Option<String>, String) {
        match &self.credential {
            Credential::Session { .. } => (
                ActorKind::User,
                Some(self.user_id.to_string()),
                self.name.clone(),
            ),
            Credential::Token { id, name, .. } => (
                ActorKind::Token,
                Some(id.to_string()),
                format!("{} ({name})", self.name),
            ),
        }
    }

    /// For whom an Idempotency-Key is remembered. A person's sessions share theirs: the retry may come
    /// after signing in anew.
    #[must_use]
    pub fn principal(&self) -> String {
        match &self.credential {
            Credential::Session { .. } => self.user_id.to_string(),
            Credential::Token { id, .. } => id.to_string(),
        }
    }
}

/// Whether a token with these permissions may do this: `manage` includes `read`.
///
/// # Errors
/// 403 that names the permission.
pub fn permit(permissions: &[Permission], wanted: Permission) -> ApiResult<()> {
    let has = |permission| permissions.contains(&permission);
    if has(wanted) || (wanted == Permission::Read && has(Permission::Manage)) {
        return Ok(());
    }
    let word = match wanted {
        Permission::Manage => "manage",
        Permission::Read => "read",
        Permission::Verify => "verify",
    };
    Err(ApiError::new(
        ProblemCode::PermissionMissing,
        format!("This token lacks the permission “{word}”."),
    ))
}

/// 401 for nobody, and for an ended session.
#[must_use]
pub fn unauthenticated() -> ApiError {
    ApiError::new(
        ProblemCode::Unauthenticated,
        "Nobody is signed in here, and no management token came with the request.",
    )
}

fn bearer(call: &Call, value: &[u8]) -> ApiResult<Caller> {
    let pass = token_pass(&call.app, value, call.now)?;
    asked::note(&call.request, who(&pass));
    Ok(Caller {
        user_id: pass.user().id,
        name: pass.user().name.clone(),
        role: pass.user().role,
        credential: Credential::Token {
            id: pass.token_id(),
            name: pass.name().to_owned(),
            permissions: pass.permissions().to_vec(),
        },
    })
}

/// The management token that a check was asked with.
///
/// # Errors
/// 401 for a bad token, an API key and nothing; 503 when that can't be told.
pub fn token<H: Headers + ?Sized>(check: &Check<'_, H>) -> ApiResult<TokenPass> {
    let value = check.headers.value_of(&header::AUTHORIZATION);
    let value = value.ok_or_else(unauthenticated)?;
    let pass = token_pass(check.app, value, check.now)?;
    check.asked.note(who(&pass));
    Ok(pass)
}

fn who(pass: &TokenPass) -> Who {
    Who::Token(pass.token_id(), pass.user().id)
}

fn token_pass(app: &App, value: &[u8], now: Timestamp) -> ApiResult<TokenPass> {
    let bad = || {
        ApiError::new(
            ProblemCode::Unauthenticated,
            "The management token is not of ours, revoked, expired, or its user is disabled.",
        )
        .www_authenticate("Bearer error=\"invalid_token\"".to_owned())
    };
    let text = std::str::from_utf8(value).map_err(|_| bad())?;
    let (scheme, token) = text.split_once(' ').ok_or_else(bad)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(bad());
    }
    let token = token.trim();
    if latchkey_keys::kind_of_prefix(token) == Some(SecretKind::Key) {
        // The prefix alone decides: an API key is not even looked up here.
        return Err(ApiError::new(
            ProblemCode::ApiKeyNotAccepted,
            "An API key manages nothing. Send a management token (lkm_…), or sign in.",
        )
        .www_authenticate("Bearer error=\"invalid_token\"".to_owned()));
    }
    app.gate
        .token(token, now)
        .map_err(|_| ApiError::unavailable("the gate is closed"))?
        .ok_or_else(bad)
}
