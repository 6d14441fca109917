//! A mixture of experts (Shazeer et al. 2017).

use candle_core::{D, Tensor};
use candle_nn::ops::{sigmoid, softmax};

use super::mlp::Mlp;
use super::{Linear, Loader, Run};
use crate::model::names::{self, Each};
use crate::model::spec::MlpSpec;
use crate::model::{Error, Spec};

/// The experts of a block and what sends tokens to them.
pub(in crate::model) struct Experts {
    router: Linear,
    experts: Vec<Mlp>,
    per_token: usize,
    normalised: bool,
    shared: Option<(Mlp, Option<Linear>)>,
}

impl Experts {
    pub(super) fn load(
        names: &names::Experts,
        layer: &MlpSpec,
        spec: &Spec,
        loader: &Loader,
    ) -> Result<Self, Error> {
        let MlpSpec::Experts {
            count,
            per_token,
            hidden,
            normalised,
            shared,
        } = *layer
        else {
            return Err(Error::NotDense(names.router.weight.clone()));
        };
        let experts = match &names.each {
            Each::Stacked(names) => Mlp::load_stacked(names, count, hidden, spec, loader)?,
            Each::Separate(each) => each
                .iter()
                .map(|names| Mlp::load(names, hidden, spec, loader))
                .collect::<Result<_, _>>()?,
        };
        let shared = match &names.shared {
            None => None,
            Some((mlp, gate)) => {
                let gate = match gate {
                    Some(gate) => Some(Linear::load(gate, spec.embedding, 1, loader)?),
                    None => None,
                };
                Some((Mlp::load(mlp, shared, spec, loader)?, gate))
            }
        };
        Ok(Self {
            router: Linear::load(&names.router, spec.embedding, count, loader)?,
            experts,
            per_token,
            normalised,
            shared,
        })
    }

    /// `[r, D]` to `[r, D]`.
    pub(super) fn forward(&self, x: &Tensor, run: &Run) -> Result<Tensor, Error> {
        let logits = self.router.forward(x, run)?; // [r, E]
        let shares = softmax(&logits, D::Minus1)?.to_vec2::<f32>()?;
        let mut out = x.zeros_like()?; // [r, D]
        for (expert, (rows, shares)) in self.experts.iter().zip(self.sent(&shares)) {
            if rows.is_empty() {
                continue;
            }
            let count = rows.len();
            let rows = Tensor::from_vec(rows, count, x.device())?;
            let shares = Tensor::from_vec(shares, (count, 1), x.device())?;
            let y = expert.forward(&x.index_select(&rows, 0)?, run)?; // [rows, D]
            out = out.index_add(&rows, &y.broadcast_mul(&shares)?, 0)?;
        }
        if let Some((mlp, gate)) = &self.shared {
            let mut y = mlp.forward(x, run)?; // [r, D]
            if let Some(gate) = gate {
                y = y.broadcast_mul(&sigmoid(&gate.forward(x, run)?)?)?;
            }
            out = (out + y)?;
        }
        Ok(out)
    }

    /// For each expert the rows that go to it and their shares, from `[r, E]`.
    fn sent(&self, shares: &[Vec<f32>]) -> Vec<(Vec<u32>, Vec<f32>)> {
        let mut sent = vec![(Vec::new(), Vec::new()); self.experts.len()];
        for (row, shares) in shares.iter().enumerate() {
            let mut order: Vec<usize> = (0..shares.len()).collect();
            order.sort_by(|&a, &b| shares[b].total_cmp(&shares[a]));
            order.truncate(self.per_token);
            let total: f32 = match self.normalised {
                true => order.iter().map(|&expert| shares[expert]).sum(),
                false => 1.0,
            };
            for expert in order {
                if let Some((rows, chosen)) = sent.get_mut(expert) {
                    rows.push(row as u32);
                    chosen.push(shares[expert] / total);
                }
            }
        }
        sent
    }
}
