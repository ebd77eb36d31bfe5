//! Calls of an MCP server: directly, through Latchkey, and through nginx which asks Latchkey; and of the memory server.

pub mod backend;
mod call;

use std::net::SocketAddr;

use self::{backend::ALLOW, call::Call};

use crate::{
    Outcome,
    bench::Bench,
    contender::{Answer, Contender, Proof, Stage, requests_in_turn, spread},
    figures::Series,
    machine, peers,
    peers::nginx::{AuthRequest, auth_request},
    report::{Bound, Cell, Report},
    say,
    server::{FORWARD_AUTH, Server},
    stock::{self, SLUG},
    timing::{Entry, Timed, in_turns},
    wrk,
};

/// To what asks Latchkey and passes calls on itself.
const TIMES: f64 = 2.0;
/// What Latchkey may add to a direct call.
const ADDED: f64 = 1.0 / 3.0;
/// The memory server's share of a hello.
const SHARE: f64 = 0.4;

/// Measures it.
///
/// # Errors
/// When somebody answers wrongly.
pub fn run(bench: &Bench) -> Outcome<Report> {
    let busy = machine::busy_percent()?;
    let server = Server::start(bench, bench.keys(), &[ALLOW])?;
    let (upstream, process) = peers::start_own(bench, "echo")?;
    backend::set_upstream(&server, upstream)?;
    let entries = proxies(bench, &server, upstream)?;
    let timed = in_turns(bench, &entries)?;
    let alone = one_by_one(bench, &entries)?;
    drop((entries, process));

    backend::set_memory(&server)?;
    let secrets = server.stock.secrets();
    let unknown = stock::unknown(1)?;
    let stage = Stage {
        bench,
        keys: &secrets,
        dead: unknown.first().map_or("", String::as_str),
    };
    let path = format!("/{SLUG}/mcp/v1");
    let memory = contender(
        "memory server, `whoami`",
        server.address,
        &path,
        Call::Whoami,
        &stage,
        401,
    );
    let memory = in_turns(bench, &[peers::hello::start(&stage)?.into(), memory.into()])?;
    Ok(report(bench, busy, &timed, &alone, &memory))
}

/// The three ways to the same MCP server. All of it runs on the server's core.
fn proxies(bench: &Bench, server: &Server, upstream: SocketAddr) -> Outcome<Vec<Entry>> {
    let secrets = server.stock.secrets();
    let unknown = stock::unknown(1)?;
    let stage = Stage {
        bench,
        keys: &secrets,
        dead: unknown.first().map_or("", String::as_str),
    };
    let question = format!("{FORWARD_AUTH}?project={SLUG}");
    let asks = AuthRequest {
        verifier: server.address,
        question: &question,
        application: upstream,
    };
    let name = "nginx auth_request";
    let (nginx, keeps) = auth_request(bench, name, &asks)?;
    let through = |name, address, path: &str, refusal| {
        contender(name, address, path, Call::Echo, &stage, refusal)
    };
    Ok(vec![
        // It lets everybody in.
        through("direct", upstream, peers::echo::PATH, 200).into(),
        through("Latchkey", server.address, &format!("/{SLUG}/mcp/v1"), 401).into(),
        through(name, nginx, peers::echo::PATH, 401)
            .keeping(keeps)
            .into(),
    ])
}

/// Calls of an endpoint with many keys in turn: each may have 32 of its own at a time.
fn contender(
    name: &str,
    address: SocketAddr,
    path: &str,
    call: Call,
    stage: &Stage<'_>,
    refusal: u16,
) -> Contender {
    let request = |key: &str| call.request(address, path, key);
    let keys = spread(stage.keys, requests_in_turn());
    let requests: Vec<Vec<u8>> = keys.into_iter().map(|key| request(key)).collect();
    // A refusal of JSON-RPC can be 200, too.
    let live = requests
        .first()
        .map(|live| Proof::saying(live.clone(), 200, call.answer()));
    Contender {
        name: name.to_owned(),
        address,
        answer: Answer::Accepted,
        proofs: live
            .into_iter()
            .chain([Proof::new(request(stage.dead), refusal)])
            .collect(),
        requests,
        keeps: Vec::new(),
    }
}

/// Half of the answers come sooner, in milliseconds, when one caller waits for each before it asks again.
fn one_by_one(bench: &Bench, entries: &[Entry]) -> Outcome<Vec<Series>> {
    say("  one connection");
    let folder = bench.folder("wrk")?;
    let mut p50 = vec![Series::default(); entries.len()];
    for _ in 0..bench.rounds() {
        for (entry, p50) in entries.iter().zip(&mut p50) {
            let sample = wrk::load_over(1, &entry.contender, bench.seconds(), folder.path())?;
            p50.push(Some(sample.p50_us / 1000.0));
        }
    }
    Ok(p50)
}

fn report(bench: &Bench, busy: f64, timed: &[Timed], alone: &[Series], memory: &[Timed]) -> Report {
    let about = format!(
        "`tools/call` of MCP 2026-07-28, over {} keys, {} connections. The MCP server is written in Rust and answers at \
         once; it, Latchkey and nginx share the server's core. nginx asks Latchkey's forward-auth before each call, over \
         connections that stay open.",
        bench.keys(),
        wrk::CONNECTIONS
    );
    let mut report = Report::new(about, busy);
    let rows = timed.iter().zip(alone).map(|(way, alone)| {
        let (least, most) = way.rate.spread();
        vec![
            way.name.as_str().into(),
            Cell::Number(way.rate.median(), 0),
            Cell::Number(least, 0),
            Cell::Number(most, 0),
            Cell::Number(way.p50.median(), 3),
            Cell::Number(way.p99.median(), 3),
            Cell::Number(alone.median(), 3),
        ]
    });
    let columns = [
        "way",
        "calls/s",
        "least",
        "most",
        "p50 ms",
        "p99 ms",
        "p50 ms of one caller",
    ];
    report.table("Ways to an MCP server", &columns, rows.collect());
    let rows = memory.iter().map(|timed| {
        let (least, most) = timed.rate.spread();
        let ratio = memory
            .first()
            .map(|hello| timed.rate.ratio_to(&hello.rate).median());
        vec![
            timed.name.as_str().into(),
            Cell::Number(timed.rate.median(), 0),
            Cell::Number(least, 0),
            Cell::Number(most, 0),
            Cell::Number(ratio.unwrap_or(f64::NAN), 2),
        ]
    });
    report.table(
        "The memory server",
        &["what", "answers/s", "least", "most", "to hello"],
        rows.collect(),
    );
    if let ([direct, latchkey, nginx], [direct_alone, latchkey_alone, _]) = (timed, alone) {
        let times = latchkey.rate.ratio_to(&nginx.rate).median();
        report.target(
            "7: calls through Latchkey: at least 2 times those through nginx auth_request",
            times,
            Bound::AtLeast(TIMES),
            2,
        );
        // In each round, what comes on top of a direct call.
        let added = |latchkey: &Series, direct: &Series| latchkey.ratio_to(direct).median() - 1.0;
        for (callers, added) in [
            ("one caller", added(latchkey_alone, direct_alone)),
            ("64 callers", added(&latchkey.p50, &direct.p50)),
        ] {
            let what = format!("7: added p50, {callers}: at most 0.33 of a direct call's");
            report.target(what, added, Bound::AtMost(ADDED), 2);
        }
    }
    if let [hello, whoami] = memory {
        let ratio = whoami.rate.ratio_to(&hello.rate).median();
        let what = "7: the memory server's `whoami`: at least 0.40 of a hello";
        report.target(what, ratio, Bound::AtLeast(SHARE), 2);
    }
    report
}
