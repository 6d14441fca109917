//! The Atlas screen: all heads of all layers.

use super::action::Act;
use super::state::State;

/// How the heads are shown.
#[derive(Clone, Debug, Default)]
pub struct AtlasView {}

impl State {
    /// Goes one step, in the direction of an arrow.
    pub(super) fn go_atlas(&mut self, act: Act) {
        match act {
            Act::Left => self.move_head(-1),
            Act::Right => self.move_head(1),
            Act::Up => self.move_layer(-1),
            _ => self.move_layer(1),
        }
    }

    /// Goes `by` layers on.
    pub(super) fn step_atlas(&mut self, by: isize) {
        self.move_layer(by);
    }

    /// Does what a click at a cell of the screen asks for: nothing is drawn there that it could choose.
    pub(super) fn click_atlas(&mut self, _x: u16, _y: u16) {}

    /// Layers of a page.
    pub(super) fn page_of_atlas(&self) -> usize {
        self.layers()
    }

    /// Brings what is visible of the heads in line with cursor and size.
    pub(super) fn settle_atlas(&mut self) {}
}
