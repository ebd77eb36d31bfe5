//! Any body, in any chunks, against what serde_json makes of it and a second reading of the rules.

use std::fmt;

use latchkey_fuzz::{Dice, Outcome, agree, hold, run};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::*;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/scan");

#[test]
fn bodies() {
    run("scan", CORPUS, check);
}

fn check(input: &[u8]) -> Outcome {
    let whole = scan(input);
    let mut dice = Dice::of(input);
    for longest in [1, 3, 64] {
        let chunked = in_chunks(input, longest, &mut dice)?;
        agree("the outcome in chunks", &chunked, &whole)?;
    }
    let text = std::str::from_utf8(input).ok();
    let is_json = text.is_some_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
    let tree = text.and_then(|text| serde_json::from_str::<Tree>(text).ok());
    let first = input.trim_ascii_start().first();
    match &whole {
        Ok(message) => {
            hold(is_json, "it passes, and is no JSON")?;
            within_limits(message, input)?;
        }
        Err(Fault::Syntax | Fault::CutOff | Fault::Trailing) => {
            hold(!is_json, "it is called no JSON, and is")?;
        }
        Err(Fault::Encoding) => hold(
            text.is_none() || !is_json || tree.is_none(),
            "it is said to have half a character, and has none",
        )?,
        Err(Fault::Depth) => hold(tree.is_none(), "it is called too deep, and can be read")?,
        Err(Fault::Batch) => hold(first == Some(&b'['), "it is called a batch, and is none")?,
        Err(Fault::NotObject) => hold(
            !matches!(first, None | Some(b'{' | b'[')),
            "it is said to be no object, and is",
        )?,
        Err(_) => {}
    }
    // Half a surrogate pair, a number beyond every range, too deep: there is no tree to compare with.
    let Some(tree) = tree else {
        return Ok(());
    };
    match (&whole, expected(&tree, input)) {
        (_, Expected::Unknown) => Ok(()),
        (Ok(found), Expected::Message(wanted)) => agree("the message", found, &wanted),
        (Err(fault), Expected::Message(_)) => Err(format!("a call is refused: {fault:?}")),
        (Ok(_), Expected::Refusal(why)) => Err(format!("it passes, although {why}")),
        (Err(_), Expected::Refusal(_)) => Ok(()),
    }
}

/// The same body in chunks of up to so many bytes, some of them empty. A fault stays the same one, once it is found.
fn in_chunks(
    body: &[u8],
    longest: usize,
    dice: &mut Dice,
) -> Result<Result<Message, Fault>, String> {
    let mut scan = Scan::new();
    let mut rest = body;
    let mut fault = None;
    while !rest.is_empty() {
        let size = dice.below(longest + 1).max(usize::from(longest == 1));
        let (chunk, tail) = rest.split_at(size.min(rest.len()));
        rest = tail;
        let pushed = scan.push(chunk).err();
        if fault.is_some() {
            agree("the fault of the next chunk", &pushed, &fault)?;
        }
        fault = pushed;
    }
    let finished = scan.finish();
    if fault.is_some() {
        agree(
            "the fault at the end",
            &finished.as_ref().err(),
            &fault.as_ref(),
        )?;
    }
    Ok(finished)
}

/// What is kept is as long as it may be, and what an id is stands in the body.
fn within_limits(message: &Message, body: &[u8]) -> Outcome {
    let longest = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    hold(
        longest(&message.id) <= MAX_ID_BYTES
            && message.method.len() <= MAX_METHOD_BYTES
            && longest(&message.name) <= MAX_NAME_BYTES
            && longest(&message.meta_version) <= MAX_VERSION_BYTES
            && longest(&message.initialize_version) <= MAX_VERSION_BYTES,
        "more is kept than there is room for",
    )?;
    if let Some(id) = &message.id {
        hold(
            body.windows(id.len()).any(|part| part == id.as_bytes()),
            "the id isn't in the body",
        )?;
    }
    let Some(client) = &message.client else {
        return Ok(());
    };
    let is_shown =
        |text: &str| text.chars().count() <= MAX_CLIENT_CHARS && !text.contains(char::is_control);
    hold(
        !client.name.is_empty() && is_shown(&client.name) && is_shown(&client.version),
        "the client can't be shown",
    )
}

/// What the rules say of a body that could be read as a tree.
enum Expected {
    Message(Message),
    Refusal(&'static str),
    /// The tree doesn't tell.
    Unknown,
}

/// JSON with every member in its order, also those that are there twice.
enum Tree {
    Object(Vec<(String, Tree)>),
    Array,
    Text(String),
    Whole(i128),
    /// With a fraction, an exponent, or beyond 64 bits: the tree doesn't tell which.
    Other,
    Truth,
    Null,
}

impl Tree {
    /// The values of this name.
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.members()
            .iter()
            .filter(move |(found, _)| found == name)
            .map(|(_, value)| value)
    }

    /// The value of this name, of which there is one at most.
    fn get(&self, name: &str) -> Option<&Self> {
        self.members()
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value)
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Self::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn members(&self) -> &[(String, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    fn is_twice(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.all(name).count() > 1)
    }

    /// Whether there is another spelling of one of these names that a reader who looks past capitals takes for it.
    /// Such a reader (Go's encoding/json) folds two characters beyond ASCII, too: the long s and the sign for kelvin.
    fn is_nearly(&self, names: &[&str]) -> bool {
        self.members().iter().any(|(found, _)| {
            let folded = found
                .to_ascii_lowercase()
                .replace('ſ', "s")
                .replace('\u{212a}', "k");
            names.iter().any(|name| folded == *name && found != name)
        })
    }
}

const DECIDING: [&str; 6] = ["jsonrpc", "id", "method", "params", "result", "error"];
const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const INFO: &str = "io.modelcontextprotocol/clientInfo";
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

fn expected(body: &Tree, bytes: &[u8]) -> Expected {
    use Expected::{Refusal, Unknown};
    let Tree::Object(_) = body else {
        return Refusal("it is no object");
    };
    if body.is_twice(&DECIDING) || body.is_nearly(&DECIDING) {
        return Refusal("a member that decides is there twice");
    }
    if body.text("jsonrpc") != Some("2.0") {
        return Refusal("jsonrpc is not 2.0");
    }
    let null = Tree::Null;
    let params = body.get("params").unwrap_or(&null);
    if !matches!(params, Tree::Object(_) | Tree::Null) {
        return Refusal("params is no object");
    }
    let single = ["name", "uri", "_meta", "protocolVersion", "clientInfo"];
    if params.is_twice(&single) || params.is_nearly(&["_meta"]) {
        return Refusal("a member of params is there twice");
    }
    let meta = params.get("_meta").unwrap_or(&null);
    if meta.is_twice(&[VERSION, INFO, CAPABILITIES]) {
        return Refusal("a member of _meta is there twice");
    }
    let meta_version = meta.text(VERSION);
    if meta_version.is_some_and(|version| version.len() > 64) {
        return Refusal("the version in _meta is too long");
    }
    let method = match body.get("method") {
        None => None,
        Some(Tree::Text(method)) if (1..=256).contains(&method.len()) => Some(method.as_str()),
        Some(_) => return Refusal("the method is none"),
    };
    let (has_result, has_error) = (body.get("result").is_some(), body.get("error").is_some());
    let has_id = match body.get("id") {
        None => None,
        Some(Tree::Null) => Some(false),
        Some(Tree::Text(_) | Tree::Whole(_)) => Some(true),
        // Whether it is a whole one beyond 64 bits, its digits would tell.
        Some(Tree::Other) => return Unknown,
        Some(_) => return Refusal("the id is neither text nor number"),
    };
    let kind = match (method, has_result, has_error, has_id) {
        (Some(_), true, _, _) | (Some(_), _, true, _) | (None, true, true, _) => {
            return Refusal("it is two kinds of message");
        }
        (Some(_), _, _, Some(false)) => return Refusal("a request's id is null"),
        (Some(_), _, _, Some(true)) => Kind::Request,
        (Some(_), _, _, None) => Kind::Notification,
        (None, true, false, None | Some(false)) => return Refusal("a result has no id"),
        (None, false, false, _) => return Refusal("it is no kind of message"),
        (None, _, _, _) => Kind::Response,
    };
    let called_on = match method {
        Some("tools/call" | "prompts/get") => Some("name"),
        Some("resources/read") => Some("uri"),
        _ => None,
    };
    let name = called_on.and_then(|member| params.text(member));
    if called_on.is_some_and(|member| params.is_nearly(&[member])) {
        return Refusal("the name is there in other capitals");
    }
    if name.is_some_and(|name| name.len() > 2048) {
        return Refusal("the name is too long");
    }
    let is_initialize = method == Some("initialize");
    let own_version = params.text("protocolVersion").filter(|_| is_initialize);
    if own_version.is_some_and(|version| version.len() > 64) {
        return Refusal("the version is too long");
    }
    let own = params.get("clientInfo").filter(|_| is_initialize);
    let client = [meta.get(INFO), own].into_iter().flatten().find_map(client);
    let id = match id_text(body, bytes) {
        Ok(id) => id,
        Err(Some(why)) => return Refusal(why),
        Err(None) => return Unknown,
    };
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Expected::Message(Message {
        kind,
        id,
        method: method.unwrap_or_default().to_owned(),
        name: owned(name),
        meta_version: owned(meta_version),
        meta_capabilities: matches!(meta.get(CAPABILITIES), Some(Tree::Object(_))),
        initialize_version: owned(own_version),
        client,
    })
}

/// The id as it stands in the body, where that can be told: as we would write it. Else why it is none, if it is.
fn id_text(body: &Tree, bytes: &[u8]) -> Result<Option<String>, Option<&'static str>> {
    let written = match body.get("id") {
        None | Some(Tree::Null) => return Ok(None),
        Some(Tree::Whole(number)) => number.to_string(),
        Some(Tree::Text(text)) => serde_json::to_string(text).map_err(|_| None)?,
        Some(_) => return Err(None),
    };
    // With needless escapes it stands there in another way.
    let is_there = bytes
        .windows(written.len())
        .any(|part| part == written.as_bytes());
    let is_plain = !written.contains('\\') && !bytes.contains(&b'\\');
    if written.len() > MAX_ID_BYTES && is_plain {
        return Err(Some("the id is too long"));
    }
    if is_there && is_plain {
        Ok(Some(written))
    } else {
        Err(None)
    }
}

/// What is shown of a client: of several names the last one that is text.
fn client(info: &Tree) -> Option<ClientInfo> {
    let shown = |member: &str| {
        let text = info
            .all(member)
            .filter_map(|value| match value {
                Tree::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .last()
            .unwrap_or_default();
        // A hundred characters have four hundred bytes at most; beyond them nothing is looked at.
        let mut end = text.len().min(400);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let shown: String = text[..end]
            .chars()
            .filter(|c| !c.is_control())
            .take(100)
            .collect();
        shown.trim().to_owned()
    };
    let (name, version) = (shown("name"), shown("version"));
    (!name.is_empty()).then_some(ClientInfo { name, version })
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Tree::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        while items.next_element::<Tree>()?.is_some() {}
        Ok(Tree::Array)
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Tree, E> {
        Ok(Tree::Truth)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Tree, E> {
        Ok(Tree::Whole(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Tree, E> {
        Ok(Tree::Whole(number.into()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Tree, E> {
        Ok(Tree::Other)
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }
}
