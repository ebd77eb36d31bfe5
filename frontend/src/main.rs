//! Latchkey's browser app.

mod app;
mod components;
mod core;
mod pages;

fn main() {
    core::fragment::stash();
    leptos::mount::mount_to_body(app::App);
}
