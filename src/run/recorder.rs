//! Turns what a run shows to its probe into a capture.

use std::ops::ControlFlow;
use std::sync::Arc;

use rayon::prelude::*;

use super::session::Keep;
use crate::capture::{Capture, Layer, Prediction};
use crate::model::{LayerRecord, Probe, log_sum_exp};
use crate::token::Tokenizer;

/// Likely next tokens that are kept of each position.
const PREDICTIONS: usize = 5;

/// Records a run. `on_block` sees the capture as it grows, `cancelled` ends the run.
pub(super) struct Recorder<'a> {
    pub capture: Capture,
    pub tokenizer: &'a Tokenizer,
    pub keep: Keep<'a>,
    /// Whether queries and keys are kept as f16.
    pub half: bool,
    pub on_block: &'a mut dyn FnMut(&Capture),
    pub cancelled: &'a dyn Fn() -> bool,
    pub predictions: Vec<Vec<Prediction>>,
    pub logits: Vec<f32>,
    /// `-ln p` of the token after each position that was run.
    pub losses: Vec<f64>,
}

impl Recorder<'_> {
    /// The capture, once the run is complete.
    pub(super) fn finish(mut self) -> Capture {
        self.capture.predictions = Arc::new(self.predictions);
        // A run that takes up an earlier one has not seen all logits.
        let all = self.losses.len() + 1 == self.capture.len();
        let sum: f64 = self.losses.iter().sum();
        self.capture.loss =
            (all && !self.losses.is_empty()).then(|| sum / self.losses.len() as f64);
        if self.keep.logits {
            self.capture.logits = Some(Arc::new(self.logits));
        }
        self.capture
    }
}

impl Probe for Recorder<'_> {
    fn keeps(&self, layer: Layer) -> bool {
        self.capture.kept.contains(&layer)
    }

    fn block(&mut self, mut record: LayerRecord) -> ControlFlow<()> {
        if self.half {
            record.q = record.q.to_half();
            record.k = record.k.to_half();
        }
        if !self.keep.layers_seen {
            self.capture.layers.clear();
        }
        self.capture.layers.push(Arc::new(record));
        (self.on_block)(&self.capture);
        ControlFlow::Continue(())
    }

    fn logits(&mut self, first: usize, rows: &[f32], vocabulary: usize) {
        let tokenizer = self.tokenizer;
        let rows_of = rows.par_chunks(vocabulary.max(1));
        let likely: Vec<_> = rows_of.map(|row| likeliest(row, tokenizer)).collect();
        self.predictions.extend(likely);
        let next = self.capture.tokens.iter().skip(first + 1);
        let next = rows.chunks(vocabulary.max(1)).zip(next);
        let losses = next.map(|(row, token)| {
            let logit = row.get(token.id as usize).copied().unwrap_or(f32::NAN);
            log_sum_exp(row) - f64::from(logit)
        });
        self.losses.extend(losses);
        if self.keep.logits {
            self.logits.extend_from_slice(rows);
        }
    }

    fn cancelled(&self) -> bool {
        (self.cancelled)()
    }
}

/// The likeliest next tokens by one row of logits, best first.
fn likeliest(row: &[f32], tokenizer: &Tokenizer) -> Vec<Prediction> {
    let mut best: Vec<usize> = Vec::with_capacity(PREDICTIONS + 1);
    for (id, logit) in row.iter().enumerate() {
        // Nearly all are below all that are held.
        let worst = best.get(PREDICTIONS - 1);
        if worst.is_some_and(|&worst| logit.total_cmp(&row[worst]).is_le()) {
            continue;
        }
        let at = best.partition_point(|&held| row[held].total_cmp(logit).is_ge());
        best.insert(at, id);
        best.truncate(PREDICTIONS);
    }
    let norm = log_sum_exp(row);
    let likely = best.into_iter().map(|id| Prediction {
        id: id as u32,
        label: tokenizer.label(id as u32),
        logit: row[id],
        probability: (f64::from(row[id]) - norm).exp() as f32,
    });
    likely.collect()
}
