//! Bodies in both directions: chunks are handed on as they are, never joined and never copied.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_web::web::Bytes;
use futures_util::Stream;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep};

use super::fault::UpstreamFault;

/// The body of a call, of chunks that are there already. Its length is known, so it isn't sent in HTTP's chunks.
pub(super) struct Chunks {
    chunks: VecDeque<Bytes>,
    left: u64,
}

/// The body of an answer, chunk by chunk as the upstream sends it. Nothing is read ahead of whoever polls it, but what
/// fits into one buffer; dropping it ends the connection to the upstream unless the body has been read to its end.
pub struct UpstreamBody {
    incoming: Incoming,
    patience: Duration,
    /// Runs only while somebody waits for the upstream: a slow caller is not its fault.
    silence: Pin<Box<Sleep>>,
    is_waiting: bool,
    is_over: bool,
}

impl Chunks {
    pub(super) fn new(chunks: Vec<Bytes>) -> Self {
        let left = chunks.iter().map(|chunk| chunk.len() as u64).sum();
        Self {
            chunks: chunks.into(),
            left,
        }
    }
}

impl Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(chunk) = self.chunks.pop_front() else {
            return Poll::Ready(None);
        };
        self.left -= chunk.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

impl UpstreamBody {
    pub(super) fn new(incoming: Incoming, patience: Duration) -> Self {
        Self {
            incoming,
            patience,
            silence: Box::pin(sleep(patience)),
            is_waiting: false,
            is_over: false,
        }
    }

    /// How many bytes are still to come, if the upstream has said it.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.incoming.size_hint().exact()
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, UpstreamFault>>> {
        loop {
            let Poll::Ready(frame) = Pin::new(&mut self.incoming).poll_frame(cx) else {
                break;
            };
            self.is_waiting = false;
            match frame {
                // Trailers have nothing to say in MCP, and an empty chunk would end a chunked answer.
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => return Poll::Ready(Some(Ok(data))),
                    _ => continue,
                },
                Some(Err(_)) => return Poll::Ready(Some(Err(UpstreamFault::Lost))),
                None => return Poll::Ready(None),
            }
        }
        if !self.is_waiting {
            self.is_waiting = true;
            let end = Instant::now() + self.patience;
            self.silence.as_mut().reset(end);
        }
        ready!(self.silence.as_mut().poll(cx));
        Poll::Ready(Some(Err(UpstreamFault::IdleTimeout)))
    }
}

/// Ends after a fault.
impl Stream for UpstreamBody {
    type Item = Result<Bytes, UpstreamFault>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.is_over {
            return Poll::Ready(None);
        }
        let item = ready!(this.poll_chunk(cx));
        this.is_over = !matches!(item, Some(Ok(_)));
        Poll::Ready(item)
    }
}
