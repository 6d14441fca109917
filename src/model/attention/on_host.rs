//! Attention on the processor: heads and blocks of rows shared out over all threads.

use candle_core::{Device, Tensor};
use rayon::prelude::*;

use crate::model::kernel::{NARROW, Panels, Product, Spare, Tile, tiles};
use crate::model::parts::Run;
use crate::model::row::{BlockRows, HeadRows, Taking};
use crate::model::{Error, dot};

/// Scores of a block of rows: 1 MiB, so that they stay in the second cache.
const SCORES: usize = 1 << 18;
/// The most rows of a block; more gain nothing.
const BLOCK_ROWS: usize = 64;
/// The fewest rows of a block: keys and values are read once a block.
const FEWEST_ROWS: usize = 16;
/// So few rows are not worth packing keys and values for.
const FEW: usize = 4;
/// Multiply-adds between two looks at whether the run goes on: some 20 ms of two threads.
const WORK: usize = 4_000_000_000;

/// What attention reads, as slices: q `[H, m, d]`, k and v `[H_kv, n, d]`.
pub(super) struct Inputs<'a> {
    pub q: &'a [f32],
    pub k: &'a [f32],
    pub v: &'a [f32],
    pub heads: usize,
    pub n: usize,
    /// The position of the first query: n - m.
    pub first: usize,
    pub d: usize,
    /// The first query that leaves something behind.
    pub from: usize,
    pub block_rows: Option<usize>,
}

/// Buffers that all layers share, one after the other.
#[derive(Default)]
pub(super) struct Buffers {
    /// Of each KV head: keys `[d, n]` and values `[n, d]`.
    heads: Vec<(Panels, Panels)>,
}

/// What is told after every block of rows: how many rows are done, and what they left behind.
pub(super) type Marks<'a> = &'a mut dyn FnMut(usize, &[HeadRows]);

/// The output `[m, H * d]`; what the rows leave behind goes to `per_head`.
pub(super) fn attend(
    inputs: &Inputs,
    taking: &Taking,
    buffers: &mut Buffers,
    (per_head, mark): (&mut [HeadRows], Marks),
    run: &Run,
) -> Result<Tensor, Error> {
    let Inputs {
        heads,
        n,
        first,
        d,
        from,
        ..
    } = *inputs;
    let head = (n * d).max(1);
    let kv_heads = inputs.k.len() / head;
    let few = n - first <= FEW;
    buffers.heads.resize_with(kv_heads, Default::default);
    let keys_and_values = inputs.k.par_chunks(head).zip(inputs.v.par_chunks(head));
    let panels = buffers.heads.par_iter_mut().zip(keys_and_values);
    if !few {
        panels.for_each(|((keys, values), (k, v))| {
            keys.pack(k, d, n, true, NARROW);
            values.pack(v, n, d, false, NARROW);
        });
    }

    // A power of two, so that blocks end where a later run may begin.
    let rows = inputs.block_rows.unwrap_or_else(|| {
        let fitting = (SCORES / n.max(1)).clamp(FEWEST_ROWS, BLOCK_ROWS);
        1 << fitting.ilog2()
    });
    let mut output = vec![0.0; (n - first) * heads * d];
    // Blocks of rows between two looks at whether the run goes on.
    let blocks = (WORK / (2 * rows * n * heads * d).max(1)).max(1);
    let (panels, spare) = (buffers.heads.as_slice(), run.spare);
    // Blocks end at multiples of their rows, and where rows begin to leave something behind.
    let cut = match first < from {
        true => from,
        false => first.next_multiple_of(rows).min(n),
    };
    let (before, behind) = output.split_at_mut((cut - first) * heads * d);
    for (start, part) in [(first, before), (cut, behind)] {
        let mut tiles = tiles(part, heads * d, rows, d).into_iter();
        loop {
            run.go_on()?;
            // Heads of one block of rows, then of the next.
            let work: Vec<Tile> = tiles.by_ref().take(blocks * heads).collect();
            if work.is_empty() {
                break;
            }
            let work = work.into_par_iter().enumerate();
            let work = work.map(|(at, tile)| match few {
                true => few_rows(inputs, at % heads, start, tile, taking, spare),
                false => block(inputs, at % heads, start, tile, taking, (panels, spare)),
            });
            let done: Vec<BlockRows> = work.collect();
            if start < from {
                continue;
            }
            // In order, so that sums do not depend on which thread was first.
            for (at, rows) in done.into_iter().enumerate() {
                let head = at % heads;
                let end = rows.end();
                if let Some(head) = per_head.get_mut(head) {
                    head.append(rows, taking);
                }
                if head + 1 == heads {
                    mark(end, per_head);
                }
            }
        }
    }
    Ok(Tensor::from_vec(
        output,
        (n - first, heads * d),
        &Device::Cpu,
    )?)
}

/// Some rows of one head; the output goes to `tile`, whose rows count from row `start`.
fn block(
    inputs: &Inputs,
    head: usize,
    start: usize,
    tile: Tile,
    taking: &Taking,
    (panels, spare): (&[(Panels, Panels)], &Spare),
) -> BlockRows {
    let Inputs {
        heads, n, first, d, ..
    } = *inputs;
    let m = n - first;
    let rows = start + tile.rows.start..start + tile.rows.end;
    // The block's rows see no key before the first row's window nor after the last row.
    let from = taking.rule.visible(rows.start).start / NARROW * NARROW;
    let keys = from..rows.end.next_multiple_of(NARROW);
    let width = keys.len();
    let mut done = BlockRows::new(rows.start, from, width);
    let group = (heads / panels.len().max(1)).max(1);
    let Some((k, v)) = panels.get(head / group) else {
        return done;
    };
    let mut scores = spare.take(rows.len() * width);
    let at = |row: usize| (head * m + row - first) * d;
    let q = at(rows.start)..at(rows.end);
    Product {
        x: &inputs.q[q],
        stride: d,
        matrix: k,
        depth: 0..d,
        bias: None,
        add: false,
    }
    .fill(Tile::whole(&mut scores, keys));
    for cells in scores.chunks_mut(width) {
        done.take(head, cells, taking);
    }
    Product {
        x: &scores,
        stride: width,
        matrix: v,
        depth: from..rows.end,
        bias: None,
        add: false,
    }
    .fill(tile.alone());
    spare.give(scores);
    done
}

/// The same for few rows, from keys and values as they lie.
fn few_rows(
    inputs: &Inputs,
    head: usize,
    start: usize,
    mut tile: Tile,
    taking: &Taking,
    spare: &Spare,
) -> BlockRows {
    let Inputs {
        heads, n, first, d, ..
    } = *inputs;
    let rows = start + tile.rows.start..start + tile.rows.end;
    let from = taking.rule.visible(rows.start).start / NARROW * NARROW;
    // Cells past the last key are there for whole vectors, and masked.
    let width = rows.end.next_multiple_of(NARROW) - from;
    let mut done = BlockRows::new(rows.start, from, width);
    let kv_heads = inputs.k.len() / (n * d).max(1);
    let kv = head * kv_heads / heads;
    let seen = (kv * n + from) * d..(kv * n + rows.end) * d;
    let (keys, values) = (&inputs.k[seen.clone()], &inputs.v[seen]);
    let mut cells = spare.take(width);
    for (at, row) in rows.enumerate() {
        let q = (head * (n - first) + row - first) * d;
        let q = &inputs.q[q..q + d];
        let keys = keys.chunks_exact(d.max(1));
        for (cell, key) in cells.iter_mut().zip(keys) {
            *cell = dot(q, key);
        }
        done.take(head, &mut cells, taking);
        let out = tile.row(at);
        out.fill(0.0);
        for (weight, value) in cells.iter().zip(values.chunks_exact(d.max(1))) {
            for (out, value) in out.iter_mut().zip(value) {
                *out += weight * value;
            }
        }
    }
    spare.give(cells);
    done
}
