//! How the attention flow fills its area.

use super::layout::Area;
use crate::capture::tile_of;

/// Series above each other.
pub const SERIES: u16 = 4;

/// Where the columns of layers are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowPlan {
    /// Rows of a series.
    pub each: u16,
    /// Where the columns are drawn.
    pub plot: Area,
    /// Columns of layers; each stands for one layer or more.
    pub slots: usize,
    /// Cells from one column to the next.
    pub stride: u16,
    /// Layers in all.
    layers: usize,
}

impl FlowPlan {
    /// The plan for the inner area of the flow; `None` where nothing fits.
    pub fn new(inner: Area, layers: usize) -> Option<Self> {
        if inner.width < 24 || layers == 0 {
            return None;
        }
        let axis = u16::from(inner.height >= 5);
        let each = (inner.height.saturating_sub(axis) / SERIES).clamp(1, 4);
        let values = match (each, Self::is_narrow(inner)) {
            (1, true) => 15,
            (1, false) => 18,
            _ => 13,
        };
        let plot = Area {
            x: inner.x + 9,
            width: inner.width.saturating_sub(9 + values),
            ..inner
        };
        let slots = layers.min(usize::from(plot.width)).max(1);
        Some(Self {
            each,
            plot,
            slots,
            stride: (plot.width / slots as u16).clamp(1, 16),
            layers,
        })
    }

    /// Whether words must be short.
    pub fn is_narrow(inner: Area) -> bool {
        inner.width < 40
    }

    /// The first layer of the column at a cell of the screen.
    pub fn layer_at(&self, x: u16) -> Option<usize> {
        let slot = usize::from(x.checked_sub(self.plot.x)? / self.stride);
        (0..self.layers).find(|layer| tile_of(*layer, self.layers, self.slots) == slot)
    }
}
