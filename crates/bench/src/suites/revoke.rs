//! Checks while keys are revoked: none that begins after a revoke's answer may be accepted.

mod ledger;
mod storm;

use std::time::Duration;

use self::storm::{Doomed, Seen, Storm};
use crate::{
    Outcome,
    bench::Bench,
    load, machine,
    report::{Bound, Cell, Report},
    server::{FORWARD_AUTH, Server},
};

/// Connections that send checks.
const CONNECTIONS: usize = 64;
/// Checks in all, at least.
const CHECKS: usize = 1_000_000;
/// Keys that are revoked.
const REVOKED: usize = 1000;
/// Of all checks, so many must begin after the end of their key: else there was nothing to see.
const SHARE: f64 = 0.4;

/// Measures it.
///
/// # Errors
/// When a single check was answered wrongly.
pub fn run(bench: &Bench) -> Outcome<Report> {
    let busy = machine::busy_percent()?;
    let server = Server::start(bench, bench.keys(), &[])?;
    let spared = server.stock.keys.last().ok_or("there is no key to spare")?;
    let keys = server.stock.keys.iter().take(bench.many(REVOKED));
    let doomed = keys.map(|key| Doomed {
        path: format!("{}/{}", server.keys_path(), key.id),
        secret: key.secret.clone(),
    });
    let storm = Storm {
        address: server.address,
        check: FORWARD_AUTH.to_owned(),
        doomed: doomed.collect(),
        spared: spared.secret.clone(),
        token: server.stock.manager.clone(),
        connections: CONNECTIONS,
        checks: bench.many(CHECKS) as u64,
    };
    let seen = load::run(storm::run(storm))??;
    right(&seen)?;
    Ok(report(bench, busy, &seen))
}

/// A wrong answer is no figure to be put beside others: it stops the bench.
fn right(seen: &Seen) -> Outcome {
    if seen.accepted_late > 0 {
        return Err(format!(
            "{} of {} checks that began after the answer to their key's revoke were ACCEPTED: revocation is broken",
            seen.accepted_late, seen.late
        )
        .into());
    }
    if seen.refused_early > 0 {
        return Err(format!("{} checks of good keys were refused", seen.refused_early).into());
    }
    let share = seen.late as f64 / seen.checks.max(1) as f64;
    if share < SHARE {
        return Err(format!(
            "only {} of {} checks were of keys that had ended: that shows too little",
            seen.late, seen.checks
        )
        .into());
    }
    Ok(())
}

fn report(bench: &Bench, busy: f64, seen: &Seen) -> Report {
    let mut times = seen.revokes.clone();
    times.sort();
    let at = |index: usize| {
        times
            .get(index)
            .map_or(f64::NAN, |time: &Duration| time.as_secs_f64() * 1000.0)
    };
    let about = format!(
        "{CONNECTIONS} connections send `GET {FORWARD_AUTH}` while {} of {} keys are revoked one after another. A check \
         that begins after the answer to its key's revoke was read must be refused, by the clock of the one process that \
         does both.",
        times.len(),
        bench.keys()
    );
    let mut report = Report::new(about, busy);
    let row = |what: &str, figure: f64, decimals| vec![what.into(), Cell::Number(figure, decimals)];
    report.table(
        "Checks and revokes",
        &["what", "figure"],
        vec![
            row("checks", seen.checks as f64, 0),
            row(
                "of these, begun after the end of their key",
                seen.late as f64,
                0,
            ),
            row("of these, accepted", seen.accepted_late as f64, 0),
            row("good keys that were refused", seen.refused_early as f64, 0),
            row("keys revoked", times.len() as f64, 0),
            row("a revoke, median, ms", at(times.len() / 2), 1),
            row(
                "the slowest revoke, ms",
                at(times.len().saturating_sub(1)),
                1,
            ),
            row("seconds", seen.time.as_secs_f64(), 1),
        ],
    );
    report.target(
        "9: checks that were accepted after their key's revoke was answered: 0",
        seen.accepted_late as f64,
        Bound::AtMost(0.0),
        0,
    );
    if !bench.is_quick() {
        report.target(
            "9: checks: at least 1,000,000",
            seen.checks as f64,
            Bound::AtLeast(CHECKS as f64),
            0,
        );
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_wrong_answer_stops_the_bench() {
        let good = Seen {
            checks: 1000,
            late: 500,
            ..Seen::default()
        };
        assert!(right(&good).is_ok());
        let says = |change: fn(&mut Seen)| {
            let mut seen = good.clone();
            change(&mut seen);
            right(&seen).unwrap_err().to_string()
        };
        assert!(says(|seen| seen.accepted_late = 1).contains("ACCEPTED"));
        assert!(says(|seen| seen.refused_early = 1).contains("good keys were refused"));
        assert!(says(|seen| seen.late = 399).contains("too little"));
    }
}
