//! The MCP endpoint's place, `/{project_slug}/mcp/v1`: keys are checked, and nothing answers behind it yet.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, http::header, web};
use latchkey_gate::{Verdict, Wanted};
use latchkey_mcp::Refusal;
use latchkey_types::{Slug, key::Via, verify::VerifyCode};

use super::verify::sentence;
use crate::{
    error::ApiResult,
    http::{
        envelope::Quiet,
        guard::Call,
        key_source::{self, NoKey},
    },
};

/// Any method on the endpoint.
///
/// # Errors
/// When the server was put together wrongly; refusals are answers here.
pub async fn answer_mcp(request: HttpRequest, slug: web::Path<String>) -> ApiResult<HttpResponse> {
    let call = Call::of(&request)?;
    // A refusal names the realm. What can't be a slug may be a key in its place, and is not repeated.
    let realm = slug.parse::<Slug>().map_or("latchkey", |_| slug.as_str());
    let refusal = check(&call, &slug, realm);
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response.content_type("application/json");
    if let Some(challenge) = refusal.challenge {
        response.insert_header((header::WWW_AUTHENTICATE, challenge));
    }
    if let Some(seconds) = refusal.retry_after_seconds {
        response.insert_header((header::RETRY_AFTER, seconds));
    }
    let mut response = response.body(refusal.body);
    response.extensions_mut().insert(Quiet::Yes);
    Ok(response)
}

/// OAuth clients look here first. A 404 with JSON tells them that there is no OAuth; one without makes
/// some of them fail.
pub async fn no_oauth() -> HttpResponse {
    HttpResponse::NotFound()
        .content_type("application/json")
        .body(r#"{"error":"not_found","error_description":"This server takes API keys; it has no OAuth."}"#)
}

fn check(call: &Call, slug: &str, realm: &str) -> Refusal {
    let presented = match key_source::find(&call.request, call.request.query_string()) {
        Ok(presented) => presented,
        Err(NoKey::Absent) => return Refusal::no_key(realm),
        Err(NoKey::Several) => return Refusal::several_keys(),
    };
    let gate = &call.app.gate;
    let verdict = gate.verify(&presented.text, Wanted::Named(slug), call.now);
    let count = |code| call.app.metrics.checked(code);
    match verdict {
        Verdict::NotServing => {
            count(None);
            Refusal::unavailable()
        }
        Verdict::Accepted(pass)
            if presented.via == Via::Url && !pass.project().settings().allow_key_in_url =>
        {
            count(Some(VerifyCode::Invalid));
            gate.note_refused(&pass, call.now);
            let message =
                "This project doesn't take keys in URLs. Send it as Authorization: Bearer.";
            Refusal::bad_key(realm, VerifyCode::Invalid, message)
        }
        Verdict::Accepted(pass) => {
            count(Some(VerifyCode::Valid));
            gate.note(
                &pass,
                key_source::used(&call.request, presented.via, call.ip, call.now),
            );
            Refusal::not_implemented()
        }
        Verdict::Refused { code, known } => {
            count(Some(code));
            if let Some(pass) = &known {
                gate.note_refused(pass, call.now);
            }
            // A key of another project and an unknown project look like an unknown key.
            let code = if code == VerifyCode::WrongProject {
                VerifyCode::Invalid
            } else {
                code
            };
            Refusal::bad_key(realm, code, sentence(code))
        }
    }
}
