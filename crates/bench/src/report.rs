//! What a suite found: tables and targets, for a terminal, as JSON and as Markdown.

mod text;

use std::fs;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{Outcome, bench::Bench, machine::BUSY_PERCENT};

/// A suite's findings.
pub struct Report {
    /// What holds for all figures, in a sentence or two, such as the number of keys.
    pub about: String,
    /// How busy the machine was before the suite began, in per cent.
    pub busy_percent: f64,
    /// What was measured.
    pub tables: Vec<Table>,
    /// What was to be reached.
    pub targets: Vec<Target>,
}

/// Figures.
pub struct Table {
    /// What they are, as a heading.
    pub title: String,
    /// The columns' names.
    pub columns: Vec<&'static str>,
    /// The rows, with a cell for each column.
    pub rows: Vec<Vec<Cell>>,
}

/// A figure or a word in a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A word.
    Text(String),
    /// A figure, shown with so many decimals.
    Number(f64, usize),
}

/// Something that was to be reached.
#[derive(Debug, Clone, Serialize)]
pub struct Target {
    /// What, in words, with the bound.
    pub what: String,
    /// The figure.
    pub measured: f64,
    /// What it must be.
    pub bound: Bound,
    /// Decimals that the figure is shown with.
    #[serde(skip)]
    pub decimals: usize,
}

/// What a figure must be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

impl Report {
    /// One without findings yet.
    pub fn new(about: impl Into<String>, busy_percent: f64) -> Self {
        Self {
            about: about.into(),
            busy_percent,
            tables: Vec::new(),
            targets: Vec::new(),
        }
    }

    /// Adds a table.
    pub fn table(&mut self, title: &str, columns: &[&'static str], rows: Vec<Vec<Cell>>) {
        self.tables.push(Table {
            title: title.to_owned(),
            columns: columns.to_vec(),
            rows,
        });
    }

    /// Adds a target; `what` says the bound in words, too.
    pub fn target(
        &mut self,
        what: impl Into<String>,
        measured: f64,
        bound: Bound,
        decimals: usize,
    ) {
        self.targets.push(Target {
            what: what.into(),
            measured,
            bound,
            decimals,
        });
    }

    /// What is to be said of the machine beside the figures, if anything.
    pub fn warning(&self) -> Option<String> {
        (self.busy_percent > BUSY_PERCENT).then(|| {
            format!(
                "The machine was busy: {:.0} % before the start. These figures are to be doubted.",
                self.busy_percent
            )
        })
    }

    /// Writes it to test-output/bench/ as JSON, and gives it as text.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn publish(&self, bench: &Bench, name: &str) -> Outcome<String> {
        let folder = bench.root().join("test-output/bench");
        fs::create_dir_all(&folder)?;
        let json = serde_json::to_string_pretty(&self.json(name))?;
        fs::write(folder.join(name).with_extension("json"), json + "\n")?;
        Ok(text::plain(self))
    }

    /// As Markdown, below a heading of the second level.
    pub fn markdown(&self) -> String {
        text::markdown(self)
    }

    fn json(&self, name: &str) -> Value {
        let tables: Vec<Value> = self.tables.iter().map(Table::json).collect();
        let targets: Vec<Value> = self
            .targets
            .iter()
            .map(|target| json!({ "target": target, "is_met": target.is_met() }))
            .collect();
        json!({
            "suite": name,
            "about": self.about,
            "busy_percent": self.busy_percent,
            "tables": tables,
            "targets": targets,
        })
    }
}

impl Table {
    fn json(&self) -> Value {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                let pairs = self.columns.iter().zip(row);
                let cell = |cell: &Cell| match cell {
                    Cell::Text(text) => json!(text),
                    Cell::Number(number, _) => json!(number),
                };
                let object: Map<String, Value> = pairs
                    .map(|(name, value)| ((*name).to_owned(), cell(value)))
                    .collect();
                Value::Object(object)
            })
            .collect();
        json!({ "title": self.title, "rows": rows })
    }
}

impl Target {
    /// Whether it was reached; a figure that is none reaches nothing.
    pub fn is_met(&self) -> bool {
        match self.bound {
            Bound::AtLeast(bound) => self.measured >= bound,
            Bound::AtMost(bound) => self.measured <= bound,
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
