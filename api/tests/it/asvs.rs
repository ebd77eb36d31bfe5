//! docs/asvs.md held against the repository: each requirement of OWASP ASVS 5.0.0, levels 1 and 2, has its row, and
//! what a row names is there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

const DOCUMENT: &str = include_str!("../../../docs/asvs.md");
/// Every id with its level, one a line, in the standard's order.
const REQUIREMENTS: &str = include_str!("asvs/ids.txt");
/// What a row can say in its column `applies`.
const APPLIES: [&str; 5] = ["yes", "partly", "no", "deviation", "gap"];
/// Endings of the files that a row can name.
const ENDINGS: [&str; 9] = [
    "js", "json", "lock", "md", "mjs", "rs", "toml", "txt", "yaml",
];

/// One requirement.
struct Row {
    id: &'static str,
    level: &'static str,
    applies: &'static str,
    met: &'static str,
    test: &'static str,
}

#[test]
fn every_requirement_has_one_row() {
    let wanted: Vec<(&str, &str)> = REQUIREMENTS
        .lines()
        .map(|line| line.split_once(' ').expect("an id and its level"))
        .collect();
    assert_eq!(wanted.len(), 253, "levels 1 and 2 of ASVS 5.0.0");
    let rows = rows();
    let found: Vec<(&str, &str)> = rows.iter().map(|row| (row.id, row.level)).collect();
    let missing: Vec<_> = wanted.iter().filter(|one| !found.contains(one)).collect();
    assert!(missing.is_empty(), "without a row: {missing:?}");
    let unknown: Vec<_> = found.iter().filter(|one| !wanted.contains(one)).collect();
    assert!(unknown.is_empty(), "no such requirement: {unknown:?}");
    let mut seen = BTreeSet::new();
    let twice: Vec<_> = found.iter().filter(|one| !seen.insert(*one)).collect();
    assert!(twice.is_empty(), "twice: {twice:?}");
    assert!(found == wanted, "the rows are not in the standard's order");
}

#[test]
fn every_row_says_whether_it_applies_and_there_is_one_deviation() {
    let mut deviations = Vec::new();
    for row in rows() {
        assert!(
            APPLIES.contains(&row.applies),
            "{} says {:?}, which is none of {APPLIES:?}",
            row.id,
            row.applies
        );
        assert!(!row.met.is_empty(), "{} says nothing more", row.id);
        if row.applies == "deviation" {
            deviations.push(row.id);
        }
    }
    assert_eq!(deviations, ["14.2.1"], "the one deviation");
}

#[test]
fn there_is_no_gap() {
    let rows = rows();
    let gaps = rows.iter().filter(|row| row.applies == "gap");
    let gaps: Vec<&str> = gaps.map(|row| row.id).collect();
    assert_eq!(gaps, [""; 0]);
}

#[test]
fn every_file_and_test_that_is_named_is_there() {
    let mut files = Files::default();
    let mut faults = Vec::new();
    for cells in tables() {
        // Of every table: its last column names tests, the others may name files.
        let Some((tests, others)) = cells.split_last() else {
            continue;
        };
        let place = cells.first().copied().unwrap_or_default();
        for name in others.iter().copied().flat_map(spans) {
            if is_file(name) && files.text(name).is_none() {
                faults.push(format!("{place}: there is no {name}"));
            }
        }
        if let Err(fault) = check_tests(tests, &mut files) {
            faults.push(format!("{place}: {fault}"));
        }
    }
    for row in rows() {
        if row.applies == "deviation" && row.test == "review" {
            faults.push(format!("{}: a deviation has tests", row.id));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_name_that_is_not_there_is_noticed() {
    let mut files = Files::default();
    let here = "`api/tests/it/asvs.rs`";
    for (cell, is_good) in [
        ("review".to_owned(), true),
        (format!("{here} `there_is_no_gap`"), true),
        (
            format!("{here} `there_is_no_gap`, `every_requirement_has_one_row`"),
            true,
        ),
        (format!("{here} `there_is_no`"), false),
        (format!("{here} `there_is_no_gap`; {here}"), false),
        (here.to_owned(), false),
        ("`there_is_no_gap`".to_owned(), false),
        (
            "`api/tests/it/nothing.rs` `there_is_no_gap`".to_owned(),
            false,
        ),
        (String::new(), false),
        ("none".to_owned(), false),
    ] {
        let checked = check_tests(&cell, &mut files);
        assert_eq!(checked.is_ok(), is_good, "{cell:?}: {checked:?}");
    }
}

/// The rows about requirements, in order.
fn rows() -> Vec<Row> {
    tables()
        .into_iter()
        .filter(|cells| cells[0].starts_with(|c: char| c.is_ascii_digit()))
        .map(|cells| {
            let [id, level, _, applies, met, test] = cells[..] else {
                panic!("{} has {} cells, not six", cells[0], cells.len());
            };
            Row {
                id,
                level,
                applies,
                met,
                test,
            }
        })
        .collect()
}

/// The cells of each line of each table about tests, without their heads.
fn tables() -> Vec<Vec<&'static str>> {
    let mut found = Vec::new();
    let mut is_about_tests = false;
    let mut is_in_table = false;
    for line in DOCUMENT.lines() {
        let Some(inner) = line.strip_prefix('|') else {
            is_in_table = false;
            continue;
        };
        let inner = inner
            .strip_suffix('|')
            .expect("a line of a table has an end");
        let cells: Vec<&str> = inner.split('|').map(str::trim).collect();
        if !is_in_table {
            is_in_table = true;
            is_about_tests = cells.last() == Some(&"test");
        } else if is_about_tests && !inner.starts_with("---") {
            found.push(cells);
        }
    }
    assert!(!found.is_empty(), "docs/asvs.md has no table");
    found
}

/// Whether a cell is `review`, or names files with tests that are in them.
fn check_tests(cell: &str, files: &mut Files) -> Result<(), String> {
    if cell == "review" {
        return Ok(());
    }
    let mut file = None;
    let mut has_test = false;
    for name in spans(cell) {
        if is_file(name) {
            if let Some(before) = file.replace(name)
                && !has_test
            {
                return Err(format!("no test is named in {before}"));
            }
            has_test = false;
        } else {
            let path = file.ok_or_else(|| format!("no file is named before {name}"))?;
            let text = files
                .text(path)
                .ok_or_else(|| format!("there is no {path}"))?;
            let definition = if path.ends_with(".rs") {
                format!("fn {name}(")
            } else {
                format!("\"{name}\"")
            };
            if !text.contains(&definition) {
                return Err(format!("there is no test {name:?} in {path}"));
            }
            has_test = true;
        }
    }
    if has_test {
        Ok(())
    } else {
        Err(format!("{cell:?} ends without a test"))
    }
}

/// What stands in backticks.
fn spans(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Whether this is meant as a file of the repository, and not as an address, a type or a test.
fn is_file(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    !name.starts_with('/') && ending.is_some_and(|ending| ENDINGS.contains(&ending))
}

/// The repository's files, each read once.
#[derive(Default)]
struct Files(BTreeMap<String, Option<String>>);

impl Files {
    /// A file's text, if it is there.
    fn text(&mut self, path: &str) -> Option<&str> {
        self.0
            .entry(path.to_owned())
            .or_insert_with(|| {
                let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
                fs::read_to_string(root.join(path)).ok()
            })
            .as_deref()
    }
}
