//! A project's place in URLs: chosen or made of its name, and never given away twice.

use serde_json::json;

use crate::support::TestServer;

#[tokio::test]
async fn a_chosen_slug_keeps_to_the_rules() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let long = "a".repeat(41);
    for slug in [
        "",
        "ab",
        &long,
        "Memory",
        "memory_lake",
        "memory--lake",
        "-memory",
        "memory-",
        "mémoire",
        "a/b",
        "a b",
        "api",
        "docs",
        "healthz",
        "metrics",
        "setup",
        "mcp",
        "projects",
        "www",
        "openapi",
    ] {
        let body = json!({ "name": "Memory Lake", "slug": slug });
        ada.post("projects", body)
            .send()
            .await
            .wrong_field(422, "invalid_field", "/slug");
    }
    let longest = "a".repeat(40);
    for slug in ["abc", "123", "a-b-c", "memorylake", &longest] {
        let made = ada
            .post("projects", json!({ "name": "Memory Lake", "slug": slug }))
            .send()
            .await
            .status(201);
        assert_eq!(made["slug"], slug);
        assert_eq!(made["endpoint_url"], server.url(&format!("/{slug}/mcp/v1")));
    }
}

#[tokio::test]
async fn a_name_of_any_script_makes_a_slug() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    for (name, slug) in [
        ("Memory Lake", "memory-lake"),
        ("Équipe données", "equipe-donnees"),
        ("Größe & Maß", "grosse-mass"),
        ("API", "api-project"),
        ("x", "x-project"),
        ("!!!", "mcp-project"),
        ("???", "mcp-project-2"),
    ] {
        assert_eq!(ada.project(name).await.slug, slug, "{name}");
    }
    for name in ["記憶の湖", "Память", "🦀🦀🦀", &"word ".repeat(20)] {
        let slug = ada.project(name).await.slug;
        let plain = slug
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        assert!(plain && (3..=40).contains(&slug.len()), "{name}: {slug}");
    }
}

#[tokio::test]
async fn a_taken_slug_is_refused_and_a_made_one_gets_a_number() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let other = ada.member("Other").await;
    let first = ada.project("Memory Lake").await;
    assert_eq!(first.slug, "memory-lake");
    let taken = json!({ "name": "Mine", "slug": "memory-lake" });
    other
        .post("projects", taken.clone())
        .send()
        .await
        .wrong_field(409, "slug_taken", "/slug");
    assert_eq!(other.project("Memory Lake").await.slug, "memory-lake-2");
    assert_eq!(other.project("Memory  LAKE").await.slug, "memory-lake-3");
    // An archived one keeps its slug for ever: a URL that somebody has must not open another's memory.
    ada.delete(&first.this()).send().await.ok();
    other
        .post("projects", taken)
        .send()
        .await
        .wrong_field(409, "slug_taken", "/slug");
    assert_eq!(other.project("Memory Lake").await.slug, "memory-lake-4");
}

#[tokio::test]
async fn of_two_projects_at_once_with_one_slug_one_wins() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let make = |body| ada.post("projects", body).send();
    let body = json!({ "name": "Memory Lake", "slug": "lake" });
    let (one, other) = tokio::join!(make(body.clone()), make(body));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let (one, other) = tokio::join!(
        make(json!({ "name": "Sea" })),
        make(json!({ "name": "Sea" }))
    );
    let mut slugs = [
        one.status(201)["slug"].clone(),
        other.status(201)["slug"].clone(),
    ];
    slugs.sort_by_key(ToString::to_string);
    assert_eq!(slugs, ["sea", "sea-2"]);
}
