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
    let mut script = output.js().to_owned();
    let module = output.wasm_mut();
    for (number, import) in module.imports.iter_mut().enumerate() {
        if let Some(shorter) = renamed(&script, &import.name, number) {
            (script, import.name) = shorter;
        }
    }
    Ok(Bound {
        wasm: module.emit_wasm(),
        script,
    })
}

/// The script with a short name for what the module imports by this one, and that name. What the module calls in the
/// browser has long names, made unique by a digest, which compress badly and which nobody reads.
fn renamed(script: &str, name: &str, number: usize) -> Option<(String, String)> {
    // Where it is said what it is; anything else would not be ours to change.
    let place = format!("{name}: ");
    if !name.starts_with("__wbg_") || script.matches(&place).count() != 1 {
        return None;
    }
    let short = format!("i{number}");
    Some((script.replace(&place, &format!("{short}: ")), short))
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn an_import_gets_a_short_name_on_both_sides() {
        let script = "a = { __wbg_get_1: function() {}, __wbg_get_12: f }";
        let (script, name) = renamed(script, "__wbg_get_1", 7).unwrap();
        assert_eq!(script, "a = { i7: function() {}, __wbg_get_12: f }");
        assert_eq!(name, "i7");
        assert_eq!(renamed(&script, "__wbg_get_1", 7), None);
        assert_eq!(renamed("memory: m", "memory", 0), None);
    }
}
