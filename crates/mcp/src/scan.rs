//! Reads a call's body as it arrives, and keeps only what an endpoint needs to know of it.
//!
//! A body may be megabytes of arguments. It goes on as it came, so nobody here needs it as a tree: the scan
//! walks through it once, whatever its chunks are, holds a few hundred bytes, and says at the first wrong byte
//! that it is none. What passes is JSON that every reader takes for the same call, because a member that decides
//! (the method, the name of a tool, …) may stand in it only once.

mod fault;
mod keep;
mod lexer;
mod members;
mod number;
mod text;

#[cfg(test)]
mod fuzz;

#[cfg(test)]
mod tests;

pub use fault::Fault;
use keep::Keep;
use lexer::Lexer;

/// The longest id, in bytes as it stands in the body.
pub const MAX_ID_BYTES: usize = 256;
/// The longest method, in bytes.
pub const MAX_METHOD_BYTES: usize = 256;
/// The longest name of a tool or prompt, and the longest URI of a resource, in bytes.
pub const MAX_NAME_BYTES: usize = 2048;
/// The longest protocol version, in bytes. Real ones have ten.
pub const MAX_VERSION_BYTES: usize = 64;
/// How many characters are kept of a client's name, and of its version. The rest is cut off.
pub const MAX_CLIENT_CHARS: usize = 100;
/// How deep objects and arrays may stand in each other. serde_json reads as deep by default, so that what passes
/// here does not fail behind it.
pub const MAX_DEPTH: u32 = 127;

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Has a method and an id: an answer is owed.
    Request,
    /// Has a method and no id: no answer is owed.
    Notification,
    /// Has a result or an error: what a legacy client answers to its server.
    Response,
}

/// Who a client says it is. Nobody checks that, so it is for showing only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientInfo {
    /// Its name: 1 to 100 characters, none of them a control character.
    pub name: String,
    /// Its version: at most 100 characters, none of them a control character; empty if it names none.
    pub version: String,
}

/// What is kept of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Request, notification or response.
    pub kind: Kind,
    /// The id as it stood in the body: a JSON string, or a JSON number without fraction or exponent, of at most 256
    /// bytes. None for a notification, and for an error that answers nothing in particular.
    pub id: Option<String>,
    /// The method: 1 to 256 bytes. Empty for a response.
    pub method: String,
    /// What the method is called on, of at most 2 KiB: `params.name` of tools/call and prompts/get, `params.uri` of
    /// resources/read. None for other methods, and where it is missing or no string.
    pub name: Option<String>,
    /// `params._meta["io.modelcontextprotocol/protocolVersion"]`, of at most 64 bytes.
    pub meta_version: Option<String>,
    /// Whether `params._meta["io.modelcontextprotocol/clientCapabilities"]` is there, and an object.
    pub meta_capabilities: bool,
    /// `params.protocolVersion` of initialize, of at most 64 bytes.
    pub initialize_version: Option<String>,
    /// `params._meta["io.modelcontextprotocol/clientInfo"]`, else `params.clientInfo` of initialize.
    pub client: Option<ClientInfo>,
}

/// Reads one body, chunk by chunk.
///
/// How the body is cut into chunks changes nothing: not the message, and not which fault is found.
#[derive(Debug, Default)]
pub struct Scan {
    lexer: Lexer,
    keep: Keep,
    fault: Option<Fault>,
}

impl Scan {
    /// Before the first byte.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads on. Takes time by the length of the chunk, and no memory for it.
    ///
    /// # Errors
    /// As soon as a byte shows that the body is no call; from then on always the same.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), Fault> {
        if self.fault.is_none() {
            self.fault = self.lexer.push(chunk, &mut self.keep).err();
        }
        self.fault.map_or(Ok(()), Err)
    }

    /// After the last byte.
    ///
    /// # Errors
    /// When the body is no call, or not a whole one.
    pub fn finish(self) -> Result<Message, Fault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        self.lexer.finish()?;
        self.keep.message()
    }
}

/// Reads a body that is there in one piece.
///
/// # Errors
/// When it is no call.
pub fn scan(body: &[u8]) -> Result<Message, Fault> {
    let mut scan = Scan::new();
    scan.push(body)?;
    scan.finish()
}
