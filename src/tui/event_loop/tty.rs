//! The screen that is a terminal.

use std::io;
use std::sync::Arc;

use ratatui::layout::Size;
use rustix::stdio::stdout;
use rustix::termios::tcgetwinsize;

use super::super::frames::Frames;
use super::super::outside;
use super::super::signals;
use super::super::terminal::{self, Stdout};
use super::reader::Reader;
use super::{App, Screen, drawn};

/// The terminal on stdin and stdout, given back when dropped.
pub(super) struct Tty {
    frames: Frames<Stdout>,
    reader: Arc<Reader>,
}

impl Tty {
    pub(super) fn enter(reader: Arc<Reader>) -> io::Result<Self> {
        let frames = Frames::new(Stdout, || Ok(drawn(size()?)))?;
        terminal::enter()?;
        Ok(Self { frames, reader })
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
        self.frames.draw(|frame| app.draw(frame))
    }

    fn forget(&mut self) -> io::Result<()> {
        self.frames.forget()
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        terminal::copy(text)
    }

    fn mouse(&mut self, on: bool) -> io::Result<()> {
        terminal::mouse(on)
    }

    fn edit(&mut self, text: &str) -> io::Result<Result<String, String>> {
        if self.reader.lend().is_err() {
            return Ok(Err("The keyboard is busy: try again.".to_owned()));
        }
        terminal::leave();
        let edited = {
            let _lent = signals::lend();
            outside::edit(text)
        };
        let resumed = self.resume();
        self.reader.take_back();
        resumed.map(|()| edited)
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
