//! Whether the numbers of a run can be believed.

use serde::Serialize;

use super::AttentionKind;
use super::row_sum::{Limits, RowSum, key_lengths};
use crate::capture::{Capture, Floats, Head, LayerRecord, Pool, Prediction, Query, Rule};

/// Multiplications that are spent on computing rows of a layer anew, a few milliseconds' worth.
pub const TRUST_BUDGET: usize = 8 << 20;

/// What was found when a layer's record was looked through.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerTrust {
    /// Which layer.
    pub layer: usize,
    /// How it attends.
    pub attention: AttentionKind,
    /// `n`, or as many queries as are kept.
    pub rows: usize,
    /// Rows of each head whose weights were computed anew from `q`, `k` and `lse`. Of all rows the
    /// sum that the run itself took is looked at.
    pub rows_recomputed: usize,
    /// The row that is furthest off.
    pub row_sum: RowSum,
    /// Cells that are seen or carry weight though they must not, and rows that see too little: a
    /// query sees keys up to itself, as far back as the window goes.
    pub outside: usize,
    /// Values that are NaN or infinite.
    pub not_finite: NotFinite,
    /// Whether the layer comes from a file and is not what was written there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub damaged: bool,
}

/// How many values of a record are NaN or infinite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NotFinite {
    /// In `q`.
    pub queries: usize,
    /// In `k`.
    pub keys: usize,
    /// In `lse`.
    pub lse: usize,
    /// In the numbers of the rows, the received weights and the value norms.
    pub numbers: usize,
}

/// The trust of a whole run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trust {
    /// Whether everything holds.
    pub holds: bool,
    /// What the numbers were computed in.
    pub dtype: String,
    /// What computed them.
    pub device: String,
    /// What was assumed because nothing told it.
    pub assumed: Vec<String>,
    /// Positions whose next-token logits are NaN or infinite.
    pub broken_predictions: usize,
    /// Every layer that is done.
    pub layers: Vec<LayerTrust>,
}

impl NotFinite {
    /// All of them.
    pub fn total(&self) -> usize {
        self.queries + self.keys + self.lse + self.numbers
    }
}

impl LayerTrust {
    /// Whether everything holds.
    pub fn holds(&self) -> bool {
        let sound = self.outside == 0 && self.not_finite.total() == 0;
        sound && self.row_sum.holds() && !self.damaged
    }

    /// What is wrong, a sentence each.
    pub fn problems(&self) -> Vec<String> {
        let layer = self.layer;
        let mut problems = Vec::new();
        if self.damaged {
            problems.push(format!(
                "layer {layer}: its arrays do not match their checksums, the file is damaged"
            ));
        }
        let count = self.not_finite.total();
        if count > 0 {
            problems.push(format!("layer {layer}: {count} values are NaN or infinite"));
        }
        if self.outside > 0 {
            problems.push(format!(
                "layer {layer}: {} cells break causality or the window",
                self.outside
            ));
        }
        if !self.row_sum.holds() {
            let RowSum {
                error, head, query, ..
            } = self.row_sum;
            problems.push(format!(
                "layer {layer}: a row's sum is off by {error:.1e} (head {head}, query {query})"
            ));
        }
        problems
    }
}

impl Trust {
    /// What is wrong, a sentence each.
    pub fn problems(&self) -> Vec<String> {
        let layers = self.layers.iter().flat_map(LayerTrust::problems);
        layers
            .chain(broken_sentence(self.broken_predictions))
            .collect()
    }
}

/// Says how many positions have logits that are no numbers; `None` for none.
pub fn broken_sentence(positions: usize) -> Option<String> {
    (positions > 0).then(|| format!("the logits of {positions} tokens are NaN or infinite"))
}

/// Looks through a run; see [`layer_trust`] for `budget`.
pub fn trust(capture: &Capture, budget: usize) -> Trust {
    let layers: Vec<_> = capture
        .layers
        .iter()
        .map(|l| layer_trust(l, budget))
        .collect();
    let broken_predictions = broken_predictions(capture);
    Trust {
        holds: broken_predictions == 0 && layers.iter().all(LayerTrust::holds),
        dtype: capture.origin.dtype.clone(),
        device: capture.origin.device.clone(),
        assumed: capture.origin.assumed.clone(),
        broken_predictions,
        layers,
    }
}

/// Positions whose logits are NaN or infinite, as far as the capture holds them: all logits, else
/// the likeliest and the probability, whose sum is over all.
pub fn broken_predictions(capture: &Capture) -> usize {
    if let Some(logits) = &capture.logits {
        let rows = logits.chunks(capture.shape.vocabulary.max(1));
        return rows.filter(|row| not_finite(row) > 0).count();
    }
    let broken = |row: &&Vec<Prediction>| {
        let bad = |p: &Prediction| !(p.logit.is_finite() && p.probability.is_finite());
        row.iter().any(bad)
    };
    capture.predictions.iter().filter(broken).count()
}

/// Looks through a layer. Every row's sum is taken from the run; about `budget` multiplications go
/// into computing rows anew, spread evenly over the text, the last row among them. `usize::MAX`
/// computes all.
pub fn layer_trust(layer: &LayerRecord, budget: usize) -> LayerTrust {
    let (n, from) = (layer.tokens, layer.rule.from);
    let kept = n - from;
    let keys = layer.rule.window.map_or(n, |window| window.min(n));
    let row_cost = (layer.heads * layer.head_dim * keys / 2).max(1);
    let count = (budget / row_cost).clamp(1, kept.max(1)).min(kept);
    let mut row_sum = RowSum::default();
    let mut outside = 0;
    let mut row = Vec::new();
    let mut lengths: Option<(usize, Vec<f64>)> = None;
    for head in (0..layer.heads).map(Head) {
        // Heads that share keys stand side by side.
        if lengths
            .as_ref()
            .is_none_or(|(of, _)| *of != layer.kv_head(head))
        {
            lengths = Some((layer.kv_head(head), key_lengths(layer, head)));
        }
        let lengths = lengths.as_ref().map_or(&[][..], |(_, lengths)| lengths);
        let limits = Limits::new(layer, head, lengths);
        for i in from..n {
            let mass = f64::from(layer.at(&layer.rows.mass, head, i));
            row_sum.worst((mass, limits.of_run(i)), layer, head, i);
        }
        for i in (1..=count).map(|k| from + k * kept / count - 1) {
            let mut astray = 0;
            let visible = layer.rule.visible(i);
            row.clear();
            row.resize(visible.len(), 0.0);
            layer.weights(head, Query(i), visible.clone(), &mut row);
            let sum: f64 = row.iter().copied().map(f64::from).sum();
            for j in 0..n {
                let (seen, may) = (visible.contains(&j), may_see(&layer.rule, i, j));
                astray += usize::from(seen != may);
            }
            outside += astray;
            row_sum.worst((sum, limits.of_row(i, &row)), layer, head, i);
        }
        outside += tiles_ahead(layer, head);
    }
    LayerTrust {
        layer: layer.layer.0,
        attention: AttentionKind::of(layer),
        rows: kept,
        rows_recomputed: count,
        row_sum,
        outside,
        not_finite: NotFinite {
            queries: vectors_not_finite(&layer.q),
            keys: vectors_not_finite(&layer.k),
            lse: not_finite(&layer.lse),
            numbers: numbers_not_finite(layer),
        },
        damaged: false,
    }
}

/// Whether query `i` may see key `j`, by the definition and not by the rule's own range.
fn may_see(rule: &Rule, i: usize, j: usize) -> bool {
    j <= i && rule.window.is_none_or(|window| i - j < window)
}

/// Tiles of the run's own picture of a head that lie wholly ahead of their queries and hold
/// something.
fn tiles_ahead(layer: &LayerRecord, head: Head) -> usize {
    let side = layer.thumbnails.side;
    let tiles = (0..side).flat_map(|row| (row + 1..side).map(move |column| (row, column)));
    tiles
        .filter(|&(row, column)| {
            let tile = layer.thumbnails.tile(head, row, column, Pool::Max);
            tile.is_some()
        })
        .count()
}

fn numbers_not_finite(layer: &LayerRecord) -> usize {
    let rows = layer.rows.each().into_iter();
    let tables = rows.chain([&layer.received, &layer.value_norms]);
    tables.map(|table| not_finite(table)).sum()
}

/// The same for vectors, which may be stored as f16.
fn vectors_not_finite(values: &Floats) -> usize {
    match values.halves() {
        Some(halves) => halves.iter().filter(|half| !half.is_finite()).count(),
        None => not_finite(values),
    }
}

fn not_finite(values: &[f32]) -> usize {
    values.iter().filter(|value| !value.is_finite()).count()
}
