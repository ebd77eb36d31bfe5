//! Templates: text with `{{name}}` in it.

use crate::Outcome;

/// Puts each value in the place of its name. A name that has no value is an error, and so is a value that has no
/// place: either would break the page silently.
pub fn fill(template: &str, values: &[(&str, &str)]) -> Outcome<String> {
    let mut text = template.to_owned();
    for (name, value) in values {
        let place = format!("{{{{{name}}}}}");
        if !text.contains(&place) {
            return Err(format!("the template has no {place}").into());
        }
        text = text.replace(&place, value);
    }
    match text
        .split_once("{{")
        .and_then(|(_, rest)| rest.split_once("}}"))
    {
        Some((name, _)) => Err(format!("the template's {{{{{name}}}}} has no value").into()),
        None => Ok(text),
    }
}

/// Markup without its line breaks and indentation.
pub fn lines_joined(markup: &str) -> String {
    markup.lines().map(str::trim).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_give_way_to_values() {
        let filled = fill("<a href=\"{{a}}\">{{b}}</a>", &[("a", "/x"), ("b", "y")]);
        assert_eq!(filled.unwrap(), "<a href=\"/x\">y</a>");
    }

    #[test]
    fn a_name_without_a_value_is_refused() {
        assert!(fill("{{a}} {{b}}", &[("a", "x")]).is_err());
        assert!(fill("{{a}}", &[("a", "x"), ("b", "y")]).is_err());
    }
}
