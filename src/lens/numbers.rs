//! The numbers of a head.

use std::ops::Range;

use serde::{Serialize, Serializer};

use super::{Measure, Repeats};
use crate::capture::{Head, LayerRecord};

/// The numbers of one head, or their means over the heads of a layer: each [`Measure`], `None`
/// where the text does not define it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Numbers([Option<f64>; Measure::ALL.len()]);

impl Numbers {
    /// Every number from what `value` gives for it.
    pub fn each(value: impl FnMut(Measure) -> Option<f64>) -> Self {
        Self(Measure::ALL.map(value))
    }

    /// One of them; `None` where the text does not define it, NaN where a weight is no number.
    pub fn get(&self, measure: Measure) -> Option<f64> {
        self.0.get(measure as usize).copied().flatten()
    }

    /// The means of the numbers of some heads, each over the heads that define it.
    pub fn mean(heads: &[Self]) -> Self {
        Self::each(|measure| {
            let values = heads.iter().filter_map(|numbers| numbers.get(measure));
            let (sum, count) =
                values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
            (count > 0).then(|| sum / f64::from(count))
        })
    }
}

impl Serialize for Numbers {
    /// A map from names to values; null where there is none.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = Measure::ALL.into_iter();
        serializer.collect_map(entries.map(|measure| (measure.name(), self.get(measure))))
    }
}

/// The numbers of one head, over the queries that are kept. `repeats` are those of the text.
pub fn numbers(layer: &LayerRecord, head: Head, repeats: &Repeats) -> Numbers {
    of_head(layer, head, &Text::of(layer, repeats))
}

/// The numbers of every head of a layer; see [`numbers`].
pub fn all_numbers(layer: &LayerRecord, repeats: &Repeats) -> Vec<Numbers> {
    let text = Text::of(layer, repeats);
    let heads = (0..layer.heads).map(Head);
    heads.map(|head| of_head(layer, head, &text)).collect()
}

/// What the numbers of all heads of a layer take from the text.
struct Text {
    /// One over the entropy of a uniform row, of the queries that means run over.
    uniform: Vec<f64>,
    /// Whether a query sees an earlier copy of its token, and what followed one.
    duplicates: bool,
    inductions: bool,
}

impl Text {
    fn of(layer: &LayerRecord, repeats: &Repeats) -> Self {
        let queries = layer.rule.from.max(1)..layer.tokens;
        let sees = |after: usize| {
            let mut copies = repeats.nearest(queries.clone());
            copies.any(|(i, copy)| layer.rule.visible(i).contains(&(copy + after)))
        };
        Self {
            duplicates: sees(0),
            inductions: sees(1),
            uniform: queries
                .clone()
                .map(|i| 1.0 / ((i + 1) as f64).ln())
                .collect(),
        }
    }
}

fn of_head(layer: &LayerRecord, head: Head, text: &Text) -> Numbers {
    let n = layer.tokens;
    let first = layer.rule.from.max(1);
    // The numbers of a head from a query on; none where the table does not reach so far back.
    let part = |table: &'_ [f32], from: usize| -> Option<Range<usize>> {
        let held = table.len() / layer.heads.max(1);
        let skipped = (from.max(layer.rule.from) + held).checked_sub(n)?;
        let start = head.0 * held;
        (skipped <= held).then_some(start + skipped..start + held)
    };
    let values = |table: &[f32], from: usize| -> f64 {
        let values = part(table, from).and_then(|part| table.get(part));
        values.map_or(f64::NAN, sum)
    };
    let queries = n.saturating_sub(first);
    let over = |sum: f64, count: usize| (count > 0).then(|| sum / count as f64);
    let mean = |table: &[f32]| over(values(table, 1), queries);
    let rows = &layer.rows;
    let relative = || {
        let entropies = part(&rows.entropy, 1).and_then(|part| rows.entropy.get(part));
        entropies.map_or(f64::NAN, |entropies| {
            let each = entropies.iter().zip(&text.uniform);
            each.map(|(entropy, uniform)| f64::from(*entropy) * uniform)
                .sum()
        })
    };
    // Rows of which nothing is left without the first key have no such distance.
    let empty = || {
        let far = part(&rows.distance_without_first, 1).unwrap_or_default();
        let zeros = rows
            .distance_without_first
            .get(far)
            .unwrap_or_default()
            .iter();
        let zeros = zeros.enumerate().filter(|(_, distance)| **distance == 0.0);
        let at = |table: &[f32], row: usize| layer.at(table, head, first + row);
        zeros
            .filter(|&(row, _)| at(&rows.mass, row) <= at(&rows.first, row))
            .count()
    };
    let earlier = || values(&rows.mass, 1) - values(&rows.self_weight, 1);
    let mass = || values(&rows.mass, 0);
    Numbers::each(|measure| match measure {
        Measure::SelfWeight => mean(&rows.self_weight),
        Measure::Previous => mean(&rows.previous),
        Measure::First => mean(&rows.first),
        Measure::Entropy => mean(&rows.entropy),
        Measure::EntropyRelative => over(relative(), queries),
        Measure::Distance => mean(&rows.distance),
        Measure::DistanceWithoutFirst => {
            let rest = queries.saturating_sub(empty());
            over(values(&rows.distance_without_first, 1), rest)
        }
        Measure::PreviousMass => over(earlier(), queries),
        Measure::EarlierEntry => over(earlier(), (first..n).sum()),
        Measure::Duplicate => text.duplicates.then(|| values(&rows.duplicate, 0) / mass()),
        Measure::Induction => text.inductions.then(|| values(&rows.induction, 0) / mass()),
    })
}

/// The sum, in eight parts side by side.
fn sum(values: &[f32]) -> f64 {
    let mut parts = [0f64; 8];
    let (eights, rest) = values.as_chunks::<8>();
    for eight in eights {
        for (part, value) in parts.iter_mut().zip(eight) {
            *part += f64::from(*value);
        }
    }
    let rest: f64 = rest.iter().map(|value| f64::from(*value)).sum();
    parts.iter().sum::<f64>() + rest
}
