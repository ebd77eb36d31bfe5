#![doc = include_str!("../README.md")]

pub mod audit;
pub mod backup;
mod beside;
mod change;
mod columns;
mod db;
mod error;
mod home;
pub mod idempotency;
pub mod keys;
pub mod links;
pub mod master_keys;
pub mod members;
pub mod memories;
mod migrate;
mod monitor;
mod new_id;
mod open;
mod page;
pub mod projects;
mod queue;
mod readers;
pub mod receipts;
mod schema;
pub mod second_factors;
pub mod sessions;
mod state;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod tokens;
mod url;
pub mod usage;
pub mod users;

pub use beside::read_beside;
pub use change::{Change, KeyState, Observer, ProjectState, SecretState, TokenState, UserState};
pub use db::Db;
pub use error::{OpenError, StoreError, Unique};
pub use new_id::{NewId, new_id};
pub use open::{LockMode, OpenOptions};
pub use page::{Cursor, PageQuery, Paged};
pub use queue::{Attendant, PATIENCE, Place};
pub use store::{Store, Tx};
pub use url::DatabaseUrl;
