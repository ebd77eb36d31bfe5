//! Searching memories with the database's own full-text search: FTS5 on SQLite, `tsvector` on PostgreSQL.

use std::collections::HashMap;

use diesel::{
    prelude::*,
    sql_query,
    sql_types::{BigInt, Double, Text},
};
use latchkey_types::{MemoryId, ProjectId};

use super::{MemoryRow, StoredMemory, words::Wanted};
use crate::{
    Db, StoreError,
    columns::AsText,
    schema::{keys, memories},
};

/// Longest snippet in characters: a text without spaces is one word to both databases.
const SNIPPET_MAX: usize = 400;

/// A memory that a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundMemory {
    /// The memory.
    pub memory: StoredMemory,
    /// The part of its text where the words are, each between `**` and `**`; at most 400 characters. The
    /// text's beginning, where only a tag was found.
    pub snippet: String,
    /// How well it fits: the higher, the better. Only comparable within one answer.
    pub rank: f64,
}

// bm25 gives better matches lower numbers. Its weights are those of the columns: the project only bounds the
// search, and the extra words repeat words of the text.
const SQLITE: &str = "SELECT m.id AS id, -bm25(memories_search, 0.0, 1.0, 0.5) AS rank, \
     snippet(memories_search, 1, '**', '**', '…', 32) AS snippet \
     FROM memories_search JOIN memories m ON m.sequence = memories_search.rowid \
     WHERE memories_search MATCH ? ORDER BY bm25(memories_search, 0.0, 1.0, 0.5), m.sequence DESC LIMIT ?";

// Headlines are cut from the texts themselves, which takes long: only of those that are given.
const POSTGRES: &str = "SELECT id, rank, ts_headline('simple', text, query, \
     'StartSel=**, StopSel=**, MaxWords=32, MinWords=16, MaxFragments=1, FragmentDelimiter=…') AS snippet \
     FROM (SELECT m.id, m.sequence, m.text, q.query, ts_rank(m.search, q.query, 1)::float8 AS rank \
     FROM memories m, to_tsquery('simple', $1) AS q(query) \
     WHERE m.project_id = $2 AND m.search @@ q.query ORDER BY rank DESC, m.sequence DESC LIMIT $3) AS best \
     ORDER BY rank DESC, sequence DESC";

/// The `limit` memories of this project that fit best, the best first: those with any word of `query`, whole
/// or as a word's beginning. Nothing in `query` is an operator; without any word it finds nothing.
///
/// # Errors
/// Those of the database.
pub fn search_memories(
    db: &mut Db,
    project: ProjectId,
    query: &str,
    limit: u32,
) -> Result<Vec<FoundMemory>, StoreError> {
    let Some(wanted) = Wanted::any_of(query) else {
        return Ok(Vec::new());
    };
    let limit = i64::from(limit);
    let hits: Vec<Hit> = match db {
        Db::Sqlite(db) => sql_query(SQLITE)
            .bind::<Text, _>(wanted.for_sqlite(project))
            .bind::<BigInt, _>(limit)
            .load(db)?,
        Db::Pg(db) => sql_query(POSTGRES)
            .bind::<Text, _>(wanted.for_postgres())
            .bind::<Text, _>(project.to_string())
            .bind::<BigInt, _>(limit)
            .load(db)?,
    };
    let ids: Vec<String> = hits.iter().map(|hit| hit.id.to_string()).collect();
    let rows: Vec<(MemoryRow, String)> = memories::table
        .inner_join(keys::table)
        .filter(memories::id.eq_any(&ids))
        .select((MemoryRow::as_select(), keys::description))
        .load(db)?;
    let mut rows: HashMap<MemoryId, StoredMemory> = rows
        .into_iter()
        .map(StoredMemory::from)
        .map(|memory| (memory.id, memory))
        .collect();
    let found = hits.into_iter().filter_map(|hit| {
        let memory = rows.remove(&hit.id)?;
        // PostgreSQL has no headline for a text that is one word too long to be one.
        let snippet = if hit.snippet.is_empty() {
            memory.text.chars().take(SNIPPET_MAX + 1).collect()
        } else {
            hit.snippet
        };
        Some(FoundMemory {
            memory,
            snippet: cut(snippet),
            rank: hit.rank,
        })
    });
    Ok(found.collect())
}

#[derive(QueryableByName)]
struct Hit {
    #[diesel(sql_type = Text, deserialize_as = AsText<MemoryId>)]
    id: MemoryId,
    #[diesel(sql_type = Double)]
    rank: f64,
    #[diesel(sql_type = Text)]
    snippet: String,
}

fn cut(mut snippet: String) -> String {
    if let Some((at, _)) = snippet.char_indices().nth(SNIPPET_MAX) {
        snippet.truncate(at);
        snippet.push('…');
    }
    snippet
}
