//! Rotary position embedding: queries and keys are turned by an angle that grows with their
//! position (Su et al. 2021).

use std::f64::consts::TAU;
use std::ops::Range;

use candle_core::{Device, Tensor};
use rayon::prelude::*;

use super::Error;
use super::host::{host, into_vec};

/// How one layer rotates, as plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct Rotary {
    /// How many of a head's dimensions are turned, from the first on: even, at most `d_head`.
    pub dims: usize,
    /// Which of them are turned together.
    pub pairs: Pairs,
    /// The base of the frequencies: pair `i` turns by `theta^(-2 i / dims)` radians a token.
    pub theta: f64,
    /// What stretches the frequencies for longer texts.
    pub scaling: Scaling,
}

/// Which dimensions are turned together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairs {
    /// `i` and `i + dims / 2` (GPT-NeoX, Llama in Hugging Face order).
    Halves,
    /// `2 i` and `2 i + 1` (GPT-J, Llama in Meta's order).
    Neighbours,
}

impl Pairs {
    /// Turns one row `[dims]` by angles whose cosines and sines are `[dims / 2]`.
    fn turn(self, row: &mut [f32], cos: &[f32], sin: &[f32]) {
        let turn = |a: &mut f32, b: &mut f32, cos: f32, sin: f32| {
            (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
        };
        let angles = cos.iter().zip(sin);
        match self {
            Self::Halves => {
                let (first, second) = row.split_at_mut(cos.len());
                for ((a, b), (&cos, &sin)) in first.iter_mut().zip(second).zip(angles) {
                    turn(a, b, cos, sin);
                }
            }
            Self::Neighbours => {
                for ([a, b], (&cos, &sin)) in row.as_chunks_mut::<2>().0.iter_mut().zip(angles) {
                    turn(a, b, cos, sin);
                }
            }
        }
    }
}

/// What is done to the frequencies, under the names that Hugging Face configurations use.
#[derive(Clone, Debug, PartialEq)]
pub enum Scaling {
    /// Nothing.
    None,
    /// All frequencies divided (position interpolation, Chen et al. 2023).
    Linear {
        /// The divisor.
        factor: f64,
    },
    /// The base grows with a text that is longer than `original` (NTK-aware).
    Dynamic {
        /// How strongly.
        factor: f64,
        /// Tokens of the training context.
        original: usize,
    },
    /// Low frequencies divided, high ones kept, a ramp between (Llama 3.1).
    Llama3 {
        /// The divisor.
        factor: f64,
        /// Turns in the training context below which a frequency is divided.
        low: f64,
        /// Turns in the training context above which a frequency is kept.
        high: f64,
        /// Tokens of the training context.
        original: f64,
    },
    /// The same by a ramp over the dimensions, and a factor on queries and keys (YaRN, Peng et al.
    /// 2023).
    Yarn {
        /// The divisor.
        factor: f64,
        /// Turns above which a frequency is kept.
        fast: f64,
        /// Turns below which a frequency is divided.
        slow: f64,
        /// Tokens of the training context.
        original: f64,
        /// Whether the ends of the ramp are whole dimensions.
        truncate: bool,
        /// Factor on queries and on keys.
        magnitude: f64,
    },
    /// A divisor for each frequency, others for texts longer than `original` (LongRoPE, Ding et
    /// al. 2024).
    Long {
        /// Divisors for short texts, `[dims / 2]`.
        short: Vec<f64>,
        /// Divisors for long texts, `[dims / 2]`.
        long: Vec<f64>,
        /// The most tokens of a short text.
        original: usize,
        /// Factor on queries and on keys.
        magnitude: f64,
    },
    /// A divisor for each frequency, in a tensor `[dims / 2]` of this name (`rope_freqs` of GGUF).
    Tensor(String),
}

impl Rotary {
    /// Radians a token of every pair `[dims / 2]`, for a text of `n` tokens, and the factor on
    /// queries and keys. `divisors` are those of [`Scaling::Tensor`].
    pub fn frequencies(&self, n: usize, divisors: &[f32]) -> (Vec<f64>, f64) {
        let dims = self.dims as f64;
        let powers = |theta: f64| -> Vec<f64> {
            let pairs = (0..self.dims / 2).map(|i| theta.powf(-2.0 * i as f64 / dims));
            pairs.collect()
        };
        let plain = powers(self.theta);
        let divided = |by: &mut dyn Iterator<Item = f64>| -> Vec<f64> {
            plain.iter().zip(by).map(|(f, by)| f / by).collect()
        };
        match &self.scaling {
            Scaling::None => (plain, 1.0),
            Scaling::Linear { factor } => (divided(&mut std::iter::repeat(*factor)), 1.0),
            Scaling::Dynamic { factor, original } => {
                let longer = n.max(*original) as f64 / *original as f64;
                let growth = (factor * longer - (factor - 1.0)).powf(dims / (dims - 2.0));
                (powers(self.theta * growth), 1.0)
            }
            Scaling::Llama3 {
                factor,
                low,
                high,
                original,
            } => {
                let scaled = plain.iter().map(|&f| {
                    let turns = original * f / TAU;
                    let kept = ((turns - low) / (high - low)).clamp(0.0, 1.0);
                    f * kept + f / factor * (1.0 - kept)
                });
                (scaled.collect(), 1.0)
            }
            Scaling::Yarn {
                factor,
                fast,
                slow,
                original,
                truncate,
                magnitude,
            } => {
                // The pair that makes so many turns over the training context.
                let pair =
                    |turns: f64| dims * (original / (turns * TAU)).ln() / (2.0 * self.theta.ln());
                let (mut first, mut last) = (pair(*fast), pair(*slow));
                if *truncate {
                    (first, last) = (first.floor(), last.ceil());
                }
                (first, last) = (first.max(0.0), last.min(dims - 1.0));
                if first == last {
                    last += 0.001;
                }
                let scaled = plain.iter().enumerate().map(|(i, f)| {
                    let divided = ((i as f64 - first) / (last - first)).clamp(0.0, 1.0);
                    f / factor * divided + f * (1.0 - divided)
                });
                (scaled.collect(), *magnitude)
            }
            Scaling::Long {
                short,
                long,
                original,
                magnitude,
            } => {
                let by = if n > *original { long } else { short };
                (divided(&mut by.iter().copied()), *magnitude)
            }
            Scaling::Tensor(_) => {
                let mut by = divisors.iter().map(|&by| f64::from(by));
                (divided(&mut by), 1.0)
            }
        }
    }

    /// The cosines and sines of some positions, `[m, dims / 2]` each; where they end, the text
    /// does. Angles are taken in f64: at position 65536 an f32 angle is off by several thousandths.
    pub(super) fn turns(
        &self,
        positions: Range<usize>,
        divisors: &[f32],
        device: &Device,
    ) -> Result<Turns, Error> {
        let (frequencies, magnitude) = self.frequencies(positions.end, divisors);
        let shape = (positions.len(), frequencies.len());
        let (mut cos, mut sin) = (Vec::new(), Vec::new());
        for position in positions {
            for frequency in &frequencies {
                let (s, c) = (position as f64 * frequency).sin_cos();
                cos.push((c * magnitude) as f32);
                sin.push((s * magnitude) as f32);
            }
        }
        Ok(Turns {
            pairs: self.pairs,
            cos: Tensor::from_vec(cos, shape, device)?,
            sin: Tensor::from_vec(sin, shape, device)?,
        })
    }
}

/// A rotation for the positions of one text.
pub(super) struct Turns {
    pairs: Pairs,
    cos: Tensor,
    sin: Tensor,
}

impl Turns {
    /// Rotates queries or keys `[H, n, d]` that nobody shares.
    pub(super) fn apply(&self, x: Tensor) -> Result<Tensor, Error> {
        let d = x.dim(2)?;
        let dims = 2 * self.cos.dim(1)?;
        let here = host(&x).is_some();
        if let (Some(cos), Some(sin), true) = (host(&self.cos), host(&self.sin), here) {
            let (cos, sin): (&[f32], &[f32]) = (&cos, &sin);
            let shape = x.dims3()?;
            let mut values = into_vec(x)?;
            let heads = values.par_chunks_mut((shape.1 * d).max(1));
            heads.for_each(|head| {
                let turns = cos.chunks(dims / 2).zip(sin.chunks(dims / 2));
                for (row, (cos, sin)) in head.chunks_mut(d.max(1)).zip(turns) {
                    self.pairs.turn(&mut row[..dims], cos, sin);
                }
            });
            return Ok(Tensor::from_vec(values, shape, &Device::Cpu)?);
        }
        let turned = x.narrow(2, 0, dims)?.contiguous()?.unsqueeze(0)?; // [1, H, n, dims]
        let turned = match self.pairs {
            Pairs::Halves => candle_nn::rotary_emb::rope(&turned, &self.cos, &self.sin)?,
            Pairs::Neighbours => candle_nn::rotary_emb::rope_i(&turned, &self.cos, &self.sin)?,
        };
        let turned = turned.squeeze(0)?; // [H, n, dims]
        if dims == d {
            return Ok(turned);
        }
        let rest = x.narrow(2, dims, d - dims)?; // [H, n, d - dims]
        Ok(Tensor::cat(&[turned, rest], 2)?.contiguous()?)
    }
}
