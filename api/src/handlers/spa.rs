//! The browser app's place. Until it is built, a short page says what is here.

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::{Method, header},
    web,
};

use crate::{
    app::App,
    error::{ApiError, ApiResult},
    openapi::Contract,
    page,
};

/// What stands at the root.
#[get("/")]
pub async fn show_home(app: web::Data<App>) -> HttpResponse {
    home(&app)
}

/// Everything that no route took: 405 where another method would do, the app's page for a person who
/// follows a link, 404 for the rest. A missing asset is a 404, never a page.
pub async fn fall_back(request: HttpRequest, app: web::Data<App>) -> ApiResult<HttpResponse> {
    let methods = app.contract.methods_at(request.path());
    if !methods.is_empty() {
        return Err(method_not_allowed(&methods));
    }
    let path = request.path();
    let wants_page = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    let is_page = request.method() == Method::GET
        && wants_page
        && !path.starts_with("/api/")
        && !path.ends_with("/mcp/v1")
        && !path.rsplit('/').next().unwrap_or_default().contains('.');
    if is_page {
        Ok(home(&app))
    } else {
        Err(ApiError::not_found())
    }
}

fn method_not_allowed(methods: &[&str]) -> ApiError {
    let allowed = methods.join(", ");
    ApiError::new(
        latchkey_types::ProblemCode::MethodNotAllowed,
        format!("This address takes {allowed}."),
    )
    .allow(allowed)
}

fn home(app: &App) -> HttpResponse {
    let setup = if app.setup.is_needed() {
        "<p><strong>Nobody has set this instance up yet.</strong> The server printed a setup token when it \
         started; the README shows the one request that uses it.</p>"
    } else {
        ""
    };
    page::html(
        "What is here",
        &format!(
            "<h1>Latchkey issues, checks and revokes API keys for MCP servers</h1>{setup}\
             <ul><li><a href=\"/docs/\">The API, to read and to try</a></li>\
             <li><a href=\"/openapi.yaml\">openapi.yaml</a>, for generated clients</li>\
             <li><a href=\"/docs/errors\">The error codes</a></li></ul>\
             <p>This build has no browser app in it.</p>"
        ),
    )
}

/// Keeps the contract's own lookup next to its only user.
impl Contract {
    /// The methods that the API takes at this path, if any.
    #[must_use]
    pub fn methods_at(&self, path: &str) -> Vec<&str> {
        let parts: Vec<&str> = path.split('/').collect();
        let mut methods: Vec<&str> = Vec::new();
        for (pattern, known) in &self.paths {
            let matches = pattern.len() == parts.len()
                && pattern
                    .iter()
                    .zip(&parts)
                    .all(|(want, have)| want.starts_with('{') && !have.is_empty() || want == have);
            if matches {
                methods.extend(known.iter().map(String::as_str));
            }
        }
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        methods.dedup();
        methods
    }
}
