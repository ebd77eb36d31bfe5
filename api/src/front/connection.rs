//! A plain connection, as long as it asks nothing but for checks of keys.

use std::{cell::RefCell, future::poll_fn, io, net::IpAddr, pin::Pin, task::ready, time::Duration};

use actix_server::GracefulShutdownSignal;
use actix_web::{
    rt::net::TcpStream,
    web::{self, Bytes},
};
use tokio::{
    io::{AsyncRead as _, AsyncWriteExt as _, ReadBuf},
    pin, select,
    time::{Instant, sleep_until, timeout},
};

use super::{Answers, FIRST_REQUEST, KEEP_ALIVE};
use crate::app::App;

/// As much as is read at a time; the head of a check is a tenth of it.
const READ: usize = 8 * 1024;
/// How long a client may let answers lie before it has to take them.
const UNTAKEN: Duration = Duration::from_secs(10);

/// What the connections of a worker share. Requests and answers are never there longer than one turn of the worker, so one
/// place for them does, and an idle connection holds no memory for either.
pub struct Front {
    answers: Answers,
    ending: GracefulShutdownSignal,
    requests: RefCell<Box<[u8]>>,
    answered: RefCell<Vec<u8>>,
}

impl Front {
    /// The front of a worker.
    pub fn new(app: web::Data<App>, ending: GracefulShutdownSignal) -> Self {
        Self {
            answers: Answers::new(app),
            ending,
            requests: RefCell::new(vec![0; READ].into()),
            answered: RefCell::default(),
        }
    }

    /// Serves a connection until it is over (`None`), or until something has come that is not for the front: then the
    /// bytes that were read and not answered.
    pub async fn serve(&self, stream: &mut TcpStream, peer: Option<IpAddr>) -> Option<Bytes> {
        let mut until = Instant::now() + FIRST_REQUEST;
        let (idle, ended) = (sleep_until(until), self.ending.notified());
        pin!(idle, ended);
        loop {
            let length = select! {
                biased;
                read = self.read(stream) => read.ok().filter(|length| *length > 0)?,
                () = &mut idle => {
                    // Set anew only here: for each request that would cost more than the request.
                    if until <= Instant::now() {
                        return None;
                    }
                    idle.as_mut().reset(until);
                    continue;
                }
                () = &mut ended => return None,
            };
            let unread = self.answer(stream, length, peer).await.ok()?;
            if unread.is_some() {
                return unread;
            }
            until = Instant::now() + KEEP_ALIVE;
        }
    }

    /// Reads what has come. 0 bytes are the end.
    async fn read(&self, stream: &mut TcpStream) -> io::Result<usize> {
        poll_fn(|context| {
            let mut space = self.requests.borrow_mut();
            let mut space = ReadBuf::new(&mut space);
            ready!(Pin::new(&mut *stream).poll_read(context, &mut space))?;
            Ok(space.filled().len()).into()
        })
        .await
    }

    /// Answers what was read, and returns what is not for the front.
    async fn answer(
        &self,
        stream: &mut TcpStream,
        length: usize,
        peer: Option<IpAddr>,
    ) -> io::Result<Option<Bytes>> {
        let (unread, untaken) = {
            let requests = self.requests.borrow();
            let mut answers = self.answered.borrow_mut();
            answers.clear();
            let done = self.answers.answer(&requests[..length], peer, &mut answers);
            let unread = (done < length).then(|| Bytes::copy_from_slice(&requests[done..length]));
            (unread, untaken(stream, &answers)?)
        };
        if !untaken.is_empty() {
            timeout(UNTAKEN, stream.write_all(&untaken)).await??;
        }
        Ok(unread)
    }
}

/// Writes, and returns what the client has no room for yet.
fn untaken(stream: &TcpStream, bytes: &[u8]) -> io::Result<Vec<u8>> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    match stream.try_write(bytes) {
        Ok(written) => Ok(bytes[written..].to_vec()),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(bytes.to_vec()),
        Err(error) => Err(error),
    }
}
