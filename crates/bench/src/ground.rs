//! What must be there before anything is measured.

use std::{
    env,
    path::{Path, PathBuf},
    thread,
};

use crate::Outcome;

/// A program that is started, and the Debian package that has it.
const TOOLS: &[(&str, &str)] = &[
    ("wrk", "wrk"),
    ("nginx", "nginx-light"),
    ("haproxy", "haproxy"),
    ("node", "nodejs"),
    ("taskset", "util-linux"),
    ("setpriv", "util-linux"),
];

/// Refuses a debug build, a machine with one core, and one on which a tool is missing.
///
/// # Errors
/// A sentence that says what is missing, with the command that installs it.
pub fn check(server: &Path) -> Outcome {
    built(server, cfg!(debug_assertions))?;
    if thread::available_parallelism()?.get() < 2 {
        return Err("this machine has one core: the server and what loads it need one each".into());
    }
    tools(TOOLS, |name| find(name).is_some())
}

/// Where a program is; in /usr/sbin too, which is not on everybody's PATH.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
}

fn built(server: &Path, bench_is_debug: bool) -> Outcome {
    let profile = server.parent().and_then(Path::file_name);
    if bench_is_debug || profile.is_none_or(|profile| profile != "release") {
        return Err("a debug build says nothing of speed: start this as `cargo xtask bench`, which builds with --release".into());
    }
    if server.is_file() {
        return Ok(());
    }
    Err(format!(
        "there is no server at {}: start this as `cargo xtask bench`, which builds it",
        server.display()
    )
    .into())
}

fn tools(tools: &[(&str, &str)], is_there: impl Fn(&str) -> bool) -> Outcome {
    let mut missing: Vec<&(&str, &str)> =
        tools.iter().filter(|(name, _)| !is_there(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|(name, _)| *name).collect();
    missing.dedup_by_key(|(_, package)| *package);
    let packages: Vec<&str> = missing.iter().map(|(_, package)| *package).collect();
    Err(format!(
        "missing: {}; install it (Debian, Ubuntu: sudo apt-get install {}), then start again",
        names.join(", "),
        packages.join(" ")
    )
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_debug_build_is_refused_whichever_of_the_two_it_is() {
        let says = |server: &str, bench_is_debug| {
            built(Path::new(server), bench_is_debug).map_err(|error| error.to_string())
        };
        for (server, bench_is_debug) in
            [("/t/debug/latchkey", false), ("/t/release/latchkey", true)]
        {
            let refusal = says(server, bench_is_debug).unwrap_err();
            assert!(refusal.contains("--release"), "{refusal}");
        }
        let refusal = says("/t/release/latchkey", false).unwrap_err();
        assert!(
            refusal.contains("no server at /t/release/latchkey"),
            "{refusal}"
        );
    }

    #[test]
    fn a_missing_tool_is_named_with_the_command_that_installs_it() {
        let refusal = tools(TOOLS, |name| {
            !["nginx", "taskset", "setpriv"].contains(&name)
        });
        assert_eq!(
            refusal.unwrap_err().to_string(),
            "missing: nginx, taskset, setpriv; install it (Debian, Ubuntu: sudo apt-get install nginx-light util-linux), then start again"
        );
        assert!(tools(TOOLS, |_| true).is_ok());
    }
}
