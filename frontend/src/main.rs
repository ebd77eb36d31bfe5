//! Latchkey's browser app.

mod app;

fn main() {
    leptos::mount::mount_to_body(app::App);
}
