//! A connection that the front hands over: first what it has read of it already, then the rest.

use std::{
    io::{IoSlice, Result},
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{rt::net::TcpStream, web::Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The connection.
pub struct Handed {
    unread: Bytes,
    stream: TcpStream,
}

impl Handed {
    /// This connection, of which these bytes were read.
    pub fn new(unread: Bytes, stream: TcpStream) -> Self {
        Self { unread, stream }
    }

    /// Its socket.
    pub fn socket(&self) -> &TcpStream {
        &self.stream
    }
}

impl AsyncRead for Handed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        if self.unread.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, into);
        }
        let length = self.unread.len().min(into.remaining());
        into.put_slice(&self.unread.split_to(length));
        if self.unread.is_empty() {
            // An empty part of it would hold on to all of its memory.
            self.unread = Bytes::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Handed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
