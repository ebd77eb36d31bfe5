//! What the answer to a check allocates, from the request's head to the finished response: counted, not timed. Looking the
//! key up allocates nothing (`crates/gate/src/tests/allocations.rs`), so what is left are the values of headers.

use std::net::SocketAddr;

use actix_web::{HttpRequest, test::TestRequest};
use allocation_counter::measure;
use latchkey_api::lane::decide;

use crate::support::TestServer;

/// The ids of the key, the project and the request, and the slug.
const ACCEPTED: u64 = 4;

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
