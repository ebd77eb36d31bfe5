//! Changes that wait for the writer, and share a transaction.
//!
//! A COMMIT waits for the disk, and costs as much for ten changes as for one. So changes queue up while the writer is at
//! work, and the next COMMIT is for all that have come meanwhile. Each is a change of its own nevertheless: one that fails
//! is taken back alone, to a savepoint, and nobody learns of an outcome, good or bad, before what it rests on is durable.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use parking_lot::{Mutex, MutexGuard};

use crate::{
    Change, Store, StoreError, Tx,
    store::{Inner, WRITER_PATIENCE, Writer},
};

/// How long a change may wait until it is made.
pub const PATIENCE: Duration = WRITER_PATIENCE;

/// The most changes that share a transaction: what each waits for the others, and what a failure takes with it, has an end.
const MOST_TOGETHER: usize = 32;

/// The queue.
#[derive(Default)]
pub(crate) struct Queue(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<(Place, Box<dyn Job>)>,
    next: u64,
    /// Whether somebody is at work on them already.
    is_attended: bool,
}

/// A change's place in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place(u64);

/// A change that waits.
trait Job: Send {
    /// Makes it; whether it may be committed.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Tells what came of it: its own outcome if the transaction that it was in went well, otherwise the error.
    fn end(self: Box<Self>, transaction: Result<(), StoreError>);
}

struct Queued<F, D, T, E> {
    work: Option<F>,
    outcome: Option<Result<T, E>>,
    done: D,
}

impl<F, D, T, E> Job for Queued<F, D, T, E>
where
    F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send,
    D: FnOnce(Result<T, E>) + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        self.outcome = self.work.take().map(|work| work(tx));
        self.outcome.as_ref().is_some_and(Result::is_ok)
    }

    fn end(self: Box<Self>, transaction: Result<(), StoreError>) {
        let not_run = || Err(StoreError::Internal("a change was not made".to_owned()).into());
        (self.done)(match transaction {
            Ok(()) => self.outcome.unwrap_or_else(not_run),
            Err(error) => Err(error.into()),
        });
    }
}

/// Makes the changes that are queued, on a thread where waiting is allowed. Where it is dropped instead of run, they fail.
#[must_use = "nobody else makes the changes that are queued"]
pub struct Attendant {
    inner: Arc<Inner>,
}

impl Store {
    /// Queues a change, which is made like one of [`Store::write`] but for its COMMIT, which it may share with others. `done`
    /// gets its outcome, on the thread that made it. Whoever gets an attendant has to run it. Nothing here looks at the
    /// clock: whoever has waited for longer than [`PATIENCE`] withdraws it.
    pub fn enqueue<T, E>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        done: impl FnOnce(Result<T, E>) + Send + 'static,
    ) -> (Place, Option<Attendant>)
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let mut waiting = self.0.queue.0.lock();
        let place = Place(waiting.next);
        waiting.next += 1;
        let job = Queued {
            work: Some(work),
            outcome: None,
            done,
        };
        waiting.jobs.push_back((place, Box::new(job)));
        let is_attended = std::mem::replace(&mut waiting.is_attended, true);
        let attendant = (!is_attended).then(|| Attendant {
            inner: Arc::clone(&self.0),
        });
        (place, attendant)
    }

    /// Takes a change out of the queue: it is not made, and fails. One that is being made already is left alone.
    pub fn withdraw(&self, place: Place) {
        let found = {
            let mut waiting = self.0.queue.0.lock();
            let at = waiting.jobs.iter().position(|(other, _)| *other == place);
            at.and_then(|at| waiting.jobs.remove(at))
        };
        let too_long = StoreError::Unavailable("other changes are taking too long".to_owned());
        end(found.map(|(_, job)| job), &Err(too_long));
    }
}

impl Attendant {
    /// Makes all changes that are queued, and those that come meanwhile.
    pub fn run(self) {
        while let Some(jobs) = self.inner.queue.take(MOST_TOGETHER) {
            self.inner.write_together(jobs);
        }
    }
}

impl Drop for Attendant {
    /// Nothing is queued any more when it has run. After a panic, or where it never ran, somebody still waits.
    fn drop(&mut self) {
        while let Some(jobs) = self.inner.queue.take(MOST_TOGETHER) {
            let error = StoreError::Unavailable("the change was not made".to_owned());
            end(jobs, &Err(error));
        }
    }
}

impl Queue {
    /// The next changes. Where there are none, nobody attends to the queue from now on.
    fn take(&self, most: usize) -> Option<Vec<Box<dyn Job>>> {
        let mut waiting = self.0.lock();
        let count = waiting.jobs.len().min(most);
        waiting.is_attended = count > 0;
        let jobs = waiting.jobs.drain(..count).map(|(_, job)| job);
        (count > 0).then(|| jobs.collect())
    }
}

/// What is in the transaction that is open.
#[derive(Default)]
struct Together {
    changes: Vec<Change>,
    /// Those that were made.
    made: Vec<Box<dyn Job>>,
    /// Those that failed, perhaps because of what others had made before them: they are told when that is durable.
    failed: Vec<Box<dyn Job>>,
    /// Those that failed with nobody before them.
    alone: Vec<Box<dyn Job>>,
}

impl Inner {
    fn write_together(&self, jobs: Vec<Box<dyn Job>>) {
        let writer = self.lock_writer(WRITER_PATIENCE).and_then(|mut writer| {
            self.ready(&mut writer)?;
            Ok(writer)
        });
        match writer {
            Ok(writer) => self.write_now(writer, jobs),
            Err(error) => end(jobs, &Err(error)),
        }
    }

    fn write_now(&self, mut writer: MutexGuard<'_, Writer>, jobs: Vec<Box<dyn Job>>) {
        // Taken out for the time of the transaction: if a change panics it is dropped, which rolls back.
        let Some(mut db) = writer.db.take() else {
            let lost = StoreError::Internal("the writer got lost".to_owned());
            return end(jobs, &Err(lost));
        };
        let mut together = Together::default();
        let mut jobs = jobs.into_iter();
        let mut broken = None;
        for mut job in jobs.by_ref() {
            let is_first = together.made.is_empty();
            let begun = match is_first {
                true => db.begin_write(),
                false => db.begin_part(),
            };
            if let Err(error) = begun {
                together.failed.push(job);
                broken = Some(error);
                break;
            }
            let mut tx = Tx::new(&mut db, &self.ring);
            let is_good = job.run(&mut tx);
            let changes = tx.into_changes();
            let ended = match (is_good, is_first) {
                (true, _) => {
                    together.changes.extend(changes);
                    together.made.push(job);
                    if is_first { Ok(()) } else { db.end_part() }
                }
                (false, true) => {
                    together.alone.push(job);
                    db.rollback()
                }
                (false, false) => {
                    together.failed.push(job);
                    db.take_part_back()
                }
            };
            // SQLite ends a whole transaction by itself when the disk is full, and a lost connection has ended it.
            if let Err(error) = ended {
                broken = Some(error);
                break;
            }
        }
        let outcome = match broken {
            None if together.made.is_empty() => {
                self.put_back(&mut writer, db);
                Ok(())
            }
            None => self.commit(&mut writer, db, &together.changes),
            Some(error) => {
                let error = StoreError::from(error);
                if let Err(reason) = db.rollback() {
                    tracing::debug!(error = %StoreError::from(reason), "there was nothing to roll back");
                }
                self.put_back(&mut writer, db);
                Err(StoreError::Unavailable(format!(
                    "the transaction that this change was in broke off ({error})"
                )))
            }
        };
        // Whoever else waits for the writer has waited for all of these.
        MutexGuard::unlock_fair(writer);
        end(together.alone, &Ok(()));
        end(together.made, &outcome);
        end(together.failed, &outcome);
        end(jobs, &outcome);
    }
}

fn end(jobs: impl IntoIterator<Item = Box<dyn Job>>, transaction: &Result<(), StoreError>) {
    for job in jobs {
        job.end(transaction.clone());
    }
}
