//! The memory server's store: the memories of one project, seen with one key.

use latchkey_gate::Pass;
use latchkey_keys::verdict;
use latchkey_mcp::memory::{Found, Holder, Memories, MemoryFault};
use latchkey_store::{
    Store, StoreError, Tx, keys,
    memories::{self as rows, NewMemory},
    new_id,
};
use latchkey_types::{MemoryId, key::KeyStatus, limits::MEMORIES_MAX, memory::Memory};

use crate::{clock, http::cursor, paging};

/// One key's view of its project's memories. It waits for the database: use it where waiting is allowed.
pub struct ProjectMemories {
    store: Store,
    pass: Pass,
}

/// Why a transaction came to nothing.
enum Stop {
    Fault(MemoryFault),
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Stop> for MemoryFault {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Fault(fault) => fault,
            Stop::Store(error) => unavailable(&error),
        }
    }
}

fn unavailable(error: &StoreError) -> MemoryFault {
    tracing::warn!(%error, "the memory server could not use the database");
    MemoryFault::Unavailable
}

impl ProjectMemories {
    /// For whoever holds this pass.
    pub fn new(store: Store, pass: Pass) -> Self {
        Self { store, pass }
    }

    /// One transaction, for a key that is still accepted when it begins.
    fn write<T>(
        &self,
        change: impl FnOnce(&mut Tx<'_>) -> Result<T, Stop>,
    ) -> Result<T, MemoryFault> {
        let write = self.store.write(|tx| {
            self.check_key(tx)?;
            change(tx)
        });
        write.map_err(MemoryFault::from)
    }

    fn check_key(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let ended = Stop::Fault(MemoryFault::KeyEnded);
        let Some(key) = keys::find_key(tx, self.pass.project_id(), self.pass.key_id())? else {
            return Err(ended);
        };
        let status = verdict::status(
            key.revoked_at.is_some(),
            key.disabled_at.is_some(),
            key.expires_at,
            clock::now(),
        );
        if status == KeyStatus::Active {
            Ok(())
        } else {
            Err(ended)
        }
    }
}

impl Memories for ProjectMemories {
    fn remember(&mut self, text: &str, tags: &[String]) -> Result<Memory, MemoryFault> {
        let project_id = self.pass.project_id();
        self.write(|tx| {
            if rows::count_memories(tx, project_id)? >= MEMORIES_MAX {
                return Err(Stop::Fault(MemoryFault::Full));
            }
            let new = NewMemory {
                id: new_id(),
                project_id,
                key_id: self.pass.key_id(),
                text: text.to_owned(),
                tags: tags.to_vec(),
                created_at: clock::now(),
            };
            Ok(rows::create_memory(tx, &new)?.to_memory())
        })
    }

    fn recall(&mut self, query: &str, limit: u32) -> Result<Vec<Found>, MemoryFault> {
        let found = self
            .store
            .read(|db| rows::search_memories(db, self.pass.project_id(), query, limit));
        let found = found.map_err(|error: StoreError| unavailable(&error))?;
        Ok(found
            .into_iter()
            .map(|found| Found {
                memory: found.memory.to_memory(),
                snippet: found.snippet,
            })
            .collect())
    }

    fn forget(&mut self, id: MemoryId) -> Result<bool, MemoryFault> {
        self.write(|tx| Ok(rows::delete_memory(tx, self.pass.project_id(), id)?))
    }

    fn list(&mut self, cursor: Option<&str>) -> Result<(Vec<Memory>, Option<String>), MemoryFault> {
        let page = paging::page_query(None, cursor).map_err(|_| MemoryFault::BadCursor)?;
        let listed = self
            .store
            .read(|db| rows::list_memories(db, self.pass.project_id(), None, &page));
        let (memories, next) = listed.map_err(|error: StoreError| unavailable(&error))?;
        let next = next.map(|(created_at, id)| cursor::encode(created_at, &id));
        Ok((
            memories.iter().map(rows::StoredMemory::to_memory).collect(),
            next,
        ))
    }
}

/// Who calls, for `whoami`, with the hint of the secret that they sent.
#[must_use]
pub fn holder(pass: &Pass, secret_hint: String) -> Holder {
    let project = pass.project();
    Holder {
        project_slug: project.slug().clone(),
        project_name: project.settings().name.clone(),
        key_description: pass.description(),
        environment: pass.environment(),
        expires_at: pass.expires_at(),
        secret_hint,
    }
}
