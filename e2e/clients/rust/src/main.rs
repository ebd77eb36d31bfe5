//! The life of a key, as the generated client sees it. `clients/typescript/life.ts` lives the same life.
//!
//! Reads where the server is (`LATCHKEY_ORIGIN`), a management token (`LATCHKEY_TOKEN`) and the account that it belongs
//! to (`LATCHKEY_EMAIL`, `LATCHKEY_PASSWORD`). The first thing that is not as it must be ends it with a sentence and
//! code 1.

use std::fmt::Debug;
use std::process::ExitCode;
use std::{env, error};

use chrono::TimeDelta;
use latchkey_generated_client::types::{
    CreateKeyRequest, CreateProjectRequest, CreatedKey, Environment, GivenReason, Key, KeyId,
    KeyStatus, Problem, ProblemCode, Project, ReceiptKind, RotateKeyRequest, SignInRequest,
    StatusChoice, Timestamp, UpdateKeyRequest, UpdateKeyRequestDescriptionOrNull,
    UpdateKeyRequestExpiresAtOrNull, VerifyCode, VerifyRequest, builder,
};
use latchkey_generated_client::{Client, Error};
use reqwest::header::{AUTHORIZATION, COOKIE, ETAG, HeaderName, HeaderValue, SET_COOKIE};

type Outcome<T = ()> = Result<T, Box<dyn error::Error>>;

const DESCRIPTION: &str = "Ada's notebook - Rust client";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match live().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn live() -> Outcome {
    let world = World::new().await?;
    let first = world.create().await?;
    world.is_shown_once(&first).await?;
    world.holds(&first).await?;
    let second = world.rotate(&first).await?;
    world.end_overlap(&first, &second).await?;
    world.update(&second).await?;
    world.revoke(&second).await?;
    world.refuses(&second.key.id).await?;
    sign_in().await
}

/// Whom the steps ask, and in which project.
struct World {
    api: Client,
    project: Project,
}

impl World {
    async fn new() -> Outcome<Self> {
        let api = bearer(&setting("LATCHKEY_TOKEN")?)?;
        let body = CreateProjectRequest::builder().name("Rust client");
        let project = api.create_project().body(body).send().await?.into_inner();
        Ok(Self { api, project })
    }

    async fn create(&self) -> Outcome<CreatedKey> {
        let body = CreateKeyRequest::builder()
            .description(Some(DESCRIPTION.parse()?))
            .environment(Some(Environment::Development));
        let created = self
            .api
            .create_key()
            .project_id(self.project.id.clone())
            .body(body)
            .send()
            .await?
            .into_inner();
        that(
            created.secret.starts_with("lk_"),
            "a secret begins with lk_",
        )?;
        same(
            "its description",
            created.key.description.as_str(),
            DESCRIPTION,
        )?;
        same(
            "its environment",
            created.key.environment,
            Environment::Development,
        )?;
        same("its status", created.key.status, KeyStatus::Active)?;
        same("its project", &created.key.project_id, &self.project.id)?;
        same(
            "its endpoint",
            &created.endpoint_url,
            &self.project.endpoint_url,
        )?;
        Ok(created)
    }

    /// No type but `CreatedKey` has a place for the secret: written out again, a key lacks it.
    async fn is_shown_once(&self, created: &CreatedKey) -> Outcome {
        let key = self.key(&created.key.id).await?;
        same("the key's hint", &key.hint, &created.key.hint)?;
        let page = self
            .api
            .list_keys()
            .project_id(self.project.id.clone())
            .status(StatusChoice::Active)
            .limit(10)
            .send()
            .await?;
        same("the keys listed", ids(&page.items), vec![&key.id])?;
        same("the next page", &page.next_cursor, &None)?;
        for shown in [
            serde_json::to_string(&key)?,
            serde_json::to_string(&page.items)?,
        ] {
            that(!shown.contains(&created.secret), "a secret is shown once")?;
        }
        Ok(())
    }

    /// What the server says of a secret to another program, and to its holder.
    async fn holds(&self, created: &CreatedKey) -> Outcome {
        let body = VerifyRequest::builder()
            .key(&created.secret)
            .project(Some(self.project.slug.to_string()));
        let result = self.api.verify_key().body(body).send().await?;
        that(result.valid, "a new key is valid")?;
        same("the answer's code", result.code, VerifyCode::Valid)?;
        same(
            "the key verified",
            &result.key_id,
            &Some(created.key.id.clone()),
        )?;
        let holder = bearer(&created.secret)?.show_key_self().send().await?;
        same("the holder's key", &holder.id, &created.key.id)?;
        same("the holder's expiry", holder.expires_at.as_deref(), None)
    }

    async fn rotate(&self, first: &CreatedKey) -> Outcome<CreatedKey> {
        let second = self
            .api
            .rotate_key()
            .project_id(self.project.id.clone())
            .key_id(first.key.id.clone())
            .body(RotateKeyRequest::builder().overlap_seconds(Some(3600)))
            .send()
            .await?
            .into_inner();
        same("the key rotated", &second.key.id, &first.key.id)?;
        that(
            second.secret != first.secret,
            "a rotation makes a new secret",
        )?;
        let retires: Vec<bool> = second
            .key
            .secrets
            .iter()
            .map(|s| s.retires_at.is_some())
            .collect();
        same("which secrets retire", retires, vec![false, true])?;
        self.verifies("the old secret in the overlap", first, VerifyCode::Valid)
            .await?;
        self.verifies("the new secret in the overlap", &second, VerifyCode::Valid)
            .await?;
        Ok(second)
    }

    async fn end_overlap(&self, first: &CreatedKey, second: &CreatedKey) -> Outcome {
        let receipt = self
            .api
            .end_overlap()
            .project_id(self.project.id.clone())
            .key_id(second.key.id.clone())
            .send()
            .await?;
        same("the receipt's kind", receipt.kind, ReceiptKind::OverlapEnd)?;
        same(
            "nodes that confirmed",
            receipt.nodes.acknowledged,
            receipt.nodes.live,
        )?;
        self.verifies("the old secret afterwards", first, VerifyCode::Retired)
            .await?;
        self.verifies("the new secret afterwards", second, VerifyCode::Valid)
            .await
    }

    /// What is absent stays, what is `null` is cleared; a change of an older version is refused.
    async fn update(&self, created: &CreatedKey) -> Outcome {
        let id = &created.key.id;
        let tomorrow = Timestamp(*created.key.created_at + TimeDelta::days(1));
        let change = UpdateKeyRequest::builder()
            .disabled(Some(true))
            .expires_at(Some(UpdateKeyRequestExpiresAtOrNull(Some(
                tomorrow.clone(),
            ))));
        let key = self.changed(id, change).await?;
        same(
            "the description that was absent",
            key.description.as_str(),
            DESCRIPTION,
        )?;
        same("the expiry", key.expires_at.as_deref(), Some(&*tomorrow))?;
        self.verifies("a disabled key", created, VerifyCode::Disabled)
            .await?;

        let change = UpdateKeyRequest::builder()
            .disabled(Some(false))
            .description(Some(UpdateKeyRequestDescriptionOrNull(None)))
            .expires_at(Some(UpdateKeyRequestExpiresAtOrNull(None)));
        let key = self.changed(id, change).await?;
        same(
            "the description that was null",
            key.description.as_str(),
            "",
        )?;
        same("the expiry that was null", key.expires_at.as_deref(), None)?;
        same(
            "the environment that was absent",
            key.environment,
            Environment::Development,
        )?;
        self.verifies("a key that is on again", created, VerifyCode::Valid)
            .await?;

        let stale = self
            .api
            .update_key()
            .project_id(self.project.id.clone())
            .key_id(id.clone())
            .if_match("\"v1\"")
            .body(UpdateKeyRequest::builder().disabled(Some(true)))
            .send()
            .await;
        same(
            "a change of an old version",
            refusal(stale)?.code,
            ProblemCode::VersionMismatch,
        )
    }

    async fn revoke(&self, created: &CreatedKey) -> Outcome {
        let id = &created.key.id;
        let receipt = self
            .api
            .revoke_key()
            .project_id(self.project.id.clone())
            .key_id(id.clone())
            .reason(GivenReason::Unused)
            .send()
            .await?;
        same("the receipt's kind", receipt.kind, ReceiptKind::Revoke)?;
        same("the receipt's key", &receipt.key_id, id)?;
        self.verifies("a revoked key", created, VerifyCode::Revoked)
            .await?;
        let key = self.key(id).await?;
        same("its status", key.status, KeyStatus::Revoked)?;
        same(
            "since when",
            key.revoked_at.as_deref(),
            Some(&*receipt.revoked_at),
        )
    }

    /// Refusals are problem documents, with a code that programs can match on.
    async fn refuses(&self, id: &KeyId) -> Outcome {
        let revoked = self
            .api
            .rotate_key()
            .project_id(self.project.id.clone())
            .key_id(id.clone())
            .send()
            .await;
        same(
            "rotating a revoked key",
            refusal(revoked)?.code,
            ProblemCode::KeyRevoked,
        )?;
        let unknown = self
            .api
            .show_key()
            .project_id(self.project.id.clone())
            .key_id("key_00000000000000000000000000000000".parse::<KeyId>()?)
            .send()
            .await;
        let problem = refusal(unknown)?;
        same("an unknown key", problem.code, ProblemCode::NotFound)?;
        same("its status", problem.status, 404)
    }

    async fn key(&self, id: &KeyId) -> Outcome<Key> {
        let shown = self
            .api
            .show_key()
            .project_id(self.project.id.clone())
            .key_id(id.clone());
        Ok(shown.send().await?.into_inner())
    }

    async fn changed(&self, id: &KeyId, change: builder::UpdateKeyRequest) -> Outcome<Key> {
        let shown = self
            .api
            .show_key()
            .project_id(self.project.id.clone())
            .key_id(id.clone());
        let version = shown.send().await?.headers()[ETAG].to_str()?.to_owned();
        let answer = self
            .api
            .update_key()
            .project_id(self.project.id.clone())
            .key_id(id.clone())
            .if_match(version)
            .body(change)
            .send()
            .await?;
        Ok(answer.into_inner())
    }

    async fn verifies(&self, what: &str, created: &CreatedKey, code: VerifyCode) -> Outcome {
        let body = VerifyRequest::builder().key(&created.secret);
        let result = self.api.verify_key().body(body).send().await?;
        same(what, result.code, code)?;
        same(what, result.valid, code == VerifyCode::Valid)
    }
}

/// A person's session: the cookie comes with the answer, and says who they are until they sign out.
async fn sign_in() -> Outcome {
    let email = setting("LATCHKEY_EMAIL")?;
    let nobody = client(None)?;
    let wrong = SignInRequest::builder()
        .email(&email)
        .password("not Ada's password");
    let refused = nobody.sign_in().body(wrong).send().await;
    same(
        "a wrong password",
        refusal(refused)?.code,
        ProblemCode::InvalidCredentials,
    )?;

    let right = SignInRequest::builder()
        .email(&email)
        .password(setting("LATCHKEY_PASSWORD")?);
    let signed_in = nobody.sign_in().body(right).send().await?;
    same("who signed in", &signed_in.user.email, &email)?;
    let cookie = signed_in.headers()[SET_COOKIE].to_str()?;
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    let ada = client(Some((COOKIE, cookie)))?;
    let user = |state: latchkey_generated_client::types::SessionState| state.user.map(|u| u.email);
    same(
        "whose session",
        user(ada.show_session().send().await?.into_inner()),
        Some(email),
    )?;
    ada.sign_out().send().await?;
    same(
        "whose session afterwards",
        user(ada.show_session().send().await?.into_inner()),
        None,
    )
}

/// The generated client with a credential.
fn client(credential: Option<(HeaderName, String)>) -> Outcome<Client> {
    let headers = credential
        .into_iter()
        .map(|(name, value)| Ok((name, HeaderValue::from_str(&value)?)))
        .collect::<Outcome<_>>()?;
    let http = reqwest::Client::builder()
        .no_proxy()
        .default_headers(headers)
        .build()?;
    Ok(Client::new_with_client(&setting("LATCHKEY_ORIGIN")?, http))
}

fn bearer(secret: &str) -> Outcome<Client> {
    client(Some((AUTHORIZATION, format!("Bearer {secret}"))))
}

fn setting(name: &str) -> Outcome<String> {
    env::var(name).map_err(|_| format!("{name} is not set").into())
}

fn ids(keys: &[Key]) -> Vec<&KeyId> {
    keys.iter().map(|key| &key.id).collect()
}

/// The problem that a refusal says; anything else is an error.
fn refusal<T: Debug>(answer: Result<T, Error<Problem>>) -> Outcome<Problem> {
    match answer {
        Err(Error::ErrorResponse(problem)) => Ok(problem.into_inner()),
        Err(error) => Err(error.into()),
        Ok(_) => Err("what had to be refused was done".into()),
    }
}

fn same<T: Debug + PartialEq>(what: &str, actual: T, expected: T) -> Outcome {
    that(
        actual == expected,
        &format!("{what}: {actual:?}, expected {expected:?}"),
    )
}

fn that(holds: bool, sentence: &str) -> Outcome {
    if holds { Ok(()) } else { Err(sentence.into()) }
}
