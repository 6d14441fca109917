//! Streaming attention on a device: the same blocks, weights and numbers as on the processor. Only
//! small results cross to the host, those of a block while the next one runs.

#[cfg(feature = "cuda")]
mod cuda;
mod kept;
mod pending;
mod plain;

use std::ops::Range;

use candle_core::{DType, Tensor};

use super::attention::Inputs;
use super::fetch::Fetch;
use super::record::{RowNumbers, Thumbnails};
use super::resume::{self, Begun, Mark, joined};
use super::{Error, Floats, LayerRecord};
use kept::Kept;
pub(super) use pending::Pending;
use pending::Vectors;

/// Rows of a block on a device, at most; more hide the cost of starting an operation.
pub const BLOCK_ROWS: usize = 512;

/// Tensors of `H * rows * n` floats that a block holds at a time.
pub(super) const HELD: usize = if cfg!(feature = "cuda") { 1 } else { 8 };

/// Tables of a block: lse, self, previous, first, entropy, duplicate, induction; of all keys but the
/// first, the distance times the weight and the weight.
const NUMBERS: usize = 9;

/// Bytes of a device that a block of the most rows takes where a text has `n` tokens.
pub fn block_bytes(heads: usize, n: usize) -> u64 {
    [HELD, BLOCK_ROWS, heads, n, 4]
        .into_iter()
        .fold(1u64, |bytes, factor| bytes.saturating_mul(factor as u64))
}

/// Rows of attention that are computed together, and the keys that they see.
#[derive(Clone, Copy, Debug)]
struct Block {
    /// The first row, and how many there are.
    start: usize,
    count: usize,
    /// The first key that one of them sees, and how many there are up to the last row's own.
    from: usize,
    width: usize,
}

impl Block {
    fn new(start: usize, count: usize, inputs: &Inputs) -> Self {
        let from = inputs.rule.visible(start).start;
        Self {
            start,
            count,
            from,
            width: start + count - from,
        }
    }

    /// The tiles of so many positions that its keys fall into.
    fn tiles(self, size: usize) -> Range<usize> {
        self.from / size..(self.from + self.width).div_ceil(size)
    }

    /// The tiles of so many positions that its rows fall into.
    fn row_tiles(self, size: usize) -> Range<usize> {
        self.start / size..(self.start + self.count).div_ceil(size)
    }
}

/// Memory of a device that the attention of one layer leaves to that of the next.
#[derive(Default)]
pub(super) struct Scratch {
    /// The scores of a block, flat. The driver keeps what tensors of other sizes gave back, so that
    /// blocks with one each, wider and wider, would hold much more than one takes.
    #[cfg(feature = "cuda")]
    scores: Option<Tensor>,
}

/// What one block leaves for the host.
struct Small {
    block: Block,
    /// `[NUMBERS, H, r]`
    numbers: Fetch,
    /// `[H, r, tiles]`, or `[H, R, tiles]` for the R tiles that the rows fall into: the largest
    /// weight of each tile, and the sum.
    largest: Fetch,
    sums: Fetch,
}

/// Attention of all heads: the output `[m, H * d]` and the layer's record, whose value norms are
/// still to be filled in. No tensor is larger than `H * rows * n`.
pub(super) fn attend<'a>(
    inputs: &Inputs<'a>,
    scratch: &mut Scratch,
    cancelled: &dyn Fn() -> bool,
) -> Result<(Tensor, Option<Pending<'a>>), Error> {
    let (heads, m, d) = inputs.q.dims3()?;
    let (kv_heads, n) = (inputs.k.dim(0)?, inputs.repeats.ids().len());
    let (first, from) = (n - m, inputs.from);
    let rows = inputs.block_rows.unwrap_or_else(|| {
        let rows = (inputs.device_floats / HELD / (heads * n).max(1)).clamp(1, BLOCK_ROWS);
        match inputs.trail {
            // So that blocks end where a later run may begin.
            true => 1 << rows.ilog2(),
            false => rows,
        }
    });
    let vectors = match from < n {
        true => Some(Vectors::begin(inputs, from.saturating_sub(first))?),
        false => None,
    };
    let (mut marks, step) = (Vec::new(), resume::step(n));
    let mut weigher = Weigher::new(inputs, (n, rows), scratch)?;
    let mut kept = Kept::new(heads, n, inputs.begun);
    let mut outputs = Vec::with_capacity(m.div_ceil(rows) + 1);
    let mut running: Option<Small> = None;
    let mut start = first;
    while start < n {
        if cancelled() {
            return Err(Error::Cancelled);
        }
        // Blocks end at multiples of their rows, and where rows begin to leave something behind.
        let end = match start < from {
            true => from,
            false => n,
        };
        let end = end.min((start / rows + 1) * rows);
        let block = Block::new(start, end - start, inputs);
        let (output, small) = weigher.run(inputs, block)?;
        outputs.push(output);
        // This block is under way; what the one before it left is waited for only now.
        if let Some(small) = small
            && let Some(done) = running.replace(small)
        {
            kept.take(done, inputs.landing)?;
        }
        if inputs.trail && end < n && end.is_multiple_of(step) {
            let received = weigher.received.narrow(1, 0, end)?;
            marks.push((end, inputs.landing.begin(&received)?));
        }
        start = end;
    }
    let output = Tensor::cat(&outputs, 0)?;
    let Some(vectors) = vectors else {
        return Ok((output, None));
    };
    let pending = Pending {
        kept,
        last: running,
        received: inputs.landing.begin(&weigher.received)?,
        vectors,
        marks,
        record: LayerRecord {
            layer: inputs.layer,
            heads,
            kv_heads,
            tokens: n,
            head_dim: d,
            q: Floats::default(),
            k: Floats::default(),
            lse: Floats::default(),
            rule: inputs.rule.starting(from),
            rows: RowNumbers::default(),
            received: Floats::default(),
            thumbnails: Thumbnails::default(),
            value_norms: Floats::default(),
            dense: None,
            trail: None,
        },
    };
    Ok((output, Some(pending)))
}

/// Turns the scores of blocks into weights, by what the device has.
struct Weigher {
    #[cfg(feature = "cuda")]
    cuda: Option<cuda::Shared>,
    /// None where the device has something better.
    plain: Option<plain::Columns>,
    /// Of all tokens, `[H_kv, n, d]`.
    k: Tensor,
    v: Tensor,
    /// The position of the first query.
    first: usize,
    /// What every key has received so far, `[H, n]`.
    received: Tensor,
}

/// The first rows of an earlier run `[H, .., d]`, and behind them those of `[H, m, d]`.
fn behind(old: &[f32], rows: usize, new: &Tensor) -> Result<Tensor, Error> {
    let (heads, _, d) = new.dims3()?;
    let old = joined(old, rows, &[], heads, d);
    let old = Tensor::from_vec(old, (heads, rows, d), new.device())?;
    Ok(Tensor::cat(&[&old, new], 1)?)
}

impl Weigher {
    /// For blocks of at most `rows` rows of a text of `n` tokens.
    fn new(
        inputs: &Inputs,
        (n, rows): (usize, usize),
        scratch: &mut Scratch,
    ) -> Result<Self, Error> {
        #[cfg(not(feature = "cuda"))]
        let _ = (rows, scratch);
        let (heads, device) = (inputs.q.dim(0)?, inputs.q.device());
        let (k, v) = match &inputs.begun {
            Some(Begun {
                record,
                trail,
                rows,
            }) => (
                behind(&record.k, *rows, &inputs.k)?,
                behind(&trail.values, *rows, &inputs.v)?,
            ),
            None => (inputs.k.clone(), inputs.v.clone()),
        };
        let received = match inputs.begun.as_ref().and_then(Begun::mark) {
            Some(Mark { rows, received }) => {
                let before = Tensor::from_slice(received, (heads, *rows), device)?;
                before.pad_with_zeros(1, 0, n - rows)?
            }
            None => Tensor::zeros((heads, n), DType::F32, device)?,
        };
        let better = cfg!(feature = "cuda") && device.is_cuda();
        Ok(Self {
            #[cfg(feature = "cuda")]
            cuda: cuda::Shared::new(inputs, (n, rows), scratch)?,
            plain: (!better)
                .then(|| plain::Columns::new(inputs, n))
                .transpose()?,
            first: n - inputs.q.dim(1)?,
            k,
            v,
            received,
        })
    }

    /// The output `[r, H * d]` of a block, and what it leaves where its rows are kept.
    fn run(&mut self, inputs: &Inputs, block: Block) -> Result<(Tensor, Option<Small>), Error> {
        let (heads, _, d) = inputs.q.dims3()?;
        let kv_heads = inputs.k.dim(0)?;
        let (group, count) = (heads / kv_heads, block.count);
        // Products on a GPU of NVIDIA's take keys where they lie.
        let keys = |t: &Tensor| {
            let keys = t.narrow(1, block.from, block.width)?;
            match keys.device().is_cuda() {
                true => Ok(keys),
                false => keys.contiguous(),
            }
        };
        let q = inputs.q.narrow(1, block.start - self.first, count)?;
        let q = q.contiguous()?; // [H, r, d]
        let q = q.reshape((kv_heads, group * count, d))?; // [H_kv, g*r, d]
        let (k, v) = (keys(&self.k)?, keys(&self.v)?); // [H_kv, w, d]
        let products = self.products(&q, &k)?; // [H_kv, g*r, w]
        let products = products.reshape((heads, count, block.width))?; // [H, r, w]
        let (weights, small) = self.weigh(products, inputs, block)?; // [H, r, w]
        let output = weights
            .reshape((kv_heads, group * count, block.width))?
            .matmul(&v)? // [H_kv, g*r, d]
            .reshape((heads, count, d))?
            .transpose(0, 1)? // [r, H, d]
            .reshape((count, heads * d))?;
        Ok((output, small))
    }

    /// Products of queries `[H_kv, g*r, d]` and keys `[H_kv, w, d]`, until the next block's.
    fn products(&self, q: &Tensor, k: &Tensor) -> Result<Tensor, Error> {
        #[cfg(feature = "cuda")]
        if let Some(shared) = &self.cuda {
            return shared.products(q, k);
        }
        Ok(q.matmul(&k.t()?)?)
    }

    /// Products of queries and keys `[H, r, w]` to weights.
    fn weigh(
        &mut self,
        products: Tensor,
        inputs: &Inputs,
        block: Block,
    ) -> Result<(Tensor, Option<Small>), Error> {
        let kept = block.start >= inputs.from;
        #[cfg(feature = "cuda")]
        if let Some(shared) = &self.cuda {
            let fetches = cuda::weigh(&products, shared, block, (inputs, kept))?;
            if kept {
                cuda::receive(&self.received, &products, block)?;
            }
            let small = fetches.map(|[numbers, largest, sums]| Small {
                block,
                numbers,
                largest,
                sums,
            });
            return Ok((products, small));
        }
        let Some(plain) = &self.plain else {
            return Err(candle_core::Error::Msg("no way to weigh rows here".to_owned()).into());
        };
        let weighed = plain.weigh(&products, inputs.rule, block)?;
        if !kept {
            return Ok((weighed.weights, None));
        }
        let after = self.received.dim(1)? - block.from - block.width;
        let given = weighed.weights.sum(1)?; // [H, w]
        let given = given.pad_with_zeros(1, block.from, after)?; // [H, n]
        self.received = (&self.received + given)?;
        let small = Small {
            block,
            numbers: inputs.landing.begin(&weighed.numbers)?,
            largest: inputs.landing.begin(&weighed.largest)?,
            sums: inputs.landing.begin(&weighed.sums)?,
        };
        Ok((weighed.weights, Some(small)))
    }
}

/// The positions that fall into a tile.
fn columns_of(tile: usize, n: usize, size: usize) -> std::ops::Range<usize> {
    tile * size..((tile + 1) * size).min(n)
}
