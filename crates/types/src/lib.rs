#![doc = include_str!("../README.md")]

pub mod audit;
pub mod guidance;
pub mod id;
pub mod insight;
pub mod key;
pub mod limits;
pub mod member;
pub mod memory;
pub mod page;
pub mod patch;
pub mod problem;
pub mod project;
pub mod receipt;
pub mod second_factor;
pub mod session;
pub mod slug;
pub mod timestamp;
pub mod token;
pub mod user;
pub mod verify;
mod word;

pub use id::{
    EventId, KeyId, MemoryId, ProjectId, ReceiptId, SecretId, SessionId, TokenId, UserId,
};
pub use problem::{FieldError, Problem, ProblemCode};
pub use slug::Slug;
pub use timestamp::Timestamp;
