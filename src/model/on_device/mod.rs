//! Streaming attention on a device: the same blocks, weights and numbers as on the processor, in
//! operations of the tensor library. Only small results cross to the host, those of a block while
//! the next one runs.

mod kept;

use candle_core::{D, DType, Tensor};

use super::attention::Inputs;
use super::record::{RowNumbers, Thumbnails, thumbnail_tile};
use super::{Error, Floats, LayerRecord};
use kept::Kept;

/// Rows of a block; more hide the cost of starting an operation.
const BLOCK_ROWS: usize = 512;

/// Tensors of `H * rows * n` floats that a block holds at a time.
const HELD: usize = 8;

/// Bytes of a device that a block of the most rows takes where a text has `n` tokens.
pub fn block_bytes(heads: usize, n: usize) -> u64 {
    [HELD, BLOCK_ROWS, heads, n, 4]
        .into_iter()
        .fold(1u64, |bytes, factor| bytes.saturating_mul(factor as u64))
}

/// Attention of all heads: the output `[n, H * d]` and the layer's record, whose value norms are
/// still to be filled in. No tensor is larger than `H * rows * n`.
pub(super) fn attend(
    inputs: &Inputs,
    cancelled: &dyn Fn() -> bool,
) -> Result<(Tensor, Option<LayerRecord>), Error> {
    let (heads, n, d) = inputs.q.dims3()?;
    let kv_heads = inputs.k.dim(0)?;
    let rows = inputs
        .block_rows
        .unwrap_or_else(|| (inputs.device_floats / HELD / (heads * n).max(1)).clamp(1, BLOCK_ROWS));
    let columns = Columns::new(inputs, n)?;
    let mut kept = Kept::new(heads, n);
    let mut outputs = Vec::with_capacity(n.div_ceil(rows));
    let mut running: Option<Small> = None;
    // Blocks end where rows begin to leave something behind.
    let from = inputs.from;
    let starts = (0..from).step_by(rows).chain((from..n).step_by(rows));
    for start in starts {
        if cancelled() {
            return Err(Error::Cancelled);
        }
        let end = if start < from { from } else { n };
        let count = rows.min(end - start);
        let (output, small) = block(inputs, &columns, start, count)?;
        outputs.push(output);
        if start < from {
            continue;
        }
        // This block is under way; what the one before it left is waited for only now.
        if let Some(done) = running.replace(small) {
            kept.take(&done, inputs.rule)?;
        }
    }
    if let Some(done) = running {
        kept.take(&done, inputs.rule)?;
    }
    let output = Tensor::cat(&outputs, 0)?;
    if from == n {
        return Ok((output, None));
    }
    let host = |t: &Tensor| -> Result<Vec<f32>, Error> { Ok(t.flatten_all()?.to_vec1()?) };
    let record = kept.record(LayerRecord {
        layer: inputs.layer,
        heads,
        kv_heads,
        tokens: n,
        head_dim: d,
        q: host(&inputs.q.narrow(1, from, n - from)?)?.into(),
        k: host(&inputs.k)?.into(),
        lse: Floats::default(),
        rule: inputs.rule.starting(from),
        rows: RowNumbers::default(),
        received: Floats::default(),
        thumbnails: Thumbnails::default(),
        value_norms: Floats::default(),
        dense: None,
        trail: None,
    });
    Ok((output, Some(record)))
}

/// What is the same for all blocks.
struct Columns {
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
    fn new(inputs: &Inputs, n: usize) -> Result<Self, Error> {
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

/// What one block leaves for the host; on a device until it is read.
struct Small {
    start: usize,
    from: usize,
    /// `[NUMBERS, H, r]`
    numbers: Tensor,
    /// `[H, w]`
    received: Tensor,
    /// First tile and `[H, r, tiles]`: the largest weight and the sum of each tile.
    first_tile: usize,
    largest: Tensor,
    sums: Tensor,
}

/// Tables of a block: lse, self, previous, first, entropy, distance, duplicate, induction, mass.
const NUMBERS: usize = 9;

fn block(
    inputs: &Inputs,
    columns: &Columns,
    start: usize,
    count: usize,
) -> Result<(Tensor, Small), Error> {
    let (heads, n, d) = inputs.q.dims3()?;
    let kv_heads = inputs.k.dim(0)?;
    let group = heads / kv_heads;
    let rule = inputs.rule;
    let from = rule.visible(start).start;
    let width = start + count - from;
    let keys = |t: &Tensor| t.narrow(1, from, width);
    let rows = |t: &Tensor| t.narrow(1, start, count)?.t();

    let q = inputs.q.narrow(1, start, count)?.contiguous()?; // [H, r, d]
    let q = q.reshape((kv_heads, group * count, d))?; // [H_kv, g*r, d]
    let k = keys(&inputs.k)?.contiguous()?; // [H_kv, w, d]
    let v = keys(&inputs.v)?.contiguous()?; // [H_kv, w, d]
    let mut scores = (q.matmul(&k.t()?)? * f64::from(rule.scale))?; // [H_kv, g*r, w]
    if let Some(cap) = rule.softcap.map(f64::from) {
        scores = ((scores / cap)?.tanh()? * cap)?;
    }
    let mut scores = scores.reshape((heads, count, width))?; // [H, r, w]
    let query = rows(&columns.positions)?; // [r, 1]
    let behind = query.broadcast_sub(&keys(&columns.positions)?)?; // [r, w]: i - j
    if let Some(slopes) = &columns.slopes {
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
    if let Some(sinks) = &columns.sinks {
        max = max.broadcast_maximum(sinks)?;
    }
    let shifted = scores.broadcast_sub(&max)?; // [H, r, w]
    let shifted = visible.where_cond(&shifted, &fill(f32::NEG_INFINITY)?)?;
    let exps = shifted.exp()?; // [H, r, w]; 0 where masked
    let sum = exps.sum_keepdim(D::Minus1)?; // [H, r, 1]
    let total = match &columns.sinks {
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
    let earlier = behind.gt(0f64)?.to_dtype(DType::F32)?; // [r, w]
    let query_ids = rows(&columns.ids)?; // [r, 1]
    let same = query_ids
        .broadcast_eq(&keys(&columns.ids)?)?
        .to_dtype(DType::F32)?;
    let after_same = query_ids.broadcast_eq(&keys(&columns.ids_before)?)?;
    let numbers = [
        (&max + &log_total)?.squeeze(2)?,
        share(&behind.eq(0f64)?)?,
        share(&behind.eq(1f64)?)?,
        share(
            &keys(&columns.positions)?
                .eq(0f64)?
                .broadcast_as((count, width))?,
        )?,
        entropy.squeeze(2)?,
        share(&(behind.relu()?))?,
        share(&(same * earlier)?)?,
        share(&(after_same.to_dtype(DType::F32)? * &seen)?)?,
        weights.sum(D::Minus1)?,
    ];
    let (first_tile, last_tile) = (from / columns.tile, (start + count - 1) / columns.tile);
    let shown = visible.where_cond(&weights, &fill(Thumbnails::MASKED)?)?; // [H, r, w]
    let (mut largest, mut sums) = (Vec::new(), Vec::new());
    for tile in first_tile..=last_tile {
        let columns = columns_of(tile, n, columns.tile);
        let (low, high) = (columns.start.max(from), columns.end.min(start + count));
        let (at, wide) = (low - from, high - low);
        largest.push(shown.narrow(2, at, wide)?.max_keepdim(2)?);
        sums.push(weights.narrow(2, at, wide)?.sum_keepdim(2)?);
    }
    let output = weights
        .reshape((kv_heads, group * count, width))?
        .matmul(&v)? // [H_kv, g*r, d]
        .reshape((heads, count, d))?
        .transpose(0, 1)? // [r, H, d]
        .reshape((count, heads * d))?;
    Ok((
        output,
        Small {
            start,
            from,
            numbers: Tensor::stack(&numbers, 0)?,
            received: weights.sum(1)?,
            first_tile,
            largest: Tensor::cat(&largest, 2)?,
            sums: Tensor::cat(&sums, 2)?,
        },
    ))
}

/// The positions that fall into a tile.
fn columns_of(tile: usize, n: usize, size: usize) -> std::ops::Range<usize> {
    tile * size..((tile + 1) * size).min(n)
}
