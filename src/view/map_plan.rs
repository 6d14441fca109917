//! How the heatmap fills its area.

use std::ops::Range;

use super::layout::{Area, Needs};
use super::zoom::{Zoom, fitting};

/// The shape of one cell of the heatmap on screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// So many columns and half rows, about square: 2 columns and a row, or more.
    Block {
        /// Columns.
        columns: u16,
        /// Half rows.
        halves: u16,
    },
    /// Half a terminal cell: two rows above each other.
    Half,
    /// One terminal cell.
    Single,
}

/// Columns of a cell from which on it carries its number.
const NUMBERED: u16 = 5;

/// Columns for the entropy of a row, a blank before them included.
const ENTROPY: u16 = 8;

/// Columns that bars beside it take more, at least and at most.
const BARS: (u16, u16) = (3, 7);

/// Letters of `received`.
const RECEIVED: usize = 8;

/// Rows of the bars of what keys receive.
const RECEIVED_BARS: (u16, u16) = (1, 5);

/// The same where no numbers stand below them.
const LONE_BARS: (u16, u16) = (2, 8);

/// The least rows of a pane in which the numbers of the chosen row and column have a line.
const FIGURES: u16 = 16;

impl Cell {
    const fn block(columns: u16, halves: u16) -> Self {
        Self::Block { columns, halves }
    }

    /// The shapes that a whole head is shown in, the largest first.
    fn shapes(half_blocks: bool) -> impl Iterator<Item = Self> {
        let large = (2..=12).rev().flat_map(|rows| {
            let wider = Self::block(2 * rows + 1, 2 * rows);
            [wider, Self::block(2 * rows, 2 * rows)]
        });
        let between = half_blocks.then_some(Self::block(3, 3));
        let small = [Self::block(3, 2), Self::block(2, 2)];
        let least = if half_blocks {
            Self::Half
        } else {
            Self::Single
        };
        large.chain(between).chain(small).chain([least])
    }

    /// Columns and half rows that it takes on the screen.
    pub(super) fn size(self) -> (usize, usize) {
        match self {
            Self::Block { columns, halves } => (usize::from(columns), usize::from(halves)),
            Self::Half => (1, 1),
            Self::Single => (1, 2),
        }
    }

    /// Columns and half rows that it takes on the screen.
    pub fn shape(self) -> (u16, u16) {
        match self {
            Self::Block { columns, halves } => (columns, halves),
            Self::Half => (1, 1),
            Self::Single => (1, 2),
        }
    }

    /// Whether the cursor is a frame around it: a full row of it stays inside.
    pub fn is_framed(self) -> bool {
        matches!(
            self,
            Self::Block {
                columns: 3..,
                halves: 3..
            }
        )
    }

    /// Whether it carries its number.
    pub fn is_numbered(self) -> bool {
        matches!(
            self,
            Self::Block {
                columns: NUMBERED..,
                halves: 3..
            }
        )
    }

    /// Half rows above the first cell. Cells of an even number of rows begin in half a row, so that
    /// one row is their middle.
    fn shift(self, half_blocks: bool) -> u16 {
        match self {
            Self::Block { halves: 4.., .. } if !half_blocks => 0,
            Self::Block { halves, .. } => u16::from(halves >= 4 && halves % 4 == 0),
            _ => 0,
        }
    }

    /// Rows that a frame needs above and below all cells, where these do not begin in half a row.
    fn edge(self, half_blocks: bool) -> u16 {
        // Without colours brackets stand beside the cell.
        u16::from(half_blocks && self.is_framed() && self.shift(half_blocks) == 0)
    }

    /// Rows of the screen that `count` of it take above each other.
    fn height(self, count: usize, half_blocks: bool) -> usize {
        let (_, halves) = self.size();
        (count * halves + usize::from(self.shift(half_blocks))).div_ceil(2)
    }

    /// How many of it fit beside and below each other.
    fn fitting(self, width: usize, height: usize, half_blocks: bool) -> (usize, usize) {
        let (columns, halves) = self.size();
        let shift = usize::from(self.shift(half_blocks));
        (width / columns, (2 * height).saturating_sub(shift) / halves)
    }
}

/// How the heatmap fills its area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapPlan {
    /// The shape of a cell.
    pub cell: Cell,
    /// Queries, and keys, that a cell stands for.
    pub tile: usize,
    /// Columns for the labels of queries, with the mark after them.
    pub gutter: u16,
    /// Rows for the labels of keys.
    pub top: u16,
    /// Rows of cells that are visible at once.
    pub rows: usize,
    /// Columns of cells that are visible at once.
    pub columns: usize,
    /// Where the cells are drawn.
    pub field: Area,
    /// Half rows of the field above the first cell: 0 or 1.
    pub shift: u16,
    /// Rows between the field and what is above and below it, for the frame of the cursor.
    pub edge: u16,
    /// Columns beside the field for the entropy of each row: 0 where there is no room.
    pub entropy: u16,
    /// Whether bars stand beside these numbers.
    pub bars: bool,
    /// Rows below the field for what each key receives: a blank, bars, and numbers below cells that have
    /// theirs; 0 where there is no room.
    pub received: u16,
    /// Whether a line holds the numbers of the chosen row and column, which have no margins.
    pub figures: bool,
    /// Whether the last row holds the legend.
    pub legend: bool,
}

/// What is around the cells.
#[derive(Clone, Copy, Debug, Default)]
struct Around {
    entropy: u16,
    received: u16,
}

impl MapPlan {
    /// The plan for the inner area of the heatmap.
    pub fn new(area: Area, needs: &Needs) -> Self {
        let n = needs.tokens.max(1);
        let legend = area.height >= 4;
        let height = area.height - u16::from(legend).min(area.height);
        let gutter = gutter(area, needs);
        // A blank, or the frame of the cursor, before the pane's.
        let width = area.width.saturating_sub(gutter + 1);
        let (cell, tile, around) = match needs.zoom {
            Zoom::Block(columns, halves) => {
                let cell = Cell::block(columns, halves);
                let fits = cell.is_numbered() && width >= 60 && height >= 24;
                let received = 2 * u16::from(fits);
                let entropy = ENTROPY * u16::from(fits);
                (cell, 1, Around { entropy, received })
            }
            Zoom::Tile(tile) => (smallest(needs.half_blocks), tile, Around::default()),
            Zoom::Fit => match whole(n, width, height, needs) {
                Some((cell, around)) => (cell, 1, around),
                None => {
                    let small = smallest(needs.half_blocks);
                    let room = height - least_top(small, 2, height, needs);
                    let (columns, rows) =
                        small.fitting(width.into(), room.into(), needs.half_blocks);
                    (small, fitting(n, rows, columns), Around::default())
                }
            },
        };
        let edge = cell.edge(needs.half_blocks);
        let all = n.div_ceil(tile);
        let least = least_top(cell, tile, height, needs);
        let below = edge + around.received;
        let room = height.saturating_sub(least + edge + below);
        let beside = width.saturating_sub(around.entropy);
        let (columns, rows) = cell.fitting(beside.into(), room.into(), needs.half_blocks);
        let (columns, rows) = (columns.min(all), rows.min(all));
        let (across, _) = cell.size();
        let tall = cell.height(rows, needs.half_blocks) as u16;
        // What is left goes to bars, then to labels.
        let mut spare = room.saturating_sub(tall);
        let margins = around.entropy > 0 && around.received > 0;
        let figures = !margins && spare > 0 && area.height >= FIGURES;
        spare -= u16::from(figures);
        let mut received = around.received;
        let wanted = top_wanted(cell, tile, needs).max(least);
        let kept = 1 + wanted - least;
        if received > 0 && spare >= kept + RECEIVED_BARS.0 {
            let bars = (spare - kept).min(RECEIVED_BARS.1);
            received += bars;
            spare -= bars;
        }
        // Below cells without numbers there are bars alone.
        let alone = received == 0 && tile == 1 && rows == n && columns == n;
        if alone && spare > kept + LONE_BARS.0 {
            received = 1 + (spare - kept).min(LONE_BARS.1);
            spare -= received;
        }
        let top = (least + spare.min(wanted - least)).min(height);
        let wide = (columns * across) as u16;
        let free = width.saturating_sub(wide + around.entropy);
        // Small cells have entropies where nothing else wants the room.
        let entropy = match (around.entropy, cell) {
            (
                0,
                Cell::Block {
                    columns,
                    halves: 2..,
                },
            ) if tile == 1 && columns < NUMBERED && free >= ENTROPY => ENTROPY,
            (entropy, _) => entropy,
        };
        let free = width.saturating_sub(wide + entropy);
        let bars = match entropy > 0 && free >= BARS.0 {
            true => free.min(BARS.1),
            false => 0,
        };
        Self {
            cell,
            tile,
            gutter,
            top,
            rows,
            columns,
            field: Area {
                x: area.x + gutter.min(area.width),
                y: area.y + (top + edge).min(height),
                width: wide,
                height: tall,
            },
            shift: cell.shift(needs.half_blocks),
            edge,
            entropy: entropy + bars,
            bars: bars > 0,
            received,
            figures,
            legend,
        }
    }

    /// The rows of the screen that hold nothing but a row of cells.
    pub fn full_rows(&self, row: usize) -> Range<u16> {
        let (_, halves) = self.cell.size();
        let first = row * halves + usize::from(self.shift);
        let [from, to] = [first.div_ceil(2), (first + halves) / 2];
        self.field.y.saturating_add(from as u16)..self.field.y.saturating_add(to as u16)
    }

    /// The row of the screen that is the middle of a row of cells.
    pub fn middle(&self, row: usize) -> u16 {
        let (_, halves) = self.cell.size();
        let half = row * halves + usize::from(self.shift) + (halves - 1) / 2;
        self.field.y.saturating_add((half / 2) as u16)
    }

    /// The row of cells that is drawn in a half row of the field, counted from its top.
    pub fn row_at(&self, half: usize) -> Option<usize> {
        let (_, halves) = self.cell.size();
        let row = half.checked_sub(usize::from(self.shift))? / halves;
        (row < self.rows).then_some(row)
    }

    /// The first column of the screen of a column of cells.
    pub fn left(&self, column: usize) -> u16 {
        let (across, _) = self.cell.size();
        self.field.x.saturating_add((column * across) as u16)
    }
}

/// The largest cell at which the whole head is seen, and the margins that it has room for.
fn whole(n: usize, width: u16, height: u16, needs: &Needs) -> Option<(Cell, Around)> {
    // Numbers in the margins are worth more than larger cells, and numbers in cells more than those.
    let both = Around {
        entropy: ENTROPY,
        received: 2,
    };
    let large = |cell: &Cell| cell.is_numbered();
    let tries = [
        (true, both),
        (
            true,
            Around {
                received: 0,
                ..both
            },
        ),
        (true, Around::default()),
        (false, Around::default()),
    ];
    tries.into_iter().find_map(|(numbered, around)| {
        let fits = |cell: &Cell| {
            let least = least_top(*cell, 1, height, needs);
            let edge = cell.edge(needs.half_blocks);
            let room = height.saturating_sub(least + 2 * edge + around.received);
            let beside = width.saturating_sub(around.entropy);
            let (columns, rows) = cell.fitting(beside.into(), room.into(), needs.half_blocks);
            n <= columns && n <= rows
        };
        let shapes = Cell::shapes(needs.half_blocks);
        let mut shapes = shapes.filter(|cell| large(cell) == numbered);
        shapes.find(fits).map(|cell| (cell, around))
    })
}

/// Columns for the names of queries and the mark after them.
fn gutter(area: Area, needs: &Needs) -> u16 {
    let digits = 1 + needs.tokens.max(1).ilog10() as usize;
    let most = usize::from(area.width / 4).clamp(1, 16);
    // Where there is room, the margin below the map has its name here.
    let least = if area.width >= 60 { RECEIVED } else { 1 };
    let name = needs.label.0.max(digits).max(least).min(most) as u16;
    // A blank beside the frame, one after the name, and the mark.
    name + if area.width >= 42 { 3 } else { 2 }
}

/// The smallest cell of a screen: without half blocks two columns, so that it is about square.
pub(super) fn smallest(half_blocks: bool) -> Cell {
    match half_blocks {
        true => Cell::Half,
        false => Cell::block(2, 2),
    }
}

/// Rows above the cells at least.
fn least_top(cell: Cell, tile: usize, height: u16, needs: &Needs) -> u16 {
    let least = match cell {
        Cell::Block { columns: 2, .. } if tile == 1 => needs.label.1.clamp(1, 2) as u16,
        _ => u16::from(height > 3),
    };
    least.min(height)
}

/// Rows above the cells that labels have a use for.
fn top_wanted(cell: Cell, tile: usize, needs: &Needs) -> u16 {
    match cell {
        _ if tile > 1 => 1,
        Cell::Block { columns: 2, .. } => needs.label.1.clamp(1, 10) as u16,
        // Longer names stand above those that fit their cells.
        Cell::Block { columns, .. } if needs.label.0 < usize::from(columns) => 1,
        Cell::Block { columns: 3 | 4, .. } => 3,
        Cell::Block { .. } => 2,
        Cell::Half | Cell::Single => 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plan(width: u16, height: u16, tokens: usize) -> MapPlan {
        let area = Area {
            x: 0,
            y: 0,
            width,
            height,
        };
        let needs = Needs {
            tokens,
            label: (8, 8),
            half_blocks: true,
            ..Needs::default()
        };
        MapPlan::new(area, &needs)
    }

    #[test]
    fn cells_grow_with_the_room_and_carry_numbers() {
        let cell = |width, height, tokens| {
            let (columns, halves) = plan(width, height, tokens).cell.shape();
            (columns, f32::from(halves) / 2.0)
        };
        assert_eq!(cell(136, 55, 22), (5, 2.0));
        assert_eq!(cell(77, 35, 11), (5, 2.0));
        assert_eq!(cell(136, 55, 30), (3, 1.5));
        assert_eq!(cell(136, 55, 45), (2, 1.0));
        assert_eq!(cell(58, 25, 20), (2, 1.0));
        assert_eq!(cell(43, 19, 30), (1, 0.5));
        assert_eq!(cell(136, 55, 4), (25, 12.0));
    }

    proptest! {
        #[test]
        fn all_parts_are_inside_and_apart(
            (width, height) in (1u16..300, 1u16..120),
            tokens in 1usize..400,
            label in (0usize..30, 0usize..12),
            half_blocks in any::<bool>(),
            zoom in prop::sample::select(vec![
                Zoom::Fit, Zoom::Tile(1), Zoom::Tile(4), Zoom::Block(5, 4), Zoom::Block(7, 6),
            ]),
        ) {
            let area = Area { x: 3, y: 2, width, height };
            let needs = Needs { tokens, label, half_blocks, zoom, ..Needs::default() };
            let plan = MapPlan::new(area, &needs);
            prop_assert!(plan.gutter + plan.field.width + plan.entropy <= width.max(plan.gutter));
            let below = plan.received + u16::from(plan.figures) + u16::from(plan.legend);
            let above = plan.field.y - area.y;
            prop_assert!(above + plan.field.height + below <= height);
            for row in 0..plan.rows {
                let y = plan.middle(row);
                prop_assert!(y >= plan.field.y && y < plan.field.y + plan.field.height);
                let half = 2 * usize::from(y - plan.field.y);
                prop_assert!([half, half + 1].iter().any(|h| plan.row_at(*h) == Some(row)));
            }
            // The map fills its room: no larger cell is passed over where all are seen.
            if zoom == Zoom::Fit && plan.tile == 1 {
                prop_assert_eq!((plan.rows, plan.columns), (tokens, tokens));
            }
        }
    }
}
