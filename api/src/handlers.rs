//! One file an operation or a small family of them: each reads top-down as extract, authorise, call,
//! respond. The file's name is the resource's; the function's is the operationId.

pub mod assets;
pub mod audit;
pub mod calls;
pub mod docs;
pub mod events;
pub mod forward_auth;
pub mod guides;
pub mod hygiene;
pub mod keys;
pub mod machine;
pub mod mcp;
pub mod me;
pub mod members;
pub mod memories;
pub mod projects;
pub mod revoke;
pub mod rotate;
pub mod second_factor;
pub mod session;
pub mod sessions;
pub mod setup;
pub mod spa;
pub mod tokens;
pub mod usage;
pub mod users;
pub mod verify;
