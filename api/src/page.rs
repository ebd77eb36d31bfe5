//! The few pages that the server writes itself: error codes, the user guide, and a word about what is here.

use actix_web::{HttpResponse, http::header};

const STYLE: &str = include_str!("page.css");
const CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// The style sheet of these pages.
#[actix_web::get("/assets/page.css")]
pub async fn show_style() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .body(STYLE)
}

/// A page with this title and this body; both must be safe to show.
#[must_use]
pub fn html(title: &str, body: &str) -> HttpResponse {
    let text = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title} · Latchkey</title><link rel=\"stylesheet\" href=\"/assets/page.css\"></head>\
         <body><main>{body}</main></body></html>\n"
    );
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, CSP))
        .body(text)
}

/// Text that is safe between tags.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Text of the error catalogue with its `code` spans.
#[must_use]
pub fn code_spans(text: &str) -> String {
    escaped(text)
        .split('`')
        .enumerate()
        .map(|(at, part)| {
            if at % 2 == 1 {
                format!("<code>{part}</code>")
            } else {
                part.to_owned()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_marked_and_markup_is_not() {
        assert_eq!(code_spans("Send `a` <b>"), "Send <code>a</code> &lt;b&gt;");
    }
}
