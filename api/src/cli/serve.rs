//! `latchkey serve`.

use std::io::IsTerminal as _;

use tracing_subscriber::{EnvFilter, fmt};

use super::say;
use crate::{
    application::Application,
    config::{ConfigError, LogFormat, ServeArgs},
};

pub(super) fn run(args: ServeArgs) -> Result<(), ConfigError> {
    start_log(args.log_format)?;
    let configured = args.setup_token.is_some();
    let config = args.check()?;
    let insecure = config.insecure_http;
    actix_web::rt::System::new().block_on(async move {
        let application = Application::build(config)?;
        let address = application
            .address()
            .map_err(|e| ConfigError(format!("listen: the address can't be read ({e})")))?;
        // The address and the setup URL go to stdout, not through the log: logs are kept and shipped, and
        // the setup token is a secret while it works.
        say(format_args!(
            "Latchkey listens on {address}: {}",
            application.public_url()
        ))?;
        if let Some(url) = application.setup_url() {
            say(format_args!(
                "Set it up here (this link works until the next start): {url}"
            ))?;
        } else if configured && application.is_setup_needed() {
            say("Set it up with the setup token that is configured.")?;
        }
        if insecure {
            tracing::warn!(
                "insecure_http is set: passwords, cookies and keys can be read on the way"
            );
        }
        application
            .run_until_stopped(|_| {})
            .await
            .map_err(|e| ConfigError(format!("the server could not run: {e}")))
    })
}

fn start_log(format: LogFormat) -> Result<(), ConfigError> {
    let wanted = std::env::var("LATCHKEY_LOG").unwrap_or_else(|_| "info".to_owned());
    let filter = EnvFilter::try_new(&wanted).map_err(|e| {
        ConfigError(format!(
            "LATCHKEY_LOG: can't be read ({e}); try info or debug"
        ))
    })?;
    let lines = fmt::Subscriber::builder()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Json => tracing::subscriber::set_global_default(
            lines
                .json()
                .flatten_event(true)
                .with_current_span(true)
                .with_span_list(false)
                .finish(),
        ),
        LogFormat::Pretty => tracing::subscriber::set_global_default(
            lines.with_ansi(std::io::stderr().is_terminal()).finish(),
        ),
    };
    started.map_err(|e| ConfigError(format!("the log could not be started: {e}")))
}
