//! Whether this process may answer: asked every second, and on a server watched ten times a second.

use std::{
    sync::{Arc, Weak, atomic::Ordering},
    time::Duration,
};

use diesel::{dsl::sql, prelude::*, sql_types::Integer};

use crate::{
    Db, Store, StoreError,
    home::{Home, LEASE},
    store::Inner,
};

/// Between two looks at the database.
const PAUSE: Duration = Duration::from_secs(1);
/// Between two looks at the age of the last proof.
const WATCH: Duration = Duration::from_millis(100);

impl Store {
    /// Begins to serve, and from then on looks every second whether the database is still there and ours.
    /// When it is not the observer is told so; when it is again, rows in doubt are read again first.
    ///
    /// Call it after the observer has loaded everything.
    pub fn start_monitor(&self) {
        self.check_now();
        let mut threads = self.0.threads.lock();
        let spawn = |name: &str, round: fn(&Inner), pause: Duration| {
            let inner = Arc::downgrade(&self.0);
            std::thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || rounds(&inner, round, pause))
        };
        let mut started = vec![spawn("store-monitor", Inner::look, PAUSE)];
        if matches!(self.0.home, Home::Server(_)) {
            // A look may hang on the network; this one never does.
            started.push(spawn("store-watch", Inner::watch, WATCH));
        }
        for thread in started {
            match thread {
                Ok(thread) => threads.push(thread),
                Err(error) => {
                    tracing::error!(%error, "the store can't be watched, so it does not serve");
                    self.0.is_connected.store(false, Ordering::SeqCst);
                    self.0.tell_serving(false);
                }
            }
        }
    }

    /// Looks at the database now, as the monitor does every second. Whether this process may answer.
    pub fn check_now(&self) -> bool {
        self.0.look();
        self.is_serving()
    }

    /// Stops serving and lets another process have the database. Clones of this store answer
    /// `Unavailable` afterwards.
    pub fn close(self) {
        *self.0.stop.0.lock() = true;
        self.0.stop.1.notify_all();
        for thread in std::mem::take(&mut *self.0.threads.lock()) {
            // A watching thread that panicked has said so already.
            let _ = thread.join();
        }
        self.0.tell_serving(false);
        if let Ok(mut writer) = self.0.lock_writer(Duration::from_secs(5)) {
            if let (Some(db), Home::Server(home)) = (&mut writer.db, &self.0.home)
                && let Err(error) = home.end_serving(db)
            {
                tracing::warn!(%error, "the next server will wait before it serves");
            }
            self.0.is_closed.store(true, Ordering::SeqCst);
            writer.db = None;
        }
        self.0.is_closed.store(true, Ordering::SeqCst);
        self.0.readers.close();
        self.0.home.release();
    }
}

impl Inner {
    fn look(&self) {
        match self.try_look() {
            Ok(()) => self.tell_serving(self.is_connected.load(Ordering::SeqCst)),
            Err(error) => {
                tracing::debug!(%error, "the database can't be used");
                self.tell_serving(false);
            }
        }
    }

    fn try_look(&self) -> Result<(), StoreError> {
        self.check()?;
        if let Home::File(_) = self.home {
            self.readers.read(&self.home, ping)?;
        }
        // A writer at work proves by itself that it is connected.
        let Some(mut writer) = self.writer.try_lock_for(WATCH) else {
            return Ok(());
        };
        match self.ready(&mut writer) {
            // A disk that takes no more changes keeps nobody from being checked: memory knows all that was committed,
            // and rows in doubt stay refused.
            Err(error) if matches!(self.home, Home::File(_)) => {
                tracing::debug!(%error, "nothing can be changed");
            }
            other => other?,
        }
        if let (Some(db), Home::Server(_)) = (&mut writer.db, &self.home)
            && let Err(error) = ping(db)
        {
            writer.db = None;
            self.lost();
            return Err(error);
        }
        Ok(())
    }

    fn watch(&self) {
        if self.proof.age() > LEASE {
            self.tell_serving(false);
        }
    }

    /// Tells the observer, if it is news. On a server, only a fresh proof lets us serve.
    pub(crate) fn tell_serving(&self, yes: bool) {
        let mut serving = self.serving.lock();
        let is_proven = matches!(self.home, Home::File(_)) || self.proof.age() <= LEASE;
        let yes = yes && is_proven;
        if *serving == yes {
            return;
        }
        *serving = yes;
        if yes {
            tracing::info!("serving");
        } else if *self.stop.0.lock() {
            tracing::info!("not serving any more: the server is ending");
        } else {
            tracing::warn!("not serving: the database is not there, or not surely ours");
        }
        if let Some(observer) = self.observer.get() {
            observer.serving(yes);
        }
    }
}

fn ping(db: &mut Db) -> Result<(), StoreError> {
    let _: i32 = sql::<Integer>("SELECT 1").get_result(db)?;
    Ok(())
}

fn rounds(inner: &Weak<Inner>, round: fn(&Inner), pause: Duration) {
    loop {
        // Held only for the round, so that a store that nobody has any more goes away.
        let Some(inner) = inner.upgrade() else { return };
        {
            let (stopped, bell) = &inner.stop;
            let mut stopped = stopped.lock();
            if !*stopped {
                bell.wait_for(&mut stopped, pause);
            }
            if *stopped {
                return;
            }
        }
        round(&inner);
    }
}
