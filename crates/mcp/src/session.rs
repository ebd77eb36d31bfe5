//! Session ids that reach a client are sealed: bound to the key, the project and the backend they were made for.
//!
//! A sealed id opens nothing by itself. The key is checked on every request, whatever its session; the seal only makes
//! that another key can't speak into this one's session (MCP 2025-11-25, basic/security_best_practices, "Session
//! Hijacking"), and that nobody can make up an id for the backend. It hides nothing: what the backend called the session
//! can be read from it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq;

/// The form of a sealed id. It goes into the digest too.
const FORM: u8 = 1;
/// The bytes of a digest.
const DIGEST: usize = 32;
/// The longest session id of a backend, in bytes.
pub const MAX_SESSION_BYTES: usize = 1024;
/// The longest sealed id, in characters: the form, the backend's id and the digest in Base64.
pub const MAX_SEALED_CHARS: usize = ((1 + MAX_SESSION_BYTES + DIGEST) * 4).div_ceil(3);

/// Whose session it is. The same in [`SessionSeal::seal`] and [`SessionSeal::open`], or the id does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope<'a> {
    /// The project's id.
    pub project: &'a str,
    /// Changes when the project gets another backend, which knows nothing of the old one's sessions.
    pub backend_version: i64,
    /// The key's id. Its secrets share their sessions, so that a rotation ends none.
    pub key: &'a str,
}

/// A backend's session id that can't be sealed: empty, longer than 1 KiB, or with bytes other than visible ASCII
/// (MCP 2025-11-25, basic/transports, "Session Management").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OddSessionId;

/// Seals and opens session ids with a keyed digest.
pub struct SessionSeal<F>(F);

impl<F> std::fmt::Debug for SessionSeal<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionSeal")
    }
}

impl<F: Fn(&[&[u8]]) -> [u8; DIGEST]> SessionSeal<F> {
    /// With this digest: keyed with a key of its own, over parts each of which goes in with its length before it.
    pub fn new(digest: F) -> Self {
        Self(digest)
    }

    /// What a client gets to know a backend's session by: base64url of the form, the backend's id and the digest.
    ///
    /// # Errors
    /// When the backend's id is none.
    pub fn seal(&self, scope: &Scope<'_>, session: &str) -> Result<String, OddSessionId> {
        if !is_session(session.as_bytes()) {
            return Err(OddSessionId);
        }
        let mut sealed = Vec::with_capacity(1 + session.len() + DIGEST);
        sealed.push(FORM);
        sealed.extend_from_slice(session.as_bytes());
        sealed.extend_from_slice(&self.digest(scope, session.as_bytes()));
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// The backend's id of a sealed session; None if this was not sealed for this scope.
    #[must_use]
    pub fn open(&self, scope: &Scope<'_>, sealed: &str) -> Option<String> {
        if sealed.len() > MAX_SEALED_CHARS {
            return None;
        }
        // This decoder takes one text for each sequence of bytes, so a session has only one sealed id.
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (form, rest) = bytes.split_first()?;
        let (session, digest) = rest.split_at_checked(rest.len().checked_sub(DIGEST)?)?;
        let is_ours = bool::from(self.digest(scope, session).ct_eq(digest));
        if *form != FORM || !is_ours || !is_session(session) {
            return None;
        }
        String::from_utf8(session.to_vec()).ok()
    }

    fn digest(&self, scope: &Scope<'_>, session: &[u8]) -> [u8; DIGEST] {
        (self.0)(&[
            &[FORM],
            scope.project.as_bytes(),
            &scope.backend_version.to_be_bytes(),
            scope.key.as_bytes(),
            session,
        ])
    }
}

fn is_session(bytes: &[u8]) -> bool {
    (1..=MAX_SESSION_BYTES).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod fuzz;

#[cfg(test)]
mod tests;
