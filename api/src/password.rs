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
    turns: Arc<Semaphore>,
}

impl Passwords {
    /// Ready to hash.
    ///
    /// # Errors
    /// When argon2 refuses the parameters.
    pub fn new() -> ApiResult<Self> {
        let params = Params::new(19 * 1024, 2, 1, None).map_err(ApiError::internal)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Ok(Self {
            argon2,
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
    /// 500 when a kept hash can't be read, 503 when the server is ending.
    pub async fn verify(
        &self,
        app: &App,
        password: Zeroizing<String>,
        kept: Option<String>,
    ) -> ApiResult<bool> {
        let _turn = self.turns.acquire().await.map_err(ApiError::unavailable)?;
        let argon2 = self.argon2.clone();
        app.block(move || {
            let Some(kept) = kept else {
                // As long as the check would take: the time tells nobody which addresses have an account.
                return hash(&argon2, &password).map(|_| false);
            };
            let parsed = PasswordHash::new(&kept)
                .map_err(|_| ApiError::internal("a stored password hash can't be read"))?;
            Ok(argon2.verify_password(password.as_bytes(), &parsed).is_ok())
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
