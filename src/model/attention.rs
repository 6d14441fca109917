//! Streaming `softmax(Q K^T) V`: the one place where weights exist, a block of rows at a time.

mod on_host;
#[cfg(test)]
mod tests;

use candle_core::Tensor;
use rayon::prelude::*;

use super::fetch::Landing;
use super::host::into_vec;
use super::parts::Run;
use super::resume::{self, Begun, Mark, joined};
use super::row::{HeadRows, Repeats, Taking, Tiling};
use super::{Error, Floats, Layer, LayerRecord, Rule, Trail, on_device};

/// What attention reads.
pub(super) struct Inputs<'a> {
    pub layer: Layer,
    /// `[H, m, d]`, shared with nobody: the record takes its numbers.
    pub q: Tensor,
    /// `[H_kv, m, d]`, the same.
    pub k: Tensor,
    /// `[H_kv, m, d]`, the same.
    pub v: Tensor,
    pub rule: &'a Rule,
    /// Of all n tokens, of which `q`, `k` and `v` are the last m.
    pub repeats: &'a Repeats,
    /// What was run before; the n - m rows before those that are given.
    pub begun: Option<Begun<'a>>,
    /// The first query that leaves something behind; n for none, and then there is no record.
    pub from: usize,
    /// Whether the record keeps a trail.
    pub trail: bool,
    /// Rows of a block; `None` for as many as gain something.
    pub block_rows: Option<usize>,
    /// Where results of a device go.
    pub landing: &'a Landing,
    /// Floats that a block may take on a device that is not the processor.
    pub device_floats: usize,
}

/// Memory that the attention of one layer leaves to that of the next.
#[derive(Default)]
pub(super) struct Buffers {
    host: on_host::Buffers,
    device: on_device::Scratch,
}

/// The record of a layer.
pub(super) enum Kept<'a> {
    /// As it is.
    Here(Box<LayerRecord>),
    /// On its way from a device.
    Pending(Box<on_device::Pending<'a>>),
}

impl Kept<'_> {
    /// The record, once all of it is here.
    ///
    /// # Errors
    /// The device's.
    pub fn finish(self, landing: &Landing) -> Result<LayerRecord, Error> {
        match self {
            Self::Here(record) => Ok(*record),
            Self::Pending(pending) => pending.finish(landing),
        }
    }
}

/// Attention of all heads: the output `[m, H * d]` and the layer's record, whose value norms are
/// still to be filled in. Memory is linear in n.
pub(super) fn attend<'a>(
    inputs: Inputs<'a>,
    buffers: &mut Buffers,
    run: &Run,
) -> Result<(Tensor, Option<Kept<'a>>), Error> {
    if !inputs.q.device().is_cpu() {
        let (output, pending) = on_device::attend(&inputs, &mut buffers.device, run.cancelled)?;
        return Ok((
            output,
            pending.map(|pending| Kept::Pending(Box::new(pending))),
        ));
    }
    let (heads, m, d) = inputs.q.dims3()?;
    let (kv_heads, n) = (inputs.k.dim(0)?, inputs.repeats.ids().len());
    let Inputs { begun, from, .. } = inputs;
    let (q, k, v) = (
        into_vec(inputs.q)?,
        into_vec(inputs.k)?,
        into_vec(inputs.v)?,
    );
    let (k, v) = match begun {
        Some(Begun {
            record,
            trail,
            rows,
        }) => (
            joined(&record.k, rows, &k, kv_heads, d),
            joined(&trail.values, rows, &v, kv_heads, d),
        ),
        None => (k, v),
    };
    let tiling = Tiling::new(n);
    let taking = Taking {
        rule: inputs.rule,
        repeats: inputs.repeats,
        tiling: &tiling,
    };
    let cells = begun.map(|begun| Tiling::new(begun.record.tokens).counts(&begun.record.rule));
    let cells = cells.unwrap_or_default();
    let per_head = (0..heads).into_par_iter().map(|head| match &begun {
        Some(begun) => HeadRows::begun(begun, head, &tiling, &cells),
        None => HeadRows::new(n),
    });
    let mut per_head: Vec<HeadRows> = per_head.collect();
    let mut marks: Vec<Mark> = Vec::new();
    marks.extend(begun.iter().flat_map(|begun| begun.marks(n).cloned()));
    let step = resume::step(n);
    let mut mark = |rows: usize, per_head: &[HeadRows]| {
        let known = marks.last().is_some_and(|mark| mark.rows >= rows);
        if inputs.trail && !known && (rows == n || rows.is_multiple_of(step)) {
            let heads = per_head.iter().flat_map(|head| &head.received[..rows]);
            let received = heads.copied().collect();
            marks.push(Mark { rows, received });
        }
    };
    let host = on_host::Inputs {
        q: &q,
        k: &k,
        v: &v,
        heads,
        n,
        first: n - m,
        d,
        from,
        block_rows: inputs.block_rows,
    };
    let output = on_host::attend(
        &host,
        &taking,
        &mut buffers.host,
        (&mut per_head, &mut mark),
        run,
    )?;
    if from == n {
        return Ok((output, None));
    }
    let rule = inputs.rule.starting(from);
    let all = HeadRows::collect(per_head, &rule, &tiling);
    let (mut lse, mut rows) = (all.lse, all.rows);
    let mut q = match from.checked_sub(n - m) {
        Some(skipped @ 1..) => last_rows(&q, heads, skipped * d),
        _ => q,
    };
    if let Some(begun) = &begun {
        let table = |old: &[f32], new: &[f32]| joined(old, begun.rows, new, heads, 1);
        q = joined(&begun.record.q, begun.rows, &q, heads, d);
        lse = table(&begun.record.lse, &lse);
        rows = rows.behind(&begun.record.rows, table);
    }
    let record = LayerRecord {
        layer: inputs.layer,
        heads,
        kv_heads,
        tokens: n,
        head_dim: d,
        q: q.into(),
        k: k.into(),
        lse: lse.into(),
        rule,
        rows: rows.into(),
        received: all.received.into(),
        thumbnails: all.thumbnails,
        value_norms: Floats::default(),
        dense: None,
        trail: inputs.trail.then(|| Trail {
            values: v.into(),
            marks,
        }),
    };
    Ok((output, Some(Kept::Here(Box::new(record)))))
}

/// Each head's numbers without the first `skipped`.
fn last_rows(all: &[f32], heads: usize, skipped: usize) -> Vec<f32> {
    let each = all.len() / heads.max(1);
    let heads = all.chunks_exact(each.max(1));
    heads.flat_map(|head| &head[skipped..]).copied().collect()
}
