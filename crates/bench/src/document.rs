//! docs/benchmarks.md: written by the bench, never by hand.

use std::{fs, process::Command};

use crate::{Outcome, bench::Bench, machine, report::Report, say, suites::Suite};

/// The document's beginning; what stands in braces is filled in.
const INTRODUCTION: &str = include_str!("document/introduction.md");
/// Its end: why a target is out of reach, and what was tried.
const LIMITS: &str = include_str!("document/limits.md");

/// Programs whose versions are named, with what makes them say it.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("rustc", &["--version"]),
    ("wrk", &["--version"]),
    ("nginx", &["-v"]),
    ("haproxy", &["-v"]),
    ("node", &["--version"]),
    ("python3", &["--version"]),
];

/// Writes the document of these results; one that is an error is said so.
///
/// # Errors
/// When the file can't be written.
pub fn write(bench: &Bench, results: &[(&Suite, Result<Report, String>)]) -> Outcome {
    let file = if bench.is_quick() {
        // Nobody should publish these.
        bench.root().join("test-output/bench/benchmarks.md")
    } else {
        bench.root().join("docs/benchmarks.md")
    };
    fs::write(&file, text(&heading()?, results))?;
    say(&format!("the tables are in {}", file.display()));
    Ok(())
}

fn text(heading: &str, results: &[(&Suite, Result<Report, String>)]) -> String {
    let mut text = heading.to_owned();
    text.push_str(&summary(results));
    for (suite, result) in results {
        text.push_str(&format!(
            "\n## {}\n\n`cargo xtask bench {}`\n\n",
            suite.title, suite.name
        ));
        match result {
            Ok(report) => text.push_str(&report.markdown()),
            Err(error) => text.push_str(&format!("**Not measured:** {error}\n")),
        }
    }
    text.push_str(LIMITS);
    text
}

/// What was met, in one line.
fn summary(results: &[(&Suite, Result<Report, String>)]) -> String {
    let targets: Vec<bool> = results
        .iter()
        .filter_map(|(_, result)| result.as_ref().ok())
        .flat_map(|report| report.targets.iter().map(|target| target.is_met()))
        .collect();
    let met = targets.iter().filter(|is_met| **is_met).count();
    format!(
        "\n{met} of {} targets were met in this run.\n",
        targets.len()
    )
}

fn heading() -> Outcome<String> {
    let date = Command::new("date").args(["-u", "+%Y-%m-%d"]).output()?;
    let versions: String = PROGRAMS
        .iter()
        .map(|(program, arguments)| {
            let version = machine::version(program, arguments);
            format!(
                "| {program} | {} |\n",
                version.as_deref().unwrap_or("not there")
            )
        })
        .collect();
    Ok(INTRODUCTION
        .replace("{date}", String::from_utf8_lossy(&date.stdout).trim())
        .replace("{processor}", &machine::processor())
        .replace("{cores}", &machine::cores().to_string())
        .replace("{versions}", &versions))
}
