//! Making audit events: who did it and from where come from the request, the rest from the handler.

use std::collections::BTreeMap;

use latchkey_store::audit::NewEvent;
use latchkey_types::{ProjectId, Timestamp, UserId, audit::ActorKind};

use crate::http::{Caller, guard::Call};

/// An event of this caller. Actions are `thing.verb`, such as `key.revoke`.
#[must_use]
pub fn by(call: &Call, caller: &Caller, action: &'static str) -> Entry {
    let (kind, id, name) = caller.actor();
    Entry::new(call.now, kind, id, name, action, call.ip_text())
}

/// An event of a person who has just proved who they are, and had no session before.
#[must_use]
pub fn by_user(
    at: Timestamp,
    ip: Option<String>,
    id: UserId,
    name: &str,
    action: &'static str,
) -> Entry {
    Entry::new(
        at,
        ActorKind::User,
        Some(id.to_string()),
        name.to_owned(),
        action,
        ip,
    )
}

/// An event of the command line on the server.
#[must_use]
pub fn by_cli(now: Timestamp, action: &'static str) -> Entry {
    Entry::new(
        now,
        ActorKind::Cli,
        None,
        "command line".to_owned(),
        action,
        None,
    )
}

/// An event in the making.
#[derive(Clone)]
pub struct Entry(NewEvent);

impl Entry {
    fn new(
        at: Timestamp,
        actor_kind: ActorKind,
        actor_id: Option<String>,
        actor_name: String,
        action: &'static str,
        ip: Option<String>,
    ) -> Self {
        Self(NewEvent {
            at,
            actor_kind,
            actor_id,
            actor_name,
            action: action.to_owned(),
            target: None,
            project_id: None,
            details: BTreeMap::new(),
            ip,
        })
    }

    /// The same by another name.
    #[must_use]
    pub fn renamed(mut self, action: &'static str) -> Self {
        action.clone_into(&mut self.0.action);
        self
    }

    /// On this thing.
    #[must_use]
    pub fn on(mut self, id: impl ToString) -> Self {
        self.0.target = Some(id.to_string());
        self
    }

    /// In this project.
    #[must_use]
    pub fn within(mut self, project_id: ProjectId) -> Self {
        self.0.project_id = Some(project_id);
        self
    }

    /// With this detail. Never a secret.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.0.details.insert(name.to_owned(), value.to_string());
        self
    }

    /// The event.
    #[must_use]
    pub fn done(self) -> NewEvent {
        self.0
    }
}
