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
    /// Whether all of the answer was given to the connection, which then may carry others already.
    is_whole: Cell<bool>,
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
            is_whole: Cell::new(false),
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

    /// All of the answer has been given to the connection.
    fn whole(self) {
        self.0.is_whole.set(true);
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
    let has_ended = tokio::select! {
        biased;
        () = &mut ended => true,
        () = shared.done.notified() => false,
    };
    if shared.is_whole.get() && !has_ended {
        // Perhaps not all of it has been written. Once it has, the connection belongs to whatever comes next.
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
            () = drained => {}
            () = ended => connection.cut(),
        }
        return;
    }
    let is_early = !has_ended && shared.is_over.get();
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
        match shared.is_done.get() && connection.is_drained() {
            false => connection.cut(),
            // A whole answer leaves the connection to what comes next.
            true if shared.is_whole.get() => {}
            true => connection.finish(),
        }
    }
    if is_early {
        // The body saw the end before it was told. It is told in a moment, and counted.
        ended.await;
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
    closes: bool,
}

impl LastWords {
    /// These words, and the end of the call; and of its connection, if it `closes`.
    pub fn new(words: Bytes, live: Live, mut record: Record, closes: bool) -> Self {
        record.sent(words.len());
        Self {
            length: words.len() as u64,
            words: Some(words),
            under_way: Some((live, record)),
            closes,
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
        // The web server may not ask again once it has what was announced.
        let words = self.words.take();
        if let Some((live, _)) = self.under_way.take()
            && !self.closes
        {
            live.whole();
        }
        Poll::Ready(words.map(Ok))
    }
}

/// An answer's body that ends with its caller's access.
pub struct LiveBody<S> {
    body: S,
    /// Gone once the body has ended.
    live: Option<Live>,
    record: Record,
    kind: Kind,
    farewell: Farewell,
    tail: Tail,
    /// So many bytes have been given to the connection.
    sent: u64,
}

/// What an event stream ends with.
pub type Farewell = Box<dyn Fn() -> Bytes>;

/// The last bytes of a stream: whether an event has ended there.
#[derive(Default)]
struct Tail([u8; 4]);

impl Tail {
    fn add(&mut self, chunk: &[u8]) {
        for byte in &chunk[chunk.len().saturating_sub(4)..] {
            self.0.rotate_left(1);
            self.0[3] = *byte;
        }
    }

    /// Events end with an empty line, whose ends may be of three kinds (HTML, "Server-sent events").
    fn is_between_events(&self) -> bool {
        self.0 == [0; 4]
            || self.0.ends_with(b"\n\n")
            || self.0.ends_with(b"\r\n\r\n")
            || self.0.ends_with(b"\r\r")
    }
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
    pub fn new(body: S, live: Live, record: Record, kind: Kind, farewell: Farewell) -> Self {
        let mut body = Self {
            body,
            live: Some(live),
            record,
            kind,
            farewell,
            tail: Tail::default(),
            sent: 0,
        };
        body.end_if_whole();
        body
    }

    /// The web server does not ask for more once it has what was announced, and for nothing where nothing was.
    fn end_if_whole(&mut self) {
        if self.kind == Kind::Whole(BodySize::Sized(self.sent)) {
            self.end_whole();
        }
    }

    fn end_whole(&mut self) {
        self.record.is_whole();
        if let Some(live) = self.live.take() {
            live.whole();
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
            let last = match self.kind {
                Kind::Events if self.tail.is_between_events() => Some(Ok((self.farewell)())),
                // Whatever came now would complete half an event; so it is dropped with the stream.
                Kind::Events => None,
                Kind::Whole(_) => Some(Err("access ended".into())),
            };
            live.0.is_over.set(true);
            // The farewell is the last that is written, and the keeper waits for this.
            self.end(CallOutcome::Ended);
            return Poll::Ready(last);
        }
        live.0.reader.replace(Some(context.waker().clone()));
        match Pin::new(&mut self.body).poll_next(context) {
            Poll::Ready(Some(Ok(chunk))) => {
                self.record.sent(chunk.len());
                self.tail.add(&chunk);
                self.sent += chunk.len() as u64;
                self.end_if_whole();
                Poll::Ready(Some(Ok(chunk)))
            }
            Poll::Ready(Some(Err(error))) => {
                self.end(CallOutcome::Error);
                Poll::Ready(Some(Err(error.into())))
            }
            Poll::Ready(None) => {
                self.end_whole();
                Poll::Ready(None)
            }
            Poll::Pending => Poll::Pending,
        }
    }
}
