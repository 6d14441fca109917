//! Products of rows with a packed matrix.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::grid::{Tile, tiles};
use super::panels::Panels;

/// Rows of the matrix that are summed up before the sum is written: a panel of so many lies in the
/// second cache.
const DEPTH: usize = 1024;
/// Rows of a piece of work of one thread.
const ROWS: usize = 256;
/// Multiply-adds of the smallest piece that is worth a thread of its own.
const PIECE: usize = 1 << 20;

/// `y = x W`, or `y += x W`, plus a bias.
#[derive(Clone, Debug)]
pub(in crate::model) struct Product<'a> {
    /// Rows of numbers, the first `depth` of each `stride` are read.
    pub x: &'a [f32],
    pub stride: usize,
    /// `[depth, columns]`
    pub matrix: &'a Panels,
    /// Rows of the matrix that are read, `x` holds as many columns.
    pub depth: Range<usize>,
    /// `[columns]`
    pub bias: Option<&'a [f32]>,
    /// Whether the product is added to what `y` holds.
    pub add: bool,
}

/// Computes all of `y`, `[rows, columns]`, on all threads.
pub(in crate::model) fn multiply(product: &Product, y: &mut [f32]) {
    let Panels { columns, width, .. } = *product.matrix;
    if columns == 0 {
        return;
    }
    let rows = (y.len() / columns).min(ROWS);
    let of_panel = rows.max(1) * width * product.depth.len().max(1);
    let panels = columns.div_ceil(width);
    let threads = rayon::current_num_threads();
    // Four pieces a thread even out what threads take.
    let at_most = panels.div_ceil(4 * threads).max(1);
    let at_least = PIECE.div_ceil(of_panel).max(1);
    let each = at_most.max(at_least).min(panels);
    let tiles = tiles(y, columns, ROWS, each * width);
    match tiles.len() {
        0 | 1 => tiles.into_iter().for_each(|tile| product.fill(tile)),
        _ => tiles.into_par_iter().for_each(|tile| product.fill(tile)),
    }
}

impl Product<'_> {
    /// Computes the cells of a tile of `y` whose columns begin with a panel.
    pub(in crate::model) fn fill(&self, tile: Tile) {
        super::run(Piece {
            product: self,
            tile,
        });
    }
}

/// A tile of a product.
pub(super) struct Piece<'a, 'b> {
    pub product: &'a Product<'b>,
    pub tile: Tile<'a>,
}

impl WithSimd for Piece<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { product, mut tile } = self;
        let width = product.matrix.width;
        let columns = tile.columns.clone();
        let mut first = true;
        let mut from = product.depth.start;
        loop {
            let depth = from..product.depth.end.min(from + DEPTH);
            for panel in columns.start / width..columns.end.div_ceil(width) {
                // Accumulators fill the registers: 24 of 32, or 12 of 16.
                match (S::F32_LANES, width) {
                    (16, 48) => rows::<S, 8, 3>(simd, product, &mut tile, panel, &depth, first),
                    (16, _) => rows::<S, 8, 2>(simd, product, &mut tile, panel, &depth, first),
                    (8, _) => rows::<S, 6, 2>(simd, product, &mut tile, panel, &depth, first),
                    _ => rows::<S, 6, 4>(simd, product, &mut tile, panel, &depth, first),
                }
            }
            first = false;
            from = depth.end;
            if from >= product.depth.end {
                break;
            }
        }
    }
}

/// All rows of a tile times one panel, `M` rows at a time.
#[inline(always)]
fn rows<S: Simd, const M: usize, const V: usize>(
    simd: S,
    product: &Product,
    tile: &mut Tile,
    panel: usize,
    depth: &Range<usize>,
    first: bool,
) {
    let count = tile.rows.len();
    let mut row = 0;
    while row < count {
        macro_rules! block {
            ($($m:literal)*) => {
                match (count - row).min(M) {
                    $($m => block::<S, $m, V>(simd, product, tile, panel, depth, first, row),)*
                    _ => {}
                }
            };
        }
        block!(1 2 3 4 5 6 7 8);
        row += M;
    }
}

/// `M` rows times one panel, `V` vectors of columns at a time.
#[inline(always)]
fn block<S: Simd, const M: usize, const V: usize>(
    simd: S,
    product: &Product,
    tile: &mut Tile,
    panel: usize,
    depth: &Range<usize>,
    first: bool,
    row: usize,
) {
    let width = product.matrix.width;
    let length = depth.len();
    let values = product.matrix.panel(panel);
    let values = &values[depth.start * width..depth.end * width];
    let mut x: [&[f32]; M] = [&[]; M];
    for (at, x) in x.iter_mut().enumerate() {
        let from =
            (tile.rows.start + row + at) * product.stride + depth.start - product.depth.start;
        *x = &product.x[from..from + length];
    }
    let step = V * S::F32_LANES;
    let mut column = 0;
    while column + step <= width {
        let mut sums = [[simd.splat_f32s(0.0); V]; M];
        for (at, values) in values.chunks_exact(width).enumerate() {
            let (values, _) = S::as_simd_f32s(&values[column..column + step]);
            let mut b = [simd.splat_f32s(0.0); V];
            for (b, value) in b.iter_mut().zip(values) {
                *b = *value;
            }
            for (sums, x) in sums.iter_mut().zip(&x) {
                let a = simd.splat_f32s(x[at]);
                for (sum, b) in sums.iter_mut().zip(&b) {
                    *sum = simd.mul_add_e_f32s(a, *b, *sum);
                }
            }
        }
        let from = panel * width + column;
        store(simd, product, tile, from, first, row, &sums);
        column += step;
    }
}

/// Writes sums to the columns of `y` from `from` on.
#[inline(always)]
fn store<S: Simd, const M: usize, const V: usize>(
    simd: S,
    product: &Product,
    tile: &mut Tile,
    from: usize,
    first: bool,
    row: usize,
    sums: &[[S::f32s; V]; M],
) {
    let within = from.saturating_sub(tile.columns.start);
    let bias = product.bias.filter(|_| first);
    let bias = bias.map_or(&[][..], |bias| bias.get(from..).unwrap_or(&[]));
    let add = product.add || !first;
    for (at, sums) in sums.iter().enumerate() {
        let Some(y) = tile.row(row + at).get_mut(within..) else {
            return;
        };
        for (v, sum) in sums.iter().enumerate() {
            let begin = v * S::F32_LANES;
            if begin >= y.len() {
                break;
            }
            let end = y.len().min(begin + S::F32_LANES);
            let y = &mut y[begin..end];
            let mut sum = *sum;
            if let Some(bias) = bias.get(begin..) {
                let bias = &bias[..bias.len().min(S::F32_LANES)];
                sum = simd.add_f32s(sum, simd.partial_load_f32s(bias));
            }
            if add {
                sum = simd.add_f32s(sum, simd.partial_load_f32s(y));
            }
            simd.partial_store_f32s(y, sum);
        }
    }
}
