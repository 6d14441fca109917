//! What is computed from the capture for the screen, when what it depends on has changed.

use std::sync::Arc;

use super::look::Looks;
use super::shade::Largest;
use super::state::{Direction, State};
use crate::capture::{Capture, Head, Key, Layer, LayerRecord, Pool, Query};
use crate::lens::{
    FlowPoint, Numbers, Pattern, Ranked, Scale, Select, flow_of, numbers, top_keys, top_queries,
};

/// What is computed from the capture for the screen; renewed when what it is computed from changed.
#[derive(Clone, Debug, Default)]
pub(super) struct Derived {
    pub(super) looks: Looks,
    /// The largest of the number that the text is coloured by.
    pub(super) largest: Option<Largest>,
    pub(super) list: Option<(ListKey, Vec<Ranked>)>,
    /// Every layer that is done: its flow, and the numbers of its heads.
    pub(super) flow: Vec<(Arc<LayerRecord>, FlowPoint, Vec<Numbers>)>,
}

/// What the list depends on: capture, layer, pattern, direction, query or key.
pub(super) type ListKey = (u64, Layer, Select, Direction, usize);

/// The most entries that a list has.
pub const LONGEST_LIST: usize = 1000;

impl Derived {
    pub(super) fn renew(&mut self, state: &State) {
        self.renew_flow(state.capture.as_deref());
        let layers = state.capture.as_ref().map(|capture| &capture.layers);
        let Some(layer) = layers.and_then(|layers| layers.get(state.cursor.layer.0)) else {
            self.looks.heat = None;
            self.list = None;
            return;
        };
        self.looks.renew(state, layer);
        self.largest = state.renew_largest(layer, self.largest);
        let at = state.cursor;
        let pattern = Pattern::new(layer, state.select(), state.scale);
        let position = match state.direction {
            Direction::Attends => at.query.0,
            Direction::Attended => at.key.0,
        };
        let key = (
            state.generation,
            at.layer,
            state.select(),
            state.direction,
            position,
        );
        if self.list.as_ref().is_none_or(|(old, _)| *old != key) {
            let most = LONGEST_LIST;
            let list = match state.direction {
                Direction::Attends => top_keys(&pattern, at.query, most),
                Direction::Attended => top_queries(&pattern, at.key, layer.tokens, most),
            };
            self.list = Some((key, list));
        }
    }

    /// The flow of every layer that is done; those that were done before keep theirs.
    fn renew_flow(&mut self, capture: Option<&Capture>) {
        let layers = capture.map_or(&[][..], |capture| &capture.layers);
        let kept = self
            .flow
            .iter()
            .zip(layers)
            .take_while(|((old, ..), new)| Arc::ptr_eq(old, new))
            .count();
        self.flow.truncate(kept);
        for layer in layers.iter().skip(kept) {
            let heads: Vec<Numbers> = (0..layer.heads).map(|h| numbers(layer, Head(h))).collect();
            self.flow.push((Arc::clone(layer), flow_of(&heads), heads));
        }
    }
}

/// The highest tile of a head's thumbnail away from the first key and the diagonal, and its weight.
pub(super) fn striking_tile(layer: &LayerRecord, head: Head) -> Option<((usize, usize), f32)> {
    let (side, n) = (layer.thumbnails.side, layer.tokens);
    // A tile further off the diagonal than this holds no cell next to it.
    let gap = if side == n { 2 } else { 1 };
    let mut best: Option<((usize, usize), f32)> = None;
    for row in 0..side {
        for column in 1..(row + 1).saturating_sub(gap) {
            if let Some(weight) = layer.thumbnails.tile(head, row, column, Pool::Max)
                && best.is_none_or(|(_, most)| weight > most)
            {
                best = Some(((row, column), weight));
            }
        }
    }
    best
}

/// The highest weight of a tile of a head's thumbnail.
pub(super) fn striking(
    layer: &LayerRecord,
    head: Head,
    (row, column): (usize, usize),
) -> Option<(Query, Key)> {
    let (side, n) = (layer.thumbnails.side, layer.tokens);
    let of_tile = |tile: usize| (tile * n).div_ceil(side)..((tile + 1) * n).div_ceil(side).min(n);
    let (queries, keys) = (of_tile(row), of_tile(column));
    let pattern = Pattern::new(layer, Select::Head(head), Scale::Raw);
    let grid = pattern.window(queries.clone(), keys.clone(), None);
    let cells = grid.cells.iter().enumerate();
    let (at, _) = cells
        .filter_map(|(at, weight)| Some((at, (*weight)?)))
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    let columns = grid.columns.max(1);
    Some((
        Query(queries.start + at / columns),
        Key(keys.start + at % columns),
    ))
}
