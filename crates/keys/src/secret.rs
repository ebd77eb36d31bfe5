//! The texts `lk_…` and `lkm_…`: prefix, 30 random base62 characters (178 bits), 6 of checksum.

use zeroize::{Zeroize as _, Zeroizing};

use crate::base62::{CHECKSUM_LENGTH, is_digit, of_checksum, push_random};

const BODY_LENGTH: usize = 30;

/// What a secret opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretKind {
    /// `lk_…`: an API key. It opens an MCP endpoint, and never manages keys.
    Key,
    /// `lkm_…`: a management token.
    Token,
}

/// A fresh secret on its way to the one answer that shows it. Wiped when dropped.
pub struct Secret {
    kind: SecretKind,
    text: Zeroizing<String>,
}

/// A text that has the shape of a secret: prefix, length, alphabet and checksum are right. Whether it is
/// one of ours is not known yet.
pub struct Presented<'a> {
    kind: SecretKind,
    text: &'a str,
}

impl SecretKind {
    /// What every secret of this kind begins with, underscore included.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Key => "lk_",
            Self::Token => "lkm_",
        }
    }

    /// Length of a secret of this kind, in bytes and characters.
    #[must_use]
    pub const fn length(self) -> usize {
        self.prefix().len() + BODY_LENGTH + CHECKSUM_LENGTH
    }
}

impl Secret {
    /// Makes a secret of the bytes that `fill` gives, which must come from the operating system's
    /// generator.
    ///
    /// # Errors
    /// Whatever `fill` gives; then there is no secret.
    pub fn generate<E>(
        kind: SecretKind,
        fill: impl FnMut(&mut [u8]) -> Result<(), E>,
    ) -> Result<Self, E> {
        // The capacity is exact: a string that grew would leave a copy behind that nobody wipes.
        let mut text = Zeroizing::new(String::with_capacity(kind.length()));
        text.push_str(kind.prefix());
        push_random(&mut text, BODY_LENGTH, fill)?;
        let checksum = of_checksum(crc32fast::hash(text.as_bytes()));
        text.extend(checksum.map(char::from));
        Ok(Self { kind, text })
    }

    /// What it opens.
    #[must_use]
    pub const fn kind(&self) -> SecretKind {
        self.kind
    }

    /// The text. Do not keep it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// What people recognise it by: the prefix and the last four characters, such as `lk_…a1B2`. These
    /// four are of the checksum, so they tell nothing that helps to guess the rest.
    #[must_use]
    pub fn hint(&self) -> String {
        hint(self.kind, &self.text)
    }

    /// The text, for the one answer that shows it. From here on the caller answers for it.
    #[must_use]
    pub fn into_exposed(mut self) -> String {
        std::mem::take(&mut *self.text)
    }
}

impl<'a> Presented<'a> {
    /// Recognises the shape of a secret. `None` for everything else. Allocates nothing, and looks at the
    /// length first, so a megabyte of junk costs no more than a byte of it.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let kind = [SecretKind::Key, SecretKind::Token]
            .into_iter()
            .find(|kind| kind.length() == text.len())?;
        let body = text.strip_prefix(kind.prefix())?;
        if !body.bytes().all(is_digit) {
            return None;
        }
        let (covered, checksum) = text.split_at_checked(text.len() - CHECKSUM_LENGTH)?;
        let expected = of_checksum(crc32fast::hash(covered.as_bytes()));
        (checksum.as_bytes() == expected).then_some(Self { kind, text })
    }

    /// What it opens, if it is one of ours.
    #[must_use]
    pub const fn kind(&self) -> SecretKind {
        self.kind
    }

    /// The text. Do not keep it.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.text
    }

    /// The same as [`Secret::hint`].
    #[must_use]
    pub fn hint(&self) -> String {
        hint(self.kind, self.text)
    }
}

fn hint(kind: SecretKind, text: &str) -> String {
    let tail = text.get(kind.length() - 4..).unwrap_or_default();
    format!("{}…{tail}", kind.prefix())
}

/// What a text claims to be by its prefix alone, right or not.
#[must_use]
pub fn kind_of_prefix(text: &str) -> Option<SecretKind> {
    [SecretKind::Key, SecretKind::Token]
        .into_iter()
        .find(|kind| text.starts_with(kind.prefix()))
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

#[cfg(test)]
mod fuzz;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A generator of bytes that a seed decides.
    fn filler(mut seed: u64) -> impl FnMut(&mut [u8]) -> Result<(), ()> {
        move |bytes| {
            for byte in bytes {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                *byte = (seed >> 33) as u8;
            }
            Ok(())
        }
    }

    fn secret(kind: SecretKind, seed: u64) -> String {
        Secret::generate(kind, filler(seed))
            .map(Secret::into_exposed)
            .expect("the filler never fails")
    }

    #[test]
    fn a_secret_has_its_prefix_length_and_hint() {
        for (kind, prefix, length) in [
            (SecretKind::Key, "lk_", 39),
            (SecretKind::Token, "lkm_", 40),
        ] {
            let secret = Secret::generate(kind, filler(1)).expect("the filler never fails");
            let text = secret.expose();
            assert!(text.starts_with(prefix));
            assert_eq!(text.len(), length);
            assert_eq!(secret.hint(), format!("{prefix}…{}", &text[length - 4..]));
            assert_eq!(kind_of_prefix(text), Some(kind));
            assert_eq!(Presented::parse(text).map(|p| p.kind()), Some(kind));
        }
    }

    #[test]
    fn without_randomness_there_is_no_secret() {
        let failed = Secret::generate(SecretKind::Key, |_| Err("gone"));
        assert_eq!(failed.err(), Some("gone"));
    }

    #[test]
    fn a_swapped_prefix_is_refused() {
        let key = secret(SecretKind::Key, 2);
        assert!(Presented::parse(&key.replace("lk_", "lkm_")).is_none());
        let token = secret(SecretKind::Token, 2);
        assert!(Presented::parse(&token.replace("lkm_", "lk_")).is_none());
        // 31 characters of body with the other prefix: the length alone would fit.
        assert!(Presented::parse(&token.replace("lkm_", "lk_m")).is_none());
    }

    #[test]
    fn junk_is_refused() {
        let key = secret(SecretKind::Key, 3);
        for junk in [
            String::new(),
            "lk_".to_owned(),
            key[..38].to_owned(),
            format!("{key}0"),
            format!(" {}", &key[..38]),
            format!("{}\n", &key[..38]),
            key.to_uppercase(),
            format!("{}é", &key[..37]),
            format!("lk_{}", "é".repeat(18)),
            "\0".repeat(39),
            "x".repeat(1 << 20),
        ] {
            assert!(Presented::parse(&junk).is_none(), "{junk:.50?} was taken");
        }
    }

    #[test]
    fn prefixes_alone() {
        for (text, kind) in [
            ("lk_", Some(SecretKind::Key)),
            ("lk_whatever", Some(SecretKind::Key)),
            ("lkm_whatever", Some(SecretKind::Token)),
            ("lk", None),
            ("LK_x", None),
            ("Bearer lk_x", None),
        ] {
            assert_eq!(kind_of_prefix(text), kind, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_made_is_recognised(seed: u64, token: bool) {
            let kind = if token { SecretKind::Token } else { SecretKind::Key };
            let text = secret(kind, seed);
            prop_assert_eq!(Presented::parse(&text).map(|p| p.kind()), Some(kind));
        }

        #[test]
        fn one_wrong_character_is_always_noticed(seed: u64, at in 3_usize..39, other in "[0-9A-Za-z]") {
            let mut text = secret(SecretKind::Key, seed);
            prop_assume!(text[at..=at] != other);
            text.replace_range(at..=at, &other);
            prop_assert!(Presented::parse(&text).is_none());
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}") {
            prop_assert!(Presented::parse(&text).is_none());
        }
    }
}
