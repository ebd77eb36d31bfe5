//! Changes through the API: steadily while something else is measured, and one after the other to see what each costs.

use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    Outcome,
    figures::Series,
    load::{self, Connection, Request},
    server::Server,
};

/// Keys that are created and at once revoked, so many a second, for a time.
pub struct Churn {
    address: SocketAddr,
    keys: String,
    authorization: String,
    per_second: u32,
    seconds: u32,
}

impl Churn {
    /// On this server.
    pub fn of(server: &Server, per_second: u32, seconds: u32) -> Self {
        Self {
            address: server.address,
            keys: server.keys_path(),
            authorization: format!("Bearer {}", server.stock.manager),
            per_second,
            seconds,
        }
    }

    /// Does it; how many pairs of create and revoke there were a second.
    ///
    /// # Errors
    /// When a change is refused.
    pub fn run(&self) -> Outcome<f64> {
        let start = Instant::now();
        let pairs = load::run(self.pairs())??;
        Ok(pairs / start.elapsed().as_secs_f64())
    }

    async fn pairs(&self) -> io::Result<f64> {
        let mut connection = Connection::open(self.address).await?;
        let mut ticks = interval(Duration::from_secs(1) / self.per_second);
        // A change that took long must not be followed by a burst.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let wanted = self.per_second * self.seconds;
        let end = Instant::now() + Duration::from_secs(self.seconds.into());
        let mut made = 0.0;
        for number in 0..wanted {
            ticks.tick().await;
            if Instant::now() > end {
                break;
            }
            let body = format!(r#"{{"description":"Churn {number}","environment":"production"}}"#);
            let id = self
                .ask(
                    &mut connection,
                    self.request("POST", &self.keys).json(body),
                    201,
                )
                .await?;
            let path = format!("{}/{}", self.keys, id_in(&id)?);
            self.ask(&mut connection, self.request("DELETE", &path), 200)
                .await?;
            made += 1.0;
        }
        Ok(made)
    }

    fn request(&self, method: &str, path: &str) -> Request {
        Request::new(method, self.address, path).header("Authorization", &self.authorization)
    }

    async fn ask(
        &self,
        connection: &mut Connection,
        request: Request,
        wanted: u16,
    ) -> io::Result<Vec<u8>> {
        let answer = connection.ask(&request.bytes()).await?;
        if answer.status == wanted {
            return Ok(answer.body.to_vec());
        }
        let text = String::from_utf8_lossy(answer.body);
        Err(io::Error::other(format!(
            "a change was answered with {}: {text}",
            answer.status
        )))
    }
}

fn id_in(body: &[u8]) -> io::Result<String> {
    let value: Value = serde_json::from_slice(body)?;
    let id = value.get("id").or_else(|| value.get("key")?.get("id"));
    id.and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| io::Error::other("a created key has no id in its answer"))
}

/// Milliseconds of each kind of call, so many calls each.
///
/// # Errors
/// When a call is refused.
pub fn costs(server: &Server, calls: usize) -> Outcome<Vec<(&'static str, Series)>> {
    let churn = Churn::of(server, 1, 1);
    load::run(async {
        let mut connection = Connection::open(server.address).await?;
        let mut list = Series::default();
        for _ in 0..calls {
            let request = churn.request("GET", &churn.keys);
            list.push(Some(timed(&churn, &mut connection, request, 200).await?));
        }
        let mut rotate = Series::default();
        let mut revoke = Series::default();
        for key in server.stock.keys.iter().rev().take(calls) {
            let path = format!("{}/{}", churn.keys, key.id);
            let request = churn.request("POST", &format!("{path}/rotate")).json("{}");
            rotate.push(Some(timed(&churn, &mut connection, request, 201).await?));
            let request = churn.request("DELETE", &path);
            revoke.push(Some(timed(&churn, &mut connection, request, 200).await?));
        }
        Ok::<_, io::Error>(vec![("list", list), ("rotate", rotate), ("revoke", revoke)])
    })?
    .map_err(Into::into)
}

async fn timed(
    churn: &Churn,
    connection: &mut Connection,
    request: Request,
    wanted: u16,
) -> io::Result<f64> {
    let start = Instant::now();
    churn.ask(connection, request, wanted).await?;
    Ok(start.elapsed().as_secs_f64() * 1000.0)
}
