//! How long a restart takes: from the start of the process to the first accepted key.

use crate::{
    Outcome,
    bench::Bench,
    figures::Series,
    machine,
    report::{Bound, Cell, Report},
    server::Server,
};

/// Starts of each; the first one reads the file from the disk's cache as the others do, since it was just written.
const STARTS: u32 = 5;

/// Measures it.
///
/// # Errors
/// When the server doesn't start.
pub fn run(bench: &Bench) -> Outcome<Report> {
    let busy = machine::busy_percent()?;
    let mut report = Report::new(
        "From the start of the process to the first accepted check of a key (without keys: to `GET /readyz`). SQLite, in \
         the disk's cache; one core.",
        busy,
    );
    let mut rows = Vec::new();
    for keys in [0, bench.keys(), bench.many(1_000_000)] {
        let mut times = Series::default();
        let mut server = Server::start(bench, keys, &[])?;
        let starts = if bench.is_quick() { 1 } else { STARTS };
        for left in (0..starts).rev() {
            times.push(Some(server.started_in().as_secs_f64()));
            if left > 0 {
                server = Server::over(bench, server.stop(), &[])?;
            }
        }
        let (least, most) = times.spread();
        rows.push(vec![
            Cell::Number(keys as f64, 0),
            Cell::Number(times.median(), 3),
            Cell::Number(least, 3),
            Cell::Number(most, 3),
        ]);
        if keys == bench.many(1_000_000) {
            report.target(
                format!("4: start to first accepted request at {keys} keys under 3 s"),
                times.median(),
                Bound::AtMost(3.0),
                2,
            );
        }
    }
    report.table(
        "Seconds from start to first accepted request",
        &["keys", "median", "least", "most"],
        rows,
    );
    Ok(report)
}
