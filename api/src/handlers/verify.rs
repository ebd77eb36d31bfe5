//! Checking keys: `POST /keys/verify` for programs that have a token, `GET /keys/self` for the holder.

use actix_web::{HttpRequest, HttpResponse, get, post};
use latchkey_gate::{Pass, Verdict, Wanted};
use latchkey_types::{
    ProblemCode,
    key::{KeySelf, Via},
    verify::{VerifyCode, VerifyRequest, VerifyResult},
};

use crate::{
    error::{ApiError, ApiResult},
    http::{
        Guard, Json, OnlyAsks, Verifier,
        asked::{self, Who},
        guard::Call,
        key_source,
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
    let gate = &call.app.gate;
    let wanted = body.project.as_deref().map_or(Wanted::Any, Wanted::Named);
    let verdict = gate.verify(&body.key, wanted, call.now);
    let may_know = |pass: &Pass| {
        gate.role_in(access.caller.user_id, pass.project_id())
            .is_some()
    };
    let result = match verdict {
        Verdict::NotServing => {
            call.app.metrics.checked(None);
            return Err(ApiError::unavailable("the gate is closed"));
        }
        Verdict::Accepted(pass) if may_know(&pass) => {
            if access.caller.is_program() {
                gate.note(
                    &pass,
                    key_source::used(&call.request, Via::Verify, call.ip, call.now),
                );
            }
            describe(&pass, VerifyCode::Valid)
        }
        Verdict::Refused {
            code,
            known: Some(pass),
        } if may_know(&pass) => {
            if access.caller.is_program() {
                gate.note_refused(&pass, call.now);
            }
            if code == VerifyCode::WrongProject {
                VerifyResult::bare(code)
            } else {
                describe(&pass, code)
            }
        }
        _ => VerifyResult::bare(VerifyCode::Invalid),
    };
    call.app.metrics.checked(Some(result.code));
    asked::be_quiet(&call.request);
    Ok(HttpResponse::Ok().json(result))
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
    let presented = key_source::find(&request, request.query_string())?;
    let pass = admit(&call, &presented, Wanted::Any)?;
    call.app.gate.note(
        &pass,
        key_source::used(&request, presented.via, call.ip, call.now),
    );
    asked::be_quiet(&request);
    Ok(HttpResponse::Ok().json(KeySelf {
        id: pass.key_id(),
        project_id: pass.project_id(),
        description: pass.description(),
        environment: pass.environment(),
        expires_at: pass.expires_at(),
    }))
}

/// The pass of a key that a request was made with.
///
/// # Errors
/// 401 with the reason, 403 for a good key of another project, 503 when the gate is closed. A key in the
/// URL of a project that doesn't take them there is refused too.
pub fn admit(
    call: &Call,
    presented: &key_source::Presented<'_>,
    wanted: Wanted<'_>,
) -> ApiResult<Pass> {
    let gate = &call.app.gate;
    match gate.verify(&presented.text, wanted, call.now) {
        Verdict::Accepted(pass) => {
            asked::note(&call.request, Who::Key(pass.key_id()));
            if presented.via == Via::Url && !pass.project().settings().allow_key_in_url {
                gate.note_refused(&pass, call.now);
                call.app.metrics.checked(Some(VerifyCode::Invalid));
                return Err(refused(
                    "This project doesn't take keys in URLs. Send it as Authorization: Bearer.",
                ));
            }
            call.app.metrics.checked(Some(VerifyCode::Valid));
            Ok(pass)
        }
        Verdict::Refused { code, known } => {
            call.app.metrics.checked(Some(code));
            if let Some(pass) = &known {
                asked::note(&call.request, Who::Key(pass.key_id()));
                gate.note_refused(pass, call.now);
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
            call.app.metrics.checked(None);
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
