//! What the person looks at.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use super::atlas::{AtlasPane, AtlasView};
use super::derive::Derived;
use super::edit::Editor;
use super::find::Find;
use super::keymap::Keymap;
use super::layout::{Area, Layout, Needs, Pane};
use super::map_plan::Cell;
use super::pages::Search;
use super::palette::Palette;
use super::prompt::Prompt;
use super::recall::Lines;
use super::save::Paper;
use super::screen::Screen;
use super::scroll::follow;
use super::span::Turned;
use super::text::TextView;
use super::zoom::Zoom;
use crate::capture::{
    Capture, Head, Key, Layer, LayerRecord, Pool, Query, Token, whole_characters,
};
use crate::lens::{Diagnosis, LayerTrust, Scale, broken_predictions};

/// What the explorer is started with.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The model's name, shown until a capture tells its own.
    pub model: String,
    /// The text that is run first; the editor starts with it.
    pub text: String,
    /// Whether the capture comes from a file, so that there is no model to run.
    pub from_file: bool,
    /// The line that `:open` opens it with again.
    pub opened: String,
    /// The command line that opens the capture again, where it comes from a file.
    pub command: String,
    /// Which keys do what.
    pub keymap: Keymap,
    /// The scale to begin with, else the square root.
    pub scale: Option<Scale>,
    /// What pictures are drawn on where nothing else is asked for; the screen's ground without one.
    pub paper: Option<Paper>,
    /// Whether to begin with the mouse on.
    pub mouse: bool,
    /// Whether the terminal is tmux, which passes copies on only where it was told to.
    pub in_tmux: bool,
    /// Whether a terminal cell can show two values above each other; not so without colours.
    pub half_blocks: bool,
    /// The layer to begin with, else that of the head that stands out most.
    pub layer: Option<Layer>,
    /// The head to begin with, else the one that stands out most.
    pub head: Option<Head>,
}

/// The cell that the cursor is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The layer.
    pub layer: Layer,
    /// The head.
    pub head: Head,
    /// The row.
    pub query: Query,
    /// The column.
    pub key: Key,
}

/// What lies over the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Popup {
    /// What every key does.
    Help,
    /// Where the capture came from.
    Origin,
    /// What the numbers of the screen mean.
    Numbers,
    /// Which heads link the chosen query and key.
    Links,
}

/// A run that goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Running {
    /// What is being done.
    pub stage: &'static str,
    /// Steps done.
    pub done: usize,
    /// Steps in all, 0 where that is not known.
    pub total: usize,
}

/// Which way the list looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// What the chosen query attends to.
    #[default]
    Attends,
    /// Who attends to the chosen key.
    Attended,
}

/// Tokens with characters spread over several, and the same tokens with labels that show them whole.
#[derive(Clone, Debug)]
pub(super) struct WholeTokens {
    spread: Arc<Vec<Token>>,
    whole: Arc<Vec<Token>>,
}

/// Everything that decides what is on the screen. Drawing reads it and changes nothing.
#[derive(Clone, Debug)]
pub struct State {
    pub(super) options: Options,
    pub(super) size: (u16, u16),
    pub(super) screen: Screen,
    pub(super) capture: Option<Arc<Capture>>,
    /// The tokens of the last run that had characters spread over several.
    pub(super) whole_tokens: Option<WholeTokens>,
    /// The last capture that was complete, to come back to when a run does not get there.
    pub(super) complete: Option<Arc<Capture>>,
    /// What was found in the layers of these captures, in the order in which it came.
    pub(super) trusts: Vec<(Arc<LayerRecord>, LayerTrust)>,
    /// Tokens of the shown capture whose logits are no numbers.
    pub(super) broken_predictions: usize,
    /// What the numbers say is wrong with the model.
    pub(super) diagnosis: Vec<Diagnosis>,
    pub(super) cursor: Cursor,
    /// Whether the person has moved the cursor.
    pub(super) touched: bool,
    /// Whether the layer and the head are to stay when another text is shown.
    pub(super) layer_chosen: bool,
    pub(super) head_chosen: bool,
    /// Whether the cursor still goes to what stands out when all layers are there: the person has
    /// not moved it.
    pub(super) opening: bool,
    /// Where the explorer put the cursor itself.
    pub(super) opened_on: Option<Cursor>,
    pub(super) focus: Pane,
    pub(super) mean: bool,
    pub(super) scale: Scale,
    /// How many colour maps further than the one that the explorer was started with.
    pub(super) map_steps: usize,
    pub(super) direction: Direction,
    pub(super) entry: usize,
    /// Tokens that are taken as one, the chosen one among them.
    pub(super) span: Option<Range<usize>>,
    /// What turning the direction did.
    pub(super) turned: Option<Turned>,
    pub(super) popup: Option<Popup>,
    pub(super) popup_scroll: usize,
    pub(super) search: Search,
    pub(super) editor: Option<Editor>,
    pub(super) prompt: Option<Prompt>,
    /// What was sought and filtered by before.
    pub(super) sought: Lines,
    pub(super) filters: Lines,
    pub(super) searches: Lines,
    pub(super) palette: Palette,
    /// Whether the mouse is listened to.
    pub(super) mouse: bool,
    pub(super) text: TextView,
    pub(super) find: Find,
    pub(super) atlas: AtlasView,
    pub(super) history: Lines,
    /// The lines that opened what was shown.
    pub(super) opened: Lines,
    pub(super) running: Option<Running>,
    /// What went wrong, or is not possible.
    pub(super) status: Option<String>,
    /// What was done, where nothing went wrong.
    pub(super) news: Option<String>,
    /// Whether the message answers a key of the person, and goes with the next one.
    pub(super) answers: bool,
    /// How close the heatmap looks.
    pub(super) zoom: Zoom,
    /// How a cell that stands for several weights shows them.
    pub(super) pool: Pool,
    /// The first visible row and column of the heatmap, in cells.
    pub(super) scroll: (usize, usize),
    /// The cells that `scroll` counts: their shape, and the tokens of each.
    pub(super) cells: Option<(Cell, usize)>,
    /// The first visible row of heads.
    pub(super) grid_scroll: usize,
    /// Counts captures, so that what is derived from one is not taken for another's.
    pub(super) generation: u64,
    pub(super) label: (usize, usize),
    pub(super) layout: Layout,
    pub(super) derived: Derived,
}

impl State {
    /// The state before any event.
    pub fn new(options: Options) -> Self {
        let mut history = Lines::default();
        history.keep(&options.text);
        let mut opened = Lines::default();
        opened.keep(&options.opened);
        let cursor = Cursor {
            layer: options.layer.unwrap_or_default(),
            head: options.head.unwrap_or_default(),
            ..Cursor::default()
        };
        Self {
            layer_chosen: options.layer.is_some(),
            head_chosen: options.head.is_some(),
            opening: true,
            opened_on: None,
            mouse: options.mouse,
            // Idle heads park their weight on the first key; at the raw scale little else shows.
            scale: options.scale.unwrap_or(Scale::Sqrt),
            options,
            size: (0, 0),
            screen: Screen::default(),
            capture: None,
            whole_tokens: None,
            complete: None,
            trusts: Vec::new(),
            broken_predictions: 0,
            diagnosis: Vec::new(),
            cursor,
            touched: false,
            focus: Pane::default(),
            mean: false,
            map_steps: 0,
            direction: Direction::default(),
            entry: 0,
            span: None,
            turned: None,
            popup: None,
            popup_scroll: 0,
            search: Search::default(),
            editor: None,
            prompt: None,
            sought: Lines::default(),
            filters: Lines::default(),
            searches: Lines::default(),
            palette: Palette::default(),
            text: TextView::default(),
            find: Find::default(),
            atlas: AtlasView::default(),
            history,
            opened,
            running: None,
            status: None,
            news: None,
            answers: false,
            zoom: Zoom::default(),
            pool: Pool::default(),
            scroll: (0, 0),
            cells: None,
            grid_scroll: 0,
            generation: 0,
            label: (0, 0),
            layout: Layout::default(),
            derived: Derived::default(),
        }
    }

    /// What the layout depends on.
    pub(super) fn needs(&self) -> Needs {
        Needs {
            size: self.size,
            screen: self.screen,
            heads: self.heads(),
            layers: self.layers(),
            all_heads: self.capture.as_ref().map_or(0, |c| c.shape.heads),
            table: self.atlas.pane == AtlasPane::Table,
            shown: self.atlas.shown,
            tokens: self.tokens(),
            label: self.label,
            half_blocks: self.options.half_blocks,
            zoom: self.zoom,
        }
    }

    /// Tells that something was done.
    pub(super) fn tell(&mut self, news: String) {
        self.status = None;
        self.news = Some(news);
    }

    /// Takes a capture in place of the one that is shown.
    pub(super) fn show(&mut self, capture: Arc<Capture>) {
        let capture = self.with_whole_characters(capture);
        let same_text = self.capture.as_ref().is_some_and(|shown| {
            let (old, new) = (&shown.tokens, &capture.tokens);
            let same = || {
                old.iter()
                    .zip(new.iter())
                    .all(|(a, b)| a.id == b.id && a.label == b.label)
            };
            let tokens = Arc::ptr_eq(old, new) || (old.len() == new.len() && same());
            tokens && shown.text == capture.text
        });
        if !same_text {
            let extents = capture.tokens.iter().map(|token| token.label.extent(10));
            self.label = extents.fold((0, 0), |(width, height), (wide, high)| {
                (width.max(wide), height.max(high))
            });
            self.entry = 0;
            self.span = None;
            self.turned = None;
            self.zoom = Zoom::Fit;
            self.cells = None;
            self.forget_find();
        }
        if capture.is_complete() {
            self.complete = Some(Arc::clone(&capture));
        }
        self.broken_predictions = broken_predictions(&capture);
        self.derived.renew_layers(Some(&capture));
        self.diagnosis = self.derived.diagnosis(&capture);
        let first = self.layer().is_none();
        self.capture = Some(capture);
        self.generation += 1;
        self.forget_layers();
        let all = self.opening && self.capture.as_ref().is_some_and(|c| c.is_complete());
        if all || !self.touched && (first || !same_text) {
            self.start();
        }
    }

    /// A capture in which characters that are spread over tokens are shown whole. The tokens are the
    /// same for every capture of a run, so that nothing is laid out anew.
    fn with_whole_characters(&mut self, capture: Arc<Capture>) -> Arc<Capture> {
        let of_run = |held: &WholeTokens| {
            Arc::ptr_eq(&held.spread, &capture.tokens).then(|| Arc::clone(&held.whole))
        };
        let whole = self.whole_tokens.as_ref().and_then(of_run);
        let whole = whole.or_else(|| {
            let whole = Arc::new(whole_characters(&capture.tokens)?);
            self.whole_tokens = Some(WholeTokens {
                spread: Arc::clone(&capture.tokens),
                whole: Arc::clone(&whole),
            });
            Some(whole)
        });
        match whole {
            None => capture,
            Some(tokens) => Arc::new(Capture {
                tokens,
                ..(*capture).clone()
            }),
        }
    }

    /// Drops what was found in, and computed from, layers of captures that are gone.
    fn forget_layers(&mut self) {
        let captures = [&self.capture, &self.complete];
        let layers = captures.into_iter().flatten();
        let layers = layers.flat_map(|capture| &capture.layers);
        let layers: HashSet<*const LayerRecord> = layers.map(Arc::as_ptr).collect();
        let held = |layer: &Arc<LayerRecord>| layers.contains(&Arc::as_ptr(layer));
        self.trusts.retain(|(layer, _)| held(layer));
        self.derived.looks.forget(held);
    }

    /// Brings everything that follows from the rest in line with it: limits, layout, scrolling,
    /// and what is computed for the screen.
    pub(super) fn settle(&mut self) {
        let last = |count: usize| count.saturating_sub(1);
        // Before the first capture there is nothing that bounds where the person wants to begin.
        if self.capture.is_some() {
            self.cursor.layer = self.kept_layer(0);
            self.cursor.head.0 = self.cursor.head.0.min(last(self.heads()));
        }
        self.cursor.query.0 = self.cursor.query.0.min(last(self.tokens()));
        self.cursor.key.0 = self.cursor.key.0.min(last(self.tokens()));
        self.settle_span();
        self.layout = Layout::new(&self.needs());
        self.order_heads();
        match self.screen {
            Screen::Heads => self.settle_heads(),
            Screen::Text => self.settle_text(),
            Screen::Atlas => self.settle_atlas(),
        }
        self.derive();
        self.entry = self.entry.min(last(self.ranked().len()));
        self.settle_other_end();
    }

    /// The part of [`settle`](Self::settle) that the Heads screen needs.
    fn settle_heads(&mut self) {
        let areas = self.layout.panes();
        if areas.iter().any(|(p, a)| *p == self.focus && a.is_empty()) {
            self.focus = Pane::Map;
        }
        self.settle_scroll();
        self.settle_grid();
    }

    /// Brings the visible heads in line with the chosen one.
    pub(super) fn settle_grid(&mut self) {
        let (grid, _) = self.grid_plan();
        let row = self.cursor.head.0 / grid.columns.max(1);
        let all = self.heads().div_ceil(grid.columns.max(1));
        self.grid_scroll = follow(self.grid_scroll, row, grid.rows, all);
    }

    /// Brings the table of heads in line with its filter and order.
    fn order_heads(&mut self) {
        let mut derived = std::mem::take(&mut self.derived);
        derived.atlas.renew(self, &derived.layers);
        self.derived = derived;
    }

    fn derive(&mut self) {
        let mut derived = std::mem::take(&mut self.derived);
        derived.renew(self);
        self.derived = derived;
    }
}

/// The panes that Tab goes through, in order.
pub(super) fn ring(layout: &Layout) -> Vec<Pane> {
    let shown = |(pane, area): (Pane, Area)| (!area.is_empty()).then_some(pane);
    layout.panes().into_iter().filter_map(shown).collect()
}
