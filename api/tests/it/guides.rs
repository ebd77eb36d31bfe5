//! The user guide in the running server: docs/guides as pages that link to each other, with what they show.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use crate::support::{Answer, TestServer};

/// Below it everything of the guide is served.
const ROOT: &str = "/docs/guide/";

#[tokio::test]
async fn every_guide_is_a_page_in_the_frame_of_the_others() {
    let server = TestServer::start().await;
    let pages = pages(&server).await;
    for guide in guides() {
        let text = fs::read_to_string(folder().join(&guide)).unwrap();
        let answer = &pages[&address(&guide)];
        let html = &answer.body;
        let kind = answer.header("content-type");
        assert_eq!(kind, Some("text/html; charset=utf-8"), "{guide}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{guide}");
        let policy = answer.header("content-security-policy").unwrap();
        for part in [
            "default-src 'none'",
            "style-src 'self'",
            "img-src 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{guide}: {policy}");
        }
        // All that the policy would refuse.
        for part in ["<script", "<style", " style=", " onclick=", " src=\"http"] {
            assert!(!html.contains(part), "{guide} has {part}");
        }
        let heading = text.lines().next().unwrap().strip_prefix("# ").unwrap();
        let title = format!("<title>{heading} · Latchkey</title>");
        assert!(html.contains(&title), "{guide} lacks {title}");
        assert_eq!(html.matches("<h1").count(), 1, "{guide}");
        assert!(html.contains(">All guides</a>"), "{guide}");
        // In a box that scrolls, so that the page doesn't.
        assert_eq!(
            html.matches("<table>").count(),
            html.matches("class=\"wide\"").count(),
            "{guide}"
        );
        assert_eq!(
            html.matches("<img ").count(),
            text.matches("![").count(),
            "{guide} lacks a picture"
        );
        assert!(
            !html.contains("alt=\"\""),
            "{guide}: a picture says nothing"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn the_list_of_guides_links_to_each() {
    let server = TestServer::start().await;
    let pages = pages(&server).await;
    let links = links(&pages[ROOT].body);
    for guide in guides() {
        let address = address(&guide);
        assert!(links.contains(&address), "{address} is not in the list");
    }
    server.stop().await;
}

#[tokio::test]
async fn every_link_of_a_guide_leads_to_something() {
    let server = TestServer::start().await;
    let nobody = server.anonymous();
    let pages = pages(&server).await;
    let mut seen = BTreeSet::new();
    for (address, answer) in &pages {
        for link in links(&answer.body) {
            if link.starts_with("https://") || link.starts_with("http://") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link.as_str(), ""));
            let path = if path.is_empty() {
                address.as_str()
            } else {
                path
            };
            assert!(path.starts_with('/'), "{address} has {link}");
            assert!(!path.ends_with(".md"), "{address} has {link}");
            if seen.insert(path.to_owned()) {
                let found = nobody.get(path).send().await;
                assert_eq!(found.status, 200, "{address} links to {link}");
            }
            if !anchor.is_empty() {
                let id = format!(" id=\"{anchor}\">");
                assert!(pages[path].body.contains(&id), "{address} has {link}");
            }
        }
    }
    assert!(seen.len() > pages.len(), "{seen:?}");
    server.stop().await;
}

#[tokio::test]
async fn every_file_beside_the_guides_is_served_as_it_is() {
    let server = TestServer::start().await;
    let nobody = server.anonymous();
    let guides: BTreeSet<String> = guides().into_iter().collect();
    let files = files();
    let others: Vec<&String> = files
        .iter()
        .filter(|file| !guides.contains(*file))
        .collect();
    assert!(others.len() > 10, "{others:?}");
    for file in others {
        let content = fs::read(folder().join(file)).unwrap();
        let answer = nobody.get(&format!("{ROOT}{file}")).send().await;
        assert_eq!(answer.status, 200, "{file}");
        assert_eq!(
            answer.header("content-length"),
            Some(content.len().to_string().as_str()),
            "{file}"
        );
        let (kind, caching) = if file.ends_with(".png") {
            ("image/png", "public, max-age=3600")
        } else {
            assert!(answer.body.as_bytes() == content, "{file} is another text");
            ("text/plain; charset=utf-8", "no-store")
        };
        assert_eq!(answer.header("content-type"), Some(kind), "{file}");
        assert_eq!(answer.header("cache-control"), Some(caching), "{file}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'"), "{file}: {policy}");
    }
    server.stop().await;
}

#[tokio::test]
async fn what_is_no_part_of_the_guide_is_not_there() {
    let server = TestServer::start().await;
    let nobody = server.anonymous();
    for path in [
        "nothing",
        "nothing.md",
        "README",
        "README.md",
        "rotation.md",
        "rotation/",
        "Rotation",
        "images",
        "images/",
        "images/nothing.png",
        "..%2fguides%2frotation",
        "..%2f..%2fCargo.toml",
        "images%2f..%2f..%2froles.md",
        "..%5c..%5cCargo.toml",
        "%2fetc%2fpasswd",
        "rotation%00",
        // Swagger UI's, whose pattern is behind this one.
        "swagger-ui.css",
    ] {
        nobody
            .get(&format!("{ROOT}{path}"))
            .header("accept", "text/html")
            .send()
            .await
            .problem(404, "not_found");
    }
    let redirect = nobody.get("/docs/guide").send().await;
    assert_eq!(
        (redirect.status, redirect.header("location")),
        (308, Some(ROOT))
    );
    server.stop().await;
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guides")
}

/// Every file of the guide, such as `images/rotate.png`.
fn files() -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    let mut folders = vec![String::new()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(folder().join(&inner)).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            match entry.file_type().unwrap().is_dir() {
                // An editor's.
                _ if name.starts_with('.') => {}
                true => folders.push(format!("{inner}{name}/")),
                false => {
                    files.insert(format!("{inner}{name}"));
                }
            }
        }
    }
    files
}

fn guides() -> Vec<String> {
    let guides: Vec<String> = files()
        .into_iter()
        .filter(|file| file.ends_with(".md"))
        .collect();
    assert!(guides.len() > 8, "{guides:?}");
    guides
}

fn address(guide: &str) -> String {
    match guide.strip_suffix(".md").unwrap() {
        "README" => ROOT.to_owned(),
        name => format!("{ROOT}{name}"),
    }
}

/// Every guide as it is served, by its address.
async fn pages(server: &TestServer) -> BTreeMap<String, Answer> {
    let nobody = server.anonymous();
    let mut pages = BTreeMap::new();
    for guide in guides() {
        let address = address(&guide);
        let answer = nobody.get(&address).send().await;
        assert_eq!(answer.status, 200, "{address}");
        pages.insert(address, answer);
    }
    pages
}

/// Where a page's links and pictures are.
fn links(html: &str) -> BTreeSet<String> {
    [" href=\"", " src=\""]
        .iter()
        .flat_map(|attribute| html.split(attribute).skip(1))
        .map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&"))
        .collect()
}
