//! An MCP server in Rust that answers at once: what a call costs without anybody in front.
//!
//! POST answers any call with the text that came as its argument. GET opens a stream of events that says one word and
//! then nothing, for as long as the caller stays.

use std::{io, net::SocketAddr};

use actix_web::{App, HttpResponse, HttpServer, http::header, web, web::Bytes};
use futures_util::{StreamExt as _, stream};
use serde::Deserialize;
use serde_json::{json, value::RawValue};

/// Where its endpoint is.
pub const PATH: &str = "/mcp";

/// A stream's only word, a comment, so that its headers leave.
const OPEN: &[u8] = b": open\n\n";

/// More than any suite opens.
const CONNECTIONS: usize = 20_000;

/// What is read of a call.
#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(default)]
    params: Params,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Params {
    arguments: Arguments,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Arguments {
    text: String,
}

/// Serves on this address with one worker, until the process ends.
///
/// # Errors
/// When the address is taken.
pub fn serve(address: SocketAddr) -> io::Result<()> {
    actix_web::rt::System::new().block_on(async move {
        HttpServer::new(|| {
            App::new().service(
                web::resource(PATH)
                    .route(web::post().to(call))
                    .route(web::get().to(listen)),
            )
        })
        .workers(1)
        .max_connections(CONNECTIONS)
        .bind(address)?
        .run()
        .await
    })
}

async fn call(body: Bytes) -> HttpResponse {
    let Ok(call) = serde_json::from_slice::<Call<'_>>(&body) else {
        return HttpResponse::BadRequest().finish();
    };
    let content = json!([{ "type": "text", "text": call.params.arguments.text }]);
    HttpResponse::Ok()
        .content_type(header::ContentType::json())
        .body(format!(
            r#"{{"jsonrpc":"2.0","id":{},"result":{{"resultType":"complete","content":{content}}}}}"#,
            call.id.get()
        ))
}

async fn listen() -> HttpResponse {
    let word = stream::once(async { Ok::<_, actix_web::Error>(Bytes::from_static(OPEN)) });
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .streaming(word.chain(stream::pending()))
}
