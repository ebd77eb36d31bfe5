//! Base32 (RFC 4648 §6) without padding, of bytes in groups of five: what authenticator apps read, and people type.
//! Small enough not to need a dependency.

use zeroize::Zeroizing;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The text of these bytes. Bytes that fill no group of five are left out: the callers' fill theirs.
pub(crate) fn encode(bytes: &[u8]) -> Zeroizing<String> {
    // The capacity is exact: a string that grew would leave a copy behind that nobody wipes.
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() / 5 * 8));
    for group in bytes.chunks_exact(5) {
        let bits = group
            .iter()
            .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for place in (0..8).rev() {
            let five = (bits >> (5 * place)) & 0x1f;
            text.push(char::from(ALPHABET[five as usize]));
        }
    }
    text
}

/// Whether this character is one of the alphabet.
pub(crate) fn is_of_alphabet(c: char) -> bool {
    matches!(c, 'A'..='Z' | '2'..='7')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648 §10, and all bits set.
    #[test]
    fn it_is_base32() {
        assert_eq!(encode(b"fooba").as_str(), "MZXW6YTB");
        assert_eq!(encode(b"foobafooba").as_str(), "MZXW6YTBMZXW6YTB");
        assert_eq!(encode(&[0xff; 5]).as_str(), "77777777");
        assert_eq!(encode(&[0; 5]).as_str(), "AAAAAAAA");
        assert!(encode(b"foobafooba").chars().all(is_of_alphabet));
    }
}
