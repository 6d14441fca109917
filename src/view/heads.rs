//! What keys do on the Heads screen, by the pane that has the focus.

use super::action::Act;
use super::layout::Pane;
use super::screen::Screen;
use super::state::{Direction, State, ring};
use super::update::shift;
use crate::capture::{Key, Query};

impl State {
    /// Whether there is another pane to go to.
    pub(super) fn has_other_pane(&self) -> bool {
        match self.screen {
            Screen::Heads => ring(self.layout()).len() > 1,
            Screen::Text => !self.layout().list.is_empty(),
            Screen::Atlas => true,
        }
    }

    /// The footer's hints: keys and the word for what they do. What has no effect here is left out.
    pub fn hints(&self) -> Vec<(String, &'static str)> {
        let has_effect = |act: Act| match act {
            Act::NextPane | Act::PreviousPane => self.has_other_pane(),
            // The atlas shows every head by itself.
            Act::Mean => self.screen != Screen::Atlas,
            _ => true,
        };
        self.keymap().hints(&self.places(), &has_effect)
    }

    /// Gives the focus to the pane `by` further on.
    pub(super) fn turn(&mut self, by: isize) {
        if self.screen == Screen::Text {
            return self.turn_text();
        }
        let ring = ring(self.layout());
        let at = ring.iter().position(|pane| *pane == self.focus);
        let to = (at.unwrap_or(0) as isize + by).rem_euclid(ring.len().max(1) as isize);
        self.focus = ring.get(to as usize).copied().unwrap_or_default();
    }

    /// Goes one step, in the direction of an arrow.
    pub(super) fn go_heads(&mut self, act: Act) {
        let by = match act {
            Act::Left | Act::Up => -1,
            _ => 1,
        };
        let vertical = matches!(act, Act::Up | Act::Down);
        let (query, key) = (self.cursor.query, self.cursor.key);
        match self.focus {
            Pane::Map if vertical => {
                self.choose(Query(shift(query.0, by, self.tokens())), key);
            }
            Pane::Map => self.choose(query, Key(shift(key.0, by, self.tokens()))),
            Pane::Grid if vertical => {
                let (plan, _) = self.grid_plan();
                let to = self.cursor.head.0 as isize + by * plan.columns as isize;
                if (0..self.heads() as isize).contains(&to) {
                    self.move_head(by * plan.columns as isize);
                }
            }
            Pane::Grid => self.move_head(by),
            Pane::List => self.step_heads(by),
            Pane::Flow => self.move_layer(by),
        }
    }

    /// Goes `by` steps along the main axis of what has the focus.
    pub(super) fn step_heads(&mut self, by: isize) {
        match self.focus {
            Pane::Map => {
                let query = shift(self.cursor.query.0, by, self.tokens());
                self.choose(Query(query), self.cursor.key);
            }
            Pane::Grid => self.move_head(by),
            Pane::List => self.entry = shift(self.entry, by, self.ranked().len()),
            Pane::Flow => self.move_layer(by),
        }
    }

    /// Steps that are a page of what has the focus.
    pub(super) fn page_of_heads(&self) -> usize {
        match self.focus {
            Pane::Map => {
                let (plan, ..) = self.map_plan();
                plan.rows * plan.tile
            }
            Pane::Grid => {
                let (plan, _) = self.grid_plan();
                plan.rows * plan.columns
            }
            Pane::List => usize::from(self.layout().list.inner().height),
            Pane::Flow => self.layers(),
        }
    }

    /// Opens what is chosen in the pane with the focus.
    pub(super) fn open_in_heads(&mut self) {
        if self.focus == Pane::List {
            self.jump();
        } else {
            self.focus = Pane::Map;
        }
    }

    /// Moves the cursor to the token of the chosen entry of the list.
    pub(super) fn jump(&mut self) {
        let Some(chosen) = self.ranked().get(self.entry).copied() else {
            return;
        };
        self.touched = true;
        match self.direction {
            Direction::Attends => self.cursor.key = Key(chosen.position),
            Direction::Attended => self.cursor.query = Query(chosen.position),
        }
    }
}
