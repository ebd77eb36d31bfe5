//! https, and whose certificates are taken.

use std::{io::Write as _, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, pem::PemObject as _},
};
use tempfile::NamedTempFile;
use tokio_rustls::TlsAcceptor;

use super::*;

/// A CA in a file, and a server that shows a certificate of it for this name.
fn certified(name: &str) -> (NamedTempFile, TlsAcceptor) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let root = authority.self_signed(&authority_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![name.to_owned()])
        .unwrap()
        .signed_by(&key, &Issuer::new(authority, authority_key))
        .unwrap();
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(root.pem().as_bytes()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![leaf.der().clone()],
            PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap(),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    (file, TlsAcceptor::from(Arc::new(config)))
}

fn trusting(file: Option<&NamedTempFile>) -> Upstreams {
    let ca_file = file.map(|file| file.path().to_owned());
    Upstreams::new(UpstreamSettings {
        ca_file,
        ..settings()
    })
    .unwrap()
}

/// Serves one call over TLS, if it comes to that; gives the protocol that was agreed on.
fn serve(server: Server, acceptor: TlsAcceptor) -> tokio::task::JoinHandle<Option<Vec<u8>>> {
    tokio::spawn(async move {
        let mut stream = acceptor.accept(server.accept().await).await.ok()?;
        seen(&mut stream).await;
        stream
            .write_all(answer("200 OK", "", "safe").as_bytes())
            .await
            .unwrap();
        let protocol = stream.get_ref().1.alpn_protocol();
        Some(protocol.unwrap_or_default().to_vec())
    })
}

fn target(server: &Server) -> Target {
    Target::new(&format!("https://127.0.0.1:{}/mcp", server.port), []).unwrap()
}

#[actix_web::test]
async fn a_certificate_of_the_configured_ca_is_taken_and_http_1_agreed_on() {
    let (ca, acceptor) = certified("127.0.0.1");
    let server = Server::start().await;
    let target = target(&server);
    let served = serve(server, acceptor);
    let incoming = call(&trusting(Some(&ca)), &target, "{}").await.unwrap();
    assert_eq!(whole(incoming.body).await, (b"safe".to_vec(), None));
    assert_eq!(served.await.unwrap().as_deref(), Some(&b"http/1.1"[..]));
}

#[actix_web::test]
async fn a_certificate_of_somebody_else_or_for_another_name_is_refused() {
    for (name, trusted) in [("127.0.0.1", false), ("mcp.example.com", true)] {
        let (ca, acceptor) = certified(name);
        let server = Server::start().await;
        let target = target(&server);
        let served = serve(server, acceptor);
        let upstreams = trusting(trusted.then_some(&ca));
        let fault = call(&upstreams, &target, "{}").await.err().unwrap();
        assert!(matches!(fault, UpstreamFault::Tls(_)), "{fault:?}");
        assert!(fault.to_string().contains("upstream_ca_file"));
        assert_eq!(served.await.unwrap(), None);
    }
}

#[actix_web::test]
async fn https_to_a_port_that_speaks_http_is_a_fault_of_tls() {
    let server = Server::start().await;
    let target = target(&server);
    tokio::spawn(async move {
        let mut stream = server.accept().await;
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        is_closed(&mut stream).await;
    });
    let fault = call(&trusting(None), &target, "{}").await.err().unwrap();
    assert!(matches!(fault, UpstreamFault::Tls(_)), "{fault:?}");
}

#[actix_web::test]
async fn a_handshake_that_never_ends_is_given_up() {
    let server = Server::start().await;
    let upstreams = Upstreams::new(UpstreamSettings {
        connect_timeout: Duration::from_millis(200),
        ..settings()
    })
    .unwrap();
    let calling = tokio::spawn(call(&upstreams, &target(&server), "{}"));
    let _silent = server.accept().await;
    let fault = timeout(HANGS, calling)
        .await
        .expect("it ends")
        .unwrap()
        .err();
    assert_eq!(fault, Some(UpstreamFault::ConnectTimeout));
}

#[test]
fn a_file_without_certificates_is_no_ca() {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(b"nothing\n").unwrap();
    for path in [file.path(), "/nowhere/ca.pem".as_ref()] {
        let ca_file = Some(path.to_owned());
        let settings = UpstreamSettings {
            ca_file,
            ..settings()
        };
        let sentence = Upstreams::new(settings).err().unwrap();
        assert!(sentence.starts_with("upstream_ca_file: "), "{sentence}");
        assert!(sentence.contains(&path.display().to_string()), "{sentence}");
    }
}
