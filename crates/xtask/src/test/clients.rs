//! Clients that generators make from the API's description. That in Rust is a package outside of the workspace, with a
//! lock file of its own: what it needs is no dependency of Latchkey's.

use std::path::PathBuf;

use crate::shell::{self, Outcome, cargo, output, program, target};

use super::python;

/// Compiles the client in Rust.
pub fn build() -> Outcome {
    let mut command = cargo(&["build", "--quiet", "--locked"])?;
    command
        .args(["--manifest-path", "e2e/clients/rust/Cargo.toml"])
        .env("CARGO_TARGET_DIR", folder()?);
    shell::run(&mut command)
}

/// The client in Rust.
pub fn rust() -> Outcome<PathBuf> {
    Ok(folder()?.join("debug/latchkey-generated-client"))
}

/// The generator of the other one, a program in Java.
pub fn generator() -> Outcome<PathBuf> {
    let mut command = program(python::CLIENTS.interpreter()?)?;
    command.args([
        "-c",
        "import openapi_generator_cli; print(openapi_generator_cli.__path__[0])",
    ]);
    Ok(PathBuf::from(output(&mut command)?.trim()).join("openapi-generator.jar"))
}

fn folder() -> Outcome<PathBuf> {
    Ok(target()?.join("clients"))
}
