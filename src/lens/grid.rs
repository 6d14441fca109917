//! Rectangles of values, as the lens hands them out.

use super::Scale;

/// A rectangle of values; `None` is a masked cell, NaN stays NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Rows (queries, or tiles of queries).
    pub rows: usize,
    /// Columns (keys, or tiles of keys).
    pub columns: usize,
    /// `[rows, columns]`, row by row.
    pub cells: Vec<Option<f32>>,
}

impl Grid {
    /// A grid of masked cells.
    pub fn masked(rows: usize, columns: usize) -> Self {
        Self {
            rows,
            columns,
            cells: vec![None; rows * columns],
        }
    }

    /// Shows values of [`Scale::pooled_as`] at a scale.
    pub fn rescale(&mut self, scale: Scale) {
        if scale != scale.pooled_as() {
            let cells = self.cells.iter_mut().flatten();
            cells.for_each(|value| *value = scale.of_cell(*value));
        }
    }

    /// One value; `None` where masked or outside.
    pub fn get(&self, row: usize, column: usize) -> Option<f32> {
        if column >= self.columns {
            return None;
        }
        self.cells
            .get(row * self.columns + column)
            .copied()
            .flatten()
    }
}
