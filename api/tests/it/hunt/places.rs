//! Everywhere that a server leaves something: its logs, the files of its database, the rows of its tables.

use std::{fs, path::Path};

use diesel::{
    Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, sql_query,
    sql_types::{BigInt, Text},
};

use crate::support::process::Home;

/// A place by its name, and all that is in it.
pub struct Found {
    pub name: String,
    pub bytes: Vec<u8>,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(QueryableByName)]
struct Segment {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    size: i64,
}

/// What the programs of this home have printed and logged, also those that have ended.
pub fn output(home: &Home, kind: &str) -> Vec<Found> {
    files(&home.file("."), |name| name.starts_with(kind))
}

/// The database, byte by byte on SQLite, with its write-ahead log; row by row on PostgreSQL.
pub fn database(home: &Home) -> Vec<Found> {
    match home.place.path() {
        Some(path) => files(path.parent().expect("a folder"), |_| true),
        None => tables(&home.place.url()),
    }
}

/// Where PostgreSQL's write-ahead log stands; `None` on SQLite.
pub fn log_position(home: &Home) -> Option<String> {
    if home.place.path().is_some() {
        return None;
    }
    let mut db = PgConnection::establish(&home.place.url()).expect("the server is there");
    lines(
        &mut db,
        "SELECT pg_walfile_name(pg_current_wal_lsn()) AS line",
    )
    .pop()
}

/// PostgreSQL's write-ahead log from this position on. Other tests write there, too, and none of them
/// knows these secrets.
pub fn write_ahead_log(home: &Home, from: &str) -> Vec<Found> {
    let mut db = PgConnection::establish(&home.place.url()).expect("the server is there");
    let now = lines(
        &mut db,
        "SELECT pg_walfile_name(pg_current_wal_lsn()) AS line",
    )
    .pop();
    let now = now.unwrap_or_default();
    let list =
        "SELECT name, size FROM pg_ls_waldir() WHERE name >= $1 AND name <= $2 ORDER BY name";
    let segments: Vec<Segment> = sql_query(list)
        .bind::<Text, _>(from)
        .bind::<Text, _>(&now)
        .load(&mut db)
        .expect("a superuser may list the log");
    assert!(!segments.is_empty(), "the log begins with {from}");
    segments
        .into_iter()
        .map(|segment| Found {
            bytes: read_segment(&mut db, &segment),
            name: segment.name,
        })
        .collect()
}

fn read_segment(db: &mut PgConnection, segment: &Segment) -> Vec<u8> {
    #[derive(QueryableByName)]
    struct Bytes {
        #[diesel(sql_type = diesel::sql_types::Binary)]
        bytes: Vec<u8>,
    }
    let read = "SELECT pg_read_binary_file('pg_wal/' || $1, 0, $2) AS bytes";
    let mut rows: Vec<Bytes> = sql_query(read)
        .bind::<Text, _>(&segment.name)
        .bind::<BigInt, _>(segment.size)
        .load(db)
        .expect("a superuser may read the log");
    rows.pop().expect("one row").bytes
}

fn files(folder: &Path, wanted: impl Fn(&str) -> bool) -> Vec<Found> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_file() && wanted(&name) {
            let bytes = fs::read(&path).expect("a file");
            found.push(Found { name, bytes });
        }
    }
    found
}

fn tables(url: &str) -> Vec<Found> {
    let mut db = PgConnection::establish(url).expect("the server is there");
    let names = lines(
        &mut db,
        "SELECT format('%I.%I', table_schema, table_name) AS line FROM information_schema.tables
         WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')",
    );
    names
        .into_iter()
        .map(|name| {
            // A row as text: columns of bytes stand in it as hex.
            let rows = lines(&mut db, &format!("SELECT t::text AS line FROM {name} t"));
            Found {
                bytes: rows.join("\n").into_bytes(),
                name,
            }
        })
        .collect()
}

fn lines(db: &mut PgConnection, query: &str) -> Vec<String> {
    let rows: Vec<Line> = sql_query(query).load(db).expect("a query that reads");
    rows.into_iter().map(|row| row.line).collect()
}
