//! Both migrations make the same tables. What finds memories by words is each backend's own, and is told apart by
//! what it is, not by its name.

use std::collections::BTreeSet;

use diesel::{
    Connection as _, PgConnection, SqliteConnection, dsl::sql, prelude::*, sql_types::Text,
};

use crate::support::Database;

const SQLITE_COLUMNS: &str = "SELECT m.name || '.' || c.name || ' ' || lower(c.type) || \
     CASE WHEN c.\"notnull\" THEN ' not null' ELSE '' END || ' = ' || coalesce(c.dflt_value, '') \
     FROM sqlite_master m JOIN pragma_table_info(m.name) c \
     WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite%' \
     AND m.name NOT IN (SELECT name FROM pragma_table_list WHERE type IN ('virtual', 'shadow'))";

const POSTGRES_COLUMNS: &str = "SELECT table_name || '.' || column_name || ' ' || \
     CASE data_type WHEN 'bytea' THEN 'blob' ELSE data_type END || \
     CASE is_nullable WHEN 'NO' THEN ' not null' ELSE '' END || ' = ' || \
     replace(coalesce(column_default, ''), '::text', '') \
     FROM information_schema.columns \
     WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%' AND data_type <> 'tsvector'";

const SQLITE_INDEXES: &str = "SELECT m.name || CASE WHEN i.\"unique\" THEN ' unique ' ELSE ' ' END || \
     CASE WHEN i.partial THEN 'partial ' ELSE '' END || \
     CASE WHEN i.origin = 'c' THEN i.name ELSE 'primary' END || ' (' || \
     (SELECT group_concat(x.name, ',') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno) x) \
     || ')' FROM sqlite_master m JOIN pragma_index_list(m.name) i \
     WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND m.name <> 'instance' \
     AND m.name NOT IN (SELECT name FROM pragma_table_list WHERE type IN ('virtual', 'shadow'))";

const POSTGRES_INDEXES: &str = "SELECT t.relname || CASE WHEN i.indisunique THEN ' unique ' ELSE ' ' END || \
     CASE WHEN i.indpred IS NOT NULL THEN 'partial ' ELSE '' END || \
     CASE WHEN i.indisprimary THEN 'primary' ELSE x.relname END || ' (' || \
     (SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM unnest(i.indkey) WITH ORDINALITY k(attnum, n) \
      JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum) || ')' \
     FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid \
     JOIN pg_namespace s ON s.oid = t.relnamespace JOIN pg_am m ON m.oid = x.relam AND m.amname = 'btree' \
     WHERE s.nspname = 'public' AND t.relname NOT LIKE '\\_\\_%' AND t.relname <> 'instance'";

/// Virtual tables and the tables under them; columns to search in and their indexes.
const SQLITE_SEARCH: &str = "SELECT type || ' ' || name FROM pragma_table_list \
     WHERE type = 'virtual' OR type = 'shadow'";
const POSTGRES_SEARCH: &str = "SELECT 'column ' || table_name || '.' || column_name FROM information_schema.columns \
     WHERE table_schema = 'public' AND data_type = 'tsvector' AND is_generated = 'ALWAYS' UNION ALL \
     SELECT 'gin ' || x.relname FROM pg_class x JOIN pg_am m ON m.oid = x.relam AND m.amname = 'gin' \
     JOIN pg_namespace s ON s.oid = x.relnamespace AND s.nspname = 'public'";

#[test]
fn both_backends_have_the_same_tables_columns_and_indexes() {
    let sqlite = Database::sqlite();
    let Some(postgres) = Database::postgres() else {
        eprintln!("LATCHKEY_TEST_POSTGRES is not set: the schemas are not compared");
        return;
    };
    sqlite.open().close();
    postgres.open().close();
    let path = sqlite.folder().join("data/latchkey.db");
    let mut one = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let mut other = PgConnection::establish(&postgres.url).unwrap();
    for (ours, theirs) in [
        (SQLITE_COLUMNS, POSTGRES_COLUMNS),
        (SQLITE_INDEXES, POSTGRES_INDEXES),
    ] {
        let ours: BTreeSet<String> = sql::<Text>(ours)
            .load(&mut one)
            .unwrap()
            .into_iter()
            .collect();
        let theirs: BTreeSet<String> = sql::<Text>(theirs)
            .load(&mut other)
            .unwrap()
            .into_iter()
            .collect();
        assert!(ours.len() > 15, "{ours:?}");
        assert_eq!(ours, theirs);
    }
    let mut ours: Vec<String> = sql::<Text>(SQLITE_SEARCH).load(&mut one).unwrap();
    ours.sort_unstable();
    assert_eq!(
        ours,
        [
            "shadow memories_search_config",
            "shadow memories_search_data",
            "shadow memories_search_docsize",
            "shadow memories_search_idx",
            "virtual memories_search",
        ]
    );
    let theirs: Vec<String> = sql::<Text>(POSTGRES_SEARCH).load(&mut other).unwrap();
    assert_eq!(theirs, ["column memories.search", "gin memories_search"]);
}
