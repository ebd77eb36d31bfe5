//! https of our own: its certificate, its cookie, and access that ends under encryption, too.

use std::{fs, path::Path, process::Command, sync::Arc};

use latchkey_api::tls::TlsFiles;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::support::{
    PASSWORD, SETUP_TOKEN, TestServer, eventually,
    process::Home,
    upstream::{Manner, Upstream},
};

/// A CA, and the files of a server that it vouches for.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: CertificateDer<'static>,
    pem: String,
}

impl Authority {
    pub fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Not the name that certificates get by default: OpenSSL takes one whose two names are the same for its own issuer.
        parameters.distinguished_name = DistinguishedName::new();
        parameters
            .distinguished_name
            .push(DnType::CommonName, "A CA of the tests");
        let key = KeyPair::generate().unwrap();
        let root = parameters.self_signed(&key).unwrap();
        Self {
            root: root.der().clone(),
            pem: root.pem(),
            issuer: Issuer::new(parameters, key),
        }
    }

    /// Its own certificate.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Writes a fresh certificate for this name or address, and its key.
    pub fn vouch(&self, name: &str, folder: &Path) -> TlsFiles {
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec![name.to_owned()])
            .unwrap()
            .signed_by(&key, &self.issuer)
            .unwrap();
        let files = TlsFiles {
            cert: folder.join("cert.pem"),
            key: folder.join("key.pem"),
        };
        fs::write(&files.cert, leaf.pem()).unwrap();
        fs::write(&files.key, key.serialize_pem()).unwrap();
        files
    }

    /// Connects as somebody who trusts this authority alone.
    async fn connect(&self, server: &TestServer) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let socket = TcpStream::connect(address(server)).await?;
        TlsConnector::from(Arc::new(config))
            .connect(ServerName::try_from("127.0.0.1").unwrap(), socket)
            .await
    }

    /// One request on a connection of its own; the answer's head in small letters, and its body as JSON.
    async fn ask(
        &self,
        server: &TestServer,
        line: &str,
        header: &str,
        body: Value,
    ) -> (String, Value) {
        let answer = self.text(server, line, header, body).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (
            head.to_ascii_lowercase(),
            serde_json::from_str(body).unwrap_or_default(),
        )
    }

    /// The same as it came.
    async fn text(&self, server: &TestServer, line: &str, header: &str, body: Value) -> String {
        let mut stream = self.connect(server).await.unwrap();
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let request = format!(
            "{line} HTTP/1.1\r\nhost: {}\r\n{header}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{body}",
            address(server),
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    }

    /// Sets the instance up; the session's cookie as a header.
    async fn set_up(&self, server: &TestServer) -> String {
        let body = json!({
            "setup_token": SETUP_TOKEN, "name": "Ada", "email": "ada@example.com", "password": PASSWORD,
        });
        let (head, _) = self.ask(server, "POST /api/v1/setup", "x: y", body).await;
        let cookie = head
            .lines()
            .find_map(|line| line.strip_prefix("set-cookie: "))
            .unwrap_or_else(|| panic!("no cookie: {head}"));
        for attribute in [
            "__host-latchkey=",
            "; secure",
            "; httponly",
            "; samesite=strict",
        ] {
            assert!(cookie.contains(attribute), "{attribute} is missing");
        }
        // The head above was put into small letters, and a token is not the same in those.
        self.sign_in(server).await
    }

    async fn sign_in(&self, server: &TestServer) -> String {
        let body = json!({"email": "ada@example.com", "password": PASSWORD});
        let answer = self
            .text(server, "POST /api/v1/session", "x: y", body)
            .await;
        let (_, cookie) = answer.split_once("__Host-latchkey=").unwrap();
        let value = cookie.split(';').next().unwrap();
        format!("cookie: __Host-latchkey={value}")
    }
}

fn address(server: &TestServer) -> String {
    let url = server.url("/");
    let address = url.strip_prefix("https://").expect("it is https");
    address.trim_end_matches('/').to_owned()
}

async fn start(authority: &Authority, folder: &Path) -> TestServer {
    let files = authority.vouch("127.0.0.1", folder);
    TestServer::start_with(|config| config.tls = Some(files)).await
}

#[tokio::test]
async fn the_server_speaks_https_with_the_secure_cookie() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let server = start(&authority, folder.path()).await;
    let cookie = authority.set_up(&server).await;
    let (head, me) = authority
        .ask(&server, "GET /api/v1/me", &cookie, Value::Null)
        .await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert_eq!(me["email"], "ada@example.com");
    assert!(
        head.contains("strict-transport-security: max-age="),
        "{head}"
    );
    // The name without Secure opens nothing here.
    let plain = cookie.replace("__Host-latchkey", "latchkey");
    let (head, _) = authority
        .ask(&server, "GET /api/v1/me", &plain, Value::Null)
        .await;
    assert!(head.starts_with("http/1.1 401"), "{head}");
    let (_, session) = authority
        .ask(&server, "GET /api/v1/session", "x: y", Value::Null)
        .await;
    assert_eq!(session["insecure_http"], false);
    let body = json!({"name": "Memory Lake"});
    let (_, project) = authority
        .ask(&server, "POST /api/v1/projects", &cookie, body)
        .await;
    let line = format!(
        "POST /api/v1/projects/{}/keys",
        project["id"].as_str().unwrap()
    );
    let (_, key) = authority.ask(&server, &line, &cookie, json!({})).await;
    let endpoint = key["endpoint_url"].as_str().unwrap();
    assert!(endpoint.starts_with("https://127.0.0.1:"), "{endpoint}");

    let stranger = Authority::new();
    assert!(
        stranger.connect(&server).await.is_err(),
        "trusted by anybody"
    );
    let mut plain = TcpStream::connect(address(&server)).await.unwrap();
    plain
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/"), "plain http is answered");
}

#[tokio::test]
async fn a_certificate_is_read_again_on_sighup_and_a_bad_one_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (Authority::new(), Authority::new());
    let server = start(&first, folder.path()).await;
    assert!(first.connect(&server).await.is_ok());
    second.vouch("127.0.0.1", folder.path());
    hang_up();
    eventually("the second certificate is shown", async || {
        second.connect(&server).await.is_ok()
    })
    .await;
    assert!(first.connect(&server).await.is_err());
    // The certificate alone, as when a renewal is only half done.
    let (other, key) = (tempfile::tempdir().unwrap(), folder.path().join("key.pem"));
    let files = first.vouch("127.0.0.1", other.path());
    fs::copy(&files.cert, folder.path().join("cert.pem")).unwrap();
    hang_up();
    let (head, _) = second
        .ask(&server, "GET /healthz", "x: y", Value::Null)
        .await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(first.connect(&server).await.is_err());
    // When the other half comes, both are taken.
    fs::copy(&files.key, key).unwrap();
    hang_up();
    eventually("the first certificate is shown again", async || {
        first.connect(&server).await.is_ok()
    })
    .await;
}

#[tokio::test]
async fn a_stream_ends_under_encryption_with_the_revoke() {
    for manner in [Manner::Events, Manner::Flood] {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new();
        let server = start(&authority, folder.path()).await;
        let cookie = authority.set_up(&server).await;
        let upstream = Upstream::start(manner).await;
        let body = json!({"name": "Memory Lake"});
        let (_, project) = authority
            .ask(&server, "POST /api/v1/projects", &cookie, body)
            .await;
        let path = format!("/api/v1/projects/{}", project["id"].as_str().unwrap());
        let line = format!("PATCH {path}");
        let body = json!({"backend": upstream.backend()});
        let (head, _) = authority.ask(&server, &line, &cookie, body).await;
        assert!(head.starts_with("http/1.1 200"), "{head}");
        let line = format!("POST {path}/keys");
        let (_, key) = authority.ask(&server, &line, &cookie, json!({})).await;

        let mut stream = authority.connect(&server).await.unwrap();
        let request = format!(
            "GET /memory-lake/mcp/v1 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
             accept: text/event-stream\r\n\r\n",
            key["secret"].as_str().unwrap()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut some = [0; 600];
        stream.read_exact(&mut some).await.unwrap();
        let line = format!("DELETE {path}/keys/{}", key["key"]["id"].as_str().unwrap());
        let (head, receipt) = authority.ask(&server, &line, &cookie, Value::Null).await;
        assert!(head.starts_with("http/1.1 200"), "{head}");
        assert_eq!(receipt["streams_closed"], 1);
        // What has arrived is all that ever does, counted below the encryption.
        let (mut socket, _) = stream.into_inner();
        let queued = rustix::io::ioctl_fionread(&socket).unwrap();
        let mut rest = Vec::new();
        let _ = socket.read_to_end(&mut rest).await;
        assert_eq!(rest.len() as u64, queued, "bytes came after the answer");
    }
}

#[tokio::test]
async fn files_that_cant_be_used_stop_the_start() {
    let (home, folder) = (Home::new(), tempfile::tempdir().unwrap());
    let authority = Authority::new();
    let files = authority.vouch("127.0.0.1", folder.path());
    let other = tempfile::tempdir().unwrap();
    let stranger = Authority::new().vouch("127.0.0.1", other.path());
    let text = folder.path().join("text.pem");
    fs::write(&text, "no PEM at all").unwrap();
    let missing = folder.path().join("missing.pem");
    for (cert, key, name) in [
        (&missing, &files.key, "tls_cert"),
        (&text, &files.key, "tls_cert"),
        (&files.cert, &missing, "tls_key"),
        (&files.cert, &text, "tls_key"),
        (&files.cert, &stranger.key, "tls_key"),
    ] {
        let mut command = home.latchkey(&["serve"]);
        command
            .env("LATCHKEY_TLS_CERT", cert)
            .env("LATCHKEY_TLS_KEY", key);
        let ended = home.finish(command).await;
        assert!(ended.sentence().contains(name), "{}", ended.stderr);
        assert!(!ended.stderr.contains("PRIVATE KEY"));
    }
}

#[tokio::test]
async fn healthcheck_knows_the_servers_own_certificate() {
    let (home, folder) = (Home::new(), tempfile::tempdir().unwrap());
    let authority = Authority::new();
    // For the name that users know; the check asks by address.
    let files = authority.vouch("keys.example.com", folder.path());
    let server = TestServer::start_with(|config| config.tls = Some(files.clone())).await;
    let check = async |cert: &Path| {
        let mut command = home.latchkey(&["healthcheck", "--listen", &address(&server)]);
        command.env("LATCHKEY_TLS_CERT", cert);
        home.finish(command).await
    };
    assert_eq!(check(&files.cert).await.ok(), "ready\n");
    let other = tempfile::tempdir().unwrap();
    let stranger = Authority::new().vouch("keys.example.com", other.path());
    let refused = check(&stranger.cert).await;
    assert!(
        refused.sentence().contains("tls_cert"),
        "{}",
        refused.stderr
    );
    let plain = home
        .run(&["healthcheck", "--listen", &address(&server)])
        .await;
    assert!(plain.sentence().contains("tls_cert"), "{}", plain.stderr);
}

/// SIGHUP to this process, in which the server runs.
fn hang_up() {
    let pid = std::process::id().to_string();
    let sent = Command::new("sh")
        .args(["-c", "kill -HUP \"$1\"", "kill", &pid])
        .status();
    assert!(sent.unwrap().success());
}
