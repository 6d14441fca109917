//! How the grid of heads fills its area.

use super::layout::{Area, Needs};

/// How the grid of heads fills its area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GridPlan {
    /// Heads beside each other.
    pub columns: usize,
    /// Rows of heads that are visible at once.
    pub rows: usize,
    /// Columns of one picture.
    pub width: u16,
    /// Rows of one picture.
    pub height: u16,
    /// Rows of numbers below each picture: 3 or 0.
    pub numbers: u16,
    /// Heads in all.
    heads: usize,
}

impl GridPlan {
    /// Rows, frame included, that the heads take of at most `height` rows of an area.
    pub(super) fn frame_height(area: Area, height: u16, needs: &Needs) -> u16 {
        let inner = Area { height, ..area }.inner();
        let needed = Self::new(inner, needs).height_needed();
        needed.saturating_add(2)
    }

    /// The plan for the inner area of the grid.
    pub fn new(area: Area, needs: &Needs) -> Self {
        let heads = needs.heads.max(1);
        let plan = |width: u16, numbers: u16| {
            let columns = usize::from(area.width / (width + 1)).min(heads);
            Self {
                columns,
                rows: heads.div_ceil(columns.max(1)),
                width,
                // A terminal cell is about twice as high as it is wide.
                height: width / 2,
                numbers,
                heads,
            }
        };
        let widths = || (4..=24u16).rev().step_by(2);
        let with_numbers = |width| if width >= 8 { [3, 0] } else { [0, 0] };
        let all = widths().flat_map(|width| with_numbers(width).map(|n| plan(width, n)));
        // Large pictures, few empty places, and numbers where they fit.
        let worth = |plan: &Self| {
            let places = plan.columns * plan.rows;
            usize::from(plan.width) * 1000 * heads / places.max(1) + usize::from(plan.numbers)
        };
        let fits = |plan: &Self| plan.columns > 0 && plan.height_needed() <= area.height;
        if let Some(best) = all.filter(fits).max_by_key(worth) {
            return best;
        }
        let smallest = plan(8, 0);
        if smallest.columns > 0 && smallest.stride() <= area.height {
            return Self {
                rows: usize::from(area.height / smallest.stride()).min(smallest.rows),
                ..smallest
            };
        }
        Self {
            columns: 1,
            rows: 1,
            width: area.width.min(4),
            height: area.height.saturating_sub(1).min(2),
            numbers: 0,
            heads,
        }
    }

    /// Columns from one head to the next: spread over the width, with a gap of one to four.
    pub fn step(&self, inner: Area) -> u16 {
        let columns = self.columns.max(1) as u16;
        (inner.width / columns).clamp(self.width + 1, self.width + 4)
    }

    /// The head that is drawn at a cell of the screen, where rows of heads begin with `first`.
    pub fn head_at(&self, inner: Area, first: usize, x: u16, y: u16) -> Option<usize> {
        let (dx, dy) = (x.checked_sub(inner.x)?, y.checked_sub(inner.y)?);
        // A column stands before the first head.
        let column = usize::from(dx.saturating_sub(1) / self.step(inner).max(1));
        let row = usize::from(dy / self.stride());
        let head = (first + row) * self.columns + column;
        (column < self.columns && row < self.rows && head < self.heads).then_some(head)
    }

    /// Rows of a head with its name and numbers.
    pub fn stride(&self) -> u16 {
        1 + self.height + self.numbers
    }

    /// Rows that all heads need.
    pub(super) fn height_needed(&self) -> u16 {
        let rows = self.heads.div_ceil(self.columns.max(1));
        u16::try_from(rows * usize::from(self.stride())).unwrap_or(u16::MAX)
    }
}
