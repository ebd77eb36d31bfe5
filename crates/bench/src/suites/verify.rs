//! A check of a key, beside a hello and what else checks keys.

use crate::{
    Outcome,
    bench::Bench,
    contender::Stage,
    machine, peers,
    report::{Bound, Cell, Report},
    server::Server,
    stock,
    timing::{self, Entry, Timed},
    wrk::CONNECTIONS,
};

const HELLO: &str = "hello (actix-web)";
const FORWARD_AUTH: &str = "Latchkey forward-auth";
const VERIFY: &str = "Latchkey keys/verify";
const MISSPELT: &str = "Latchkey, key misspelt";
const UNKNOWN: &str = "Latchkey, key unknown";
const REVOKED: &str = "Latchkey, key revoked";

/// Measures it.
///
/// # Errors
/// When a contender doesn't start or answers wrongly.
pub fn run(bench: &Bench) -> Outcome<Report> {
    let busy = machine::busy_percent()?;
    let server = Server::start(bench, bench.keys(), &[])?;
    let keys = server.stock.secrets();
    let unknown = stock::unknown(1000)?;
    let texts: Vec<&str> = keys.iter().take(1000).map(String::as_str).collect();
    let stage = Stage {
        bench,
        keys: &keys,
        dead: unknown.first().map_or("", String::as_str),
    };
    let mut entries: Vec<Entry> = vec![
        peers::hello::start(&stage)?.named(HELLO).into(),
        server.forward_auth(FORWARD_AUTH)?.into(),
        server.verify(VERIFY)?.into(),
        server.refusing(MISSPELT, &stock::misspelt(&texts))?.into(),
        server.refusing(UNKNOWN, &unknown)?.into(),
        server.refusing(REVOKED, &server.stock.revoked)?.into(),
    ];
    entries.extend(peers::start_all(&stage, &server)?);
    let timed = timing::in_turns(bench, &entries)?;
    let mut report = Report::new(
        format!(
            "{} live keys, usage counted, default log level. Each server has one worker on core 0; wrk sends with one \
             thread over {CONNECTIONS} connections from core 1, {} keys in turn. {} rounds of {} s (3 for those far below \
             the others); all servers run, one is loaded at a time. The ratio is the median of the rounds' ratios.",
            keys.len(),
            crate::contender::requests_in_turn(),
            bench.rounds(),
            bench.seconds(),
        ),
        busy,
    );
    table(&mut report, &timed);
    targets(&mut report, &timed);
    Ok(report)
}

/// The rows of a throughput table.
pub fn table(report: &mut Report, timed: &[Timed]) {
    let Some(hello) = timed.first() else { return };
    let row = |one: &Timed| {
        let (least, most) = one.rate.spread();
        vec![
            Cell::Text(one.name.clone()),
            Cell::Number(one.rate.median(), 0),
            Cell::Number(least, 0),
            Cell::Number(most, 0),
            Cell::Number(one.rate.ratio_to(&hello.rate).median(), 3),
            Cell::Number(one.p50.median(), 2),
            Cell::Number(one.p99.median(), 2),
        ]
    };
    report.table(
        "Checks a second",
        &[
            "contender",
            "median",
            "least",
            "most",
            "to the first",
            "p50 ms",
            "p99 ms",
        ],
        timed.iter().map(row).collect(),
    );
}

fn targets(report: &mut Report, timed: &[Timed]) {
    let of = |name: &str| {
        timed
            .iter()
            .find(|one| one.name == name)
            .cloned()
            .unwrap_or_default()
    };
    let ratio = |one: &str, other: &str| of(one).rate.ratio_to(&of(other).rate).median();
    let mut at_least = |what: &str, measured: f64, bound: f64| {
        report.target(
            what,
            measured,
            Bound::AtLeast(bound),
            if bound > 10.0 { 0 } else { 3 },
        );
    };
    at_least(
        "1: forward-auth at least 0.90 of hello",
        ratio(FORWARD_AUTH, HELLO),
        0.90,
    );
    at_least(
        "1: keys/verify at least 0.80 of hello",
        ratio(VERIFY, HELLO),
        0.80,
    );
    at_least(
        "2: forward-auth at least 0.93 of nginx's map",
        ratio(FORWARD_AUTH, peers::NGINX_MAP),
        0.93,
    );
    at_least(
        "2: forward-auth ahead of HAProxy's map",
        ratio(FORWARD_AUTH, peers::HAPROXY_MAP),
        1.0,
    );
    at_least(
        "2: at least 90 times better-auth",
        ratio(FORWARD_AUTH, peers::BETTER_AUTH),
        90.0,
    );
    at_least(
        "2: at least 90 times djangorestframework-api-key",
        ratio(FORWARD_AUTH, peers::DJANGO),
        90.0,
    );
    for name in [MISSPELT, UNKNOWN, REVOKED] {
        let what = format!("3: {name}: at least 0.9 of an accepted one");
        at_least(&what, ratio(name, FORWARD_AUTH), 0.9);
    }
    report.target(
        "1: forward-auth's p99 at most 1.5 of hello's",
        of(FORWARD_AUTH).p99.ratio_to(&of(HELLO).p99).median(),
        Bound::AtMost(1.5),
        2,
    );
}
