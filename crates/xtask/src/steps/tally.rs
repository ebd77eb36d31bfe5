//! Reads the closing lines of nextest, `cargo test` and node's test runner.

use std::fmt::{self, Display};
use std::iter::Sum;

/// How many tests ended how. Timed out and cancelled is failed; ignored and marked as to do is skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: u32,
    pub failed: u32,
    pub skipped: u32,
}

impl Tally {
    /// What a line counts, if it is a test runner's closing line.
    pub fn of(line: &str) -> Option<Tally> {
        let line = without_colours(line);
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut tally = Tally::default();
        match words.as_slice() {
            // nextest: Summary [ 0.01s] 3 tests run: 2 passed (1 slow), 1 timed out, 0 skipped
            // libtest: test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out
            ["Summary", rest @ ..] | ["test", "result:", rest @ ..] => {
                for pair in rest.windows(2) {
                    if let Ok(number) = pair[0].parse() {
                        tally.count(pair[1].trim_end_matches([',', ';']), number);
                    }
                }
            }
            // node: "ℹ pass 3" or, as TAP, "# pass 3"
            ["ℹ" | "#", kind, number] => match number.parse() {
                Ok(number) if tally.count(kind, number) => {}
                _ => return None,
            },
            _ => return None,
        }
        Some(tally)
    }

    fn count(&mut self, kind: &str, number: u32) -> bool {
        match kind {
            "passed" | "pass" => self.passed += number,
            "failed" | "fail" | "cancelled" | "timed" | "exec" => self.failed += number,
            "skipped" | "ignored" | "todo" => self.skipped += number,
            _ => return false,
        }
        true
    }
}

impl Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        match self.skipped {
            0 => Ok(()),
            skipped => write!(f, ", {skipped} skipped"),
        }
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Tally>>(tallies: I) -> Tally {
        tallies.fold(Tally::default(), |sum, tally| Tally {
            passed: sum.passed + tally.passed,
            failed: sum.failed + tally.failed,
            skipped: sum.skipped + tally.skipped,
        })
    }
}

/// Leaves out the escape sequences that CARGO_TERM_COLOR=always puts even into a pipe.
fn without_colours(line: &str) -> String {
    let mut parts = line.split('\x1b');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain += part.split_once('m').map_or("", |(_, text)| text);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: u32, failed: u32, skipped: u32) -> Option<Tally> {
        Some(Tally {
            passed,
            failed,
            skipped,
        })
    }

    #[test]
    fn the_closing_lines_of_each_runner_are_counted() {
        let lines = [
            (
                "     Summary [   0.005s] 1 test run: 1 passed, 0 skipped",
                tally(1, 0, 0),
            ),
            (
                "     Summary [  12.0s] 9/20 tests run: 5 passed (1 slow, 1 leaky), 1 failed, 2 timed out, 1 exec failed, 3 skipped",
                tally(5, 4, 3),
            ),
            (
                "\x1b[32;1m     Summary\x1b[0m [   0.005s] \x1b[1m7\x1b[0m tests run: \x1b[1m7\x1b[0m \x1b[32;1mpassed\x1b[0m, \x1b[1m0\x1b[0m \x1b[33;1mskipped\x1b[0m",
                tally(7, 0, 0),
            ),
            (
                "test result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured; 4 filtered out; finished in 0.00s",
                tally(3, 1, 2),
            ),
            ("ℹ pass 3", tally(3, 0, 0)),
            ("# cancelled 2", tally(0, 2, 0)),
            ("ℹ todo 1", tally(0, 0, 1)),
            ("ℹ tests 3", None),
            ("ℹ duration_ms 512.5", None),
            (
                "        PASS [   0.003s] latchkey-types parse::passed",
                None,
            ),
        ];
        for (line, expected) in lines {
            assert_eq!(Tally::of(line), expected, "{line}");
        }
    }

    #[test]
    fn the_total_is_the_line_that_ci_counts() {
        let total: Tally = tally(5, 0, 0).into_iter().chain(tally(2, 0, 0)).sum();
        assert_eq!(total.to_string(), "7 passed, 0 failed");
        assert_eq!(
            tally(1, 2, 3).map(|tally| tally.to_string()).as_deref(),
            Some("1 passed, 2 failed, 3 skipped")
        );
    }
}
