//! Base64 of exactly 32 bytes, without padding: 43 characters. Small enough not to need a dependency.

use zeroize::Zeroizing;

/// Characters of 32 bytes without padding.
pub(crate) const LENGTH: usize = 43;

const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The URL-safe text of 32 bytes.
pub(crate) fn encode(bytes: &[u8; 32]) -> Zeroizing<String> {
    // The capacity is exact: a string that grew would leave a copy behind that nobody wipes.
    let mut text = Zeroizing::new(String::with_capacity(LENGTH));
    for chunk in bytes.chunks(3) {
        let mut group = 0_u32;
        for place in 0..3 {
            group = group << 8 | u32::from(chunk.get(place).copied().unwrap_or(0));
        }
        for place in 0..=chunk.len() {
            let six = (group >> (18 - 6 * place)) & 0x3f;
            text.push(char::from(URL_SAFE[six as usize]));
        }
    }
    text
}

/// The 32 bytes of 43 characters in either alphabet. `None` for anything else, also for a last character
/// with bits that belong to no byte: one key has one text.
pub(crate) fn decode(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    if text.len() != LENGTH {
        return None;
    }
    let mut bytes = Zeroizing::new([0_u8; 32]);
    let mut places = bytes.iter_mut();
    let (mut bits, mut count) = (0_u32, 0_u32);
    for c in text.bytes() {
        bits = bits << 6 | u32::from(value(c)?);
        count += 6;
        if count >= 8 {
            count -= 8;
            *places.next()? = u8::try_from(bits >> count & 0xff).ok()?;
            bits &= (1 << count) - 1;
        }
    }
    (bits == 0 && places.next().is_none()).then_some(())?;
    Some(bytes)
}

/// Whether this byte is one of the URL-safe alphabet.
pub(crate) const fn is_url_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

const fn value(c: u8) -> Option<u8> {
    match c {
        b'A'..=b'Z' => Some(c - b'A'),
        b'a'..=b'z' => Some(c - b'a' + 26),
        b'0'..=b'9' => Some(c - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_texts() {
        assert_eq!(*encode(&[0; 32]), "A".repeat(43));
        assert_eq!(*encode(&[0xff; 32]), format!("{}8", "_".repeat(42)));
        let counting: [u8; 32] = std::array::from_fn(|at| at as u8);
        assert_eq!(
            *encode(&counting),
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
        );
    }

    #[test]
    fn one_key_has_one_text() {
        assert!(decode(&"A".repeat(43)).is_some());
        assert!(decode(&format!("{}B", "A".repeat(42))).is_none());
        assert!(decode(&"A".repeat(42)).is_none());
        assert!(decode(&format!("{}é", "A".repeat(41))).is_none());
    }

    proptest::proptest! {
        #[test]
        fn what_was_written_is_read(bytes: [u8; 32]) {
            proptest::prop_assert_eq!(decode(&encode(&bytes)).map(|read| *read), Some(bytes));
        }
    }
}
