//! djangorestframework-api-key, in Python over SQLite.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Outcome,
    bench::Bench,
    contender::{Contender, Kept, Stage, peer_file},
    ground,
    process::{Process, free_address, on_the_servers_core},
    say,
};

/// The environment's folder in the target directory.
const ENVIRONMENT: &str = "bench-python";
/// What of it is written into the environment when it is finished.
const INSTALLED: &str = "installed-requirements.txt";

/// Starts it with as many keys as the stage has, installed if it isn't yet.
///
/// # Errors
/// When it can't be installed or started.
pub fn start(stage: &Stage<'_>) -> Outcome<Contender> {
    let python = install(stage.bench)?;
    let folder = stage.bench.folder("django")?;
    let keys: Vec<String> = stage.keys.iter().map(|key| in_its_form(key)).collect();
    let file = folder.path().join("keys.txt");
    fs::write(&file, keys.join("\n"))?;
    let peer = peer_file(stage.bench, "django");
    let log = super::log(stage.bench)?;
    let mut seed = Command::new(&python);
    seed.args(["-B", "peer.py", "seed"])
        .current_dir(&peer)
        .env("PEER_FOLDER", folder.path())
        .env("PEER_KEYS", &file);
    run(&mut seed, &log, "its keys can't be written")?;
    let address = free_address()?;
    let mut command = on_the_servers_core(&python);
    command
        .args([
            "-B",
            "-m",
            "gunicorn",
            "peer:application",
            "--log-level",
            "warning",
        ])
        // The fastest of its ways with one worker: see peers/README.md.
        .args([
            "--workers",
            "1",
            "--worker-class",
            "gthread",
            "--threads",
            "2",
            "--keep-alive",
            "60",
        ])
        .args(["--bind", &address.to_string()])
        .current_dir(&peer)
        .env("PEER_FOLDER", folder.path());
    let mut process = Process::start("Django", &mut command, &log)?;
    process.until_it_listens(address)?;
    let stage = Stage {
        bench: stage.bench,
        keys: &keys,
        dead: &in_its_form(stage.dead),
    };
    let name = "djangorestframework-api-key";
    let contender = Contender::by_header(name, address, "/", &stage, 403);
    Ok(contender.keeping([Kept::Process(process), Kept::Folder(folder)]))
}

/// `prefix.secret` of the package's own lengths, 8 and 32, made of one of our keys.
fn in_its_form(key: &str) -> String {
    let random: String = key
        .chars()
        .skip_while(|letter| *letter != '_')
        .skip(1)
        .collect();
    let (prefix, rest) = random.split_at_checked(8).unwrap_or((&random, ""));
    format!("{prefix}.{rest:0<32}")
}

/// Makes the environment, unless it is there already, and gives its Python.
///
/// # Errors
/// When Python can't make one, or a package can't be fetched.
fn install(bench: &Bench) -> Outcome<PathBuf> {
    let requirements = peer_file(bench, "django/requirements.txt");
    let wanted = fs::read_to_string(&requirements)?;
    let folder = bench.target().join(ENVIRONMENT);
    let python = folder.join("bin/python");
    if fs::read_to_string(folder.join(INSTALLED)).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    say("  installing djangorestframework-api-key");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let system = ground::find("python3").ok_or("Python 3 is missing; install it (Debian, Ubuntu: sudo apt-get install python3 python3-venv), then start again")?;
    let log = super::log(bench)?;
    run(
        Command::new(system).args(["-m", "venv"]).arg(&folder),
        &log,
        "a virtual environment can't be made; install what does it (Debian, Ubuntu: sudo apt-get install python3-venv)",
    )?;
    // Only files that are known by their hashes, and no code of theirs is run.
    let mut pip = Command::new(&python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
    ])
    .args(["--require-hashes", "--only-binary", ":all:", "-r"])
    .arg(&requirements);
    run(
        &mut pip,
        &log,
        "`pip install -r crates/bench/peers/django/requirements.txt` failed",
    )?;
    fs::write(folder.join(INSTALLED), wanted)?;
    Ok(python)
}

fn run(command: &mut Command, log: &Path, what: &str) -> Outcome {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    fs::write(log, [output.stdout, output.stderr].concat())?;
    Err(format!("Django: {what}; {} says why", log.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_packages_own_lengths() {
        let key = in_its_form("lk_0123456789abcdefghijklmnopqrstuvwxyz");
        assert_eq!(key, "01234567.89abcdefghijklmnopqrstuvwxyz0000");
        assert_eq!(key.len(), 8 + 1 + 32);
    }
}
