//! The tokens of a capture file, and the likeliest next ones.

use std::ops::Range;

use rayon::prelude::*;

use super::layout::names;
use super::read::Arrays;
use crate::capture::Prediction;
use crate::token::Label;

impl Arrays<'_> {
    /// The likeliest next tokens of each of `n` tokens.
    pub(super) fn predictions(
        &self,
        n: usize,
        labels: &[Label],
    ) -> Result<Vec<Vec<Prediction>>, String> {
        let counts = self.integers(names::PREDICTED_COUNTS)?;
        let likely = Labelled {
            ids: self.integers(names::PREDICTED_IDS)?,
            labels: self.integers(names::PREDICTED_LABELS)?,
            all: labels,
        };
        let all = [likely.ids.len()];
        let logits = self.floats(names::PREDICTED_LOGITS, &all)?;
        let shares = self.floats(names::PREDICTED_SHARES, &all)?;
        let mut at = 0usize;
        let one = |i: usize| {
            let (id, label) = likely.at(i)?;
            Some(Prediction {
                id,
                label,
                logit: *logits.get(i)?,
                probability: *shares.get(i)?,
            })
        };
        let parts: Option<Vec<Range<usize>>> = counts
            .iter()
            .map(|&count| {
                let start = at;
                at = start.checked_add(usize::try_from(count).ok()?)?;
                // Bounds the loop below by what the file holds.
                (at <= likely.ids.len()).then_some(start..at)
            })
            .collect();
        let parts = parts.filter(|parts| parts.is_empty() || parts.len() == n);
        let rows = parts.filter(|_| at == likely.ids.len()).and_then(|parts| {
            let parts = parts.into_par_iter().with_min_len(1024);
            parts.map(|part| part.map(one).collect()).collect()
        });
        rows.ok_or_else(|| "its predictions do not fit its tokens".to_owned())
    }
}

/// Ids, each with the index of its label.
pub(super) struct Labelled<'a> {
    pub ids: Vec<i64>,
    pub labels: Vec<i64>,
    pub all: &'a [Label],
}

impl Labelled<'_> {
    /// The id and the label of an entry; `None` where there is none.
    pub(super) fn at(&self, i: usize) -> Option<(u32, Label)> {
        let id = u32::try_from(*self.ids.get(i)?).ok()?;
        let label = usize::try_from(*self.labels.get(i)?).ok()?;
        Some((id, self.all.get(label)?.clone()))
    }
}
