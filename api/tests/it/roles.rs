//! docs/roles.md held against the table of who may do what, and against the description's requests.

use std::{collections::BTreeSet, fmt::Write as _};

use crate::{
    document,
    matrix::table::{self, COLUMNS, Row},
};

const PAGE: &str = include_str!("../../../docs/roles.md");
/// The description in the form that can be read without a server; `contract.rs` holds it against the program.
const DESCRIPTION: &str = include_str!("../../../openapi-3.0.json");

#[test]
fn the_page_says_what_the_table_says() {
    let wanted = lines();
    let found = page_lines();
    let missing: Vec<&str> = wanted
        .iter()
        .map(String::as_str)
        .filter(|line| !found.contains(line))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/roles.md lacks these lines:\n{}",
        missing.join("\n")
    );
    let known: BTreeSet<&str> = wanted.iter().map(String::as_str).collect();
    let more: Vec<&str> = found
        .iter()
        .copied()
        .filter(|line| !known.contains(line))
        .collect();
    assert!(
        more.is_empty(),
        "docs/roles.md has lines of its own:\n{}",
        more.join("\n")
    );
    assert!(
        found == wanted,
        "the lines of docs/roles.md are not in the table's order, or one is there twice"
    );
}

#[test]
fn every_kind_of_caller_is_explained_and_heads_a_column() {
    let names = COLUMNS.map(|(name, _)| name);
    for name in names {
        assert!(
            PAGE.contains(&format!("\n| {name} | ")),
            "docs/roles.md does not say who {name} is"
        );
    }
    let head = format!("| operation | request | {} |", names.join(" | "));
    let heads: Vec<&str> = PAGE
        .lines()
        .filter(|line| line.starts_with("| operation |"))
        .collect();
    assert!(
        !heads.is_empty(),
        "docs/roles.md has no table of operations"
    );
    assert!(
        heads.iter().all(|found| *found == head),
        "a table's head is not {head:?}: {heads:?}"
    );
}

/// A line for each operation, in the table's order.
fn lines() -> Vec<String> {
    let description = serde_json::from_str(DESCRIPTION).expect("the description is JSON");
    let operations = document::operations(&description);
    table::rows()
        .iter()
        .map(|row| {
            let operation = operations
                .iter()
                .find(|operation| operation.id == row.operation)
                .unwrap_or_else(|| panic!("{} is no operation", row.operation));
            let request = format!("{} {}", operation.method.to_uppercase(), operation.path);
            line(row, &request)
        })
        .collect()
}

/// An operation's line on the page.
fn line(row: &Row, request: &str) -> String {
    let mut line = format!("| `{}` | `{request}` |", row.operation);
    for (name, column) in COLUMNS {
        let status = row
            .status(column)
            .unwrap_or_else(|| panic!("{} has no cell for {name}", row.operation));
        let said = match status {
            200..300 => "yes".to_owned(),
            _ => status.to_string(),
        };
        write!(line, " {said} |").expect("a String takes everything");
    }
    line
}

/// The page's lines about operations: those whose first cell is code alone, below a head with the callers.
fn page_lines() -> Vec<&'static str> {
    let mut is_in_table = false;
    let mut found = Vec::new();
    for line in PAGE.lines() {
        if line.starts_with("| operation | request |") {
            is_in_table = true;
        } else if !line.starts_with('|') {
            is_in_table = false;
        } else if is_in_table && !line.starts_with("|---") {
            found.push(line);
        }
    }
    found
}
