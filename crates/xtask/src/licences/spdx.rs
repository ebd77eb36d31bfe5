//! Licence expressions (SPDX specification, annex D), as far as package manifests use them.

/// Whether an expression can be satisfied with allowed licences; `None` if it is not an expression.
///
/// `MIT/Apache-2.0`, which older manifests have, means OR. A licence with an exception is asked for as one, in the
/// form `Apache-2.0 WITH LLVM-exception`, as cargo-deny does.
pub fn is_satisfied(expression: &str, allowed: impl Fn(&str) -> bool) -> Option<bool> {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader {
        words: &words,
        allowed,
    };
    let satisfied = reader.either()?;
    reader.words.is_empty().then_some(satisfied)
}

struct Reader<'w, 'e, F> {
    words: &'w [&'e str],
    allowed: F,
}

impl<'e, F: Fn(&str) -> bool> Reader<'_, 'e, F> {
    fn either(&mut self) -> Option<bool> {
        let mut satisfied = self.both()?;
        while self.takes("OR") {
            satisfied |= self.both()?;
        }
        Some(satisfied)
    }

    fn both(&mut self) -> Option<bool> {
        let mut satisfied = self.one()?;
        while self.takes("AND") {
            satisfied &= self.one()?;
        }
        Some(satisfied)
    }

    fn one(&mut self) -> Option<bool> {
        let word = self.next()?;
        if word == "(" {
            let satisfied = self.either()?;
            return self.takes(")").then_some(satisfied);
        }
        if matches!(word, ")" | "AND" | "OR" | "WITH") {
            return None;
        }
        if self.takes("WITH") {
            let exception = self.next()?;
            return Some((self.allowed)(&format!("{word} WITH {exception}")));
        }
        Some((self.allowed)(word))
    }

    fn next(&mut self) -> Option<&'e str> {
        let (word, rest) = self.words.split_first()?;
        self.words = rest;
        Some(word)
    }

    fn takes(&mut self, word: &str) -> bool {
        let is_next = self.words.first() == Some(&word);
        if is_next {
            self.words = &self.words[1..];
        }
        is_next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_weighed_as_spdx_says() {
        let table = [
            ("MIT", Some(true)),
            ("GPL-3.0-only", Some(false)),
            ("MIT OR GPL-3.0-only", Some(true)),
            ("GPL-2.0/MIT", Some(true)),
            ("MIT AND GPL-3.0-only", Some(false)),
            ("(MIT OR GPL-3.0-only) AND ISC", Some(true)),
            ("GPL-3.0-only OR MIT AND ISC", Some(true)),
            ("GPL-3.0-only AND ISC OR MIT", Some(true)),
            ("GPL-3.0-only AND (ISC OR MIT)", Some(false)),
            ("MIT WITH LLVM-exception", Some(false)),
            ("ISC WITH x AND MIT", Some(true)),
            ("GPL-2.0 WITH Classpath-exception-2.0 OR ISC", Some(true)),
            ("", None),
            ("MIT OR", None),
            ("MIT ISC", None),
            ("(MIT", None),
            ("MIT)", None),
            ("OR", None),
            ("MIT WITH", None),
        ];
        for (expression, expected) in table {
            let allowed = |licence: &str| ["MIT", "ISC", "ISC WITH x"].contains(&licence);
            assert_eq!(is_satisfied(expression, allowed), expected, "{expression}");
        }
    }
}
