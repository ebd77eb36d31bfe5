//! Memories in memory, and a caller who writes bodies by hand.

use latchkey_types::{
    KeyId, MemoryId, Slug, Timestamp,
    key::{Environment, KeyRef},
    memory::Memory,
};
use serde_json::{Value, json};

use super::super::{Answer, Found, Holder, Memories, MemoryFault, answer};
use crate::{Era, MODERN, scan};

pub(super) const BOTH: [Era; 2] = [Era::Modern, Era::Legacy];
pub(super) const UNKNOWN_ID: &str = "mem_ffffffffffffffffffffffffffffffff";
const PAGE: usize = 2;

/// A legacy request, with what is given and nothing else.
pub(super) fn legacy(method: &str, params: Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
}

/// A modern request, with its fields in `_meta`.
pub(super) fn modern(method: &str, mut params: Value) -> String {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    legacy(method, params)
}

/// A project's endpoint.
pub(super) struct Desk {
    pub(super) holder: Holder,
    pub(super) memories: Fake,
}

impl Desk {
    /// Nothing is remembered yet.
    pub(super) fn new() -> Self {
        let holder = Holder {
            project_slug: "memorylake".parse::<Slug>().unwrap(),
            project_name: "Memory Lake".to_owned(),
            key_description: "Production - Claude Integration".to_owned(),
            environment: Environment::Production,
            expires_at: None,
            secret_hint: "lk_…a1B2".to_owned(),
        };
        let memories = Fake::default();
        Self { holder, memories }
    }

    /// Three memories are there.
    pub(super) fn busy() -> Self {
        let mut desk = Self::new();
        for text in ["Ada likes tea", "Ada likes short notes", "The lake is deep"] {
            desk.memories.remember(text, &["notes".to_owned()]).unwrap();
        }
        desk.memories.writes = 0;
        desk
    }

    /// The answer, and its body as a value (null without one).
    pub(super) fn ask(&mut self, era: Era, body: &str) -> (Answer, Value) {
        let message = scan(body.as_bytes()).unwrap();
        let bytes = body.as_bytes();
        let answer = answer(era, &message, bytes, &self.holder, &mut self.memories);
        let said = answer
            .body
            .as_deref()
            .map(|body| serde_json::from_str(body).unwrap());
        (answer, said.unwrap_or_default())
    }

    /// The answer to a tool call.
    pub(super) fn call(&mut self, tool: &str, arguments: Value) -> (Answer, Value) {
        let params = json!({ "name": tool, "arguments": arguments });
        self.ask(Era::Modern, &modern("tools/call", params))
    }
}

/// Memories of one project, oldest first.
#[derive(Default)]
pub(super) struct Fake {
    pub(super) kept: Vec<Memory>,
    /// How many memories were kept or forgotten.
    pub(super) writes: u32,
    /// What every method fails with.
    pub(super) fault: Option<MemoryFault>,
    /// The limit that the last recall had.
    pub(super) limit: Option<u32>,
}

impl Fake {
    fn check(&self) -> Result<(), MemoryFault> {
        self.fault.map_or(Ok(()), Err)
    }
}

impl Memories for Fake {
    fn remember(&mut self, text: &str, tags: &[String]) -> Result<Memory, MemoryFault> {
        self.check()?;
        let number = u32::try_from(self.kept.len()).unwrap() + 1;
        let id: MemoryId = format!("mem_{number:032x}").parse().unwrap();
        let key: KeyId = format!("key_{:032x}", 1).parse().unwrap();
        let memory = Memory {
            id,
            text: text.to_owned(),
            tags: tags.to_vec(),
            key: KeyRef {
                id: key,
                description: "Production - Claude Integration".to_owned(),
            },
            created_at: Timestamp::from_millis(i64::from(number) * 1000),
        };
        self.kept.push(memory.clone());
        self.writes += 1;
        Ok(memory)
    }

    fn recall(&mut self, query: &str, limit: u32) -> Result<Vec<Found>, MemoryFault> {
        self.check()?;
        self.limit = Some(limit);
        let found = self
            .kept
            .iter()
            .filter(|memory| memory.text.contains(query));
        let found = found.map(|memory| Found {
            memory: memory.clone(),
            snippet: query.to_owned(),
        });
        Ok(found.take(limit as usize).collect())
    }

    fn forget(&mut self, id: MemoryId) -> Result<bool, MemoryFault> {
        self.check()?;
        let before = self.kept.len();
        self.kept.retain(|memory| memory.id != id);
        let is_gone = self.kept.len() < before;
        self.writes += u32::from(is_gone);
        Ok(is_gone)
    }

    fn list(&mut self, cursor: Option<&str>) -> Result<(Vec<Memory>, Option<String>), MemoryFault> {
        self.check()?;
        let from: usize = match cursor {
            None => 0,
            Some(cursor) => cursor.parse().map_err(|_| MemoryFault::BadCursor)?,
        };
        let page: Vec<_> = self
            .kept
            .iter()
            .rev()
            .skip(from)
            .take(PAGE)
            .cloned()
            .collect();
        let next = from + page.len();
        Ok((page, (next < self.kept.len()).then(|| next.to_string())))
    }
}
