//! What can go wrong between this server and an upstream, said twice: to whoever calls with a key, and to whoever may
//! change the project.

use std::{error::Error, fmt};

use super::address::{Kind, NotAllowed};

/// Why an upstream gave no answer, or not all of it. Cloning is cheap; nothing in here is a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpstreamFault {
    /// Its host is at an address that it must not be at.
    NotAllowed(NotAllowed),
    /// Its host's name has no address.
    UnknownHost,
    /// No connection came about; the system's word for why.
    Unreachable(String),
    /// No TLS connection came about; why.
    Tls(String),
    /// Connecting took too long.
    ConnectTimeout,
    /// The answer did not begin in time.
    AnswerTimeout,
    /// The answer began, and then nothing came for too long.
    IdleTimeout,
    /// The connection was lost before the answer was complete.
    Lost,
    /// What came is no answer in HTTP.
    BadAnswer,
    /// It wants to be asked somewhere else, with this status.
    Redirect(u16),
    /// It refuses the headers that the project sends it, with this status (401 or 407).
    NotAuthorized(u16),
}

impl UpstreamFault {
    /// The HTTP status for the caller: 504 where time ran out, else 502.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::ConnectTimeout | Self::AnswerTimeout | Self::IdleTimeout => 504,
            _ => 502,
        }
    }

    /// A stable word for `data.code`, logs and recent calls.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed(_) => "upstream_not_allowed",
            Self::UnknownHost => "upstream_unknown_host",
            Self::Unreachable(_) => "upstream_unreachable",
            Self::Tls(_) => "upstream_tls",
            Self::ConnectTimeout => "upstream_connect_timeout",
            Self::AnswerTimeout => "upstream_answer_timeout",
            Self::IdleTimeout => "upstream_idle_timeout",
            Self::Lost => "upstream_lost",
            Self::BadAnswer => "upstream_bad_answer",
            Self::Redirect(_) => "upstream_redirect",
            Self::NotAuthorized(_) => "upstream_not_authorized",
        }
    }

    /// What the holder of a key may know: what happened and what they can do, without a place or an address.
    #[must_use]
    pub const fn for_caller(&self) -> &'static str {
        match self {
            Self::NotAllowed(_) => {
                "This project's MCP server is at an address that this Latchkey doesn't call (its setting \
                 upstream_allow). Ask an owner of the project to test the connection."
            }
            Self::UnknownHost | Self::Unreachable(_) | Self::Tls(_) => {
                "This project's MCP server can't be reached. Try again later, or ask an owner of the project to test \
                 the connection."
            }
            Self::ConnectTimeout | Self::AnswerTimeout => {
                "This project's MCP server did not answer in time. Try again later."
            }
            Self::IdleTimeout => "This project's MCP server began to answer and then fell silent.",
            Self::Lost => "The connection to this project's MCP server was lost. Try again.",
            Self::BadAnswer | Self::Redirect(_) | Self::NotAuthorized(_) => {
                "This project's MCP server doesn't answer as it should. Ask an owner of the project to test the \
                 connection."
            }
        }
    }
}

/// What an owner of the project may know: the fault, and the setting to change. One sentence or two.
impl fmt::Display for UpstreamFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAllowed(no) if no.kind == Kind::Public => write!(
                f,
                "The server's address {no}. Set a URL that begins with https://; or whoever runs Latchkey can add its \
                 CIDR there, if the way to it is private."
            ),
            Self::NotAllowed(no) => write!(
                f,
                "The server's address {no}. Whoever runs Latchkey can add its CIDR there; or set a URL with a public \
                 address and https."
            ),
            Self::UnknownHost => {
                f.write_str("The host's name in the URL has no address. Check the URL.")
            }
            Self::Unreachable(why) => write!(
                f,
                "No connection to the server came about ({why}). Check the URL's host and port, and that the server \
                 runs."
            ),
            Self::Tls(why) => write!(
                f,
                "No TLS connection to the server came about ({why}). Check that the URL's scheme and host are right; \
                 if its certificate is from a CA of your own, the setting upstream_ca_file can name that."
            ),
            Self::ConnectTimeout => f.write_str(
                "The server could not be connected to in time (setting upstream_connect_seconds). Check the \
                 URL's host and port, and firewalls between.",
            ),
            Self::AnswerTimeout => f.write_str(
                "The server was connected to, and did not begin to answer in time (setting \
                 upstream_answer_seconds).",
            ),
            Self::IdleTimeout => f.write_str(
                "The server began to answer, and then sent nothing for too long (setting \
                 upstream_idle_seconds).",
            ),
            Self::Lost => f.write_str(
                "The server closed the connection before its answer was complete. Its log may say why.",
            ),
            Self::BadAnswer => f.write_str(
                "What came back is not HTTP. Check the URL's scheme and port.",
            ),
            Self::Redirect(status) => write!(
                f,
                "The server answers with a redirect ({status}), which is not followed. Set the URL that it leads to."
            ),
            Self::NotAuthorized(status) => write!(
                f,
                "The server refuses the credential ({status}). Set the header that it expects, such as Authorization, \
                 among the upstream's headers."
            ),
        }
    }
}

impl Error for UpstreamFault {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::upstream::address::{Way, check};

    #[test]
    fn each_fault_has_a_status_a_word_and_two_sentences_and_only_the_owner_reads_an_address() {
        let no = check("10.9.8.7".parse().unwrap(), Way::Encrypted, &[]).unwrap_err();
        let faults = [
            (UpstreamFault::NotAllowed(no), 502, "upstream_allow"),
            (UpstreamFault::UnknownHost, 502, "URL"),
            (UpstreamFault::Unreachable("refused".into()), 502, "URL"),
            (
                UpstreamFault::Tls("expired".into()),
                502,
                "upstream_ca_file",
            ),
            (
                UpstreamFault::ConnectTimeout,
                504,
                "upstream_connect_seconds",
            ),
            (UpstreamFault::AnswerTimeout, 504, "upstream_answer_seconds"),
            (UpstreamFault::IdleTimeout, 504, "upstream_idle_seconds"),
            (UpstreamFault::Lost, 502, "log"),
            (UpstreamFault::BadAnswer, 502, "URL"),
            (UpstreamFault::Redirect(307), 502, "URL"),
            (UpstreamFault::NotAuthorized(401), 502, "headers"),
        ];
        let words: std::collections::HashSet<_> = faults.iter().map(|(f, ..)| f.code()).collect();
        assert_eq!(words.len(), faults.len());
        for (fault, status, setting) in faults {
            assert_eq!(fault.status(), status);
            assert!(fault.to_string().contains(setting), "{fault}");
            assert!(!fault.for_caller().is_empty());
        }
        let fault = UpstreamFault::NotAllowed(no);
        assert!(fault.to_string().contains("10.9.8.7"));
        assert!(!fault.for_caller().contains("10.9.8.7"));
        assert!(fault.for_caller().contains("upstream_allow"));
    }
}
