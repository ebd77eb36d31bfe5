//! Reading the database while another process serves it: for commands that change nothing.

use std::time::Duration;

use latchkey_keys::{KeyRing, MasterKeys};

use crate::{
    DatabaseUrl, Db, OpenError, StoreError,
    home::{self, Purpose},
    master_keys,
    migrate::{self, Age},
    url::Place,
};

/// How long SQLite waits where a server is just closing its files.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Runs `f` in a transaction that only reads, without the lock that a server holds. All its statements see one moment.
///
/// `f` also gets the keys of every purpose, as these master keys give them.
///
/// # Errors
/// `f`'s own, and one sentence where there is no such database, it was made with another master key, or its tables are
/// not in this version's form.
pub fn read_beside<T, E: From<OpenError>>(
    url: &DatabaseUrl,
    masters: &MasterKeys,
    f: impl FnOnce(&mut Db, &KeyRing) -> Result<T, E>,
) -> Result<T, E> {
    let checks = masters.check_values();
    let mut db = connect(url.place(), Purpose::Read, Some(&checks))?;
    migrate::check_current(&mut db)?;
    db.begin_read()
        .map_err(|error| OpenError::from(StoreError::from(error)))?;
    let recognised = master_keys::recognise(&mut db, masters)?;
    let outcome = f(&mut db, &recognised.ring);
    // Nothing was written; closing the connection would end the transaction too.
    let _ = db.rollback();
    outcome
}

/// A connection that only reads, to a database of ours.
pub(crate) fn connect(
    place: &Place,
    purpose: Purpose,
    checks: Option<&[[u8; 32]]>,
) -> Result<Db, OpenError> {
    let mut db = home::connect_beside(place, BUSY_TIMEOUT, purpose)?;
    if migrate::check(&mut db, checks)? == Age::New {
        return Err(OpenError::Unreadable(
            "this database has no tables of Latchkey's: check that it is the right one".to_owned(),
        ));
    }
    Ok(db)
}
