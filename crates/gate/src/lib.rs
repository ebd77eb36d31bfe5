#![doc = include_str!("../README.md")]

mod calls;
mod flush;
mod gate;
mod index;
mod pass;
mod record;
mod secrets;
mod slab;
mod sync;
mod table;
mod usage;
mod verify;
mod watch;
mod word;

#[cfg(test)]
mod tests;

pub use calls::{Ended, OpenCall};
pub use gate::{Gate, GateCounts};
pub use pass::{Pass, TokenPass};
pub use record::{ProjectRecord, ProjectSettings, UserRecord};
pub use usage::{FirstUse, LastUse, Use};
pub use verify::{NotServing, Refusal, Verdict, Wanted};
pub use watch::Watch;
