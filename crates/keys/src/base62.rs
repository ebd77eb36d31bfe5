//! Base62 for the secrets' texts: only letters and digits, so that a double-click selects all of it.

use zeroize::Zeroizing;

/// The alphabet, in GitHub's order (which fixes what the checksum looks like).
pub(crate) const ALPHABET: &[u8; 62] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Characters of a checksum: 62^6 is more than 2^32.
pub(crate) const CHECKSUM_LENGTH: usize = 6;

/// Whether this byte is one of the alphabet.
pub(crate) const fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

/// A checksum's characters, padded with `0` on the left.
pub(crate) fn of_checksum(mut value: u32) -> [u8; CHECKSUM_LENGTH] {
    let mut text = [b'0'; CHECKSUM_LENGTH];
    for place in text.iter_mut().rev() {
        *place = digit(value % 62);
        value /= 62;
    }
    text
}

/// Appends `count` characters, each equally likely, made of the bytes that `fill` gives.
///
/// # Errors
/// Whatever `fill` gives.
pub(crate) fn push_random<E>(
    text: &mut String,
    count: usize,
    mut fill: impl FnMut(&mut [u8]) -> Result<(), E>,
) -> Result<(), E> {
    /// The largest multiple of 62 that fits a byte. Bytes from there on are thrown away: taking them
    /// modulo 62 would make the first characters of the alphabet likelier than the others.
    const FAIR: u8 = 248;
    let mut bytes = Zeroizing::new([0_u8; 48]);
    let mut missing = count;
    while missing > 0 {
        fill(bytes.as_mut_slice())?;
        for byte in bytes.iter().filter(|&&byte| byte < FAIR).take(missing) {
            text.push(char::from(digit(u32::from(byte % 62))));
            missing -= 1;
        }
    }
    Ok(())
}

fn digit(value: u32) -> u8 {
    // `value` is below 62 at both call sites; the fallback only spares an indexing that could panic.
    usize::try_from(value)
        .ok()
        .and_then(|at| ALPHABET.get(at))
        .copied()
        .unwrap_or(b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_of_githubs_example_is_githubs() {
        let crc = crc32fast::hash(b"zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ");
        assert_eq!(crc, 714_468_973);
        assert_eq!(&of_checksum(crc), b"0mLq17");
    }

    #[test]
    fn checksums_are_padded_and_hold_every_value() {
        assert_eq!(&of_checksum(0), b"000000");
        assert_eq!(&of_checksum(61), b"00000z");
        assert_eq!(&of_checksum(62), b"000010");
        assert_eq!(&of_checksum(u32::MAX), b"4gfFC3");
    }

    #[test]
    fn every_character_is_equally_likely() {
        // Every byte value equally often must give every character equally often.
        let mut next = 0_u8;
        let mut text = String::new();
        let filled = push_random::<()>(&mut text, 248, |bytes| {
            for byte in bytes {
                *byte = next;
                next = next.wrapping_add(1);
            }
            Ok(())
        });
        assert_eq!(filled, Ok(()));
        for &c in ALPHABET {
            assert_eq!(text.bytes().filter(|&byte| byte == c).count(), 4);
        }
    }
}
