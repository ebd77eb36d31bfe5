//! PostgreSQL over TLS: the server is who the URL says, or nothing is sent to it.

use std::fs;

use diesel::{Connection as _, PgConnection, RunQueryDsl as _, dsl::sql, sql_types::BigInt};
use latchkey_cluster::{Cluster, Identity};
use serde_json::Value;

use crate::{
    support::{Backend, backend, process::Home},
    tls::Authority,
};

#[tokio::test]
async fn verify_full_takes_the_named_server_and_no_other() {
    if backend() != Backend::Postgres {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (authority, stranger) = (Authority::new(), Authority::new());
    let (ca, other) = (
        folder.path().join("ca.pem"),
        folder.path().join("other.pem"),
    );
    fs::write(&ca, authority.pem()).unwrap();
    fs::write(&other, stranger.pem()).unwrap();
    let files = authority.vouch("localhost", folder.path());
    let (cert, key) = (
        fs::read_to_string(&files.cert).unwrap(),
        fs::read_to_string(&files.key).unwrap(),
    );
    let identity = Identity {
        cert: &cert,
        key: &key,
    };
    let log = folder.path().join("postgres.log");
    let cluster = Cluster::start_with_tls(&log, &identity).unwrap();
    let home = Home::on_server(cluster.url());
    let with = |host: &str, parameters: &str| {
        let url = home.place.url().replace("127.0.0.1", host);
        format!("{url}?{parameters}")
    };
    let trusting =
        |file: &std::path::Path| format!("sslmode=verify-full&sslrootcert={}", file.display());

    for (url, word) in [
        // A CA that did not make its certificate.
        (with("localhost", &trusting(&other)), "SSL error"),
        // Its certificate, for another name than the one that was asked for.
        (with("127.0.0.1", &trusting(&ca)), "127.0.0.1"),
        (
            with("localhost", "sslmode=verify-full&sslrootcert=/missing.pem"),
            "/missing.pem",
        ),
    ] {
        let mut command = home.latchkey(&["serve"]);
        command.env("LATCHKEY_DATABASE_URL", &url);
        let ended = home.finish(command).await;
        let sentence = ended.sentence();
        assert!(
            sentence.contains("can't be reached") && sentence.contains(word),
            "{sentence}"
        );
        let password = url.split(':').nth(2).unwrap().split('@').next().unwrap();
        assert!(!ended.stderr.contains(password), "the password is told");
    }

    let good = with("localhost", &trusting(&ca));
    let server = home
        .start_with(|command| {
            command
                .env("LATCHKEY_DATABASE_URL", &good)
                .env("LATCHKEY_SETUP_TOKEN", crate::support::process::SETUP_TOKEN);
        })
        .await;
    let token = server.set_up().await;
    let client = server.client(&token);
    let project = client.project("Memory Lake").await;
    let (path, secret) = client.key(&project, "Claude AI Integration").await;
    assert_eq!(client.verdict(&secret).await, "valid");
    client.ask("DELETE", &path, Value::Null).await.ok();
    assert_eq!(client.verdict(&secret).await, "revoked");
    let mut db = PgConnection::establish(cluster.url()).unwrap();
    let count = |condition: &str, db: &mut PgConnection| -> i64 {
        let text = format!(
            "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
             WHERE application_name = 'latchkey' AND {condition}"
        );
        sql::<BigInt>(&text).get_result(db).unwrap()
    };
    assert!(count("ssl", &mut db) > 0, "no connection is encrypted");
    assert_eq!(
        count("NOT ssl", &mut db),
        0,
        "a connection is not encrypted"
    );
    server.stop().await;
}
