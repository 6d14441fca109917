//! How all heads of all layers fill an area.

use super::super::layout::{Area, Needs};
use super::Shown;

/// How all heads fill an area: rows are layers, columns are heads, names above and beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtlasPlan {
    /// Whether heads are pictures; else each is a number on its colour.
    pub pictures: bool,
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
    /// Columns right of the heads for the mean of each layer: 0 where there is no room.
    pub mean: u16,
}

/// Values that a picture has in either direction at least; with fewer, heads are numbers.
const LEAST_PICTURE: u16 = 6;
/// Columns of the largest picture.
const LARGEST: u16 = 28;
/// Columns of a layer's mean: the number between blanks.
const MEAN: u16 = 7;
/// Columns of a layer's mean with its bar.
const MEAN_WITH_BAR: u16 = 14;

impl AtlasPlan {
    /// The plan for the inner area of the pane. Pictures that would be too small give way to
    /// numbers; numbers get one digit where there is no room for two, and are cut into pages where
    /// there is none for that.
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
        let plan = |pictures: bool, width: u16, height: u16, gap: u16| {
            let columns = usize::from(field.width.saturating_sub(1) / (width + 1)).clamp(1, heads);
            let rows = usize::from((field.height + gap) / (height + gap));
            let used = 1 + columns as u16 * (width + 1);
            let mean = match field.width.saturating_sub(used) {
                _ if pictures => 0,
                0..MEAN => 0,
                MEAN..MEAN_WITH_BAR => MEAN,
                _ => MEAN_WITH_BAR,
            };
            Self {
                pictures,
                width,
                height,
                gap,
                gutter,
                rows: rows.clamp(1, layers),
                columns,
                field,
                legend,
                mean,
            }
        };
        let whole = |plan: &Self| plan.is_whole(needs);
        // A terminal cell is about twice as high as it is wide.
        let halves = if needs.half_blocks { 2 } else { 1 };
        let sizes = || (LEAST_PICTURE..=LARGEST).rev().step_by(2);
        let pictures = sizes().map(|width| (width, width / 2));
        let pictures = pictures.filter(|(_, height)| height * halves >= LEAST_PICTURE);
        if shown == Shown::Picture {
            // The frame of the chosen head lies in the gaps.
            let plans = [1, 0].map(|gap| {
                let mut plans = pictures.clone().map(|(w, h)| plan(true, w, h, gap));
                plans.find(whole)
            });
            if let Some(plan) = plans.into_iter().flatten().next() {
                return plan;
            }
        }
        // Numbers stand where pictures would, or smaller; with their means, where both fit.
        let blocks = sizes().map(|width| (width, width / 2));
        let blocks = blocks.map(|(width, height)| (width, height, 1));
        let chips = [(4, 1, 0), (2, 1, 0), (1, 1, 0)];
        let plans = blocks.chain(chips);
        let mut plans = plans.flat_map(|(width, height, gap)| {
            let plan = plan(false, width, height, gap);
            [(plan, true), (plan, width <= 2)].into_iter()
        });
        let fitting = plans.find(|(plan, mean)| plan.is_whole(needs) && (plan.mean > 0 || !mean));
        if let Some((plan, _)) = fitting {
            return plan;
        }
        // Two digits where all heads of a layer fit, whichever layers are in sight.
        let two = plan(false, 2, 1, 0);
        match two.columns == heads {
            true => two,
            false => plan(false, 1, 1, 0),
        }
    }

    /// Whether every head of every layer is in sight.
    pub fn is_whole(&self, needs: &Needs) -> bool {
        (self.rows, self.columns) == (needs.layers.max(1), needs.all_heads.max(1))
    }

    /// Digits of a number: two or one of its hundredths; `None` where the number itself fits.
    pub fn digits(&self) -> Option<usize> {
        (self.width <= 2).then_some(usize::from(self.width))
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

    /// Columns that the heads take, with names, means and the frame of the pane.
    pub(in super::super) fn used_width(&self) -> u16 {
        self.gutter + 1 + self.columns as u16 * (self.width + 1) + self.mean + 2
    }

    /// Rows that the heads take, with names, legend and the frame of the pane.
    pub(in super::super) fn used_height(&self) -> u16 {
        let rows = self.rows as u16 * (self.height + self.gap);
        let rows = rows.saturating_sub(self.gap);
        // A blank row before the legend.
        rows + 1 + 2 * u16::from(self.legend) + 2
    }

    /// How well heads are seen, to compare plans: all of them, as what was asked for, large, with
    /// their means.
    pub(in super::super) fn worth(&self, needs: &Needs) -> (bool, bool, u16, u16) {
        let all = self.is_whole(needs);
        (all, self.pictures, self.width, self.height)
    }
}
