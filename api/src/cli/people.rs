//! `latchkey user …` and `latchkey token …`: for whoever has the server's machine, when nobody can sign in.

use clap::{Args, Subcommand, ValueEnum};
use latchkey_keys::{Secret, SecretKind};
use latchkey_store::{Tx, new_id, second_factors, sessions, tokens, users};
use latchkey_types::{
    limits::{check_email, check_name},
    token::Permission,
    user::InstanceRole,
};
use url::Url;

use super::{open, say, sentence};
use crate::{
    audit, clock,
    config::{ConfigError, DatabaseArgs},
    error::{ApiError, ApiResult},
    handlers::{tokens::words, users::Link},
};

#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Add a user and print a sign-in link for them.
    Add(AddArgs),
    /// Print a sign-in link with which a user chooses a new password. Their sessions end when they do.
    ResetPassword(ResetArgs),
    /// Take a user's second factor away, for a lost phone. Their sessions end.
    ResetSecondFactor(SecondFactorArgs),
}

#[derive(Subcommand)]
pub(super) enum TokenCommand {
    /// Create a management token for a user and print its secret, this once.
    Create(TokenArgs),
}

#[derive(Args)]
pub(super) struct AddArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    link: LinkArgs,
    /// The name that others see.
    #[arg(long)]
    name: String,
    /// The address they will sign in with.
    #[arg(long)]
    email: String,
    /// What they may do on the whole instance.
    #[arg(long, value_enum, default_value_t = RoleChoice::Member)]
    role: RoleChoice,
}

#[derive(Args)]
pub(super) struct ResetArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    link: LinkArgs,
    /// The address they sign in with.
    #[arg(long)]
    email: String,
}

#[derive(Args)]
pub(super) struct SecondFactorArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The address they sign in with.
    #[arg(long)]
    email: String,
}

#[derive(Args)]
pub(super) struct TokenArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The user on whose behalf it acts.
    #[arg(long)]
    email: String,
    /// What it is for.
    #[arg(long)]
    name: String,
    /// What it may do, separated by commas.
    #[arg(long, value_enum, value_delimiter = ',', required = true)]
    permissions: Vec<PermissionChoice>,
}

#[derive(Args)]
struct LinkArgs {
    /// Where users reach the server; the link begins with it.
    #[arg(
        long,
        env = "LATCHKEY_PUBLIC_URL",
        default_value = "http://127.0.0.1:8080"
    )]
    public_url: Url,
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleChoice {
    Admin,
    Member,
}

#[derive(Clone, Copy, ValueEnum)]
enum PermissionChoice {
    Manage,
    Read,
    Verify,
}

pub(super) fn user(command: UserCommand) -> Result<(), ConfigError> {
    match command {
        UserCommand::Add(args) => add(&args),
        UserCommand::ResetPassword(args) => reset(&args),
        UserCommand::ResetSecondFactor(args) => reset_second_factor(&args),
    }
}

pub(super) fn token(command: TokenCommand) -> Result<(), ConfigError> {
    let TokenCommand::Create(args) = command;
    check_name(&args.name).map_err(|e| ConfigError(format!("--name {e}")))?;
    let (store, ring) = open(&args.database)?;
    let secret = Secret::generate(SecretKind::Token, getrandom::fill)
        .map_err(|e| ConfigError(format!("the system gave no randomness: {e}")))?;
    let mut permissions: Vec<Permission> = args
        .permissions
        .iter()
        .map(|choice| match choice {
            PermissionChoice::Manage => Permission::Manage,
            PermissionChoice::Read => Permission::Read,
            PermissionChoice::Verify => Permission::Verify,
        })
        .collect();
    permissions.sort_unstable();
    permissions.dedup();
    let now = clock::now();
    let written = store.write(|tx| {
        let user = find(tx, &args.email)?;
        let row = tokens::NewToken {
            id: new_id(),
            user_id: user.id,
            name: args.name.trim().to_owned(),
            digest: ring.secret_digest(&secret),
            pepper_version: ring.pepper_version,
            hint: secret.hint(),
            permissions,
            created_at: now,
            expires_at: None,
        };
        let entry = audit::by_cli(now, "token.create")
            .on(row.id)
            .with("name", &row.name)
            .with("hint", &row.hint)
            .with("email", &user.email)
            .with("permissions", words(&row.permissions));
        tokens::create_token(tx, &row)?;
        tx.audit(&entry.done())?;
        Ok::<_, ApiError>(())
    });
    store.close();
    written.map_err(sentence)?;
    say(secret.expose())
}

fn add(args: &AddArgs) -> Result<(), ConfigError> {
    check_name(&args.name).map_err(|e| ConfigError(format!("--name {e}")))?;
    check_email(args.email.trim()).map_err(|e| ConfigError(format!("--email {e}")))?;
    let (store, ring) = open(&args.database)?;
    let now = clock::now();
    let link = Link::with(&ring, &origin(&args.link), now).map_err(sentence)?;
    let written = store.write(|tx| {
        let user = users::create_user(
            tx,
            &users::NewUser {
                id: new_id(),
                name: args.name.trim().to_owned(),
                email: args.email.trim().to_owned(),
                password_hash: None,
                role: match args.role {
                    RoleChoice::Admin => InstanceRole::Admin,
                    RoleChoice::Member => InstanceRole::Member,
                },
                created_at: now,
            },
        )?;
        link.write(tx, user.id)?;
        let entry = audit::by_cli(now, "user.create").on(user.id);
        tx.audit(
            &entry
                .with("name", user.name)
                .with("email", user.email)
                .done(),
        )?;
        Ok::<_, ApiError>(())
    });
    store.close();
    written.map_err(sentence)?;
    say(&link.url)
}

fn reset(args: &ResetArgs) -> Result<(), ConfigError> {
    let (store, ring) = open(&args.database)?;
    let now = clock::now();
    let link = Link::with(&ring, &origin(&args.link), now).map_err(sentence)?;
    let written = store.write(|tx| {
        let user = find(tx, &args.email)?;
        link.write(tx, user.id)?;
        // Whoever lost the password may have lost a browser with it.
        sessions::delete_sessions_of(tx, user.id, None)?;
        let entry = audit::by_cli(now, "user.create_sign_in_link").on(user.id);
        tx.audit(&entry.with("email", user.email).done())?;
        Ok::<_, ApiError>(())
    });
    store.close();
    written.map_err(sentence)?;
    say(&link.url)
}

fn reset_second_factor(args: &SecondFactorArgs) -> Result<(), ConfigError> {
    let (store, _) = open(&args.database)?;
    let now = clock::now();
    let written = store.write(|tx| {
        let user = find(tx, &args.email)?;
        if !second_factors::delete_second_factor(tx, user.id)? {
            return Err(ApiError::field(
                "--email",
                "belongs to a user without a second factor",
            ));
        }
        sessions::delete_sessions_of(tx, user.id, None)?;
        let entry = audit::by_cli(now, "second_factor.reset").on(user.id);
        tx.audit(&entry.with("email", user.email).done())?;
        Ok::<_, ApiError>(())
    });
    store.close();
    written.map_err(sentence)?;
    say("The second factor is off. The password, or a sign-in link, signs in alone.")
}

fn find(tx: &mut Tx<'_>, email: &str) -> ApiResult<users::StoredUser> {
    users::find_user_by_email(tx, email.trim())?
        .filter(|user| user.disabled_at.is_none())
        .ok_or_else(|| {
            ApiError::field(
                "--email",
                "belongs to no user here, or to one who is disabled",
            )
        })
}

fn origin(args: &LinkArgs) -> String {
    args.public_url.origin().ascii_serialization()
}
