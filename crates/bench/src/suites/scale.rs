//! A thousand keys and a million: checks, memory, changes; and checks while keys come and go.

mod changes;

use std::thread;

use crate::{
    Outcome,
    bench::Bench,
    figures::Series,
    machine,
    report::{Bound, Cell, Report},
    server::Server,
    timing::{self, Entry},
    wrk,
};

const FEW: usize = 1000;
const MANY: usize = 1_000_000;
/// Calls of each kind that the cost of changes is the median of.
const CALLS: usize = 200;
/// Keys that come and go while others are checked, in a second.
const PER_SECOND: u32 = 50;

/// Measures it.
///
/// # Errors
/// When a server doesn't start or answers wrongly.
pub fn run(bench: &Bench) -> Outcome<Report> {
    let busy = machine::busy_percent()?;
    let mut report = Report::new(
        format!(
            "`GET /api/v1/forward-auth` with one worker on core 0, {} rounds of {} s in turns; wrk on core 1. Changes are \
             sent one after the other from core 1; the disk is waited for (`synchronous = FULL`).",
            bench.rounds(),
            bench.seconds()
        ),
        busy,
    );
    let servers = [
        Server::start(bench, FEW, &[])?,
        Server::start(bench, bench.many(MANY), &[])?,
    ];
    sizes(bench, &servers, &mut report)?;
    churn(bench, &servers[1], &mut report)?;
    costs(bench, &servers, &mut report)?;
    Ok(report)
}

fn label(server: &Server) -> String {
    format!("{} keys", server.stock.keys.len())
}

fn sizes(bench: &Bench, servers: &[Server; 2], report: &mut Report) -> Outcome {
    let mut entries: Vec<Entry> = Vec::new();
    for server in servers {
        entries.push(server.forward_auth(&label(server))?.into());
    }
    let timed = timing::in_turns(bench, &entries)?;
    let mut rows = Vec::new();
    for (server, timed) in servers.iter().zip(&timed) {
        let (least, most) = timed.rate.spread();
        rows.push(vec![
            Cell::Text(label(server)),
            Cell::Number(timed.rate.median(), 0),
            Cell::Number(least, 0),
            Cell::Number(most, 0),
            Cell::Number(timed.p50.median(), 2),
            Cell::Number(timed.p99.median(), 2),
            Cell::Number(server.resident_mib()?, 0),
            Cell::Number(server.started_in().as_secs_f64(), 2),
        ]);
    }
    report.table(
        "Checks a second, memory, start",
        &[
            "server",
            "median",
            "least",
            "most",
            "p50 ms",
            "p99 ms",
            "resident MiB",
            "start s",
        ],
        rows,
    );
    let [few, many] = &timed[..] else {
        return Ok(());
    };
    let many_label = label(&servers[1]);
    report.target(
        format!("4: {many_label}: at least 0.95 of the checks at {FEW}"),
        many.rate.ratio_to(&few.rate).median(),
        Bound::AtLeast(0.95),
        3,
    );
    report.target(
        format!("4: {many_label}: at most 200 MiB resident, after the load"),
        servers[1].resident_mib()?,
        Bound::AtMost(200.0),
        0,
    );
    report.target(
        format!("4: {many_label}: start to first accepted request under 3 s"),
        servers[1].started_in().as_secs_f64(),
        Bound::AtMost(3.0),
        2,
    );
    Ok(())
}

/// Quiet and with changes in turns, so that both have the same machine.
fn churn(bench: &Bench, server: &Server, report: &mut Report) -> Outcome {
    let folder = bench.folder("wrk")?;
    let contender = server.forward_auth("forward-auth")?;
    let mut quiet = timing::Timed::named("quiet");
    let mut busy = timing::Timed::named("while keys come and go");
    let mut pairs = Series::default();
    for _ in 0..bench.rounds() {
        quiet.push(Some(wrk::load(&contender, bench.seconds(), folder.path())?));
        let plan = changes::Churn::of(server, PER_SECOND, bench.seconds());
        // A thread, because wrk is waited for here. It starts no process.
        let changing = thread::spawn(move || plan.run().map_err(|error| error.to_string()));
        let sample = wrk::load(&contender, bench.seconds(), folder.path());
        let changed = changing
            .join()
            .map_err(|_| "the thread that changes keys ended early")??;
        busy.push(Some(sample?));
        pairs.push(Some(changed));
    }
    let row = |timed: &timing::Timed| {
        vec![
            Cell::Text(timed.name.clone()),
            Cell::Number(timed.rate.median(), 0),
            Cell::Number(timed.p50.median(), 2),
            Cell::Number(timed.p99.median(), 2),
        ]
    };
    report.table(
        &format!(
            "Checks a second while {:.0} keys a second are created and revoked",
            pairs.median()
        ),
        &["server", "median", "p50 ms", "p99 ms"],
        vec![row(&quiet), row(&busy)],
    );
    report.target(
        format!("5: while {PER_SECOND} keys a second come and go: at least 0.9 of the quiet rate"),
        busy.rate.ratio_to(&quiet.rate).median(),
        Bound::AtLeast(0.9),
        3,
    );
    report.target(
        "5: p99 then at most 2 times the quiet one",
        busy.p99.ratio_to(&quiet.p99).median(),
        Bound::AtMost(2.0),
        2,
    );
    report.target(
        "5: pairs of create and revoke that were really made a second",
        pairs.median(),
        Bound::AtLeast(f64::from(PER_SECOND) * 0.95),
        1,
    );
    Ok(())
}

fn costs(bench: &Bench, servers: &[Server; 2], report: &mut Report) -> Outcome {
    let calls = bench.many(CALLS);
    let [few, many] = [
        changes::costs(&servers[0], calls)?,
        changes::costs(&servers[1], calls)?,
    ];
    let mut rows = Vec::new();
    for ((name, few), (_, many)) in few.iter().zip(&many) {
        rows.push(vec![
            Cell::Text((*name).to_owned()),
            Cell::Number(few.median(), 2),
            Cell::Number(many.median(), 2),
            Cell::Number(many.median() / few.median(), 2),
        ]);
        report.target(
            format!(
                "4: {name} costs the same at {} as at {} (at most 1.25 times)",
                label(&servers[1]),
                label(&servers[0])
            ),
            many.median() / few.median(),
            Bound::AtMost(1.25),
            2,
        );
    }
    report.table(
        &format!("Milliseconds of a call, median of {calls}"),
        &["call", "1,000 keys", "many keys", "ratio"],
        rows,
    );
    Ok(())
}
