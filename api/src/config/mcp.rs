//! Settings of the MCP endpoint and of the servers behind it.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use ipnet::IpNet;

use super::checks::parse_network;
use crate::mcp::upstream::UpstreamSettings;

/// How calls of the MCP endpoint are taken and passed on.
#[derive(Args, Clone)]
pub struct McpArgs {
    /// The longest body of a call at an MCP endpoint, in bytes.
    #[arg(long, env = "LATCHKEY_MCP_BODY_LIMIT", default_value_t = 4 * 1024 * 1024, value_parser = clap::value_parser!(u32).range(1024..=256 * 1024 * 1024))]
    pub mcp_body_limit: u32,

    /// Calls of one key at a time, event streams included; more get 429.
    #[arg(long, env = "LATCHKEY_MCP_CALLS_PER_KEY", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub mcp_calls_per_key: u32,

    /// Addresses or CIDRs beyond the public ones at which projects may have their own MCP servers, separated by commas:
    /// `127.0.0.0/8,::1` for this machine, `10.20.0.0/16` for a network. Whoever may change a project can then call
    /// whatever answers HTTP there, so name no more than what is meant.
    #[arg(long, env = "LATCHKEY_UPSTREAM_ALLOW", value_delimiter = ',', value_parser = parse_network)]
    pub upstream_allow: Vec<IpNet>,

    /// A PEM file with certificates of CAs that such servers' certificates may come from, beside the system's.
    #[arg(long, env = "LATCHKEY_UPSTREAM_CA_FILE")]
    pub upstream_ca_file: Option<PathBuf>,

    /// Connecting to such a server may take so many seconds.
    #[arg(long, env = "LATCHKEY_UPSTREAM_CONNECT_SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub upstream_connect_seconds: u64,

    /// Its answer must begin within so many seconds. Where it doesn't answer with an event stream, that is all the
    /// time that a tool has.
    #[arg(long, env = "LATCHKEY_UPSTREAM_ANSWER_SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub upstream_answer_seconds: u64,

    /// An answer that has begun may be silent for so many seconds. A server that has vanished is noticed long before.
    #[arg(long, env = "LATCHKEY_UPSTREAM_IDLE_SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(u64).range(1..=604_800))]
    pub upstream_idle_seconds: u64,
}

impl McpArgs {
    /// How upstreams are called.
    #[must_use]
    pub fn upstreams(&self) -> UpstreamSettings {
        UpstreamSettings {
            allow: self.upstream_allow.clone(),
            ca_file: self.upstream_ca_file.clone(),
            connect_timeout: Duration::from_secs(self.upstream_connect_seconds),
            answer_timeout: Duration::from_secs(self.upstream_answer_seconds),
            idle_timeout: Duration::from_secs(self.upstream_idle_seconds),
        }
    }
}
