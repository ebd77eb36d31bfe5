//! The contract: the description of the API is complete, strict, and what the repository holds.

mod schemas;

use std::{collections::BTreeSet, process::Command};

use latchkey_types::ProblemCode;
use serde_json::Value;

use crate::{
    document::{self, Operation},
    matrix::table,
    support::TestServer,
};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi.yaml");

#[test]
fn the_file_in_the_repository_is_what_the_program_says() {
    let said = Command::new(env!("CARGO_BIN_EXE_latchkey"))
        .arg("openapi")
        .output()
        .unwrap();
    assert!(said.status.success(), "latchkey openapi fails");
    let said = String::from_utf8(said.stdout).unwrap();
    let kept = std::fs::read_to_string(FILE).unwrap_or_default();
    let same = kept
        .lines()
        .zip(said.lines())
        .take_while(|(kept, said)| kept == said)
        .count();
    assert!(
        kept == said,
        "openapi.yaml is stale from line {} on; run: cargo xtask openapi",
        same + 1
    );
}

#[tokio::test]
async fn the_server_serves_the_same_document_in_both_forms() {
    let server = TestServer::start().await;
    let json = document::served(&server).await;
    let yaml = server.anonymous().get("/openapi.yaml").send().await;
    assert_eq!(yaml.status, 200);
    let said = Command::new(env!("CARGO_BIN_EXE_latchkey"))
        .arg("openapi")
        .output()
        .unwrap();
    assert!(
        yaml.body.as_bytes() == said.stdout,
        "/openapi.yaml is what latchkey openapi prints"
    );
    let parsed: Value = yaml_serde::from_str(&yaml.body).unwrap();
    assert!(
        parsed == json,
        "/openapi.json says the same as /openapi.yaml"
    );
    assert!(
        json["openapi"].as_str().unwrap().starts_with("3.1"),
        "it is OpenAPI 3.1"
    );
    server.stop().await;
}

/// What of 3.1 must not be in the older form, at any depth outside of examples.
const NEWER: [&str; 8] = [
    "const",
    "contentMediaType",
    "contentSchema",
    "examples",
    "identifier",
    "patternProperties",
    "prefixItems",
    "propertyNames",
];

#[tokio::test]
async fn the_older_form_has_the_same_operations_and_nothing_of_3_1() {
    let server = TestServer::start().await;
    let older = server.anonymous().get("/openapi-3.0.json").send().await;
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi-3.0.json");
    assert!(
        older.body == std::fs::read_to_string(kept).unwrap_or_default(),
        "openapi-3.0.json is stale; run: cargo xtask openapi"
    );
    let older = older.ok();
    assert_eq!(older["openapi"], "3.0.3");
    let newer = document::served(&server).await;
    let ids = |document: &Value| -> BTreeSet<String> {
        let operations = document::operations(document);
        operations.iter().map(|one| one.id.to_owned()).collect()
    };
    assert_eq!(ids(&older), ids(&newer));
    let mut wrong = Vec::new();
    search(&older, "", &mut wrong);
    assert!(wrong.is_empty(), "{wrong:#?}");
    server.stop().await;
}

fn search(node: &Value, place: &str, wrong: &mut Vec<String>) {
    match node {
        Value::Object(map) => {
            let is_list = map.get("type").is_some_and(Value::is_array);
            let is_null = map.get("type").is_some_and(|name| name == "null");
            let has_siblings = map.contains_key("$ref") && map.len() > 1;
            if is_list || is_null || has_siblings {
                wrong.push(place.to_owned());
            }
            for (name, inner) in map.iter().filter(|(name, _)| *name != "example") {
                let place = format!("{place}/{name}");
                if NEWER.contains(&name.as_str()) {
                    wrong.push(place.clone());
                }
                search(inner, &place, wrong);
            }
        }
        Value::Array(list) => list
            .iter()
            .for_each(|inner| search(inner, &format!("{place}/-"), wrong)),
        _ => {}
    }
}

#[test]
fn every_operation_has_a_name_a_tag_and_its_security() {
    let document = generated();
    let tags: BTreeSet<&str> = texts(&document["tags"], "name").collect();
    let schemes = document["components"]["securitySchemes"]
        .as_object()
        .unwrap();
    let mut ids = BTreeSet::new();
    let mut wrong = Vec::new();
    for Operation {
        id,
        node,
        method,
        path,
    } in document::operations(&document)
    {
        let mut check = |is_right: bool, what: &str| {
            if !is_right {
                wrong.push(format!("{method} {path} ({id}): {what}"));
            }
        };
        check(is_camel_case(&id), "its operationId is no camelCase word");
        check(ids.insert(id.clone()), "its operationId is another's, too");
        let own: Vec<&str> = node["tags"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        check(
            own.len() == 1 && own.iter().all(|tag| tags.contains(tag)),
            "it needs one tag of the list",
        );
        check(
            node["summary"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "it has no summary",
        );
        let security = node["security"].as_array();
        check(
            security.is_some(),
            "it says nothing about security; `[]` where public",
        );
        let known = |choice: &Value| {
            choice
                .as_object()
                .is_some_and(|choice| choice.keys().all(|name| schemes.contains_key(name)))
        };
        check(
            security.into_iter().flatten().all(known),
            "its security names an unknown scheme",
        );
        for parameter in node["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap_or_default();
            check(
                parameter["description"].is_string(),
                &format!("{name} has no description"),
            );
            check(
                !parameter["example"].is_null(),
                &format!("{name} has no example"),
            );
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn an_operation_is_public_exactly_where_anybody_gets_in() {
    let rows = table::rows();
    for operation in document::operations(&generated()) {
        let row = rows
            .iter()
            .find(|row| row.operation == operation.id)
            .expect("the matrix has it");
        let anybody = row.status(table::Column::Anonymous) != Some(401);
        let is_public = operation.node["security"]
            .as_array()
            .is_some_and(Vec::is_empty);
        assert_eq!(
            is_public, anybody,
            "{}: its security and the matrix differ",
            operation.id
        );
    }
}

#[test]
fn every_answer_is_described_and_every_refusal_is_a_problem() {
    let rows = table::rows();
    let mut wrong = Vec::new();
    for operation in document::operations(&generated()) {
        let responses = operation.node["responses"].as_object().unwrap();
        for (status, response) in responses {
            let at = format!("{} {status}", operation.id);
            if response["description"]
                .as_str()
                .unwrap_or_default()
                .is_empty()
            {
                wrong.push(format!("{at} has no description"));
            }
            let is_refusal = status.starts_with(['4', '5']);
            let content = response["content"].as_object();
            if is_refusal {
                let problem = &response["content"]["application/problem+json"];
                let is_problem = problem["schema"]["$ref"] == "#/components/schemas/Problem";
                if !is_problem || content.is_none_or(|content| content.len() != 1) {
                    wrong.push(format!("{at} is no problem document"));
                }
                if problem["example"]["status"].as_u64() != status.parse().ok() {
                    wrong.push(format!("{at} has the example of another status"));
                }
            } else if status != "204"
                && content.is_none_or(serde_json::Map::is_empty)
                && operation.id != "forwardAuth"
            {
                wrong.push(format!("{at} says nothing about its body"));
            }
        }
        // What the matrix saw is what callers were told to expect.
        let row = rows
            .iter()
            .find(|row| row.operation == operation.id)
            .expect("the matrix has it");
        for status in row.statuses().filter(|status| !operation.declares(*status)) {
            wrong.push(format!(
                "{} answers {status} and doesn't say so",
                operation.id
            ));
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[tokio::test]
async fn every_problem_code_has_its_page() {
    let server = TestServer::start().await;
    let anybody = server.anonymous();
    let list = anybody.get("/docs/errors").send().await;
    assert_eq!(list.status, 200);
    for code in ProblemCode::ALL {
        let path = format!("/docs/errors/{}", code.as_str());
        assert!(list.body.contains(&path), "the list of errors lacks {path}");
        let page = anybody.get(&path).send().await;
        assert_eq!(page.status, 200, "{path}");
        let kind = page.headers["content-type"].to_str().unwrap();
        assert!(kind.starts_with("text/html"), "{path} is {kind}");
        for text in [code.as_str(), code.title(), &code.status().to_string()] {
            assert!(page.body.contains(text), "{path} doesn't say {text:?}");
        }
    }
    anybody
        .get("/docs/errors/no_such_code")
        .send()
        .await
        .problem(404, "not_found");
    server.stop().await;
}

/// The document, from the code itself.
fn generated() -> Value {
    let contract = latchkey_api::openapi::Contract::new(latchkey_api::routes::description());
    serde_json::from_str(&contract.unwrap_or_else(|e| panic!("{e}")).json).unwrap()
}

fn texts<'a>(list: &'a Value, name: &'a str) -> impl Iterator<Item = &'a str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(move |item| item[name].as_str())
}

fn is_camel_case(id: &str) -> bool {
    id.starts_with(|first: char| first.is_ascii_lowercase())
        && id.chars().all(|c| c.is_ascii_alphanumeric())
}
