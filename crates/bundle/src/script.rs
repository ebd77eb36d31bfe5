//! JavaScript without what only people read.

/// Takes out comments that have lines of their own, indentation and empty lines.
///
/// That is most of what there is to gain once the file is compressed, and can be done without understanding the
/// language, but for one thing: text that goes over several lines is left as it is, and so is all after it.
pub fn minify(script: &str) -> String {
    let mut short = String::with_capacity(script.len());
    let mut is_comment = false;
    let mut is_text = false;
    for line in script.lines() {
        let trimmed = line.trim();
        if is_text {
            short.push_str(line);
            short.push('\n');
            continue;
        }
        if is_comment || trimmed.starts_with("/*") {
            is_comment = !trimmed.ends_with("*/");
            continue;
        }
        if trimmed.is_empty() || trimmed.starts_with("//") {
            continue;
        }
        is_text = trimmed.matches('`').count() % 2 == 1;
        short.push_str(trimmed);
        short.push('\n');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_indentation_go() {
        let script = "/**\n * @param {x} y\n */\nfunction f(y) {\n    // Twice.\n    return y * 2; // stays\n\n}\n";
        assert_eq!(
            minify(script),
            "function f(y) {\nreturn y * 2; // stays\n}\n"
        );
    }

    #[test]
    fn text_over_several_lines_stays() {
        let script = "const a = `one\n    // two\n`;\n    f(`x`);\n";
        assert_eq!(minify(script), script);
        assert_eq!(minify("    f(`x`, `y`);\n"), "f(`x`, `y`);\n");
    }
}
