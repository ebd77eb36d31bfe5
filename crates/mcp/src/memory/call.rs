//! tools/call: reads the arguments, does it, and says what came of it.

use latchkey_types::{
    MemoryId, Slug, Timestamp,
    limits::{
        MEMORIES_MAX, MEMORY_TAG_MAX, MEMORY_TAGS_MAX, MEMORY_TEXT_MAX, QUERY_MAX, RECALL_DEFAULT,
        RECALL_MAX, check_line, check_lines,
    },
    memory::Memory,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    Answer, Holder, Memories, MemoryFault,
    params::{self, Argument, Arguments},
    reply::{Reply, text_of},
    tools::{self, Tool},
};
use crate::{Message, refusal::INVALID_PARAMS};

/// How many characters of text an answer holds before the texts that follow are cut: a model has to read it
/// all, and a page of the longest memories would fill its context several times. The longest text fits.
const TEXTS_MAX: usize = 50_000;
/// How much of a cut text is shown, in characters.
const CUT: usize = 500;
/// Longest cursor that is looked at, in bytes.
const CURSOR_MAX: usize = 1000;

/// Why a tool gave no result.
enum Failure {
    /// What the model could do better; a sentence.
    Argument(String),
    Store(MemoryFault),
}

impl From<MemoryFault> for Failure {
    fn from(fault: MemoryFault) -> Self {
        Self::Store(fault)
    }
}

/// Answers a tools/call. An unknown tool and malformed params are errors of the protocol, a bad argument is one
/// of the tool (MCP 2026-07-28 and 2025-11-25 server/tools, "Error Handling").
pub(super) fn answer(
    reply: &Reply<'_>,
    message: &Message,
    body: &[u8],
    holder: &Holder,
    memories: &mut dyn Memories,
) -> Answer {
    let (Some(name), Ok(arguments)) = (message.name.as_deref(), params::arguments(body)) else {
        return reply.malformed();
    };
    let Some(tool) = Tool::named(name) else {
        let names = tools::ALL.map(Tool::name).join(", ");
        let problem = format!("Unknown tool. This server has {names}.");
        return reply.error(200, INVALID_PARAMS, &problem, "unknown_tool");
    };
    match run(tool, arguments, holder, memories) {
        Ok(structured) => reply.tool_result(&structured),
        Err(Failure::Argument(sentence)) => reply.tool_error(&sentence),
        Err(Failure::Store(MemoryFault::Full)) => reply.tool_error(&format!(
            "Nothing was kept: the project holds {MEMORIES_MAX} memories, which is the most it may. \
             Forget some that are no longer needed."
        )),
        Err(Failure::Store(MemoryFault::BadCursor)) => {
            reply.tool_error("`cursor` is none that list_memories has given; begin without one.")
        }
        Err(Failure::Store(MemoryFault::KeyEnded)) => reply.key_ended(),
        Err(Failure::Store(MemoryFault::Unavailable)) => reply.unavailable(),
    }
}

fn run(
    tool: Tool,
    arguments: Arguments,
    holder: &Holder,
    memories: &mut dyn Memories,
) -> Result<String, Failure> {
    let mut given = Given { tool, arguments };
    match tool {
        Tool::Remember => {
            let text = given.text("text")?;
            let tags = given.tags()?;
            given.nothing_else()?;
            check("text", &text, MEMORY_TEXT_MAX)?;
            let memory = memories.remember(&text, &tags)?;
            // The text is left out: the model has just written it.
            Ok(text_of(&json!({
                "id": memory.id,
                "tags": memory.tags,
                "key": memory.key.description,
                "created_at": memory.created_at,
            })))
        }
        Tool::Recall => {
            let query = given.text("query")?;
            let limit = given.limit()?;
            given.nothing_else()?;
            check("query", &query, QUERY_MAX)?;
            let found = memories.recall(&query, limit)?;
            let mut budget = TEXTS_MAX;
            let shown = found.into_iter().zip(1_u32..).map(|(found, rank)| {
                let mut item = shown(&found.memory, &mut budget);
                item.insert("rank".to_owned(), rank.into());
                item.insert("snippet".to_owned(), found.snippet.into());
                item
            });
            Ok(text_of(&json!({ "memories": shown.collect::<Vec<_>>() })))
        }
        Tool::Forget => {
            let id = given.text("id")?;
            given.nothing_else()?;
            let id: MemoryId = id
                .parse()
                .map_err(|error| Failure::Argument(format!("`id`: {error}.")))?;
            if !memories.forget(id)? {
                // Not a plain "no": a model that got the id wrong has to learn it (MCP 2026-07-28 server/tools,
                // "Stateful Tools").
                let sentence = "There is no memory with this id; it may be forgotten already. \
                                list_memories and recall give the ids.";
                return Err(Failure::Argument(sentence.to_owned()));
            }
            Ok(text_of(&json!({ "id": id, "forgotten": true })))
        }
        Tool::ListMemories => {
            let cursor = given.optional_text("cursor")?;
            given.nothing_else()?;
            if cursor
                .as_ref()
                .is_some_and(|cursor| cursor.len() > CURSOR_MAX)
            {
                return Err(MemoryFault::BadCursor.into());
            }
            let (page, next) = memories.list(cursor.as_deref())?;
            let mut budget = TEXTS_MAX;
            let shown = page.iter().map(|memory| shown(memory, &mut budget));
            let mut list = json!({ "memories": shown.collect::<Vec<_>>() });
            if let Some(next) = next {
                list["next_cursor"] = next.into();
            }
            Ok(text_of(&list))
        }
        Tool::Whoami => {
            given.nothing_else()?;
            Ok(text_of(&Caller::from(holder)))
        }
    }
}

/// Who calls, as the key's holder may know it. A type, and no [`Value`]: this is asked most often, and takes no database.
#[derive(Serialize)]
struct Caller<'a> {
    project: &'a Slug,
    project_name: &'a str,
    key: &'a str,
    environment: &'static str,
    secret_hint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

impl<'a> From<&'a Holder> for Caller<'a> {
    fn from(holder: &'a Holder) -> Self {
        Self {
            project: &holder.project_slug,
            project_name: &holder.project_name,
            key: &holder.key_description,
            environment: holder.environment.as_str(),
            secret_hint: &holder.secret_hint,
            expires_at: holder.expires_at,
        }
    }
}

/// A memory as it is listed. Takes what it shows from the budget.
fn shown(memory: &Memory, budget: &mut usize) -> Map<String, Value> {
    let whole = memory.text.chars().count();
    let is_cut = whole > (*budget).max(CUT);
    let text: String = if is_cut {
        memory.text.chars().take(CUT).collect()
    } else {
        memory.text.clone()
    };
    *budget = budget.saturating_sub(if is_cut { CUT } else { whole });
    super::members(json!({
        "id": memory.id,
        "text": text,
        "is_cut": is_cut,
        "tags": memory.tags,
        "key": memory.key.description,
        "created_at": memory.created_at,
    }))
}

/// The arguments that are not read yet. Sentences name an argument, and never repeat its value.
struct Given {
    tool: Tool,
    arguments: Arguments,
}

impl Given {
    fn take(&mut self, name: &str) -> Argument {
        let place = self.arguments.0.iter().position(|(given, _)| given == name);
        place.map_or(Argument::Null, |place| self.arguments.0.remove(place).1)
    }

    fn text(&mut self, name: &str) -> Result<String, Failure> {
        self.optional_text(name)?
            .ok_or_else(|| wrong(name, "is missing"))
    }

    fn optional_text(&mut self, name: &str) -> Result<Option<String>, Failure> {
        match self.take(name) {
            Argument::Null => Ok(None),
            Argument::Text(text) => Ok(Some(text)),
            _ => Err(wrong(name, "must be a string")),
        }
    }

    fn limit(&mut self) -> Result<u32, Failure> {
        match self.take("limit") {
            Argument::Null => Ok(RECALL_DEFAULT),
            Argument::Whole(limit @ 1..=RECALL_MAX) => Ok(limit),
            _ => {
                let sentence = format!("must be a whole number from 1 to {RECALL_MAX}");
                Err(wrong("limit", &sentence))
            }
        }
    }

    /// The tags without the blanks around them, each once.
    fn tags(&mut self) -> Result<Vec<String>, Failure> {
        let given = match self.take("tags") {
            Argument::Null => Vec::new(),
            Argument::Texts(texts) => texts,
            _ => return Err(wrong("tags", "must be a list of strings")),
        };
        if given.len() > MEMORY_TAGS_MAX {
            let sentence = format!("has too many entries; at most {MEMORY_TAGS_MAX} are allowed");
            return Err(wrong("tags", &sentence));
        }
        let mut tags: Vec<String> = Vec::with_capacity(given.len());
        for (tag, place) in given.iter().map(|tag| tag.trim()).zip(0_usize..) {
            let name = format!("tags[{place}]");
            if tag.is_empty() {
                return Err(wrong(&name, "is empty"));
            }
            check_line(tag, MEMORY_TAG_MAX).map_err(|sentence| wrong(&name, &sentence))?;
            if !tags.iter().any(|before| before == tag) {
                tags.push(tag.to_owned());
            }
        }
        Ok(tags)
    }

    /// What is left nobody has asked for: a typing error must not become a default. The name is the caller's
    /// text, so it is not repeated.
    fn nothing_else(&self) -> Result<(), Failure> {
        if self.arguments.0.is_empty() {
            return Ok(());
        }
        let tool = self.tool.name();
        let sentence = match self.tool {
            Tool::Remember => "takes text and tags",
            Tool::Recall => "takes query and limit",
            Tool::Forget => "takes id",
            Tool::ListMemories => "takes cursor",
            Tool::Whoami => "takes no arguments",
        };
        let more = "and each once; leave out what else was given.";
        Err(Failure::Argument(format!("{tool} {sentence}, {more}")))
    }
}

/// Text of several lines, which must not be blank. Tabs and carriage returns are fine, because pasted text has
/// them; NUL, which no database of ours can keep, is not.
fn check(name: &str, text: &str, max: usize) -> Result<(), Failure> {
    if text.trim().is_empty() {
        return Err(wrong(name, "is empty"));
    }
    check_lines(&text.replace(['\t', '\r'], " "), max).map_err(|sentence| wrong(name, &sentence))
}

fn wrong(name: &str, sentence: &str) -> Failure {
    Failure::Argument(format!("`{name}` {sentence}."))
}
