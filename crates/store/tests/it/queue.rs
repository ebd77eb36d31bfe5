//! Changes that share a transaction.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
    mpsc,
};

use latchkey_store::{
    Attendant, Place, Store, StoreError, Tx, Unique, audit, projects, testing::CommitFault, users,
};
use latchkey_types::{audit::ActorKind, user::InstanceRole};

use crate::support::{NOW, Recorder, Told, new_project, new_user, on_each, read, write};

/// What came of a change; nothing yet, where nobody was told.
type Outcome = Option<Result<(), StoreError>>;

/// What came of the changes, in the order in which they were queued, and their places.
#[derive(Clone, Default)]
struct Outcomes(Arc<Mutex<Vec<Outcome>>>, Arc<Mutex<Vec<Place>>>);

impl Outcomes {
    /// Queues a change.
    fn queue(
        &self,
        store: &Store,
        work: impl FnOnce(&mut Tx<'_>) -> Result<(), StoreError> + Send + 'static,
    ) -> Option<Attendant> {
        let place = {
            let mut all = self.0.lock().unwrap();
            all.push(None);
            all.len() - 1
        };
        let all = Arc::clone(&self.0);
        let (place, attendant) = store.enqueue(work, move |outcome| {
            all.lock().unwrap()[place] = Some(outcome);
        });
        self.1.lock().unwrap().push(place);
        attendant
    }

    /// Takes the change that was queued as the nth out again.
    fn withdraw(&self, store: &Store, nth: usize) {
        store.withdraw(self.1.lock().unwrap()[nth]);
    }

    fn take(&self) -> Vec<Outcome> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

type Work = Box<dyn FnOnce(&mut Tx<'_>) -> Result<(), StoreError> + Send>;

/// Queues all of these before the first is made, and makes them. What came of each, and in how many commits.
fn together(store: &Store, works: Vec<Work>) -> (Vec<Outcome>, usize) {
    let commits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&commits);
    store.after_commit(move || {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    let outcomes = Outcomes::default();
    let attendants: Vec<Attendant> = works
        .into_iter()
        .filter_map(|work| outcomes.queue(store, work))
        .collect();
    let [attendant]: [Attendant; 1] = attendants.try_into().map_err(|_| ()).unwrap();
    attendant.run();
    store.after_commit(|| {});
    (outcomes.take(), commits.load(Ordering::SeqCst))
}

fn makes(slug: &str) -> Work {
    let new = new_project(slug);
    Box::new(move |tx| projects::create_project(tx, &new).map(drop))
}

/// Makes a project, and fails then.
fn makes_and_fails(slug: &str) -> Work {
    let new = new_project(slug);
    Box::new(move |tx| {
        projects::create_project(tx, &new)?;
        Err(StoreError::Internal("no".to_owned()))
    })
}

fn slugs(store: &Store) -> Vec<String> {
    let mut found = Vec::new();
    for slug in ["one", "two", "three", "four"] {
        if read(store, |db| projects::find_project_by_slug(db, slug)).is_some() {
            found.push(slug.to_owned());
        }
    }
    found
}

/// The projects that the observer was told of, call by call.
fn told(recorder: &Recorder) -> Vec<usize> {
    let count = |told: &Told| match told {
        Told::Changed(changes) => Some(changes.len()),
        _ => None,
    };
    recorder.take().iter().filter_map(count).collect()
}

fn no() -> Outcome {
    Some(Err(StoreError::Internal("no".to_owned())))
}

#[test]
fn changes_that_wait_share_a_commit() {
    on_each(|_, store| {
        let recorder = Recorder::attach(store);
        let works = vec![makes("one"), makes("two"), makes("three")];
        assert_eq!(together(store, works), (vec![Some(Ok(())); 3], 1));
        assert_eq!(slugs(store), ["one", "two", "three"]);
        assert_eq!(told(&recorder), [3]);
    });
}

#[test]
fn one_that_fails_takes_nothing_with_it_wherever_it_stands() {
    on_each(|_, store| {
        let recorder = Recorder::attach(store);
        let works = vec![
            makes_and_fails("four"),
            makes("one"),
            makes_and_fails("four"),
            makes_and_fails("four"),
            makes("two"),
            makes_and_fails("four"),
        ];
        let good = || Some(Ok(()));
        let wanted = vec![no(), good(), no(), no(), good(), no()];
        assert_eq!(together(store, works), (wanted, 1));
        assert_eq!(slugs(store), ["one", "two"]);
        assert_eq!(told(&recorder), [2]);
        let works = vec![makes_and_fails("four"), makes_and_fails("four")];
        assert_eq!(together(store, works), (vec![no(), no()], 0));
        assert_eq!(told(&recorder), [0; 0]);
    });
}

#[test]
fn one_that_the_database_refuses_leaves_the_others_their_transaction() {
    on_each(|_, store| {
        let works = vec![makes("one"), makes("one"), makes("two")];
        let (outcomes, commits) = together(store, works);
        let taken = Some(Err(StoreError::Taken(Unique::Slug)));
        assert_eq!(outcomes, [Some(Ok(())), taken, Some(Ok(()))]);
        assert_eq!(commits, 1);
        assert_eq!(slugs(store), ["one", "two"]);
    });
}

#[test]
fn nobody_is_told_what_rests_on_a_change_that_was_not_committed() {
    for fault in [CommitFault::AfterCommit, CommitFault::InsteadOfCommit] {
        on_each(|_, store| {
            let recorder = Recorder::attach(store);
            store.fail_next_commit(fault);
            // The second would be refused because of the first, and that is not known to have happened.
            let works = vec![
                makes_and_fails("four"),
                makes("one"),
                makes("one"),
                makes("two"),
            ];
            let in_doubt = || Some(Err(StoreError::InDoubt));
            let (outcomes, _) = together(store, works);
            assert_eq!(outcomes, [no(), in_doubt(), in_doubt(), in_doubt()]);
            let [Told::InDoubt(rows)] = &recorder.take()[..] else {
                panic!("nobody heard of the doubt");
            };
            assert_eq!(rows.len(), 2);
            // The next change reads them again first.
            let (outcomes, _) = together(store, vec![makes("three")]);
            assert_eq!(outcomes, [Some(Ok(()))]);
            let wanted: &[&str] = match fault {
                CommitFault::AfterCommit => &["one", "two", "three"],
                CommitFault::InsteadOfCommit => &["three"],
            };
            assert_eq!(slugs(store), wanted);
        });
    }
}

#[test]
fn a_panic_is_an_error_for_the_others_and_the_next_change_is_made() {
    on_each(|_, store| {
        let outcomes = Outcomes::default();
        let attendant = outcomes.queue(store, makes("one")).unwrap();
        let none = [
            outcomes.queue(store, Box::new(|_: &mut Tx<'_>| panic!("on purpose"))),
            outcomes.queue(store, makes("two")),
        ];
        assert!(none.iter().all(Option::is_none));
        let run = std::panic::AssertUnwindSafe(|| attendant.run());
        assert!(std::panic::catch_unwind(run).is_err());
        // Of some only their end is told, by what waits for it being dropped. None is told that it was made.
        assert!(outcomes.take().iter().flatten().all(Result::is_err));
        assert_eq!(slugs(store), [""; 0]);
        assert_eq!(together(store, vec![makes("three")]).0, [Some(Ok(()))]);
    });
}

#[test]
fn changes_fail_when_nobody_makes_them_and_the_next_is_made() {
    on_each(|_, store| {
        let outcomes = Outcomes::default();
        let attendant = outcomes.queue(store, makes("one"));
        assert!(outcomes.queue(store, makes("two")).is_none());
        drop(attendant);
        let unavailable =
            |outcome: Outcome| matches!(outcome, Some(Err(StoreError::Unavailable(_))));
        let told = outcomes.take();
        assert!(told.len() == 2 && told.into_iter().all(unavailable));
        assert_eq!(together(store, vec![makes("three")]).0, [Some(Ok(()))]);
        assert_eq!(slugs(store), ["three"]);
    });
}

#[test]
fn a_closed_store_refuses_what_is_queued() {
    on_each(|_, store| {
        store.clone().close();
        let (outcomes, _) = together(store, vec![makes("one"), makes("two")]);
        let is_refused =
            |outcome: &Outcome| matches!(outcome, Some(Err(StoreError::Unavailable(_))));
        assert!(outcomes.iter().all(is_refused));
    });
}

#[test]
fn more_than_fit_are_made_in_several_and_the_log_stays_one_chain() {
    on_each(|_, store| {
        let works = (0..100)
            .map(|n| -> Work {
                Box::new(move |tx| {
                    tx.audit(&event(n))?;
                    match n % 3 {
                        0 => Err(StoreError::Internal("no".to_owned())),
                        _ => Ok(()),
                    }
                })
            })
            .collect();
        let (outcomes, commits) = together(store, works);
        let good = outcomes.iter().flatten().filter(|outcome| outcome.is_ok());
        assert_eq!(good.count(), 66);
        assert!((3..=10).contains(&commits), "{commits} commits");
        let ring = store.ring();
        let chain = read(store, |db| audit::verify_chain(db, &ring));
        assert!(
            matches!(chain, audit::Chain::Whole { events: 66, .. }),
            "{chain:?}"
        );
    });
}

fn event(n: i32) -> audit::NewEvent {
    audit::NewEvent {
        at: NOW,
        actor_kind: ActorKind::Cli,
        actor_id: None,
        actor_name: "Ada".to_owned(),
        action: "test".to_owned(),
        target: Some(n.to_string()),
        project_id: None,
        details: Default::default(),
        ip: None,
    }
}

#[test]
fn what_comes_meanwhile_is_made_too_unless_it_was_withdrawn() {
    on_each(|_, store| {
        let (arrived, wait) = mpsc::channel();
        let (go, held) = mpsc::channel::<()>();
        let outcomes = Outcomes::default();
        let work = move |_: &mut Tx<'_>| {
            arrived.send(()).unwrap();
            held.recv().unwrap();
            Ok(())
        };
        let attendant = outcomes.queue(store, work).unwrap();
        let thread = std::thread::spawn(move || attendant.run());
        wait.recv().unwrap();
        assert!(outcomes.queue(store, makes("one")).is_none());
        assert!(outcomes.queue(store, makes("two")).is_none());
        assert!(outcomes.queue(store, makes("three")).is_none());
        // The one that is being made can't be withdrawn any more; one that waits is not made.
        outcomes.withdraw(store, 0);
        outcomes.withdraw(store, 2);
        go.send(()).unwrap();
        thread.join().unwrap();
        outcomes.withdraw(store, 1);
        let told = outcomes.take();
        assert!(matches!(told[2], Some(Err(StoreError::Unavailable(_)))));
        assert_eq!([&told[0], &told[1], &told[3]], [&Some(Ok(())); 3]);
        assert_eq!(slugs(store), ["one", "three"]);
    });
}

#[test]
fn changes_of_both_kinds_wait_for_each_other() {
    on_each(|_, store| {
        let outcomes = Outcomes::default();
        std::thread::scope(|scope| {
            for n in 0..8 {
                let outcomes = outcomes.clone();
                scope.spawn(move || {
                    for i in 0..10 {
                        let email = format!("ada-{n}-{i}@example.com");
                        let user = new_user(&email, InstanceRole::Member);
                        if n % 2 == 0 {
                            write(store, |tx| users::create_user(tx, &user));
                        } else if let Some(attendant) =
                            outcomes.queue(store, move |tx| users::create_user(tx, &user).map(drop))
                        {
                            attendant.run();
                        }
                    }
                });
            }
        });
        assert_eq!(outcomes.take(), vec![Some(Ok(())); 40]);
        assert_eq!(read(store, users::count_users), 80);
    });
}
