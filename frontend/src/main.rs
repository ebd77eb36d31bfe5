#![doc = include_str!("../README.md")]
// What is shipped is compiled with `-Zfmt-debug=none`: there, `{:?}` writes nothing.
#![cfg_attr(not(test), deny(clippy::use_debug))]

mod app;
mod components;
mod core;
mod pages;

/// All memory is wiped when it is given back: see SECURITY.md.
#[global_allocator]
static MEMORY: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() {
    core::fragment::stash();
    leptos::mount::mount_to_body(app::App);
}
