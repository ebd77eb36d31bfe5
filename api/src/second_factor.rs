//! The second factor at sign-in: a secret shared with an authenticator app, whose codes are taken once each, and
//! recovery codes for the day when the app is lost.

mod qr;
mod totp;

use latchkey_keys::{Digest, KeyRing, RecoveryCode, TotpSecret};
use latchkey_store::{Tx, second_factors as rows, users::StoredUser};
use latchkey_types::{
    FieldError, ProblemCode, Timestamp, UserId,
    second_factor::{BegunSecondFactor, RecoveryCodes},
};

use crate::{
    audit::Entry,
    error::{ApiError, ApiResult},
    sealed::Again,
};

/// Recovery codes that come with a second factor.
const CODES: usize = 10;

/// A second factor that is about to begin. It has no `Debug`: both halves hold its secret.
pub struct Beginning {
    /// What the database keeps.
    pub sealed_secret: Vec<u8>,
    /// What the person gets, once.
    pub shown: BegunSecondFactor,
}

/// Recovery codes in the making.
pub struct Codes {
    /// What the database keeps.
    pub digests: Vec<Digest>,
    /// What the person gets, once.
    pub shown: RecoveryCodes,
}

impl Beginning {
    /// A fresh secret for this person. `public_url` tells the instance from others in the person's app.
    ///
    /// # Errors
    /// 500 when the system has no randomness.
    pub fn new(ring: &KeyRing, user: &StoredUser, public_url: &str) -> ApiResult<Self> {
        let secret = TotpSecret::generate(getrandom::fill).map_err(ApiError::internal)?;
        let owner = user.id.to_string();
        let sealed_secret = ring
            .second_factor
            .seal(secret.expose(), &[owner.as_bytes()], getrandom::fill)
            .map_err(ApiError::internal)?;
        let text = secret.to_text();
        let otpauth_uri = totp::uri(&text, &user.email, public_url)
            .ok_or_else(|| ApiError::internal("an otpauth URI could not be made"))?;
        let qr = qr::draw(&otpauth_uri)
            .ok_or_else(|| ApiError::internal("an otpauth URI is too long for a QR code"))?;
        Ok(Self {
            sealed_secret,
            shown: BegunSecondFactor {
                secret: text.to_string(),
                otpauth_uri,
                qr,
            },
        })
    }
}

/// Seals the secret of every second factor again, for a master key that is replaced. Recovery codes are digests, which
/// nobody can make again without the codes: they end.
///
/// # Errors
/// Those of the database; 500 when the system has no randomness.
pub fn seal_again(tx: &mut Tx<'_>, old: &KeyRing, new: &KeyRing) -> ApiResult<Again> {
    let mut again = Again::default();
    for (user, sealed) in rows::list_sealed_secrets(tx)? {
        let owner = user.to_string();
        match old.second_factor.open(&sealed, &[owner.as_bytes()]) {
            Some(secret) => {
                let sealed = new
                    .second_factor
                    .seal(&secret, &[owner.as_bytes()], getrandom::fill)
                    .map_err(ApiError::internal)?;
                rows::set_sealed_secret(tx, user, &sealed)?;
                again.sealed += 1;
            }
            None => again.left.push(owner),
        }
    }
    rows::delete_recovery_codes(tx)?;
    Ok(again)
}

impl Codes {
    /// Fresh codes for this person.
    ///
    /// # Errors
    /// 500 when the system has no randomness.
    pub fn new(ring: &KeyRing, user: UserId) -> ApiResult<Self> {
        let owner = user.to_string();
        let mut digests = Vec::with_capacity(CODES);
        let mut recovery_codes = Vec::with_capacity(CODES);
        for _ in 0..CODES {
            let code = RecoveryCode::generate(getrandom::fill).map_err(ApiError::internal)?;
            digests.push(code.digest(&ring.recovery_code, &owner));
            recovery_codes.push(code.to_text().to_string());
        }
        Ok(Self {
            digests,
            shown: RecoveryCodes { recovery_codes },
        })
    }
}

/// Lets somebody who signs in pass: nothing is asked of a person without a second factor. `entry` becomes the event of
/// a used recovery code.
///
/// # Errors
/// 401 `second_factor_required` without a code, 401 `code_refused` for one that is wrong or was used.
pub fn pass(
    tx: &mut Tx<'_>,
    ring: &KeyRing,
    user: &StoredUser,
    code: Option<&str>,
    now: Timestamp,
    entry: Entry,
) -> ApiResult<()> {
    if !user.has_second_factor {
        return Ok(());
    }
    take(tx, ring, user.id, code.ok_or_else(required)?, now, entry)
}

/// Takes a code of the app, or a recovery code, of a second factor that is on. Each works once.
///
/// # Errors
/// 401 `code_refused`.
pub fn take(
    tx: &mut Tx<'_>,
    ring: &KeyRing,
    user: UserId,
    code: &str,
    now: Timestamp,
    entry: Entry,
) -> ApiResult<()> {
    let Some(recovery) = RecoveryCode::parse(code) else {
        return take_from_app(tx, ring, user, code, now);
    };
    let digest = recovery.digest(&ring.recovery_code, &user.to_string());
    let left = rows::take_recovery_code(tx, user, &digest, now)?.ok_or_else(refused)?;
    let entry = entry.renamed("second_factor.use_recovery_code").on(user);
    tx.audit(&entry.with("codes_left", left).done())?;
    Ok(())
}

/// Takes a code of the app, of a second factor that is on or only begun.
///
/// # Errors
/// 401 `code_refused`.
pub fn take_from_app(
    tx: &mut Tx<'_>,
    ring: &KeyRing,
    user: UserId,
    code: &str,
    now: Timestamp,
) -> ApiResult<()> {
    let factor = rows::find_second_factor(tx, user)?.ok_or_else(refused)?;
    let owner = user.to_string();
    let secret = ring
        .second_factor
        .open(&factor.sealed_secret, &[owner.as_bytes()])
        .and_then(|bytes| TotpSecret::from_bytes(&bytes))
        .ok_or_else(|| ApiError::internal("the secret of a second factor doesn't open"))?;
    let step = totp::step_of(&secret, code, now).ok_or_else(refused)?;
    if !rows::take_step(tx, user, step)? {
        return Err(refused());
    }
    Ok(())
}

/// The password or link was right, and a code is needed beside it.
#[must_use]
pub fn required() -> ApiError {
    ApiError::new(
        ProblemCode::SecondFactorRequired,
        "This account has a second factor: send the code that the authenticator app shows as `code`, too.",
    )
}

fn refused() -> ApiError {
    ApiError::with_errors(
        ProblemCode::CodeRefused,
        vec![FieldError::new(
            "/code",
            "is wrong, too old or was used already; wait for the next one",
        )],
    )
}
