//! System packages: looked for by what they provide, installed with apt-get as root, else asked for in a sentence.

use std::path::{Path, PathBuf};

use crate::frontend;
use crate::shell::{self, Outcome, program, say, which};
use crate::test::python;

/// What the machine needs beyond a Rust toolchain. A C compiler is not among it: xtask itself was linked by one.
pub struct Need {
    what: &'static str,
    /// The packages' names on Debian and Ubuntu.
    packages: &'static [&'static str],
    is_there: fn() -> bool,
}

/// diesel links the system's libpq.
pub const LIBPQ: Need = Need {
    what: "libpq with its headers",
    packages: &["libpq-dev", "pkg-config"],
    is_there: has_libpq,
};

/// The tests' own database.
pub const POSTGRES: Need = Need {
    what: "a PostgreSQL server",
    packages: &["postgresql"],
    is_there: || latchkey_cluster::programs().is_some(),
};

/// The browser tests' browser.
pub const CHROMIUM: Need = Need {
    what: "Chromium",
    packages: &["chromium-headless-shell"],
    is_there: || chromium().is_some(),
};

/// Runs the browser tests and lints the API description.
pub const NODE: Need = Need {
    what: "Node.js with npm",
    packages: &["nodejs", "npm"],
    is_there: || which("node").is_some() && which("npm").is_some(),
};

/// Runs the official Python SDK of MCP, in an environment of its own.
pub const PYTHON: Need = Need {
    what: "Python 3 with venv",
    packages: &["python3", "python3-venv"],
    is_there: python::can_make_environments,
};

/// One of the reverse proxies whose configurations are tested.
pub const NGINX: Need = Need {
    what: "nginx",
    packages: &["nginx-light"],
    is_there: || which("nginx").is_some() || Path::new("/usr/sbin/nginx").is_file(),
};

/// A balancer that the bench compares with.
pub const HAPROXY: Need = Need {
    what: "HAProxy",
    packages: &["haproxy"],
    is_there: || which("haproxy").is_some() || Path::new("/usr/sbin/haproxy").is_file(),
};

/// The bench's generator of requests.
pub const WRK: Need = Need {
    what: "wrk",
    packages: &["wrk"],
    is_there: || which("wrk").is_some(),
};

/// Another reverse proxy.
pub const CADDY: Need = Need {
    what: "Caddy",
    packages: &["caddy"],
    is_there: || which("caddy").is_some(),
};

/// Runs the generator of clients.
pub const JAVA: Need = Need {
    what: "Java 11 or newer",
    packages: &["default-jre-headless"],
    is_there: || which("java").is_some(),
};

/// What the dialog's lines for a terminal call.
pub const CURL: Need = Need {
    what: "curl",
    packages: &["curl"],
    is_there: || which("curl").is_some(),
};

/// Compiles the browser app where the Rust toolchain cannot.
pub const WASM_COMPILER: Need = Need {
    what: "Rust's standard library for WebAssembly (`rustup target add wasm32-unknown-unknown` gives it, too)",
    packages: &["rustc-web", "cargo-web", "rust-web-src", "lld-19"],
    is_there: frontend::debian_can,
};

/// Installs what is missing, or says what to install.
pub fn ensure(needs: &[Need]) -> Outcome {
    let missing: Vec<&Need> = needs.iter().filter(|need| !(need.is_there)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let what: Vec<&str> = missing.iter().map(|need| need.what).collect();
    let what = what.join(", ");
    let packages: Vec<&str> = missing
        .iter()
        .flat_map(|need| need.packages)
        .copied()
        .collect();
    if which("apt-get").is_none() || !shell::is_root() {
        let packages = packages.join(" ");
        return Err(format!("missing: {what}; install it (Debian, Ubuntu: sudo apt-get install {packages}), then start again").into());
    }
    say(&format!("installing {}", packages.join(" ")));
    let apt = |arguments: &[&str]| -> Outcome {
        let mut command = program("apt-get")?;
        // stdout belongs to what xtask starts, so apt's goes nowhere; its errors stay visible.
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            // Programs are wanted here, not services: this keeps Debian from starting what it installs.
            .env("RUNLEVEL", "1")
            .args(arguments);
        shell::output(&mut command).map(drop)
    };
    apt(&["update", "-qq"])?;
    apt(&[
        ["install", "-y", "-qq", "--no-install-recommends"].as_slice(),
        &packages,
    ]
    .concat())?;
    match missing.iter().find(|need| !(need.is_there)()) {
        Some(need) => Err(format!("{} was installed, yet is not found", need.what).into()),
        None => Ok(()),
    }
}

/// The browser to drive: the one that CHROMIUM names, else the system's. Chromium without its windows comes first: it
/// is the same engine, starts in a third of the time and takes a quarter less of it for the tests.
pub fn chromium() -> Option<PathBuf> {
    match std::env::var_os("CHROMIUM") {
        Some(path) => Some(path.into()),
        None => ["chromium-headless-shell", "chromium", "chromium-browser"]
            .into_iter()
            .find_map(which),
    }
}

/// As the build looks for it: by pkg-config, else where pg_config says. That one alone proves nothing, since a
/// PostgreSQL server without libpq's development files answers it too.
fn has_libpq() -> bool {
    let by_pkg_config = || -> Outcome<bool> {
        Ok(shell::succeeds(
            program("pkg-config")?.args(["--exists", "libpq"]),
        ))
    };
    let by_pg_config = || -> Outcome<bool> {
        let folder = shell::output(program("pg_config")?.arg("--libdir"))?;
        let names = ["libpq.so", "libpq.dylib", "libpq.a"];
        Ok(names
            .iter()
            .any(|name| Path::new(folder.trim()).join(name).is_file()))
    };
    by_pkg_config().unwrap_or(false) || by_pg_config().unwrap_or(false)
}
