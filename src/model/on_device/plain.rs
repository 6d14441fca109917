//! A block of rows in operations of the tensor library, for devices that have nothing better.

use candle_core::{D, DType, Tensor};

use super::{Block, columns_of};
use crate::model::attention::Inputs;
use crate::model::record::{Thumbnails, thumbnail_tile};
use crate::model::{Error, Rule};

/// What is the same for all blocks.
pub(super) struct Columns {
    /// Positions, `[1, n]`, f32: exact up to 2^24.
    positions: Tensor,
    /// Token ids, `[1, n]`.
    ids: Tensor,
    /// Ids of the tokens before, `[1, n]`; the first has none and stands for no id.
    ids_before: Tensor,
    /// `[H, 1, 1]`, where the rule has slopes.
    slopes: Option<Tensor>,
    /// `[H, 1, 1]`, where the rule has sinks.
    sinks: Option<Tensor>,
    /// Tokens a side of a thumbnail's tile.
    tile: usize,
}

impl Columns {
    pub fn new(inputs: &Inputs, n: usize) -> Result<Self, Error> {
        let device = inputs.q.device();
        let ids: Vec<i64> = inputs
            .repeats
            .ids()
            .iter()
            .map(|&id| i64::from(id))
            .collect();
        let mut before = vec![-1];
        before.extend(ids.iter().take(n.saturating_sub(1)));
        let per_head = |values: &[f32]| -> Result<Option<Tensor>, Error> {
            match values.len() {
                0 => Ok(None),
                heads => Ok(Some(Tensor::from_slice(values, (heads, 1, 1), device)?)),
            }
        };
        Ok(Self {
            positions: Tensor::arange(0u32, n as u32, device)?
                .to_dtype(DType::F32)?
                .unsqueeze(0)?,
            ids: Tensor::from_vec(ids, (1, n), device)?,
            ids_before: Tensor::from_vec(before, (1, n), device)?,
            slopes: per_head(&inputs.rule.slopes)?,
            sinks: per_head(&inputs.rule.sinks)?,
            tile: thumbnail_tile(n),
        })
    }
}

/// The weights of a block, and what its rows leave behind.
pub(super) struct Weighed {
    /// `[H, r, w]`
    pub weights: Tensor,
    /// `[NUMBERS, H, r]`
    pub numbers: Tensor,
    /// `[H, r, tiles]`: the largest weight and the sum of each tile.
    pub largest: Tensor,
    pub sums: Tensor,
}

impl Columns {
    /// Products of queries and keys `[H, r, w]` to weights.
    pub fn weigh(&self, products: &Tensor, rule: &Rule, block: Block) -> Result<Weighed, Error> {
        let (heads, count, width) = products.dims3()?;
        let n = self.positions.dim(1)?;
        let (start, from) = (block.start, block.from);
        let keys = |t: &Tensor| t.narrow(1, from, width);
        let rows = |t: &Tensor| t.narrow(1, start, count)?.t();
        let mut scores = (products * f64::from(rule.scale))?; // [H, r, w]
        if let Some(cap) = rule.softcap.map(f64::from) {
            scores = ((scores / cap)?.tanh()? * cap)?;
        }
        let query = rows(&self.positions)?; // [r, 1]
        let behind = query.broadcast_sub(&keys(&self.positions)?)?; // [r, w]: i - j
        if let Some(slopes) = &self.slopes {
            let bias = behind.neg()?.unsqueeze(0)?.broadcast_mul(slopes)?; // [H, r, w]
            scores = (scores + bias)?;
        }
        let mut seen = behind.ge(0f64)?.to_dtype(DType::F32)?; // [r, w]
        if let Some(window) = rule.window {
            seen = (seen * behind.lt(window as f64)?.to_dtype(DType::F32)?)?;
        }
        let shape = (heads, count, width);
        let visible = seen.ge(0.5f64)?.broadcast_as(shape)?.contiguous()?; // [H, r, w]
        let fill = |value: f32| Tensor::full(value, shape, scores.device());
        let masked = visible.where_cond(&scores, &fill(f32::NEG_INFINITY)?)?;
        let mut max = masked.max_keepdim(D::Minus1)?; // [H, r, 1]
        if let Some(sinks) = &self.sinks {
            max = max.broadcast_maximum(sinks)?;
        }
        let shifted = scores.broadcast_sub(&max)?; // [H, r, w]
        let shifted = visible.where_cond(&shifted, &fill(f32::NEG_INFINITY)?)?;
        let exps = shifted.exp()?; // [H, r, w]; 0 where masked
        let sum = exps.sum_keepdim(D::Minus1)?; // [H, r, 1]
        let total = match &self.sinks {
            Some(sinks) => (&sum + sinks.broadcast_sub(&max)?.exp()?)?,
            None => sum.clone(),
        };
        let log_total = total.log()?; // [H, r, 1]
        let weights = exps.broadcast_div(&total)?; // [H, r, w]
        // exp(t) * t tends to 0 with exp(t), where the product itself would be 0 * -inf.
        let terms = (&exps * shifted.maximum(-200f64)?)?; // [H, r, w]
        let terms = terms.sum_keepdim(D::Minus1)?; // [H, r, 1]
        let entropy = ((&log_total * &sum)? - terms)?.div(&total)?; // [H, r, 1]

        let share = |mask: &Tensor| -> Result<Tensor, Error> {
            let mask = mask.to_dtype(DType::F32)?; // [r, w]
            Ok(weights.broadcast_mul(&mask)?.sum(D::Minus1)?) // [H, r]
        };
        let positions = keys(&self.positions)?; // [1, w]
        let others = positions.gt(0f64)?.to_dtype(DType::F32)?; // [1, w]
        let earlier = behind.gt(0f64)?.to_dtype(DType::F32)?; // [r, w]
        let query_ids = rows(&self.ids)?; // [r, 1]
        let same = query_ids
            .broadcast_eq(&keys(&self.ids)?)?
            .to_dtype(DType::F32)?;
        let after_same = query_ids.broadcast_eq(&keys(&self.ids_before)?)?;
        let numbers = [
            (&max + &log_total)?.squeeze(2)?,
            share(&behind.eq(0f64)?)?,
            share(&behind.eq(1f64)?)?,
            share(&positions.eq(0f64)?.broadcast_as((count, width))?)?,
            entropy.squeeze(2)?,
            share(&(same * earlier)?)?,
            share(&(after_same.to_dtype(DType::F32)? * &seen)?)?,
            share(&behind.relu()?.broadcast_mul(&others)?)?,
            share(&others.broadcast_as((count, width))?)?,
        ];
        let shown = visible.where_cond(&weights, &fill(Thumbnails::MASKED)?)?; // [H, r, w]
        let (mut largest, mut sums) = (Vec::new(), Vec::new());
        for tile in block.tiles(self.tile) {
            let columns = columns_of(tile, n, self.tile);
            let (low, high) = (columns.start.max(from), columns.end.min(from + width));
            let (at, wide) = (low - from, high - low);
            largest.push(shown.narrow(2, at, wide)?.max_keepdim(2)?);
            sums.push(weights.narrow(2, at, wide)?.sum_keepdim(2)?);
        }
        Ok(Weighed {
            weights,
            numbers: Tensor::stack(&numbers, 0)?,
            largest: Tensor::cat(&largest, 2)?,
            sums: Tensor::cat(&sums, 2)?,
        })
    }
}
