//! The screen that is a terminal.

use std::io;

use ratatui::Terminal;
use ratatui::layout::Size;
use rustix::stdio::stdout;
use rustix::termios::tcgetwinsize;

use super::super::backend::FrameBackend;
use super::super::halves::Halves;
use super::super::signals;
use super::super::terminal::{self, Stdout};
use super::{App, Screen};

/// The terminal on stdin and stdout, given back when dropped.
pub(super) struct Tty {
    terminal: Terminal<FrameBackend<Stdout>>,
    halves: Halves,
}

impl Tty {
    pub(super) fn enter() -> io::Result<Self> {
        let terminal = Terminal::new(FrameBackend::new(Stdout, size))?;
        terminal::enter()?;
        Ok(Self {
            terminal,
            halves: Halves::default(),
        })
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        terminal::leave();
    }
}

/// The terminal's size; one that does not know its own is taken for the usual.
fn size() -> io::Result<Size> {
    let size = tcgetwinsize(stdout())?;
    Ok(match (size.ws_col, size.ws_row) {
        (0, _) | (_, 0) => Size::new(80, 24),
        (width, height) => Size::new(width, height),
    })
}

impl Screen for Tty {
    fn size(&self) -> io::Result<Size> {
        size()
    }

    fn draw(&mut self, app: &impl App) -> io::Result<()> {
        let drawn = self.terminal.draw(|frame| {
            app.draw(frame);
            self.halves.mend(frame.buffer_mut());
        });
        drawn.map(drop)
    }

    fn forget(&mut self) -> io::Result<()> {
        self.terminal.clear()
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        terminal::copy(text)
    }

    fn mouse(&mut self, on: bool) -> io::Result<()> {
        terminal::mouse(on)
    }

    fn suspend(&mut self) -> io::Result<bool> {
        if !signals::can_stop() {
            return Ok(false);
        }
        terminal::leave();
        signals::stop()?;
        Ok(true)
    }

    fn resume(&mut self) -> io::Result<()> {
        terminal::enter()?;
        self.forget()
    }
}
