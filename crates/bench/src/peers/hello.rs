//! The limit: what the web framework alone answers in a second, with one route and nothing around it.

use std::{io, net::SocketAddr};

use actix_web::{App, HttpServer, get};

use crate::{
    Outcome,
    contender::{Contender, Kept, Proof, Stage, get as request},
};

/// Where it is.
pub const PATH: &str = "/";

/// Serves on this address with one worker, until the process ends.
///
/// # Errors
/// When the address is taken.
pub fn serve(address: SocketAddr) -> io::Result<()> {
    actix_web::rt::System::new().block_on(async move {
        HttpServer::new(|| App::new().service(hello))
            .workers(1)
            .bind(address)?
            .run()
            .await
    })
}

#[get("/")]
async fn hello() -> &'static str {
    "hello"
}

/// Starts it. It gets the same requests as those who check them, and accepts every key.
///
/// # Errors
/// When it can't be started.
pub fn start(stage: &Stage<'_>) -> Outcome<Contender> {
    let (address, process) = super::start_own(stage.bench, "hello")?;
    let mut contender = Contender::by_header("hello", address, PATH, stage, 200);
    // It has nothing to refuse; that there is only one route is what can be seen of it.
    contender
        .proofs
        .push(Proof::new(request(address, "/nowhere", stage.dead), 404));
    Ok(contender.keeping([Kept::Process(process)]))
}
