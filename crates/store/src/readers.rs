//! Connections that only read. A pool of our own, because what matters here is not in r2d2: when the
//! database is gone the answer must be an error at once, not after a time of trying again.

use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::{Db, StoreError, home::Home};

/// How long a read waits for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) struct Readers {
    most: u32,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Db>,
    /// How many exist, idle ones included.
    count: u32,
    is_closed: bool,
}

/// A connection on loan. Dropping it without [`give_back`](Loan::give_back) closes it.
struct Loan<'a> {
    readers: &'a Readers,
    db: Option<Db>,
}

impl Readers {
    pub(crate) fn new(most: u32) -> Self {
        Self {
            most: most.max(1),
            state: Mutex::default(),
            returned: Condvar::new(),
        }
    }

    /// Runs `f` in a transaction that only reads.
    pub(crate) fn read<T, E: From<StoreError>>(
        &self,
        home: &Home,
        f: impl FnOnce(&mut Db) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut loan = self.begin(home)?;
        // A panic in `f` drops the loan, and with it the connection and its transaction.
        let Some(db) = &mut loan.db else {
            return Err(StoreError::Internal("a connection got lost".to_owned()).into());
        };
        let outcome = f(db);
        let ended = db.rollback();
        if ended.is_ok() && !db.is_broken() {
            loan.give_back();
        }
        outcome
    }

    pub(crate) fn close(&self) {
        let mut state = self.state.lock();
        state.is_closed = true;
        state.idle.clear();
        self.returned.notify_all();
    }

    /// A connection on which a transaction has begun. An idle one may have died in the meantime, which
    /// shows here: then all idle ones are suspect, and a new one is made.
    fn begin(&self, home: &Home) -> Result<Loan<'_>, StoreError> {
        let mut loan = self.take()?;
        if let Some(db) = &mut loan.db
            && db.begin_read().is_err()
        {
            loan.db = None;
            let mut state = self.state.lock();
            let idle = state.idle.len();
            state.idle.clear();
            state.count = state
                .count
                .saturating_sub(u32::try_from(idle).unwrap_or(u32::MAX));
        }
        if loan.db.is_none() {
            let mut db = home.connect_reader()?;
            db.begin_read()?;
            loan.db = Some(db);
        }
        Ok(loan)
    }

    fn take(&self) -> Result<Loan<'_>, StoreError> {
        let mut state = self.state.lock();
        loop {
            if state.is_closed {
                return Err(StoreError::Unavailable("the store is closed".to_owned()));
            }
            if let Some(db) = state.idle.pop() {
                return Ok(Loan {
                    readers: self,
                    db: Some(db),
                });
            }
            if state.count < self.most {
                state.count += 1;
                return Ok(Loan {
                    readers: self,
                    db: None,
                });
            }
            if self.returned.wait_for(&mut state, PATIENCE).timed_out() {
                return Err(StoreError::Unavailable(
                    "all connections are busy".to_owned(),
                ));
            }
        }
    }
}

impl Loan<'_> {
    fn give_back(mut self) {
        let mut state = self.readers.state.lock();
        if !state.is_closed
            && let Some(db) = self.db.take()
        {
            state.idle.push(db);
            // The drop below must not count this connection out.
            state.count += 1;
        }
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        let mut state = self.readers.state.lock();
        state.count = state.count.saturating_sub(1);
        self.readers.returned.notify_one();
    }
}
