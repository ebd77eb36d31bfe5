use clap::Parser;

use super::*;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    serve: ServeArgs,
}

fn check(flags: &[&str]) -> Result<Config, String> {
    let cli = Cli::try_parse_from(std::iter::once(&"latchkey").chain(flags))
        .map_err(|e| e.to_string())?;
    cli.serve.check().map_err(|e| e.to_string())
}

#[test]
fn the_defaults_are_good() {
    let config = check(&[]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert!(
        matches!(config.master_key, MasterKeySource::File(path) if path.ends_with("data/latchkey.key"))
    );
    assert_eq!(config.upstreams, UpstreamSettings::default());
    assert_eq!(config.mcp_body_limit, 4 * 1024 * 1024);
    assert_eq!(config.mcp_calls_per_key, 32);
}

#[test]
fn a_wrong_setting_is_named() {
    for (flags, name) in [
        (&["--listen", "nowhere"][..], "--listen"),
        (&["--listen", "0.0.0.0:80"], "public_url"),
        (&["--listen", "192.0.2.1:80"], "public_url"),
        (&["--public-url", "ftp://x"], "public_url"),
        (&["--public-url", "https://x/path"], "public_url"),
        (&["--public-url", "https://u:p@x"], "public_url"),
        (&["--public-url", "http://keys.example.com"], "public_url"),
        (&["--database-url", "mysql://x"], "database_url"),
        (&["--database-url", "postgres://x/y"], "sslmode=verify-full"),
        (
            &["--database-url", "postgres://localhost/y"],
            "master_key_file",
        ),
        (&["--master-key", "short"], "master_key"),
        (&["--setup-token", "short"], "setup_token"),
        (
            &["--trusted-proxies", "10.0.0.0/8,nonsense"],
            "--trusted-proxies",
        ),
        (&["--session-days", "0"], "--session-days"),
        (&["--log-format", "xml"], "--log-format"),
        (&["--assets", "/nowhere"], "assets"),
        (&["--upstream-allow", "10.0.0.0/33"], "--upstream-allow"),
        (
            &["--upstream-connect-seconds", "0"],
            "--upstream-connect-seconds",
        ),
        (&["--tls-cert", "c.pem"], "tls_key"),
        (&["--tls-key", "k.pem"], "tls_cert"),
        (
            &[
                "--tls-cert",
                "c",
                "--tls-key",
                "k",
                "--public-url",
                "http://localhost",
            ],
            "public_url",
        ),
        (&["--mcp-body-limit", "9"], "--mcp-body-limit"),
        (&["--mcp-calls-per-key", "0"], "--mcp-calls-per-key"),
    ] {
        let message = check(flags).err().unwrap_or_default();
        assert!(message.contains(name), "{flags:?} said {message:?}");
    }
}

#[test]
fn plain_http_is_fine_on_this_machine_or_when_asked_for() {
    assert!(check(&["--public-url", "http://localhost:8080"]).is_ok());
    assert!(check(&["--public-url", "http://[::1]:8080"]).is_ok());
    assert!(check(&["--public-url", "http://keys.lan", "--insecure-http"]).is_ok());
    assert!(
        check(&[
            "--listen",
            "0.0.0.0:80",
            "--public-url",
            "https://keys.example.com"
        ])
        .is_ok()
    );
}

#[test]
fn networks_for_upstreams_are_addresses_or_cidrs() {
    let config = check(&["--upstream-allow", "127.0.0.0/8, ::1,10.1.2.3"]).unwrap();
    let allow: Vec<String> = config
        .upstreams
        .allow
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(allow, ["127.0.0.0/8", "::1/128", "10.1.2.3/32"]);
}
