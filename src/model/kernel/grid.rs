//! A matrix cut into rectangles that several threads write at once.
//!
//! The only unsafe code of the forward pass. Threads that share a matrix by columns write to
//! interleaved ranges of one slice, which safe code can only do through a copy of every product.

#![allow(
    unsafe_code,
    reason = "rectangles of one matrix are disjoint, which slices can't express"
)]

use std::marker::PhantomData;
use std::ops::Range;

/// A rectangle of a row-major matrix.
#[derive(Debug)]
pub(in crate::model) struct Tile<'a> {
    start: *mut f32,
    stride: usize,
    /// Rows of the matrix.
    pub rows: Range<usize>,
    /// Columns of the matrix.
    pub columns: Range<usize>,
    matrix: PhantomData<&'a mut [f32]>,
}

// SAFETY: a tile is an exclusive borrow of its cells, which are plain numbers.
unsafe impl Send for Tile<'_> {}

impl<'a> Tile<'a> {
    /// A whole matrix with `columns.len()` columns, which stand for `columns` of a larger one.
    pub(in crate::model) fn whole(matrix: &'a mut [f32], columns: Range<usize>) -> Self {
        let stride = columns.len();
        Self {
            start: matrix.as_mut_ptr(),
            stride,
            rows: 0..matrix.len().checked_div(stride).unwrap_or(0),
            columns,
            matrix: PhantomData,
        }
    }

    /// The same cells, rows and columns counted from the tile's first.
    pub(in crate::model) fn alone(mut self) -> Self {
        self.rows = 0..self.rows.len();
        self.columns = 0..self.columns.len();
        self
    }

    /// Row `at` of the rectangle, counted from its first; empty outside of it.
    #[inline]
    pub(in crate::model) fn row(&mut self, at: usize) -> &mut [f32] {
        if at >= self.rows.len() {
            return &mut [];
        }
        // SAFETY: `tiles` made the rectangle inside of the borrowed matrix, and no other tile has
        // a cell of it; `at` is one of its rows.
        unsafe {
            std::slice::from_raw_parts_mut(self.start.add(at * self.stride), self.columns.len())
        }
    }
}

/// Cuts a row-major matrix with `stride` columns into rectangles of at most `height` rows and
/// `width` columns, row after row of rectangles.
pub(in crate::model) fn tiles(
    matrix: &mut [f32],
    stride: usize,
    height: usize,
    width: usize,
) -> Vec<Tile<'_>> {
    let (height, width) = (height.max(1), width.max(1));
    let rows = matrix.len().checked_div(stride).unwrap_or(0);
    let start = matrix.as_mut_ptr();
    let mut tiles = Vec::with_capacity(rows.div_ceil(height) * stride.div_ceil(width));
    for row in (0..rows).step_by(height) {
        for column in (0..stride).step_by(width) {
            tiles.push(Tile {
                // SAFETY: row < rows and column < stride, so the offset is inside of the matrix.
                start: unsafe { start.add(row * stride + column) },
                stride,
                rows: row..rows.min(row + height),
                columns: column..stride.min(column + width),
                matrix: PhantomData,
            });
        }
    }
    tiles
}
