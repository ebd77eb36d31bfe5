//! The project that the page is about, for everything on it.

use latchkey_types::{
    member::Role,
    project::{Backend, Project},
};
use leptos::prelude::*;

use crate::core::{
    query::encode,
    reactive::memo,
    remote::{Remote, use_remote},
    router::use_place,
};

/// The project of the address. Its pages can ask for their own data before it is known. Copy it freely.
#[derive(Clone, Copy)]
pub struct CurrentProject {
    id: Memo<String>,
    /// What is known of it.
    pub remote: Remote<Project>,
}

/// Reads the project of the address, for this page and those in it.
pub fn provide_project() -> CurrentProject {
    let place = use_place();
    let id = memo(move || {
        place.with_path(|path| path.split('/').nth(2).map(encode).unwrap_or_default())
    });
    let remote = use_remote(move || format!("/projects/{}", id.get()));
    let project = CurrentProject { id, remote };
    provide_context(project);
    project
}

/// The project that this component stands in.
#[must_use]
pub fn use_project() -> CurrentProject {
    use_context::<CurrentProject>().unwrap_or_else(provide_project)
}

impl CurrentProject {
    /// A path below the project: `path("/keys")` is the API's path and, but for `/api/v1`, the app's. Reactive.
    #[must_use]
    pub fn path(self, rest: &str) -> String {
        format!("/projects/{}{rest}", self.id.get())
    }

    /// The same when something is done and not when something is shown.
    #[must_use]
    pub fn path_now(self, rest: &str) -> String {
        untrack(|| self.path(rest))
    }

    /// The app's address of the project's first page.
    #[must_use]
    pub fn page(self) -> Signal<String> {
        Signal::derive(move || self.path(""))
    }

    /// Looks at the project, if it is known. Reactive.
    pub fn read<R>(self, look: impl FnOnce(&Project) -> R) -> Option<R> {
        self.remote.value.with(|project| project.map(look))
    }

    /// Whether it is archived. Reactive.
    #[must_use]
    pub fn is_archived(self) -> bool {
        self.read(|project| project.archived_at.is_some()) == Some(true)
    }

    /// Whether a server of the team's own answers. `false` until it is known. Reactive.
    #[must_use]
    pub fn is_upstream(self) -> bool {
        self.read(|project| matches!(project.backend, Backend::Upstream { .. })) == Some(true)
    }

    /// Whether the person may make, change and delete keys here. `false` until it is known. Reactive.
    #[must_use]
    pub fn can_edit(self) -> bool {
        self.may(Role::Editor)
    }

    /// Whether the person may manage members and settings here. `false` until it is known. Reactive.
    #[must_use]
    pub fn can_own(self) -> bool {
        self.may(Role::Owner)
    }

    fn may(self, role: Role) -> bool {
        self.read(|project| project.role >= role && project.archived_at.is_none()) == Some(true)
    }
}
