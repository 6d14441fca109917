//! Four operations for candle's autograd that do in one pass what a chain of primitives would do in ten.
//!
//! Each works on the last dimension of contiguous f32 tensors on the CPU; a test compares each, forward and
//! backward, with the same formula in candle's primitives.

use candle_core::{CpuStorage, CustomOp1, CustomOp3, Error, Layout, Result, Shape, Tensor};

fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let (start, end) = layout
        .contiguous_offsets()
        .ok_or_else(|| Error::Msg("expected a contiguous tensor".into()))?;
    Ok(&storage.as_slice::<f32>()?[start..end])
}

fn values(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.flatten_all()?.to_vec1()
}

fn last(shape: &Shape) -> usize {
    shape.dims().last().copied().unwrap_or(1).max(1)
}

/// e^x to about 1e-7 relative, in a form that compilers turn into vector code (Cephes `expf`).
#[inline(always)]
fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let n = x * std::f32::consts::LOG2_E + ROUND - ROUND;
    let r = x - n * 0.693_359_4 - n * -2.121_944_4e-4;
    let mut p = 1.987_569_1e-4;
    for c in [
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        1.666_666_5e-1,
        5e-1,
    ] {
        p = p * r + c;
    }
    let scale = f32::from_bits(((n as i32 + 127) << 23) as u32);
    (p * r * r + r + 1.0) * scale
}

#[inline(always)]
fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

/// Sum in eight lanes: fast, and in a fixed order.
#[inline(always)]
fn sum(values: impl Fn(usize) -> f32, n: usize) -> f32 {
    let mut lanes = [0f32; 8];
    let whole = n - n % 8;
    for start in (0..whole).step_by(8) {
        for (lane, total) in lanes.iter_mut().enumerate() {
            *total += values(start + lane);
        }
    }
    let tail: f32 = (whole..n).map(&values).sum();
    lanes.iter().sum::<f32>() + tail
}

/// LayerNorm over the last dimension with gain and bias (Ba, Kiros and Hinton 2016).
struct LayerNorm {
    eps: f32,
}

fn moments(row: &[f32], eps: f32) -> (f32, f32) {
    let n = row.len() as f32;
    let mean = sum(|i| row[i], row.len()) / n;
    let variance = sum(|i| (row[i] - mean) * (row[i] - mean), row.len()) / n;
    (mean, 1.0 / (variance + eps).sqrt())
}

impl CustomOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        xl: &Layout,
        g: &CpuStorage,
        gl: &Layout,
        b: &CpuStorage,
        bl: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, g, b) = (slice(x, xl)?, slice(g, gl)?, slice(b, bl)?);
        let c = last(xl.shape());
        let mut y = vec![0f32; x.len()];
        for (x, y) in x.chunks_exact(c).zip(y.chunks_exact_mut(c)) {
            let (mean, scale) = moments(x, self.eps);
            for ((y, x), (g, b)) in y.iter_mut().zip(x).zip(g.iter().zip(b)) {
                *y = (x - mean) * scale * g + b;
            }
        }
        Ok((CpuStorage::F32(y), xl.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        g: &Tensor,
        b: &Tensor,
        _res: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (xs, gs, ds) = (values(x)?, values(g)?, values(grad)?);
        let c = last(x.shape());
        let mut dx = vec![0f32; xs.len()];
        let (mut dg, mut db) = (vec![0f32; c], vec![0f32; c]);
        let mut normal = vec![0f32; c];
        let mut inner = vec![0f32; c];
        for ((x, d), dx) in xs
            .chunks_exact(c)
            .zip(ds.chunks_exact(c))
            .zip(dx.chunks_exact_mut(c))
        {
            let (mean, scale) = moments(x, self.eps);
            for i in 0..c {
                normal[i] = (x[i] - mean) * scale;
                inner[i] = d[i] * gs[i];
                dg[i] += d[i] * normal[i];
                db[i] += d[i];
            }
            let mean_inner = sum(|i| inner[i], c) / c as f32;
            let mean_both = sum(|i| inner[i] * normal[i], c) / c as f32;
            for i in 0..c {
                dx[i] = scale * (inner[i] - mean_inner - normal[i] * mean_both);
            }
        }
        let device = x.device();
        Ok((
            Some(Tensor::from_vec(dx, x.shape(), device)?),
            Some(Tensor::from_vec(dg, g.shape(), device)?),
            Some(Tensor::from_vec(db, b.shape(), device)?),
        ))
    }
}

/// LayerNorm of `x [.., c]` with `gain [c]` and `bias [c]`.
pub fn layer_norm(x: &Tensor, gain: &Tensor, bias: &Tensor, eps: f32) -> Result<Tensor> {
    x.apply_op3(gain, bias, LayerNorm { eps })
}

/// GELU in the tanh form (Hendrycks and Gimpel 2016), `gelu_new` of GPT-2.
struct Gelu;

const GELU_SCALE: f32 = 0.797_884_6;
const GELU_CUBIC: f32 = 0.044_715;

impl CustomOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = slice(x, layout)?;
        let y = x
            .iter()
            .map(|&x| 0.5 * x * (1.0 + tanh(GELU_SCALE * (x + GELU_CUBIC * x * x * x))))
            .collect();
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _res: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let (xs, ds) = (values(x)?, values(grad)?);
        let slope = |x: f32| {
            let t = tanh(GELU_SCALE * (x + GELU_CUBIC * x * x * x));
            0.5 * (1.0 + t)
                + 0.5 * x * (1.0 - t * t) * GELU_SCALE * (1.0 + 3.0 * GELU_CUBIC * x * x)
        };
        let dx: Vec<f32> = xs.iter().zip(&ds).map(|(&x, d)| d * slope(x)).collect();
        Ok(Some(Tensor::from_vec(dx, x.shape(), x.device())?))
    }
}

/// GELU of every value.
pub fn gelu(x: &Tensor) -> Result<Tensor> {
    x.apply_op1(Gelu)
}

/// Softmax of scores `[.., n, n]`, scaled, over the keys that a query sees.
struct CausalSoftmax {
    scale: f32,
}

impl CustomOp1 for CausalSoftmax {
    fn name(&self) -> &'static str {
        "causal-softmax"
    }

    fn cpu_fwd(&self, scores: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let scores = slice(scores, layout)?;
        let n = last(layout.shape());
        let mut weights = vec![0f32; scores.len()];
        for (index, (score, weight)) in scores
            .chunks_exact(n)
            .zip(weights.chunks_exact_mut(n))
            .enumerate()
        {
            let seen = index % n + 1;
            let (score, weight) = (&score[..seen], &mut weight[..seen]);
            let top = score.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for (w, s) in weight.iter_mut().zip(score) {
                *w = exp((s - top) * self.scale);
            }
            let total = 1.0 / sum(|i| weight[i], seen);
            weight.iter_mut().for_each(|w| *w *= total);
        }
        Ok((CpuStorage::F32(weights), layout.shape().clone()))
    }

    fn bwd(&self, scores: &Tensor, weights: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let n = last(scores.shape());
        let (ws, mut ds) = (values(weights)?, values(grad)?);
        for (w, d) in ws.chunks_exact(n).zip(ds.chunks_exact_mut(n)) {
            let mean = sum(|i| w[i] * d[i], n);
            for (d, w) in d.iter_mut().zip(w) {
                *d = w * (*d - mean) * self.scale;
            }
        }
        Ok(Some(Tensor::from_vec(ds, scores.shape(), scores.device())?))
    }
}

/// Attention weights from raw dot products `[.., n, n]`, query before key.
pub fn causal_softmax(scores: &Tensor, scale: f32) -> Result<Tensor> {
    scores.apply_op1(CausalSoftmax { scale })
}

/// Mean cross entropy of logits `[n, v]` against one target each.
struct CrossEntropy {
    targets: Vec<u32>,
}

impl CustomOp1 for CrossEntropy {
    fn name(&self) -> &'static str {
        "cross-entropy"
    }

    fn cpu_fwd(&self, logits: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let logits = slice(logits, layout)?;
        let v = last(layout.shape());
        let mut loss = 0f64;
        for (row, &target) in logits.chunks_exact(v).zip(&self.targets) {
            let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let total = sum(|i| exp(row[i] - top), v);
            loss += f64::from(top + total.ln() - row[target as usize]);
        }
        let mean = loss / self.targets.len().max(1) as f64;
        Ok((CpuStorage::F32(vec![mean as f32]), Shape::from(())))
    }

    fn bwd(&self, logits: &Tensor, _res: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let v = last(logits.shape());
        let share = grad.to_scalar::<f32>()? / self.targets.len().max(1) as f32;
        let mut ds = values(logits)?;
        for (row, &target) in ds.chunks_exact_mut(v).zip(&self.targets) {
            let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            row.iter_mut().for_each(|x| *x = exp(*x - top));
            let scale = share / sum(|i| row[i], v);
            row.iter_mut().for_each(|x| *x *= scale);
            row[target as usize] -= share;
        }
        Ok(Some(Tensor::from_vec(ds, logits.shape(), logits.device())?))
    }
}

/// Mean negative log likelihood of `targets`, in nats a token.
pub fn cross_entropy(logits: &Tensor, targets: Vec<u32>) -> Result<Tensor> {
    let (rows, vocab) = logits.dims2()?;
    if rows != targets.len() || targets.iter().any(|&t| t as usize >= vocab) {
        return Err(Error::Msg(format!("expected {rows} targets below {vocab}")));
    }
    logits.apply_op1(CrossEntropy { targets })
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{D, DType, Device, Var};

    fn close(a: &Tensor, b: &Tensor) {
        let worst = (a - b)
            .and_then(|d| d.abs()?.flatten_all()?.max(0)?.to_scalar::<f32>())
            .unwrap();
        assert!(worst < 2e-5, "{worst}");
    }

    /// Values and gradients of both must agree for every variable.
    fn same(vars: &[Var], ours: Tensor, theirs: Tensor) {
        close(&ours, &theirs);
        let weight = Tensor::arange(0f32, ours.elem_count() as f32, &Device::Cpu).unwrap();
        let weight = weight.cos().unwrap().reshape(ours.shape()).unwrap();
        let a = (&ours * &weight)
            .unwrap()
            .sum_all()
            .unwrap()
            .backward()
            .unwrap();
        let b = (&theirs * &weight)
            .unwrap()
            .sum_all()
            .unwrap()
            .backward()
            .unwrap();
        for var in vars {
            close(a.get(var).unwrap(), b.get(var).unwrap());
        }
    }

    fn var(shape: &[usize], shift: f32) -> Var {
        let count = shape.iter().product::<usize>() as f32;
        let t = ((Tensor::arange(0f32, count, &Device::Cpu).unwrap() * 1.7)
            .unwrap()
            .sin()
            .unwrap()
            * 2.0)
            .unwrap();
        Var::from_tensor(&(t.reshape(shape).unwrap() + f64::from(shift)).unwrap()).unwrap()
    }

    #[test]
    fn layer_norm_is_the_formula() {
        let (x, g, b) = (var(&[3, 5, 13], 0.3), var(&[13], 1.0), var(&[13], 0.1));
        let mean = x.mean_keepdim(D::Minus1).unwrap();
        let centred = x.broadcast_sub(&mean).unwrap();
        let scale = (centred.sqr().unwrap().mean_keepdim(D::Minus1).unwrap() + 1e-5)
            .unwrap()
            .sqrt()
            .unwrap();
        let y = centred
            .broadcast_div(&scale)
            .unwrap()
            .broadcast_mul(&g)
            .unwrap()
            .broadcast_add(&b)
            .unwrap();
        same(
            &[x.clone(), g.clone(), b.clone()],
            layer_norm(&x, &g, &b, 1e-5).unwrap(),
            y,
        );
    }

    #[test]
    fn gelu_is_the_formula() {
        let x = var(&[7, 11], 0.2);
        same(
            std::slice::from_ref(&x),
            gelu(&x).unwrap(),
            x.gelu().unwrap(),
        );
    }

    #[test]
    fn causal_softmax_is_the_formula() {
        let x = var(&[2, 9, 9], 0.0);
        let mask: Vec<f32> = (0..81)
            .map(|i| if i % 9 > i / 9 { -1e9 } else { 0.0 })
            .collect();
        let mask = Tensor::from_vec(mask, (9, 9), &Device::Cpu).unwrap();
        let y = candle_nn::ops::softmax(
            &(&*x * 0.3).unwrap().broadcast_add(&mask).unwrap(),
            D::Minus1,
        )
        .unwrap();
        same(
            std::slice::from_ref(&x),
            causal_softmax(&x, 0.3).unwrap(),
            y,
        );
    }

    #[test]
    fn cross_entropy_is_the_formula() {
        let x = var(&[6, 17], 0.0);
        let targets = vec![0u32, 16, 3, 3, 9, 1];
        let y = candle_nn::loss::cross_entropy(
            &x,
            &Tensor::new(targets.as_slice(), &Device::Cpu).unwrap(),
        )
        .unwrap();
        same(
            std::slice::from_ref(&x),
            cross_entropy(&x, targets).unwrap(),
            y,
        );
        assert!(cross_entropy(&x, vec![17; 6]).is_err());
        assert_eq!(x.dtype(), DType::F32);
    }

    #[test]
    fn exp_is_accurate() {
        for i in -800..800 {
            let x = i as f32 * 0.1;
            assert!((exp(x) / x.exp() - 1.0).abs() < 3e-7, "{x}");
        }
    }
}
