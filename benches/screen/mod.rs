//! A screen of 200 x 60 that goes nowhere, and whose bytes are counted.

use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;

use headlight::paint::Depth;
use headlight::tui::{Frames, draw};
use headlight::view::State;
use ratatui::layout::Size;

pub const SIZE: (u16, u16) = (200, 60);

/// Counts bytes.
#[derive(Clone, Default)]
struct Count(Rc<Cell<usize>>);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set(self.0.get() + bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The screen.
pub struct Counted {
    frames: Frames<Count>,
    sent: Count,
}

impl Counted {
    pub fn new() -> Self {
        let sent = Count::default();
        let size = || Ok(Size::new(SIZE.0, SIZE.1));
        let Ok(frames) = Frames::new(sent.clone(), size) else {
            std::process::abort();
        };
        Self { frames, sent }
    }

    /// Draws a frame in true colour; tells its bytes.
    pub fn draw(&mut self, state: &State) -> usize {
        self.sent.0.set(0);
        let drawn = self.frames.draw(|frame| draw(frame, state, Depth::True));
        if drawn.is_err() {
            std::process::abort();
        }
        self.sent.0.get()
    }
}
