//! A call of MCP 2026-07-28, which stands alone: no session has to be opened before.

use std::net::SocketAddr;

use serde_json::json;

use crate::load::Request;

const VERSION: &str = "2026-07-28";
/// What the bench's own server is told, and says.
const TEXT: &str = "the nightly import runs at 02:00 UTC";

/// A tool that is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Of the bench's own MCP server: it says what it was told.
    Echo,
    /// Of the memory server: whose key this is.
    Whoami,
}

impl Call {
    /// What is in the answer to it, and in no refusal.
    pub fn answer(self) -> &'static str {
        match self {
            Self::Echo => TEXT,
            Self::Whoami => "secret_hint",
        }
    }

    /// A request that calls it with this key.
    pub fn request(self, address: SocketAddr, path: &str, key: &str) -> Vec<u8> {
        let (name, arguments) = match self {
            Self::Echo => ("echo", json!({ "text": TEXT })),
            Self::Whoami => ("whoami", json!({})),
        };
        let body = json!({
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {
                "name": name,
                "arguments": arguments,
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": VERSION,
                    "io.modelcontextprotocol/clientInfo": { "name": "bench", "version": "1" },
                    "io.modelcontextprotocol/clientCapabilities": {},
                },
            },
        });
        Request::new("POST", address, path)
            .header("Authorization", &format!("Bearer {key}"))
            .header("Accept", "application/json, text/event-stream")
            .header("MCP-Protocol-Version", VERSION)
            .header("Mcp-Method", "tools/call")
            .header("Mcp-Name", name)
            .json(body.to_string())
            .bytes()
    }
}
