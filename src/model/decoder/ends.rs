//! Both ends of the forward pass: ids to the residual stream, and that to logits.

use candle_core::{DType, Tensor};
use rayon::prelude::*;

use super::{Decoder, Probe, norm};
use crate::model::Error;
use crate::model::fetch::Fetch;
use crate::model::host::host;
use crate::model::kernel::Spare;
use crate::model::parts::Run;

/// Positions whose logits are computed at a time: `[128, V]` floats.
const LOGIT_ROWS: usize = 128;

impl Decoder {
    /// The residual stream before the first block, `[m, D]`: the rows from `first` on.
    pub(super) fn embed(&self, ids: &[u32], first: usize, run: &Run) -> Result<Tensor, Error> {
        let ids = ids.get(first..).unwrap_or_default();
        let (m, spec) = (ids.len(), &self.spec);
        let ids = Tensor::new(ids, &self.device)?;
        let mut x = match &self.tokens {
            Some(tokens) => tokens.index_select(&ids, 0)?.to_dtype(DType::F32)?,
            None => self.head.rows(&ids)?,
        }; // [n, W]
        if spec.embedding_multiplier != 1.0 {
            x = (x * spec.embedding_multiplier)?;
        }
        if let Some(project) = &self.project_in {
            x = project.forward(&x, run)?; // [n, D]
        }
        if let Some(positions) = &self.positions {
            let positions = positions.narrow(0, spec.position_offset + first, m)?; // [m, D]
            x = (x + positions.to_dtype(DType::F32)?)?;
        }
        norm(&self.embedding_norm, &x)
    }

    /// Hands the logits of the normed residual stream `[m, D]`, the rows from `begin` on, to the
    /// probe.
    pub(super) fn logits(
        &self,
        x: &Tensor,
        begin: usize,
        spare: &Spare,
        probe: &mut dyn Probe,
    ) -> Result<(), Error> {
        let m = x.dim(0)?;
        let mut running: Option<(usize, Fetch)> = None;
        let give = |probe: &mut dyn Probe, (first, fetch): (usize, Fetch)| {
            let landing = &self.landing;
            landing.end(fetch, |rows| {
                probe.logits(first, rows, self.spec.vocabulary)
            })
        };
        for at in (0..m).step_by(LOGIT_ROWS) {
            let (first, rows) = (begin + at, LOGIT_ROWS.min(m - at));
            let cancelled = || probe.cancelled();
            let run = Run {
                cancelled: &cancelled,
                spare,
            };
            let mut x = x.narrow(0, at, rows)?; // [r, D]
            if let Some(project) = &self.project_out {
                x = project.forward(&x, &run)?; // [r, W]
            }
            if self.head.is_packed()
                && let Some(x) = host(&x.contiguous()?)
            {
                let mut logits = spare.take(rows * self.spec.vocabulary);
                self.head.fill(&x, &mut logits, &run)?;
                self.scale(&mut logits);
                probe.logits(first, &logits, self.spec.vocabulary);
                spare.give(logits);
                if probe.cancelled() {
                    return Err(Error::Cancelled);
                }
                continue;
            }
            let mut logits = self.head.forward(&x, &run)?; // [r, V]
            if self.spec.logit_multiplier != 1.0 {
                logits = (logits * self.spec.logit_multiplier)?;
            }
            if let Some(cap) = self.spec.logit_softcap {
                logits = ((logits / cap)?.tanh()? * cap)?;
            }
            // What the rows before left is taken while these are computed.
            let next = (first, self.landing.begin(&logits)?);
            if let Some(done) = running.replace(next) {
                give(probe, done)?;
            }
            if probe.cancelled() {
                return Err(Error::Cancelled);
            }
        }
        running.map_or(Ok(()), |done| give(probe, done))
    }

    /// The multiplier and the soft-cap of logits.
    fn scale(&self, logits: &mut [f32]) {
        let multiplier = self.spec.logit_multiplier as f32;
        if multiplier != 1.0 {
            logits.par_iter_mut().for_each(|x| *x *= multiplier);
        }
        if let Some(cap) = self.spec.logit_softcap.map(|cap| cap as f32) {
            logits
                .par_iter_mut()
                .for_each(|x| *x = cap * (*x / cap).tanh());
        }
    }
}
