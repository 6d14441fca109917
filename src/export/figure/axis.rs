//! Labels along an axis: tokens where they have room, thinned out evenly, else their positions.

use std::ops::Range;

use super::font::Face;
use super::look::Look;
use super::sheet::{Align, Ink, Point, Sheet};
use crate::capture::Capture;
use crate::export::ExportError;
use crate::paint::round_step;

/// Terminal cells of a token's label at most.
const LABEL_CELLS: usize = 18;
/// Units from a plot to its labels: a tick and a gap.
const TICK: f32 = 3.0;
const GAP: f32 = 3.0;
/// cos 45 degrees, by which labels below a plot are turned.
const TURN: f32 = std::f32::consts::FRAC_1_SQRT_2;

/// Cells a label of a token, at most; beyond, axes count.
const NAMED: usize = 4;
/// Units from one label to the next where not every token is named.
const THINNED: f32 = 11.0;
/// Units between numbers of an axis that counts, at least.
const NUMBER: f32 = 34.0;

/// The labels of one side of a plot.
pub(in crate::export) struct Axis {
    /// Units of a cell.
    cell: f32,
    /// Every how many cells a label stands.
    pub step: usize,
    /// Whether labels are tokens, not positions.
    pub named: bool,
    /// The middle of a cell, in cells, and its label.
    labels: Vec<(f32, String)>,
    size: f32,
    /// Width of the widest label, in units.
    widest: f32,
}

impl Axis {
    /// The labels of the tokens in tiles of `tile` tokens, `readable` units from one label to the
    /// next at least.
    pub fn new(
        capture: &Capture,
        (tile, tiles): (usize, &Range<usize>),
        cell: f32,
        readable: f32,
    ) -> Result<Self, ExportError> {
        let step = match cell >= readable {
            true => 1,
            false => (THINNED / cell).ceil().max(1.0) as usize,
        };
        let named = step <= NAMED && tile == 1;
        let mut labels = Vec::new();
        if named {
            for at in (0..tiles.len()).step_by(step) {
                if let Some(label) = capture.label(tiles.start + at) {
                    labels.push((at as f32 + 0.5, label.bare().clip(LABEL_CELLS)));
                }
            }
        } else {
            // Where most tokens go without a label, positions tell more than the others' names.
            let round = round_step((NUMBER * tile as f32 / cell).ceil() as usize).max(1);
            let end = (tiles.end * tile).min(capture.len());
            let first = (tiles.start * tile).next_multiple_of(round);
            for position in (first..end).step_by(round) {
                let at = position / tile - tiles.start;
                labels.push((at as f32 + 0.5, position.to_string()));
            }
        }
        let size = match named {
            true => (cell * step as f32 * 0.7).clamp(5.5, 10.0),
            false => 8.5,
        };
        let ink = Ink::new(Face::Sans, size, [0; 3]);
        let mut widest = 0f32;
        for (_, label) in &labels {
            widest = widest.max(ink.width(label)?);
        }
        Ok(Self {
            cell,
            step,
            named,
            labels,
            size,
            widest,
        })
    }

    /// Whether labels below a plot stand upright: each has its own cells.
    fn fits(&self) -> bool {
        !self.named || self.widest + 3.0 <= self.cell * self.step as f32
    }

    /// Room for the labels left of a plot, in units.
    pub fn left(&self) -> f32 {
        self.widest + TICK + GAP + 1.0
    }

    /// Room for the labels below a plot, in units.
    pub fn below(&self) -> f32 {
        match self.fits() {
            true => TICK + GAP + self.size + 4.0,
            false => (self.widest + self.size) * TURN + TICK + GAP + 2.0,
        }
    }

    /// How far labels below a plot reach past its left side, in units.
    pub fn overhang(&self) -> f32 {
        let first = self.labels.first().map_or(0.0, |(at, _)| at * self.cell);
        let reach = match self.fits() {
            true => self.widest / 2.0,
            false => self.widest * TURN,
        };
        (reach - first).max(0.0)
    }

    /// What is told of the labels; nothing where every token has its own.
    pub fn note(&self) -> Option<String> {
        match (self.named, self.step) {
            (false, _) => Some("axes count tokens".to_owned()),
            (true, 1) => None,
            (true, step) => Some(format!("every {} token is named", ordinal(step))),
        }
    }

    /// Draws the labels left of a plot whose upper left corner is `(x, y)`.
    pub fn draw_left(&self, sheet: &mut Sheet, (x, y): Point, look: &Look) {
        let ink = Ink::new(Face::Sans, self.size, look.ink).align(Align::End);
        for (at, label) in &self.labels {
            let down = y + at * self.cell;
            sheet.line((x - 1.0, down), (x - TICK, down), 0.5, look.ink);
            sheet.text(label.as_str(), (x - TICK - GAP, down), ink);
        }
    }

    /// Draws the labels below a plot whose lower left corner is `(x, y)`.
    pub fn draw_below(&self, sheet: &mut Sheet, (x, y): Point, look: &Look) {
        let ink = Ink::new(Face::Sans, self.size, look.ink);
        for (at, label) in &self.labels {
            let across = x + at * self.cell;
            sheet.line((across, y + 1.0), (across, y + TICK), 0.5, look.ink);
            if self.fits() {
                let at = (across, y + TICK + GAP + self.size / 2.0);
                sheet.text(label.as_str(), at, ink.align(Align::Centre));
            } else {
                let at = (across, y + TICK + GAP + 1.0);
                sheet.text(label.as_str(), at, ink.align(Align::End).turn(45.0));
            }
        }
    }
}

fn ordinal(step: usize) -> &'static str {
    match step {
        2 => "second",
        3 => "third",
        _ => "fourth",
    }
}
