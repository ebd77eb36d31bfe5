//! What is kept of a body, out of what the lexer meets in it.

use super::{
    ClientInfo, Fault, Kind, MAX_CLIENT_CHARS, MAX_ID_BYTES, MAX_METHOD_BYTES, MAX_NAME_BYTES,
    MAX_VERSION_BYTES, Message,
    lexer::Shape,
    members::{Found, MAX_KEY_BYTES, Member, Object},
    text::{Read, Want},
};

/// What is known of a body so far.
#[derive(Debug, Default)]
pub(super) struct Keep {
    /// The open objects that are looked into, the innermost last. At most four.
    open: Vec<Object>,
    /// How many containers are open inside the last of them.
    deeper: u32,
    /// The member whose value comes next, or whose value an open object is.
    member: Option<Member>,
    /// Which members were there.
    seen: u32,
    /// Which were there in other capitals.
    nearly: u32,
    id: Id,
    method: Option<String>,
    name: Option<Read>,
    uri: Option<Read>,
    version: Option<Read>,
    meta_version: Option<String>,
    meta_capabilities: bool,
    info: Info,
    meta_info: Info,
    /// Whether the open client info is that of `_meta`.
    is_meta_info: bool,
}

#[derive(Debug, Default)]
enum Id {
    #[default]
    Absent,
    Null,
    Is(String),
}

#[derive(Debug, Default)]
struct Info {
    name: String,
    version: String,
}

impl Keep {
    /// How much of the next key is wanted.
    pub(super) fn want_key(&self) -> Want {
        if self.deeper == 0 {
            Want::Start(MAX_KEY_BYTES)
        } else {
            Want::Nothing
        }
    }

    /// A key was read.
    pub(super) fn key(&mut self, key: &Read) -> Result<(), Fault> {
        if self.deeper > 0 {
            return Ok(());
        }
        self.member = None;
        let found = match self.open.last() {
            Some(object) if !key.is_cut && key.is_exact => object.member(&key.text),
            _ => Found::Nothing,
        };
        match found {
            Found::Exactly(member) => {
                if self.has(member) && member.is_single() {
                    return Err(Fault::Ambiguous(member.path()));
                }
                self.seen |= member.bit();
                self.member = Some(member);
            }
            // Whether a params.Name disturbs depends on the method, which may come later.
            Found::Nearly(member @ (Member::Name | Member::Uri)) => self.nearly |= member.bit(),
            Found::Nearly(member) => return Err(Fault::Ambiguous(member.path())),
            Found::Nothing => {}
        }
        Ok(())
    }

    /// A value begins. Gives how much of it is wanted, if it is a string or a number.
    pub(super) fn begin(&mut self, shape: Shape) -> Result<Want, Fault> {
        if self.deeper > 0 {
            if matches!(shape, Shape::Object | Shape::Array) {
                self.deeper += 1;
            }
            return Ok(Want::Nothing);
        }
        let Some(member) = self.member.take() else {
            return self.begin_unknown(shape);
        };
        if matches!(shape, Shape::Object | Shape::Array) {
            return self.begin_container(member, shape);
        }
        // What follows belongs to this member until its text or number was read.
        self.member = Some(member);
        match (member, shape) {
            (Member::Jsonrpc, Shape::Text) => Ok(Want::Start(8)),
            (Member::Jsonrpc, _) => Err(Fault::Version),
            (Member::Id, Shape::Text | Shape::Number) => Ok(Want::Raw(MAX_ID_BYTES, Fault::Id)),
            (Member::Id, Shape::Null) => {
                self.id = Id::Null;
                Ok(Want::Nothing)
            }
            (Member::Id, _) => Err(Fault::Id),
            (Member::Method, Shape::Text) => Ok(Want::Whole(MAX_METHOD_BYTES, Fault::LongMethod)),
            (Member::Method, _) => Err(Fault::NoMethod),
            (Member::Params, Shape::Null) => Ok(Want::Nothing),
            (Member::Params, _) => Err(Fault::Params),
            (Member::MetaVersion, Shape::Text) => {
                let fault = Fault::TooLong(Member::MetaVersion.path());
                Ok(Want::Whole(MAX_VERSION_BYTES, fault))
            }
            (Member::Name | Member::Uri, Shape::Text) => Ok(Want::Start(MAX_NAME_BYTES)),
            (Member::ProtocolVersion, Shape::Text) => Ok(Want::Start(MAX_VERSION_BYTES)),
            // A character has at most four bytes.
            (Member::InfoName | Member::InfoVersion, Shape::Text) => {
                Ok(Want::Start(MAX_CLIENT_CHARS * 4))
            }
            _ => Ok(Want::Nothing),
        }
    }

    /// A container ends.
    pub(super) fn end(&mut self) {
        if self.deeper > 0 {
            self.deeper -= 1;
        } else {
            self.open.pop();
        }
    }

    /// A string that is a value was read.
    pub(super) fn text(&mut self, read: Read) -> Result<(), Fault> {
        if self.deeper > 0 {
            return Ok(());
        }
        match self.member.take() {
            Some(Member::Jsonrpc) if read.is_cut || !read.is_exact || read.text != "2.0" => {
                return Err(Fault::Version);
            }
            Some(Member::Id) if !read.is_exact => return Err(Fault::Id),
            Some(Member::Id) => self.id = Id::Is(read.text),
            Some(Member::Method) if read.text.is_empty() => return Err(Fault::NoMethod),
            Some(
                Member::Method
                | Member::MetaVersion
                | Member::ProtocolVersion
                | Member::Name
                | Member::Uri,
            ) if !read.is_exact => return Err(Fault::Encoding),
            Some(Member::Method) => self.method = Some(read.text),
            Some(Member::Name) => self.name = Some(read),
            Some(Member::Uri) => self.uri = Some(read),
            Some(Member::ProtocolVersion) => self.version = Some(read),
            Some(Member::MetaVersion) => self.meta_version = Some(read.text),
            Some(Member::InfoName) => self.open_info().name = clean(&read.text),
            Some(Member::InfoVersion) => self.open_info().version = clean(&read.text),
            _ => {}
        }
        Ok(())
    }

    /// Whether a number may get as long as this. The only one that is kept is an id.
    pub(super) fn check_number(&self, bytes: usize) -> Result<(), Fault> {
        if bytes > MAX_ID_BYTES {
            return Err(Fault::Id);
        }
        Ok(())
    }

    /// A number that is wanted was read: an id.
    pub(super) fn number(&mut self, kept: Vec<u8>, is_integer: bool) -> Result<(), Fault> {
        self.member = None;
        // MCP 2026-07-28, basic, "Requests": a string or integer.
        match String::from_utf8(kept) {
            Ok(id) if is_integer => self.id = Id::Is(id),
            _ => return Err(Fault::Id),
        }
        Ok(())
    }

    /// What the whole body is.
    pub(super) fn message(self) -> Result<Message, Fault> {
        if !self.has(Member::Jsonrpc) {
            return Err(Fault::Version);
        }
        let kind = self.kind()?;
        let id = match &self.id {
            Id::Is(id) => Some(id.clone()),
            Id::Null | Id::Absent => None,
        };
        let method = self.method.clone().unwrap_or_default();
        let is_initialize = method == "initialize";
        let version = self.version.as_ref().filter(|_| is_initialize);
        if version.is_some_and(|version| version.is_cut) {
            return Err(Fault::TooLong(Member::ProtocolVersion.path()));
        }
        let initialize_version = version.map(|version| version.text.clone());
        let name = self.name(&method)?;
        let client = match self.meta_info.client() {
            None if is_initialize => self.info.client(),
            client => client,
        };
        Ok(Message {
            kind,
            id,
            method,
            name,
            meta_version: self.meta_version,
            meta_capabilities: self.meta_capabilities,
            initialize_version,
            client,
        })
    }

    fn begin_unknown(&mut self, shape: Shape) -> Result<Want, Fault> {
        match (shape, self.open.is_empty()) {
            (Shape::Object, true) => self.open.push(Object::Top),
            (Shape::Array, true) => return Err(Fault::Batch),
            (_, true) => return Err(Fault::NotObject),
            (Shape::Object | Shape::Array, false) => self.deeper = 1,
            (_, false) => {}
        }
        Ok(Want::Nothing)
    }

    fn begin_container(&mut self, member: Member, shape: Shape) -> Result<Want, Fault> {
        match (member, shape) {
            (Member::Jsonrpc, _) => return Err(Fault::Version),
            (Member::Id, _) => return Err(Fault::Id),
            (Member::Method, _) => return Err(Fault::NoMethod),
            (Member::Params, Shape::Array) => return Err(Fault::Params),
            (Member::MetaCapabilities, Shape::Object) => self.meta_capabilities = true,
            _ => {}
        }
        match member.object() {
            Some(object) if shape == Shape::Object => {
                self.is_meta_info = member == Member::MetaClient;
                self.open.push(object);
            }
            _ => self.deeper = 1,
        }
        Ok(Want::Nothing)
    }

    /// JSON-RPC 2.0 §4 and §5.
    fn kind(&self) -> Result<Kind, Fault> {
        let (result, error) = (self.has(Member::Result), self.has(Member::Error));
        match (&self.method, &self.id) {
            (Some(_), _) if result || error => Err(Fault::Mixed),
            (Some(_), Id::Is(_)) => Ok(Kind::Request),
            (Some(_), Id::Absent) => Ok(Kind::Notification),
            // MCP 2026-07-28, basic, "Requests": the ID must not be null.
            (Some(_), Id::Null) => Err(Fault::Id),
            (None, _) if result && error => Err(Fault::Mixed),
            (None, Id::Absent | Id::Null) if result => Err(Fault::Id),
            (None, _) if result || error => Ok(Kind::Response),
            (None, _) => Err(Fault::NoMethod),
        }
    }

    /// MCP 2026-07-28, streamable-http, "Standard Request Headers": what Mcp-Name mirrors.
    fn name(&self, method: &str) -> Result<Option<String>, Fault> {
        let (member, read) = match method {
            "tools/call" | "prompts/get" => (Member::Name, &self.name),
            "resources/read" => (Member::Uri, &self.uri),
            _ => return Ok(None),
        };
        if self.nearly & member.bit() != 0 {
            return Err(Fault::Ambiguous(member.path()));
        }
        match read {
            Some(read) if read.is_cut => Err(Fault::TooLong(member.path())),
            read => Ok(read.as_ref().map(|read| read.text.clone())),
        }
    }

    fn has(&self, member: Member) -> bool {
        self.seen & member.bit() != 0
    }

    fn open_info(&mut self) -> &mut Info {
        if self.is_meta_info {
            &mut self.meta_info
        } else {
            &mut self.info
        }
    }
}

impl Info {
    fn client(&self) -> Option<ClientInfo> {
        (!self.name.is_empty()).then(|| ClientInfo {
            name: self.name.clone(),
            version: self.version.clone(),
        })
    }
}

/// Text that can be shown in one line.
fn clean(text: &str) -> String {
    let shown = text.chars().filter(|c| !c.is_control());
    let cut: String = shown.take(MAX_CLIENT_CHARS).collect();
    cut.trim().to_owned()
}
