//! Making keys: each is durable before its answer leaves, as a bare transaction is.

mod bare;
mod callers;

use std::time::Duration;

use self::{bare::Bare, callers::Callers};
use crate::{
    Outcome,
    bench::Bench,
    figures::Series,
    load, machine,
    report::{Bound, Cell, Report},
    say,
    server::Server,
};

/// Who makes keys at the same time.
const CALLERS: usize = 32;
/// The share of the bare rate that is to be reached.
const SHARE: f64 = 0.8;

/// Measures it.
///
/// # Errors
/// When a key can't be made.
pub fn run(bench: &Bench) -> Outcome<Report> {
    let busy = machine::busy_percent()?;
    let server = Server::start(bench, bench.keys(), &[])?;
    // Beside the server's own database: on the same disk.
    let mut bare = Bare::make(server.stock.folder())?;
    let callers = Callers {
        address: server.address,
        path: server.keys_path(),
        token: server.stock.manager.as_str().to_owned(),
        count: CALLERS,
    };
    let time = Duration::from_secs(bench.seconds().into());
    let create = |time| -> Outcome<f64> { Ok(load::run(callers::create(&callers, time))??) };
    create(Duration::from_millis(500))?;
    let (mut rows, mut keys) = (Series::default(), Series::default());
    for round in 0..bench.rounds() {
        say(&format!("  round {} of {}", round + 1, bench.rounds()));
        // Now this one first, now the other.
        if round % 2 == 0 {
            rows.push(Some(bare.write(time)?));
            keys.push(Some(create(time)?));
        } else {
            keys.push(Some(create(time)?));
            rows.push(Some(bare.write(time)?));
        }
    }
    let about = format!(
        "{CALLERS} callers make keys with `POST /api/v1/projects/{{project_id}}/keys`, over {} keys. The bare \
         transaction inserts one row into a SQLite file on the same disk, in a loop, with the same settings \
         (write-ahead log, `synchronous = FULL`).",
        bench.keys()
    );
    let mut report = Report::new(about, busy);
    let ratio = keys.ratio_to(&rows);
    let whole = |name: &str, rates: &Series, ratio: f64| {
        let (least, most) = rates.spread();
        vec![
            name.into(),
            Cell::Number(rates.median(), 0),
            Cell::Number(least, 0),
            Cell::Number(most, 0),
            Cell::Number(ratio, 2),
        ]
    };
    report.table(
        "Durable writes a second",
        &["what", "median", "least", "most", "to bare"],
        vec![
            whole("bare transaction", &rows, 1.0),
            whole("keys, 32 callers", &keys, ratio.median()),
        ],
    );
    report.target(
        "6: keys made at 32 callers: at least 0.80 of bare one-row transactions",
        ratio.median(),
        Bound::AtLeast(SHARE),
        2,
    );
    Ok(report)
}
