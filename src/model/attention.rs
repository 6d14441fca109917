//! Streaming `softmax(Q K^T) V`: the one place where weights exist, a block of rows at a time.

mod on_host;
#[cfg(test)]
mod tests;

use candle_core::Tensor;

pub(super) use on_host::Buffers;

use super::host::{host, into_vec};
use super::parts::Run;
use super::row::{Collected, HeadRows, Repeats, Taking, Tiling};
use super::{Error, Floats, Layer, LayerRecord, Rule, on_device};

/// Queries, keys and values of the processor are contiguous f32.
const NOT_SLICES: &str = "queries, keys and values do not lie in one piece";

/// What attention reads.
pub(super) struct Inputs<'a> {
    pub layer: Layer,
    /// `[H, n, d]`, shared with nobody: the record takes its numbers.
    pub q: Tensor,
    /// `[H_kv, n, d]`, the same.
    pub k: Tensor,
    /// `[H_kv, n, d]`
    pub v: &'a Tensor,
    pub rule: &'a Rule,
    pub repeats: &'a Repeats,
    /// Rows of a block; `None` for as many as gain something.
    pub block_rows: Option<usize>,
    /// Floats that a block may take on a device that is not the processor.
    pub device_floats: usize,
}

/// Attention of all heads: the output `[n, H * d]` and the layer's record, whose value norms are
/// still to be filled in. Memory is linear in n.
pub(super) fn attend(
    inputs: Inputs,
    buffers: &mut Buffers,
    run: &Run,
) -> Result<(Tensor, LayerRecord), Error> {
    if !inputs.q.device().is_cpu() {
        return on_device::attend(&inputs, run.cancelled);
    }
    let (heads, n, d) = inputs.q.dims3()?;
    let tiling = Tiling::new(n);
    let taking = Taking {
        rule: inputs.rule,
        repeats: inputs.repeats,
        tiling: &tiling,
    };
    let mut per_head: Vec<HeadRows> = (0..heads).map(|_| HeadRows::new(n)).collect();
    let output = {
        let (Some(q), Some(k), Some(v)) = (host(&inputs.q), host(&inputs.k), host(inputs.v)) else {
            return Err(Error::Compute(NOT_SLICES.to_owned()));
        };
        let inputs = on_host::Inputs {
            q: &q,
            k: &k,
            v: &v,
            heads,
            n,
            d,
            block_rows: inputs.block_rows,
        };
        on_host::attend(&inputs, &taking, buffers, &mut per_head, run)?
    };
    let Collected {
        lse,
        rows,
        received,
        thumbnails,
    } = HeadRows::collect(per_head, &taking);
    let record = LayerRecord {
        layer: inputs.layer,
        heads,
        kv_heads: inputs.k.dim(0)?,
        tokens: n,
        head_dim: d,
        q: into_vec(inputs.q)?.into(),
        k: into_vec(inputs.k)?.into(),
        lse: lse.into(),
        rule: inputs.rule.clone(),
        rows: rows.into(),
        received: received.into(),
        thumbnails,
        value_norms: Floats::default(),
        dense: None,
    };
    Ok((output, record))
}
