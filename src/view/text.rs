//! The Text screen: the text itself, coloured by attention.

use super::action::Act;
use super::state::State;

/// How the text is shown.
#[derive(Clone, Debug, Default)]
pub struct TextView {}

impl State {
    /// Goes one step, in the direction of an arrow.
    pub(super) fn go_text(&mut self, act: Act) {
        let by = match act {
            Act::Left | Act::Up => -1,
            _ => 1,
        };
        self.step_text(by);
    }

    /// Goes `by` tokens on.
    pub(super) fn step_text(&mut self, by: isize) {
        let query = super::update::shift(self.cursor.query.0, by, self.tokens());
        self.choose(crate::capture::Query(query), self.cursor.key);
    }

    /// Does what a click at a cell of the screen asks for.
    pub(super) fn click_text(&mut self, x: u16, y: u16) {
        if self.layout.list.contains(x, y) {
            self.click_list(y);
        }
    }

    /// Tokens of a page.
    pub(super) fn page_of_text(&self) -> usize {
        usize::from(self.layout.text.inner().height)
    }

    /// Brings what is visible of the text in line with cursor and size.
    pub(super) fn settle_text(&mut self) {}
}
