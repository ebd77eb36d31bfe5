//! The README's walk with curl, run as it is written: what a newcomer copies works.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use latchkey_store::{StoreError, audit, keys};
use latchkey_types::KeyId;

use crate::support::process::{Home, SETUP_TOKEN};

const README: &str = include_str!("../../../README.md");
const BEGIN: &str = "<!-- walk:begin -->";
const END: &str = "<!-- walk:end -->";

/// What a newcomer has: curl, and of POSIX's utilities those that one would use here.
const TOOLS: [&str; 24] = [
    "awk", "basename", "cat", "chmod", "cut", "date", "dirname", "env", "expr", "false", "grep",
    "head", "mkdir", "mktemp", "od", "rm", "sed", "sleep", "sort", "tail", "tee", "tr", "true",
    "wc",
];

#[tokio::test]
async fn the_walk_of_the_readme_works_as_it_is_written() {
    let script = script();
    let home = Home::new();
    let server = home.start().await;
    let tools = tools(&home);
    let folder = home.file("walk");
    fs::create_dir(&folder).unwrap();
    let mut walk = Command::new(find("bash").expect("bash is on this machine"));
    walk.args(["-euo", "pipefail", "-c", &script])
        .env_clear()
        .env("PATH", &tools)
        .env("HOME", &folder)
        .env("LATCHKEY", server.url(""))
        .env("SETUP_TOKEN", SETUP_TOKEN)
        .current_dir(&folder);
    let walked = home.finish(walk).await;
    let stdout = without_secrets(&walked.stdout);
    assert!(
        walked.status.success(),
        "{}\n{stdout}\n{}",
        walked.status,
        without_secrets(&walked.stderr)
    );

    // What the reader sees: the key is valid, a proxy lets it pass, and once it is revoked it is refused.
    for seen in [
        "\"valid\":true",
        "200\n",
        "\"revoked_at\":",
        "\"reason\":\"unused\"",
    ] {
        assert!(
            stdout.contains(seen),
            "{seen:?} is not to be seen:\n{stdout}"
        );
    }
    assert!(
        stdout.ends_with("401\n"),
        "the last answer is no 401:\n{stdout}"
    );
    // Shown once: no file that the walk leaves has a secret.
    for file in fs::read_dir(&folder).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(
            without_secrets(&text) == text,
            "a file with a secret is left"
        );
    }
    server.stop().await;

    // What really happened.
    let (store, ring) = home.place.open();
    let found = store.read(|db| {
        let filter = audit::EventFilter::default();
        let (events, _) = audit::list_events(db, &filter, None, 1000)?;
        let mut revoked = Vec::new();
        for event in events.iter().filter(|event| event.action == "key.revoke") {
            let id: KeyId = event.target.as_deref().unwrap().parse().unwrap();
            revoked.push(keys::find_key_anywhere(db, id)?.unwrap());
        }
        let actions: BTreeSet<String> = events.into_iter().map(|event| event.action).collect();
        Ok::<_, StoreError>((actions, revoked, audit::verify_chain(db, &ring)?))
    });
    store.close();
    let (actions, revoked, chain) = found.unwrap();
    for action in [
        "instance.set_up",
        "project.create",
        "key.create",
        "key.revoke",
    ] {
        assert!(
            actions.contains(action),
            "{action} is missing among {actions:?}"
        );
    }
    assert!(revoked.iter().all(|key| key.revoked_at.is_some()));
    let used = revoked
        .iter()
        .any(|key| key.secrets.iter().any(|s| s.activity.is_some()));
    assert!(used, "the key was never checked");
    assert!(matches!(chain, audit::Chain::Whole { .. }));
}

#[test]
fn the_walk_shows_what_the_seed_tells() {
    let script = script();
    // In the order of the seed: the project, the description, then the secret and the URL.
    for part in [
        "/api/v1/setup",
        "/keys",
        "description",
        "/keys/verify",
        "DELETE",
    ] {
        assert!(script.contains(part), "{part} is not in the walk");
    }
    for part in ["localhost:", "127.0.0.1:"] {
        assert!(!script.contains(part), "{part} in place of $LATCHKEY");
    }
}

/// All blocks of shell between the markers, as one script.
fn script() -> String {
    let walks: Vec<&str> = README.split(BEGIN).skip(1).collect();
    assert!(!walks.is_empty(), "README.md has no {BEGIN}");
    let mut script = String::new();
    for walk in walks {
        let (walk, _) = walk
            .split_once(END)
            .unwrap_or_else(|| panic!("README.md has a {BEGIN} without {END}"));
        let mut is_shell = false;
        for line in walk.lines() {
            match (line.trim(), is_shell) {
                ("```sh", false) => is_shell = true,
                ("```", true) => is_shell = false,
                (_, true) => script = script + line + "\n",
                _ => {}
            }
        }
        assert!(!is_shell, "a block of the walk has no end");
    }
    assert!(
        script.contains("curl"),
        "the walk has no block of sh with curl"
    );
    script
}

/// A folder with the tools and nothing else.
fn tools(home: &Home) -> PathBuf {
    let folder = home.file("tools");
    fs::create_dir(&folder).unwrap();
    for tool in TOOLS.iter().chain(&["curl"]) {
        let found = find(tool).unwrap_or_else(|| panic!("{tool} is not on this machine"));
        symlink(found, folder.join(tool)).unwrap();
    }
    folder
}

fn find(tool: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(tool))
        .find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|facts| facts.is_file() && facts.permissions().mode() & 0o111 != 0)
}

/// For failure messages.
fn without_secrets(text: &str) -> String {
    let mut clean = String::new();
    let mut parts = text.split("lk");
    clean.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let secret = part.strip_prefix("m_").or_else(|| part.strip_prefix('_'));
        match secret {
            Some(secret) => {
                let rest = secret.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
                clean.push_str("lk_…");
                clean.push_str(rest);
            }
            None => {
                clean.push_str("lk");
                clean.push_str(part);
            }
        }
    }
    clean
}
