//! PostgreSQL: a server, the advisory lock of the writer's session, and the lease that keeps two nodes from
//! serving at once.
//!
//! The lock goes with the session: whoever lost the connection has lost the lock, even if it doesn't know
//! yet. A node therefore stops serving when its last proof is older than [`LEASE`], and a node that takes
//! over from one that did not say goodbye waits [`TAKEOVER`] first.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use diesel::{
    Connection as _, PgConnection,
    connection::{InstrumentationEvent, SimpleConnection as _},
    dsl::sql,
    prelude::*,
    sql_types::{Bool, Text},
};

use super::{Proof, Purpose};
use crate::{Db, LockMode, OpenError, StoreError, error::first_line, schema::instance, url::scrub};

/// A node serves so long after the beginning of its last proof.
pub(crate) const LEASE: Duration = Duration::from_secs(2);
/// So long a node waits before it takes over from one that ended without saying so.
const TAKEOVER: Duration = Duration::from_secs(3);
/// How long a start waits for the session before it to end: after a crash the server needs a moment.
const LOCK_PATIENCE: Duration = Duration::from_secs(3);
/// "latchkey" as a number: what this lock is among the advisory locks of the database.
const LOCK: i64 = i64::from_be_bytes(*b"latchkey");

/// A PostgreSQL database.
pub(crate) struct ServerHome {
    url: String,
    password: String,
    mode: LockMode,
    /// This process among others that serve, or served, the database.
    node: String,
    proof: Arc<Proof>,
}

impl ServerHome {
    pub(super) fn take(
        url: &str,
        password: &str,
        mode: LockMode,
        proof: &Arc<Proof>,
    ) -> Result<(Self, Db), OpenError> {
        let home = Self {
            url: with_parameters(url),
            password: password.to_owned(),
            mode,
            node: uuid::Uuid::now_v7().simple().to_string(),
            proof: Arc::clone(proof),
        };
        let mut db = home.connect(Purpose::Write).map_err(unreachable)?;
        check_settings(&mut db)?;
        let begin = Instant::now();
        while !home.try_lock(&mut db)? {
            if begin.elapsed() > LOCK_PATIENCE {
                return Err(mode.refusal());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok((home, db))
    }

    pub(super) fn connect(&self, purpose: Purpose) -> Result<Db, StoreError> {
        let mut db = establish(&self.url, &self.password)?;
        if purpose == Purpose::Write {
            prove(&mut db, Arc::clone(&self.proof));
        }
        Ok(Db::Pg(db))
    }

    /// Makes the writer's connection again and takes the lock again.
    pub(crate) fn reconnect(&self) -> Result<Db, StoreError> {
        let mut db = self.connect(Purpose::Write)?;
        if self.try_lock(&mut db)? {
            return Ok(db);
        }
        Err(StoreError::Unavailable(
            "another process holds the database".to_owned(),
        ))
    }

    /// Says that this node serves, after waiting for one that may not know yet that it has stopped.
    pub(crate) fn begin_serving(&self, db: &mut Db) -> Result<(), StoreError> {
        if self.mode != LockMode::Serve {
            return Ok(());
        }
        let serving: Option<String> = instance::table.select(instance::serving).first(db)?;
        if serving.is_some_and(|node| node != self.node) {
            tracing::warn!(
                wait_ms = TAKEOVER.as_millis(),
                "the server before this one did not stop cleanly: waiting until it surely has stopped"
            );
            std::thread::sleep(TAKEOVER);
        }
        diesel::update(instance::table)
            .set(instance::serving.eq(&self.node))
            .execute(db)?;
        Ok(())
    }

    /// Says that this node has stopped: the next one needs not wait.
    pub(crate) fn end_serving(&self, db: &mut Db) -> Result<(), StoreError> {
        diesel::update(instance::table.filter(instance::serving.eq(&self.node)))
            .set(instance::serving.eq(None::<String>))
            .execute(db)?;
        Ok(())
    }

    fn try_lock(&self, db: &mut Db) -> Result<bool, StoreError> {
        Ok(sql::<Bool>(&format!("SELECT pg_try_advisory_lock({LOCK})")).get_result(db)?)
    }
}

/// A connection of a process that doesn't serve.
pub(super) fn connect_beside(url: &str, password: &str) -> Result<Db, OpenError> {
    let db = establish(&with_parameters(url), password).map_err(unreachable)?;
    Ok(Db::Pg(db))
}

fn establish(url: &str, password: &str) -> Result<PgConnection, StoreError> {
    let mut db = PgConnection::establish(url).map_err(|error| {
        StoreError::Unavailable(scrub(&first_line(&error.to_string()), password))
    })?;
    db.batch_execute(
        "SET statement_timeout = '10s'; SET lock_timeout = '5s'; \
         SET idle_in_transaction_session_timeout = '30s'; SET synchronous_commit = on; \
         SET client_min_messages = warning",
    )?;
    Ok(db)
}

fn unreachable(error: StoreError) -> OpenError {
    let reason = match error {
        StoreError::Unavailable(reason) => reason,
        other => other.to_string(),
    };
    OpenError::Unreadable(format!(
        "PostgreSQL can't be reached ({reason}): check that it runs, and the address, user and password in \
         the database URL"
    ))
}

/// Every statement that succeeds on this connection proves that the session, and so the lock, is ours.
fn prove(db: &mut PgConnection, proof: Arc<Proof>) {
    let mut began = 0;
    db.set_instrumentation(move |event: InstrumentationEvent<'_>| match event {
        InstrumentationEvent::StartQuery { .. } => began = proof.now(),
        InstrumentationEvent::FinishQuery { error: None, .. } => proof.give(began),
        _ => {}
    });
}

/// Refuses a server that could forget what it has acknowledged.
fn check_settings(db: &mut Db) -> Result<(), OpenError> {
    for setting in ["fsync", "full_page_writes"] {
        let value: String = sql::<Text>(&format!("SELECT current_setting('{setting}')"))
            .get_result(db)
            .map_err(StoreError::from)?;
        if value != "on" {
            return Err(OpenError::Unsafe(format!(
                "PostgreSQL runs with {setting} = {value} and could forget a revocation after a power cut: \
                 set {setting} = on in postgresql.conf and reload it"
            )));
        }
    }
    Ok(())
}

/// The URL with what it doesn't say itself: a name that shows in `pg_stat_activity`, and an end to waiting
/// for a server that doesn't answer.
fn with_parameters(url: &str) -> String {
    let mut url = url.to_owned();
    for (name, value) in [
        ("application_name", "latchkey"),
        ("connect_timeout", "5"),
        ("tcp_user_timeout", "5000"),
    ] {
        if !url.contains(&format!("{name}=")) {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(name);
            url.push('=');
            url.push_str(value);
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_that_the_url_has_stay() {
        assert_eq!(
            with_parameters("postgres://h/d?connect_timeout=1"),
            "postgres://h/d?connect_timeout=1&application_name=latchkey&tcp_user_timeout=5000"
        );
        assert!(with_parameters("postgres://h/d").contains("d?application_name=latchkey&"));
    }
}
