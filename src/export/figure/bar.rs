//! The colour bar: which colour stands for which weight.

use super::font::Face;
use super::look::Look;
use super::sheet::{Align, Ink, Point, Sheet};
use crate::export::ExportError;
use crate::lens::Scale;
use crate::paint::{LEVELS, Level};

/// What the colours of a picture stand for.
#[derive(Clone, Debug)]
pub(in crate::export) struct Bar {
    /// What is coloured, with its scale.
    pub name: String,
    /// Shown values, 0..1, and what is written beside each.
    pub ticks: Vec<(f32, String)>,
    /// Whether there are masked cells, and what they are.
    pub masked: Option<&'static str>,
    /// Whether a value is not a number.
    pub nan: bool,
}

/// Room right of a plot for an upright bar with its numbers, in units.
pub(in crate::export) const WIDTH: f32 = 104.0;
/// The bar alone.
const THICK: f32 = 14.0;
/// Units of a level of an upright bar, at least and at most.
const LEVEL: (f32, f32) = (6.5, 15.0);
/// Units of a level of a bar that lies.
const LYING: f32 = 8.0;
/// Room for an entry below the bar.
const ENTRY: f32 = 20.0;

const SIZE: f32 = 9.0;

impl Bar {
    /// The bar of weights at a scale: ticks are weights, wherever the scale puts them.
    pub fn of_weights(scale: Scale) -> Self {
        let weights: &[f32] = match scale {
            Scale::Raw | Scale::RowMax | Scale::NoSink | Scale::ValueWeighted => {
                &[0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
            }
            Scale::Sqrt => &[0.0, 0.02, 0.1, 0.25, 0.5, 0.75, 1.0],
            Scale::Log => &[1e-4, 1e-3, 1e-2, 0.1, 1.0],
        };
        let tick = |&weight: &f32| {
            let text = match weight {
                1e-4 => "1e-4".to_owned(),
                _ => weight.to_string(),
            };
            (scale.of_cell(weight), text)
        };
        let name = match scale {
            Scale::Raw => "attention weight".to_owned(),
            Scale::RowMax => "weight / largest of its row".to_owned(),
            Scale::Sqrt | Scale::Log => format!("attention weight, {} scale", scale.name()),
            Scale::NoSink | Scale::ValueWeighted => format!("weight, {}", scale.name()),
        };
        Self {
            name,
            ticks: weights.iter().map(tick).collect(),
            masked: None,
            nan: false,
        }
    }

    /// What stands below the bar: a name and a colour.
    fn entries(&self, look: &Look) -> Vec<(&'static str, Option<[u8; 3]>)> {
        let masked = self.masked.map(|name| (name, None));
        let nan = self.nan.then(|| ("NaN", look.tint(Level::Nan)));
        masked.into_iter().chain(nan).collect()
    }

    /// Units of a level beside a plot of a height.
    fn step(height: f32) -> f32 {
        super::sheet::halves(height / f32::from(LEVELS)).clamp(LEVEL.0, LEVEL.1)
    }

    /// The height of an upright bar with its entries beside a plot of a height.
    pub fn height(&self, plot: f32) -> f32 {
        let entries = usize::from(self.masked.is_some()) + usize::from(self.nan);
        Self::step(plot) * f32::from(LEVELS) + entries as f32 * ENTRY + 8.0
    }

    /// Draws the bar upright; `(x, y)` is its upper left corner, `plot` the height beside it.
    pub fn upright(&self, sheet: &mut Sheet, (x, y): Point, plot: f32, look: &Look) {
        let step = Self::step(plot);
        let height = step * f32::from(LEVELS);
        for (at, colour) in look.levels().enumerate() {
            let top = y + height - (at + 1) as f32 * step;
            sheet.fill((x, top), (THICK, step), colour);
        }
        sheet.frame((x, y), (THICK, height), 1.0, look.ink);
        let right = x + THICK + 1.0;
        let ink = Ink::new(Face::Sans, SIZE, look.ink);
        for (value, text) in &self.ticks {
            let up = place(*value) * height;
            let at = y + height - up;
            sheet.line((right, at), (right + 3.0, at), 1.0, look.ink);
            sheet.text(text.as_str(), (right + 7.0, at), ink);
        }
        let name = Ink::new(Face::Sans, 10.0, look.ink)
            .align(Align::Centre)
            .turn(90.0);
        sheet.text(self.name.as_str(), (right + 44.0, y + height / 2.0), name);
        let mut top = y + height + 10.0;
        for (name, colour) in self.entries(look) {
            sheet.fill((x, top), (THICK, 10.0), colour.unwrap_or(look.ground));
            sheet.frame((x, top), (THICK, 10.0), 0.5, look.dim);
            sheet.text(name, (x + THICK + 6.0, top + 5.0), ink);
            top += ENTRY;
        }
    }

    /// Draws the bar lying, its name before it; tells where it ends.
    pub fn lying(&self, sheet: &mut Sheet, (x, y): Point, look: &Look) -> Result<f32, ExportError> {
        let ink = Ink::new(Face::Sans, SIZE, look.ink);
        sheet.text(self.name.as_str(), (x, y + 5.0), ink);
        let left = x + ink.width(&self.name)? + 12.0;
        for (at, colour) in look.levels().enumerate() {
            sheet.fill((left + at as f32 * LYING, y), (LYING, 10.0), colour);
        }
        let width = LYING * f32::from(LEVELS);
        sheet.frame((left, y), (width, 10.0), 0.5, look.dim);
        for (value, text) in &self.ticks {
            let at = left + place(*value) * width;
            sheet.line((at, y + 11.0), (at, y + 13.0), 0.5, look.ink);
            sheet.text(text.as_str(), (at, y + 19.0), ink.align(Align::Centre));
        }
        let mut end = left + width + 24.0;
        for (name, colour) in self.entries(look) {
            sheet.fill((end, y), (THICK, 10.0), colour.unwrap_or(look.ground));
            sheet.frame((end, y), (THICK, 10.0), 0.5, look.dim);
            sheet.text(name, (end + THICK + 6.0, y + 5.0), ink);
            end += THICK + 6.0 + ink.width(name)? + 16.0;
        }
        Ok(end)
    }
}

/// Where a shown value stands along a bar, 0..1: in the middle of its level.
fn place(value: f32) -> f32 {
    (value * f32::from(LEVELS - 1) + 0.5) / f32::from(LEVELS)
}
