//! The backend of ratatui that sends a frame in one piece, and nothing at all for a frame that is
//! like the one before.

use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::crossterm::cursor::{Hide, MoveTo, Show};
use ratatui::crossterm::queue;
use ratatui::crossterm::style::Print;
use ratatui::crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::layout::{Position, Size};

use super::encode::Encoder;
use super::terminal::PLAIN_LINES;

/// Bytes kept between frames; a big first frame takes about half of it.
const CAPACITY: usize = 256 << 10;

/// Collects a frame's bytes and sends them when it is whole, between the marks of a synchronized
/// update.
pub(super) struct FrameBackend<W> {
    frame: Vec<u8>,
    encoder: Encoder,
    out: W,
    size: fn() -> io::Result<Size>,
    /// Whether the cursor is known to be shown, or known to be hidden.
    shown: Option<bool>,
    /// Where the cursor is known to be.
    at: Option<Position>,
}

impl<W: Write> FrameBackend<W> {
    /// A backend that writes to `out`, on a screen whose size `size` tells.
    pub(super) fn new(out: W, size: fn() -> io::Result<Size>) -> Self {
        Self {
            frame: Vec::with_capacity(CAPACITY),
            encoder: Encoder::default(),
            out,
            size,
            shown: None,
            at: None,
        }
    }

    /// The frame, begun if this is its first command.
    fn frame(&mut self) -> io::Result<&mut Vec<u8>> {
        if self.frame.is_empty() {
            queue!(self.frame, BeginSynchronizedUpdate)?;
        }
        Ok(&mut self.frame)
    }

    fn set_shown(&mut self, shown: bool) -> io::Result<()> {
        if self.shown.replace(shown) == Some(shown) {
            Ok(())
        } else if shown {
            queue!(self.frame()?, Show)
        } else {
            queue!(self.frame()?, Hide)
        }
    }
}

impl<W: Write> Backend for FrameBackend<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.at = None;
        let width = (self.size)()?.width;
        let mut sent = Vec::new();
        self.encoder.encode(content, width, &mut sent);
        if !sent.is_empty() {
            self.frame()?.append(&mut sent);
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.set_shown(false)
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.set_shown(true)
    }

    /// Where the cursor was put last. The terminal is not asked: its answer would be read as keys.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.at.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.at.replace(position) == Some(position) {
            return Ok(());
        }
        queue!(self.frame()?, MoveTo(position.x, position.y))
    }

    /// Clears, and takes nothing about the cursor for known: a person asks for it where another
    /// program wrote to the screen.
    fn clear(&mut self) -> io::Result<()> {
        (self.shown, self.at) = (None, None);
        self.encoder.forget();
        queue!(self.frame()?, Print(PLAIN_LINES))?;
        CrosstermBackend::new(self.frame()?).clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        (self.shown, self.at) = (None, None);
        if clear_type == ClearType::All {
            self.encoder.forget();
            queue!(self.frame()?, Print(PLAIN_LINES))?;
        }
        CrosstermBackend::new(self.frame()?).clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        (self.size)()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize {
            columns_rows: self.size()?,
            pixels: Size::ZERO,
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.frame.is_empty() {
            return Ok(());
        }
        queue!(self.frame, EndSynchronizedUpdate)?;
        let sent = self.out.write_all(&self.frame);
        self.frame.clear();
        sent?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use ratatui::Terminal;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::{Color, Modifier, Style};

    use super::*;

    /// Bytes sent, which the test keeps an end of, and the number of writes.
    #[derive(Clone, Default)]
    struct Sent(Rc<RefCell<(Vec<u8>, usize)>>);

    impl Write for Sent {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut sent = self.0.borrow_mut();
            sent.0.extend_from_slice(bytes);
            sent.1 += 1;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Sent {
        fn take(&self) -> (Vec<u8>, usize) {
            std::mem::take(&mut *self.0.borrow_mut())
        }
    }

    fn terminal() -> (Terminal<FrameBackend<Sent>>, Sent) {
        let sent = Sent::default();
        let backend = FrameBackend::new(sent.clone(), || Ok(Size::new(40, 12)));
        (Terminal::new(backend).unwrap(), sent)
    }

    fn draw(terminal: &mut Terminal<FrameBackend<Sent>>, text: &str, cursor: Option<(u16, u16)>) {
        terminal
            .draw(|frame| {
                let style = Style::new().fg(Color::Rgb(1, 2, 3)).bg(Color::Indexed(17));
                let style = style.add_modifier(Modifier::BOLD);
                frame.buffer_mut().set_string(3, 2, text, style);
                if let Some(at) = cursor {
                    frame.set_cursor_position(at);
                }
            })
            .unwrap();
    }

    #[test]
    fn a_frame_is_one_write_between_marks_and_an_unchanged_one_is_no_byte() {
        let (mut terminal, sent) = terminal();
        draw(&mut terminal, "cat", None);
        let (bytes, writes) = sent.take();
        assert!(bytes.starts_with(b"\x1b[?2026h"), "{bytes:?}");
        assert!(bytes.ends_with(b"\x1b[?2026l"), "{bytes:?}");
        assert_eq!(bytes.windows(5).filter(|it| it == b"?2026").count(), 2);
        assert_eq!(writes, 1);
        draw(&mut terminal, "cat", None);
        assert_eq!(sent.take(), (Vec::new(), 0));
        draw(&mut terminal, "car", None);
        let (bytes, _) = sent.take();
        assert!(!bytes.is_empty() && bytes.len() < 80, "{}", bytes.len());
    }

    #[test]
    fn a_cursor_at_rest_is_no_byte_and_a_moved_one_is() {
        let (mut terminal, sent) = terminal();
        draw(&mut terminal, "cat", Some((4, 2)));
        sent.take();
        draw(&mut terminal, "cat", Some((4, 2)));
        assert_eq!(sent.take().0, b"");
        draw(&mut terminal, "cat", Some((5, 2)));
        assert_eq!(sent.take().0, b"\x1b[?2026h\x1b[3;6H\x1b[?2026l");
        draw(&mut terminal, "cat", None);
        assert_eq!(sent.take().0, b"\x1b[?2026h\x1b[?25l\x1b[?2026l");
    }

    #[test]
    fn clearing_sends_the_whole_frame_again() {
        let (mut terminal, sent) = terminal();
        draw(&mut terminal, "cat", None);
        let whole = sent.take().0.len();
        terminal.clear().unwrap();
        draw(&mut terminal, "cat", None);
        let (bytes, writes) = sent.take();
        assert!(bytes.len() >= whole);
        assert_eq!(writes, 1);
    }

    #[test]
    fn an_emulator_fed_with_the_bytes_shows_the_buffer() {
        let (mut terminal, sent) = terminal();
        let mut emulator = vt100::Parser::new(12.try_into().unwrap(), 40.try_into().unwrap(), 0);
        for text in ["The cat sat", "日本 sat", "é ▀▒", "", "The mat"] {
            draw(&mut terminal, text, None);
            emulator.process(&sent.take().0);
            for column in 0..40 {
                let cell = emulator.screen().cell(2, column).unwrap();
                let mut shown = cell.contents().trim_end().to_string();
                if shown.is_empty() && !cell.is_wide_continuation() {
                    shown = " ".into();
                }
                let mut line = Buffer::empty(Rect::new(0, 2, 40, 1));
                line.set_string(3, 2, text, Style::new());
                let symbol = line[(column, 2)].symbol();
                if !cell.is_wide_continuation() {
                    assert_eq!(shown, symbol, "column {column} of {text:?}");
                    let inked = symbol != " ";
                    assert!(!inked || cell.fgcolor() == vt100::Color::Rgb(1, 2, 3));
                    assert!(!inked || cell.bgcolor() == vt100::Color::Idx(17));
                    assert!(!inked || cell.bold());
                }
            }
        }
    }
}
