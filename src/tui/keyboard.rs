//! Where keys come from: standard input where it is a terminal, else the terminal of the screen.

use std::io::{self, IsTerminal};

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::{Errno, fcntl_dupfd_cloexec};
use rustix::stdio::{dup2_stdin, stdout};
use rustix::termios::{isatty, ttyname};

/// Checks that there is a terminal to read keys from.
///
/// # Errors
///
/// Why none can be opened.
pub(super) fn check() -> io::Result<()> {
    match io::stdin().is_terminal() {
        true => Ok(()),
        false => terminal().map(drop),
    }
}

/// Puts the terminal in place of a standard input that is none, so that everything that reads keys,
/// sets the mode or waits for a hang-up has one place to ask. What standard input held, such as a
/// text out of a pipe, must have been read.
///
/// # Errors
///
/// Why none can be opened.
pub(super) fn take() -> io::Result<()> {
    match io::stdin().is_terminal() {
        true => Ok(()),
        false => Ok(dup2_stdin(terminal()?)?),
    }
}

/// The terminal that the screen is on. Its own name comes first, because not every system can wait
/// for `/dev/tty`; a terminal of another container has no name, but may be open for reading.
fn terminal() -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let named = ttyname(stdout(), Vec::new()).and_then(|name| open(name, flags, Mode::empty()));
    let controlling = || open("/dev/tty", flags, Mode::empty());
    let shared = |_| match rustix::fs::fcntl_getfl(stdout())?.contains(OFlags::RDWR) {
        true => fcntl_dupfd_cloexec(stdout(), 0),
        false => Err(Errno::NOTTY),
    };
    let found = named.or_else(|_| controlling()).or_else(shared)?;
    match isatty(found.as_fd()) {
        true => Ok(found),
        false => Err(Errno::NOTTY.into()),
    }
}
