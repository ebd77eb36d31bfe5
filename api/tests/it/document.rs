//! The API's own description, as the tests read it.

use serde_json::Value;

use crate::support::TestServer;

/// One operation of the description.
pub struct Operation {
    /// Its operationId.
    pub id: String,
    /// Its method, in small letters as OpenAPI writes it.
    pub method: String,
    /// Its path with the parameters in braces.
    pub path: String,
    /// All that the description says of it.
    pub node: Value,
}

impl Operation {
    /// Whether it is about one project, which not everybody may know of.
    pub fn is_in_a_project(&self) -> bool {
        self.path.contains("{project_id}")
    }

    /// Whether it reads a body.
    pub fn takes_a_body(&self) -> bool {
        self.node.get("requestBody").is_some()
    }

    /// Whether its description has a response of this status.
    pub fn declares(&self, status: u16) -> bool {
        self.node["responses"].get(status.to_string()).is_some()
    }
}

/// What the server at hand says of itself.
pub async fn served(server: &TestServer) -> Value {
    server.anonymous().get("/openapi.json").send().await.ok()
}

/// Every operation, in the order of the document, with its responses in full.
pub fn operations(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().expect("there are paths");
    let mut found = Vec::new();
    for (path, item) in paths {
        for (method, node) in item.as_object().expect("a path has methods") {
            let mut node = node.clone();
            for response in members(&mut node["responses"]) {
                if let Some(whole) = response["$ref"].as_str().map(|name| follow(document, name)) {
                    *response = whole;
                }
            }
            found.push(Operation {
                id: node["operationId"].as_str().unwrap_or_default().to_owned(),
                method: method.clone(),
                path: path.clone(),
                node,
            });
        }
    }
    assert!(
        found.len() > 40,
        "there are only {} operations",
        found.len()
    );
    found
}

fn members(object: &mut Value) -> impl Iterator<Item = &mut Value> {
    let members = object.as_object_mut().into_iter();
    members.flat_map(serde_json::Map::values_mut)
}

/// What a reference such as `#/components/responses/NotFound` stands for.
fn follow(document: &Value, reference: &str) -> Value {
    let found = document.pointer(reference.trim_start_matches('#'));
    found
        .unwrap_or_else(|| panic!("{reference} leads nowhere"))
        .clone()
}
