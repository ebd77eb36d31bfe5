//! The rules for secret scanners and the guide to them: they find every true secret wherever it stands, and the
//! checksum tells it from what only looks like one. No sample here is written down: each is made in the test.

use std::{
    collections::BTreeMap,
    io::Write as _,
    process::{Command, Stdio},
};

use latchkey_keys::{Presented, Secret, SecretKind};
use regex::{Regex, RegexBuilder};
use serde_json::Value;

const GITLEAKS: &str = include_str!("../../../docs/guides/scanners/gitleaks.toml");
const TRUFFLEHOG: &str = include_str!("../../../docs/guides/scanners/trufflehog.yaml");
const GUIDE: &str = include_str!("../../../docs/guides/secret-scanners.md");

const KINDS: [SecretKind; 2] = [SecretKind::Key, SecretKind::Token];

/// As many samples of each kind: enough that one of bad luck would show.
const SAMPLES: usize = 300;

/// The rules of one file, by the name of the program that reads it.
struct Scanner {
    name: &'static str,
    rules: Vec<Rule>,
}

struct Rule {
    id: String,
    keywords: Vec<String>,
    pattern: String,
    regex: Regex,
    entropy: f64,
}

impl Rule {
    fn new(id: &Value, keywords: &Value, pattern: &Value, entropy: &Value) -> Self {
        let pattern = pattern.as_str().unwrap().to_owned();
        // Both scanners use Go's expressions: no look-around and no back-references, which this crate has
        // neither and refuses, and ASCII words.
        let regex = RegexBuilder::new(&pattern).unicode(false).build().unwrap();
        assert_eq!(regex.captures_len(), 2, "the secret is the one group");
        Self {
            id: id.as_str().unwrap().to_owned(),
            keywords: keywords
                .as_array()
                .unwrap()
                .iter()
                .map(|keyword| keyword.as_str().unwrap().to_owned())
                .collect(),
            pattern,
            regex,
            entropy: entropy.as_f64().unwrap(),
        }
    }

    /// What is found, as both scanners do it: the keyword first, the expression, then the entropy.
    fn find<'a>(&self, text: &'a str) -> Vec<&'a str> {
        let lower = text.to_lowercase();
        if !self.keywords.iter().any(|keyword| lower.contains(keyword)) {
            return Vec::new();
        }
        self.regex
            .captures_iter(text)
            .map(|found| found.get(1).unwrap().as_str())
            .filter(|found| entropy(found) > self.entropy)
            .collect()
    }
}

impl Scanner {
    fn all() -> [Self; 2] {
        let gitleaks: Value = toml::from_str(GITLEAKS).unwrap();
        assert_eq!(gitleaks["extend"]["useDefault"], true);
        let rules = gitleaks["rules"].as_array().unwrap().iter().map(|rule| {
            assert_eq!(rule["secretGroup"], 1);
            assert!(!rule["description"].as_str().unwrap().is_empty());
            Rule::new(
                &rule["id"],
                &rule["keywords"],
                &rule["regex"],
                &rule["entropy"],
            )
        });
        let gitleaks = Self {
            name: "gitleaks",
            rules: rules.collect(),
        };
        let trufflehog: Value = yaml_serde::from_str(TRUFFLEHOG).unwrap();
        let detectors = trufflehog["detectors"].as_array().unwrap();
        let rules = detectors.iter().map(|detector| {
            // Several would have to be found together.
            let patterns = detector["regex"].as_object().unwrap();
            assert_eq!(patterns.len(), 1);
            assert!(
                detector.get("verify").is_none(),
                "candidates go to nobody unless asked"
            );
            let pattern = patterns.values().next().unwrap();
            Rule::new(
                &detector["name"],
                &detector["keywords"],
                pattern,
                &detector["entropy"],
            )
        });
        let trufflehog = Self {
            name: "trufflehog",
            rules: rules.collect(),
        };
        [gitleaks, trufflehog]
    }

    /// Every finding with its rule's id, in the order of the rules.
    fn scan<'a>(&'a self, text: &'a str) -> Vec<(&'a str, &'a str)> {
        let findings = |rule: &'a Rule| {
            let found = rule.find(text).into_iter();
            found.map(move |found| (rule.id.as_str(), found))
        };
        self.rules.iter().flat_map(findings).collect()
    }
}

/// Shannon's, in bits a character, as both scanners compute it.
fn entropy(text: &str) -> f64 {
    let mut counts = BTreeMap::new();
    for character in text.chars() {
        *counts.entry(character).or_insert(0_u32) += 1;
    }
    let length = text.chars().count() as f64;
    let bits = |count: &u32| {
        let share = f64::from(*count) / length;
        -share * share.log2()
    };
    counts.values().map(bits).sum()
}

fn fresh(kind: SecretKind) -> String {
    Secret::generate(kind, getrandom::fill)
        .map(Secret::into_exposed)
        .map_err(|error| error.to_string())
        .unwrap()
}

fn rule_of(kind: SecretKind) -> &'static str {
    match kind {
        SecretKind::Key => "latchkey-api-key",
        SecretKind::Token => "latchkey-management-token",
    }
}

/// Where secrets are found, with a name for each place.
fn places(secret: &str) -> Vec<(&'static str, String)> {
    vec![
        ("alone", secret.to_owned()),
        (
            "in .env",
            format!("# lake\nMEMORY_LAKE_KEY={secret}\nPORT=8080\n"),
        ),
        (
            "at the end of a file",
            format!("export MEMORY_LAKE_KEY={secret}"),
        ),
        ("before CRLF", format!("KEY={secret}\r\nPORT=8080\r\n")),
        (
            "in JSON",
            format!("{{\"name\":\"lake\",\"key\":\"{secret}\"}}"),
        ),
        (
            "in JSON in JSON",
            format!("{{\"body\":\"{{\\\"key\\\":\\\"{secret}\\\"}}\"}}"),
        ),
        ("in YAML", format!("lake:\n  key: {secret}\n  port: 8080\n")),
        ("in a list of YAML", format!("keys:\n- {secret}\n")),
        ("in TOML", format!("key = '{secret}'\n")),
        (
            "in a URL",
            format!("https://keys.example.com/memory-lake/mcp/v1?apikey={secret}"),
        ),
        (
            "in a URL before more",
            format!("\"https://keys.example.com/lake/mcp/v1?apikey={secret}&x=1#top\""),
        ),
        (
            "in a header",
            format!("curl -H 'Authorization: Bearer {secret}' https://keys.example.com"),
        ),
        ("in another header", format!("X-API-Key: {secret}\n")),
        ("in prose", format!("My key ({secret}), please keep it.")),
        ("in Markdown", format!("use `{secret}`.")),
        ("in XML", format!("<key>{secret}</key>")),
        ("before an escape", format!("\"{secret}\\n\"")),
        (
            "in a line of a diff",
            format!("+const KEY: &str = \"{secret}\";"),
        ),
    ]
}

#[test]
fn every_true_secret_is_found_wherever_it_stands_and_its_checksum_is_right() {
    let scanners = Scanner::all();
    for kind in KINDS {
        for _ in 0..SAMPLES {
            let secret = fresh(kind);
            for (place, text) in places(&secret) {
                for scanner in &scanners {
                    let found = scanner.scan(&text);
                    assert!(
                        found == [(rule_of(kind), secret.as_str())],
                        "{}: {kind:?} {place}: {} findings",
                        scanner.name,
                        found.len()
                    );
                    let parsed = Presented::parse(found[0].1).map(|presented| presented.kind());
                    assert_eq!(parsed, Some(kind), "{place}");
                }
            }
        }
    }
}

#[test]
fn secrets_beside_each_other_are_all_found() {
    let (one, two, three) = (
        fresh(SecretKind::Key),
        fresh(SecretKind::Token),
        fresh(SecretKind::Key),
    );
    for separator in [",", " ", "\n", "&", "\",\"", "="] {
        let text = [one.as_str(), &two, &three].join(separator);
        for scanner in Scanner::all() {
            let mut found = scanner.scan(&text);
            found.sort_by_key(|(_, secret)| text.find(secret));
            let expected = [
                (rule_of(SecretKind::Key), one.as_str()),
                (rule_of(SecretKind::Token), two.as_str()),
                (rule_of(SecretKind::Key), three.as_str()),
            ];
            assert!(found == expected, "{}: {separator:?}", scanner.name);
        }
    }
}

#[test]
fn what_is_no_secret_is_not_found() {
    let scanners = Scanner::all();
    for kind in KINDS {
        let secret = fresh(kind);
        let (prefix, length) = (kind.prefix(), kind.length());
        let body = &secret[prefix.len()..];
        let with = |character: char| {
            let mut text = secret.clone();
            text.replace_range(12..13, character.encode_utf8(&mut [0; 4]));
            text
        };
        for (what, text) in [
            ("a hint", format!("{prefix}…{}", &secret[length - 4..])),
            ("a placeholder", format!("{prefix}…")),
            ("a placeholder of a kind", format!("{prefix}YOUR_KEY_HERE")),
            ("the prefix", prefix.to_owned()),
            ("one character less", secret[..length - 1].to_owned()),
            ("one character more", format!("{secret}0")),
            ("much more", format!("{secret}{body}{body}")),
            ("a dash in it", with('-')),
            ("a plus in it", with('+')),
            ("an underscore in it", with('_')),
            ("an é in it", with('é')),
            ("a longer word", format!("ss{secret}")),
            ("a longer name", format!("my_{secret}")),
            ("a name that goes on", format!("{secret}_old")),
            ("a digit before it", format!("0{secret}")),
            ("capitals", secret.to_uppercase()),
            ("another prefix", format!("lkx_{body}")),
            ("no prefix", body.to_owned()),
            // These three are real leaks. The guide says that they are missed.
            ("a URL in a URL", format!("?next=%3Fapikey%3D{secret}")),
            ("an escape before it", format!("\"\\n{secret}\"")),
            ("two lines", format!("{}\n{}", &secret[..20], &secret[20..])),
        ] {
            for scanner in &scanners {
                let found = scanner.scan(&text).len();
                assert_eq!(found, 0, "{}: {kind:?}: {what}", scanner.name);
            }
        }
    }
}

#[test]
fn the_shape_with_a_wrong_checksum_is_found_and_the_checksum_refuses_it() {
    let scanners = Scanner::all();
    for kind in KINDS {
        for _ in 0..SAMPLES {
            let mut text = fresh(kind);
            let last = text.pop().unwrap();
            text.push(if last == '0' { '1' } else { '0' });
            for scanner in &scanners {
                assert!(
                    scanner.scan(&text) == [(rule_of(kind), text.as_str())],
                    "{}: {kind:?}",
                    scanner.name
                );
            }
            assert!(Presented::parse(&text).is_none());
        }
    }
}

#[test]
fn the_examples_of_our_own_documents_have_the_shape_and_too_little_entropy() {
    for kind in KINDS {
        // As in openapi.yaml.
        let text = format!(
            "{}{}{}",
            kind.prefix(),
            "EXAMPLEexample".repeat(2),
            "0".repeat(8)
        );
        for scanner in Scanner::all() {
            let shapes = scanner.rules.iter().filter(|r| r.regex.is_match(&text));
            assert_eq!(shapes.count(), 1, "{}: {kind:?}", scanner.name);
            assert_eq!(scanner.scan(&text).len(), 0, "{}: {kind:?}", scanner.name);
        }
    }
}

#[test]
fn the_guide_shows_the_rules_as_they_are() {
    for scanner in Scanner::all() {
        assert_eq!(scanner.rules.len(), KINDS.len(), "{}", scanner.name);
        for rule in scanner.rules {
            assert!(GUIDE.contains(&rule.pattern), "{}", rule.id);
            // GitHub has the borders in fields of their own.
            let alone = rule.pattern.trim_start_matches("\\b(");
            let alone = alone.trim_end_matches(")\\b");
            assert!(GUIDE.contains(&format!("`{alone}`")), "{}", rule.id);
        }
    }
}

#[test]
fn the_guides_example_in_python_keeps_the_true_ones_and_drops_the_rest() {
    let (_, rest) = GUIDE.split_once("```python\n").unwrap();
    let (example, rest) = rest.split_once("```").unwrap();
    assert!(!rest.contains("```python"), "which one is it?");
    let (mut input, mut expected) = (String::new(), String::new());
    for _ in 0..SAMPLES {
        for kind in KINDS {
            let secret = fresh(kind);
            let hint = format!("{}…{}\n", kind.prefix(), &secret[kind.length() - 4..]);
            expected.push_str(&hint);
            let (body, other) = (&secret[..kind.length() - 1], fresh(kind));
            let wrong = if secret.ends_with('0') { '1' } else { '0' };
            let swapped = match kind {
                SecretKind::Key => secret.replace("lk_", "lkm_"),
                SecretKind::Token => secret.replace("lkm_", "lk_"),
            };
            for line in [
                format!("{body}{wrong}"),
                secret.clone(),
                swapped,
                body.to_owned(),
                format!("{secret}0"),
                format!("{}{}", &secret[..20], &other[20..]),
                format!("{}…", kind.prefix()),
            ] {
                input.push_str(&line);
                input.push('\n');
            }
        }
    }
    let mut python = Command::new("python3")
        .args(["-c", example])
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is on this machine");
    let mut stdin = python.stdin.take().unwrap();
    // From a thread of its own: it could wait for us to read while we wait for it to read.
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap() == expected);
}
