//! The Text screen: the text itself, coloured by attention. One token is chosen; the other end of
//! the readout is the strongest of the list beside it, or the one that was picked there.

use std::ops::Range;
use std::sync::Arc;

use super::action::Act;
use super::layout::Area;
use super::screen::Screen;
use super::scroll::follow;
use super::shade::Shade;
use super::state::{Direction, State};
use super::update::shift;
use super::wrap::Wrap;
use crate::capture::{Key, Query, Token};
use crate::lens::Ranked;

/// Tokens that brackets link with the chosen one at most.
const MOST_BRACKETS: usize = 5;
/// The least weight that a bracket shows.
const LEAST_BRACKET: f32 = 0.02;

/// How the text is shown.
#[derive(Clone, Debug, Default)]
pub struct TextView {
    pub(super) shade: Shade,
    /// The text in lines, and how they lie in the pane; computed anew for other tokens or another
    /// size.
    wrap: Option<Arc<Wrap>>,
    plan: TextPlan,
    planned: Option<Area>,
    /// The first visible line.
    pub(super) scroll: usize,
    /// The column that moves by line keep to.
    goal: Option<u16>,
    /// Whether the list beside the text has the focus.
    pub(super) listing: bool,
    /// Whether the other end stays when another head is shown.
    pub(super) pinned: bool,
}

impl State {
    /// The chosen token: the query whose weights are shown, or the key.
    pub fn chosen(&self) -> usize {
        match self.direction {
            Direction::Attends => self.cursor.query.0,
            Direction::Attended => self.cursor.key.0,
        }
    }

    /// The token at the other end of the readout.
    pub fn other_end(&self) -> usize {
        match self.direction {
            Direction::Attends => self.cursor.key.0,
            Direction::Attended => self.cursor.query.0,
        }
    }

    /// Chooses a token; the other end is the strongest again.
    pub(super) fn choose_token(&mut self, token: usize) {
        match self.direction {
            Direction::Attends => self.choose(Query(token), self.cursor.key),
            Direction::Attended => self.choose(self.cursor.query, Key(token)),
        }
        self.text.pinned = false;
        self.text.goal = None;
    }

    fn set_other_end(&mut self, token: usize) {
        match self.direction {
            Direction::Attends => self.cursor.key = Key(token),
            Direction::Attended => self.cursor.query = Query(token),
        }
    }

    /// Begins to show the text, at the two tokens of the cursor.
    pub(super) fn enter_text(&mut self) {
        self.text.pinned = self.weight().is_some();
        self.text.listing = false;
        self.text.goal = None;
    }

    /// How the lines of the text lie in their pane.
    pub fn text_plan(&self) -> TextPlan {
        self.text.plan
    }

    /// What is free for text in its pane: a blank stays beside the frame.
    fn text_room(&self) -> Area {
        let inner = self.layout.text.inner();
        let left = inner.width.min(1);
        Area {
            x: inner.x + left,
            width: inner.width - left,
            height: inner.height - u16::from(self.has_text_legend()),
            ..inner
        }
    }

    /// Whether the last row below the text holds the legend.
    pub fn has_text_legend(&self) -> bool {
        self.layout.text.inner().height >= 4
    }

    /// The text in lines.
    pub fn wrap(&self) -> Option<&Wrap> {
        self.text.wrap.as_deref()
    }

    /// The visible lines.
    pub fn text_lines(&self) -> Range<usize> {
        let lines = self.wrap().map_or(0, Wrap::lines);
        let first = self.text.scroll.min(lines);
        first..(first + self.text.plan.lines()).min(lines)
    }

    /// The tokens that brackets link with the chosen one: the strongest of the list, each with its
    /// weight. None where lines have no room for brackets, or other numbers are shown.
    pub fn brackets(&self) -> impl Iterator<Item = Ranked> {
        let chosen = self.chosen();
        let shown = self.text.plan.above > 0 && self.text.shade == Shade::Weight;
        let strong = self
            .ranked()
            .iter()
            .take(if shown { MOST_BRACKETS + 1 } else { 0 });
        let others = strong.filter(move |entry| entry.position != chosen);
        let clear = others.filter(|entry| entry.weight >= LEAST_BRACKET);
        clear.take(MOST_BRACKETS).copied()
    }

    /// The tokens that have a letter in sight.
    pub(super) fn visible_tokens(&self) -> Range<usize> {
        let lines = self.text_lines();
        self.wrap().map_or(0..0, |wrap| wrap.tokens(lines))
    }

    /// Whether the list beside the text has the focus.
    pub(super) fn is_listing(&self) -> bool {
        self.screen == Screen::Text && self.text.listing
    }

    /// Gives the focus to the list, or back to the text.
    pub(super) fn turn_text(&mut self) {
        self.text.listing = !self.text.listing;
    }

    /// Goes one step, in the direction of an arrow.
    pub(super) fn go_text(&mut self, act: Act) {
        let by = match act {
            Act::Left | Act::Up => -1,
            _ => 1,
        };
        match act {
            Act::Left | Act::Right => self.choose_token(shift(self.chosen(), by, self.tokens())),
            _ => self.step_text(by),
        }
    }

    /// Goes `by` lines on, or entries where the list has the focus.
    pub(super) fn step_text(&mut self, by: isize) {
        let lines = self.wrap().map_or(0, Wrap::lines);
        if self.text.listing {
            self.entry = shift(self.entry, by, self.ranked().len());
            if let Some(entry) = self.ranked().get(self.entry).copied() {
                self.set_other_end(entry.position);
                self.text.pinned = true;
            }
        } else if by.unsigned_abs() >= lines.max(2) {
            let last = self.tokens().saturating_sub(1);
            self.choose_token(if by > 0 { last } else { 0 });
        } else {
            self.go_lines(by);
        }
    }

    /// Goes `by` lines on, to the token nearest to the column that the moves began at.
    fn go_lines(&mut self, by: isize) {
        let Some(wrap) = self.text.wrap.clone() else {
            return;
        };
        let (line, column) = wrap.place(self.chosen());
        let goal = self.text.goal.unwrap_or(column);
        let mut to = shift(line, by, wrap.lines());
        // Lines in the middle of a long token are passed over.
        let token = loop {
            let next = to.saturating_add_signed(by.signum());
            match wrap.at(to, goal) {
                None if next != to && next < wrap.lines() => to = next,
                found => break found,
            }
        };
        if let Some(token) = token.filter(|_| to != line) {
            self.choose_token(token);
            self.text.goal = Some(goal);
        }
    }

    /// Goes to the first or the last token of the line.
    pub(super) fn go_to_edge(&mut self, act: Act) {
        let Some(wrap) = self.text.wrap.clone() else {
            return;
        };
        let (line, _) = wrap.place(self.chosen());
        let column = if act == Act::LineStart { 0 } else { u16::MAX };
        if let Some(token) = wrap.at(line, column) {
            self.choose_token(token);
        }
    }

    /// Chooses the token at a cell of the screen, or the entry of the list.
    pub(super) fn click_text(&mut self, x: u16, y: u16) {
        let plan = self.text.plan;
        let field = plan.field;
        if self.layout.list.contains(x, y) {
            self.click_list(y);
        } else if field.contains(x, y)
            && let Some(wrap) = self.text.wrap.clone()
        {
            let line = self.text.scroll + usize::from((y - field.y) / plan.pitch.max(1));
            if let Some(token) = wrap.at(line, x - field.x).filter(|_| line < wrap.lines()) {
                self.choose_token(token);
            }
        }
    }

    /// Lines of a page, or entries where the list has the focus.
    pub(super) fn page_of_text(&self) -> usize {
        match self.text.listing {
            true => usize::from(self.layout.list.inner().height),
            false => self.text.plan.lines(),
        }
    }

    /// Chooses the token of the list's entry, so that attention can be followed from token to
    /// token; without the list's focus, shows the cell of both tokens in the heatmap.
    pub(super) fn open_in_text(&mut self) {
        if !self.text.listing {
            return self.go_to_map();
        }
        if let Some(entry) = self.ranked().get(self.entry).copied() {
            self.choose_token(entry.position);
        }
    }

    /// Brings what is visible of the text in line with cursor and size.
    pub(super) fn settle_text(&mut self) {
        if self.layout.list.is_empty() {
            self.text.listing = false;
        }
        self.settle_grid();
        let room = self.text_room();
        let Some(capture) = &self.capture else {
            self.text.wrap = None;
            self.text.plan = TextPlan::tight(room);
            return;
        };
        let (tokens, plan) = (&capture.tokens, self.text.plan);
        let held = self.text.wrap.as_ref();
        let held = held.is_some_and(|wrap| wrap.is_of(tokens, plan.field.width));
        if !held || self.text.planned != Some(room) {
            let (plan, wrap) = lay_out(room, tokens);
            self.text.plan = plan;
            self.text.planned = Some(room);
            self.text.wrap = Some(Arc::new(wrap));
        }
        let Some(wrap) = &self.text.wrap else { return };
        let (line, _) = wrap.place(self.chosen());
        let rows = self.text.plan.lines();
        self.text.scroll = follow(self.text.scroll, line, rows, wrap.lines());
    }

    /// Brings the other end in line with the list, once that is there.
    pub(super) fn settle_other_end(&mut self) {
        if self.screen != Screen::Text {
            return;
        }
        let other = self.other_end();
        if self.text.pinned {
            let at = self
                .ranked()
                .iter()
                .position(|entry| entry.position == other);
            self.entry = at.unwrap_or(self.entry);
        } else if let Some(strongest) = self.ranked().first().copied() {
            self.entry = 0;
            self.set_other_end(strongest.position);
        }
    }
}

/// How the lines of the text lie in their pane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextPlan {
    /// Where the lines are, with the rows above each.
    pub field: Area,
    /// Rows from a line to the next.
    pub pitch: u16,
    /// Rows above a line for the brackets that link its tokens; 0 where there are none.
    pub above: u16,
    /// The column of the line that links brackets of several lines, left of the field.
    pub gutter: u16,
}

/// Columns left of the text for what links brackets of several lines.
const GUTTER: u16 = 4;

impl TextPlan {
    /// Line below line, over the whole width.
    fn tight(room: Area) -> Self {
        Self {
            field: room,
            pitch: 1,
            above: 0,
            gutter: room.x,
        }
    }

    /// Lines apart, with room for brackets.
    fn roomy(room: Area, pitch: u16) -> Self {
        Self {
            field: Area {
                x: room.x + GUTTER.min(room.width),
                // As far from the frame as the brackets' line.
                width: room.width.saturating_sub(GUTTER + 1),
                ..room
            },
            pitch,
            above: 2,
            gutter: room.x + 1,
        }
    }

    /// Lines that are visible at once.
    pub fn lines(&self) -> usize {
        usize::from(self.field.height / self.pitch.max(1))
    }

    /// The row of the screen of a line, counted from the first visible one.
    pub fn row(&self, line: usize) -> u16 {
        let down = line * usize::from(self.pitch) + usize::from(self.above);
        self.field
            .y
            .saturating_add(u16::try_from(down).unwrap_or(u16::MAX))
    }
}

/// The lines of the tokens in a pane: as far apart as all of them fit, else line below line.
fn lay_out(room: Area, tokens: &Arc<Vec<Token>>) -> (TextPlan, Wrap) {
    let roomy = TextPlan::roomy(room, 3);
    // No text of more tokens than cells fits with rows between.
    let cells = usize::from(roomy.field.width) * roomy.lines();
    if roomy.field.width >= 20 && tokens.len() <= cells {
        let wrap = Wrap::new(Arc::clone(tokens), roomy.field.width);
        let fits = |pitch: u16| wrap.lines() <= TextPlan::roomy(room, pitch).lines();
        if let Some(pitch) = [5, 4, 3].into_iter().find(|&pitch| fits(pitch)) {
            return (TextPlan::roomy(room, pitch), wrap);
        }
    }
    let tight = TextPlan::tight(room);
    (tight, Wrap::new(Arc::clone(tokens), tight.field.width))
}

#[cfg(test)]
mod tests;
