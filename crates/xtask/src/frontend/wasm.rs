//! Finds a compiler that has the standard library for WebAssembly, or makes one able to build it.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::packages::{self, WASM_COMPILER};
use crate::shell::{self, Outcome, cargo, output, program, say, which};

/// The platform's name.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// What cargo wants between encoded flags.
const SEPARATOR: &str = "\u{1f}";

/// Debian's compiler, whatever else PATH has.
const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
/// The linker that belongs to it.
const LINKER: &str = "wasm-ld-19";

/// What makes the app a tenth smaller, and its panics silent: they stop the app where it is, and the page says so.
const SMALL: [&str; 4] = [
    "-Cpanic=immediate-abort",
    "-Zunstable-options",
    "-Zlocation-detail=none",
    "-Zfmt-debug=none",
];

/// `cargo build` for the browser, into this target directory.
///
/// Looked for in this order: the active toolchain has the library; rustup may add it; Debian's compiler builds it
/// from its sources, and then builds it small if asked. `RUSTUP_AUTO_INSTALL=0` says that this machine may not download
/// parts of a toolchain.
pub fn cargo_build(target_directory: &Path, is_small: bool) -> Outcome<Command> {
    let is_in_toolchain = has_library()? || (rustup_adds_it()? && has_library()?);
    let mut command = if is_in_toolchain {
        cargo(&["build"])?
    } else {
        packages::ensure(&[WASM_COMPILER])?;
        debians_cargo()?
    };
    let mut flags = flags();
    if is_small && !is_in_toolchain {
        command.arg("-Zbuild-std-features=optimize_for_size");
        flags.extend(SMALL.map(str::to_owned));
    }
    command
        .args(["--target", TARGET, "--target-dir"])
        .arg(target_directory)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join(SEPARATOR));
    Ok(command)
}

/// The flags that were asked for, and one more: messages of a panic name source files, and a browser has no business
/// with this machine's folders. Shorter, too, and the same bytes on every machine.
fn flags() -> Vec<String> {
    let encoded = env::var("CARGO_ENCODED_RUSTFLAGS").ok();
    let asked = encoded.or_else(|| {
        let flags = env::var("RUSTFLAGS").ok()?;
        Some(flags.split_whitespace().collect::<Vec<_>>().join(SEPARATOR))
    });
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(Path::new(&env::var_os("HOME")?).join(".cargo")));
    let sources = home.map(|home| home.join("registry/src"));
    let remap = sources.map(|sources| format!("--remap-path-prefix={}=", sources.display()));
    asked.into_iter().chain(remap).collect()
}

/// Whether the active toolchain can compile for the browser.
fn has_library() -> Outcome<bool> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = program(rustc)?;
    let folder = output(command.args(["--print", "target-libdir", "--target", TARGET]))?;
    let Ok(entries) = fs::read_dir(folder.trim()) else {
        return Ok(false);
    };
    let mut names = entries.flatten().map(|entry| entry.file_name());
    Ok(names.any(|name| name.to_string_lossy().starts_with("libstd-")))
}

/// Whether rustup added the library; its failure is no error, since Debian's compiler is left.
fn rustup_adds_it() -> Outcome<bool> {
    let may_download = env::var_os("RUSTUP_AUTO_INSTALL").as_deref() != Some(OsStr::new("0"));
    if !may_download || which("rustup").is_none() {
        return Ok(false);
    }
    say(&format!("rustup target add {TARGET}"));
    Ok(shell::run(program("rustup")?.args(["target", "add", TARGET])).is_ok())
}

fn debians_cargo() -> Outcome<Command> {
    let mut command = program(CARGO)?;
    command
        .args(["build", "-Z", "build-std=std,panic_abort"])
        .env("RUSTC", RUSTC)
        // Building the standard library is an unstable option of a stable compiler.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", LINKER)
        // These speak of the toolchain that runs xtask.
        .env_remove("CARGO")
        .env_remove("RUSTUP_TOOLCHAIN");
    Ok(command)
}

/// Whether Debian's compiler is there, new enough, with its sources and its linker.
pub fn debian_can() -> bool {
    let version = || output(program(RUSTC)?.arg("--version"));
    let sources = || -> Outcome<bool> {
        let sysroot = output(program(RUSTC)?.args(["--print", "sysroot"]))?;
        let library = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/std");
        Ok(library.is_dir())
    };
    let oldest = parse(env!("CARGO_PKG_RUST_VERSION"));
    Path::new(RUSTC).is_file()
        && Path::new(CARGO).is_file()
        && which(LINKER).is_some()
        && version().is_ok_and(|text| {
            let version = text.split(' ').nth(1).and_then(parse);
            version.is_some() && version >= oldest
        })
        && sources().unwrap_or(false)
}

/// Major and minor of `1.96.0`.
fn parse(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        assert_eq!(parse("1.96.0"), Some((1, 96)));
        assert_eq!(parse("1.95"), Some((1, 95)));
        assert!(parse("1.100.0-nightly") > parse("1.96.0"));
        assert_eq!(parse("unknown"), None);
        assert!(parse(env!("CARGO_PKG_RUST_VERSION")).is_some());
    }
}
