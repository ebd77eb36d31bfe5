//! The members that decide what a call is, and where they stand.

use std::borrow::Cow;

/// An object that is looked into. All others are passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Object {
    /// The message itself.
    Top,
    /// `params`.
    Params,
    /// `params._meta`.
    Meta,
    /// A client's name and version, in `_meta` or in the params of initialize.
    Info,
}

/// A member of one of these objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Member {
    Jsonrpc,
    Id,
    Method,
    Params,
    Result,
    Error,
    Name,
    Uri,
    Meta,
    ProtocolVersion,
    ClientInfo,
    MetaVersion,
    MetaClient,
    MetaCapabilities,
    InfoName,
    InfoVersion,
}

/// What a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// This member.
    Exactly(Member),
    /// Not this member, but for a reader that does not tell capitals apart, as Go's.
    Nearly(Member),
    /// Nothing that matters.
    Nothing,
}

/// The longest key that is known, in bytes, and some more.
pub(super) const MAX_KEY_BYTES: usize = 64;

/// MCP 2026-07-28, basic, "General fields", `_meta`.
const META: [(&str, Member); 3] = [
    (
        "io.modelcontextprotocol/protocolVersion",
        Member::MetaVersion,
    ),
    ("io.modelcontextprotocol/clientInfo", Member::MetaClient),
    (
        "io.modelcontextprotocol/clientCapabilities",
        Member::MetaCapabilities,
    ),
];
const TOP: [(&str, Member); 6] = [
    ("jsonrpc", Member::Jsonrpc),
    ("id", Member::Id),
    ("method", Member::Method),
    ("params", Member::Params),
    ("result", Member::Result),
    ("error", Member::Error),
];
const PARAMS: [(&str, Member); 5] = [
    ("name", Member::Name),
    ("uri", Member::Uri),
    ("_meta", Member::Meta),
    ("protocolVersion", Member::ProtocolVersion),
    ("clientInfo", Member::ClientInfo),
];
const INFO: [(&str, Member); 2] = [("name", Member::InfoName), ("version", Member::InfoVersion)];

impl Object {
    /// What this key is in this object.
    pub(super) fn member(self, key: &str) -> Found {
        let members: &[(&str, Member)] = match self {
            Self::Top => &TOP,
            Self::Params => &PARAMS,
            Self::Meta => &META,
            Self::Info => &INFO,
        };
        // Unicode folds two letters more into ASCII ones, and so does Go's reader: the long s and the sign for kelvin.
        let plain = match key.is_ascii() {
            true => Cow::Borrowed(key),
            false => Cow::Owned(key.replace('\u{17f}', "s").replace('\u{212a}', "k")),
        };
        for (name, member) in members {
            if *name == key {
                return Found::Exactly(*member);
            }
            if name.eq_ignore_ascii_case(&plain) && member.must_be_plain() {
                return Found::Nearly(*member);
            }
        }
        Found::Nothing
    }
}

impl Member {
    /// As it is named to a caller.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Jsonrpc => "jsonrpc",
            Self::Id => "id",
            Self::Method => "method",
            Self::Params => "params",
            Self::Result => "result",
            Self::Error => "error",
            Self::Name => "params.name",
            Self::Uri => "params.uri",
            Self::Meta => "params._meta",
            Self::ProtocolVersion => "params.protocolVersion",
            Self::ClientInfo => "params.clientInfo",
            Self::MetaVersion => "params._meta[\"io.modelcontextprotocol/protocolVersion\"]",
            Self::MetaClient => "params._meta[\"io.modelcontextprotocol/clientInfo\"]",
            Self::MetaCapabilities => {
                "params._meta[\"io.modelcontextprotocol/clientCapabilities\"]"
            }
            Self::InfoName => "clientInfo.name",
            Self::InfoVersion => "clientInfo.version",
        }
    }

    /// The object that it opens.
    pub(super) fn object(self) -> Option<Object> {
        match self {
            Self::Params => Some(Object::Params),
            Self::Meta => Some(Object::Meta),
            Self::ClientInfo | Self::MetaClient => Some(Object::Info),
            _ => None,
        }
    }

    /// Whether it may stand there only once. What is only shown may stand there as often as it likes.
    pub(super) fn is_single(self) -> bool {
        !matches!(self, Self::InfoName | Self::InfoVersion)
    }

    /// Whether other capitals make a call ambiguous.
    fn must_be_plain(self) -> bool {
        matches!(
            self,
            Self::Jsonrpc
                | Self::Id
                | Self::Method
                | Self::Params
                | Self::Result
                | Self::Error
                | Self::Name
                | Self::Uri
                | Self::Meta
        )
    }

    /// Its place in a set of members.
    pub(super) fn bit(self) -> u32 {
        1 << self as u32
    }
}
