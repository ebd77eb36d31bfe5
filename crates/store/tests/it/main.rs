//! The store on both backends. SQLite always; PostgreSQL where `LATCHKEY_TEST_POSTGRES` gives the URL of a
//! server's maintenance database, in which the tests make and drop databases of their own.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in tests, but doesn't see that the helpers here are a part of them"
)]

mod audit;
mod doubt;
mod keys;
mod load;
mod master_keys;
mod memories;
mod opening;
mod people;
mod projects;
mod queue;
mod records;
mod sabotage;
mod schema;
mod second_factors;
mod support;
mod usage;
mod writing;
