//! GPT-2's decoder for training: learned positions, LayerNorm before each half of a block, a head tied to the
//! token embedding. Tensor names and layouts are those of Hugging Face's GPT-2.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Result, Tensor, Var};
use serde_json::json;

use super::ops;
use super::random::Random;

/// The sizes of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Blocks.
    pub layers: usize,
    /// Heads a block.
    pub heads: usize,
    /// Width of the residual stream.
    pub embd: usize,
    /// Context length.
    pub context: usize,
    /// Entries of the vocabulary.
    pub vocab: usize,
}

/// Added to the variance inside LayerNorm.
pub const EPS: f32 = 1e-5;

impl Size {
    /// The `config.json` of Hugging Face's GPT-2 for these sizes.
    pub fn config(&self) -> serde_json::Value {
        json!({
            "architectures": ["GPT2LMHeadModel"],
            "model_type": "gpt2",
            "n_embd": self.embd,
            "n_head": self.heads,
            "n_layer": self.layers,
            "n_positions": self.context,
            "vocab_size": self.vocab,
            "activation_function": "gelu_new",
            "layer_norm_epsilon": 1e-5,
            "tie_word_embeddings": true,
            "attn_pdrop": 0.0,
            "embd_pdrop": 0.0,
            "resid_pdrop": 0.0,
            "bos_token_id": 0,
            "eos_token_id": 0,
        })
    }

    /// Every parameter: name, shape and how it starts.
    fn parameters(&self) -> Vec<(String, Vec<usize>, Start)> {
        let (c, v, t) = (self.embd, self.vocab, self.context);
        let small = Start::Normal(0.02);
        // Each block adds twice to the residual stream (Radford et al. 2019, section 2.3).
        let out = Start::Normal(0.02 / (2.0 * self.layers as f64).sqrt());
        let mut all = vec![
            ("wte.weight".to_string(), vec![v, c], small),
            ("wpe.weight".to_string(), vec![t, c], small),
        ];
        for l in 0..self.layers {
            for (name, shape, start) in [
                ("ln_1.weight", vec![c], Start::One),
                ("ln_1.bias", vec![c], Start::Zero),
                ("attn.c_attn.weight", vec![c, 3 * c], small),
                ("attn.c_attn.bias", vec![3 * c], Start::Zero),
                ("attn.c_proj.weight", vec![c, c], out),
                ("attn.c_proj.bias", vec![c], Start::Zero),
                ("ln_2.weight", vec![c], Start::One),
                ("ln_2.bias", vec![c], Start::Zero),
                ("mlp.c_fc.weight", vec![c, 4 * c], small),
                ("mlp.c_fc.bias", vec![4 * c], Start::Zero),
                ("mlp.c_proj.weight", vec![4 * c, c], out),
                ("mlp.c_proj.bias", vec![c], Start::Zero),
            ] {
                all.push((format!("h.{l}.{name}"), shape, start));
            }
        }
        all.push(("ln_f.weight".to_string(), vec![c], Start::One));
        all.push(("ln_f.bias".to_string(), vec![c], Start::Zero));
        all
    }
}

#[derive(Clone, Copy, Debug)]
enum Start {
    Zero,
    One,
    Normal(f64),
}

/// The parameters of a model, by their Hugging Face names.
#[derive(Clone, Debug)]
pub struct Gpt {
    /// The sizes.
    pub size: Size,
    /// The parameters; the order of the names is the order of every loop over them.
    pub vars: BTreeMap<String, Var>,
}

impl Gpt {
    /// A model that was never trained.
    pub fn new(size: Size, seed: u64) -> Result<Self> {
        let rng = &mut Random::new(seed, u64::MAX);
        let mut vars = BTreeMap::new();
        for (name, shape, start) in size.parameters() {
            let count = shape.iter().product();
            let values: Vec<f32> = match start {
                Start::Zero => vec![0.0; count],
                Start::One => vec![1.0; count],
                Start::Normal(std) => (0..count).map(|_| (rng.normal() * std) as f32).collect(),
            };
            vars.insert(name, Var::from_vec(values, shape, &Device::Cpu)?);
        }
        Ok(Self { size, vars })
    }

    /// A model with given parameters; all of `size` must be there.
    pub fn from_tensors(size: Size, tensors: &BTreeMap<String, Tensor>) -> Result<Self> {
        let mut vars = BTreeMap::new();
        for (name, shape, _) in size.parameters() {
            let tensor = tensors
                .get(&name)
                .filter(|t| t.dims() == shape)
                .ok_or_else(|| {
                    candle_core::Error::Msg(format!("expected a tensor {name} of shape {shape:?}"))
                })?;
            vars.insert(
                name,
                Var::from_tensor(&tensor.to_dtype(DType::F32)?.copy()?)?,
            );
        }
        Ok(Self { size, vars })
    }

    fn var(&self, name: &str) -> Result<&Tensor> {
        self.vars
            .get(name)
            .map(|v| v.as_tensor())
            .ok_or_else(|| candle_core::Error::Msg(format!("no parameter {name}")))
    }

    /// `x [n, in]` times `weight [in, out]` plus bias.
    fn linear(&self, x: &Tensor, name: &str) -> Result<Tensor> {
        x.matmul(self.var(&format!("{name}.weight"))?)?
            .broadcast_add(self.var(&format!("{name}.bias"))?)
    }

    fn norm(&self, x: &Tensor, name: &str) -> Result<Tensor> {
        ops::layer_norm(
            x,
            self.var(&format!("{name}.weight"))?,
            self.var(&format!("{name}.bias"))?,
            EPS,
        )
    }

    /// Logits `[b * t, v]` of `ids`, `b` rows of `t` tokens.
    pub fn forward(&self, ids: &[u32], t: usize) -> Result<Tensor> {
        let (c, h) = (self.size.embd, self.size.heads);
        let (b, d) = (ids.len() / t, c / h);
        let index = Tensor::new(ids, &Device::Cpu)?;
        let wte = self.var("wte.weight")?;
        let tokens = wte.index_select(&index, 0)?.reshape((b, t, c))?;
        let places = self.var("wpe.weight")?.narrow(0, 0, t)?;
        let mut x = tokens.broadcast_add(&places)?.reshape((b * t, c))?; // [b*t, c]
        for l in 0..self.size.layers {
            let qkv = self.linear(
                &self.norm(&x, &format!("h.{l}.ln_1"))?,
                &format!("h.{l}.attn.c_attn"),
            )?; // [b*t, 3c]
            let qkv = qkv.reshape((b, t, 3, h, d))?;
            let part = |i: usize| {
                qkv.narrow(2, i, 1)?
                    .squeeze(2)?
                    .transpose(1, 2)?
                    .contiguous()
            }; // [b, h, t, d]
            let (q, k, v) = (part(0)?, part(1)?, part(2)?);
            let scores = q.matmul(&k.t()?)?; // [b, h, t, t]
            let weights = ops::causal_softmax(&scores, 1.0 / (d as f32).sqrt())?;
            let mixed = weights
                .matmul(&v)?
                .transpose(1, 2)?
                .contiguous()?
                .reshape((b * t, c))?;
            x = (x + self.linear(&mixed, &format!("h.{l}.attn.c_proj"))?)?;
            let wide = self.linear(
                &self.norm(&x, &format!("h.{l}.ln_2"))?,
                &format!("h.{l}.mlp.c_fc"),
            )?; // [b*t, 4c]
            x = (x + self.linear(&ops::gelu(&wide)?, &format!("h.{l}.mlp.c_proj"))?)?;
        }
        self.norm(&x, "ln_f")?.matmul(&wte.t()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TINY: Size = Size {
        layers: 2,
        heads: 2,
        embd: 8,
        context: 6,
        vocab: 11,
    };

    #[test]
    fn the_future_is_not_seen() {
        let gpt = Gpt::new(TINY, 1).unwrap();
        let a = gpt
            .forward(&[1, 2, 3, 4], 4)
            .unwrap()
            .to_vec2::<f32>()
            .unwrap();
        let b = gpt
            .forward(&[1, 2, 3, 9], 4)
            .unwrap()
            .to_vec2::<f32>()
            .unwrap();
        assert_eq!(a[..3], b[..3]);
        assert_ne!(a[3], b[3]);
    }

    #[test]
    fn every_parameter_learns() {
        let gpt = Gpt::new(TINY, 1).unwrap();
        let logits = gpt.forward(&[1, 2, 3, 4, 5, 6], 6).unwrap();
        let grads = ops::cross_entropy(&logits, vec![2, 3, 4, 5, 6, 7])
            .unwrap()
            .backward()
            .unwrap();
        assert!(gpt.vars.iter().all(|(_, v)| grads.get(v).is_some()));
    }
}
