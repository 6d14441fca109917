//! LayerNorm and RMSNorm.

use candle_core::{Device, Tensor};
use candle_nn::ops;
use rayon::prelude::*;

use super::Loader;
use crate::model::host::host;
use crate::model::kernel::{layer_norm, rms_norm};
use crate::model::names;
use crate::model::spec::NormKind;
use crate::model::{Error, Spec};

/// Elements that are worth a thread of their own.
const PIECE: usize = 1 << 15;

/// A norm over the last dimension.
pub(in crate::model) struct Norm {
    kind: NormKind,
    epsilon: f32,
    weight: Tensor, // [width]
    bias: Tensor,   // [width]
    /// Weights of each head, `[H, width]`, in place of `weight`, which is then 1.
    heads: Option<Tensor>,
}

impl Norm {
    /// A norm over rows of `width`; with weights for each of `heads` where that is given.
    pub(in crate::model) fn load(
        names: &names::Norm,
        width: usize,
        heads: Option<usize>,
        spec: &Spec,
        loader: &Loader,
    ) -> Result<Self, Error> {
        let fixed = |value: f32| Tensor::full(value, width, loader.device);
        let bias = match &names.bias {
            Some(name) => loader.vector(name, &[width])?,
            None => fixed(0.0)?,
        };
        let (weight, per_head) = match (heads, names.weight.as_slice()) {
            (_, []) => (fixed(1.0)?, None),
            (None, [name, ..]) => (loader.vector(name, &[width])?, None),
            (Some(heads), [name]) => (fixed(1.0)?, Some(loader.vector(name, &[heads, width])?)),
            (Some(heads), [first, ..]) if names.weight.len() != heads => {
                return Err(Error::Shape {
                    name: first.clone(),
                    found: vec![names.weight.len(), width],
                    expected: vec![heads, width],
                });
            }
            (Some(_), several) => {
                let each: Result<Vec<Tensor>, Error> = several
                    .iter()
                    .map(|name| loader.vector(name, &[width]))
                    .collect();
                (fixed(1.0)?, Some(Tensor::stack(&each?, 0)?))
            }
        };
        Ok(Self {
            kind: spec.norm,
            epsilon: spec.norm_epsilon as f32,
            weight: match spec.norm {
                NormKind::RmsPlusOne if !names.weight.is_empty() => (weight + 1.0)?,
                _ => weight,
            },
            bias,
            heads: per_head,
        })
    }

    /// The same, of a norm that may not be there.
    pub(in crate::model) fn load_if(
        names: &Option<names::Norm>,
        width: usize,
        spec: &Spec,
        loader: &Loader,
    ) -> Result<Option<Self>, Error> {
        match names {
            Some(names) => Self::load(names, width, None, spec, loader).map(Some),
            None => Ok(None),
        }
    }

    /// `[..., width]` to the same; `[n, H, width]` where each head has weights of its own.
    pub(in crate::model) fn forward(&self, x: &Tensor) -> Result<Tensor, Error> {
        let x = x.contiguous()?;
        if let Some(values) = host(&x) {
            let mut y = vec![0.0; values.len()];
            self.fill(&values, &mut y);
            return Ok(Tensor::from_vec(y, x.shape(), &Device::Cpu)?);
        }
        let y = match self.kind {
            NormKind::Layer => ops::layer_norm(&x, &self.weight, &self.bias, self.epsilon)?,
            NormKind::Rms | NormKind::RmsPlusOne => ops::rms_norm(&x, &self.weight, self.epsilon)?,
        };
        Ok(match &self.heads {
            Some(weights) => y.broadcast_mul(weights)?,
            None => y,
        })
    }

    /// The same on slices of the processor.
    fn fill(&self, x: &[f32], y: &mut [f32]) {
        let (Some(weight), Some(bias)) = (host(&self.weight), host(&self.bias)) else {
            return;
        };
        let (weight, bias) = (&*weight, &*bias);
        let each = self.heads.as_ref().and_then(host);
        let each = each.as_deref();
        let width = weight.len().max(1);
        let heads = each.map_or(1, |each| each.len() / width).max(1);
        // Rows of a piece of work.
        let step = (PIECE / (width * heads)).max(1) * width * heads;
        let pieces = y.par_chunks_mut(step).zip(x.par_chunks(step));
        pieces.for_each(|(y, x)| {
            let rows = y.chunks_mut(width).zip(x.chunks(width));
            for (at, (y, x)) in rows.enumerate() {
                match self.kind {
                    NormKind::Layer => layer_norm(x, weight, bias, self.epsilon, y),
                    NormKind::Rms | NormKind::RmsPlusOne => rms_norm(x, weight, self.epsilon, y),
                }
                let from = at % heads * width;
                if let Some(weights) = each.and_then(|each| each.get(from..from + width)) {
                    y.iter_mut().zip(weights).for_each(|(y, w)| *y *= w);
                }
            }
        });
    }
}
