//! The browser app's files: in the server itself, or in a folder while somebody works on them.

use std::path::Path;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, get,
    http::header::{self, AcceptEncoding, ContentEncoding, Encoding, Header as _},
    web,
};

use crate::{
    app::App,
    error::{ApiError, ApiResult},
};

/// Path inside `frontend/dist/` and content, in order. Empty in a build without the app.
static EMBEDDED: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/bundle.rs"));

/// Compressed when the bundle was made: the name's ending, and the coding's.
const COMPRESSED: [(&str, ContentEncoding); 2] = [
    ("br", ContentEncoding::Brotli),
    ("gz", ContentEncoding::Gzip),
];

/// What a browser asks for once: the name changes with the content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// One of the app's files. A name that is not there, such as that of an earlier version, is a 404.
#[get("/assets/{name}")]
pub async fn show_asset(
    request: HttpRequest,
    app: web::Data<App>,
    name: web::Path<String>,
) -> ApiResult<HttpResponse> {
    let kind = kind_of(&name).ok_or_else(ApiError::not_found)?;
    let file = find(&app, &request, format!("assets/{name}")).await?;
    let file = file.ok_or_else(ApiError::not_found)?;
    let mut answer = HttpResponse::Ok();
    answer
        .content_type(kind)
        .insert_header((header::CACHE_CONTROL, FOR_EVER));
    Ok(file.finish(&mut answer))
}

/// A file as it goes to one client.
pub struct File {
    content: web::Bytes,
    coding: Option<ContentEncoding>,
}

impl File {
    /// Completes an answer with the content, and with what a cache must know of it.
    pub fn finish(self, answer: &mut HttpResponseBuilder) -> HttpResponse {
        answer.insert_header((header::VARY, "accept-encoding"));
        if let Some(coding) = self.coding {
            answer.insert_header(coding);
        }
        answer.body(self.content)
    }
}

/// The file at this path of the bundle, compressed if the client takes that; `None` if there is none.
///
/// # Errors
/// 503 when the server is ending.
pub async fn find(app: &App, request: &HttpRequest, path: String) -> ApiResult<Option<File>> {
    let compressed = compressed_for(request);
    match app.config.assets.clone() {
        None => Ok(pick(&path, compressed, embedded)),
        Some(folder) => {
            app.block(move || Ok(pick(&path, compressed, |path| on_disk(&folder, path))))
                .await
        }
    }
}

fn pick(
    path: &str,
    compressed: Option<(&str, ContentEncoding)>,
    read: impl Fn(&str) -> Option<web::Bytes>,
) -> Option<File> {
    let smaller = compressed.and_then(|(ending, coding)| {
        let content = read(&format!("{path}.{ending}"))?;
        Some(File {
            content,
            coding: Some(coding),
        })
    });
    smaller.or_else(|| {
        let content = read(path)?;
        Some(File {
            content,
            coding: None,
        })
    })
}

fn embedded(path: &str) -> Option<web::Bytes> {
    let at = EMBEDDED
        .binary_search_by_key(&path, |(name, _)| name)
        .ok()?;
    EMBEDDED
        .get(at)
        .map(|(_, content)| web::Bytes::from_static(content))
}

fn on_disk(folder: &Path, path: &str) -> Option<web::Bytes> {
    std::fs::read(folder.join(path)).ok().map(web::Bytes::from)
}

/// What the client likes best of what the bundle has (RFC 9110 §12.5.3).
fn compressed_for(request: &HttpRequest) -> Option<(&'static str, ContentEncoding)> {
    let codings = [Encoding::brotli(), Encoding::gzip(), Encoding::identity()];
    let chosen = AcceptEncoding::parse(request)
        .ok()?
        .negotiate(codings.iter())?;
    COMPRESSED
        .into_iter()
        .find(|(_, coding)| chosen == Encoding::Known(*coding))
}

/// The media type of a name that may be asked for: one plain name, not a path, not a hidden file.
fn kind_of(name: &str) -> Option<&'static str> {
    let is_plain = !name.starts_with('.')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    match name.rsplit_once('.')?.1 {
        _ if !is_plain => None,
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml; charset=utf-8"),
        // Anything else keeps a browser from compiling it while it arrives.
        "wasm" => Some("application/wasm"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_plain_names_of_known_kinds_are_files() {
        for name in [
            "latchkey-0123.wasm",
            "latchkey-0123.js",
            "a.css",
            "icons.svg",
        ] {
            assert!(kind_of(name).is_some(), "{name}");
        }
        for name in [
            "",
            "css",
            ".css",
            "..",
            "../Cargo.css",
            "a/b.css",
            "a\\b.css",
            "a.css.br",
            "a.html",
            "a\0.css",
            "é.css",
        ] {
            assert!(kind_of(name).is_none(), "{name}");
        }
    }

    #[test]
    fn every_text_names_its_charset() {
        for name in ["a.css", "a.js", "a.svg"] {
            let kind = kind_of(name).unwrap();
            assert!(kind.ends_with("; charset=utf-8"), "{name}: {kind}");
        }
    }

    #[test]
    fn the_client_chooses_the_coding() {
        for (accepted, ending) in [
            (None, None),
            (Some(""), None),
            (Some("identity"), None),
            (Some("gzip"), Some("gz")),
            (Some("gzip, deflate"), Some("gz")),
            (Some("gzip, deflate, br, zstd"), Some("br")),
            (Some("br;q=0, gzip"), Some("gz")),
            (Some("br;q=0.5, gzip;q=0.9"), Some("gz")),
            (Some("zstd"), None),
            (Some("nonsense; ;"), None),
        ] {
            let mut request = TestRequest::get();
            if let Some(accepted) = accepted {
                request = request.insert_header((header::ACCEPT_ENCODING, accepted));
            }
            let chosen = compressed_for(&request.to_http_request());
            assert_eq!(chosen.map(|(ending, _)| ending), ending, "{accepted:?}");
        }
    }

    #[test]
    fn what_is_not_compressed_is_served_as_it_is() {
        let files = [("a.js", "plain"), ("a.js.gz", "packed"), ("b.js", "plain")];
        let read = |path: &str| {
            let (_, content) = files.iter().find(|(name, _)| *name == path)?;
            Some(web::Bytes::from_static(content.as_bytes()))
        };
        let content = |path, compressed| {
            pick(path, compressed, read).map(|file| (file.content, file.coding.is_some()))
        };
        let [br, gz] = COMPRESSED;
        assert_eq!(content("a.js", Some(gz)), Some(("packed".into(), true)));
        assert_eq!(content("a.js", Some(br)), Some(("plain".into(), false)));
        assert_eq!(content("b.js", Some(gz)), Some(("plain".into(), false)));
        assert_eq!(content("c.js", Some(gz)), None);
    }

    #[test]
    fn the_list_is_in_order() {
        assert!(EMBEDDED.is_sorted_by_key(|(name, _)| name));
    }
}
