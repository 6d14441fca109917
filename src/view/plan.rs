//! How the heatmap and the grid of heads fill their areas.

use super::layout::{Area, Needs};
use super::zoom::{LARGEST_SQUARE, Zoom, fitting};

/// The shape of one cell of the heatmap on screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A square of `2 k` columns and `k` rows.
    Square(u16),
    /// Half a terminal cell: two rows above each other.
    Half,
    /// One terminal cell.
    Single,
}

impl Cell {
    /// Columns and half rows that it takes on the screen.
    pub(super) fn size(self) -> (usize, usize) {
        match self {
            Self::Square(k) => (2 * usize::from(k), 2 * usize::from(k)),
            Self::Half => (1, 1),
            Self::Single => (1, 2),
        }
    }

    /// How many of it fit beside and below each other.
    fn fitting(self, width: usize, height: usize) -> (usize, usize) {
        let (columns, halves) = self.size();
        (width / columns, 2 * height / halves)
    }
}

/// How the heatmap fills its area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapPlan {
    /// The shape of a cell.
    pub cell: Cell,
    /// Queries, and keys, that a cell stands for.
    pub tile: usize,
    /// Columns for the labels of queries, with the space after them.
    pub gutter: u16,
    /// Rows for the labels of keys.
    pub top: u16,
    /// Rows of cells that are visible at once.
    pub rows: usize,
    /// Columns of cells that are visible at once.
    pub columns: usize,
    /// Where the cells are drawn.
    pub field: Area,
    /// Whether the last row holds the legend.
    pub legend: bool,
}

impl MapPlan {
    /// The plan for the inner area of the heatmap.
    pub fn new(area: Area, needs: &Needs) -> Self {
        let n = needs.tokens.max(1);
        let legend = area.height >= 4;
        let height = usize::from(area.height - u16::from(legend).min(area.height));
        let digits = 1 + n.ilog10() as usize;
        let gutter = needs
            .label
            .0
            .max(digits)
            .clamp(1, usize::from(area.width / 4).clamp(1, 16))
            + if area.width >= 60 { 2 } else { 1 };
        let width = usize::from(area.width).saturating_sub(gutter + 2);
        let tall = needs.label.1.clamp(1, 10);
        // Rows above the cells of a part, and the rows that are left for these.
        let split = |cell: Cell, tile: usize| {
            let top = match cell {
                // Large squares have room for labels beside each other, cut short.
                Cell::Square(1 | 2) if tile == 1 => tall.min(height / 4),
                _ => 1,
            };
            let top = if height > 3 { top.max(1) } else { 0 };
            (top, height - top)
        };
        let small = smallest(needs.half_blocks);
        let (cell, tile) = match needs.zoom {
            Zoom::Square(k) => (Cell::Square(k), 1),
            Zoom::Tile(tile) => (small, tile),
            Zoom::Fit => {
                let squares = (1..=LARGEST_SQUARE).rev().map(Cell::Square);
                let least = if needs.half_blocks {
                    small
                } else {
                    Cell::Single
                };
                let whole = squares.chain([least]).find(|&cell| {
                    let (columns, rows) =
                        cell.fitting(width, height - least_top(cell, needs, height));
                    n <= columns && n <= rows
                });
                match whole {
                    Some(cell) => (cell, 1),
                    None => {
                        let (columns, rows) = small.fitting(width, split(small, 2).1);
                        (small, fitting(n, rows, columns))
                    }
                }
            }
        };
        let (mut top, mut room) = split(cell, tile);
        if needs.zoom == Zoom::Fit
            && let (Cell::Square(k), 1) = (cell, tile)
        {
            // All rows are shown; the labels take what is left.
            let free = height.saturating_sub(usize::from(k) * n);
            let tall = if needs.label.0 < 2 * usize::from(k) {
                1
            } else {
                tall
            };
            top = tall.min(free);
            room = height - top;
        }
        let all = n.div_ceil(tile);
        let (columns, rows) = cell.fitting(width, room);
        let (columns, rows) = (columns.min(all), rows.min(all));
        let (across, halves) = cell.size();
        Self {
            cell,
            tile,
            gutter: gutter as u16,
            top: top as u16,
            rows,
            columns,
            field: Area {
                x: area.x + (gutter as u16).min(area.width),
                y: area.y + top as u16,
                width: (columns * across) as u16,
                height: (rows * halves).div_ceil(2) as u16,
            },
            legend,
        }
    }
}

/// The smallest cell of a screen: without half blocks two columns, so that it is about square.
pub(super) fn smallest(half_blocks: bool) -> Cell {
    match half_blocks {
        true => Cell::Half,
        false => Cell::Square(1),
    }
}

/// Rows above the cells at least, where all weights are to be shown at once.
fn least_top(cell: Cell, needs: &Needs, height: usize) -> usize {
    let tall = needs.label.1.clamp(1, 10);
    let least = match cell {
        Cell::Square(k) if needs.label.0 < 2 * usize::from(k) => 1,
        Cell::Square(1) => tall.min(2),
        Cell::Square(_) => tall,
        Cell::Half | Cell::Single => usize::from(height > 3),
    };
    least.min(height)
}

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
