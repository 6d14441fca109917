//! What the mouse does: a click goes where it points, the wheel scrolls or zooms.

use super::action::Act;
use super::flow_plan::FlowPlan;
use super::layout::{Area, Pane};
use super::screen::Screen;
use super::state::State;
use super::{Effect, Mouse};
use crate::capture::{Head, Key, Layer, Query};

/// Steps of a list or a text that a turn of the wheel goes.
const WHEEL: isize = 3;

impl State {
    /// What is said when the mouse is switched.
    pub(super) fn mouse_told(&self) -> String {
        let key = self.options.keymap.key_of(Act::Mouse);
        let key = key.map_or_else(|| ":mouse".to_owned(), |key| key.name());
        match self.mouse {
            true => format!(
                "The mouse is on: clicks choose, the wheel zooms and scrolls, Shift selects text; {key} \
                 switches it off."
            ),
            false => "The mouse is off: it selects text again.".to_owned(),
        }
    }

    /// Does what the mouse asks for at a cell of the screen.
    pub(super) fn mouse_at(&mut self, x: u16, y: u16, kind: Mouse) -> Vec<Effect> {
        // A late report of a mouse that was switched off.
        if !self.mouse || self.layout.too_small {
            return Vec::new();
        }
        match kind {
            Mouse::Press => self.click(x, y),
            Mouse::WheelUp => self.wheel(x, y, -1),
            Mouse::WheelDown => self.wheel(x, y, 1),
        }
    }

    fn click(&mut self, x: u16, y: u16) -> Vec<Effect> {
        if self.popup.is_some() || self.prompt.is_some() || self.editor.is_some() {
            // What lies over the screen is left by keys, so that a click loses no typed line.
            return Vec::new();
        }
        if let Some(screen) = self.tab_at(x, y) {
            self.go_to(screen);
            return Vec::new();
        }
        match self.screen {
            Screen::Heads => self.click_heads(x, y),
            Screen::Text => self.click_text(x, y),
            Screen::Atlas => self.click_atlas(x, y),
        }
        Vec::new()
    }

    fn click_heads(&mut self, x: u16, y: u16) {
        let panes = self.layout.panes();
        let Some((pane, area)) = panes.into_iter().find(|(_, area)| area.contains(x, y)) else {
            return;
        };
        self.focus = pane;
        match pane {
            Pane::Map => {
                if let Some((query, key)) = self.cell_at(x, y) {
                    self.choose(query, key);
                }
            }
            Pane::Grid => {
                let (plan, first) = self.grid_plan();
                let head = plan.head_at(area.inner(), first, x, y);
                if let Some(head) = head.filter(|head| *head < self.heads()) {
                    self.cursor.head = Head(head);
                    self.move_head(0);
                }
            }
            Pane::List => self.click_list(y),
            Pane::Flow => {
                let plan = FlowPlan::new(area.inner(), self.layers());
                if let Some(layer) = plan.and_then(|plan| plan.layer_at(x)) {
                    self.cursor.layer = Layer(layer);
                    self.move_layer(0);
                }
            }
        }
    }

    /// Chooses the entry of the list in a row of the screen, and goes to its token.
    pub(super) fn click_list(&mut self, y: u16) {
        let inner = self.layout.list.inner();
        let rows = usize::from(inner.height);
        let first = (self.entry + 1).saturating_sub(rows);
        let Some(row) = y.checked_sub(inner.y).map(usize::from) else {
            return;
        };
        if row < rows && first + row < self.ranked().len() {
            self.entry = first + row;
            self.jump();
        }
    }

    /// The query and the key whose cell is drawn at a cell of the screen; of several the first.
    fn cell_at(&self, x: u16, y: u16) -> Option<(Query, Key)> {
        let (plan, row, column) = self.map_plan();
        let (dx, dy) = (x.checked_sub(plan.field.x)?, y.checked_sub(plan.field.y)?);
        let (across, _) = plan.cell.size();
        let half = 2 * usize::from(dy);
        let at_row = plan.row_at(half).or_else(|| plan.row_at(half + 1))?;
        let at_column = usize::from(dx) / across;
        if at_column >= plan.columns {
            return None;
        }
        let query = (row + at_row) * plan.tile;
        let key = (column + at_column) * plan.tile;
        let inside = query < self.tokens() && key < self.tokens();
        // On the diagonal a cell of several weights begins above it.
        inside.then_some((Query(query.max(key.min(query + plan.tile - 1))), Key(key)))
    }

    fn wheel(&mut self, x: u16, y: u16, by: isize) -> Vec<Effect> {
        if self.prompt.is_some() {
            self.move_choice(by);
            return Vec::new();
        }
        if self.editor.is_some() {
            return Vec::new();
        }
        if self.popup.is_some() {
            self.step(by * WHEEL);
            return Vec::new();
        }
        let layout = self.layout;
        match self.screen {
            Screen::Heads if layout.map.contains(x, y) => match by {
                ..0 => self.zoom_in(),
                _ => self.zoom_out(),
            },
            Screen::Heads if layout.list.contains(x, y) => {
                self.focus = Pane::List;
                self.step(by * WHEEL);
            }
            Screen::Heads if layout.grid.contains(x, y) => self.move_head(by),
            Screen::Heads if layout.flow.contains(x, y) => self.move_layer(by),
            Screen::Heads => {}
            Screen::Text | Screen::Atlas => self.step(by * WHEEL),
        }
        Vec::new()
    }
}

impl Area {
    /// Whether a cell of the screen is inside.
    pub fn contains(self, x: u16, y: u16) -> bool {
        let inside = |at: u16, from: u16, count: u16| at >= from && at - from < count;
        inside(x, self.x, self.width) && inside(y, self.y, self.height)
    }
}
