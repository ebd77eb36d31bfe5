//! How calls end before their time: the caller leaves, the upstream dies or falls silent.

use super::*;

const STREAM: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";

fn impatient(change: impl FnOnce(&mut UpstreamSettings)) -> Upstreams {
    let mut settings = settings();
    change(&mut settings);
    Upstreams::new(settings).unwrap()
}

/// A call whose answer has begun, and the server's end of it.
async fn begun(upstreams: &Upstreams, server: &Server, head: &str) -> (Incoming, TcpStream) {
    let calling = tokio::spawn(call(upstreams, &server.target(), "{}"));
    let mut stream = server.accept().await;
    seen(&mut stream).await;
    stream.write_all(head.as_bytes()).await.unwrap();
    let incoming = timeout(HANGS, calling)
        .await
        .expect("it answers")
        .unwrap()
        .unwrap();
    (incoming, stream)
}

#[actix_web::test]
async fn dropping_the_body_of_a_silent_stream_closes_the_connection() {
    let server = Server::start().await;
    let (mut incoming, mut stream) = begun(&upstreams(), &server, STREAM).await;
    stream.write_all(b"data: 1\n\n").await.unwrap();
    assert!(incoming.body.next().await.unwrap().is_ok());
    // It waits for the next event, as an idle stream does.
    let waiting = timeout(Duration::from_millis(100), incoming.body.next()).await;
    assert!(waiting.is_err());
    drop(incoming);
    assert!(is_closed(&mut stream).await);
}

#[actix_web::test]
async fn dropping_a_body_that_nobody_has_polled_closes_the_connection() {
    let server = Server::start().await;
    let (incoming, mut stream) = begun(&upstreams(), &server, STREAM).await;
    drop(incoming);
    assert!(is_closed(&mut stream).await);
}

#[actix_web::test]
async fn dropping_a_call_without_an_answer_closes_the_connection() {
    let server = Server::start().await;
    let calling = tokio::spawn(call(&upstreams(), &server.target(), "{}"));
    let mut stream = server.accept().await;
    seen(&mut stream).await;
    calling.abort();
    assert!(is_closed(&mut stream).await);
}

#[actix_web::test]
async fn an_upstream_that_does_not_begin_to_answer_is_given_up_and_let_go() {
    let server = Server::start().await;
    let upstreams = impatient(|s| s.answer_timeout = Duration::from_millis(200));
    let calling = tokio::spawn(call(&upstreams, &server.target(), "{}"));
    let mut stream = server.accept().await;
    seen(&mut stream).await;
    let fault = timeout(HANGS, calling)
        .await
        .expect("it ends")
        .unwrap()
        .err();
    assert_eq!(fault, Some(UpstreamFault::AnswerTimeout));
    assert!(is_closed(&mut stream).await);
}

#[actix_web::test]
async fn a_stream_that_falls_silent_ends_but_a_slow_reader_does_not_end_it() {
    let server = Server::start().await;
    let patience = Duration::from_millis(300);
    let upstreams = impatient(|s| s.idle_timeout = patience);
    let (mut incoming, mut stream) = begun(&upstreams, &server, STREAM).await;
    stream.write_all(b"data: 1\n\n").await.unwrap();
    // The reader is busy for longer than the upstream may be silent.
    tokio::time::sleep(patience * 2).await;
    assert_eq!(
        incoming.body.next().await,
        Some(Ok(Bytes::from_static(b"data: 1\n\n")))
    );
    // An upstream that says something in time goes on.
    for _ in 0..3 {
        tokio::time::sleep(patience / 2).await;
        stream.write_all(b": still here\n\n").await.unwrap();
        assert!(matches!(incoming.body.next().await, Some(Ok(_))));
    }
    let end = timeout(HANGS, incoming.body.next()).await.expect("it ends");
    assert_eq!(end, Some(Err(UpstreamFault::IdleTimeout)));
    assert_eq!(incoming.body.next().await, None);
    drop(incoming);
    assert!(is_closed(&mut stream).await);
}

#[actix_web::test]
async fn an_upstream_that_dies_is_a_fault_and_not_a_short_answer() {
    for (answer, wanted) in [
        ("", Some(UpstreamFault::Lost)),
        ("HTTP/1.1 200 OK\r\nconte", Some(UpstreamFault::Lost)),
        (
            "SSH-2.0-OpenSSH_9.6\r\n\r\n",
            Some(UpstreamFault::BadAnswer),
        ),
        (
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
            Some(UpstreamFault::BadAnswer),
        ),
        ("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort", None),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nshort\r\n",
            None,
        ),
    ] {
        let server = Server::start().await;
        let target = server.target();
        let served = server.answering(vec![answer.to_owned()]);
        let incoming = call(&upstreams(), &target, "{}").await;
        served.await.unwrap();
        match incoming {
            Err(fault) => assert_eq!(Some(fault), wanted, "{answer:?}"),
            Ok(incoming) => {
                assert_eq!(wanted, None, "{answer:?}");
                let lost = (b"short".to_vec(), Some(UpstreamFault::Lost));
                assert_eq!(whole(incoming.body).await, lost, "{answer:?}");
            }
        }
    }
}

#[actix_web::test]
async fn a_stalled_reader_stalls_the_upstream() {
    let server = Server::start().await;
    let (mut incoming, mut stream) = begun(&upstreams(), &server, STREAM).await;
    let chunk = vec![b'x'; 64 * 1024];
    let mut written = 0_usize;
    while let Ok(done) = timeout(Duration::from_millis(500), stream.write(&chunk)).await {
        written += done.unwrap();
        assert!(written < 64 * 1024 * 1024, "somebody reads ahead");
    }
    // What the kernel holds on both sides, and one buffer of ours; and it goes on when the reader does.
    let mut read = 0;
    while read < written {
        read += timeout(HANGS, incoming.body.next())
            .await
            .expect("it goes on")
            .unwrap()
            .unwrap()
            .len();
    }
    assert_eq!(read, written);
    stream.write_all(&chunk).await.unwrap();
    assert!(matches!(incoming.body.next().await, Some(Ok(_))));
}

#[actix_web::test]
async fn an_endless_head_is_no_answer() {
    let server = Server::start().await;
    let target = server.target();
    let head = format!("x-long: {}\r\n", "x".repeat(2 * READ_BUFFER));
    let _served = server.answering(vec![answer("200 OK", &head, "")]);
    let fault = call(&upstreams(), &target, "{}").await.err();
    assert_eq!(fault, Some(UpstreamFault::BadAnswer));
}
