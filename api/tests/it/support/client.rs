//! Someone who speaks to a server in a process of its own, and what it answers.

use std::time::Duration;

use serde_json::{Value, json};

/// How long an answer may take. Only a broken server takes so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// Someone who speaks to a server: nobody in particular, or the owner of a bearer.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    /// A header and its value.
    credential: Option<(&'static str, String)>,
}

/// An answer. It may hold a secret, so it has no Debug.
pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub json: Value,
}

impl Client {
    /// Somebody who calls the server at this address, with this bearer.
    pub fn new(base: &str, bearer: Option<&str>) -> Self {
        let http = reqwest::Client::builder()
            // A connection that the server closes in this moment must not look like a failed request:
            // each has a connection of its own.
            .pool_max_idle_per_host(0)
            .timeout(PATIENCE)
            .no_proxy()
            .build()
            .unwrap();
        Self {
            http,
            base: base.to_owned(),
            credential: bearer.map(|bearer| ("authorization", format!("Bearer {bearer}"))),
        }
    }

    /// The same with a cookie.
    pub fn with_cookie(mut self, cookie: &str) -> Self {
        self.credential = Some(("cookie", cookie.to_owned()));
        self
    }

    /// Sends a request and reads its whole answer.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Reply, reqwest::Error> {
        let url = format!("{}{path}", self.base);
        let mut request = self.http.request(method.parse().unwrap(), url);
        if let Some((name, value)) = &self.credential {
            request = request.header(*name, value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        Ok(Reply {
            status,
            headers,
            json: serde_json::from_str(&text).unwrap_or_default(),
        })
    }

    /// The same, from a server that answers.
    pub async fn ask(&self, method: &str, path: &str, body: Value) -> Reply {
        let body = (!body.is_null()).then_some(&body);
        self.send(method, path, body).await.unwrap()
    }

    /// A new project's id.
    pub async fn project(&self, name: &str) -> String {
        let made = self
            .ask("POST", "/api/v1/projects", json!({"name": name}))
            .await;
        made.ok()["id"].as_str().unwrap().to_owned()
    }

    /// A new key: its path and its secret.
    pub async fn key(&self, project: &str, description: &str) -> (String, String) {
        let path = format!("/api/v1/projects/{project}/keys");
        let made = self
            .ask("POST", &path, json!({"description": description}))
            .await;
        let made = made.ok();
        let id = made["key"]["id"].as_str().unwrap();
        (
            format!("{path}/{id}"),
            made["secret"].as_str().unwrap().to_owned(),
        )
    }

    /// The verdict on a key, or the problem's code.
    pub async fn verdict(&self, secret: &str) -> String {
        let answer = self
            .ask("POST", "/api/v1/keys/verify", json!({"key": secret}))
            .await;
        answer.code().to_owned()
    }
}

impl Reply {
    /// The body of a success.
    pub fn ok(self) -> Value {
        assert!(
            (200..300).contains(&self.status),
            "{} {}",
            self.status,
            self.code()
        );
        self.json
    }

    /// The code of a problem or of a verdict; empty if there is none.
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    /// A 503 as it must be: a problem document that says when to try again.
    pub fn is_unavailable(&self) -> bool {
        if self.status != 503 {
            return false;
        }
        assert_eq!(self.code(), "unavailable");
        assert_eq!(self.headers["content-type"], "application/problem+json");
        let seconds = self.headers["retry-after"].to_str().unwrap();
        assert!(seconds.parse::<u32>().unwrap() > 0);
        true
    }
}
