//! Everything that is sealed at rest, in one list: a master key that is replaced has to seal each of these again. What
//! is kept as a digest isn't here, because it can't be made again without the secret.

use latchkey_keys::KeyRing;
use latchkey_store::Tx;

use crate::{error::ApiResult, second_factor, upstream_headers};

/// Every column that holds something sealed. A new one gets its line here, and a test fails until it has.
pub const COLUMNS: [SealedColumn; 2] = [
    SealedColumn {
        name: "projects.upstream_headers",
        what: "headers of projects' own servers",
        seal_again: upstream_headers::seal_again,
    },
    SealedColumn {
        name: "second_factors.sealed_secret",
        what: "secrets of second factors",
        seal_again: second_factor::seal_again,
    },
];

/// A column that holds something sealed.
pub struct SealedColumn {
    /// Its table and name.
    pub name: &'static str,
    /// What it holds, for people.
    pub what: &'static str,
    seal_again: fn(&mut Tx<'_>, &KeyRing, &KeyRing) -> ApiResult<Again>,
}

/// What was sealed again.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Again {
    /// How many values.
    pub sealed: usize,
    /// The ids of rows whose value the old key didn't open. They are as they were, and open no more than before.
    pub left: Vec<String>,
}

impl SealedColumn {
    /// Opens each value with the first ring and seals it with the second.
    ///
    /// # Errors
    /// Those of the database; 500 when the system gives no random numbers.
    pub fn seal_again(&self, tx: &mut Tx<'_>, old: &KeyRing, new: &KeyRing) -> ApiResult<Again> {
        (self.seal_again)(tx, old, new)
    }
}
