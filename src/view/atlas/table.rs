//! What is computed of all heads for the Atlas screen: the table's order, and the pictures.

use std::sync::Arc;

use super::super::derive::LayerNumbers;
use super::super::state::State;
use super::{AtlasView, Shown};
use crate::capture::{Head, Layer, LayerRecord};
use crate::lens::{Grid, HeadKind, KindName, Measure, Numbers, picture};

/// A column of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Column {
    /// The head's place: layers one after the other.
    #[default]
    Layer,
    /// The head within its layer.
    Head,
    /// What kind of head it is.
    Kind,
    /// One of its numbers.
    Number(Measure),
}

impl Column {
    /// Every column, from left to right.
    pub fn all() -> Vec<Self> {
        let places = [Self::Layer, Self::Head, Self::Kind].into_iter();
        places.chain(Measure::ALL.map(Self::Number)).collect()
    }

    /// What stands above it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Layer => "L",
            Self::Head => "H",
            Self::Kind => "kind",
            Self::Number(measure) => measure.heading(),
        }
    }

    /// Terminal cells that it takes, with the mark of the sorted column and a space.
    pub fn width(self) -> usize {
        match self {
            Self::Layer | Self::Head => 4,
            Self::Kind => 16,
            Self::Number(measure) => (measure.heading().len() + 1).max(6) + 1,
        }
    }

    /// The columns that fit beside each other. Where not all do, the last place is for the sorted one,
    /// should it not be among the others; these never change their places.
    pub fn fitting(width: usize, sorted: Self) -> Vec<Self> {
        let all = Self::all();
        let total: usize = all.iter().map(|column| column.width()).sum();
        if total <= width {
            return all;
        }
        // The last place has room for any of the numbers.
        let last = Measure::ALL.map(|measure| Self::Number(measure).width());
        let last = last.into_iter().max().unwrap_or(0).min(width);
        let mut shown = Vec::new();
        let mut used = last;
        for (place, &column) in all.iter().enumerate() {
            if used + column.width() > width {
                let mut room = width - (used - last);
                match shown.contains(&sorted) {
                    true => {
                        shown.extend(all[place..].iter().copied().take_while(|column| {
                            let fits = column.width() <= room;
                            room = room.saturating_sub(column.width());
                            fits
                        }));
                    }
                    false => {
                        // A wide one takes the place of others before it.
                        let mut free = room;
                        while free < sorted.width() {
                            let Some(before) = shown.pop() else { break };
                            free += before.width();
                        }
                        shown.push(sorted);
                    }
                }
                break;
            }
            used += column.width();
            shown.push(column);
        }
        shown
    }
}

/// What the table is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sort {
    /// The column.
    pub column: Column,
    /// Whether the highest comes first.
    pub descending: bool,
}

impl Sort {
    /// By a column: the highest numbers first, places from the first on.
    pub(super) fn of(column: Column) -> Self {
        Self {
            column,
            descending: matches!(column, Column::Number(_)),
        }
    }
}

/// What is computed of all heads for the Atlas screen.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Atlas {
    /// What the order was computed for.
    key: Option<(u64, String, Sort)>,
    pub(super) listed: Vec<(Layer, Head)>,
    /// Whether the filter keeps a head, layer by layer.
    kept: Vec<(Layer, Vec<bool>)>,
    /// Rows and columns of values of the pictures.
    size: (usize, usize),
    pictures: Vec<(Arc<LayerRecord>, Vec<Grid>)>,
}

impl Atlas {
    /// Computes anew what has changed.
    pub(in super::super) fn renew(&mut self, state: &State, layers: &[LayerNumbers]) {
        let view = &state.atlas;
        let key = (state.generation, view.line.clone(), view.sort);
        if self.key.as_ref() != Some(&key) {
            self.order(view, layers);
            self.key = Some(key);
        }
    }

    /// Computes the pictures that a screen of this plan needs.
    pub(in super::super) fn renew_pictures(&mut self, state: &State, layers: &[LayerNumbers]) {
        if state.atlas.shown != Shown::Picture || state.layout.atlas.is_empty() {
            return;
        }
        let (plan, ..) = state.atlas_plan();
        let halves = if state.options.half_blocks { 2 } else { 1 };
        let size = (usize::from(plan.height) * halves, usize::from(plan.width));
        if self.size != size {
            self.size = size;
            self.pictures.clear();
        }
        let held = self.pictures.iter().zip(layers);
        let kept = held.take_while(|((old, _), new)| Arc::ptr_eq(old, &new.layer));
        self.pictures.truncate(kept.count());
        for layer in layers.iter().skip(self.pictures.len()) {
            let of = |head| picture(&layer.layer, Head(head), size.0, size.1);
            let pictures = (0..layer.layer.heads).map(of).collect();
            self.pictures.push((Arc::clone(&layer.layer), pictures));
        }
    }

    pub(super) fn keeps(&self, layer: Layer, head: Head) -> bool {
        let mut kept = self.kept.iter().filter(|(of, _)| *of == layer);
        let heads = kept.next().map(|(_, heads)| heads);
        heads
            .and_then(|heads| heads.get(head.0))
            .copied()
            .unwrap_or(false)
    }

    pub(super) fn picture(&self, layer: Layer, head: Head) -> Option<&Grid> {
        let mut of = self.pictures.iter().filter(|(of, _)| of.layer == layer);
        of.next()?.1.get(head.0)
    }

    fn order(&mut self, view: &AtlasView, layers: &[LayerNumbers]) {
        let keeps = |layer: &LayerNumbers| {
            let at = layer.layer.layer;
            let heads = layer.heads.iter().zip(&layer.kinds).enumerate();
            let heads = heads
                .map(|(head, (numbers, kind))| {
                    view.filter.keeps((at, Head(head)), numbers, kind.as_ref())
                })
                .collect();
            (at, heads)
        };
        self.kept = layers.iter().map(keeps).collect();
        let mut rows: Vec<(Layer, Head, &Numbers, Option<&HeadKind>)> = Vec::new();
        for (layer, (_, kept)) in layers.iter().zip(&self.kept) {
            let heads = layer.heads.iter().zip(&layer.kinds).zip(kept).enumerate();
            rows.extend(heads.filter(|(_, (_, kept))| **kept).map(
                |(head, ((numbers, kind), _))| {
                    (layer.layer.layer, Head(head), numbers, kind.as_ref())
                },
            ));
        }
        // Equal ones stay in the order of the model, whichever way the rest is sorted.
        let Sort { column, descending } = view.sort;
        match column {
            Column::Layer if descending => rows.sort_by_key(|row| std::cmp::Reverse(row.0)),
            Column::Layer => {}
            Column::Head if descending => rows.sort_by_key(|row| std::cmp::Reverse(row.1)),
            Column::Head => rows.sort_by_key(|row| row.1),
            // Kinds in their order, the clearest head of each first; those of no kind at the end.
            Column::Kind => rows.sort_by(|a, b| {
                let rank = |kind: Option<&HeadKind>| {
                    let at = |k: &HeadKind| KindName::ALL.iter().position(|name| *name == k.kind);
                    let at = kind.and_then(at);
                    let most = KindName::ALL.len();
                    match (at, descending) {
                        (Some(at), true) => most - 1 - at,
                        (Some(at), false) => at,
                        (None, _) => most,
                    }
                };
                let value = |kind: Option<&HeadKind>| kind.map_or(0.0, |kind| kind.value);
                let order = rank(a.3).cmp(&rank(b.3));
                order.then(value(b.3).total_cmp(&value(a.3)))
            }),
            Column::Number(measure) => rows.sort_by(|a, b| {
                let (a, b) = (measure.of(a.2), measure.of(b.2));
                let order = |a: f64, b: f64| match descending {
                    true => b.total_cmp(&a),
                    false => a.total_cmp(&b),
                };
                // NaN and what is undefined stand at the end, whichever way the rest is sorted.
                let end = |value: Option<f64>| match value {
                    Some(value) => u8::from(value.is_nan()),
                    None => 2,
                };
                let values = a
                    .zip(b)
                    .map_or(std::cmp::Ordering::Equal, |(a, b)| order(a, b));
                end(a).cmp(&end(b)).then(values)
            }),
        }
        self.listed = rows.into_iter().map(|row| (row.0, row.1)).collect();
    }
}
