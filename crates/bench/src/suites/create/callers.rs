//! Keys made through the API by many callers at once.

use std::{
    cell::Cell,
    io,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::load::{Connection, Request};

/// Who makes keys, and where.
pub struct Callers {
    /// Where Latchkey listens.
    pub address: SocketAddr,
    /// The path of the project's keys.
    pub path: String,
    /// Of a token that may make them.
    pub token: String,
    /// How many there are; each has a connection, and waits for one answer before it asks again.
    pub count: usize,
}

/// Makes keys for so long; how many a second.
///
/// # Errors
/// When an answer isn't 201.
pub async fn create(callers: &Callers, time: Duration) -> io::Result<f64> {
    let created = Rc::new(Cell::new(0_u64));
    let mut connections = Vec::new();
    for _ in 0..callers.count {
        connections.push(Connection::open(callers.address).await?);
    }
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for (number, mut connection) in connections.into_iter().enumerate() {
        let created = Rc::clone(&created);
        let request = Request::new("POST", callers.address, &callers.path)
            .header("Authorization", &format!("Bearer {}", callers.token))
            .json(format!(
                r#"{{"description":"Caller {number} - Claude Integration","environment":"production"}}"#
            ))
            .bytes();
        tasks.spawn_local(async move {
            while start.elapsed() < time {
                let status = connection.ask(&request).await?.status;
                if status != 201 {
                    let sentence = format!("making a key was answered with {status}");
                    return Err(io::Error::other(sentence));
                }
                created.set(created.get() + 1);
            }
            Ok(())
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.map_err(io::Error::other)??;
    }
    Ok(created.get() as f64 / start.elapsed().as_secs_f64())
}
