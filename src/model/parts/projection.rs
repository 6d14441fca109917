//! Queries, keys and values.

use candle_core::{Device, Tensor};
use rayon::prelude::*;

use super::{Linear, Loader, Norm, Run};
use crate::model::host::host;
use crate::model::names::{self, Qkv};
use crate::model::spec::QkNorm;
use crate::model::{Error, Spec};

/// Rows that are projected at a time on the processor: they stay in its caches until they are split.
const ROWS: usize = 256;

/// Queries, keys and values of all heads.
pub(in crate::model) struct Projection {
    layers: Layers,
    q_norm: Option<Norm>,
    k_norm: Option<Norm>,
}

enum Layers {
    Fused(Linear),
    Grouped(Linear),
    Separate([Linear; 3]),
}

impl Projection {
    pub(in crate::model) fn load(
        block: &names::Block,
        spec: &Spec,
        loader: &Loader,
    ) -> Result<Self, Error> {
        let (q, kv) = (spec.heads * spec.head_dim, spec.kv_heads * spec.head_dim);
        let linear = |names, to| Linear::load(names, spec.embedding, to, loader);
        let norm = |names: &Option<names::Norm>, heads: usize| -> Result<Option<Norm>, Error> {
            let Some(names) = names else {
                return Ok(None);
            };
            let d = spec.head_dim;
            let (width, each) = match spec.qk_norm {
                QkNorm::Head => (d, None),
                QkNorm::EachHead => (d, Some(heads)),
                QkNorm::Whole => (heads * d, None),
            };
            Norm::load(names, width, each, spec, loader).map(Some)
        };
        Ok(Self {
            layers: match &block.qkv {
                Qkv::Fused(names) => Layers::Fused(linear(names, q + 2 * kv)?),
                Qkv::Grouped(names) => Layers::Grouped(linear(names, q + 2 * kv)?),
                Qkv::Separate([names_q, names_k, names_v]) => Layers::Separate([
                    linear(names_q, q)?,
                    linear(names_k, kv)?,
                    linear(names_v, kv)?,
                ]),
            },
            q_norm: norm(&block.q_norm, spec.heads)?,
            k_norm: norm(&block.k_norm, spec.kv_heads)?,
        })
    }

    /// `[n, D]` to q `[H, n, d]`, k and v `[H_kv, n, d]`, q and k not yet rotated.
    pub(in crate::model) fn forward(
        &self,
        x: &Tensor,
        spec: &Spec,
        run: &Run,
    ) -> Result<(Tensor, Tensor, Tensor), Error> {
        if let Some(split) = self.on_host(x, spec, run)? {
            return Ok(split);
        }
        let (n, d) = (x.dim(0)?, spec.head_dim);
        let (heads, kv_heads) = (spec.heads, spec.kv_heads);
        let (q, kv) = (heads * d, kv_heads * d);
        let parts = match &self.layers {
            Layers::Fused(linear) => {
                let all = linear.forward(x, run)?; // [n, (H + 2 H_kv) * d]
                let part = |first, width| all.narrow(1, first, width);
                [part(0, q)?, part(q, kv)?, part(q + kv, kv)?]
            }
            Layers::Grouped(linear) => {
                let group = heads / kv_heads;
                let all = linear.forward(x, run)?; // [n, (H + 2 H_kv) * d]
                let all = all.reshape((n, kv_heads, group + 2, d))?;
                let part = |first, rows| all.narrow(2, first, rows);
                [part(0, group)?, part(group, 1)?, part(group + 1, 1)?]
            }
            Layers::Separate([q, k, v]) => {
                [q.forward(x, run)?, k.forward(x, run)?, v.forward(x, run)?]
            }
        };
        let split = |t: &Tensor, heads: usize, norm: &Option<Norm>| -> Result<Tensor, Error> {
            let t = match spec.clip_qkv {
                Some(clip) => t.clamp(-clip, clip)?,
                None => t.clone(),
            };
            let t = match (norm, spec.qk_norm) {
                (Some(norm), QkNorm::Whole) => norm.forward(&t.reshape((n, heads * d))?)?,
                (Some(norm), _) => norm.forward(&t.reshape((n, heads, d))?)?,
                (None, _) => t,
            };
            let t = t.reshape((n, heads, d))?; // [n, H, d]
            Ok(t.transpose(0, 1)?.contiguous()?) // [H, n, d]
        };
        let [q, k, v] = &parts;
        Ok((
            split(q, heads, &self.q_norm)?,
            split(k, kv_heads, &self.k_norm)?,
            split(v, kv_heads, &None)?,
        ))
    }

    /// The same on the processor, without a copy between; `None` where the layers are elsewhere or
    /// something is done before the heads are split.
    fn on_host(
        &self,
        x: &Tensor,
        spec: &Spec,
        run: &Run,
    ) -> Result<Option<(Tensor, Tensor, Tensor)>, Error> {
        let normed = self.q_norm.is_some() || self.k_norm.is_some();
        let before = spec.clip_qkv.is_some() || (normed && spec.qk_norm != QkNorm::Head);
        let x = x.contiguous()?;
        let (false, Some(values)) = (before || !self.is_packed(), host(&x)) else {
            return Ok(None);
        };
        let (n, d) = (x.dim(0)?, spec.head_dim);
        let (heads, kv_heads) = (spec.heads, spec.kv_heads);
        let group = heads / kv_heads;
        let from = x.dim(1)?;
        let mut parts = [heads, kv_heads, kv_heads].map(|heads| vec![0.0; heads * n * d]);
        for (at, x) in values.chunks((ROWS * from).max(1)).enumerate() {
            let (first, rows) = (at * ROWS, x.len() / from);
            let project = |linear: &Linear| -> Result<Vec<f32>, Error> {
                let mut all = run.spare.take(rows * linear.width()?);
                linear.fill(x, &mut all, run)?;
                Ok(all)
            };
            // Where the first dimension of each head lies in a projected row.
            let fused = |part: usize, head: usize| match part {
                0 => head * d,
                part => (heads + (part - 1) * kv_heads + head) * d,
            };
            let grouped = |part: usize, head: usize| match part {
                0 => (head / group * (group + 2) + head % group) * d,
                part => (head * (group + 2) + group + part - 1) * d,
            };
            let mut scatter =
                |all: Vec<f32>, part: usize, place: &(dyn Fn(usize) -> usize + Sync)| {
                    let width = all.len() / rows.max(1);
                    let Some(into) = parts.get_mut(part) else {
                        return all;
                    };
                    into.par_chunks_mut((n * d).max(1))
                        .enumerate()
                        .for_each(|(head, into)| {
                            let into = into.chunks_mut(d.max(1)).skip(first);
                            for (into, row) in into.zip(all.chunks(width.max(1))) {
                                let place = place(head);
                                into.copy_from_slice(row.get(place..place + d).unwrap_or(&[]));
                            }
                        });
                    all
                };
            match &self.layers {
                Layers::Fused(linear) => {
                    let mut all = project(linear)?;
                    for part in 0..3 {
                        all = scatter(all, part, &|head| fused(part, head));
                    }
                    run.spare.give(all);
                }
                Layers::Grouped(linear) => {
                    let mut all = project(linear)?;
                    for part in 0..3 {
                        all = scatter(all, part, &|head| grouped(part, head));
                    }
                    run.spare.give(all);
                }
                Layers::Separate(layers) => {
                    for (part, linear) in layers.iter().enumerate() {
                        let all = scatter(project(linear)?, part, &|head| head * d);
                        run.spare.give(all);
                    }
                }
            }
        }
        let [q, k, v] = parts;
        let tensor = |values: Vec<f32>, norm: &Option<Norm>| -> Result<Tensor, Error> {
            let heads = values.len() / (n * d).max(1);
            let split = Tensor::from_vec(values, (heads, n, d), &Device::Cpu)?;
            match norm {
                Some(norm) => norm.forward(&split),
                None => Ok(split),
            }
        };
        Ok(Some((
            tensor(q, &self.q_norm)?,
            tensor(k, &self.k_norm)?,
            tensor(v, &None)?,
        )))
    }

    fn is_packed(&self) -> bool {
        match &self.layers {
            Layers::Fused(linear) | Layers::Grouped(linear) => linear.is_packed(),
            Layers::Separate(layers) => layers.iter().all(Linear::is_packed),
        }
    }
}
