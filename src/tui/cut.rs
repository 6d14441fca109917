//! Signals of a fault, which end the process: a file that was cut off while it was mapped (SIGBUS),
//! and what the standard library aborts on, such as memory that ran out (SIGABRT).

#![allow(
    unsafe_code,
    reason = "a handler of a fault runs in the thread that it befell, before anything else does"
)]

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use rustix::stdio::stderr;
use rustix::termios::isatty;
use signal_hook::low_level;

use super::terminal::leave_in_handler;

/// What is said of a file that was cut.
const CUT: &[u8] = b"headlight: a file was cut off while it was read, or its disk failed: \
    wait until it is whole, then open it again\n";

/// What is said where the standard library gave up; on a terminal that was the explorer's, its own
/// words went with the screen.
const ABORTED: &[u8] =
    b"headlight: the memory ran out, or the program stopped on a fault of its own\n";

/// Sets the handlers.
///
/// # Errors
/// The system's.
pub fn watch_faults() -> io::Result<()> {
    for (signal, handler) in [
        (Signal::SIGBUS, SigHandler::Handler(cut)),
        (Signal::SIGABRT, SigHandler::Handler(aborted)),
    ] {
        // The stack that the standard library gives each thread for its own handlers.
        let action = SigAction::new(handler, SaFlags::SA_ONSTACK, SigSet::empty());
        // SAFETY: both handlers do only what is allowed in one: atomics, system calls, no memory is
        // allocated and no lock is waited for without an end.
        unsafe { sigaction(signal, &action) }?;
    }
    // A write past the limit of a file's size is an error, as on a full disk, and no end of the
    // process.
    // SAFETY: the handler does nothing.
    unsafe { low_level::register(signal_hook::consts::SIGXFSZ, || {}) }?;
    Ok(())
}

/// Whether a thread is on its way out already.
static LEAVING: AtomicBool = AtomicBool::new(false);

extern "C" fn cut(_: i32) {
    if LEAVING.swap(true, Ordering::SeqCst) {
        // Several threads may read the same file: one tells, and ends all.
        loop {
            thread::sleep(Duration::from_secs(1));
        }
    }
    leave_in_handler();
    say(CUT);
    low_level::exit(1)
}

/// The process ends when this returns.
extern "C" fn aborted(_: i32) {
    if leave_in_handler() {
        say(ABORTED);
    }
}

fn say(sentence: &[u8]) {
    // A line of progress may stand there.
    if isatty(stderr()) {
        let _ = rustix::io::write(stderr(), b"\r\x1b[K");
    }
    let _ = rustix::io::write(stderr(), sentence);
}
