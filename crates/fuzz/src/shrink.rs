//! Makes a failing input small.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::Outcome;

/// How often a check may be asked on the way: enough for any input of a corpus.
const TRIES: usize = 5_000;

/// What the check says; a panic is a failure like any other.
pub(crate) fn outcome(check: &impl Fn(&[u8]) -> Outcome, input: &[u8]) -> Outcome {
    catch_unwind(AssertUnwindSafe(|| check(input))).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        Err(format!("it panicked: {}", text.unwrap_or("without a word")))
    })
}

/// An input that fails too, and no longer does without any part of it; and what is wrong with it. Takes out halves,
/// then quarters, and so on to single bytes, as long as anything goes.
pub(crate) fn smallest(
    check: &impl Fn(&[u8]) -> Outcome,
    mut input: Vec<u8>,
    mut wrong: String,
) -> (Vec<u8>, String) {
    let mut tries = 0;
    let mut size = input.len().div_ceil(2);
    while size > 0 && tries < TRIES {
        let mut at = 0;
        let mut is_smaller = false;
        while at < input.len() && tries < TRIES {
            tries += 1;
            let mut shorter = input.clone();
            shorter.drain(at..(at + size).min(input.len()));
            match outcome(check, &shorter) {
                Err(now) => {
                    (input, wrong) = (shorter, now);
                    is_smaller = true;
                }
                Ok(()) => at += size,
            }
        }
        // Once more with single bytes: a byte may be needed only because of another that is gone now.
        if size > 1 || !is_smaller {
            size /= 2;
        }
    }
    (input, wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails when an `a` comes before a `b`.
    fn check(input: &[u8]) -> Outcome {
        let a = input.iter().position(|byte| *byte == b'a');
        let b = input.iter().rposition(|byte| *byte == b'b');
        match (a, b) {
            (Some(a), Some(b)) if a < b => Err("a before b".to_owned()),
            _ => Ok(()),
        }
    }

    #[test]
    fn only_what_makes_it_fail_is_left() {
        let input = b"xxxxxaxxxabxxxxxbxxxx".to_vec();
        let (smallest, wrong) = smallest(&check, input, String::new());
        assert_eq!(smallest, b"ab");
        assert_eq!(wrong, "a before b");
    }

    #[test]
    fn an_input_that_always_fails_ends_empty() {
        let always = |_: &[u8]| Err("no".to_owned());
        assert_eq!(smallest(&always, vec![1; 100], String::new()).0, b"");
    }

    #[test]
    fn a_panic_is_a_failure() {
        let panics = |input: &[u8]| hold_at(input[1]);
        assert!(outcome(&panics, b"").is_err_and(|wrong| wrong.starts_with("it panicked: ")));
        assert_eq!(outcome(&panics, b"ab"), Ok(()));
    }

    fn hold_at(_: u8) -> Outcome {
        Ok(())
    }
}
