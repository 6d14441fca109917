//! Entering and leaving the terminal. There is one way out, [`leave`], which any thread may take
//! at any time: quitting, suspending, a panic or a signal.

use std::cell::Cell;
use std::io::{self, IsTerminal, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use ratatui::crossterm::cursor::Hide;
use ratatui::crossterm::event::EnableBracketedPaste;
use ratatui::crossterm::queue;
use ratatui::crossterm::style::Print;
use ratatui::crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::stdio::stdout;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use super::{clipboard, keyboard};
use crate::fault;

/// Why the explorer could not be shown, or had to end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Output is a pipe or a file.
    #[error(
        "the explorer needs a terminal, but standard output is not one; without a terminal, use \
         `headlight analyze` (text and plots) or `headlight export` (json, arrays)"
    )]
    NoTerminal,
    /// There is no terminal to read keys from.
    #[error(
        "the explorer needs a terminal to read keys from, but standard input is not one and no \
         other can be opened ({0}); without one, use `headlight analyze` (text and plots) or \
         `headlight export` (json, arrays)"
    )]
    NoKeyboard(io::Error),
    /// `TERM=dumb`.
    #[error(
        "the explorer needs a terminal that can move its cursor, but TERM is `dumb`; set TERM to \
         what your terminal is (as xterm-256color), or use `headlight analyze` or `headlight export`"
    )]
    DumbTerminal,
    /// The terminal refused.
    #[error("the terminal failed: {0}")]
    Io(#[from] io::Error),
}

/// Whether the terminal is ours: raw, on the alternate screen.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// Whether the mouse is listened to while the terminal is ours.
static MOUSE: AtomicBool = AtomicBool::new(false);

/// Held while bytes go to the terminal, so that leaving never falls into the middle of a frame.
static OUTPUT: Mutex<()> = Mutex::new(());

/// The terminal's modes before it was ours.
static MODES: OnceLock<Termios> = OnceLock::new();

thread_local! {
    static IS_SCREEN: Cell<bool> = const { Cell::new(false) };
}

/// Checks that the explorer can be shown here.
///
/// # Errors
///
/// A sentence that says what to use instead, where standard output is not a terminal, there is no
/// terminal to read keys from, or `TERM` is `dumb`.
pub fn check_terminal() -> Result<(), Error> {
    if !io::stdout().is_terminal() {
        return Err(Error::NoTerminal);
    }
    keyboard::check().map_err(Error::NoKeyboard)?;
    if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
        return Err(Error::DumbTerminal);
    }
    Ok(())
}

/// Whether the explorer has the terminal, so that nothing else may write to it.
pub fn is_shown() -> bool {
    ENTERED.load(Ordering::SeqCst)
}

/// Puts a panic hook before the one installed so far. A panic that is caught prints nothing: who
/// catches it tells. Nor does one of another thread than the screen's while the explorer is up. Any
/// other gives the terminal back first.
pub fn install_panic_hook() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let elsewhere = ENTERED.load(Ordering::SeqCst) && !IS_SCREEN.get();
        if fault::is_caught(panic) || elsewhere {
            return;
        }
        leave();
        before(panic);
    }));
}

/// Makes the terminal ours and the calling thread the screen's. Ours already, it is left first: a
/// shell may have changed it while the process was stopped.
///
/// # Errors
///
/// The terminal's.
pub(super) fn enter() -> io::Result<()> {
    leave();
    IS_SCREEN.set(true);
    if let Ok(modes) = tcgetattr(stdout()) {
        // Entered again after a stop, it most likely has the modes that it had first.
        let _ = MODES.set(modes);
    }
    // Before the mode is ours: what leaves from here on gives it back.
    ENTERED.store(true, Ordering::SeqCst);
    if let Err(error) = enable_raw_mode() {
        leave();
        return Err(error);
    }
    let mut bytes = Vec::new();
    queue!(
        bytes,
        EnterAlternateScreen,
        Print(PLAIN_LINES),
        Clear(ClearType::All),
        Hide,
        EnableBracketedPaste
    )?;
    if MOUSE.load(Ordering::SeqCst) {
        bytes.extend_from_slice(MOUSE_ON);
    }
    let sent = send(&bytes);
    if sent.is_err() {
        leave();
    }
    sent
}

/// A line feed goes straight down, and no part of the screen scrolls by itself, whatever a program
/// left behind.
pub(super) const PLAIN_LINES: &str = "\x1b[r\x1b[20l";

/// Reports of presses, releases and the wheel, without those of motion, which would flood a slow
/// link; in the form that has no limit of columns.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";

/// Listens to the mouse, or leaves it to the terminal; also after the terminal was left and
/// entered again.
///
/// # Errors
///
/// The terminal's.
pub(super) fn mouse(on: bool) -> io::Result<()> {
    MOUSE.store(on, Ordering::SeqCst);
    send(if on { MOUSE_ON } else { MOUSE_OFF })
}

/// Whether the terminal is tmux, here or, as its `TERM` comes along, at the other end of an ssh.
pub fn in_tmux() -> bool {
    let set = std::env::var_os("TMUX").is_some_and(|tmux| !tmux.is_empty());
    set || std::env::var("TERM").is_ok_and(|term| term.starts_with("tmux"))
}

/// Sends a text to the terminal's clipboard. Whether it takes it, it does not tell.
///
/// # Errors
///
/// The terminal's.
pub(super) fn copy(text: &str) -> io::Result<()> {
    send(&clipboard::sequence(text, in_tmux()))
}

/// What gives the screen back: mouse, the end of an update, paste, colours, screen, cursor.
const LEAVE: &[u8] = b"\x1b[?1006l\x1b[?1000l\x1b[?2026l\x1b[?2004l\x1b[0m\x1b[?1049l\x1b[?25h";

/// Gives the terminal back as it was: mode, screen, cursor, colours, paste, mouse. Does nothing where it
/// is not ours, so it may be called twice.
pub(super) fn leave() {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return;
    }
    // The mode first: it comes back even where the terminal takes no bytes. Errors have nobody
    // to go to: the terminal may be gone.
    let _ = disable_raw_mode();
    let _frame = lock_briefly();
    let _ = write_all(LEAVE);
}

/// The same in the handler of a signal: no memory is allocated, and no lock is waited for without
/// an end. Says whether the terminal was ours.
pub(super) fn leave_in_handler() -> bool {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return false;
    }
    if let Some(modes) = MODES.get() {
        let _ = tcsetattr(stdout(), OptionalActions::Now, modes);
    }
    let _frame = lock_briefly();
    let _ = write_all(LEAVE);
    true
}

/// Sends bytes in one go, if the terminal is ours; else drops them.
///
/// # Errors
///
/// The terminal's.
pub(super) fn send(bytes: &[u8]) -> io::Result<()> {
    let _frame = lock(&OUTPUT);
    if ENTERED.load(Ordering::SeqCst) {
        write_all(bytes)
    } else {
        Ok(())
    }
}

/// Where frames go: stdout, past the line buffer of the standard library.
#[derive(Debug)]
pub(super) struct Stdout;

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        send(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_all(mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(stdout(), bytes) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(rustix::io::Errno::INTR) => {}
            // Somebody who shares the terminal made it non-blocking.
            Err(rustix::io::Errno::AGAIN) => {
                poll(&mut [PollFd::new(&stdout(), PollFlags::OUT)], None)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits a fifth of a second for the frame that is being sent, no longer: the terminal may have
/// stopped taking bytes.
fn lock_briefly() -> Option<MutexGuard<'static, ()>> {
    for _ in 0..100 {
        match OUTPUT.try_lock() {
            Ok(guard) => return Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(2)),
        }
    }
    None
}
