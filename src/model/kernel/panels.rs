//! Matrices in the order in which products read them.

use rayon::prelude::*;

/// Columns of a panel of weights: three vectors of AVX-512.
const WIDE: usize = 48;
/// Columns of a panel where few columns would be padded to [`WIDE`].
pub(in crate::model) const NARROW: usize = 32;

/// A matrix `[depth, columns]` cut into panels of `width` columns, each `[depth, width]`; the last
/// one is filled with zeros.
#[derive(Clone, Debug, Default)]
pub(in crate::model) struct Panels {
    pub depth: usize,
    pub columns: usize,
    pub width: usize,
    values: Vec<f32>,
}

impl Panels {
    /// Packs weights `[depth, columns]`, or their transpose `[columns, depth]`.
    pub(in crate::model) fn weights(
        values: &[f32],
        depth: usize,
        columns: usize,
        transposed: bool,
    ) -> Self {
        let mut panels = Self::default();
        panels.pack(values, depth, columns, transposed, WIDE);
        panels
    }

    /// Floats that packed weights `[depth, columns]` take.
    pub(in crate::model) fn floats(depth: usize, columns: usize) -> usize {
        columns.div_ceil(WIDE) * WIDE * depth
    }

    /// Packs a matrix in place of the one that is held.
    pub(in crate::model) fn pack(
        &mut self,
        values: &[f32],
        depth: usize,
        columns: usize,
        transposed: bool,
        width: usize,
    ) {
        (self.depth, self.columns, self.width) = (depth, columns, width);
        self.values.clear();
        let padded = columns.div_ceil(width) * width;
        self.values.resize(padded * depth, 0.0);
        let panels = self.values.par_chunks_mut((width * depth).max(1));
        panels.enumerate().for_each(|(panel, into)| {
            let first = panel * width;
            let count = width.min(columns - first);
            if transposed {
                for column in 0..count {
                    let from = (first + column) * depth;
                    let from = values[from..from + depth].iter();
                    let into = into[column..].iter_mut().step_by(width);
                    into.zip(from).for_each(|(into, from)| *into = *from);
                }
            } else {
                for (row, into) in into.chunks_mut(width).enumerate() {
                    let from = row * columns + first;
                    into[..count].copy_from_slice(&values[from..from + count]);
                }
            }
        });
    }

    /// Panel `at`, `[depth, width]`.
    #[inline]
    pub(super) fn panel(&self, at: usize) -> &[f32] {
        let length = self.depth * self.width;
        &self.values[at * length..(at + 1) * length]
    }

    /// One column, `[depth]`.
    pub(in crate::model) fn column(&self, column: usize) -> impl Iterator<Item = f32> {
        let panel = self.panel(column / self.width);
        let from = panel.get(column % self.width..).unwrap_or(&[]);
        from.iter().step_by(self.width.max(1)).copied()
    }
}
