//! How all heads of all layers fill an area.

use super::super::layout::{Area, Needs};
use super::Shown;

/// How all heads fill an area: rows are layers, columns are heads, names above and beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtlasPlan {
    /// Columns of one head, without the one that is free beside it.
    pub width: u16,
    /// Rows of one head.
    pub height: u16,
    /// Free rows between layers.
    pub gap: u16,
    /// Columns for the names of layers.
    pub gutter: u16,
    /// Layers that are visible at once.
    pub rows: usize,
    /// Heads of each that are visible at once.
    pub columns: usize,
    /// Where the heads are drawn, the free columns at both sides included.
    pub field: Area,
    /// Whether the last row holds the legend.
    pub legend: bool,
}

/// The smallest picture: two by two values where a terminal cell shows two.
const SMALLEST: u16 = 2;
/// The largest picture.
const LARGEST: u16 = 28;

impl AtlasPlan {
    /// The plan for the inner area of the pane.
    pub fn new(area: Area, shown: Shown, needs: &Needs) -> Self {
        let (layers, heads) = (needs.layers.max(1), needs.all_heads.max(1));
        let digits = 1 + (layers - 1).checked_ilog10().unwrap_or(0) as u16;
        let gutter = (digits + 2).min(area.width / 2);
        let legend = area.height >= 4;
        let below = u16::from(legend);
        let top = u16::from(area.height > 1 + below);
        let field = Area {
            x: area.x + gutter,
            y: area.y + top,
            width: area.width - gutter,
            height: area.height.saturating_sub(top + below),
        };
        let plan = |width: u16, height: u16, gap: u16| {
            let columns = usize::from(field.width.saturating_sub(1) / (width + 1));
            let rows = usize::from((field.height + gap) / (height + gap));
            Self {
                width,
                height,
                gap,
                gutter,
                rows: rows.clamp(1, layers),
                columns: columns.clamp(1, heads),
                field,
                legend,
            }
        };
        // A terminal cell is about twice as high as it is wide.
        let pictures = (SMALLEST..=LARGEST).rev().step_by(2);
        let mut sizes: Vec<(u16, u16)> = pictures.map(|width| (width, width / 2)).collect();
        if shown != Shown::Picture {
            // Numbers stand where the pictures do, or smaller, as long as there is room for digits.
            let narrow = sizes.pop();
            sizes.extend([(4, 1), (3, 1)].into_iter().chain(narrow));
        }
        let sizes = sizes.into_iter();
        let mut plans =
            sizes.flat_map(|(width, height)| [1, 0].map(|gap| plan(width, height, gap)));
        let whole = plans.find(|plan| plan.rows == layers && plan.columns == heads);
        let smallest = match shown {
            Shown::Picture => (SMALLEST, SMALLEST / 2),
            // What has to scroll has room for its digits.
            Shown::Number(_) => (3, 1),
        };
        whole.unwrap_or_else(|| plan(smallest.0, smallest.1, 0))
    }

    /// Where a head is drawn, counted from the first visible layer and head; nothing where it does
    /// not fit.
    pub fn place(&self, row: usize, column: usize) -> Area {
        let x = 1 + column as u16 * (self.width + 1);
        let y = row as u16 * (self.height + self.gap);
        Area {
            x: self.field.x + x,
            y: self.field.y + y,
            width: self.width.min(self.field.width.saturating_sub(x)),
            height: self.height.min(self.field.height.saturating_sub(y)),
        }
    }

    /// Columns that all heads would like beside each other in an area of `height` rows: pictures as
    /// large as the height lets them be, and room for a number in any case.
    pub(in super::super) fn width_wanted(height: u16, needs: &Needs) -> usize {
        let layers = needs.layers.max(1);
        let tall = usize::from(height.saturating_sub(4)) / layers;
        let width = (2 * tall.saturating_sub(1)).clamp(3, usize::from(LARGEST));
        let digits = 1 + (layers - 1).checked_ilog10().unwrap_or(0) as usize;
        digits + 2 + needs.all_heads * (width + 1) + 1 + 2
    }
}
