//! What the answer to a check allocates, from the request's head to the finished response: counted, not timed. Looking the
//! key up allocates nothing (`crates/gate/src/tests/allocations.rs`), nor does the front; the framework's answer has the values
//! of headers.

use std::net::SocketAddr;

use actix_web::{HttpRequest, test::TestRequest};
use allocation_counter::measure;
use latchkey_api::{front::Answers, lane::decide};

use crate::support::TestServer;

/// The ids of the key, the project and the request, the slug, and the environment.
const ACCEPTED: u64 = 5;

fn request(secret: &str) -> HttpRequest {
    TestRequest::get()
        .uri("/api/v1/forward-auth")
        .peer_addr(SocketAddr::from(([192, 0, 2, 7], 50_000)))
        .insert_header(("x-api-key", secret))
        .insert_header(("user-agent", "claude-code/2.1.0 (linux)"))
        .to_http_request()
}

#[tokio::test]
async fn an_accepted_check_allocates_little_more_than_its_headers() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let (app, request) = (server.shared(), request(&key.secret));
    // The first one makes the key's counters, and what a thread makes once.
    assert_eq!(decide(app, request.head()).status(), 200);
    let counted = measure(|| {
        for _ in 0..10 {
            assert_eq!(decide(app, request.head()).status(), 200);
        }
    });
    assert!(
        counted.count_total <= 10 * ACCEPTED,
        "{} allocations in 10 checks",
        counted.count_total
    );
    server.stop().await;
}

#[tokio::test]
async fn an_accepted_check_at_the_front_allocates_nothing() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let answers = Answers::new(server.shared().clone());
    let request = format!(
        "GET /api/v1/forward-auth HTTP/1.1\r\nhost: keys.example.com\r\nx-api-key: {}\r\n\
         user-agent: claude-code/2.1.0 (linux)\r\n\r\n",
        key.secret
    );
    let mut written = Vec::with_capacity(4096);
    let mut check = || {
        written.clear();
        let peer = Some([192, 0, 2, 7].into());
        assert_eq!(
            answers.answer(request.as_bytes(), peer, &mut written),
            request.len()
        );
        assert!(written.starts_with(b"HTTP/1.1 200 OK\r\n"));
    };
    check();
    let counted = measure(|| (0..10).for_each(|_| check()));
    assert_eq!(counted.count_total, 0);
    server.stop().await;
}
