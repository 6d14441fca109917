//! What a layer that runs on a device leaves, on its way to the host.

use rayon::prelude::*;

use super::Small;
use super::kept::Kept;
use crate::model::attention::Inputs;
use crate::model::fetch::{Fetch, Landing};
use crate::model::resume::{Mark, joined};
use crate::model::{Error, Floats, LayerRecord, Trail};

/// The record of a layer, parts of which are still on the device.
pub(in crate::model) struct Pending<'a> {
    pub(super) kept: Kept<'a>,
    /// What the last block left.
    pub(super) last: Option<Small>,
    pub(super) received: Fetch,
    /// Of the rows that were run.
    pub(super) vectors: Vectors,
    /// What keys received up to some rows, `[H, rows]`, where the record keeps a trail.
    pub(super) marks: Vec<(usize, Fetch)>,
    pub(super) record: LayerRecord,
}

/// Queries `[H, m, d]`, keys and, where the record keeps a trail, values `[H_kv, m, d]`.
pub(super) struct Vectors {
    q: Fetch,
    k: Fetch,
    v: Option<Fetch>,
}

impl Vectors {
    /// Begins to copy them, without the first queries.
    ///
    /// # Errors
    /// The device's.
    pub fn begin(inputs: &Inputs, skipped: usize) -> Result<Self, Error> {
        let (landing, m) = (inputs.landing, inputs.q.dim(1)?);
        let q = inputs.q.narrow(1, skipped, m - skipped)?;
        Ok(Self {
            q: landing.begin(&q)?,
            k: landing.begin(&inputs.k)?,
            v: match inputs.trail {
                true => Some(landing.begin(&inputs.v)?),
                false => None,
            },
        })
    }
}

impl Pending<'_> {
    /// Waits for all of it.
    ///
    /// # Errors
    /// The device's.
    pub fn finish(self, landing: &Landing) -> Result<LayerRecord, Error> {
        let mut kept = self.kept;
        if let Some(last) = self.last {
            kept.take(last, landing)?;
        }
        kept.received = landing.end(self.received, <[f32]>::to_vec)?;
        let LayerRecord {
            heads,
            kv_heads,
            head_dim: d,
            tokens,
            ..
        } = self.record;
        let begun = kept.begun;
        let rows = begun.map_or(0, |begun| begun.rows);
        let host = |fetch, heads, old: Option<&Floats>| {
            landing.end(fetch, |numbers: &[f32]| match old {
                Some(old) => joined(old, rows, numbers, heads, d),
                // New memory costs more than the copy, and less on all cores.
                None => numbers.par_iter().copied().collect(),
            })
        };
        let Vectors { q, k, v } = self.vectors;
        let q = host(q, heads, begun.map(|begun| &begun.record.q))?;
        let k = host(k, kv_heads, begun.map(|begun| &begun.record.k))?;
        let values = match v {
            Some(v) => Some(host(v, kv_heads, begun.map(|begun| &begun.trail.values))?),
            None => None,
        };
        let mut marks: Vec<Mark> = Vec::new();
        marks.extend(begun.iter().flat_map(|begun| begun.marks(tokens).cloned()));
        for (rows, received) in self.marks {
            let received = landing.end(received, <[f32]>::to_vec)?;
            marks.push(Mark { rows, received });
        }
        let trail = values.map(|values| {
            marks.push(Mark {
                rows: tokens,
                received: kept.received.clone(),
            });
            Trail {
                values: values.into(),
                marks,
            }
        });
        Ok(kept.record(LayerRecord {
            q: q.into(),
            k: k.into(),
            trail,
            ..self.record
        }))
    }
}
