//! A report as text: columns for a terminal, Markdown for the document.

use super::{Cell, Report, Target};

/// For a terminal.
pub fn plain(report: &Report) -> String {
    let mut text = format!("{}\n", report.about);
    if let Some(warning) = report.warning() {
        text.push_str(&format!("{warning}\n"));
    }
    for table in &report.tables {
        let rows = table.rows.iter().map(|row| row.iter().map(shown).collect());
        let rows: Vec<Vec<String>> = rows.collect();
        text.push_str(&format!(
            "\n{}\n{}",
            table.title,
            aligned(&table.columns, &rows)
        ));
    }
    if !report.targets.is_empty() {
        text.push_str(&format!(
            "\nTargets\n{}",
            aligned(&TARGET_COLUMNS, &targets(report))
        ));
    }
    text
}

/// For the document.
pub fn markdown(report: &Report) -> String {
    let mut text = format!("{}\n", report.about);
    if let Some(warning) = report.warning() {
        text.push_str(&format!("\n**{warning}**\n"));
    }
    for table in &report.tables {
        let rows: Vec<Vec<String>> = table
            .rows
            .iter()
            .map(|row| row.iter().map(shown).collect())
            .collect();
        text.push_str(&format!(
            "\n### {}\n\n{}",
            table.title,
            piped(&table.columns, &rows)
        ));
    }
    if !report.targets.is_empty() {
        text.push_str(&format!(
            "\n### Targets\n\n{}",
            piped(&TARGET_COLUMNS, &targets(report))
        ));
    }
    text
}

const TARGET_COLUMNS: [&str; 3] = ["target", "measured", ""];

fn targets(report: &Report) -> Vec<Vec<String>> {
    let row = |target: &Target| {
        vec![
            target.what.clone(),
            number(target.measured, target.decimals),
            if target.is_met() {
                "met"
            } else {
                "**not met**"
            }
            .to_owned(),
        ]
    };
    report.targets.iter().map(row).collect()
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Number(value, decimals) => number(*value, *decimals),
    }
}

/// With a comma between thousands; `–` where there is no figure.
fn number(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let (sign, digits) = whole.split_at(whole.len() - whole.trim_start_matches('-').len());
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{rest}")
}

/// The first column to the left, figures to the right.
fn aligned(columns: &[&str], rows: &[Vec<String>]) -> String {
    let width = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at));
        let widest = cells.map(|cell| cell.chars().count()).max();
        let name = columns.get(at).map_or(0, |name| name.chars().count());
        widest.unwrap_or(0).max(name)
    };
    let line = |cells: Vec<&str>| {
        let cells = cells.iter().enumerate().map(|(at, cell)| match at {
            0 => format!("{cell:<0$}", width(at)),
            _ => format!("{cell:>0$}", width(at)),
        });
        let cells: Vec<String> = cells.collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    let head = line(columns.to_vec());
    let body: String = rows
        .iter()
        .map(|row| line(row.iter().map(String::as_str).collect()))
        .collect();
    head + &body
}

fn piped(columns: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let names: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
    let rules: Vec<&str> = (0..columns.len())
        .map(|at| if at == 0 { "---" } else { "--:" })
        .collect();
    let body: String = rows.iter().map(|row| line(row)).collect();
    format!("{}|{}|\n{body}", line(&names), rules.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Bound;

    fn report(busy_percent: f64) -> Report {
        let mut report = Report::new("With 100 keys.", busy_percent);
        report.table(
            "Answers a second",
            &["contender", "median", "to hello"],
            vec![
                vec![
                    "hello".into(),
                    Cell::Number(89_123.4, 0),
                    Cell::Number(1.0, 2),
                ],
                vec![
                    "nginx-map".into(),
                    Cell::Number(f64::NAN, 0),
                    Cell::Number(0.987, 2),
                ],
            ],
        );
        report.target("at least 0.90 of hello", 0.987, Bound::AtLeast(0.9), 2);
        report.target("at most 200 MiB", 201.0, Bound::AtMost(200.0), 0);
        report
    }

    #[test]
    fn a_terminal_gets_columns() {
        assert_eq!(
            plain(&report(0.4)),
            "With 100 keys.\n\nAnswers a second\n\
             contender  median  to hello\n\
             hello      89,123      1.00\n\
             nginx-map       –      0.99\n\n\
             Targets\n\
             target                  measured\n\
             at least 0.90 of hello      0.99          met\n\
             at most 200 MiB              201  **not met**\n"
        );
    }

    #[test]
    fn the_document_gets_pipes_and_is_told_of_a_busy_machine() {
        let text = markdown(&report(37.4));
        assert!(
            text.contains("\n**The machine was busy: 37 % before the start."),
            "{text}"
        );
        assert!(
            text.contains(
                "| contender | median | to hello |\n|---|--:|--:|\n| hello | 89,123 | 1.00 |\n"
            ),
            "{text}"
        );
        assert!(
            text.contains("| at most 200 MiB | 201 | **not met** |\n"),
            "{text}"
        );
        assert!(!markdown(&report(1.0)).contains("busy"));
    }

    #[test]
    fn thousands_are_set_apart() {
        for (value, decimals, wanted) in [
            (0.0, 0, "0"),
            (999.6, 0, "1,000"),
            (1_234_567.0, 1, "1,234,567.0"),
            (-1234.0, 0, "-1,234"),
            (f64::INFINITY, 0, "–"),
        ] {
            assert_eq!(number(value, decimals), wanted);
        }
    }

    #[test]
    fn a_figure_that_is_none_meets_nothing() {
        let target = |measured, bound| Target {
            what: String::new(),
            measured,
            bound,
            decimals: 0,
        };
        assert!(!target(f64::NAN, Bound::AtLeast(0.0)).is_met());
        assert!(!target(f64::NAN, Bound::AtMost(1.0)).is_met());
        assert!(target(1.0, Bound::AtMost(1.0)).is_met());
    }
}
