//! Where calls may go.

use super::*;

#[actix_web::test]
async fn a_private_address_is_refused_however_it_is_written_and_nobody_connects() {
    let server = Server::start().await;
    let upstreams = Upstreams::new(UpstreamSettings {
        // Were it called, it would not answer.
        answer_timeout: Duration::from_secs(2),
        ..UpstreamSettings::default()
    })
    .unwrap();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0.0.0.0",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "localhost",
        "LOCALHOST",
    ] {
        let url = format!("http://{host}:{}/mcp", server.port);
        let fault = call(&upstreams, &Target::new(&url, []).unwrap(), "{}")
            .await
            .err();
        assert!(
            matches!(fault, Some(UpstreamFault::NotAllowed(_))),
            "{host}: {fault:?}"
        );
        let sentence = fault.unwrap().to_string();
        assert!(sentence.contains("upstream_allow"), "{sentence}");
    }
    assert!(server.is_left_alone().await);
    // The same server, once it is allowed.
    let target = server.target();
    server.answering(vec![answer("200 OK", "", "x")]);
    assert!(call(&super::upstreams(), &target, "{}").await.is_ok());
}

#[actix_web::test]
async fn a_redirect_is_a_fault_and_leads_nowhere() {
    let elsewhere = Server::start().await;
    for status in [
        "301 Moved",
        "302 Found",
        "303 See Other",
        "307 Temporary",
        "308 Permanent",
    ] {
        let server = Server::start().await;
        let target = server.target();
        let location = format!("location: http://127.0.0.1:{}/\r\n", elsewhere.port);
        server.answering(vec![answer(status, &location, "")]);
        let fault = call(&upstreams(), &target, "{}").await.err();
        let number = status[..3].parse().unwrap();
        assert_eq!(fault, Some(UpstreamFault::Redirect(number)));
    }
    assert!(elsewhere.is_left_alone().await);
}

#[actix_web::test]
async fn a_refused_credential_is_the_projects_fault_and_a_refused_call_is_the_callers() {
    for (status, fault) in [
        ("401 Unauthorized", Some(UpstreamFault::NotAuthorized(401))),
        ("407 Proxy", Some(UpstreamFault::NotAuthorized(407))),
        ("403 Forbidden", None),
        ("404 Not Found", None),
        ("500 Internal", None),
    ] {
        let server = Server::start().await;
        let target = server.target();
        server.answering(vec![answer(status, "", "")]);
        assert_eq!(
            call(&upstreams(), &target, "{}").await.err(),
            fault,
            "{status}"
        );
    }
}

#[actix_web::test]
async fn a_dead_port_and_an_unknown_name_are_told_apart() {
    let server = Server::start().await;
    let target = server.target();
    drop(server);
    let fault = call(&upstreams(), &target, "{}").await.err().unwrap();
    assert!(
        matches!(&fault, UpstreamFault::Unreachable(why) if why.contains("refused")),
        "{fault}"
    );
    let nowhere = Target::new("http://nowhere.invalid/mcp", []).unwrap();
    let fault = call(&upstreams(), &nowhere, "{}").await.err();
    assert_eq!(fault, Some(UpstreamFault::UnknownHost));
}

#[actix_web::test]
async fn a_public_address_is_not_called_over_plain_http_whatever_was_stored() {
    for host in ["1.1.1.1", "[2606:4700::1111]"] {
        let target = Target::new(&format!("http://{host}/mcp"), []).unwrap();
        let fault = call(&upstreams(), &target, "{}").await.err();
        assert!(
            matches!(fault, Some(UpstreamFault::NotAllowed(_))),
            "{host}: {fault:?}"
        );
        let sentence = fault.unwrap().to_string();
        assert!(sentence.contains("https://") && sentence.contains("upstream_allow"));
    }
}
