//! What checks are written with.

use std::fmt::Debug;

/// What a check says of an input: nothing, or what is wrong.
pub type Outcome = Result<(), String>;

/// Whether this holds, or else this sentence.
///
/// # Errors
/// The sentence.
pub fn hold(is_so: bool, sentence: &str) -> Outcome {
    if is_so {
        Ok(())
    } else {
        Err(sentence.to_owned())
    }
}

/// Whether what was found is what the reference gives.
///
/// # Errors
/// Both, when they differ.
pub fn agree<T: PartialEq + Debug>(what: &str, found: &T, reference: &T) -> Outcome {
    if found == reference {
        Ok(())
    } else {
        Err(format!(
            "{what} is {found:?}, and {reference:?} for the reference"
        ))
    }
}

/// Numbers that an input decides, for a check that has to choose: where to cut, which byte to change.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// The dice of this input.
    #[must_use]
    pub fn of(input: &[u8]) -> Self {
        // FNV-1a.
        let start = 0xcbf2_9ce4_8422_2325_u64;
        Self(input.iter().fold(start, |state, byte| {
            (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        }))
    }

    /// The next number.
    pub fn roll(&mut self) -> u64 {
        // splitmix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The next number below this one; 0 below 0.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX);
        let number = self.roll().checked_rem(end).unwrap_or_default();
        usize::try_from(number).unwrap_or_default()
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        self.roll().to_le_bytes()[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_input_throws_the_same_numbers() {
        let throws = |input: &[u8]| {
            let mut dice = Dice::of(input);
            [dice.below(1000), dice.below(1000), dice.below(1000)]
        };
        assert_eq!(throws(b"a"), throws(b"a"));
        assert_ne!(throws(b"a"), throws(b"b"));
        assert_eq!(Dice::of(b"a").below(0), 0);
        assert_eq!(Dice::of(b"a").below(1), 0);
    }

    #[test]
    fn a_difference_shows_both_sides() {
        assert_eq!(agree("it", &1, &1), Ok(()));
        let said = agree("it", &1, &2).unwrap_err();
        assert_eq!(said, "it is 1, and 2 for the reference");
        assert_eq!(hold(false, "no"), Err("no".to_owned()));
    }
}
