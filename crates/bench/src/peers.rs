//! What Latchkey is measured against; peers/README.md says what each is and what it can't do.

mod better_auth;
mod conf;
mod django;
pub mod echo;
mod haproxy;
pub mod hello;
pub mod nginx;

use std::{env, fs, net::SocketAddr, path::PathBuf};

use crate::{
    Outcome,
    bench::Bench,
    contender::{Contender, Kept, Stage},
    process::{Process, free_address, on_the_servers_core},
    say,
    server::{FORWARD_AUTH, Server},
    timing::Entry,
};

/// Names of those that targets speak of.
pub const NGINX_MAP: &str = "nginx, static map";
/// HAProxy's.
pub const HAPROXY_MAP: &str = "HAProxy, map";
/// better-auth's.
pub const BETTER_AUTH: &str = "better-auth";
/// Django's.
pub const DJANGO: &str = "djangorestframework-api-key";
/// nginx in front of an application, which asks Latchkey.
const AUTH_REQUEST: &str = "nginx auth_request to Latchkey";

/// Starts everything that checks keys, the fast ones first.
///
/// # Errors
/// When one doesn't start.
pub fn start_all(stage: &Stage<'_>, verifier: &Server) -> Outcome<Vec<Entry>> {
    say("  peers");
    Ok(vec![
        nginx::map(stage)?.named(NGINX_MAP).into(),
        haproxy::map(stage)?.named(HAPROXY_MAP).into(),
        behind_nginx(stage, verifier)?.into(),
        Entry::slow(better_auth::start(stage)?.named(BETTER_AUTH)),
        Entry::slow(django::start(stage)?.named(DJANGO)),
    ])
}

/// A hello behind nginx, which asks Latchkey about each request. All three share the server's core.
fn behind_nginx(stage: &Stage<'_>, verifier: &Server) -> Outcome<Contender> {
    let (application, hello) = start_own(stage.bench, "hello")?;
    let asks = nginx::AuthRequest {
        verifier: verifier.address,
        question: FORWARD_AUTH,
        application,
    };
    let (address, keeps) = nginx::auth_request(stage.bench, "nginx-auth-request", &asks)?;
    let contender = Contender::by_header(AUTH_REQUEST, address, hello::PATH, stage, 401);
    Ok(contender.keeping(keeps).keeping([Kept::Process(hello)]))
}

/// Starts a peer that is a part of this program, on the server's core, and waits until it listens.
///
/// # Errors
/// When it can't be started.
pub fn start_own(bench: &Bench, name: &str) -> Outcome<(SocketAddr, Process)> {
    let address = free_address()?;
    let mut command = on_the_servers_core(&env::current_exe()?);
    command.args(["peer", name, &address.to_string()]);
    let mut process = Process::start(name, &mut command, &log(bench)?)?;
    process.until_it_listens(address)?;
    Ok((address, process))
}

/// Where peers' words go.
///
/// # Errors
/// When its folder can't be made.
pub fn log(bench: &Bench) -> Outcome<PathBuf> {
    let folder = bench.root().join("test-output/bench");
    fs::create_dir_all(&folder)?;
    Ok(folder.join("peers.log"))
}
