//! What is computed from the capture for the screen, when what it depends on has changed.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;
use std::thread;

use super::atlas::Atlas;
use super::look::Looks;
use super::screen::Screen;
use super::shade::Largest;
use super::state::{Direction, Popup, State};
use crate::capture::{Capture, Head, Key, Layer, LayerRecord, Query};
use crate::lens::{
    Diagnosis, HeadKind, HeadWeight, Numbers, Pattern, Ranked, Repeats, Select, Standout,
    all_numbers, diagnosis_of, head_kind, standout, top_heads, top_keys, top_keys_of_span,
    top_queries, top_queries_to_span,
};

/// What is computed from the capture for the screen; renewed when what it is computed from changed.
#[derive(Clone, Debug, Default)]
pub(super) struct Derived {
    pub(super) looks: Looks,
    /// The largest of the number that the text is coloured by.
    pub(super) largest: Option<Largest>,
    pub(super) list: Option<(ListKey, Vec<Ranked>)>,
    /// Every layer that is done.
    pub(super) layers: Vec<LayerNumbers>,
    /// What of the text of these layers repeats.
    pub(super) repeats: Repeats,
    pub(super) atlas: Atlas,
    /// The heads that link two tokens, while they are asked for.
    pub(super) links: Option<(LinkKey, Vec<HeadWeight>)>,
}

/// The numbers of a layer.
#[derive(Clone, Debug)]
pub(super) struct LayerNumbers {
    pub(super) layer: Arc<LayerRecord>,
    /// The means of its heads.
    pub(super) flow: Numbers,
    pub(super) heads: Vec<Numbers>,
    /// What kinds of heads they are.
    pub(super) kinds: Vec<Option<HeadKind>>,
    /// How much they stand out.
    pub(super) standouts: Vec<Option<Standout>>,
}

impl LayerNumbers {
    fn of(layer: &Arc<LayerRecord>, repeats: &Repeats) -> Self {
        let heads = all_numbers(layer, repeats);
        let kind = |(head, of)| head_kind(layer, Head(head), of, repeats);
        Self {
            layer: Arc::clone(layer),
            flow: Numbers::mean(&heads),
            kinds: heads.iter().enumerate().map(kind).collect(),
            standouts: (0..layer.heads)
                .map(|head| standout(layer, Head(head)))
                .collect(),
            heads,
        }
    }
}

/// What the heads that link two tokens depend on: capture, query and key.
type LinkKey = (u64, Query, Key);

/// What the list depends on: capture, layer, pattern, direction, and the token or tokens that it is about.
pub(super) type ListKey = (u64, Layer, Select, Direction, Range<usize>);

/// The most entries that a list has.
pub const LONGEST_LIST: usize = 1000;

impl Derived {
    pub(super) fn renew(&mut self, state: &State) {
        self.renew_layers(state.capture.as_deref());
        if state.screen == Screen::Atlas {
            self.atlas.renew_pictures(state, &self.layers);
        }
        self.renew_links(state);
        let layers = state.capture.as_ref().map(|capture| &capture.layers);
        let shown = |record: &&Arc<LayerRecord>| record.layer == state.cursor.layer;
        let Some(layer) = layers.and_then(|layers| layers.iter().find(shown)) else {
            self.looks.heat = None;
            self.list = None;
            return;
        };
        self.looks.renew(state, layer);
        self.largest = state.renew_largest(layer, self.largest);
        let at = state.cursor;
        let pattern = Pattern::new(layer, state.select(), state.scale);
        let key = (
            state.generation,
            at.layer,
            state.select(),
            state.direction,
            state.subject(),
        );
        if self.list.as_ref().is_none_or(|(old, _)| *old != key) {
            let most = LONGEST_LIST;
            let list = match (state.direction, state.span()) {
                (Direction::Attends, None) => top_keys(&pattern, at.query, most),
                (Direction::Attended, None) => top_queries(&pattern, at.key, layer.tokens, most),
                (Direction::Attends, Some(span)) => top_keys_of_span(&pattern, span, most),
                (Direction::Attended, Some(span)) => top_queries_to_span(&pattern, span, most),
            };
            self.list = Some((key, list));
        }
    }

    /// The numbers of a layer that is kept and done.
    pub(super) fn of(&self, layer: Layer) -> Option<&LayerNumbers> {
        self.layers.iter().find(|done| done.layer.layer == layer)
    }

    /// The numbers of every layer that is done; those that were done before keep theirs.
    pub(super) fn renew_layers(&mut self, capture: Option<&Capture>) {
        let layers = capture.map_or(&[][..], |capture| &capture.layers);
        let kept = self
            .layers
            .iter()
            .zip(layers)
            .take_while(|(old, new)| Arc::ptr_eq(&old.layer, new))
            .count();
        self.layers.truncate(kept);
        let Some(capture) = capture.filter(|_| layers.len() > kept) else {
            return;
        };
        self.repeats = Repeats::of(capture);
        let new = layers.get(kept..).unwrap_or_default();
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        // A file brings all layers at once, and nothing is shown before. Threads of its own: those of
        // the pool may be a model's.
        let each = new.len().div_ceil(cores).max(1);
        let mut done: Vec<Option<LayerNumbers>> = vec![None; new.len()];
        thread::scope(|scope| {
            let repeats = &self.repeats;
            for (layers, places) in new.chunks(each).zip(done.chunks_mut(each)) {
                let fill = move || {
                    for (layer, place) in layers.iter().zip(places) {
                        *place = Some(LayerNumbers::of(layer, repeats));
                    }
                };
                match new.len() {
                    1 => fill(),
                    _ => drop(scope.spawn(fill)),
                }
            }
        });
        self.layers.extend(done.into_iter().flatten());
    }

    /// What the numbers say is wrong with the model of a capture; nothing while it is running.
    pub(super) fn diagnosis(&self, capture: &Capture) -> Vec<Diagnosis> {
        let layers = self.layers.iter();
        match capture.is_complete() {
            true => diagnosis_of(layers.map(|layer| (layer.layer.as_ref(), &*layer.heads))),
            false => Vec::new(),
        }
    }

    /// The heads that link the chosen query and key, while they are asked for.
    fn renew_links(&mut self, state: &State) {
        let Some(capture) = state
            .capture()
            .filter(|_| state.popup == Some(Popup::Links))
        else {
            self.links = None;
            return;
        };
        let (query, key) = (state.cursor.query, state.cursor.key);
        let now = (state.generation, query, key);
        if self.links.as_ref().is_none_or(|(old, _)| *old != now) {
            let layers = capture.layers.iter().map(Arc::as_ref);
            self.links = Some((now, top_heads(layers, query, key)));
        }
    }
}
