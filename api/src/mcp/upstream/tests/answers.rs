//! What passes, in both directions.

use super::*;

#[actix_web::test]
async fn a_call_and_its_answer_pass_as_they_are() {
    let server = Server::start().await;
    let url = format!("http://127.0.0.1:{}/mcp/v1?team=a%20b", server.port);
    let target = Target::new(&url, [("Authorization", "Bearer upstreams")]).unwrap();
    let body = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    let head =
        "content-type: application/json\r\nmcp-session-id: odd \u{e9}\r\nset-cookie: a=b\r\n";
    let served = server.answering(vec![answer("202 Accepted", head, body)]);
    let (key, project) = (
        "key_0192f0c1d2e37a4b8c5d6e7f80910203",
        "proj_0192f0c1d2e37a4b8c5d6e7f80910204",
    );
    let sent = headers(&[
        ("authorization", "Bearer callers"),
        ("content-length", "999"),
        ("cookie", "latchkey=callers"),
        ("mcp-session-id", "sealed"),
        ("mcp-name", "echo"),
        ("x-forwarded-uri", "/a/mcp/v1?apikey=callers"),
    ]);
    let call = upstreams().call(
        &target,
        Outgoing {
            method: Method::POST,
            headers: &sent,
            body: ["{\"a\"", ":", "", "1}"].map(Bytes::from).to_vec(),
            session_id: Some("upstreams-session"),
            on_behalf: Some(OnBehalf {
                key_id: key.parse().unwrap(),
                project_id: project.parse().unwrap(),
            }),
        },
    );
    let incoming = call.await.unwrap();
    assert_eq!(incoming.status, 202);
    assert_eq!(
        incoming.headers.get("content-type").unwrap(),
        "application/json"
    );
    assert_eq!(incoming.headers.len(), 1);
    assert!(incoming.session_id.unwrap().starts_with("odd "));
    assert_eq!(incoming.body.length(), Some(body.len() as u64));
    assert_eq!(whole(incoming.body).await, (body.as_bytes().to_vec(), None));

    let seen = served.await.unwrap().remove(0);
    assert_eq!(seen.body, b"{\"a\":1}");
    let mut lines: Vec<&str> = seen.head.trim_end().split("\r\n").collect();
    assert_eq!(lines.remove(0), "POST /mcp/v1?team=a%20b HTTP/1.1");
    lines.sort_unstable();
    let host = seen
        .head
        .lines()
        .find(|line| line.starts_with("host: "))
        .unwrap();
    assert_eq!(
        lines,
        [
            "accept-encoding: identity",
            "authorization: Bearer upstreams",
            "content-length: 7",
            host,
            "mcp-name: echo",
            "mcp-session-id: upstreams-session",
            &format!("x-latchkey-key-id: {key}"),
            &format!("x-latchkey-project-id: {project}"),
        ]
    );
    assert!(!seen.head.contains("callers"));
}

#[actix_web::test]
async fn events_pass_one_by_one_and_nothing_waits_for_the_next() {
    let server = Server::start().await;
    let calling = call(&upstreams(), &server.target(), "{}");
    let calling = tokio::spawn(calling);
    let mut stream = server.accept().await;
    seen(&mut stream).await;
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    // The head alone is an answer.
    let mut body = timeout(HANGS, calling)
        .await
        .expect("it answers")
        .unwrap()
        .unwrap()
        .body;
    assert_eq!(body.length(), None);
    for number in 0..5 {
        let event = format!("data: {number}\n\n");
        let chunk = format!("{:x}\r\n{event}\r\n", event.len());
        stream.write_all(chunk.as_bytes()).await.unwrap();
        let read = timeout(HANGS, body.next())
            .await
            .expect("it comes")
            .unwrap()
            .unwrap();
        assert_eq!(read, event);
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    assert_eq!(whole(body).await, (Vec::new(), None));
}

#[actix_web::test]
async fn a_large_body_passes_both_ways() {
    let server = Server::start().await;
    let target = server.target();
    let served = tokio::spawn(async move {
        let mut stream = server.accept().await;
        let seen = seen(&mut stream).await;
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n",
            seen.body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&seen.body).await.unwrap();
    });
    let chunks: Vec<Bytes> = (0..128_u8)
        .map(|byte| Bytes::from(vec![byte; 32 * 1024]))
        .collect();
    let wanted = chunks.concat();
    let headers = HeaderMap::new();
    let call = Outgoing {
        method: Method::POST,
        headers: &headers,
        body: chunks,
        session_id: None,
        on_behalf: None,
    };
    let incoming = upstreams().call(&target, call).await.unwrap();
    let (all, fault) = whole(incoming.body).await;
    assert!(all == wanted && fault.is_none());
    served.await.unwrap();
}

#[actix_web::test]
async fn a_connection_serves_one_call_after_the_other_and_is_replaced_when_it_was_closed() {
    let server = Server::start().await;
    let (upstreams, target) = (upstreams(), server.target());
    let served = tokio::spawn(async move {
        let mut stream = server.accept().await;
        for _ in 0..3 {
            seen(&mut stream).await;
            stream
                .write_all(answer("200 OK", "", "again").as_bytes())
                .await
                .unwrap();
        }
        drop(stream);
        let mut stream = server.accept().await;
        seen(&mut stream).await;
        stream
            .write_all(answer("200 OK", "", "new").as_bytes())
            .await
            .unwrap();
    });
    for wanted in ["again", "again", "again", "new"] {
        let incoming = call(&upstreams, &target, "{}").await.unwrap();
        assert_eq!(
            whole(incoming.body).await,
            (wanted.as_bytes().to_vec(), None)
        );
        // The connection goes back, or its end is seen.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    served.await.unwrap();
}

#[actix_web::test]
async fn get_and_delete_pass_without_a_body() {
    for method in [Method::GET, Method::DELETE] {
        let server = Server::start().await;
        let target = server.target();
        let served = server.answering(vec![answer(
            "405 Method Not Allowed",
            "allow: POST\r\n",
            "",
        )]);
        let headers = HeaderMap::new();
        let call = Outgoing {
            method: method.clone(),
            headers: &headers,
            body: Vec::new(),
            session_id: None,
            on_behalf: None,
        };
        let incoming = upstreams().call(&target, call).await.unwrap();
        assert_eq!(incoming.status, 405);
        assert_eq!(incoming.headers.get("allow").unwrap(), "POST");
        assert_eq!(whole(incoming.body).await, (Vec::new(), None));
        let head = served.await.unwrap().remove(0).head;
        assert!(head.starts_with(&format!("{method} /mcp HTTP/1.1\r\n")));
        assert!(!head.contains("transfer-encoding"), "{head}");
    }
}

#[actix_web::test]
async fn an_early_hint_is_no_answer() {
    let server = Server::start().await;
    let target = server.target();
    let text = format!(
        "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n{}",
        answer("200 OK", "", "x")
    );
    server.answering(vec![text]);
    let incoming = call(&upstreams(), &target, "{}").await.unwrap();
    assert_eq!(incoming.status, 200);
    assert_eq!(whole(incoming.body).await, (b"x".to_vec(), None));
}
