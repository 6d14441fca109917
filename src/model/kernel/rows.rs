//! Norms, activations and sums of rows.

use pulp::{Simd, WithSimd};

use super::math;
use super::run;

/// `into += factor * from`.
pub(in crate::model) fn add(into: &mut [f32], from: &[f32], factor: f32) {
    run(Add { into, from, factor });
}

/// A function of every element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::model) enum Elementwise {
    GeluErf,
    GeluTanh,
    Relu,
    /// `x * sigmoid(slope * x)`.
    Swish(f32),
}

impl Elementwise {
    #[inline(always)]
    fn of<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        match self {
            Self::GeluErf => math::gelu_erf(simd, x),
            Self::GeluTanh => math::gelu_tanh(simd, x),
            // By comparison: what `max` makes of NaN depends on the processor.
            Self::Relu => {
                let zero = simd.splat_f32s(0.0);
                simd.select_f32s(simd.less_than_f32s(x, zero), zero, x)
            }
            Self::Swish(slope) => math::swish(simd, x, slope),
        }
    }
}

/// Replaces every element by its function.
pub(in crate::model) fn elementwise(function: Elementwise, values: &mut [f32]) {
    run(Map { function, values });
}

/// Replaces every gate by `function(gate) * up`. With a `limit` the gate is first clamped from
/// above and `up` from both sides, and 1 is added to `up` (gpt-oss).
pub(in crate::model) fn gated(
    function: Elementwise,
    limit: Option<f32>,
    gate: &mut [f32],
    up: &[f32],
) {
    run(Gated {
        function,
        limit,
        gate,
        up,
    });
}

/// LayerNorm of one row: `(x - mean) / sqrt(variance + epsilon) * weight + bias`.
pub(in crate::model) fn layer_norm(
    x: &[f32],
    weight: &[f32],
    bias: &[f32],
    epsilon: f32,
    into: &mut [f32],
) {
    run(Norm {
        x,
        weight,
        bias: Some(bias),
        epsilon,
        into,
    });
}

/// RMSNorm of one row: `x / sqrt(mean square + epsilon) * weight`.
pub(in crate::model) fn rms_norm(x: &[f32], weight: &[f32], epsilon: f32, into: &mut [f32]) {
    run(Norm {
        x,
        weight,
        bias: None,
        epsilon,
        into,
    });
}

/// `sum_x a[x] * b[x]` of two rows.
pub(in crate::model) fn product_sums(a: &[f32], b: &[f32]) -> f32 {
    run(Dot { a, b })
}

/// `ln sum exp(x)` of one row.
pub(in crate::model) fn log_sum_exp(x: &[f32]) -> f64 {
    run(LogSumExp { x })
}

pub(super) struct LogSumExp<'a> {
    pub x: &'a [f32],
}

impl WithSimd for LogSumExp<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let (x, tail) = S::as_simd_f32s(self.x);
        let mut max = simd.splat_f32s(f32::NEG_INFINITY);
        for x in x {
            max = simd.max_f32s(max, *x);
        }
        let mut top = simd.reduce_max_f32s(max);
        for x in tail {
            top = top.max(*x);
        }
        let mut total = 0.0f64;
        // So few are summed in f32 before the sum goes on in f64.
        for x in x.chunks(64) {
            let mut sum = simd.splat_f32s(0.0);
            for x in x {
                let t = simd.sub_f32s(*x, simd.splat_f32s(top));
                sum = simd.add_f32s(sum, math::exp(simd, t));
            }
            total += f64::from(simd.reduce_sum_f32s(sum));
        }
        for x in tail {
            total += f64::from(x - top).exp();
        }
        f64::from(top) + total.ln()
    }
}

pub(super) struct Map<'a> {
    pub function: Elementwise,
    pub values: &'a mut [f32],
}

impl WithSimd for Map<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (body, tail) = S::as_mut_simd_f32s(self.values);
        for x in body {
            *x = self.function.of(simd, *x);
        }
        if !tail.is_empty() {
            let y = self.function.of(simd, simd.partial_load_f32s(tail));
            simd.partial_store_f32s(tail, y);
        }
    }
}

pub(super) struct Gated<'a> {
    pub function: Elementwise,
    pub limit: Option<f32>,
    pub gate: &'a mut [f32],
    pub up: &'a [f32],
}

impl Gated<'_> {
    #[inline(always)]
    fn of<S: Simd>(&self, simd: S, gate: S::f32s, up: S::f32s) -> S::f32s {
        let (gate, up) = match self.limit {
            None => (gate, up),
            Some(limit) => {
                let (high, low) = (simd.splat_f32s(limit), simd.splat_f32s(-limit));
                let at_most = |x| simd.select_f32s(simd.less_than_f32s(high, x), high, x);
                let up = at_most(up);
                let up = simd.select_f32s(simd.less_than_f32s(up, low), low, up);
                let up = simd.add_f32s(up, simd.splat_f32s(1.0));
                (at_most(gate), up)
            }
        };
        simd.mul_f32s(self.function.of(simd, gate), up)
    }
}

impl WithSimd for Gated<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let gate = std::mem::take(&mut self.gate);
        let (gates, gate_tail) = S::as_mut_simd_f32s(gate);
        let (ups, up_tail) = S::as_simd_f32s(self.up);
        for (gate, up) in gates.iter_mut().zip(ups) {
            *gate = self.of(simd, *gate, *up);
        }
        if !gate_tail.is_empty() {
            let gate = simd.partial_load_f32s(gate_tail);
            let y = self.of(simd, gate, simd.partial_load_f32s(up_tail));
            simd.partial_store_f32s(gate_tail, y);
        }
    }
}

pub(super) struct Add<'a> {
    pub into: &'a mut [f32],
    pub from: &'a [f32],
    pub factor: f32,
}

impl WithSimd for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let factor = simd.splat_f32s(self.factor);
        let (into, into_tail) = S::as_mut_simd_f32s(self.into);
        let (from, from_tail) = S::as_simd_f32s(self.from);
        for (into, from) in into.iter_mut().zip(from) {
            *into = simd.mul_add_e_f32s(factor, *from, *into);
        }
        for (into, from) in into_tail.iter_mut().zip(from_tail) {
            *into += self.factor * from;
        }
    }
}

pub(super) struct Dot<'a> {
    pub a: &'a [f32],
    pub b: &'a [f32],
}

impl WithSimd for Dot<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        let (a, a_tail) = S::as_simd_f32s(self.a);
        let (b, b_tail) = S::as_simd_f32s(self.b);
        let mut sum = simd.splat_f32s(0.0);
        for (a, b) in a.iter().zip(b) {
            sum = simd.mul_add_e_f32s(*a, *b, sum);
        }
        let mut rest = 0.0;
        for (a, b) in a_tail.iter().zip(b_tail) {
            rest += a * b;
        }
        simd.reduce_sum_f32s(sum) + rest
    }
}

/// A LayerNorm where there is a bias, else an RMSNorm.
pub(super) struct Norm<'a> {
    pub x: &'a [f32],
    pub weight: &'a [f32],
    pub bias: Option<&'a [f32]>,
    pub epsilon: f32,
    pub into: &'a mut [f32],
}

impl WithSimd for Norm<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let count = self.x.len() as f32;
        let (x, x_tail) = S::as_simd_f32s(self.x);
        let mut mean = 0.0;
        if self.bias.is_some() {
            let mut sum = simd.splat_f32s(0.0);
            for x in x {
                sum = simd.add_f32s(sum, *x);
            }
            let mut rest = 0.0;
            for x in x_tail {
                rest += x;
            }
            mean = (simd.reduce_sum_f32s(sum) + rest) / count;
        }
        let middle = simd.splat_f32s(mean);
        let mut squares = simd.splat_f32s(0.0);
        for x in x {
            let x = simd.sub_f32s(*x, middle);
            squares = simd.mul_add_e_f32s(x, x, squares);
        }
        let mut rest = 0.0;
        for x in x_tail {
            rest += (x - mean) * (x - mean);
        }
        let square = (simd.reduce_sum_f32s(squares) + rest) / count;
        let scale = 1.0 / (square + self.epsilon).sqrt();
        let factor = simd.splat_f32s(scale);
        let (weight, weight_tail) = S::as_simd_f32s(self.weight);
        let (bias, bias_tail) = S::as_simd_f32s(self.bias.unwrap_or(&[]));
        let (into, into_tail) = S::as_mut_simd_f32s(self.into);
        for (at, (into, (x, weight))) in into.iter_mut().zip(x.iter().zip(weight)).enumerate() {
            let y = simd.mul_f32s(simd.sub_f32s(*x, middle), factor);
            *into = match bias.get(at) {
                Some(bias) => simd.mul_add_e_f32s(y, *weight, *bias),
                None => simd.mul_f32s(y, *weight),
            };
        }
        for (at, (into, (x, weight))) in into_tail
            .iter_mut()
            .zip(x_tail.iter().zip(weight_tail))
            .enumerate()
        {
            let bias = bias_tail.get(at).copied().unwrap_or(0.0);
            *into = (x - mean) * scale * weight + bias;
        }
    }
}
