//! The second half of a block.

use candle_core::{Device, Tensor};
use candle_nn::ops::sigmoid;
use rayon::prelude::*;

use super::experts::Experts;
use super::{Linear, Loader, Run};
use crate::model::host::host;
use crate::model::kernel::{Elementwise, elementwise, gated};
use crate::model::names::{self, Up};
use crate::model::spec::{Activation, MlpSpec};
use crate::model::{Error, Spec};

/// Rows that an MLP takes at a time: the hidden layer is the widest of all, and a run must be able
/// to stop soon.
const ROWS: usize = 512;
/// Elements that are worth a thread of their own.
const PIECE: usize = 1 << 15;

/// The second half of a block.
pub(in crate::model) enum Half {
    Dense(Mlp),
    Experts(Experts),
}

impl Half {
    pub(in crate::model) fn load(
        names: &names::Half,
        layer: &MlpSpec,
        spec: &Spec,
        loader: &Loader,
    ) -> Result<Self, Error> {
        Ok(match (names, layer) {
            (names::Half::Dense(names), MlpSpec::Dense { hidden }) => {
                Self::Dense(Mlp::load(names, *hidden, spec, loader)?)
            }
            (names::Half::Experts(names), MlpSpec::Experts { .. }) => {
                Self::Experts(Experts::load(names, layer, spec, loader)?)
            }
            (names::Half::Dense(names), MlpSpec::Experts { .. }) => {
                return Err(Error::NotExperts(names.down.weight.clone()));
            }
            (names::Half::Experts(names), MlpSpec::Dense { .. }) => {
                return Err(Error::NotDense(names.router.weight.clone()));
            }
        })
    }

    /// `[n, D]` to `[n, D]`, a block of rows at a time.
    pub(in crate::model) fn forward(&self, x: &Tensor, run: &Run) -> Result<Tensor, Error> {
        let n = x.dim(0)?;
        let x = x.contiguous()?;
        if let (Self::Dense(mlp), Some(x)) = (self, host(&x))
            && mlp.down.is_packed()
        {
            let (from, to) = (x.len() / n.max(1), mlp.down.width()?);
            let mut y = vec![0.0; n * to];
            for (x, y) in x.chunks(ROWS * from).zip(y.chunks_mut(ROWS * to)) {
                run.go_on()?;
                mlp.fill(x, y.len() / to, y, run)?;
            }
            return Ok(Tensor::from_vec(y, (n, to), &Device::Cpu)?);
        }
        let mut blocks = Vec::with_capacity(n.div_ceil(ROWS));
        for first in (0..n).step_by(ROWS) {
            run.go_on()?;
            let x = x.narrow(0, first, ROWS.min(n - first))?;
            blocks.push(match self {
                Self::Dense(mlp) => mlp.forward(&x, run)?,
                Self::Experts(experts) => experts.forward(&x, run)?,
            });
        }
        Ok(Tensor::cat(&blocks, 0)?)
    }
}

/// Two linear layers and what is between them.
pub(in crate::model) struct Mlp {
    up: Layers,
    activation: Activation,
    down: Linear,
}

enum Layers {
    Plain(Linear),
    Gated(Linear, Linear),
    Fused(Linear),
    Interleaved(Linear),
}

impl Mlp {
    pub(super) fn load(
        names: &names::Mlp,
        hidden: usize,
        spec: &Spec,
        loader: &Loader,
    ) -> Result<Self, Error> {
        let up = |names, to| Linear::load(names, spec.embedding, to, loader);
        Ok(Self {
            up: match &names.up {
                Up::Plain(names) => Layers::Plain(up(names, hidden)?),
                Up::Gated(gate, names) => Layers::Gated(up(gate, hidden)?, up(names, hidden)?),
                Up::Fused(names) => Layers::Fused(up(names, 2 * hidden)?),
                Up::Interleaved(names) => Layers::Interleaved(up(names, 2 * hidden)?),
            },
            activation: spec.activation,
            down: Linear::load(&names.down, hidden, spec.embedding, loader)?,
        })
    }

    /// As many as lie behind each other in tensors with one more dimension in front.
    pub(super) fn load_stacked(
        names: &names::Mlp,
        count: usize,
        hidden: usize,
        spec: &Spec,
        loader: &Loader,
    ) -> Result<Vec<Self>, Error> {
        let up = |names, to| Linear::load_stacked(names, count, spec.embedding, to, loader);
        let layers: Vec<Layers> = match &names.up {
            Up::Plain(names) => up(names, hidden)?.into_iter().map(Layers::Plain).collect(),
            Up::Gated(gate, names) => {
                let gates = up(gate, hidden)?.into_iter();
                let both = gates.zip(up(names, hidden)?);
                both.map(|(gate, up)| Layers::Gated(gate, up)).collect()
            }
            Up::Fused(names) => {
                let fused = up(names, 2 * hidden)?.into_iter();
                fused.map(Layers::Fused).collect()
            }
            Up::Interleaved(names) => {
                let fused = up(names, 2 * hidden)?.into_iter();
                fused.map(Layers::Interleaved).collect()
            }
        };
        let down = Linear::load_stacked(&names.down, count, hidden, spec.embedding, loader)?;
        let all = layers.into_iter().zip(down).map(|(up, down)| Self {
            up,
            activation: spec.activation,
            down,
        });
        Ok(all.collect())
    }

    /// `[r, D]` to `[r, D]`.
    pub(super) fn forward(&self, x: &Tensor, run: &Run) -> Result<Tensor, Error> {
        if self.down.is_packed()
            && let Some(values) = host(&x.contiguous()?)
        {
            let width = self.down.width()?;
            let mut y = vec![0.0; x.dim(0)? * width];
            self.fill(&values, x.dim(0)?, &mut y, run)?;
            return Ok(Tensor::from_vec(y, (x.dim(0)?, width), &Device::Cpu)?);
        }
        let h = match &self.up {
            Layers::Plain(up) => activate(&up.forward(x, run)?, self.activation)?, // [r, hidden]
            Layers::Gated(gate, up) => self.gated(&gate.forward(x, run)?, &up.forward(x, run)?)?,
            Layers::Fused(both) => {
                let both = both.forward(x, run)?; // [r, 2 hidden]
                let hidden = both.dim(1)? / 2;
                let part = |first| both.narrow(1, first, hidden);
                self.gated(&part(0)?.contiguous()?, &part(hidden)?.contiguous()?)?
            }
            Layers::Interleaved(both) => {
                let both = both.forward(x, run)?; // [r, 2 hidden]
                let (rows, width) = both.dims2()?;
                let both = both.reshape((rows, width / 2, 2))?;
                let part = |at| both.narrow(2, at, 1)?.squeeze(2)?.contiguous();
                self.gated(&part(0)?, &part(1)?)?
            }
        };
        self.down.forward(&h, run)
    }

    /// The same on slices of the processor: `rows` of `x`.
    fn fill(&self, x: &[f32], rows: usize, y: &mut [f32], run: &Run) -> Result<(), Error> {
        let layer = |layer: &Linear| -> Result<Vec<f32>, Error> {
            let mut h = run.spare.take(rows * layer.width()?);
            layer.fill(x, &mut h, run)?;
            Ok(h)
        };
        let h = match &self.up {
            Layers::Plain(up) => {
                let mut h = layer(up)?; // [r, hidden]
                let (function, _) = elements(self.activation);
                h.par_chunks_mut(PIECE)
                    .for_each(|h| elementwise(function, h));
                h
            }
            Layers::Gated(gate, up) => {
                let (mut gate, up) = (layer(gate)?, layer(up)?); // [r, hidden]
                self.gate(&mut gate, &up);
                run.spare.give(up);
                gate
            }
            Layers::Fused(both) => self.halves(layer(both)?, rows, run, false),
            Layers::Interleaved(both) => self.halves(layer(both)?, rows, run, true),
        };
        self.down.fill(&h, y, run)?;
        run.spare.give(h);
        Ok(())
    }

    /// Gate and up that lie in one row, `[r, 2 hidden]`, to the hidden layer.
    fn halves(&self, both: Vec<f32>, rows: usize, run: &Run, interleaved: bool) -> Vec<f32> {
        let hidden = both.len() / (2 * rows).max(1);
        let mut gate = run.spare.take(rows * hidden);
        let mut up = run.spare.take(rows * hidden);
        let parts = gate
            .chunks_mut(hidden.max(1))
            .zip(up.chunks_mut(hidden.max(1)));
        for (both, (gate, up)) in both.chunks((2 * hidden).max(1)).zip(parts) {
            if interleaved {
                let (pairs, _) = both.as_chunks::<2>();
                for ((gate, up), pair) in gate.iter_mut().zip(up).zip(pairs) {
                    [*gate, *up] = *pair;
                }
            } else {
                let (first, second) = both.split_at(hidden);
                gate.copy_from_slice(first);
                up.copy_from_slice(second);
            }
        }
        self.gate(&mut gate, &up);
        run.spare.give(up);
        run.spare.give(both);
        gate
    }

    fn gate(&self, gate: &mut [f32], up: &[f32]) {
        let (function, limit) = elements(self.activation);
        gate.par_chunks_mut(PIECE)
            .zip(up.par_chunks(PIECE))
            .for_each(|(gate, up)| gated(function, limit, gate, up));
    }

    /// Gate and up `[r, hidden]` to the hidden layer.
    fn gated(&self, gate: &Tensor, up: &Tensor) -> Result<Tensor, Error> {
        if self.activation == Activation::ClampedSwiglu {
            let up = (up.clamp(-LIMIT, LIMIT)? + 1.0)?;
            let gate = gate.minimum(LIMIT)?;
            let gate = (&gate * sigmoid(&(&gate * SLOPE)?)?)?;
            return Ok((gate * up)?);
        }
        Ok((activate(gate, self.activation)? * up)?)
    }
}

/// Where gpt-oss clamps.
const LIMIT: f64 = 7.0;
/// The slope of its gate's sigmoid.
const SLOPE: f64 = 1.702;

/// The function of an activation, and where a gate and its values are clamped.
fn elements(activation: Activation) -> (Elementwise, Option<f32>) {
    match activation {
        Activation::Gelu => (Elementwise::GeluErf, None),
        Activation::GeluTanh => (Elementwise::GeluTanh, None),
        Activation::Relu => (Elementwise::Relu, None),
        Activation::Silu => (Elementwise::Swish(1.0), None),
        Activation::ClampedSwiglu => (Elementwise::Swish(SLOPE as f32), Some(LIMIT as f32)),
    }
}

fn activate(h: &Tensor, activation: Activation) -> Result<Tensor, Error> {
    Ok(match activation {
        Activation::Gelu => h.gelu_erf()?,
        Activation::GeluTanh => h.gelu()?,
        Activation::Relu => h.relu()?,
        Activation::Silu => h.silu()?,
        Activation::ClampedSwiglu => (h * sigmoid(&(h * SLOPE)?)?)?,
    })
}
