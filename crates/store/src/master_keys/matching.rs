//! The rule by which master keys are a database's, or not, and the sentence that says which one is wrong.

use crate::OpenError;

/// A master key that the database was used with.
pub(super) struct Known {
    pub(super) check: Vec<u8>,
    pub(super) version: i32,
    pub(super) is_retired: bool,
}

/// The given keys, recognised.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Matched {
    /// Whether the first one is new: then `rest` begins with the second.
    pub(super) is_pending: bool,
    /// The others, the newest first; the first of them is the newest that is in use.
    pub(super) rest: Vec<Match>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) version: i32,
    pub(super) is_retired: bool,
}

/// Holds the check values that are given, the newest first, against those that are known, likewise. All that are not
/// retired must be there, in their order. Retired ones may be, behind them. One new key may stand in front of all: it
/// is what a replacement left that got no further than the file, and it is not used.
///
/// A database that knows none takes any.
pub(super) fn matched(given: &[[u8; 32]], known: &[Known]) -> Result<Matched, OpenError> {
    if known.is_empty() {
        return Ok(Matched {
            is_pending: false,
            rest: Vec::new(),
        });
    }
    let found: Vec<Option<Match>> = given
        .iter()
        .map(|check| {
            let found = known.iter().find(|known| known.check == check);
            found.map(|known| Match {
                version: known.version,
                is_retired: known.is_retired,
            })
        })
        .collect();
    if found.iter().all(Option::is_none) {
        return Err(OpenError::WrongMasterKey);
    }
    let is_pending = found.first().is_some_and(Option::is_none);
    let mut rest: Vec<Match> = Vec::with_capacity(found.len());
    for (at, found) in found.into_iter().enumerate().skip(usize::from(is_pending)) {
        let Some(key) = found else {
            return Err(foreign(at + 1, given.len()));
        };
        if let Some(before) = rest.last()
            && before.version <= key.version
        {
            return Err(misordered(before.version, key.version));
        }
        rest.push(key);
    }
    let is_there = |version| rest.iter().any(|key| key.version == version);
    let mut live = known.iter().filter(|known| !known.is_retired);
    let newest = live.next().map_or(0, |known| known.version);
    if !is_there(newest) {
        return Err(newest_is_missing(newest));
    }
    match live.find(|known| !is_there(known.version)) {
        Some(missing) => Err(older_is_missing(missing.version)),
        None => Ok(Matched { is_pending, rest }),
    }
}

fn foreign(at: usize, of: usize) -> OpenError {
    OpenError::MasterKeys(format!(
        "master key {at} of the {of} that are given does not belong to this database: take it out, and keep the others \
         in their order"
    ))
}

fn misordered(before: i32, version: i32) -> OpenError {
    OpenError::MasterKeys(format!(
        "the master keys are not in their order: version {before} stands before version {version}, and the newest must \
         be the first"
    ))
}

fn newest_is_missing(version: i32) -> OpenError {
    OpenError::MasterKeys(format!(
        "the master key was replaced, and version {version}, the newest, is missing: start with the keys that \
         `latchkey master-key replace` wrote (LATCHKEY_MASTER_KEY, or the key file), the newest first"
    ))
}

fn older_is_missing(version: i32) -> OpenError {
    OpenError::MasterKeys(format!(
        "master key version {version} is missing: keys that people hold may still need it, so put it back, behind the \
         newer ones; `latchkey master-key retire` says when it can go"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Version `n` has the check value of 32 times `n`; `0` among the given is a key that nobody knows.
    fn known(versions: &[i32], retired: &[i32]) -> Vec<Known> {
        let known = versions.iter().map(|&version| Known {
            check: vec![u8::try_from(version).unwrap(); 32],
            version,
            is_retired: retired.contains(&version),
        });
        known.collect()
    }

    fn given(keys: &[u8]) -> Vec<[u8; 32]> {
        keys.iter().map(|&key| [key; 32]).collect()
    }

    #[test]
    fn the_right_keys_are_recognised() {
        for (keys, versions, retired, is_pending, wanted) in [
            (&[1][..], &[1][..], &[][..], false, &[(1, false)][..]),
            (&[2, 1], &[2, 1], &[], false, &[(2, false), (1, false)]),
            // A replacement stopped behind the file.
            (&[0, 1], &[1], &[], true, &[(1, false)]),
            (&[0, 2, 1], &[2, 1], &[], true, &[(2, false), (1, false)]),
            (&[0, 2, 1], &[2, 1], &[1], true, &[(2, false), (1, true)]),
            // Retired ones may go, and may stay.
            (&[2], &[2, 1], &[1], false, &[(2, false)]),
            (&[2, 1], &[2, 1], &[1], false, &[(2, false), (1, true)]),
            (
                &[3, 1],
                &[3, 2, 1],
                &[2, 1],
                false,
                &[(3, false), (1, true)],
            ),
            // A database that knows none.
            (&[7, 8], &[], &[], false, &[]),
        ] {
            let rest = wanted.iter().map(|&(version, is_retired)| Match {
                version,
                is_retired,
            });
            let wanted = Matched {
                is_pending,
                rest: rest.collect(),
            };
            let found = matched(&given(keys), &known(versions, retired));
            assert_eq!(found, Ok(wanted), "{keys:?} for {versions:?}");
        }
    }

    #[test]
    fn the_wrong_key_is_named() {
        for (keys, versions, retired, words) in [
            (
                &[1][..],
                &[2, 1][..],
                &[][..],
                "version 2, the newest, is missing",
            ),
            (&[1], &[2, 1], &[1], "version 2, the newest, is missing"),
            (&[0, 1], &[2, 1], &[], "version 2, the newest, is missing"),
            (&[2], &[2, 1], &[], "version 1 is missing"),
            (&[3, 1], &[3, 2, 1], &[], "version 2 is missing"),
            (&[0, 2], &[2, 1], &[], "version 1 is missing"),
            (&[1, 2], &[2, 1], &[], "version 1 stands before version 2"),
            (&[1, 2], &[2, 1], &[1], "version 1 stands before version 2"),
            (&[1, 1], &[1], &[], "version 1 stands before version 1"),
            (&[2, 0, 1], &[2, 1], &[], "master key 2 of the 3"),
            (&[2, 1, 0], &[2, 1], &[], "master key 3 of the 3"),
            (&[0, 0, 1], &[1], &[], "master key 2 of the 3"),
        ] {
            let found = matched(&given(keys), &known(versions, retired));
            let Err(OpenError::MasterKeys(sentence)) = found else {
                panic!("{keys:?} for {versions:?}: {found:?}")
            };
            assert!(sentence.contains(words), "{sentence}");
        }
        for keys in [&[0][..], &[0, 7], &[]] {
            let found = matched(&given(keys), &known(&[2, 1], &[]));
            assert_eq!(found, Err(OpenError::WrongMasterKey), "{keys:?}");
        }
    }
}
