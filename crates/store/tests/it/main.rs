//! The store on both backends. SQLite always; PostgreSQL where `LATCHKEY_TEST_POSTGRES` gives the URL of a
//! server's maintenance database, in which the tests make and drop databases of their own.

mod audit;
mod doubt;
mod keys;
mod load;
mod opening;
mod people;
mod projects;
mod records;
mod sabotage;
mod schema;
mod support;
mod usage;
mod writing;
