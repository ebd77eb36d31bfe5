//! What pages and components share, and what touches the browser.

pub mod api;
pub mod clipboard;
pub mod confirmation;
pub mod download;
pub mod fragment;
pub mod held;
pub mod json;
pub mod leave;
pub mod paged;
pub mod query;
pub mod reactive;
pub mod remote;
pub mod router;
pub mod secret;
pub mod session;
pub mod sse;
pub mod submission;
pub mod theme;
pub mod time;
pub mod words;
