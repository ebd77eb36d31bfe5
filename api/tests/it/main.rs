//! Black-box tests of the HTTP interface. Each runs against a server of its own with a database of its own,
//! on the backend that `LATCHKEY_TEST_BACKEND` names.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends at what it didn't expect"
)]

mod allocations;
mod asvs;
mod audit;
mod backend_settings;
mod backup;
mod cli;
mod contract;
mod crash;
mod document;
mod doubt;
mod events;
#[cfg(target_os = "linux")]
mod faults;
mod forward_auth;
mod front;
mod guides;
mod hunt;
mod hygiene;
mod idempotency;
mod input;
mod interleaving;
mod keys;
mod log_lines;
mod machine;
mod master_key;
mod matrix;
mod mcp;
mod me;
mod members;
mod memories;
mod passwords;
mod postgres_tls;
mod projects;
mod readme;
mod revoke;
mod roles;
mod rotate;
mod sabotage;
mod scanners;
mod second_factor;
mod seed;
mod session;
mod sessions;
mod setup;
mod startup;
mod stress;
mod support;
mod tls;
mod tokens;
mod too_often;
mod usage;
mod users;
mod verify;
