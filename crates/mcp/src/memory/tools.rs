//! The tools: their names, and how they are described to a model (MCP 2026-07-28 server/tools, "Tool").
//!
//! Schemas are JSON Schema 2020-12, the default dialect, in the few words that every client's validator knows:
//! no `format`, no alternatives of type. What can be missing is not required, rather than null.

use latchkey_types::limits::{
    MEMORY_TAG_MAX, MEMORY_TAGS_MAX, MEMORY_TEXT_MAX, QUERY_MAX, RECALL_DEFAULT, RECALL_MAX,
};
use serde_json::{Value, json};

/// A tool of the memory server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    Remember,
    Recall,
    Forget,
    ListMemories,
    Whoami,
}

/// In the order in which they are listed.
pub(super) const ALL: [Tool; 5] = [
    Tool::Remember,
    Tool::Recall,
    Tool::Forget,
    Tool::ListMemories,
    Tool::Whoami,
];

/// What a tool does to the memories (MCP 2026-07-28 schema.ts, ToolAnnotations).
enum Effect {
    Reads,
    Adds,
    Deletes,
}

/// All tools, as tools/list gives them.
pub(super) fn definitions() -> Vec<Value> {
    ALL.into_iter().map(Tool::definition).collect()
}

impl Tool {
    /// The tool of this name; names are case-sensitive.
    pub(super) fn named(name: &str) -> Option<Self> {
        ALL.into_iter().find(|tool| tool.name() == name)
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Remember => "remember",
            Self::Recall => "recall",
            Self::Forget => "forget",
            Self::ListMemories => "list_memories",
            Self::Whoami => "whoami",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Remember => "Remember something",
            Self::Recall => "Search the memories",
            Self::Forget => "Delete a memory",
            Self::ListMemories => "List the memories",
            Self::Whoami => "Show who is calling",
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::Remember => {
                "Keeps a text for later. Everyone with a key of this project can find it. Put one fact into a \
                 memory, in words that somebody would search for, and no passwords or keys."
            }
            Self::Recall => {
                "Finds memories by their words and tags, best match first. Texts are given whole until the \
                 answer is long; is_cut says which are not: search more narrowly to read those."
            }
            Self::Forget => "Deletes a memory for everyone. It can't be brought back.",
            Self::ListMemories => {
                "Lists the memories, newest first. Give next_cursor back as cursor to get the next page; the \
                 last page has none. is_cut says which texts are not whole."
            }
            Self::Whoami => {
                "Shows the project and the key that this connection uses. It never shows the key itself."
            }
        }
    }

    const fn effect(self) -> Effect {
        match self {
            Self::Remember => Effect::Adds,
            Self::Forget => Effect::Deletes,
            Self::Recall | Self::ListMemories | Self::Whoami => Effect::Reads,
        }
    }

    fn definition(self) -> Value {
        json!({
            "name": self.name(),
            "title": self.title(),
            "description": self.description(),
            "inputSchema": self.input(),
            "outputSchema": self.output(),
            "annotations": self.annotations(),
        })
    }

    fn annotations(self) -> Value {
        let effect = self.effect();
        // All of them are given, although some mean nothing for a tool that only reads: their defaults are
        // those of a tool that destroys things in the outside world.
        json!({
            // The only title that the first legacy version knows.
            "title": self.title(),
            "readOnlyHint": matches!(effect, Effect::Reads),
            "destructiveHint": matches!(effect, Effect::Deletes),
            "idempotentHint": !matches!(effect, Effect::Adds),
            "openWorldHint": false,
        })
    }

    fn input(self) -> Value {
        match self {
            Self::Remember => object(
                json!({
                    "text": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": MEMORY_TEXT_MAX,
                        "description": "What to remember.",
                    },
                    "tags": {
                        "type": "array",
                        "items": { "type": "string", "minLength": 1, "maxLength": MEMORY_TAG_MAX },
                        "maxItems": MEMORY_TAGS_MAX,
                        "description": "Words to find it by that are not in the text.",
                    },
                }),
                &["text"],
            ),
            Self::Recall => object(
                json!({
                    "query": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": QUERY_MAX,
                        "description": "The words to look for.",
                    },
                    "limit": {
                        "type": "integer",
                        "minimum": 1,
                        "maximum": RECALL_MAX,
                        "default": RECALL_DEFAULT,
                        "description": "How many memories to give at most.",
                    },
                }),
                &["query"],
            ),
            Self::Forget => object(json!({ "id": id() }), &["id"]),
            Self::ListMemories => object(
                json!({
                    "cursor": {
                        "type": "string",
                        "description": "The next_cursor of the page before; the first page needs none.",
                    },
                }),
                &[],
            ),
            Self::Whoami => object(json!({}), &[]),
        }
    }

    fn output(self) -> Value {
        match self {
            Self::Remember => object(
                json!({ "id": id(), "tags": tags(), "key": key(), "created_at": time("When it was kept.") }),
                &["id", "tags", "key", "created_at"],
            ),
            Self::Recall => {
                let found = memory(json!({
                    "rank": { "type": "integer", "minimum": 1, "description": "1 is the best match." },
                    "snippet": {
                        "type": "string",
                        "description": "The part of the text that matches, with ** round each word that does.",
                    },
                }));
                list("memories", &found, json!({}))
            }
            Self::Forget => object(
                json!({ "id": id(), "forgotten": { "type": "boolean" } }),
                &["id", "forgotten"],
            ),
            Self::ListMemories => {
                let next = json!({
                    "next_cursor": { "type": "string", "description": "Absent on the last page." },
                });
                list("memories", &memory(json!({})), next)
            }
            Self::Whoami => object(
                json!({
                    "project": { "type": "string", "description": "The project's name in URLs." },
                    "project_name": { "type": "string" },
                    "key": key(),
                    "environment": {
                        "type": "string",
                        "enum": ["production", "staging", "development", "none"],
                    },
                    "expires_at": time("When the key stops working. Absent if it doesn't expire."),
                    "secret_hint": {
                        "type": "string",
                        "description": "The beginning and the last four characters of the key's secret.",
                    },
                }),
                &[
                    "project",
                    "project_name",
                    "key",
                    "environment",
                    "secret_hint",
                ],
            ),
        }
    }
}

fn object(properties: Value, required: &[&str]) -> Value {
    let mut schema = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    // Draft 4, which some clients' converters still speak, has no empty list here.
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn list(name: &str, item: &Value, more: Value) -> Value {
    let mut properties = super::members(more);
    properties.insert(name.to_owned(), json!({ "type": "array", "items": item }));
    object(Value::Object(properties), &[name])
}

/// A memory, with what only one of the tools says of it, all of it required.
fn memory(more: Value) -> Value {
    let mut properties = super::members(json!({
        "id": id(),
        "text": { "type": "string" },
        "is_cut": { "type": "boolean", "description": "Whether this is only the text's beginning." },
        "tags": tags(),
        "key": key(),
        "created_at": time("When it was kept."),
    }));
    properties.extend(super::members(more));
    let required: Vec<String> = properties.keys().cloned().collect();
    let required: Vec<&str> = required.iter().map(String::as_str).collect();
    object(Value::Object(properties), &required)
}

fn id() -> Value {
    json!({
        "type": "string",
        "pattern": "^mem_[0-9a-f]{32}$",
        "description": "The id of a memory.",
    })
}

fn tags() -> Value {
    json!({ "type": "array", "items": { "type": "string" } })
}

fn key() -> Value {
    json!({ "type": "string", "description": "What the key is for, in its owner's words." })
}

fn time(description: &str) -> Value {
    json!({ "type": "string", "description": format!("{description} RFC 3339, in UTC.") })
}
