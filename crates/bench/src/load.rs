//! A small client of HTTP/1.1 for what wrk can't do: bodies that differ, answers that are looked at, streams that stay
//! open, and the moment at which each request began.
//!
//! One thread drives it all, as it does in wrk, so that the rest of the machine is the server's.

mod connection;
mod events;
mod request;

use std::{io, net::SocketAddr};

use serde_json::Value;

use crate::Outcome;

pub use connection::Connection;
pub use events::End;
pub use request::Request;

/// Runs what asks a server on this thread, until it is done. Tasks may share what isn't `Send`.
///
/// # Errors
/// When the system gives no event queue.
pub fn run<T>(work: impl Future<Output = T>) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(tokio::task::LocalSet::new().block_on(&runtime, work))
}

/// Asks once, on a connection of its own, and gives the body, which is JSON.
///
/// # Errors
/// When the answer isn't 2xx, or no JSON.
pub fn ask(address: SocketAddr, request: Request) -> Outcome<Value> {
    run(async move {
        let mut connection = Connection::open(address).await?;
        let answer = connection.ask(&request.bytes()).await?;
        match answer.status {
            200..=299 => Ok(serde_json::from_slice(answer.body)?),
            status => {
                let body = String::from_utf8_lossy(answer.body);
                Err(format!("an answer was {status}: {body}").into())
            }
        }
    })?
}
