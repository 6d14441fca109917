//! The text being edited.

use tui_input::{Input, InputRequest};

use super::action::Act;
use super::edit_rows::EditRows;
use super::recall::{Lines, Recall};

/// Longest text that can be typed or pasted, in bytes: beyond every model's context, and far below
/// what would make a key press slow.
const MAX_BYTES: usize = 1 << 20;

/// The editor: one text, and the texts that were run before.
#[derive(Clone, Debug)]
pub struct Editor {
    input: Input,
    recall: Recall,
}

impl Editor {
    /// An editor that holds a text, and in which those of `history` can be taken again.
    pub(super) fn new(text: &str, history: &Lines) -> Self {
        Self {
            input: Input::new(text.to_owned()),
            recall: Recall::new(history),
        }
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// The cursor, in code points from the start.
    pub fn cursor(&self) -> usize {
        self.input.cursor()
    }

    /// Types one character.
    pub fn insert(&mut self, c: char) {
        if self.text().len() < MAX_BYTES {
            self.input.handle(InputRequest::InsertChar(c));
        }
    }

    /// Inserts a pasted text, as much of it as there is room for.
    pub fn paste(&mut self, pasted: &str) {
        let room = MAX_BYTES.saturating_sub(self.text().len());
        let mut pasted = pasted.replace("\r\n", "\n").replace('\r', "\n");
        let end = (0..=room.min(pasted.len()))
            .rev()
            .find(|&at| pasted.is_char_boundary(at));
        pasted.truncate(end.unwrap_or(0));
        let cursor = self.cursor();
        let mut text: String = self.text().chars().take(cursor).collect();
        text.push_str(&pasted);
        text.extend(self.text().chars().skip(cursor));
        self.input = Input::new(text).with_cursor(cursor + pasted.chars().count());
    }

    /// Puts another text in place of the edited one.
    pub(super) fn set(&mut self, text: &str) {
        self.input = Input::new(text.to_owned());
    }

    /// Does one editing action, on rows of `columns` cells; others are left alone.
    pub fn act(&mut self, act: Act, columns: usize) {
        match act {
            Act::NewLine => self.insert('\n'),
            Act::Earlier | Act::Later => {
                let by = if act == Act::Earlier { -1 } else { 1 };
                let beside = EditRows::of(self, columns).beside(by);
                if let Some(point) = beside {
                    self.input.handle(InputRequest::SetCursor(point));
                } else if let Some(text) = self.recall.turn(act == Act::Earlier, self.input.value())
                {
                    self.input = Input::new(text);
                }
            }
            _ => {
                if let Some(request) = request(act) {
                    self.input.handle(request);
                }
            }
        }
    }
}

/// What an editing action is to an input line.
pub(super) fn request(act: Act) -> Option<InputRequest> {
    Some(match act {
        Act::TextLeft => InputRequest::GoToPrevChar,
        Act::TextRight => InputRequest::GoToNextChar,
        Act::TextStart => InputRequest::GoToStart,
        Act::TextEnd => InputRequest::GoToEnd,
        Act::Backspace => InputRequest::DeletePrevChar,
        Act::Delete => InputRequest::DeleteNextChar,
        Act::DeleteWord => InputRequest::DeletePrevWord,
        Act::DeleteToStart => InputRequest::DeleteFromStart,
        Act::DeleteToEnd => InputRequest::DeleteTillEnd,
        _ => return None,
    })
}
