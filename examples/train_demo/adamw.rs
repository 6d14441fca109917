//! AdamW with its moments in the open, so that a run can be stopped and taken up again.

use std::collections::BTreeMap;

use candle_core::{Device, Result, Tensor, Var};

/// Decoupled weight decay (Loshchilov and Hutter 2019) over the moments of Adam (Kingma and Ba 2015).
#[derive(Clone, Debug)]
pub struct AdamW {
    /// Decay of the first moment.
    pub beta1: f32,
    /// Decay of the second moment.
    pub beta2: f32,
    /// Added to the root of the second moment.
    pub eps: f32,
    /// Share of a matrix that is taken away each step, times the learning rate.
    pub decay: f32,
    /// The gradient's norm over all parameters is cut to this.
    pub clip: f32,
    /// First and second moment of each parameter.
    pub moments: BTreeMap<String, (Vec<f32>, Vec<f32>)>,
}

impl Default for AdamW {
    fn default() -> Self {
        Self {
            beta1: 0.9,
            beta2: 0.98,
            eps: 1e-8,
            decay: 0.05,
            clip: 1.0,
            moments: BTreeMap::new(),
        }
    }
}

impl AdamW {
    /// One step, the `step`-th from 1, with gradients of every parameter. Returns the gradient's norm before the cut.
    pub fn step(
        &mut self,
        vars: &BTreeMap<String, Var>,
        grads: &BTreeMap<String, Vec<f32>>,
        step: usize,
        rate: f32,
    ) -> Result<f32> {
        let square = |g: &Vec<f32>| g.iter().map(|g| f64::from(*g) * f64::from(*g)).sum::<f64>();
        let norm = grads.values().map(square).sum::<f64>().sqrt() as f32;
        let cut = (self.clip / (norm + 1e-6)).min(1.0);
        let (b1, b2, eps) = (self.beta1, self.beta2, self.eps);
        let power =
            |b: f32| 1.0 - f64::from(b).powi(i32::try_from(step).unwrap_or(i32::MAX)) as f32;
        let (fix1, fix2) = (power(b1), power(b2));
        for (name, var) in vars {
            let Some(grad) = grads.get(name) else {
                continue;
            };
            let mut values = var.flatten_all()?.to_vec1::<f32>()?;
            let zeros = || (vec![0.0; values.len()], vec![0.0; values.len()]);
            let (first, second) = self.moments.entry(name.clone()).or_insert_with(zeros);
            // Gains and biases are not drawn to zero.
            let keep = if var.rank() > 1 {
                1.0 - rate * self.decay
            } else {
                1.0
            };
            for (((value, grad), m), v) in values.iter_mut().zip(grad).zip(first).zip(second) {
                let g = grad * cut;
                *m = b1 * *m + (1.0 - b1) * g;
                *v = b2 * *v + (1.0 - b2) * g * g;
                *value = *value * keep - rate * (*m / fix1) / ((*v / fix2).sqrt() + eps);
            }
            var.set(&Tensor::from_vec(values, var.shape(), &Device::Cpu)?)?;
        }
        Ok(norm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_nn::{AdamW as Reference, Optimizer, ParamsAdamW};

    #[test]
    fn agrees_with_candle_nn() {
        let start = [[0.5f32, -1.0], [2.0, 0.1]];
        let ours = Var::new(&start, &Device::Cpu).unwrap();
        let theirs = Var::new(&start, &Device::Cpu).unwrap();
        let mut adamw = AdamW {
            clip: f32::INFINITY,
            ..AdamW::default()
        };
        let params = ParamsAdamW {
            lr: 0.1,
            beta1: 0.9,
            beta2: 0.98,
            eps: 1e-8,
            weight_decay: 0.05,
        };
        let mut reference = Reference::new(vec![theirs.clone()], params).unwrap();
        let vars = BTreeMap::from([("w".to_string(), ours.clone())]);
        for step in 1..=20 {
            let loss = theirs.sqr().unwrap().sum_all().unwrap();
            let grad: Vec<f32> = (ours.as_tensor() * 2.0)
                .unwrap()
                .flatten_all()
                .unwrap()
                .to_vec1()
                .unwrap();
            reference.backward_step(&loss).unwrap();
            adamw
                .step(&vars, &BTreeMap::from([("w".to_string(), grad)]), step, 0.1)
                .unwrap();
        }
        let gap = (ours.as_tensor() - theirs.as_tensor())
            .unwrap()
            .abs()
            .unwrap();
        assert!(
            gap.flatten_all()
                .unwrap()
                .max(0)
                .unwrap()
                .to_scalar::<f32>()
                .unwrap()
                < 1e-5
        );
    }
}
