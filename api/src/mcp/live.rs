//! Calls under way: each is ended inside the revoke that ends its key, and no byte of it comes after.
//!
//! A keeper task holds the gate's [`OpenCall`]. When the call's access ends, the keeper wakes whoever works on the
//! answer, gives the last bytes a moment to leave, cuts the connection if they can't, and only then lets go: that is what
//! the revoke waits for.

use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use actix_web::{
    body::{BodySize, MessageBody},
    web::Bytes,
};
use futures_util::Stream;
use latchkey_gate::OpenCall;
use latchkey_types::insight::CallOutcome;
use tokio::sync::Notify;

use super::{connection::Connection, record::Record};
use crate::clock;

/// How long the last bytes of an ended call may take to be written.
const LAST_BYTES: Duration = Duration::from_millis(20);
/// How often to look whether a finished answer has left.
const LOOK_AGAIN: Duration = Duration::from_millis(25);
/// What an event stream ends with: a comment, which clients ignore.
const FAREWELL: &[u8] = b": access ended\n\n";

/// One call under way, for whoever works on its answer. Dropping it says that the answer is whole, or given up.
pub struct Live(Rc<Shared>);

struct Shared {
    /// Gone once the keeper has let go.
    call: RefCell<Option<OpenCall>>,
    /// Whether access has ended while the call was under way.
    is_over: Cell<bool>,
    over: Notify,
    /// Who reads the answer's body.
    reader: RefCell<Option<Waker>>,
    /// Whether nobody works on the answer any more.
    is_done: Cell<bool>,
    done: Notify,
}

impl Live {
    /// Keeps a call that was let in, on the connection that it came by.
    pub fn keep(call: OpenCall, connection: Option<Rc<Connection>>) -> Self {
        let ended = call.ended(clock::now);
        let shared = Rc::new(Shared {
            call: RefCell::new(Some(call)),
            is_over: Cell::new(false),
            over: Notify::new(),
            reader: RefCell::new(None),
            is_done: Cell::new(false),
            done: Notify::new(),
        });
        actix_web::rt::spawn(keeper(Rc::clone(&shared), ended, connection));
        Self(shared)
    }

    /// Whether access has ended. To be asked before every byte.
    pub fn is_over(&self) -> bool {
        self.0.is_over.get()
            || self
                .0
                .call
                .borrow()
                .as_ref()
                .is_none_or(|call| call.is_over(clock::now()))
    }

    /// Resolves when access ends.
    pub async fn over(&self) {
        loop {
            let over = self.0.over.notified();
            if self.is_over() {
                return;
            }
            over.await;
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.0.is_done.set(true);
        self.0.done.notify_one();
    }
}

async fn keeper(
    shared: Rc<Shared>,
    ended: impl Future<Output = ()>,
    connection: Option<Rc<Connection>>,
) {
    tokio::pin!(ended);
    let is_over = tokio::select! {
        biased;
        () = &mut ended => true,
        () = shared.done.notified() => false,
    };
    if !is_over {
        // The answer is whole, yet perhaps not all of it has been written.
        flush().await;
        let Some(connection) = connection else {
            return;
        };
        let drained = async {
            while !connection.is_drained() {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        tokio::select! {
            biased;
            () = ended => connection.cut(),
            () = drained => {}
        }
        return;
    }
    shared.is_over.set(true);
    shared.over.notify_waiters();
    if let Some(reader) = shared.reader.borrow_mut().take() {
        reader.wake();
    }
    if !shared.is_done.get() {
        let _ = tokio::time::timeout(LAST_BYTES, shared.done.notified()).await;
    }
    flush().await;
    if let Some(connection) = connection {
        if shared.is_done.get() && connection.is_drained() {
            connection.finish();
        } else {
            connection.cut();
        }
    }
    // Now whoever ended it may say so.
    shared.call.borrow_mut().take();
}

/// Lets the web server's own task, which has just been given the last bytes, write them.
async fn flush() {
    for _ in 0..2 {
        tokio::task::yield_now().await;
    }
}

/// The last answer of a call: it is whole already, and goes out although access may have ended.
pub struct LastWords {
    words: Option<Bytes>,
    length: u64,
    /// Gone once the words have been given to the connection.
    under_way: Option<(Live, Record)>,
}

impl LastWords {
    /// These words, and the end of the call.
    pub fn new(words: Bytes, live: Live, mut record: Record) -> Self {
        record.sent(words.len());
        Self {
            length: words.len() as u64,
            words: Some(words),
            under_way: Some((live, record)),
        }
    }
}

impl MessageBody for LastWords {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.length)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.under_way = None;
        Poll::Ready(self.words.take().map(Ok))
    }
}

/// An answer's body that ends with its caller's access.
pub struct LiveBody<S> {
    body: S,
    /// Gone once the body has ended.
    live: Option<Live>,
    record: Record,
    kind: Kind,
}

/// What a body is, which decides how it may end early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Server-sent events: it says goodbye, and ends.
    Events,
    /// Anything else: half of it would look like the whole, so the connection breaks.
    Whole(BodySize),
}

impl<S> LiveBody<S> {
    /// A body that is sent as long as the call lives.
    pub fn new(body: S, live: Live, record: Record, kind: Kind) -> Self {
        Self {
            body,
            live: Some(live),
            record,
            kind,
        }
    }

    fn end(&mut self, outcome: CallOutcome) {
        self.record.ends(outcome);
        self.live = None;
    }
}

impl<S, E> MessageBody for LiveBody<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Into<Box<dyn std::error::Error>> + 'static,
{
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        match self.kind {
            Kind::Events => BodySize::Stream,
            Kind::Whole(size) => size,
        }
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let Some(live) = &self.live else {
            return Poll::Ready(None);
        };
        if live.is_over() {
            // The farewell is the last that is written, and the keeper waits for this.
            self.end(CallOutcome::Ended);
            return Poll::Ready(Some(match self.kind {
                Kind::Events => Ok(Bytes::from_static(FAREWELL)),
                Kind::Whole(_) => Err("access ended".into()),
            }));
        }
        live.0.reader.replace(Some(context.waker().clone()));
        match Pin::new(&mut self.body).poll_next(context) {
            Poll::Ready(Some(Ok(chunk))) => {
                self.record.sent(chunk.len());
                Poll::Ready(Some(Ok(chunk)))
            }
            Poll::Ready(Some(Err(error))) => {
                self.end(CallOutcome::Error);
                Poll::Ready(Some(Err(error.into())))
            }
            Poll::Ready(None) => {
                self.record.is_whole();
                self.live = None;
                Poll::Ready(None)
            }
            Poll::Pending => Poll::Pending,
        }
    }
}
