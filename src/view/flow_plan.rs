//! How the attention flow fills its area.

use super::layout::Area;

/// Numbers of a layer that are shown.
pub const SERIES: u16 = 4;

/// Columns of the axis at the left of a chart.
const AXIS: u16 = 3;
/// Columns of one group of a chart at least: its longest name and a gap.
const GROUP: u16 = 9;
/// Rows of a chart around its bars: names, numbers of layers, first and last values.
const AROUND: u16 = 3;
/// Columns of the names in the form of rows.
const NAMES: u16 = 10;
/// Columns of the widest bar.
const WIDEST: u16 = 5;

/// Where the bars of layers are drawn: as one chart with four groups beside each other, or, where
/// there is no room for that, as four rows of small bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowPlan {
    /// Whether it is one chart; else rows.
    pub chart: bool,
    /// Where the bars of the first series are drawn.
    pub plot: Area,
    /// Cells from a series to the next: to the right in a chart, else down.
    pub pitch: u16,
    /// Bars of a series.
    pub bars: usize,
    /// Layers that a bar stands for; the last one may stand for fewer.
    pub each: usize,
    /// Cells from one bar to the next.
    pub stride: u16,
    /// Rows below the chart for sentences.
    pub words: u16,
    /// Layers in all.
    layers: usize,
}

impl FlowPlan {
    /// The plan for the inner area of the flow; `None` where nothing fits.
    pub fn new(inner: Area, layers: usize) -> Option<Self> {
        if inner.width < 24 || inner.height == 0 || layers == 0 {
            return None;
        }
        let pitch = (inner.width + 1).saturating_sub(AXIS) / SERIES;
        let chart = pitch >= GROUP && inner.height >= Self::LEAST_CHART;
        let across = |width: u16| {
            let each = layers.div_ceil(usize::from(width).max(1)).max(1);
            let bars = layers.div_ceil(each);
            let stride =
                (width / u16::try_from(bars).unwrap_or(u16::MAX).max(1)).clamp(1, WIDEST + 1);
            (each, bars, stride)
        };
        if chart {
            // Sentences get what larger bars have no use for.
            let words = match inner.height - AROUND {
                0..=3 => 0,
                4..=6 => 1,
                _ => 2,
            };
            let (each, bars, stride) = across(pitch - 1);
            return Some(Self {
                chart,
                plot: Area {
                    x: inner.x + AXIS,
                    y: inner.y + 1,
                    width: bars as u16 * stride,
                    height: inner.height - AROUND - words,
                },
                pitch,
                bars,
                each,
                stride,
                words,
                layers,
            });
        }
        let ends = match inner.width < 40 {
            true => 9,
            false => 15,
        };
        let (each, bars, stride) = across(inner.width.saturating_sub(NAMES + ends).max(1));
        Some(Self {
            chart,
            plot: Area {
                x: inner.x + NAMES,
                y: inner.y,
                width: bars as u16 * stride,
                height: 1,
            },
            pitch: 1,
            bars,
            each,
            stride,
            words: inner.height.saturating_sub(SERIES + 1).min(2),
            layers,
        })
    }

    /// Rows of a chart at least.
    pub(super) const LEAST_CHART: u16 = AROUND + 3;

    /// Where the bars of a series are drawn.
    pub fn group(&self, series: u16) -> Area {
        let by = series * self.pitch;
        match self.chart {
            true => Area {
                x: self.plot.x + by,
                ..self.plot
            },
            false => Area {
                y: self.plot.y + by,
                ..self.plot
            },
        }
    }

    /// Cells of a bar, without the gap to the next one.
    pub fn thick(&self) -> u16 {
        match self.stride {
            0 | 1 => 1,
            more => more - 1,
        }
    }

    /// The layers of a bar.
    pub fn layers_of(&self, bar: usize) -> std::ops::Range<usize> {
        let first = (bar * self.each).min(self.layers);
        first..(first + self.each).min(self.layers)
    }

    /// The bar of a layer.
    pub fn bar_of(&self, layer: usize) -> usize {
        layer / self.each.max(1)
    }

    /// The first layer of the bar at a cell of the screen.
    pub fn layer_at(&self, x: u16) -> Option<usize> {
        let groups = if self.chart { SERIES } else { 1 };
        let dx = (0..groups).find_map(|at| {
            let dx = x.checked_sub(self.group(at).x)?;
            (dx < self.plot.width).then_some(dx)
        })?;
        let bar = usize::from(dx / self.stride.max(1));
        (bar < self.bars).then_some(bar * self.each)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_layer_has_one_bar_inside_of_the_pane(
            (x, y, width, height) in (0u16..50, 0u16..20, 0u16..120, 0u16..40),
            layers in 1usize..300,
        ) {
            let inner = Area { x, y, width, height };
            let Some(plan) = FlowPlan::new(inner, layers) else {
                prop_assert!(width < 24 || height == 0);
                return Ok(());
            };
            let of_bars: Vec<usize> = (0..plan.bars).flat_map(|bar| plan.layers_of(bar)).collect();
            prop_assert_eq!(of_bars, (0..layers).collect::<Vec<_>>());
            for series in 0..SERIES {
                let group = plan.group(series);
                prop_assert!(group.x + group.width <= inner.x + inner.width);
                let rows = plan.chart || group.y < inner.y + inner.height;
                prop_assert!(!rows || group.y + group.height <= inner.y + inner.height);
                if plan.chart && series > 0 {
                    let before = plan.group(series - 1);
                    prop_assert!(before.x + before.width < group.x);
                }
            }
            for layer in 0..layers {
                let bar = plan.bar_of(layer);
                prop_assert!(plan.layers_of(bar).contains(&layer));
                let cell = plan.plot.x + bar as u16 * plan.stride;
                prop_assert_eq!(plan.layer_at(cell), Some(bar * plan.each));
            }
        }
    }
}
