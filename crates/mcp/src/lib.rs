#![doc = include_str!("../README.md")]

pub mod era;
pub mod headers;
pub mod memory;
pub mod refusal;
pub mod scan;
pub mod session;

pub use era::{Era, LEGACY, MODERN, SUPPORTED, check_bodiless, era};
pub use headers::{Accepts, ModernHeaders, accepts, check_modern, is_json};
pub use refusal::Refusal;
pub use scan::{ClientInfo, Fault, Kind, Message, Scan, scan};
pub use session::{OddSessionId, Scope, SessionSeal};
