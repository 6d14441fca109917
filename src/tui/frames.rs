//! Frames, from the state of the explorer to bytes of a terminal.

use std::io::{self, Write};

use ratatui::layout::Size;
use ratatui::{Frame, Terminal};

use super::backend::FrameBackend;
use super::halves::Halves;

/// Draws frames and sends what changed, each in one piece.
pub struct Frames<W: Write> {
    terminal: Terminal<FrameBackend<W>>,
    halves: Halves,
}

impl<W: Write> Frames<W> {
    /// Frames that are written to `out`, on a screen whose size `size` tells.
    ///
    /// # Errors
    /// What `size` fails with.
    pub fn new(out: W, size: fn() -> io::Result<Size>) -> io::Result<Self> {
        Ok(Self {
            terminal: Terminal::new(FrameBackend::new(out, size))?,
            halves: Halves::default(),
        })
    }

    /// Draws one and sends it.
    ///
    /// # Errors
    /// What `out` fails with.
    pub fn draw(&mut self, paint: impl FnOnce(&mut Frame)) -> io::Result<()> {
        let drawn = self.terminal.draw(|frame| {
            paint(frame);
            self.halves.mend(frame.buffer_mut());
        });
        drawn.map(drop)
    }

    /// Takes nothing on the screen for known: the next frame is sent whole.
    ///
    /// # Errors
    /// What `out` fails with.
    pub fn forget(&mut self) -> io::Result<()> {
        self.terminal.clear()
    }
}
