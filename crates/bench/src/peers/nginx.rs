//! nginx: all keys in a static map, or a verifier that is asked before each request.

use std::{fmt::Write as _, fs, net::SocketAddr};

use tempfile::TempDir;

use super::conf;
use crate::{
    Outcome,
    bench::Bench,
    contender::{Contender, Kept, Stage, peer_file},
    ground,
    process::{Process, free_address, on_the_servers_core},
};

/// The hash table of the map is at most this many times as large as what is in it, to the next power of two: nginx then
/// finds a size at which its buckets are small.
const ROOM: usize = 8;

/// Who nginx asks, and whom it passes requests on to.
pub struct AuthRequest<'a> {
    /// The verifier.
    pub verifier: SocketAddr,
    /// What it is asked, as path and query.
    pub question: &'a str,
    /// Who gets what was accepted.
    pub application: SocketAddr,
}

/// Starts it with the stage's keys in a map.
///
/// # Errors
/// When it can't be started.
pub fn map(stage: &Stage<'_>) -> Outcome<Contender> {
    let folder = stage.bench.folder("nginx-map")?;
    let mut keys = String::new();
    for key in stage.keys {
        writeln!(keys, "\"{key}\" 1;")?;
    }
    fs::write(folder.path().join("keys.map"), keys)?;
    let size = (stage.keys.len() * ROOM).next_power_of_two().to_string();
    let values = [("HASH_SIZE", size.as_str())];
    let (address, process) = start(stage.bench, &folder, "nginx-map", "nginx/map.conf", &values)?;
    let contender = Contender::by_header("nginx-map", address, "/", stage, 401);
    Ok(contender.keeping([Kept::Process(process), Kept::Folder(folder)]))
}

/// Starts it with a verifier and an application, and gives where it listens and what it is made of.
///
/// # Errors
/// When it can't be started.
pub fn auth_request(
    bench: &Bench,
    name: &str,
    asks: &AuthRequest<'_>,
) -> Outcome<(SocketAddr, [Kept; 2])> {
    let folder = bench.folder("nginx-auth-request")?;
    let (verifier, application) = (asks.verifier.to_string(), asks.application.to_string());
    let values = [
        ("VERIFIER", verifier.as_str()),
        ("QUESTION", asks.question),
        ("APPLICATION", &application),
    ];
    let (address, process) = start(bench, &folder, name, "nginx/auth_request.conf", &values)?;
    Ok((address, [Kept::Process(process), Kept::Folder(folder)]))
}

fn start(
    bench: &Bench,
    folder: &TempDir,
    name: &str,
    file: &str,
    values: &[(&str, &str)],
) -> Outcome<(SocketAddr, Process)> {
    let program = ground::find("nginx").ok_or(
        "nginx is missing; install it (Debian, Ubuntu: sudo apt-get install nginx-light), then start again",
    )?;
    let address = free_address()?;
    let configuration = folder.path().join("nginx.conf");
    let (place, port) = (folder.path().to_string_lossy(), address.port().to_string());
    let values = [&[("FOLDER", &*place), ("PORT", &port)], values].concat();
    conf::write(&peer_file(bench, file), &configuration, &values)?;
    let mut command = on_the_servers_core(&program);
    command.arg("-c").arg(&configuration);
    let mut process = Process::start(name, &mut command, &super::log(bench)?)?;
    process.until_it_listens(address)?;
    Ok((address, process))
}
