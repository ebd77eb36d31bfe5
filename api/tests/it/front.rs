//! The front: checks that are answered from the bytes as they arrive, on connections that begin with them. What it takes by
//! itself and what it leaves to the framework must not be told apart by a caller.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpStream},
    time::Duration,
};

use serde_json::{Value, json};

use crate::support::{Actor, CreatedKey, Project, TestServer, wire::Wire};

struct Scene {
    server: TestServer,
    ada: Actor,
    project: Project,
    key: CreatedKey,
    token: String,
}

async fn scene() -> Scene {
    let server = TestServer::start_with(|config| {
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let token = ada.token(&["verify"]).await.credential().to_owned();
    Scene {
        server,
        ada,
        project,
        key,
        token,
    }
}

impl Scene {
    fn address(&self) -> String {
        let url = self.server.url("/");
        url["http://".len()..].trim_end_matches('/').to_owned()
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).unwrap();
        let patience = Some(Duration::from_secs(30));
        stream.set_read_timeout(patience).unwrap();
        stream
    }

    /// All that the server answers to these bytes until it closes the connection, or until it is asked to.
    fn all(&self, bytes: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(bytes.as_bytes()).unwrap();
        read_all(stream)
    }
}

fn read_all(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// An answer without what is another one each time: its status, its headers in the order of their names, its body.
fn essence(answer: &str) -> (String, Vec<String>, String) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let (status, headers) = head.split_once("\r\n").unwrap();
    let mut headers: Vec<String> = headers.split("\r\n").map(str::to_owned).collect();
    for name in ["date: ", "x-request-id: "] {
        let found = headers.iter().position(|header| header.starts_with(name));
        let header = headers.remove(found.expect(name));
        assert!(header.len() > name.len() + 20, "{header}");
    }
    headers.sort();
    let body = match serde_json::from_str::<Value>(body) {
        Ok(mut json) => {
            let id = json.get_mut("request_id").map(Value::take);
            assert!(id.is_none_or(|id| id.as_str().unwrap().len() == 32));
            json.to_string()
        }
        Err(_) => body.to_owned(),
    };
    (status.to_owned(), headers, body)
}

/// A request, with a line about the connection that the front doesn't know, or without.
fn request(first: &str, headers: &str, body: &str, is_plain: bool) -> String {
    // What `Connection` names is nothing here, but the front leaves it to the framework.
    let connection = if is_plain { "" } else { "connection: te\r\n" };
    format!("{first} HTTP/1.1\r\nhost: keys.example.com\r\n{connection}{headers}\r\n{body}")
}

/// The first answer on a connection.
fn first_answer(mut stream: TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).unwrap();
    let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let length = stream.read(&mut buffer).unwrap();
        assert!(length > 0, "the connection was closed");
        text.extend_from_slice(&buffer[..length]);
        let answer = String::from_utf8_lossy(&text);
        let Some((head, body)) = answer.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .split("\r\n")
            .find_map(|line| line.strip_prefix("content-length: "));
        if length.map_or(0, |length| length.parse().unwrap()) == body.len() {
            return answer.into_owned();
        }
    }
}

#[tokio::test]
async fn it_answers_as_the_framework_does() {
    let scene = scene().await;
    let revoked = scene.ada.key(&scene.project, "Revoked").await;
    let path = scene.project.key(&revoked);
    scene.ada.delete(&path).send().await.ok();
    let ask = "GET /api/v1/forward-auth";
    let (good, gone, token) = (&scene.key.secret, &revoked.secret, &scene.token);
    let mut cases: Vec<(String, String, String)> = [
        ("", format!("authorization: Bearer {good}\r\n")),
        (
            "",
            format!("X-API-Key:  {good} \r\nuser-agent: claude-code/2.1.0 (linux)\r\n"),
        ),
        (
            "",
            format!("x-api-key: {good}\r\nx-forwarded-for: 203.0.113.7\r\n"),
        ),
        ("", format!("x-api-key: {gone}\r\n")),
        ("", "x-api-key: lk_nonsense\r\n".to_owned()),
        ("", "x-api-key: \u{e9}\r\n".to_owned()),
        ("", String::new()),
        ("", "authorization: Basic bGs6bGs=\r\n".to_owned()),
        (
            "",
            format!("authorization: Bearer {good}\r\nx-api-key: {good}\r\n"),
        ),
        ("", format!("x-original-uri: /?apikey={good}\r\n")),
        (
            "",
            format!("x-forwarded-uri: /?apikey={good}\r\nx-api-key: {good}\r\n"),
        ),
        ("?project=memory-lake", format!("x-api-key: {good}\r\n")),
        ("?project=other", format!("x-api-key: {good}\r\n")),
        ("?projct=other", format!("x-api-key: {good}\r\n")),
        ("?apikey=%6ck_nonsense", String::new()),
        ("", format!("authorization: Bearer {token}\r\n")),
    ]
    .into_iter()
    .map(|(query, headers)| (format!("{ask}{query}"), headers, String::new()))
    .collect();
    let json = "content-type: application/json\r\n";
    for (headers, body) in [
        (
            format!("authorization: Bearer {token}\r\n{json}"),
            json!({ "key": good }).to_string(),
        ),
        (
            format!("authorization: bearer {token}\r\n{json}"),
            json!({ "key": gone }).to_string(),
        ),
        (
            format!(
                "authorization: Bearer {token}\r\ncontent-type: Application/JSON; charset=utf-8\r\n"
            ),
            json!({ "key": "nonsense", "project": "memory-lake" }).to_string(),
        ),
        (
            format!("authorization: Bearer {token}\r\n{json}"),
            json!({ "key": 5 }).to_string(),
        ),
        (
            format!("authorization: Bearer {token}\r\n{json}"),
            json!({ "keys": good }).to_string(),
        ),
        (
            format!("authorization: Bearer {token}\r\n{json}"),
            "{".to_owned(),
        ),
        (
            format!("authorization: Bearer {token}\r\n{json}"),
            String::new(),
        ),
        (
            format!("authorization: Bearer {token}\r\n"),
            json!({ "key": good }).to_string(),
        ),
    ] {
        let headers = format!("{headers}content-length: {}\r\n", body.len());
        cases.push(("POST /api/v1/keys/verify".to_owned(), headers, body));
    }
    for (first, headers, body) in cases {
        let [front, framework] = [true, false].map(|is_plain| {
            let request = request(&first, &headers, &body, is_plain);
            essence(&first_answer(scene.connect(), &request))
        });
        // Neither repeats a secret, so both can be shown.
        assert_eq!(front, framework, "{first}");
    }
    // Other bodies are refused before they are read, and with them the connection: the front has read them anyway.
    for credential in ["lkm_nonsense", good] {
        let headers = format!("authorization: Bearer {credential}\r\n{json}content-length: 2\r\n");
        let [front, framework] = [true, false].map(|is_plain| {
            let request = request("POST /api/v1/keys/verify", &headers, "{}", is_plain);
            let (status, mut headers, body) = essence(&first_answer(scene.connect(), &request));
            headers.retain(|header| header != "connection: close");
            (status, headers, body)
        });
        assert_eq!(front, framework);
    }
    scene.server.stop().await;
}

#[tokio::test]
async fn a_refused_token_leaves_the_connection_open() {
    let scene = scene().await;
    let mut wire = Wire::open(&scene.address());
    let body = json!({ "key": scene.key.secret }).to_string();
    for (credential, wanted) in [("lkm_nonsense", 401), (scene.token.as_str(), 200)] {
        wire.send("POST", "/api/v1/keys/verify", credential, &body);
        assert_eq!(wire.receive().0, wanted);
    }
    scene.server.stop().await;
}

#[tokio::test]
async fn requests_of_all_kinds_are_answered_in_their_order_on_one_connection() {
    let scene = scene().await;
    let mut wire = Wire::open(&scene.address());
    let (key, token) = (&scene.key.secret, &scene.token);
    let body = json!({ "key": key }).to_string();
    let check = ("GET", "/api/v1/forward-auth", key.as_str(), "", 200);
    let verify = (
        "POST",
        "/api/v1/keys/verify",
        token.as_str(),
        body.as_str(),
        200,
    );
    let refused = ("GET", "/api/v1/forward-auth", "lk_nonsense", "", 401);
    let other = ("GET", "/healthz", key.as_str(), "", 200);
    let nothing = ("GET", "/api/v1/nothing", key.as_str(), "", 404);
    // All are sent before one is answered. The framework has the connection from the first that the front doesn't know.
    let asked = [
        check, verify, refused, check, nothing, check, verify, other, refused, check,
    ];
    for (method, path, bearer, body, _) in asked {
        wire.send(method, path, bearer, body);
    }
    for (method, path, _, _, wanted) in asked {
        assert_eq!(wire.receive().0, wanted, "{method} {path}");
    }
    scene.server.stop().await;
}

#[tokio::test]
async fn more_than_is_read_at_once_is_answered_too() {
    let scene = scene().await;
    let ask = request(
        "GET /api/v1/forward-auth",
        &format!("x-api-key: {}\r\n", scene.key.secret),
        "",
        true,
    );
    let last = ask.replacen("\r\n\r\n", "\r\nconnection: close\r\n\r\n", 1);
    let mut stream = scene.connect();
    let mut writing = stream.try_clone().unwrap();
    let writer = std::thread::spawn(move || {
        writing.write_all(ask.repeat(500).as_bytes()).unwrap();
        writing.write_all(last.as_bytes()).unwrap();
    });
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    writer.join().unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200 OK\r\n").count(), 501);
    scene.server.stop().await;
}

#[tokio::test]
async fn a_request_that_comes_byte_by_byte_is_answered() {
    let scene = scene().await;
    let body = json!({ "key": scene.key.secret }).to_string();
    let headers = format!(
        "authorization: Bearer {}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n",
        scene.token,
        body.len()
    );
    let request = request("POST /api/v1/keys/verify", &headers, &body, true);
    let mut stream = scene.connect();
    stream.set_nodelay(true).unwrap();
    for byte in request.as_bytes() {
        stream.write_all(&[*byte]).unwrap();
    }
    let (status, _, body) = essence(&read_all(stream));
    assert_eq!(status, "HTTP/1.1 200 OK");
    assert!(body.contains("\"valid\""), "{body}");
    scene.server.stop().await;
}

#[tokio::test]
async fn what_no_server_can_read_is_refused_or_closed_and_nothing_else() {
    let scene = scene().await;
    let good = request("GET /api/v1/forward-auth", "", "", true);
    for text in [
        "GET\r\n\r\n".to_owned(),
        "\u{16}\u{3}\u{1}\r\n\r\n".to_owned(),
        good.replace("HTTP/1.1", "HTTP/9.1"),
        good.replace("host", "ho st"),
        good.replace("GET ", "GET  "),
    ] {
        let answer = scene.all(&text);
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 400"),
            "{answer}"
        );
    }
    // The next caller is none the wiser.
    let mut wire = Wire::open(&scene.address());
    assert_eq!(
        wire.ask("GET", "/api/v1/forward-auth", &scene.key.secret, "")
            .0,
        200
    );
    scene.server.stop().await;
}

#[tokio::test]
async fn idle_and_half_closed_connections_end_with_the_server_or_their_caller() {
    let scene = scene().await;
    let silent = scene.connect();
    let mut asked = Wire::open(&scene.address());
    assert_eq!(
        asked
            .ask("GET", "/api/v1/forward-auth", &scene.key.secret, "")
            .0,
        200
    );
    let half = scene.connect();
    half.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_all(half), "");
    scene.server.stop().await;
    assert_eq!(read_all(silent), "");
    assert!(asked.is_closed());
}
