//! Why a body is no call, and how that is answered.

use crate::{
    Refusal,
    refusal::{INVALID_REQUEST, PARSE_ERROR},
};

/// Why a body is no call. None of them repeats anything of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Not JSON.
    Syntax,
    /// Not UTF-8, or a member that decides has half of a surrogate pair in it.
    Encoding,
    /// The body ended before the JSON did.
    CutOff,
    /// There is more after the JSON.
    Trailing,
    /// Objects and arrays stand in each other more than [`super::MAX_DEPTH`] deep.
    Depth,
    /// An array of messages. Only 2025-03-26 had these, and took them back with the next version.
    Batch,
    /// JSON, but neither an object nor an array.
    NotObject,
    /// `jsonrpc` is missing, or not "2.0".
    Version,
    /// The id is neither a string nor an integer, is too long, or is missing from a response with a result.
    Id,
    /// The method is missing, empty, or no string.
    NoMethod,
    /// The method is longer than [`super::MAX_METHOD_BYTES`].
    LongMethod,
    /// A method together with a result or an error, or a result together with an error.
    Mixed,
    /// `params` is neither an object nor null.
    Params,
    /// A member that decides is there twice, or is spelled with other capitals: the two readers of a body could take
    /// it for two different calls.
    Ambiguous(&'static str),
    /// A member that decides is longer than anything real.
    TooLong(&'static str),
}

impl Fault {
    /// The answer: 400 with JSON-RPC's code (JSON-RPC 2.0 §5.1), and no id, because none could be read for sure.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        Refusal::of(400, self.code(), &self.sentence(), self.name())
    }

    /// A stable word for it, as in `data.code`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Syntax => "bad_json",
            Self::Encoding => "bad_encoding",
            Self::CutOff => "cut_off",
            Self::Trailing => "trailing_data",
            Self::Depth => "too_deep",
            Self::Batch => "batch",
            Self::NotObject => "not_an_object",
            Self::Version => "bad_jsonrpc",
            Self::Id => "bad_id",
            Self::NoMethod => "bad_method",
            Self::LongMethod => "method_too_long",
            Self::Mixed => "mixed_message",
            Self::Params => "bad_params",
            Self::Ambiguous(_) => "ambiguous_member",
            Self::TooLong(_) => "member_too_long",
        }
    }

    fn code(self) -> i32 {
        match self {
            Self::Syntax | Self::Encoding | Self::CutOff | Self::Trailing => PARSE_ERROR,
            _ => INVALID_REQUEST,
        }
    }

    fn sentence(self) -> String {
        let fixed = match self {
            Self::Syntax => "The body is not JSON.",
            Self::Encoding => "The body is not UTF-8.",
            Self::CutOff => "The body ends before its JSON does.",
            Self::Trailing => "There is more in the body after its JSON object.",
            Self::Depth => "The body is nested too deeply.",
            Self::Batch => "The body is an array; send one message a request.",
            Self::NotObject => "The body is not a JSON object.",
            Self::Version => "The member jsonrpc has to be \"2.0\".",
            Self::Id => "The member id has to be a string or an integer of at most 256 bytes.",
            Self::NoMethod => "The member method has to be a string, and not empty.",
            Self::LongMethod => "The member method is longer than 256 bytes.",
            Self::Mixed => "A message has either a method, or a result, or an error.",
            Self::Params => "The member params has to be an object.",
            Self::Ambiguous(member) => {
                return format!("The member {member} is there twice, or in other capitals.");
            }
            Self::TooLong(member) => return format!("The member {member} is too long."),
        };
        fixed.to_owned()
    }
}
