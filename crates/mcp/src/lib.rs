#![doc = include_str!("../README.md")]

pub mod refusal;

pub use refusal::Refusal;
