//! What drawing reads of the state.

use std::sync::Arc;

use super::action::Place;
use super::edit::Editor;
use super::keymap::Keymap;
use super::layout::{Layout, Pane};
use super::map_plan::MapPlan;
use super::plan::GridPlan;
use super::prompt::Prompt;
use super::screen::Screen;
use super::state::{Cursor, Direction, Popup, Running, State};
use super::update::shift;
use crate::capture::{Capture, Gravity, Head, Layer, LayerRecord, Pool, Query, weights_are_random};
use crate::lens::{Grid, LayerTrust, Numbers, Pattern, Ranked, Scale, Select, broken_sentence};

impl State {
    /// The model's name: the capture's, else the one that the explorer was started with.
    pub fn model(&self) -> &str {
        match &self.capture {
            Some(capture) if !capture.origin.name.is_empty() => &capture.origin.name,
            _ => &self.options.model,
        }
    }

    /// The capture that is shown.
    pub fn capture(&self) -> Option<&Arc<Capture>> {
        self.capture.as_ref()
    }

    /// Where the cursor is.
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// The pane with the focus.
    pub fn focus(&self) -> Pane {
        match self.screen {
            Screen::Text if self.is_listing() => Pane::List,
            Screen::Text => Pane::Map,
            Screen::Heads | Screen::Atlas => self.focus,
        }
    }

    /// The scale of what is shown.
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// How many colour maps to go on from the one that the explorer was started with.
    pub fn map_steps(&self) -> usize {
        self.map_steps
    }

    /// The pattern that is shown: one head, or the mean over heads.
    pub fn select(&self) -> Select {
        match self.mean {
            true => Select::Mean,
            false => Select::Head(self.cursor.head),
        }
    }

    /// Which way the list looks.
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// The chosen entry of the list.
    pub fn entry(&self) -> usize {
        self.entry
    }

    /// What lies over the screen, and how far it is scrolled.
    pub fn popup(&self) -> Option<(Popup, usize)> {
        self.popup.map(|popup| (popup, self.popup_scroll))
    }

    /// The editor, while the text is edited.
    pub fn editor(&self) -> Option<&Editor> {
        self.editor.as_ref()
    }

    /// The line of text that is asked for.
    pub fn prompt(&self) -> Option<&Prompt> {
        self.prompt.as_ref()
    }

    /// Whether the mouse is listened to.
    pub fn mouse(&self) -> bool {
        self.mouse
    }

    /// Which keys do what.
    pub fn keymap(&self) -> &Keymap {
        &self.options.keymap
    }

    /// The run that goes on.
    pub fn running(&self) -> Option<Running> {
        self.running
    }

    /// The message of the status line.
    pub fn status(&self) -> Option<&str> {
        self.status.as_deref().or(self.news.as_deref())
    }

    /// What the person must know about the capture, the gravest first: what can't be trusted, what
    /// was cut, what looks untrained, warnings, assumptions.
    pub fn notices(&self) -> Vec<String> {
        let Some(capture) = &self.capture else {
            return Vec::new();
        };
        let origin = &capture.origin;
        let mut told: Vec<(Gravity, String)> = Vec::new();
        told.extend(
            self.problems()
                .into_iter()
                .map(|said| (Gravity::Broken, said)),
        );
        let warnings = origin.warnings.iter();
        told.extend(warnings.map(|said| (Gravity::of_warning(said), said.clone())));
        let diagnosis = self.diagnosis.iter().map(ToString::to_string);
        told.extend(diagnosis.map(|said| (Gravity::Untrained, said)));
        let assumed = origin.assumed.iter();
        told.extend(assumed.map(|said| (Gravity::of_assumption(said), said.clone())));
        // A capture of another version may name the seed alone.
        let random = told
            .iter()
            .any(|(_, said)| Gravity::of_warning(said) == Gravity::Untrained);
        if let Some(seed) = origin.untrained_seed.filter(|_| !random) {
            told.push((Gravity::Untrained, weights_are_random(seed)));
        }
        told.sort_by_key(|(gravity, _)| *gravity);
        told.into_iter().map(|(_, said)| said).collect()
    }

    /// What was found in the layers of the capture, as far as they have been looked through.
    fn trusts(&self) -> impl Iterator<Item = &LayerTrust> {
        let layers = self.capture.iter().flat_map(|capture| &capture.layers);
        layers.filter_map(|layer| {
            let mut found = self.trusts.iter();
            let (_, trust) = found.find(|(looked, _)| Arc::ptr_eq(looked, layer))?;
            Some(trust)
        })
    }

    /// What was found in the shown layer, `None` while it has not been looked through.
    pub fn trust(&self) -> Option<&LayerTrust> {
        self.trusts()
            .find(|trust| trust.layer == self.cursor.layer.0)
    }

    /// What of the layers that are not shown can't be trusted, a sentence each.
    pub(super) fn problems_elsewhere(&self) -> impl Iterator<Item = String> {
        let shown = self.cursor.layer.0;
        let others = self.trusts().filter(move |trust| trust.layer != shown);
        others.flat_map(LayerTrust::problems)
    }

    /// What of the capture can't be trusted, a sentence each.
    pub fn problems(&self) -> Vec<String> {
        let layers = self.trusts().flat_map(LayerTrust::problems);
        layers
            .chain(broken_sentence(self.broken_predictions))
            .collect()
    }

    /// Whether the capture comes from a file, so that there is no model to run.
    pub fn from_file(&self) -> bool {
        self.options.from_file
    }

    /// Columns and rows of the screen.
    pub fn size(&self) -> (u16, u16) {
        self.size
    }

    /// Where the panes are.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The record of the shown layer, `None` while it is not computed.
    pub fn layer(&self) -> Option<&LayerRecord> {
        self.capture.as_ref()?.layer(self.cursor.layer)
    }

    /// The pattern that is shown.
    pub fn pattern(&self) -> Option<Pattern<'_>> {
        Some(Pattern::new(self.layer()?, self.select(), self.scale))
    }

    /// Tokens of the text.
    pub fn tokens(&self) -> usize {
        self.capture.as_ref().map_or(0, |capture| capture.len())
    }

    /// Heads of the shown layer.
    pub fn heads(&self) -> usize {
        let shape = self.capture.as_ref().map_or(0, |c| c.shape.heads);
        self.layer().map_or(shape, |layer| layer.heads)
    }

    /// Layers of the model.
    pub fn layers(&self) -> usize {
        self.capture.as_ref().map_or(0, |c| c.shape.layers)
    }

    /// The heatmap's plan, with its first visible row and column of cells.
    pub fn map_plan(&self) -> (MapPlan, usize, usize) {
        let plan = MapPlan::new(self.layout.map.inner(), &self.needs());
        (plan, self.scroll.0, self.scroll.1)
    }

    /// The grid's plan, with its first visible row of heads.
    pub fn grid_plan(&self) -> (GridPlan, usize) {
        let plan = GridPlan::new(self.layout.grid.inner(), &self.needs());
        (plan, self.grid_scroll)
    }

    /// The visible part of the pattern.
    pub fn heat(&self) -> Option<&Grid> {
        self.derived.looks.heat.as_ref().map(|heat| &heat.grid)
    }

    /// Whether cells of the heatmap carry their numbers.
    pub(super) fn has_numbers_in_cells(&self) -> bool {
        let (plan, ..) = self.map_plan();
        self.screen == Screen::Heads && plan.tile == 1 && plan.cell.is_numbered()
    }

    /// The exact weights of the visible part, where its cells carry numbers.
    pub fn weights(&self) -> Option<&Grid> {
        self.derived.looks.heat.as_ref()?.weights.as_ref()
    }

    /// Whether the visible part is exact, not the thumbnail's while weights are computed.
    pub fn is_exact(&self) -> bool {
        let heat = self.derived.looks.heat.as_ref();
        heat.is_none_or(|heat| heat.exact)
    }

    /// How a cell that stands for several weights shows them.
    pub fn pool(&self) -> Pool {
        self.pool
    }

    /// The entries of the list, best first.
    pub fn ranked(&self) -> &[Ranked] {
        self.derived.list.as_ref().map_or(&[], |(_, list)| list)
    }

    /// The numbers of a head of the shown layer.
    pub fn numbers(&self, head: Head) -> Option<&Numbers> {
        self.numbers_of(self.cursor.layer, head)
    }

    /// The attention flow: the means over heads of every number, of the layers that are kept and
    /// done.
    pub fn flow(&self) -> impl ExactSizeIterator<Item = (Layer, &Numbers)> {
        let done = self.derived.layers.iter();
        done.map(|layer| (layer.layer.layer, &layer.flow))
    }

    /// The layer `by` layers away from the shown one among those that are kept; the nearest of
    /// them for 0.
    pub(super) fn kept_layer(&self, by: isize) -> Layer {
        let shown = self.cursor.layer;
        let kept: &[Layer] = self.capture.as_ref().map_or(&[], |capture| &capture.kept);
        let at = kept.partition_point(|layer| *layer < shown);
        // Between two that are kept, the one before is one step up.
        let by = by - isize::from(by > 0 && kept.get(at) != Some(&shown));
        let at = shift(at, by, kept.len());
        kept.get(at).copied().unwrap_or(shown)
    }

    /// Whether a query is kept in the shown layer.
    pub fn keeps(&self, query: Query) -> bool {
        self.layer().is_none_or(|layer| query.0 >= layer.rule.from)
    }

    /// The exact weight under the cursor; `None` where masked or not computed.
    pub fn weight(&self) -> Option<f32> {
        self.pattern()?.weight(self.cursor.query, self.cursor.key)
    }

    /// The places whose keys are alive, the first to ask first.
    pub fn places(&self) -> Vec<Place> {
        if self.prompt.is_some() {
            return vec![Place::Prompt, Place::Everywhere];
        }
        self.places_below()
    }

    /// The same, as if no line were asked for.
    pub(super) fn places_below(&self) -> Vec<Place> {
        if self.editor.is_some() {
            return vec![Place::Editor, Place::Everywhere];
        }
        match self.popup {
            Some(Popup::Links) => vec![Place::Links, Place::Everywhere],
            Some(_) => vec![Place::Popup, Place::Everywhere],
            None => self.places_of_screen(),
        }
    }

    /// The places of the screen, as if nothing lay over it.
    pub(super) fn places_of_screen(&self) -> Vec<Place> {
        let mut places = Vec::with_capacity(5);
        if self.running.is_some() {
            places.push(Place::Running);
        }
        match self.screen {
            Screen::Heads => {
                places.push(match self.focus {
                    Pane::Map => Place::Map,
                    Pane::Grid => Place::Grid,
                    Pane::List => Place::List,
                    Pane::Flow => Place::Flow,
                });
                places.extend([Place::Screens, Place::Heads]);
            }
            Screen::Text => {
                if self.is_listing() {
                    places.push(Place::List);
                }
                places.extend([Place::Text, Place::Screens]);
            }
            Screen::Atlas => places.extend([Place::Atlas, Place::Screens]),
        }
        places.push(Place::Everywhere);
        places
    }
}
