//! better-auth's API keys, in Node.js over SQLite.

use std::{fs, path::Path, process::Command};

use crate::{
    Outcome,
    bench::Bench,
    contender::{Contender, Kept, Stage, peer_file},
    ground,
    process::{Process, free_address, on_the_servers_core},
    say,
};

/// What `npm ci` has installed; it deletes the folder first, so a half-finished one has no such copy.
const INSTALLED: &str = "node_modules/.installed-lock.json";

/// Starts it with the stage's keys, installed if it isn't yet.
///
/// # Errors
/// When it can't be installed or started.
pub fn start(stage: &Stage<'_>) -> Outcome<Contender> {
    install(stage.bench)?;
    let node = ground::find("node").ok_or("Node.js is missing; install it (Debian, Ubuntu: sudo apt-get install nodejs npm), then start again")?;
    let folder = stage.bench.folder("better-auth")?;
    let keys = folder.path().join("keys.txt");
    fs::write(&keys, stage.keys.join("\n"))?;
    let address = free_address()?;
    let mut command = on_the_servers_core(&node);
    command
        .arg(peer_file(stage.bench, "better-auth/server.mjs"))
        .args(["--port", &address.port().to_string()])
        .arg("--keys")
        .arg(&keys)
        .arg("--folder")
        .arg(folder.path())
        .env("NODE_ENV", "production");
    let mut process = Process::start("better-auth", &mut command, &super::log(stage.bench)?)?;
    process.until_it_listens(address)?;
    let contender = Contender::by_header("better-auth", address, "/", stage, 401);
    Ok(contender.keeping([Kept::Process(process), Kept::Folder(folder)]))
}

/// Installs what the lock file names, unless that is there already.
///
/// # Errors
/// When npm isn't there or fails.
fn install(bench: &Bench) -> Outcome {
    let folder = peer_file(bench, "better-auth");
    let wanted = fs::read(folder.join("package-lock.json"))?;
    if fs::read(folder.join(INSTALLED)).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    say("  installing better-auth");
    let npm = ground::find("npm").ok_or(
        "npm is missing; install it (Debian, Ubuntu: sudo apt-get install npm), then start again",
    )?;
    run(
        Command::new(npm).arg("ci").current_dir(&folder),
        &super::log(bench)?,
    )?;
    Ok(fs::write(folder.join(INSTALLED), wanted)?)
}

fn run(command: &mut Command, log: &Path) -> Outcome {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    fs::write(log, [output.stdout, output.stderr].concat())?;
    Err(format!(
        "`npm ci` in crates/bench/peers/better-auth ended with {}; {} says why. It compiles better-sqlite3 if its \
         author has no binary for this machine: a C++ compiler, make and Python must be there (Debian, Ubuntu: sudo \
         apt-get install build-essential python3)",
        output.status,
        log.display()
    )
    .into())
}
