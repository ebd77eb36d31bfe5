//! The browser app's first page for somebody who has never been here. Reported; no target.

use std::process::Command;

use serde::Deserialize;

use crate::{
    Outcome,
    bench::{Bench, LOAD_CORE},
    figures::Series,
    ground, machine,
    process::on_core,
    report::{Cell, Report},
    server::Server,
};

/// One visit, as e2e/first_paint.mjs writes it.
#[derive(Deserialize)]
struct Visit {
    first_contentful_paint_ms: f64,
    form_ms: f64,
    bytes: f64,
    requests: f64,
}

/// Measures it.
///
/// # Errors
/// When there is no browser, or the server was built without the browser app.
pub fn run(bench: &Bench) -> Outcome<Report> {
    let busy = machine::busy_percent()?;
    let server = Server::start(bench, 1, &[])?;
    let visits = visits(bench, &server)?;
    let about = "The sign-in page in headless Chromium, each time in a new profile, from the release build on this machine: \
                 no network, no cache. The server runs on one core and the browser on the other.";
    let mut report = Report::new(about, busy);
    let row = |what: &str, of: fn(&Visit) -> f64, decimals| {
        let series: Series = visits.iter().map(of).collect();
        let (least, most) = series.spread();
        let figure = |value| Cell::Number(value, decimals);
        vec![
            what.into(),
            figure(series.median()),
            figure(least),
            figure(most),
        ]
    };
    report.table(
        "A first visit",
        &["what", "median", "least", "most"],
        vec![
            row(
                "first contentful paint, ms",
                |visit| visit.first_contentful_paint_ms,
                0,
            ),
            row("until the form is there, ms", |visit| visit.form_ms, 0),
            row("over the wire, bytes", |visit| visit.bytes, 0),
            row("requests", |visit| visit.requests, 0),
        ],
    );
    Ok(report)
}

fn visits(bench: &Bench, server: &Server) -> Outcome<Vec<Visit>> {
    let node = ground::find("node").ok_or("Node.js is missing; install it (Debian, Ubuntu: sudo apt-get install nodejs npm), then start again")?;
    let browser = ["chromium-headless-shell", "chromium", "chromium-browser"]
        .into_iter()
        .find_map(ground::find);
    let browser = match std::env::var_os("CHROMIUM") {
        Some(path) => path.into(),
        None => browser.ok_or("Chromium is missing; install it (Debian, Ubuntu: sudo apt-get install chromium-headless-shell), then start again")?,
    };
    let folder = bench.root().join("e2e");
    if !folder.join("node_modules/playwright-core").is_dir() {
        return Err(
            "playwright-core is missing; install it (npm ci, in e2e/), then start again".into(),
        );
    }
    let mut command: Command = on_core(LOAD_CORE, &node);
    command
        .arg("first_paint.mjs")
        .arg(format!("http://{}", server.address))
        .arg(bench.rounds().to_string())
        .current_dir(folder)
        .env("CHROMIUM", browser);
    let output = command.output()?;
    if !output.status.success() {
        let says = String::from_utf8_lossy(&output.stderr);
        return Err(format!("the browser saw no sign-in page: {}", says.trim()).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let visits: Result<Vec<Visit>, _> = text.lines().map(serde_json::from_str).collect();
    Ok(visits?)
}
