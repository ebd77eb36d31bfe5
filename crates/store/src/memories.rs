//! What the built-in memory server keeps, a project's own each. Memories are made and deleted, never changed.

mod search;
mod words;

use diesel::{
    dsl::{max, sql},
    prelude::*,
    sql_types::{Bool, Text},
};
use latchkey_types::{KeyId, MemoryId, ProjectId, Timestamp, key::KeyRef, memory::Memory};

pub use self::search::{FoundMemory, search_memories};
use self::words::{Wanted, extra_words};
use crate::{
    Db, StoreError, Tx,
    columns::{AsJson, AsMillis, AsText, json},
    db::MultiBackend,
    page::{PageQuery, Paged, paged},
    schema::{keys, memories},
};

/// A memory's row, with the key that it was written with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMemory {
    /// The memory's id.
    pub id: MemoryId,
    /// Whose it is.
    pub project_id: ProjectId,
    /// What is remembered.
    pub text: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The key that it was written with, and what that key is for at present.
    pub key: KeyRef,
    /// When it was written.
    pub created_at: Timestamp,
}

/// A memory to keep. What may stand in it is checked before; text and tags hold no NUL.
#[derive(Debug, Clone)]
pub struct NewMemory {
    /// The memory's id.
    pub id: MemoryId,
    /// Whose it is.
    pub project_id: ProjectId,
    /// With which key it is written.
    pub key_id: KeyId,
    /// What to remember.
    pub text: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Now.
    pub created_at: Timestamp,
}

impl StoredMemory {
    /// The memory as it is shown.
    #[must_use]
    pub fn to_memory(&self) -> Memory {
        Memory {
            id: self.id,
            text: self.text.clone(),
            tags: self.tags.clone(),
            key: self.key.clone(),
            created_at: self.created_at,
        }
    }
}

/// Keeps a memory.
///
/// # Errors
/// Those of the database.
pub fn create_memory(tx: &mut Tx<'_>, new: &NewMemory) -> Result<StoredMemory, StoreError> {
    // One writer at a time, so nobody else takes the same number.
    let last: Option<i64> = memories::table
        .select(max(memories::sequence))
        .first(&mut **tx)?;
    diesel::insert_into(memories::table)
        .values((
            memories::id.eq(new.id.to_string()),
            memories::sequence.eq(last.unwrap_or(0) + 1),
            memories::project_id.eq(new.project_id.to_string()),
            memories::key_id.eq(new.key_id.to_string()),
            memories::text.eq(&new.text),
            memories::tags.eq(json(&new.tags)?),
            memories::words.eq(extra_words(&new.text, &new.tags)),
            memories::created_at.eq(new.created_at.as_millis()),
        ))
        .execute(&mut **tx)?;
    Ok(find_memory(tx, new.project_id, new.id)?.ok_or(diesel::result::Error::NotFound)?)
}

/// The memory with this id in this project.
///
/// # Errors
/// Those of the database.
pub fn find_memory(
    db: &mut Db,
    project: ProjectId,
    id: MemoryId,
) -> Result<Option<StoredMemory>, StoreError> {
    let row: Option<(MemoryRow, String)> = memories::table
        .inner_join(keys::table)
        .filter(memories::id.eq(id.to_string()))
        .filter(memories::project_id.eq(project.to_string()))
        .select((MemoryRow::as_select(), keys::description))
        .first(db)
        .optional()?;
    Ok(row.map(StoredMemory::from))
}

/// Deletes a memory of this project; whether there was one.
///
/// # Errors
/// Those of the database.
pub fn delete_memory(
    tx: &mut Tx<'_>,
    project: ProjectId,
    id: MemoryId,
) -> Result<bool, StoreError> {
    let deleted = diesel::delete(
        memories::table
            .filter(memories::id.eq(id.to_string()))
            .filter(memories::project_id.eq(project.to_string())),
    )
    .execute(&mut **tx)?;
    Ok(deleted > 0)
}

/// How many memories a project has.
///
/// # Errors
/// Those of the database.
pub fn count_memories(db: &mut Db, project: ProjectId) -> Result<i64, StoreError> {
    Ok(memories::table
        .filter(memories::project_id.eq(project.to_string()))
        .count()
        .get_result(db)?)
}

/// A project's memories, newest first; with `q` only those that have every word of it, whole or as a word's
/// beginning. A `q` without any word finds nothing.
///
/// # Errors
/// Those of the database.
pub fn list_memories(
    db: &mut Db,
    project: ProjectId,
    q: Option<&str>,
    page: &PageQuery,
) -> Result<Paged<StoredMemory>, StoreError> {
    let mut query = memories::table
        .inner_join(keys::table)
        .filter(memories::project_id.eq(project.to_string()))
        .select((MemoryRow::as_select(), keys::description))
        .into_boxed::<MultiBackend>();
    if let Some(q) = q {
        let Some(wanted) = Wanted::all_of(q) else {
            return Ok((Vec::new(), None));
        };
        query = match db {
            Db::Sqlite(_) => query.filter(
                sql::<Bool>("memories.sequence IN (SELECT rowid FROM memories_search WHERE memories_search MATCH ")
                    .bind::<Text, _>(wanted.for_sqlite(project))
                    .sql(")"),
            ),
            Db::Pg(_) => query.filter(
                sql::<Bool>("memories.search @@ to_tsquery('simple', ")
                    .bind::<Text, _>(wanted.for_postgres())
                    .sql(")"),
            ),
        };
    }
    let rows: Vec<(MemoryRow, String)> =
        paged!(query, memories::created_at, memories::id, page).load(db)?;
    let rows = rows.into_iter().map(StoredMemory::from).collect();
    Ok(page.cut(rows, |memory: &StoredMemory| {
        (memory.created_at.as_millis(), memory.id.to_string())
    }))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = memories)]
struct MemoryRow {
    #[diesel(deserialize_as = AsText<MemoryId>)]
    id: MemoryId,
    #[diesel(deserialize_as = AsText<ProjectId>)]
    project_id: ProjectId,
    #[diesel(deserialize_as = AsText<KeyId>)]
    key_id: KeyId,
    text: String,
    #[diesel(deserialize_as = AsJson<Vec<String>>)]
    tags: Vec<String>,
    #[diesel(deserialize_as = AsMillis)]
    created_at: Timestamp,
}

impl From<(MemoryRow, String)> for StoredMemory {
    fn from((row, description): (MemoryRow, String)) -> Self {
        Self {
            id: row.id,
            project_id: row.project_id,
            text: row.text,
            tags: row.tags,
            key: KeyRef {
                id: row.key_id,
                description,
            },
            created_at: row.created_at,
        }
    }
}
