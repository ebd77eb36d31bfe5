//! The module that cargo built, made ready for a browser.

use std::path::Path;

use wasm_bindgen_cli_support::Bindgen;

use crate::Outcome;

/// A module and the JavaScript through which it reaches the browser.
pub struct Bound {
    pub wasm: Vec<u8>,
    pub script: String,
}

/// Does what the command `wasm-bindgen --target web` does.
pub fn bind(module: &Path) -> Outcome<Bound> {
    let mut output = Bindgen::new()
        .input_path(module)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        // Its place is known here: `boot.js` says it, with the content's hash in the name.
        .omit_default_module_path(true)
        .generate_output()?;
    // A package that brings JavaScript of its own would bring it here. None does, and the bundle has a budget.
    let snippets = output
        .snippets()
        .iter()
        .filter(|(_, texts)| !texts.is_empty());
    let brought = snippets
        .map(|(package, _)| package)
        .chain(output.local_modules().keys())
        .chain(output.npm_dependencies().keys());
    let brought: Vec<&str> = brought.map(String::as_str).collect();
    if !brought.is_empty() {
        let brought = brought.join(", ");
        return Err(
            format!("a dependency brings JavaScript, which is not supported: {brought}").into(),
        );
    }
    Ok(Bound {
        wasm: output.wasm_mut().emit_wasm(),
        script: output.js().to_owned(),
    })
}
