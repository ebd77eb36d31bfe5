//! The secrets of a hunt, the forms in which one could leak, and a search for all of them at once.

use std::collections::{BTreeMap, HashMap};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use sha2::{Digest as _, Sha256};

use crate::support::authenticator::from_base32;

/// How often the server may show a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// In this one answer, by its number.
    InAnswer(usize),
    /// In a Set-Cookie of this one answer.
    InCookieOf(usize),
    /// Not at all.
    Never,
}

/// A text that must not leak. It has no Debug: a test that fails must not print it either.
pub struct Secret {
    pub name: String,
    pub shown: Shown,
    text: String,
}

impl Secret {
    /// A secret under a name that messages can use.
    pub fn new(name: &str, text: &str, shown: Shown) -> Self {
        assert!(text.len() >= 16, "{name} is too short to be searched for");
        Self {
            name: name.to_owned(),
            shown,
            text: text.to_owned(),
        }
    }

    /// What would give it away: itself, its halves, what it says when decoded, and all of these encoded.
    fn forms(&self) -> BTreeMap<Vec<u8>, &'static str> {
        let text = self.text.as_bytes();
        let mut forms = BTreeMap::new();
        encodings(text, &mut forms);
        // A cut-off secret is most of one. Less than the hint, which shows the last four characters.
        let body = self
            .text
            .trim_start_matches("lk_")
            .trim_start_matches("lkm_")
            .as_bytes();
        if body.len() >= 30 {
            let (first, second) = body[..body.len() - 4].split_at((body.len() - 4) / 2);
            forms.entry(first.to_vec()).or_insert("its first half");
            forms.entry(second.to_vec()).or_insert("its second half");
        }
        let decoded = from_hex(&self.text).or_else(|| URL_SAFE_NO_PAD.decode(text).ok());
        if let Some(decoded) = decoded.filter(|decoded| decoded.len() >= 16) {
            encodings(&decoded, &mut forms);
        }
        // Base32, as authenticator apps read it, and codes in groups.
        let bare = self.text.replace('-', "");
        let is_base32 = |text: &str| text.bytes().all(|c| matches!(c, b'A'..=b'Z' | b'2'..=b'7'));
        if is_base32(&bare) && bare.len().is_multiple_of(8) {
            encodings(&from_base32(&bare), &mut forms);
            encodings(bare.as_bytes(), &mut forms);
        }
        // Kept digests are keyed. A plain one would let a thief of the database try passwords and tokens.
        encodings(Sha256::digest(text).as_slice(), &mut forms);
        forms
    }
}

fn encodings(bytes: &[u8], forms: &mut BTreeMap<Vec<u8>, &'static str>) {
    forms.entry(bytes.to_vec()).or_insert("as it is");
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    forms
        .entry(hex.to_uppercase().into_bytes())
        .or_insert("in hex");
    forms.entry(hex.into_bytes()).or_insert("in hex");
    // Base64 of a text that holds it looks different with each of three beginnings.
    for before in 0..3 {
        let mut padded = vec![0; before];
        padded.extend(bytes);
        let (skip, end) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let encoded = engine.encode(&padded).into_bytes();
            forms
                .entry(encoded[skip..end].to_vec())
                .or_insert("in Base64");
        }
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// Searches for every form of every secret in one pass.
pub struct Search {
    /// The needles by their first eight bytes.
    by_head: HashMap<[u8; HEAD], Vec<Needle>>,
    /// Whether any needle begins with these two bytes: most places are passed by with this alone.
    begins: Vec<bool>,
}

const HEAD: usize = 8;

struct Needle {
    secret: usize,
    form: &'static str,
    bytes: Vec<u8>,
}

/// One secret found in one form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The secret's place in the list.
    pub secret: usize,
    pub form: &'static str,
}

impl Search {
    /// For these secrets.
    pub fn new(secrets: &[Secret]) -> Self {
        let mut search = Self {
            by_head: HashMap::new(),
            begins: vec![false; 1 << 16],
        };
        for (secret, entry) in secrets.iter().enumerate() {
            for (bytes, form) in entry.forms() {
                let head: [u8; HEAD] = bytes[..HEAD].try_into().expect("no form is shorter");
                search.begins[two(&bytes)] = true;
                search.by_head.entry(head).or_default().push(Needle {
                    secret,
                    form,
                    bytes,
                });
            }
        }
        search
    }

    /// Every secret in this text, in one of the forms that it is there in.
    pub fn within(&self, text: &[u8]) -> Vec<Found> {
        let mut found = Vec::new();
        for (at, head) in text.windows(HEAD).enumerate() {
            if !self.begins[two(head)] {
                continue;
            }
            for needle in self.by_head.get(head).into_iter().flatten() {
                if text[at..].starts_with(&needle.bytes) {
                    found.push(Found {
                        secret: needle.secret,
                        form: needle.form,
                    });
                }
            }
        }
        found.sort();
        found.dedup_by_key(|found| found.secret);
        found
    }
}

fn two(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

#[test]
fn every_form_of_a_planted_secret_is_found() {
    let key = "lk_7Qm2xT9vLz4KcR8bWn5HyGp3sDfJ6aUeXYZ123";
    let token = URL_SAFE_NO_PAD.encode([0xa7_u8; 32]);
    let master = "5eed00000000000000000000000000000000000000000000000000000000c0de";
    let shared = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let recovery = "MZXW-6YTB-MZXW-6YTB-MZXW-6YTB";
    let secrets: Vec<Secret> = [key, &token, master, shared, recovery]
        .map(|text| Secret::new("planted", text, Shown::Never))
        .into();
    let search = Search::new(&secrets);
    for (number, text) in [key, token.as_str(), master].iter().enumerate() {
        let text = text.as_bytes();
        let upper: String = text.iter().map(|byte| format!("{byte:02X}")).collect();
        for planted in [
            text.to_vec(),
            format!("{{\"detail\":\"{}\"}}", String::from_utf8_lossy(text)).into_bytes(),
            upper.into_bytes(),
            STANDARD_NO_PAD
                .encode([b"Basic ", text].concat())
                .into_bytes(),
            URL_SAFE_NO_PAD
                .encode([b"user:", text, b"!"].concat())
                .into_bytes(),
            STANDARD_NO_PAD.encode([b"x", text].concat()).into_bytes(),
            Sha256::digest(text).to_vec(),
            text[..text.len() - 10].to_vec(),
        ] {
            // A cut-off Base64 or hex text of few different bytes has no halves of its own.
            if planted == text[..text.len() - 10] && number > 0 {
                continue;
            }
            let noise = [b"before \xff\0".as_slice(), &planted, b" after"].concat();
            let found = search.within(&noise);
            assert!(
                found.iter().any(|found| found.secret == number),
                "secret {number}"
            );
        }
    }
    for (number, planted) in [
        (3, b"12345678901234567890".as_slice()),
        (4, b"MZXW6YTBMZXW6YTBMZXW6YTB"),
        (4, b"foobafoobafooba"),
    ] {
        let noise = [b"before ", planted, b" after"].concat();
        let found = search.within(&noise);
        let is_found = found.iter().any(|found| found.secret == number);
        assert!(is_found, "secret {number}");
    }
    assert_eq!(
        search.within(b"lk_\xe2\x80\xa6Z123 and nothing else, at some length"),
        []
    );
    assert!(
        search
            .within(&[0xa7_u8; 32])
            .iter()
            .any(|found| found.secret == 1),
        "decoded"
    );
}
