//! Tokens that only this server reads: sessions, sign-in links, the setup token.

use zeroize::Zeroizing;

use crate::base64;

/// 256 random bits as 43 characters of base64url. Wiped when dropped; only its digest by the sub-key of
/// its purpose is kept.
pub struct OpaqueToken(Zeroizing<String>);

impl OpaqueToken {
    /// Makes a token of the 32 bytes that `fill` gives, which must come from the operating system's
    /// generator.
    ///
    /// # Errors
    /// Whatever `fill` gives; then there is no token.
    pub fn generate<E>(mut fill: impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        fill(bytes.as_mut_slice())?;
        Ok(Self(base64::encode(&bytes)))
    }

    /// The text, for the cookie or the link.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether a text has the shape of such a token; what has not needs no hashing and no look-up.
    #[must_use]
    pub fn has_shape(text: &str) -> bool {
        text.len() == base64::LENGTH && text.bytes().all(base64::is_url_safe)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_the_shape_of_a_token() {
        let token = OpaqueToken::generate::<()>(|bytes| {
            bytes.fill(0xfb);
            Ok(())
        });
        assert!(token.is_ok_and(|token| OpaqueToken::has_shape(token.expose())));
        for bad in ["", "abc", &"=".repeat(43), &"é".repeat(21), &"a".repeat(44)] {
            assert!(!OpaqueToken::has_shape(bad), "{bad:?} was taken");
        }
    }

    #[test]
    fn without_randomness_there_is_no_token() {
        assert_eq!(OpaqueToken::generate(|_| Err("gone")).err(), Some("gone"));
    }
}
