//! What a server answered.

use reqwest::header::HeaderMap;
use serde_json::Value;

/// A whole answer. It may hold a secret, so it has no `Debug`.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as JSON; `null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The body of a success.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(
            (200..300).contains(&self.status),
            "refused: {}",
            self.summary()
        );
        self.json()
    }

    /// The body of a success of exactly this status.
    #[track_caller]
    pub fn status(self, wanted: u16) -> Value {
        assert!(
            self.status == wanted,
            "wanted {wanted}, got {}",
            self.summary()
        );
        self.json()
    }

    /// The problem document of a refusal, after checking that it is a whole one.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let found = (self.status, self.code());
        assert!(
            found == (status, code.to_owned()),
            "wanted {status} {code}, got {}",
            self.summary()
        );
        if let Err(what) = is_problem(self) {
            panic!("{status} {code} is no problem document: {what}");
        }
        self.json()
    }

    /// The problem of one wrong field: where it is.
    #[track_caller]
    pub fn wrong_field(&self, status: u16, code: &str, pointer: &str) -> Value {
        let problem = self.problem(status, code);
        let pointers: Vec<_> = problem["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|e| &e["pointer"])
            .collect();
        assert!(
            pointers.iter().any(|&found| found == pointer),
            "wanted {pointer}, got {pointers:?}"
        );
        problem
    }

    /// Status and code, which are no secret.
    pub fn summary(&self) -> String {
        let json = self.json();
        let where_: Vec<_> = json["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|e| &e["pointer"])
            .collect();
        format!("{} {} {where_:?}", self.status, self.code())
    }

    fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Whether an answer is a problem document with all that belongs to one (RFC 9457 and ours).
pub fn is_problem(answer: &Answer) -> Result<(), String> {
    let json = answer.json();
    let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
    let fail = |what: &str| Err(what.to_owned());
    if answer.header("content-type") != Some("application/problem+json") {
        return Err(format!(
            "its content type is {:?}",
            answer.header("content-type")
        ));
    }
    if json["status"] != answer.status {
        return fail("its status is not the answer's");
    }
    if text("type") != format!("/docs/errors/{}", text("code")) {
        return fail("its type is not the page of its code");
    }
    if text("title").is_empty() || text("detail").is_empty() {
        return fail("it lacks a title or a detail");
    }
    if answer.header("x-request-id") != Some(&text("request_id")) || text("request_id").len() < 16 {
        return fail("its request_id is not the answer's");
    }
    if answer.header("cache-control") != Some("no-store") {
        return fail("it may be cached");
    }
    for error in json["errors"].as_array().into_iter().flatten() {
        if !error["pointer"].is_string() || error["detail"].as_str().unwrap_or_default().is_empty()
        {
            return fail("one of its errors lacks its pointer or its detail");
        }
    }
    let challenge = answer.header("www-authenticate");
    if (answer.status == 401) != challenge.is_some() {
        return fail("a 401 names a scheme, and nothing else does");
    }
    if matches!(answer.status, 429 | 503) && answer.header("retry-after").is_none() {
        return fail("it doesn't say when to come again");
    }
    Ok(())
}
