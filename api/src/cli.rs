//! The command line. What goes wrong is one sentence on stderr, and an exit status of 1.

mod audit;
mod backup;
mod healthcheck;
mod master_key;
mod people;
mod serve;

use std::{
    io::{self, Write as _},
    process::ExitCode,
    sync::Arc,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use latchkey_keys::{KeyRing, MasterKeys};
use latchkey_store::{LockMode, OpenOptions, Store};

use crate::{
    config::{ConfigError, DatabaseArgs, MasterKeySource, ServeArgs},
    error::ApiError,
    openapi::Contract,
    routes,
};

/// Issues, checks and revokes API keys for MCP servers.
#[derive(Parser)]
#[command(name = "latchkey", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server (also without any command).
    Serve(Box<ServeArgs>),
    /// Bring the database to this version's form; `serve` does it, too.
    Migrate(DatabaseArgs),
    /// People.
    #[command(subcommand)]
    User(people::UserCommand),
    /// Management tokens.
    #[command(subcommand)]
    Token(people::TokenCommand),
    /// Copy a SQLite database into a file, also while the server runs.
    Backup(backup::BackupArgs),
    /// Put a copy in the place of a SQLite database that is gone.
    Restore(backup::RestoreArgs),
    /// The master key.
    #[command(subcommand)]
    MasterKey(master_key::MasterKeyCommand),
    /// The audit log.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Print the API's description.
    Openapi(OpenapiArgs),
    /// Ask a running server whether it is ready; for container health checks.
    Healthcheck(healthcheck::HealthcheckArgs),
}

#[derive(Args)]
struct OpenapiArgs {
    /// The version and form to print it in.
    #[arg(long, value_enum, default_value_t = Form::Yaml)]
    form: Form,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    /// OpenAPI 3.1 as YAML.
    Yaml,
    /// OpenAPI 3.0.3 as JSON, for older generators.
    #[value(name = "json-3.0")]
    Json30,
}

impl Cli {
    /// Does what was asked for.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let outcome = match self.command {
            None => serve::run(self.serve),
            Some(Command::Serve(args)) => serve::run(*args),
            Some(Command::Migrate(args)) => migrate(&args),
            Some(Command::User(command)) => people::user(command),
            Some(Command::Token(command)) => people::token(command),
            Some(Command::Backup(args)) => backup::back_up(&args),
            Some(Command::Restore(args)) => backup::restore(&args),
            Some(Command::MasterKey(command)) => master_key::master_key(command),
            Some(Command::Audit(command)) => audit::audit(&command),
            Some(Command::Openapi(args)) => openapi(&args),
            Some(Command::Healthcheck(args)) => healthcheck::run(&args),
        };
        match outcome {
            Ok(()) => ExitCode::SUCCESS,
            Err(sentence) => {
                // Nothing better can be done when stderr is closed.
                let _ = writeln!(io::stderr(), "latchkey: {sentence}");
                ExitCode::FAILURE
            }
        }
    }
}

/// Prints a line for the one who ran the command.
fn say(line: impl std::fmt::Display) -> Result<(), ConfigError> {
    writeln!(io::stdout(), "{line}")
        .map_err(|e| ConfigError(format!("stdout can't be written ({e})")))
}

/// The database, for a command that changes it. Refused while a server holds it.
fn open(args: &DatabaseArgs) -> Result<(Store, Arc<KeyRing>), ConfigError> {
    // On a new database the command may be the first to need the key.
    let opened = open_with(args, true)?;
    let ring = opened.store.ring();
    Ok((opened.store, ring))
}

/// What a command works with.
struct Opened {
    store: Store,
    masters: MasterKeys,
    source: MasterKeySource,
}

/// The same with the master keys. With `create`, a missing key file is made.
fn open_with(args: &DatabaseArgs, create: bool) -> Result<Opened, ConfigError> {
    let (url, source) = args.check()?;
    let was_there = crate::master_key::is_there(&source);
    let masters = crate::master_key::obtain(&source, create)?;
    let store = Store::open(OpenOptions {
        url,
        masters: &masters,
        readers: 1,
        busy_timeout: std::time::Duration::from_secs(5),
        lock: LockMode::Cli,
    })
    .map_err(|e| crate::master_key::refusal(&e, &source, was_there))?;
    Ok(Opened {
        store,
        masters,
        source,
    })
}

fn migrate(args: &DatabaseArgs) -> Result<(), ConfigError> {
    let (url, _) = args.check()?;
    let applied = Store::migrate(&url).map_err(|e| ConfigError(e.to_string()))?;
    if applied.is_empty() {
        return say("The database has this version's form already.");
    }
    for name in applied {
        say(format_args!("applied {name}"))?;
    }
    Ok(())
}

fn openapi(args: &OpenapiArgs) -> Result<(), ConfigError> {
    let contract = Contract::new(routes::description()).map_err(sentence)?;
    let text = match args.form {
        Form::Yaml => contract.yaml,
        Form::Json30 => contract.older,
    };
    write!(io::stdout(), "{text}").map_err(|e| ConfigError(format!("stdout: {e}")))
}

/// An error of the API's code as a sentence for the one at the terminal.
fn sentence(error: ApiError) -> ConfigError {
    let inner = error.inner();
    ConfigError(
        inner
            .internal
            .clone()
            .unwrap_or_else(|| inner.detail.clone()),
    )
}
