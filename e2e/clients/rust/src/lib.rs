//! The client that `build.rs` generates from `openapi-3.0.json`.

include!(concat!(env!("OUT_DIR"), "/client.rs"));
