#![doc = include_str!("../README.md")]

mod check;
mod edit;
mod shrink;
mod target;

pub use check::{Dice, Outcome, agree, hold};
pub use target::run;
