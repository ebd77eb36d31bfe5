//! HAProxy with all keys in a map file.

use std::fs;

use super::conf;
use crate::{
    Outcome,
    contender::{Contender, Kept, Stage, peer_file},
    ground,
    process::{Process, free_address, on_the_servers_core},
};

/// Starts it with the stage's keys.
///
/// # Errors
/// When it can't be started.
pub fn map(stage: &Stage<'_>) -> Outcome<Contender> {
    let program = ground::find("haproxy").ok_or(
        "HAProxy is missing; install it (Debian, Ubuntu: sudo apt-get install haproxy), then start again",
    )?;
    let folder = stage.bench.folder("haproxy-map")?;
    let keys: String = stage
        .keys
        .iter()
        .flat_map(|key| [key.as_str(), " 1\n"])
        .collect();
    fs::write(folder.path().join("keys.map"), keys)?;
    let address = free_address()?;
    let configuration = folder.path().join("haproxy.cfg");
    let (place, port) = (folder.path().to_string_lossy(), address.port().to_string());
    let values = [("FOLDER", &*place), ("PORT", &port)];
    conf::write(
        &peer_file(stage.bench, "haproxy/map.cfg"),
        &configuration,
        &values,
    )?;
    let mut command = on_the_servers_core(&program);
    // In the foreground and without a master, so that its id is that of the one who serves.
    command.arg("-db").arg("-f").arg(&configuration);
    let mut process = Process::start("haproxy-map", &mut command, &super::log(stage.bench)?)?;
    process.until_it_listens(address)?;
    let contender = Contender::by_header("haproxy-map", address, "/", stage, 401);
    Ok(contender.keeping([Kept::Process(process), Kept::Folder(folder)]))
}
