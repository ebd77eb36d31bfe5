//! Work that waits.

pub use wasm_bindgen_futures::spawn_local;
