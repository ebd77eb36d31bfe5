//! The browser app's page, which stands at every address that the app knows. In a build without the app, a short
//! page says what is here.

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::{Method, header},
    web,
};

use crate::{
    app::App,
    error::{ApiError, ApiResult},
    handlers::assets,
    openapi::Contract,
    page,
};

/// The app's scripts, styles and requests are this server's; nothing is inline, nothing from elsewhere.
/// `wasm-unsafe-eval` lets WebAssembly be compiled, and no JavaScript be evaluated.
const CSP: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";

/// What stands at the root.
#[get("/")]
pub async fn show_home(request: HttpRequest, app: web::Data<App>) -> ApiResult<HttpResponse> {
    show_app(&request, &app).await
}

/// Everything that no route took: 405 where another method would do, the app's page for a person who
/// follows a link, 404 for the rest. A missing asset is a 404, never a page.
pub async fn fall_back(request: HttpRequest, app: web::Data<App>) -> ApiResult<HttpResponse> {
    let methods = app.contract()?.methods_at(request.path());
    if !methods.is_empty() {
        return Err(method_not_allowed(&methods));
    }
    let wants_page = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    if request.method() == Method::GET && wants_page && is_place(request.path()) {
        show_app(&request, &app).await
    } else {
        Err(ApiError::not_found())
    }
}

/// Whether the app can have a page here: not where machines ask, and not where a file is missing.
fn is_place(path: &str) -> bool {
    let mut segments = path.split('/').skip(1);
    let (first, second) = (segments.next(), segments.next());
    let last = path.rsplit('/').next().unwrap_or_default();
    !matches!(first, Some("api" | "assets")) && second != Some("mcp") && !last.contains('.')
}

async fn show_app(request: &HttpRequest, app: &App) -> ApiResult<HttpResponse> {
    let Some(file) = assets::find(app, request, "index.html".to_owned()).await? else {
        return Ok(home(app));
    };
    let mut answer = HttpResponse::Ok();
    answer
        .content_type("text/html; charset=utf-8")
        // It names the files of this build: after an update the old ones are gone.
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::CONTENT_SECURITY_POLICY, CSP));
    Ok(file.finish(&mut answer))
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
             <ul><li><a href=\"/docs/guide/\">The guides</a></li>\
             <li><a href=\"/docs/\">The API, to read and to try</a></li>\
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_app_has_pages_only_where_people_go() {
        for path in [
            "/",
            "/setup",
            "/projects/proj_1/mcp-servers",
            "/apis",
            "/projects/mcp-1",
        ] {
            assert!(is_place(path), "{path}");
        }
        for path in [
            "/api",
            "/api/v1/nothing",
            "/assets/x",
            "/assets/latchkey-0.js",
            "/favicon.ico",
            "/lake/mcp",
            "/lake/mcp/v1",
            "/lake/mcp/v2/more",
        ] {
            assert!(!is_place(path), "{path}");
        }
    }
}
