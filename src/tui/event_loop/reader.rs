//! Whose turn it is to read the terminal: the thread that reads keys, or another program.

use std::io;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Signal, getpid, kill_process};

/// The longest that another program waits for the thread that reads keys.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whose turn it is.
#[derive(Debug, Default)]
pub(super) struct Reader {
    turn: Mutex<Turn>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug, Default)]
struct Turn {
    /// Whether another program reads.
    lent: bool,
    /// Whether the thread that reads keys waits for its turn.
    waits: bool,
}

impl Reader {
    /// Waits while another program reads.
    pub(super) fn wait_for_turn(&self) {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        while turn.lent {
            turn.waits = true;
            self.changed.notify_all();
            turn = self
                .changed
                .wait(turn)
                .unwrap_or_else(PoisonError::into_inner);
        }
        turn.waits = false;
    }

    /// Takes the terminal from the thread that reads keys. It stands in a read that only something
    /// to read ends, and a change of size is: that one is told of, though nothing changed.
    ///
    /// # Errors
    ///
    /// The system's, or none where the thread does not let go in time.
    pub(super) fn lend(&self) -> io::Result<()> {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        turn.lent = true;
        let end = Instant::now() + PATIENCE;
        kill_process(getpid(), Signal::WINCH)?;
        while !turn.waits {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                turn.lent = false;
                return Err(io::Error::from(io::ErrorKind::TimedOut));
            }
            let waited = self.changed.wait_timeout(turn, left);
            turn = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// Gives the terminal back to the thread that reads keys.
    pub(super) fn take_back(&self) {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        turn.lent = false;
        self.changed.notify_all();
    }
}
