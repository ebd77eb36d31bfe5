//! The MCP endpoint: keys are checked, calls kept where a revoke finds them, and a backend answers.

pub mod backend;
mod body;
pub mod connection;
pub mod endpoint;
mod live;
mod memories;
pub mod origin;
pub mod recent;
mod record;
pub mod upstream;
