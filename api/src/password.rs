//! Passwords: argon2id with the parameters of OWASP's Password Storage Cheat Sheet (19 MiB, 2 passes, 1
//! lane), in a form that carries them, so that they can be raised later.

pub mod choice;

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::{
    app::App,
    error::{ApiError, ApiResult},
};

/// Hashes and checks passwords; at most a few at once, because each takes 19 MiB.
pub struct Passwords {
    argon2: Argon2<'static>,
    /// The hash of nothing in particular: checked when there is no account, so that the time tells nobody
    /// which addresses have one.
    nobody: String,
    turns: Arc<Semaphore>,
}

impl Passwords {
    /// Ready to hash.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn new() -> ApiResult<Self> {
        let params = Params::new(19 * 1024, 2, 1, None).map_err(ApiError::internal)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody = hash(&argon2, "no password is this one")?;
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Ok(Self {
            argon2,
            nobody,
            turns: Arc::new(Semaphore::new(cores)),
        })
    }

    /// The hash to keep of this password.
    ///
    /// # Errors
    /// 500 when hashing fails, 503 when the server is ending.
    pub async fn hash(&self, app: &App, password: Zeroizing<String>) -> ApiResult<String> {
        let _turn = self.turns.acquire().await.map_err(ApiError::unavailable)?;
        let argon2 = self.argon2.clone();
        app.block(move || hash(&argon2, &password)).await
    }

    /// Whether this is the password of that hash. Without a hash the answer is no, after the same time.
    ///
    /// # Errors
    /// 503 when the server is ending.
    pub async fn verify(
        &self,
        app: &App,
        password: Zeroizing<String>,
        kept: Option<String>,
    ) -> ApiResult<bool> {
        let _turn = self.turns.acquire().await.map_err(ApiError::unavailable)?;
        let argon2 = self.argon2.clone();
        let has_hash = kept.is_some();
        let kept = kept.unwrap_or_else(|| self.nobody.clone());
        app.block(move || {
            let parsed = PasswordHash::new(&kept)
                .map_err(|_| ApiError::internal("a stored password hash can't be read"))?;
            Ok(argon2.verify_password(password.as_bytes(), &parsed).is_ok() && has_hash)
        })
        .await
    }
}

/// Hashes a password outside a server: for the command line.
///
/// # Errors
/// When the system has no randomness.
pub fn hash_now(password: &str) -> ApiResult<String> {
    hash(&Passwords::new()?.argon2, password)
}

fn hash(argon2: &Argon2<'_>, password: &str) -> ApiResult<String> {
    argon2
        .hash_password(password.as_bytes())
        .map(|hash: PasswordHash| hash.to_string())
        .map_err(|e| ApiError::internal(format_args!("hashing a password: {e}")))
}
