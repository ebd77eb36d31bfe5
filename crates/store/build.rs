//! `embed_migrations!` reads the migrations when this crate is compiled, but doesn't tell cargo so.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
