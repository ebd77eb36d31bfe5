//! The style sheets, as one.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;

/// What the others build on.
const FIRST: [&str; 2] = ["tokens.css", "base.css"];

/// All sheets below a folder, one after the other: the first ones, then the rest by path.
pub fn joined(folder: &Path) -> Outcome<String> {
    let mut paths = Vec::new();
    collect(folder, &mut paths)?;
    paths.sort_by_key(|path| {
        let rank = FIRST.iter().position(|first| path.ends_with(first));
        (rank.unwrap_or(FIRST.len()), path.clone())
    });
    let mut sheets = String::new();
    for path in paths {
        let sheet =
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        sheets.push_str(&sheet);
        sheets.push('\n');
    }
    Ok(sheets)
}

/// Takes out comments, and white space where it means nothing.
///
/// A space stays between words, before `(`, `:`, `.`, `#`, `[` and round `+`, `-`, `*`, `/` and `>`, where it can
/// mean something (`a :hover`, `calc(1px + 2px)`).
pub fn minify(sheet: &str) -> String {
    let mut short = String::with_capacity(sheet.len());
    let mut rest = sheet;
    while let Some(first) = rest.chars().next() {
        if rest.starts_with("/*") {
            rest = rest[2..].split_once("*/").map_or("", |(_, after)| after);
            // A comment separates words, as a space does.
            space(&mut short);
        } else if first == '"' || first == '\'' {
            let end = end_of_string(rest, first);
            short.push_str(&rest[..end]);
            rest = &rest[end..];
        } else if first.is_ascii_whitespace() {
            rest = rest.trim_ascii_start();
            space(&mut short);
        } else {
            if matches!(first, '{' | '}' | ';' | ',') && short.ends_with(' ') {
                short.pop();
            }
            if first == '}' && short.ends_with(';') {
                short.pop();
            }
            short.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    short.truncate(short.trim_ascii_end().len());
    short
}

fn space(short: &mut String) {
    if !short.is_empty() && !short.ends_with([' ', '{', '}', ';', ',', ':', '(']) {
        short.push(' ');
    }
}

/// The length of the string at the start of a text, its quotes included.
fn end_of_string(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        if is_escaped {
            is_escaped = false;
        } else if character == '\\' {
            is_escaped = true;
        } else if character == quote {
            return at + 1;
        }
    }
    text.len()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Outcome {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "css") {
            paths.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_nothing_goes_and_the_rest_stays() {
        let table = [
            ("a {\n  color: red;\n}\n", "a{color:red}"),
            ("/* x */ a, b > c { } ", "a,b > c{}"),
            ("a :hover { x: y }", "a :hover{x:y}"),
            (
                "a:hover .b { x: calc(1px + 2px) }",
                "a:hover .b{x:calc(1px + 2px)}",
            ),
            (
                "@media (a: b) and (c) { d { e: f; } }",
                "@media (a:b) and (c){d{e:f}}",
            ),
            (
                "a::before { content: \"/* ;  } */\"; }",
                "a::before{content:\"/* ;  } */\"}",
            ),
            ("a { content: 'it\\'s  x' }", "a{content:'it\\'s  x'}"),
            ("a/**/b { x: y /* z */ z }", "a b{x:y z}"),
            ("a { grid-area: 1 / 2; }", "a{grid-area:1 / 2}"),
            ("a { x: y; /* last */ }", "a{x:y}"),
            ("/* never closed", ""),
        ];
        for (sheet, expected) in table {
            assert_eq!(minify(sheet), expected, "{sheet}");
        }
    }
}
