//! Signals and the loss of the terminal. Threads of their own see to them, so that they are
//! obeyed at once, whatever the model and the screen are doing.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use nix::unistd::{getpgrp, getppid, getsid};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Signal, getpid, kill_current_process_group, kill_process};
use rustix::stdio::stdin;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;
use signal_hook::low_level;

use super::terminal::leave;

/// Whether another program has the terminal.
static LENT: AtomicBool = AtomicBool::new(false);

/// The terminal is another program's until this is dropped.
pub(super) struct Lent;

/// Leaves the keys that send signals to another program.
pub(super) fn lend() -> Lent {
    LENT.store(true, Ordering::SeqCst);
    Lent
}

impl Drop for Lent {
    fn drop(&mut self) {
        LENT.store(false, Ordering::SeqCst);
    }
}

/// What the screen's thread is told of signals; those that end the process it never sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Asked to stop, as by `kill -TSTP`.
    Stop,
    /// Continued after a stop.
    Continued,
}

/// Starts both threads. They live as long as the process: a signal that comes while it ends is
/// obeyed too.
///
/// # Errors
///
/// The system's, where it refuses a handler or a thread.
pub(super) fn watch(tell: impl Fn(Told) + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGCONT])?;
    thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            for signal in signals.forever() {
                match signal {
                    // They are meant for the program that has the terminal; stopped, this process
                    // stops with it, so that the shell sees both stop.
                    SIGINT | SIGQUIT if LENT.load(Ordering::SeqCst) => {}
                    SIGTSTP if LENT.load(Ordering::SeqCst) => {
                        let _ = kill_process(getpid(), Signal::STOP);
                    }
                    SIGCONT if LENT.load(Ordering::SeqCst) => {}
                    SIGTSTP => tell(Told::Stop),
                    SIGCONT => tell(Told::Continued),
                    _ => exit(signal),
                }
            }
        })?;
    thread::Builder::new()
        .name("hang-up".into())
        .spawn(watch_hang_up)?;
    Ok(())
}

/// Leaves when the terminal is gone. SIGHUP may not tell: it goes to the leader of the session,
/// and the reader of keys, once its terminal is gone, turns in a loop.
fn watch_hang_up() {
    loop {
        // Nothing is asked for, so only what is always told ends the wait.
        let mut terminal = [PollFd::from_borrowed_fd(stdin(), PollFlags::empty())];
        match poll(&mut terminal, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return,
        }
        let [terminal] = terminal;
        if terminal.revents().intersects(GONE) {
            exit(SIGHUP);
        }
    }
}

/// Ends the process as a hang-up does where the terminal is gone: what is written or read then
/// fails, and may do so before anything else tells.
pub(super) fn exit_if_gone() {
    let mut terminal = [PollFd::from_borrowed_fd(stdin(), PollFlags::empty())];
    let now = rustix::event::Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let polled = poll(&mut terminal, Some(&now));
    let [terminal] = terminal;
    if polled.is_ok() && terminal.revents().intersects(GONE) {
        exit(SIGHUP);
    }
}

/// What a terminal tells once it is gone.
const GONE: PollFlags = PollFlags::HUP.union(PollFlags::ERR).union(PollFlags::NVAL);

/// Gives the terminal back and ends the process at once, whatever other threads do.
fn exit(signal: i32) -> ! {
    let status = 128 + signal;
    // A terminal that takes no bytes must not hold the exit up. Should there be no thread to be
    // had, the exit below still comes in every other case.
    let _ = thread::Builder::new().spawn(move || {
        thread::sleep(Duration::from_millis(500));
        low_level::exit(status)
    });
    leave();
    low_level::exit(status)
}

/// Whether a shell is there that would see this process stop and could continue it. A terminal
/// that runs the explorer as its first program has none.
pub(super) fn can_stop() -> bool {
    // Processes outside a container are 0 in it: a parent whom nobody here could name, but also the
    // leader of a session that a shell in it shares.
    let parent = getppid();
    let (Ok(session), Ok(of_parent)) = (getsid(None), getsid(Some(parent))) else {
        return false;
    };
    parent.as_raw() > 0 && getpgrp() != session && of_parent == session
}

/// Stops the process and those started with it (as `cargo run` is), the way Ctrl-Z does outside
/// raw mode. [`Told::Continued`] comes when they go on.
///
/// # Errors
///
/// The system's.
pub(super) fn stop() -> io::Result<()> {
    Ok(kill_current_process_group(Signal::STOP)?)
}
