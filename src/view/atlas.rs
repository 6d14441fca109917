//! The Atlas screen: all heads of all layers, as pictures or as one number each, and as a table.

mod filter;
mod plan;
mod table;
#[cfg(test)]
mod tests;

pub use plan::AtlasPlan;
pub(super) use table::Atlas;
pub use table::{Column, Sort};

use super::action::Act;
use super::scroll::follow;
use super::state::State;
use super::update::shift;
use crate::capture::{Head, Layer};
use crate::lens::{Filter, Grid, HeadKind, Measure, Numbers};

/// What is shown of every head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Shown {
    /// Its picture.
    #[default]
    Picture,
    /// One of its numbers, in colour.
    Number(Measure),
}

impl Shown {
    /// What comes `by` further in the cycle: the picture, where there is room for it, then every
    /// number.
    fn after(self, by: isize, pictures: bool) -> Self {
        let numbers = Measure::ALL.into_iter().map(Self::Number);
        let picture = pictures.then_some(Self::Picture);
        let all: Vec<Self> = picture.into_iter().chain(numbers).collect();
        let at = all.iter().position(|shown| *shown == self).unwrap_or(0);
        let to = (at as isize + by).rem_euclid(all.len() as isize);
        all.get(to as usize).copied().unwrap_or_default()
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Number(measure) => measure.title(),
        }
    }
}

/// The two panes of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AtlasPane {
    /// All heads, layer by layer.
    #[default]
    Heads,
    /// The table of heads.
    Table,
}

/// How the heads are shown.
#[derive(Clone, Debug, Default)]
pub struct AtlasView {
    pub(super) pane: AtlasPane,
    pub(super) shown: Shown,
    pub(super) sort: Sort,
    pub(super) filter: Filter,
    /// The line that the filter was read from.
    pub(super) line: String,
    /// What to go back to while another line is typed, and what is wrong with that.
    before: Option<Before>,
    wrong: Option<String>,
    /// The first visible layer and head.
    scroll: (usize, usize),
    /// The first visible row of the table.
    table_scroll: usize,
}

/// Where everything was before a filter was typed.
#[derive(Clone, Debug)]
struct Before {
    line: String,
    at: (Layer, Head),
}

impl State {
    /// The pane of the Atlas screen that has the focus.
    pub fn atlas_pane(&self) -> AtlasPane {
        self.atlas.pane
    }

    /// What the Atlas screen is asked to show of every head.
    pub fn atlas_shown(&self) -> Shown {
        self.atlas.shown
    }

    /// What the Atlas screen shows of every head: a number where pictures would be too small.
    pub fn atlas_drawn(&self) -> Shown {
        match self.atlas.shown {
            Shown::Picture if self.is_atlas_crowded() => Shown::Number(Measure::Previous),
            shown => shown,
        }
    }

    /// Whether pictures of all heads were asked for and would be too small.
    pub fn is_atlas_crowded(&self) -> bool {
        self.atlas.shown == Shown::Picture && !self.atlas_plan().0.pictures
    }

    /// The mean of a number over the heads of a layer; `None` where no head has it.
    pub fn mean_of_layer(&self, layer: Layer, measure: Measure) -> Option<f64> {
        let heads = self.derived.of(layer)?.heads.iter();
        let values = heads.filter_map(|numbers| measure.of(numbers));
        let (sum, count) = values.fold((0.0, 0), |(sum, count), v| (sum + v, count + 1));
        (count > 0).then(|| sum / f64::from(count))
    }

    /// How the heads fill the Atlas screen, with the first visible layer and head.
    pub fn atlas_plan(&self) -> (AtlasPlan, usize, usize) {
        let area = self.layout.atlas.inner();
        let plan = AtlasPlan::new(area, self.atlas.shown, &self.needs());
        (plan, self.atlas.scroll.0, self.atlas.scroll.1)
    }

    /// The heads of the table, in its order: those that the filter keeps.
    pub fn listed(&self) -> &[(Layer, Head)] {
        &self.derived.atlas.listed
    }

    /// Whether the filter keeps a head.
    pub fn is_listed(&self, layer: Layer, head: Head) -> bool {
        self.derived.atlas.keeps(layer, head)
    }

    /// What the table is sorted by.
    pub fn sort(&self) -> Sort {
        self.atlas.sort
    }

    /// The first visible row of the table.
    pub fn table_scroll(&self) -> usize {
        self.atlas.table_scroll
    }

    /// The numbers of any head whose layer is done.
    pub fn numbers_of(&self, layer: Layer, head: Head) -> Option<&Numbers> {
        self.derived.of(layer)?.heads.get(head.0)
    }

    /// What kind of head it is, where a number says so.
    pub fn kind_of(&self, layer: Layer, head: Head) -> Option<&HeadKind> {
        self.derived.of(layer)?.kinds.get(head.0)?.as_ref()
    }

    /// The picture of a head on the Atlas screen: weights.
    pub fn atlas_picture(&self, layer: Layer, head: Head) -> Option<&Grid> {
        self.derived.atlas.picture(layer, head)
    }

    /// The largest value that a number has in any head.
    pub fn highest(&self, measure: Measure) -> f64 {
        let layers = self.derived.layers.iter().flat_map(|layer| &layer.heads);
        layers
            .filter_map(|numbers| measure.of(numbers))
            .fold(0.0, f64::max)
    }

    /// The largest mean of a number over the heads of a layer.
    pub fn highest_mean(&self, measure: Measure) -> f64 {
        let layers = self.derived.layers.iter().map(|done| done.layer.layer);
        let means = layers.filter_map(|layer| self.mean_of_layer(layer, measure));
        means.fold(0.0, f64::max)
    }

    /// Whether the chosen head is one that the filter keeps, or not known yet; else it is not shown
    /// as chosen.
    pub fn is_cursor_listed(&self) -> bool {
        let (layer, head) = (self.cursor.layer, self.cursor.head);
        self.is_listed(layer, head) || self.numbers_of(layer, head).is_none()
    }

    /// Goes one step, in the direction of an arrow.
    pub(super) fn go_atlas(&mut self, act: Act) {
        match (self.atlas.pane, act) {
            (AtlasPane::Table, Act::Left) => self.sort_by(-1),
            (AtlasPane::Table, Act::Right) => self.sort_by(1),
            (AtlasPane::Table, Act::Up) => self.step_atlas(-1),
            (AtlasPane::Table, _) => self.step_atlas(1),
            (AtlasPane::Heads, Act::Left) => self.move_head(-1),
            (AtlasPane::Heads, Act::Right) => self.move_head(1),
            (AtlasPane::Heads, Act::Up) => self.move_layer(-1),
            (AtlasPane::Heads, _) => self.move_layer(1),
        }
    }

    /// Goes `by` layers on, in the table by heads.
    pub(super) fn step_atlas(&mut self, by: isize) {
        if self.atlas.pane == AtlasPane::Heads {
            return self.move_layer(by);
        }
        let all = self.listed().len();
        let to = match self.row_of_table() {
            Some(row) => shift(row, by, all),
            // The head is not among them: the first step leads in, from above or from below.
            None if by < 0 => all.saturating_sub(1),
            None => 0,
        };
        self.choose_row(to);
    }

    /// The row of the table that shows the chosen head.
    pub(super) fn row_of_table(&self) -> Option<usize> {
        let here = (self.cursor.layer, self.cursor.head);
        self.listed().iter().position(|head| *head == here)
    }

    /// Chooses the head of a row of the table.
    pub(super) fn choose_row(&mut self, row: usize) {
        if let Some(&(layer, head)) = self.listed().get(row) {
            self.choose_head(layer, head);
        }
    }

    /// Chooses a head.
    pub(super) fn choose_head(&mut self, layer: Layer, head: Head) {
        self.cursor.layer = layer;
        self.cursor.head = head;
        self.head_chosen = true;
        self.mean = false;
        self.entry = 0;
    }

    /// Gives the focus to the other pane.
    pub(super) fn turn_atlas(&mut self) {
        self.atlas.pane = match self.atlas.pane {
            AtlasPane::Heads => AtlasPane::Table,
            AtlasPane::Table => AtlasPane::Heads,
        };
    }

    /// Shows what comes `by` further of every head.
    pub(super) fn show_of_heads(&mut self, by: isize) {
        // A picture that has no room would show what is shown anyway.
        let pictures = AtlasPlan::new(self.layout.atlas.inner(), Shown::Picture, &self.needs());
        self.atlas.shown = self.atlas_drawn().after(by, pictures.pictures);
    }

    /// Sorts by the column `by` further to the right, its most telling heads first.
    pub(super) fn sort_by(&mut self, by: isize) {
        let all = Column::all();
        let at = all
            .iter()
            .position(|column| *column == self.atlas.sort.column);
        let to = (at.unwrap_or(0) as isize + by).rem_euclid(all.len() as isize);
        if let Some(&column) = all.get(to as usize) {
            self.atlas.sort = Sort::of(column);
        }
    }

    /// Sorts the other way round.
    pub(super) fn reverse_sort(&mut self) {
        self.atlas.sort.descending = !self.atlas.sort.descending;
    }

    /// Chooses the head at a cell of the screen, in the pane that it is in.
    pub(super) fn click_atlas(&mut self, x: u16, y: u16) {
        let (layout, inner) = (self.layout, self.layout.table.inner());
        if layout.table.contains(x, y) {
            self.atlas.pane = AtlasPane::Table;
            // The first row is the head of the table.
            if let Some(row) = y.checked_sub(inner.y + 1)
                && row < inner.height.saturating_sub(1)
            {
                let row = self.atlas.table_scroll + usize::from(row);
                if row < self.listed().len() {
                    self.choose_row(row);
                }
            }
        } else if layout.atlas.contains(x, y) {
            self.atlas.pane = AtlasPane::Heads;
            let (plan, first, column) = self.atlas_plan();
            let shown = |row: usize, at: usize| plan.place(row, at).contains(x, y);
            let all = (0..plan.rows).flat_map(|row| (0..plan.columns).map(move |at| (row, at)));
            if let Some((row, at)) = all.into_iter().find(|&(row, at)| shown(row, at)) {
                let (layer, head) = (Layer(first + row), Head(column + at));
                if self.numbers_of(layer, head).is_some() {
                    self.choose_head(layer, head);
                }
            }
        }
    }

    /// Layers of a page, in the table heads.
    pub(super) fn page_of_atlas(&self) -> usize {
        match self.atlas.pane {
            AtlasPane::Heads => self.atlas_plan().0.rows,
            AtlasPane::Table => self.rows_of_table(),
        }
    }

    /// Rows of heads that the table has room for.
    pub fn rows_of_table(&self) -> usize {
        usize::from(self.layout.table.inner().height.saturating_sub(1))
    }

    /// Brings what is visible of the heads in line with cursor and size.
    pub(super) fn settle_atlas(&mut self) {
        self.keep_to_filter();
        let (plan, ..) = self.atlas_plan();
        let at = self.cursor;
        let heads = self.capture.as_ref().map_or(0, |c| c.shape.heads);
        // Pages: heads keep their places while the cursor moves among them.
        let page = |at: usize, shown: usize, all: usize| {
            let shown = shown.max(1);
            (at / shown * shown).min(all.saturating_sub(shown))
        };
        self.atlas.scroll = (
            page(at.layer.0, plan.rows, self.layers()),
            page(at.head.0, plan.columns, heads),
        );
        let (rows, all) = (self.rows_of_table(), self.listed().len());
        let first = self.atlas.table_scroll;
        self.atlas.table_scroll = match self.row_of_table() {
            Some(row) => follow(first, row, rows, all),
            None => first.min(all.saturating_sub(rows)),
        };
    }
}
