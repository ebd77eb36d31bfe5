//! Checking keys: `POST /keys/verify` for programs that have a token, `GET /keys/self` for the holder.

use actix_web::{
    HttpMessage as _, HttpRequest, HttpResponse,
    body::BoxBody,
    get,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
    post,
};
use latchkey_gate::{Pass, Verdict, Wanted};
use latchkey_types::{
    ProblemCode, UserId,
    key::{KeySelf, Via},
    token::Permission,
    verify::{VerifyCode, VerifyRequest, VerifyResult},
};

use crate::{
    error::{ApiError, ApiResult},
    http::{
        Guard, Json, OnlyAsks, Verifier,
        asked::{self, Who},
        caller,
        check::Check,
        guard::Call,
        headers::Headers,
        input, key_source,
    },
};

/// Check a key that somebody presented
///
/// Answers 200 whatever the key. Details come only for keys of projects that the caller belongs to;
/// everything else is `invalid`.
#[utoipa::path(
    tag = "checking",
    operation_id = "verifyKey",
    request_body = VerifyRequest,
    responses((status = 200, description = "Whether the key is accepted, and why not", body = VerifyResult))
)]
#[post("/keys/verify")]
pub async fn verify_key(
    guard: Guard<Verifier, Json<VerifyRequest>, OnlyAsks>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access,
        input: Json { value: body, .. },
        call,
        ..
    } = guard;
    let check = Check::of(&call.app, call.request.head());
    let asks = Asks {
        user_id: access.caller.user_id,
        is_program: access.caller.is_program(),
    };
    let answer = answer(&check, &body, asks)?;
    asked::be_quiet(&call.request);
    Ok(respond(answer))
}

/// A program that asks, by its token, before there is a routed request.
///
/// # Errors
/// 401 for a bad token, 403 for one that may not.
pub fn program<H: Headers + ?Sized>(check: &Check<'_, H>) -> ApiResult<Asks> {
    let token = caller::token(check)?;
    caller::permit(token.permissions(), Permission::Verify)?;
    Ok(Asks {
        user_id: token.user().id,
        is_program: true,
    })
}

/// The JSON that answers such a body.
///
/// # Errors
/// Those of [`input::json`], 503 when the gate is closed.
pub fn verify<H: Headers + ?Sized>(
    check: &Check<'_, H>,
    asks: Asks,
    body: &[u8],
) -> ApiResult<Vec<u8>> {
    answer(check, &input::json(check.headers, body)?, asks)
}

/// On whose behalf a key is asked about. What a person tries in the browser is no use of the key.
pub struct Asks {
    user_id: UserId,
    is_program: bool,
}

fn answer<H: Headers + ?Sized>(
    check: &Check<'_, H>,
    body: &VerifyRequest,
    asks: Asks,
) -> ApiResult<Vec<u8>> {
    let (gate, metrics) = (&check.app.gate, &check.app.metrics);
    let wanted = body.project.as_deref().map_or(Wanted::Any, Wanted::Named);
    let verdict = gate.verify(&body.key, wanted, check.now);
    let may_know = |pass: &Pass| gate.role_in(asks.user_id, pass.project_id()).is_some();
    let result = match verdict {
        Verdict::NotServing => {
            metrics.checked(None);
            return Err(ApiError::unavailable("the gate is closed"));
        }
        Verdict::Accepted(pass) if may_know(&pass) => {
            if asks.is_program {
                gate.note(
                    &pass,
                    key_source::used(check.headers, Via::Verify, check.ip, check.now),
                );
            }
            describe(&pass, VerifyCode::Valid)
        }
        Verdict::Refused {
            code,
            known: Some(pass),
        } if may_know(&pass) => {
            if asks.is_program {
                gate.note_refused(&pass, check.now);
            }
            if code == VerifyCode::WrongProject {
                VerifyResult::bare(code)
            } else {
                describe(&pass, code)
            }
        }
        _ => VerifyResult::bare(VerifyCode::Invalid),
    };
    metrics.checked(Some(result.code));
    check.asked.be_quiet();
    let mut text = Vec::with_capacity(512);
    serde_json::to_writer(&mut text, &result).map_err(ApiError::internal)?;
    Ok(text)
}

/// The answer with this JSON. `HttpResponseBuilder::json` would let the text grow twice and make its type anew each time.
pub fn respond(json: Vec<u8>) -> HttpResponse {
    let mut response = HttpResponse::with_body(StatusCode::OK, BoxBody::new(json));
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// Show the key that the request is made with
#[utoipa::path(
    tag = "checking",
    operation_id = "showKeySelf",
    responses(
        (status = 200, description = "What the holder of the key may know of it", body = KeySelf),
        (status = 401, description = "No key, or one that is not accepted; `reason` says why to one who holds it"),
    )
)]
#[get("/keys/self")]
pub async fn show_key_self(request: HttpRequest) -> ApiResult<HttpResponse> {
    let call = Call::of(&request)?;
    let check = Check::of(&call.app, request.head());
    let pass = let_in(&check);
    request.extensions_mut().insert(check.asked);
    let pass = pass?;
    Ok(HttpResponse::Ok().json(KeySelf {
        id: pass.key_id(),
        project_id: pass.project_id(),
        description: pass.description(),
        environment: pass.environment(),
        expires_at: pass.expires_at(),
    }))
}

fn let_in(check: &Check<'_>) -> ApiResult<Pass> {
    let presented = key_source::find(check.headers, check.query)?;
    let pass = admit(check, &presented, Wanted::Any)?;
    note(check, &pass, presented.via);
    Ok(pass)
}

/// Counts a check that was accepted.
pub fn note<H: Headers + ?Sized>(check: &Check<'_, H>, pass: &Pass, via: Via) {
    let used = key_source::used(check.headers, via, check.ip, check.now);
    check.app.gate.note(pass, used);
    check.asked.be_quiet();
}

/// The pass of a key that a request was made with.
///
/// # Errors
/// 401 with the reason, 403 for a good key of another project, 503 when the gate is closed. A key in the
/// URL of a project that doesn't take them there is refused too.
pub fn admit<H: Headers + ?Sized>(
    check: &Check<'_, H>,
    presented: &key_source::Presented<'_>,
    wanted: Wanted<'_>,
) -> ApiResult<Pass> {
    let gate = &check.app.gate;
    match gate.verify(&presented.text, wanted, check.now) {
        Verdict::Accepted(pass) => {
            check.asked.note(Who::Key(pass.key_id()));
            if presented.via == Via::Url && !pass.project().settings().allow_key_in_url {
                gate.note_refused(&pass, check.now);
                check.app.metrics.checked(Some(VerifyCode::Invalid));
                return Err(refused(
                    "This project doesn't take keys in URLs. Send it as Authorization: Bearer.",
                ));
            }
            check.app.metrics.checked(Some(VerifyCode::Valid));
            Ok(pass)
        }
        Verdict::Refused { code, known } => {
            check.app.metrics.checked(Some(code));
            if let Some(pass) = &known {
                check.asked.note(Who::Key(pass.key_id()));
                gate.note_refused(pass, check.now);
            }
            Err(match code {
                VerifyCode::WrongProject => ApiError::new(
                    ProblemCode::WrongProject,
                    "The key is good, but for another project.",
                ),
                code => refused(sentence(code)).reason(code),
            })
        }
        Verdict::NotServing => {
            check.app.metrics.checked(None);
            Err(ApiError::unavailable("the gate is closed"))
        }
    }
}

/// Why a key is refused, as a sentence.
#[must_use]
pub fn sentence(code: VerifyCode) -> &'static str {
    match code {
        VerifyCode::Valid => "The key is accepted.",
        VerifyCode::Invalid => "This is not a key of ours.",
        VerifyCode::WrongProject => "The key is for another project.",
        VerifyCode::Revoked => "The key is revoked.",
        VerifyCode::Disabled => "The key is disabled.",
        VerifyCode::Expired => "The key has expired.",
        VerifyCode::Retired => "The key was rotated; this is its old secret.",
    }
}

fn refused(detail: &str) -> ApiError {
    let challenge = format!("Bearer error=\"invalid_token\", error_description=\"{detail}\"");
    ApiError::new(ProblemCode::KeyRefused, detail).www_authenticate(challenge)
}

fn describe(pass: &Pass, code: VerifyCode) -> VerifyResult {
    VerifyResult {
        valid: code == VerifyCode::Valid,
        code,
        key_id: Some(pass.key_id()),
        project_id: Some(pass.project_id()),
        description: Some(pass.description()),
        environment: Some(pass.environment()),
        expires_at: pass.expires_at(),
    }
}
