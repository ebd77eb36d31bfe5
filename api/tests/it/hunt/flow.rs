//! Somebody who uses the whole server and keeps every answer and every secret.

use std::time::Duration;

use reqwest::header::{HeaderMap, SET_COOKIE};
use serde_json::Value;

use super::secrets::{Secret, Shown};
use crate::support::process::Process;

/// All that was asked and answered.
pub struct Hunter {
    pub secrets: Vec<Secret>,
    pub answers: Vec<Answer>,
    http: reqwest::Client,
    base: String,
}

/// One answer as it came over the wire. It has no Debug: it may hold a secret.
pub struct Answer {
    /// What was asked, in words.
    pub what: String,
    pub status: u16,
    /// The status line, the headers but for cookies, and the body.
    pub text: String,
    /// The Set-Cookie headers.
    pub cookies: String,
    pub json: Value,
    number: usize,
}

/// The credential and other headers of a request.
pub type Headers<'a> = &'a [(&'a str, &'a str)];

impl Hunter {
    pub fn new(process: &Process) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(30))
            .build()
            .expect("a client");
        Self {
            secrets: Vec::new(),
            answers: Vec::new(),
            http,
            base: process.url(""),
        }
    }

    /// Asks and keeps the answer, which has to have this status. `what` is what messages say, since the path
    /// may hold a secret.
    pub async fn get(&mut self, what: &str, path: &str, headers: Headers<'_>, status: u16) {
        self.ask(what, "GET", path, headers, Value::Null)
            .await
            .is(status);
    }

    /// The same for a request that changes something.
    pub async fn send(
        &mut self,
        what: &str,
        (method, path): (&str, &str),
        headers: Headers<'_>,
        body: Value,
        status: u16,
    ) {
        self.ask(what, method, path, headers, body).await.is(status);
    }

    /// Asks for something that will be refused, one way or the other.
    pub async fn refuse(
        &mut self,
        what: &str,
        (method, path): (&str, &str),
        headers: Headers<'_>,
        body: Value,
    ) {
        let answer = self.ask(what, method, path, headers, body).await;
        answer.is_refused();
    }

    /// Asks and keeps the answer, whatever it is. `null` is no body.
    pub async fn ask(
        &mut self,
        what: &str,
        method: &str,
        path: &str,
        headers: Headers<'_>,
        body: Value,
    ) -> &Answer {
        let body = (!body.is_null()).then(|| ("application/json", body.to_string()));
        self.ask_raw(what, method, path, headers, body).await
    }

    /// The same with any body.
    pub async fn ask_raw(
        &mut self,
        what: &str,
        method: &str,
        path: &str,
        headers: Headers<'_>,
        body: Option<(&str, String)>,
    ) -> &Answer {
        let method = method.parse().expect("a method");
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some((kind, body)) = body {
            request = request.header("content-type", kind).body(body);
        }
        let response = request
            .send()
            .await
            .unwrap_or_else(|e| panic!("{what}: {}", e.without_url()));
        let status = response.status();
        let (cookies, others) = split(response.headers());
        let version = response.version();
        let body = response
            .text()
            .await
            .unwrap_or_else(|e| panic!("{what}: {}", e.without_url()));
        let json = serde_json::from_str(&body).unwrap_or_default();
        let number = self.answers.len();
        self.answers.push(Answer {
            what: format!("answer {number}, {what}"),
            status: status.as_u16(),
            text: format!("{version:?} {status}\n{others}\n{body}"),
            cookies,
            json,
            number,
        });
        &self.answers[number]
    }

    /// Remembers a secret that an answer showed in its body.
    pub fn shown(&mut self, name: &str, text: &str, answer: usize) {
        self.secrets
            .push(Secret::new(name, text, Shown::InAnswer(answer)));
    }

    /// Remembers a secret that no answer may show.
    pub fn hidden(&mut self, name: &str, text: &str) {
        self.secrets.push(Secret::new(name, text, Shown::Never));
    }

    /// Asks for a session, and gives the Cookie header for further requests.
    pub async fn sign_in(&mut self, what: &str, path: &str, body: Value) -> String {
        let answer = self.ask(what, "POST", path, &[], body).await;
        answer.is_ok();
        let cookie = answer
            .cookies
            .split(';')
            .next()
            .unwrap_or_default()
            .to_owned();
        let number = answer.number;
        let (_, value) = cookie.split_once('=').expect("a cookie has a value");
        let name = format!("the session cookie of {what}");
        self.secrets
            .push(Secret::new(&name, value, Shown::InCookieOf(number)));
        cookie
    }

    /// Asks for something that shows a secret once, twice with the same Idempotency-Key: the second time
    /// it is refused. Gives the secret and the whole answer.
    pub async fn make(
        &mut self,
        what: &str,
        path: &str,
        cookie: &str,
        body: Value,
    ) -> (String, Value) {
        let key = format!("once-{}", self.answers.len());
        let headers = [("cookie", cookie), ("idempotency-key", key.as_str())];
        let answer = self.ask(what, "POST", path, &headers, body.clone()).await;
        answer.is(201);
        let (json, number) = (answer.json.clone(), answer.number);
        let link = json["sign_in_url"]
            .as_str()
            .and_then(|url| url.split_once("#token="));
        let secret = json["secret"].as_str().or(link.map(|(_, token)| token));
        let secret = secret
            .unwrap_or_else(|| panic!("{what} shows no secret"))
            .to_owned();
        self.shown(&format!("the secret of {what}"), &secret, number);
        let what = format!("{what}, again");
        let again = self.ask(&what, "POST", path, &headers, body).await;
        assert_eq!(again.json["code"], "secret_already_shown", "{}", again.what);
        (secret, json)
    }
}

impl Answer {
    /// Its place among the answers.
    pub fn number(&self) -> usize {
        self.number
    }

    /// A success.
    pub fn is_ok(&self) {
        assert!(
            (200..300).contains(&self.status),
            "{}: {} {}",
            self.what,
            self.status,
            self.json["code"]
        );
    }

    /// This status.
    pub fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}: {}", self.what, self.json["code"]);
        self
    }

    /// Any refusal that is not the server's own failure.
    pub fn is_refused(&self) -> &Self {
        assert!(
            (400..500).contains(&self.status),
            "{}: {}",
            self.what,
            self.status
        );
        self
    }
}

fn split(headers: &HeaderMap) -> (String, String) {
    let (mut cookies, mut others) = (String::new(), String::new());
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        let line = format!("{name}: {value}\n");
        if name == SET_COOKIE {
            cookies.push_str(&value);
        } else {
            others.push_str(&line);
        }
    }
    (cookies, others)
}
