//! What a key's value adds to the residual stream at weight 1.

use candle_core::{Device, Tensor};
use rayon::prelude::*;

use super::{Linear, Run};
use crate::model::host::host;
use crate::model::kernel::{NARROW, Panels, Product, Tile, product_sums};
use crate::model::{Error, Spec};

/// Rows that are taken at a time.
const ROWS: usize = 64;

/// `W_O^T W_O` of each head: `|W_O v|^2 = v^T (W_O^T W_O) v`.
pub(in crate::model) enum ValueNorms {
    /// On the processor, `[d, d]` each.
    Packed(Vec<Panels>),
    /// `[H, d, d]`
    Tensor(Tensor),
}

impl ValueNorms {
    pub(in crate::model) fn new(out: &Linear, spec: &Spec) -> Result<Self, Error> {
        let (heads, d) = (spec.heads, spec.head_dim);
        let per_head = out.whole()?.reshape((heads, d, spec.embedding))?; // [H, d, D]
        let grams = per_head.matmul(&per_head.transpose(1, 2)?)?; // [H, d, d]
        Ok(match host(&grams) {
            None => Self::Tensor(grams.clone()),
            Some(values) => {
                let grams = values.chunks((d * d).max(1));
                let packed = grams.map(|gram| {
                    let mut panels = Panels::default();
                    panels.pack(gram, d, d, false, NARROW);
                    panels
                });
                Self::Packed(packed.collect())
            }
        })
    }

    /// `|W_O v_j|` of every query head and position, `[H * n]`, from v `[H_kv, n, d]` (Kobayashi et
    /// al. 2020).
    pub(in crate::model) fn of(
        &self,
        v: &Tensor,
        spec: &Spec,
        run: &Run,
    ) -> Result<Vec<f32>, Error> {
        let (kv_heads, n, d) = v.dims3()?;
        let group = spec.heads / kv_heads;
        match (self, host(v)) {
            (Self::Packed(grams), Some(values)) => {
                let mut norms = vec![0.0; spec.heads * n];
                let spare = run.spare;
                norms
                    .par_chunks_mut(n.max(1))
                    .zip(grams)
                    .enumerate()
                    .for_each(|(head, (norms, gram))| {
                        let from = head / group * n * d;
                        let values = values.get(from..from + n * d).unwrap_or(&[]);
                        of_head(values, d, gram, &mut spare.take(ROWS * d), norms);
                    });
                Ok(norms)
            }
            (Self::Packed(_), None) => {
                let v = v.to_device(&Device::Cpu)?.contiguous()?;
                self.of(&v, spec, run)
            }
            (Self::Tensor(grams), _) => {
                let v = v
                    .unsqueeze(1)?
                    .broadcast_as((kv_heads, group, n, d))?
                    .reshape((spec.heads, n, d))?; // [H, n, d]
                let squares = (v.matmul(grams)? * &v)?.sum(2)?; // [H, n]
                // Rounding can leave a tiny square below zero.
                Ok(squares.relu()?.sqrt()?.flatten_all()?.to_vec1()?)
            }
        }
    }
}

/// The norms of one head, from its values `[n, d]`.
fn of_head(values: &[f32], d: usize, gram: &Panels, buffer: &mut [f32], norms: &mut [f32]) {
    let values = values.chunks((ROWS * d).max(1));
    for (values, norms) in values.zip(norms.chunks_mut(ROWS)) {
        let Some(turned) = buffer.get_mut(..values.len()) else {
            return;
        };
        Product {
            x: values,
            stride: d,
            matrix: gram,
            depth: 0..d,
            bias: None,
            add: false,
        }
        .fill(Tile::whole(turned, 0..d));
        let rows = values.chunks(d.max(1)).zip(turned.chunks(d.max(1)));
        for (norm, (v, turned)) in norms.iter_mut().zip(rows) {
            // Rounding can leave a tiny square below zero; NaN stays.
            let square = product_sums(v, turned);
            *norm = if square < 0.0 { 0.0 } else { square.sqrt() };
        }
    }
}
