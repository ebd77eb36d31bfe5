//! What answers behind the project's endpoint.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::{Outcome, load, peers::echo, server::Server};

/// What Latchkey must be told, so that such a server may be on this machine.
pub const ALLOW: (&str, &str) = ("LATCHKEY_UPSTREAM_ALLOW", "127.0.0.0/8");

/// Puts an MCP server of the bench there.
///
/// # Errors
/// When Latchkey refuses it.
pub fn set_upstream(server: &Server, upstream: SocketAddr) -> Outcome {
    let url = format!("http://{upstream}{}", echo::PATH);
    set(server, &json!({ "kind": "upstream", "url": url }))
}

/// Puts the built-in memory server there.
///
/// # Errors
/// When Latchkey refuses it.
pub fn set_memory(server: &Server) -> Outcome {
    set(server, &json!({ "kind": "memory" }))
}

fn set(server: &Server, backend: &Value) -> Outcome {
    let path = format!("/api/v1/projects/{}", server.stock.project_id);
    let request = server
        .as_manager("PATCH", &path)
        .json(json!({ "backend": backend }).to_string());
    load::ask(server.address, request).map(drop)
}
