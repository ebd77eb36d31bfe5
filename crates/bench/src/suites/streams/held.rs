//! Event streams of one key, held open through Latchkey.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{task::JoinSet, time::timeout};

use crate::load::{Connection, End, Request};

/// How long streams may take to end after the answer to their key's revoke, before that counts as never.
const PATIENCE: Duration = Duration::from_secs(5);

/// Open streams, each read by a task of its own.
pub struct Held {
    tasks: JoinSet<End>,
}

/// How the streams of a key ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ends {
    /// With their last chunk.
    pub orderly: usize,
    /// With their connection.
    pub cut: usize,
}

impl Held {
    /// Opens so many.
    ///
    /// # Errors
    /// When one isn't answered with 200 and events.
    pub async fn open(
        address: SocketAddr,
        path: &str,
        secret: &str,
        count: usize,
    ) -> io::Result<Self> {
        let request = Request::new("GET", address, path)
            .header("Authorization", &format!("Bearer {secret}"))
            .header("Accept", "text/event-stream")
            // The era in which a GET listens.
            .header("MCP-Protocol-Version", "2025-11-25")
            .bytes();
        let mut tasks = JoinSet::new();
        for _ in 0..count {
            let events = Connection::open(address).await?.listen(&request).await?;
            tasks.spawn_local(events.until_end());
        }
        Ok(Self { tasks })
    }

    /// How many have ended so far, and must not have.
    pub fn ended_early(&mut self) -> usize {
        std::iter::from_fn(|| self.tasks.try_join_next()).count()
    }

    /// Waits for the ends of all.
    ///
    /// # Errors
    /// When one is still open after seconds.
    pub async fn until_all_ended(mut self) -> io::Result<Ends> {
        let mut ends = Ends::default();
        loop {
            match timeout(PATIENCE, self.tasks.join_next()).await {
                Ok(None) => return Ok(ends),
                Ok(Some(Ok(End::Orderly))) => ends.orderly += 1,
                Ok(Some(Ok(End::Cut))) => ends.cut += 1,
                Ok(Some(Err(error))) => return Err(io::Error::other(error)),
                Err(_) => {
                    let left = self.tasks.len();
                    let sentence = format!("{left} streams of a revoked key are still open");
                    return Err(io::Error::new(io::ErrorKind::TimedOut, sentence));
                }
            }
        }
    }
}
