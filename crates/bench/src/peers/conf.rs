//! Configurations of peers: files in the repository with names between @ signs, filled in for a run.

use std::{fs, path::Path};

use crate::Outcome;

/// Fills a text in.
///
/// # Errors
/// When something stays open, or was given for nothing.
pub fn fill(text: &str, values: &[(&str, &str)]) -> Outcome<String> {
    let mut filled = text.to_owned();
    for (name, value) in values {
        let place = format!("@{name}@");
        if !filled.contains(&place) {
            return Err(format!("the configuration has no place for {name}").into());
        }
        filled = filled.replace(&place, value);
    }
    // Between the first two signs that are left is a name.
    match filled.split('@').nth(1) {
        Some(name) => Err(format!("nothing was given for {name}").into()),
        None => Ok(filled),
    }
}

/// Fills the file in and writes it there.
///
/// # Errors
/// As [`fill`], and when a file can't be read or written.
pub fn write(from: &Path, to: &Path, values: &[(&str, &str)]) -> Outcome {
    let text = fs::read_to_string(from).map_err(|error| format!("{}: {error}", from.display()))?;
    let filled = fill(&text, values).map_err(|error| format!("{}: {error}", from.display()))?;
    Ok(fs::write(to, filled)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_filled_and_every_value_has_a_place() {
        let says = |values: &[(&str, &str)]| {
            fill(
                "listen @PORT@; pid @FOLDER@/pid; include @FOLDER@/keys;",
                values,
            )
            .map_err(|error| error.to_string())
        };
        assert_eq!(
            says(&[("PORT", "80"), ("FOLDER", "/tmp")]).as_deref(),
            Ok("listen 80; pid /tmp/pid; include /tmp/keys;")
        );
        assert!(says(&[("PORT", "80")]).is_err_and(|error| error.contains("FOLDER")));
        let superfluous = [("PORT", "80"), ("FOLDER", "/tmp"), ("HOST", "x")];
        assert!(says(&superfluous).is_err_and(|error| error.contains("HOST")));
    }
}
