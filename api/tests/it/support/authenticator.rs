//! An authenticator app.

use serde_json::{Value, json};
use totp_rs::{Builder, Totp};

use super::{actor::Actor, now};

/// An app that was given a secret. It has no `Debug`.
pub struct Authenticator(Totp);

impl Authenticator {
    /// The app, after somebody typed this secret in.
    pub fn with(secret: &str) -> Self {
        let secret: [u8; 20] = from_base32(secret).try_into().expect("160 bits");
        Self(Builder::new().with_secret(secret).build().expect("a TOTP"))
    }

    /// The app, after it read this answer to `POST /me/second-factor`.
    pub fn of(begun: &Value) -> Self {
        Self::with(begun["secret"].as_str().expect("the answer has the secret"))
    }

    /// The code that it shows now.
    pub fn code(&self) -> String {
        self.code_in(0)
    }

    /// The one after that, which is accepted already: clocks differ. So a test has two codes without waiting.
    pub fn next_code(&self) -> String {
        self.code_in(1)
    }

    /// A code that is neither of them nor any other that is accepted now.
    pub fn wrong_code(&self) -> String {
        let near: Vec<String> = (-3..=3).map(|steps| self.code_in(steps)).collect();
        let all = (0..).map(|n| format!("{n:06}"));
        all.into_iter()
            .find(|code| !near.contains(code))
            .expect("there are a million")
    }

    fn code_in(&self, steps: i64) -> String {
        let seconds = now().as_millis() / 1000 + 30 * steps;
        let seconds = u64::try_from(seconds).expect("a time after 1970");
        self.0.generate(seconds).to_string()
    }
}

impl Actor {
    /// Turns the second factor on; the app and the recovery codes. The app's present code is used then.
    pub async fn turn_on_second_factor(&self) -> (Authenticator, Vec<String>) {
        let begun = self.post("me/second-factor", json!({})).send().await;
        let app = Authenticator::of(&begun.status(201));
        let confirmed = self
            .post("me/second-factor/confirm", json!({ "code": app.code() }))
            .send()
            .await
            .status(200);
        let codes = serde_json::from_value(confirmed["recovery_codes"].clone());
        (app, codes.expect("the answer has the codes"))
    }
}

/// RFC 4648 §6.
pub fn from_base32(text: &str) -> Vec<u8> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut bits = String::new();
    for c in text.chars() {
        let value = alphabet.find(c).expect("a character of Base32");
        bits.push_str(&format!("{value:05b}"));
    }
    let bytes = bits.as_bytes().chunks_exact(8);
    bytes
        .map(|byte| {
            let byte = std::str::from_utf8(byte).expect("zeros and ones");
            u8::from_str_radix(byte, 2).expect("eight of them")
        })
        .collect()
}
