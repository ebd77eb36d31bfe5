//! A connection's socket, beside the web server's own hold of it: so that access ends with the bytes on their way, too.

use std::{
    net::Shutdown,
    os::fd::{AsFd, OwnedFd},
    rc::Rc,
};

use actix_web::{dev::Extensions, rt::net::TcpStream};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    net::connect_unspec,
};
use socket2::SockRef;

/// The socket of the connection that a request came by.
#[derive(Debug)]
pub struct Connection {
    socket: OwnedFd,
}

impl Connection {
    /// Makes a new connection prompt, and keeps its socket where its requests find it.
    pub fn remember(stream: &TcpStream, about: &mut Extensions) {
        // An event must not wait until the one before has been acknowledged (Nagle's algorithm, RFC 896).
        let _ = stream.set_nodelay(true);
        if let Ok(socket) = stream.as_fd().try_clone_to_owned() {
            about.insert(Rc::new(Self { socket }));
        }
    }

    /// Whether everything that was written has left this machine, or is in the reader's own queue.
    pub fn is_drained(&self) -> bool {
        // With this mark a socket counts as writable only when nothing of it waits to be sent.
        let marked = SockRef::from(&self.socket).set_tcp_notsent_lowat(1);
        if marked.is_err() {
            return false;
        }
        let mut asked = [PollFd::new(&self.socket, PollFlags::OUT)];
        let answered = poll(&mut asked, Some(&Timespec::default()));
        let is_writable = asked[0].revents().contains(PollFlags::OUT);
        // For what else comes on this connection.
        let _ = SockRef::from(&self.socket).set_tcp_notsent_lowat(u32::MAX);
        answered.is_ok() && is_writable
    }

    /// Says that nothing more comes. What was written arrives.
    pub fn finish(&self) {
        let _ = SockRef::from(&self.socket).shutdown(Shutdown::Write);
    }

    /// Ends it at once: what has not left this machine never will, and the reader gets a reset.
    pub fn cut(&self) {
        // Unlike closing, this also discards what the system still has to send (tcp(7), connect(2): AF_UNSPEC).
        if connect_unspec(&self.socket).is_err() {
            let _ = SockRef::from(&self.socket).shutdown(Shutdown::Both);
        }
    }
}
