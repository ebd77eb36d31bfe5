//! Many keys at once: copies of one that the store made, written with SQL.
//!
//! The store makes a key in some ten statements, which is minutes for a million. So the store makes the first, and the
//! rows of the others are that one's with another id, digest, description and hint. What the columns are is asked of the
//! database; a column that is added later is copied.

use std::path::Path;

use diesel::{
    Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection,
    connection::SimpleConnection as _, sql_query, sql_types::Text,
};
use latchkey_keys::{KeyRing, SecretKind};
use latchkey_store::new_id;
use latchkey_types::{KeyId, SecretId, UserId, guidance::normal_description};
use serde_json::{Value, json};

use super::{LoadKey, secret};
use crate::Outcome;

/// Keys in one statement.
const BATCH: usize = 10_000;

/// Nothing has to survive here: a database whose making was interrupted is made again. So there is no journal, and no
/// waiting for the disk.
const FAST: &str = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -500000; \
     PRAGMA temp_store = MEMORY;";
/// As the server leaves it, and on the disk.
const AS_USUAL: &str =
    "PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL; PRAGMA wal_checkpoint(TRUNCATE);";

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Adds so many live keys and so many revoked ones, like the `template`, which is then revoked too. The live ones, and
/// the secrets of the revoked ones.
pub(super) fn fill(
    file: &Path,
    ring: &KeyRing,
    template: KeyId,
    user: UserId,
    live: usize,
    revoked: usize,
) -> Outcome<(Vec<LoadKey>, Vec<String>)> {
    let mut db = SqliteConnection::establish(&file.to_string_lossy())?;
    db.batch_execute(FAST)?;
    let statements = [
        copy(
            &mut db,
            "keys",
            "id",
            template,
            &[
                ("id", "f.value ->> 0"),
                ("description", "f.value ->> 3"),
                ("normal_description", "f.value ->> 4"),
                ("search", "f.value ->> 5"),
            ],
        )?,
        copy(
            &mut db,
            "key_secrets",
            "key_id",
            template,
            &[
                ("key_id", "f.value ->> 0"),
                ("id", "f.value ->> 1"),
                ("digest", "unhex(f.value ->> 2)"),
                ("hint", "f.value ->> 6"),
            ],
        )?,
    ];
    let mut keys = Vec::with_capacity(live + revoked);
    db.transaction(|db| -> Outcome {
        while keys.len() < live + revoked {
            let count = BATCH.min(live + revoked - keys.len());
            let mut rows = Vec::with_capacity(count);
            for _ in 0..count {
                let (key, row) = one(ring, keys.len())?;
                keys.push(key);
                rows.push(row);
            }
            let rows = Value::Array(rows).to_string();
            for statement in &statements {
                sql_query(statement).bind::<Text, _>(&rows).execute(db)?;
            }
        }
        let revoked = keys.split_off(live);
        let first = revoked.first().map_or(template, |key| key.id);
        // Ids are in order, and the template's is the first of all.
        sql_query(
            "UPDATE keys SET revoked_at = created_at, revoked_by = ?, revoke_reason = 'other' WHERE id >= ? OR id = ?",
        )
        .bind::<Text, _>(user.to_string())
        .bind::<Text, _>(if revoked.is_empty() { template } else { first }.to_string())
        .bind::<Text, _>(template.to_string())
        .execute(db)?;
        keys.extend(revoked);
        Ok(())
    })?;
    db.batch_execute(AS_USUAL)?;
    let revoked = keys.split_off(live);
    Ok((keys, revoked.into_iter().map(|key| key.secret).collect()))
}

/// The statement that copies the template's row for each element of a JSON array, with these columns from the element.
fn copy(
    db: &mut SqliteConnection,
    table: &str,
    of: &str,
    template: KeyId,
    own: &[(&str, &str)],
) -> Outcome<String> {
    let columns: Vec<Column> =
        sql_query(format!("SELECT name FROM pragma_table_info('{table}')")).load(db)?;
    let names: Vec<String> = columns
        .iter()
        .map(|column| format!("\"{}\"", column.name))
        .collect();
    let values: Vec<String> = columns
        .iter()
        .map(|Column { name }| {
            own.iter()
                .find(|(own, _)| own == name)
                .map_or_else(|| format!("t.\"{name}\""), |(_, value)| (*value).to_owned())
        })
        .collect();
    Ok(format!(
        "INSERT INTO {table} ({}) SELECT {} FROM json_each(?) AS f CROSS JOIN {table} AS t WHERE t.{of} = '{template}'",
        names.join(", "),
        values.join(", ")
    ))
}

/// A key, and what its rows have of their own.
fn one(ring: &KeyRing, number: usize) -> Outcome<(LoadKey, Value)> {
    let secret = secret(SecretKind::Key)?;
    let (id, secret_id): (KeyId, SecretId) = (new_id(), new_id());
    let digest = ring.secret_digest(&secret);
    let digest: String = digest
        .as_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let (description, hint) = (format!("Load key {number}"), secret.hint());
    let row = json!([
        id.to_string(),
        secret_id.to_string(),
        digest,
        description,
        normal_description(&description),
        format!("{description} {hint}").to_lowercase(),
        hint,
    ]);
    let secret = secret.into_exposed();
    Ok((LoadKey { id, secret }, row))
}
