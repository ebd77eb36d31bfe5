//! One target: its corpus first, then what grows out of it, until the cases or the time are through.

use std::{
    collections::hash_map::RandomState,
    env, fs,
    hash::{BuildHasher as _, Hasher as _},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::{
    Outcome,
    edit::cases,
    shrink::{outcome, smallest},
};

/// Cases of a target when no time is given: a few seconds, unoptimised.
const CASES: u64 = 4_000;
/// Cases between two looks at the clock.
const ROUND: u32 = 250;

/// Feeds a check with every file of this folder, and then with what grows out of them.
///
/// # Panics
/// When the check fails or panics: with the smallest input that makes it so, and the seed. When the folder can't be
/// read, or holds nothing; when a variable (see the crate) isn't a number.
pub fn run(target: &str, corpus: impl AsRef<Path>, check: impl Fn(&[u8]) -> Outcome) {
    let corpus = corpus.as_ref();
    let report =
        seeds(corpus).and_then(|seeds| replay(&seeds, &check).and_then(|()| grow(&seeds, &check)));
    match report {
        Ok(Grown { cases, seconds }) => {
            if let Some(seconds) = seconds {
                // Nobody reads it: that is no reason to fail.
                let _ = writeln!(
                    io::stdout(),
                    "fuzz {target}: {cases} cases in {seconds} s, no failure"
                );
            }
        }
        Err(failure) => end(target, corpus, &failure),
    }
}

/// How far a target got.
#[derive(Debug)]
struct Grown {
    cases: u64,
    /// For how long it was to go on, if that was said.
    seconds: Option<u64>,
}

/// Why a target ends early.
#[derive(Debug)]
enum Failure {
    /// It can't even begin.
    Setting(String),
    /// A file of the corpus fails.
    Replayed { path: PathBuf, wrong: String },
    /// A case fails.
    Found {
        seed: u64,
        input: Vec<u8>,
        wrong: String,
    },
}

/// A file of a corpus, and what it holds.
type Seed = (PathBuf, Vec<u8>);

#[expect(clippy::panic, reason = "this is how a test fails")]
fn end(target: &str, corpus: &Path, failure: &Failure) -> ! {
    match failure {
        Failure::Setting(sentence) => panic!("fuzz {target}: {sentence}"),
        Failure::Replayed { path, wrong } => {
            panic!("fuzz {target}: {} fails: {wrong}", path.display())
        }
        Failure::Found { seed, input, wrong } => {
            let hex: String = input.iter().map(|byte| format!("{byte:02x}")).collect();
            panic!(
                "fuzz {target}: {wrong}\n  \
                   input: \"{}\" ({} bytes)\n  \
                   its cases: LATCHKEY_FUZZ_SEED={seed}\n  \
                   keep it: echo {hex} | xxd -r -p > {}",
                input.escape_ascii(),
                input.len(),
                corpus.join("a-name-that-says-why").display()
            )
        }
    }
}

/// The files of the corpus by their names.
fn seeds(corpus: &Path) -> Result<Vec<Seed>, Failure> {
    let unreadable =
        |error: io::Error| Failure::Setting(format!("{} can't be read: {error}", corpus.display()));
    let mut seeds = Vec::new();
    for entry in fs::read_dir(corpus).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let bytes = fs::read(&path).map_err(unreadable)?;
        seeds.push((path, bytes));
    }
    if seeds.is_empty() {
        let sentence = format!("{} holds nothing to begin with", corpus.display());
        return Err(Failure::Setting(sentence));
    }
    seeds.sort();
    Ok(seeds)
}

fn replay(seeds: &[Seed], check: &impl Fn(&[u8]) -> Outcome) -> Result<(), Failure> {
    for (path, bytes) in seeds {
        outcome(check, bytes).map_err(|wrong| Failure::Replayed {
            path: path.clone(),
            wrong,
        })?;
    }
    Ok(())
}

fn grow(seeds: &[Seed], check: &impl Fn(&[u8]) -> Outcome) -> Result<Grown, Failure> {
    let seconds = number("LATCHKEY_FUZZ_SECONDS")?;
    let seed = match number("LATCHKEY_FUZZ_SEED")? {
        Some(seed) => seed,
        // As random as the keys of a hash map; no dependency is needed for it.
        None => RandomState::new().build_hasher().finish(),
    };
    let bytes: Vec<Vec<u8>> = seeds.iter().map(|(_, bytes)| bytes.clone()).collect();
    let strategy = cases(&bytes);
    let began = Instant::now();
    let mut count = 0_u64;
    let mut round = 0_u64;
    while match seconds {
        Some(seconds) => began.elapsed() < Duration::from_secs(seconds),
        None => count < CASES,
    } {
        let config = Config {
            cases: ROUND,
            failure_persistence: None,
            ..Config::default()
        };
        let mut runner = TestRunner::new_with_rng(config, rng(seed, round));
        let ran = runner.run(&strategy, |input| {
            outcome(check, &input).map_err(TestCaseError::fail)
        });
        match ran {
            Ok(()) => {}
            Err(TestError::Fail(wrong, input)) => {
                let (input, wrong) = smallest(check, input, wrong.to_string());
                return Err(Failure::Found { seed, input, wrong });
            }
            Err(TestError::Abort(why)) => return Err(Failure::Setting(why.to_string())),
        }
        count += u64::from(ROUND);
        round += 1;
    }
    Ok(Grown {
        cases: count,
        seconds,
    })
}

/// A seed has rounds, so that the time can be looked at between two.
fn rng(seed: u64, round: u64) -> TestRng {
    let mut bytes = [0_u8; 32];
    for (place, byte) in bytes
        .iter_mut()
        .zip(seed.to_le_bytes().into_iter().chain(round.to_le_bytes()))
    {
        *place = byte;
    }
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

fn number(variable: &str) -> Result<Option<u64>, Failure> {
    env::var_os(variable)
        .map(|value| {
            let number = value.to_str().and_then(|value| value.parse().ok());
            number.ok_or_else(|| Failure::Setting(format!("{variable} isn't a number")))
        })
        .transpose()
}

#[cfg(test)]
mod tests {
    use proptest::strategy::{Strategy as _, ValueTree as _};

    use super::*;
    use crate::hold;

    fn corpus() -> Vec<Seed> {
        vec![(PathBuf::from("one"), b"abcdef".to_vec())]
    }

    #[test]
    fn a_file_of_the_corpus_that_fails_is_named() {
        let failed = replay(&corpus(), &|input: &[u8]| {
            hold(input != b"abcdef", "it is there")
        });
        assert!(matches!(
            failed,
            Err(Failure::Replayed { path, wrong }) if path == Path::new("one") && wrong == "it is there"
        ));
    }

    #[test]
    fn what_fails_is_found_and_made_small() {
        // No file has it: it takes a change.
        let check = |input: &[u8]| {
            let is_found = input.iter().filter(|byte| **byte == b'c').count() > 1;
            hold(!is_found, "it is there twice")
        };
        assert!(replay(&corpus(), &check).is_ok());
        let Err(Failure::Found { input, wrong, .. }) = grow(&corpus(), &check) else {
            panic!("nothing was found");
        };
        assert_eq!((&input[..], &*wrong), (&b"cc"[..], "it is there twice"));
    }

    #[test]
    fn a_seed_gives_the_same_cases() {
        let files = [b"abcdefghij".to_vec()];
        let strategy = cases(&files);
        let first = |seed, round| {
            let mut runner = TestRunner::new_with_rng(Config::default(), rng(seed, round));
            let tree = strategy.new_tree(&mut runner);
            tree.expect("nothing is filtered").current()
        };
        let once: Vec<Vec<u8>> = (0..20).map(|round| first(7, round)).collect();
        let again: Vec<Vec<u8>> = (0..20).map(|round| first(7, round)).collect();
        let other: Vec<Vec<u8>> = (0..20).map(|round| first(8, round)).collect();
        assert_eq!(once, again);
        assert_ne!(once, other);
    }

    #[test]
    fn an_empty_folder_is_no_corpus() {
        let missing = seeds(Path::new("there-is-no-such-folder"));
        assert!(matches!(missing, Err(Failure::Setting(_))));
    }
}
