//! Seams for tests (feature `testing`): what happens between COMMIT and the news of it, and a COMMIT whose
//! outcome nobody knows.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::Store;

/// How the next COMMIT fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitFault {
    /// It is done, but reports that it isn't known.
    AfterCommit,
    /// It isn't done, and reports that it isn't known.
    InsteadOfCommit,
}

type Hook = Arc<dyn Fn() + Send + Sync>;

#[derive(Default)]
pub(crate) struct Hooks {
    after_commit: Mutex<Option<Hook>>,
    fault: Mutex<Option<CommitFault>>,
}

impl Store {
    /// Runs `hook` after every COMMIT, before the observer learns of it, under the writer's lock.
    pub fn after_commit(&self, hook: impl Fn() + Send + Sync + 'static) {
        *self.0.hooks.after_commit.lock() = Some(Arc::new(hook));
    }

    /// Lets the next COMMIT fail, once.
    pub fn fail_next_commit(&self, fault: CommitFault) {
        *self.0.hooks.fault.lock() = Some(fault);
    }
}

impl Hooks {
    pub(crate) fn after_commit(&self) {
        let hook = self.after_commit.lock().clone();
        if let Some(hook) = hook {
            hook();
        }
    }

    pub(crate) fn take_fault(&self) -> Option<CommitFault> {
        self.fault.lock().take()
    }
}
