//! The pages, one file each.

mod account;
mod claim;
mod find_key;
mod not_found;
pub mod project;
mod project_list;
mod setup;
mod sign_in;
mod unreachable;
mod users;

pub use account::{Account, SecondFactor};
pub use claim::Claim;
pub use find_key::FindKey;
pub use not_found::NotFound;
pub use project_list::ProjectList;
pub use setup::Setup;
pub use sign_in::SignIn;
pub use unreachable::Unreachable;
pub use users::Users;
