//! `/docs/guide/`: the user guide, that is `docs/guides/` of the repository with its pictures and the files it offers.
//!
//! What is asked for is looked up among what was compiled in; no path of a caller reaches a disk.

use std::{collections::BTreeMap, sync::LazyLock};

use actix_web::{HttpResponse, get, http::header, web};

use crate::{
    error::{ApiError, ApiResult},
    markdown::{self, Rendered},
    page,
};

/// Path inside `docs/guides/` and content, in order.
static EMBEDDED: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/guides.rs"));

/// The guides by what follows `/docs/guide/`, each made when one is first asked for.
static PAGES: LazyLock<BTreeMap<&str, Rendered>> = LazyLock::new(|| {
    EMBEDDED
        .iter()
        .filter(|(file, _)| is_guide(file))
        .filter_map(|(file, content)| {
            let text = str::from_utf8(content).ok()?;
            Some((place_of(file), markdown::render(text, address)))
        })
        .collect()
});

/// `/docs/guide` without the slash, as people type it.
#[get("/docs/guide")]
pub async fn redirect_guide() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((header::LOCATION, "/docs/guide/"))
        .finish()
}

/// One guide, the list of all at the empty name, or a file that they show or offer.
#[get("/docs/guide/{name:.*}")]
pub async fn show_guide(name: web::Path<String>) -> ApiResult<HttpResponse> {
    if let Some(guide) = PAGES.get(name.as_str()) {
        return Ok(show(&name, guide));
    }
    let content = find(&name)
        .filter(|_| !is_guide(&name))
        .ok_or_else(ApiError::not_found)?;
    let mut answer = HttpResponse::Ok();
    if name.ends_with(".png") {
        answer
            .content_type("image/png")
            .insert_header((header::CACHE_CONTROL, "public, max-age=3600"));
    } else {
        answer.content_type("text/plain; charset=utf-8");
    }
    Ok(answer.body(web::Bytes::from_static(content)))
}

fn show(name: &str, guide: &Rendered) -> HttpResponse {
    let here = if name.is_empty() {
        " aria-current=\"page\""
    } else {
        ""
    };
    page::html(
        &guide.title,
        &format!(
            "<nav><a href=\"/\">Latchkey</a> <a href=\"/docs/guide/\"{here}>All guides</a> \
             <a href=\"/docs/\">API reference</a></nav>{}",
            guide.body
        ),
    )
}

fn find(file: &str) -> Option<&'static [u8]> {
    let at = EMBEDDED
        .binary_search_by_key(&file, |(name, _)| name)
        .ok()?;
    EMBEDDED.get(at).map(|(_, content)| *content)
}

/// Guides stand directly in the folder, so that what they link to is relative to it.
fn is_guide(file: &str) -> bool {
    file.ends_with(".md") && !file.contains('/')
}

/// What follows `/docs/guide/`: a guide's name, nothing for the list of them, a file's path.
fn place_of(file: &str) -> &str {
    match file.strip_suffix(".md") {
        Some("README") if is_guide(file) => "",
        Some(name) if is_guide(file) => name,
        _ => file,
    }
}

/// Where a link of a guide leads here: within the page, to another site, or to what is in the guide's folder. There is
/// nothing else to lead to: the rest of the repository is not on the server.
fn address(link: &str) -> Option<String> {
    if ["#", "https://", "http://"]
        .iter()
        .any(|start| link.starts_with(start))
    {
        return Some(link.to_owned());
    }
    let at = link.find('#').unwrap_or(link.len());
    let (file, anchor) = link.split_at(at);
    let file = file.strip_prefix("./").unwrap_or(file);
    find(file)?;
    Some(format!("/docs/guide/{}{anchor}", place_of(file)))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn links_lead_to_what_is_served_here() {
        for (link, leads_to) in [
            ("rotation.md", Some("/docs/guide/rotation")),
            ("rotation.md#at-once", Some("/docs/guide/rotation#at-once")),
            ("./rotation.md", Some("/docs/guide/rotation")),
            ("README.md", Some("/docs/guide/")),
            (
                "README.md#using-latchkey",
                Some("/docs/guide/#using-latchkey"),
            ),
            ("#at-once", Some("#at-once")),
            ("images/rotate.png", Some("/docs/guide/images/rotate.png")),
            ("proxies/nginx.conf", Some("/docs/guide/proxies/nginx.conf")),
            ("proxies/Caddyfile", Some("/docs/guide/proxies/Caddyfile")),
            (
                "scanners/gitleaks.toml",
                Some("/docs/guide/scanners/gitleaks.toml"),
            ),
            (
                "https://example.com/a.md#b",
                Some("https://example.com/a.md#b"),
            ),
            ("http://localhost:8080", Some("http://localhost:8080")),
            ("", None),
            ("no-such-guide.md", None),
            ("rotation", None),
            ("images/", None),
            ("images/../rotation.md", None),
            ("../roles.md", None),
            ("../../README.md", None),
            ("/docs/guides/rotation.md", None),
            ("//example.com/x", None),
            ("javascript:alert(1)", None),
            ("data:text/html,x", None),
            ("HTTPS://example.com", None),
        ] {
            assert_eq!(address(link).as_deref(), leads_to, "{link}");
        }
    }

    /// A link out of the folder is words here, and a link on GitHub. Any other has to lead somewhere.
    #[test]
    fn no_guide_has_a_dead_link() {
        let dead = RefCell::new(Vec::new());
        for (file, content) in EMBEDDED.iter().filter(|(file, _)| is_guide(file)) {
            let _ = markdown::render(str::from_utf8(content).unwrap(), |link| {
                let leads_to = address(link);
                if leads_to.is_none() && !link.starts_with("../") {
                    dead.borrow_mut().push(format!("{file}: {link}"));
                }
                leads_to
            });
        }
        assert!(dead.borrow().is_empty(), "{:?}", dead.borrow());
    }

    #[test]
    fn the_list_is_in_order_and_texts_are_utf8() {
        assert!(EMBEDDED.is_sorted_by_key(|(name, _)| name));
        for (name, content) in EMBEDDED.iter().filter(|(name, _)| !name.ends_with(".png")) {
            assert!(str::from_utf8(content).is_ok(), "{name}");
        }
        assert!(PAGES.contains_key(""), "there is no README.md");
    }
}
