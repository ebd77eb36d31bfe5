#![doc = include_str!("../README.md")]

mod compress;
mod dist;
mod module;
mod page;
mod script;
mod style;

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use dist::Dist;

/// What a part of the work ends with; an error is one sentence for a person.
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        [module, frontend] => bundle(Path::new(module), Path::new(frontend), true),
        [module, frontend, "--quick"] => bundle(Path::new(module), Path::new(frontend), false),
        _ => Err("latchkey-bundle MODULE.wasm FRONTEND_FOLDER [--quick]".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to be told when stderr itself is gone.
            let _ = writeln!(io::stderr(), "bundle: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Writes `dist/` of the frontend's folder; `is_compressed` says whether with the compressed siblings. Without them it is
/// for somebody who works on the app: the page then loads itself anew when that was built anew.
fn bundle(module: &Path, frontend: &Path, is_compressed: bool) -> Outcome {
    let assets = frontend.join("assets");
    let text = |path: &Path| -> Outcome<String> {
        fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
    };
    let mut dist = Dist::default();

    let module = module::bind(module)?;
    let wasm = dist.add_asset("latchkey", "wasm", module.wasm);
    let boot = page::fill(&text(&frontend.join("boot.js"))?, &[("wasm", &wasm)])?;
    let reload = match is_compressed {
        true => String::new(),
        false => text(&frontend.join("reload.js"))?,
    };
    let script = script::minify(&format!("{}\n{boot}\n{reload}", module.script));
    let script = dist.add_asset("latchkey", "js", script.into_bytes());
    let style = style::minify(&style::joined(&assets)?);
    let style = dist.add_asset("latchkey", "css", style.into_bytes());
    let favicon = text(&assets.join("favicon.svg"))?;
    let favicon = dist.add_asset("favicon", "svg", favicon.into_bytes());
    let icons = text(&assets.join("icons.svg"))?;

    let page = page::fill(
        &text(&frontend.join("index.html"))?,
        &[
            ("wasm", &wasm),
            ("script", &script),
            ("style", &style),
            ("favicon", &favicon),
            ("icons", &page::lines_joined(&icons)),
        ],
    )?;
    dist.add("index.html", page.into_bytes());
    if is_compressed {
        dist.compress()?;
    }
    dist.write(&frontend.join("dist"))
}
