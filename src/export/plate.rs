//! A pattern as it is shown, laid out as a picture: the screen's levels and labels, for whatever
//! draws.

use super::ExportError;
use super::figure::Figure;
use crate::capture::Capture;
use crate::paint::{Depth, Ground, LEVELS, Level, Palette, Ramp, Tint, round_step};
use crate::view::Picture;

/// Units around everything, and for title and note.
const MARGIN: usize = 24;
const HEADER: usize = 64;
/// Units of a letter of a label, across and down.
const LETTER: (usize, usize) = (7, 12);
/// Units of a letter of the title and of the widest letters of title and note.
const TITLE: usize = 18;
const WIDEST: usize = 9;
/// Cells of a label, at most.
const LABEL: usize = 18;
/// Units of the legend with its numbers.
const LEGEND: usize = 44;
/// The side of the cells, at most in all and each.
const SIDE: usize = 900;
const CELL: (usize, usize) = (2, 40);

/// What a plate is drawn with. Places are in units from the upper left corner.
pub(super) trait Pen {
    /// A filled rectangle.
    ///
    /// # Errors
    /// What it is drawn to reports.
    fn rectangle(
        &mut self,
        at: (usize, usize),
        size: (usize, usize),
        colour: [u8; 3],
    ) -> Result<(), ExportError>;

    /// A line of text; of a token's, only what is safe to show.
    ///
    /// # Errors
    /// What it is drawn to reports.
    fn text(&mut self, text: &str, at: (usize, usize), look: Look) -> Result<(), ExportError>;
}

/// How a line of text stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub size: usize,
    pub bold: bool,
    pub colour: [u8; 3],
    /// Whether it ends at its place instead of beginning there.
    pub ends: bool,
    /// Whether it runs upwards.
    pub upright: bool,
}

/// A picture of a pattern.
pub(super) struct Plate<'a> {
    pub figure: Figure<'a>,
    ramp: Ramp,
    pub ground: [u8; 3],
    ink: [u8; 3],
    dim: [u8; 3],
    /// Units of a cell, and cells a label.
    cell: usize,
    step: usize,
    left: usize,
    top: usize,
    pub width: usize,
    pub height: usize,
}

impl<'a> Plate<'a> {
    /// Lays a picture out, on the ground and in the map of a palette.
    ///
    /// # Errors
    /// A layer or head that the capture does not hold.
    pub fn new(
        capture: &'a Capture,
        picture: &Picture,
        palette: Palette,
    ) -> Result<Self, ExportError> {
        let figure = Figure::new(capture, picture)?;
        let ramp = Ramp::new(Palette {
            depth: Depth::True,
            ..palette
        });
        let (ground, ink, dim) = match palette.ground {
            Ground::Light => ([255; 3], [26; 3], [90, 95, 106]),
            Ground::Dark => ([20, 22, 28], [230; 3], [154, 160, 172]),
        };
        let (rows, columns) = (figure.grid.rows, figure.grid.columns);
        let cell = (SIDE / rows.max(columns).max(1)).clamp(CELL.0, CELL.1);
        // One label for so many cells, so that they don't run into each other.
        let step = match figure.tiles.tile {
            1 => LETTER.1.div_ceil(cell),
            _ => round_step((3 * LETTER.1).div_ceil(cell)),
        };
        let room = |first: usize, count: usize| {
            let labels = (0..count).step_by(step);
            let widths = labels.map(|at| figure.label(first, at).width().min(LABEL));
            widths.max().unwrap_or(0) * LETTER.0 + 10
        };
        let left = MARGIN + room(figure.tiles.rows.start, rows);
        let top = HEADER + room(figure.tiles.columns.start, columns);
        let letters = |text: &str| text.chars().count();
        let told = letters(&figure.title).max(letters(&figure.note)) * WIDEST;
        let width = (left + columns * cell)
            .max(told + MARGIN)
            .max(left + 24 * 10)
            + MARGIN;
        let height = top + rows * cell + LEGEND + MARGIN;
        Ok(Self {
            figure,
            ramp,
            ground,
            ink,
            dim,
            cell,
            step,
            left,
            top,
            width,
            height,
        })
    }

    /// Draws title, note, labels and the legend's numbers.
    ///
    /// # Errors
    /// What the pen reports.
    pub fn letters(&self, pen: &mut dyn Pen) -> Result<(), ExportError> {
        let figure = &self.figure;
        let ink = Look {
            size: LETTER.1,
            bold: false,
            colour: self.ink,
            ends: false,
            upright: false,
        };
        let dim = Look {
            colour: self.dim,
            ..ink
        };
        let title = Look {
            size: TITLE,
            bold: true,
            ..ink
        };
        pen.text(&figure.title, (MARGIN, 24), title)?;
        pen.text(&figure.note, (MARGIN, 46), dim)?;
        let middle = |at: usize| at * self.cell + self.cell / 2;
        let (rows, columns) = (figure.tiles.rows.start, figure.tiles.columns.start);
        for at in (0..figure.grid.rows).step_by(self.step) {
            let label = figure.label(rows, at).clip(LABEL);
            let look = Look { ends: true, ..ink };
            pen.text(&label, (self.left - 6, self.top + middle(at)), look)?;
        }
        for at in (0..figure.grid.columns).step_by(self.step) {
            let label = figure.label(columns, at).clip(LABEL);
            let look = Look {
                upright: true,
                ..ink
            };
            pen.text(&label, (self.left + middle(at), self.top - 6), look)?;
        }
        let (low, high) = figure.scale.ends();
        let (y, end) = (self.legend() + 6, self.left + usize::from(LEVELS) * 8);
        let look = Look { ends: true, ..dim };
        pen.text(low, (self.left - 6, y), look)?;
        pen.text(high, (end + 6, y), dim)?;
        if figure.has_nan() {
            pen.text("NaN", (end + 62, y), dim)?;
        }
        Ok(())
    }

    /// Draws the cells, and the levels of the legend.
    ///
    /// # Errors
    /// What the pen reports.
    pub fn squares(&self, pen: &mut dyn Pen) -> Result<(), ExportError> {
        let (grid, cell) = (&self.figure.grid, self.cell);
        let level = |row, column| self.ramp.level(grid.get(row, column));
        for row in 0..grid.rows {
            // Neighbours of one level are one rectangle.
            let mut column = 0;
            while column < grid.columns {
                let here = level(row, column);
                let run = (column..grid.columns)
                    .take_while(|&at| level(row, at) == here)
                    .count();
                if let Some(colour) = self.colour(here) {
                    let at = (self.left + column * cell, self.top + row * cell);
                    pen.rectangle(at, (run * cell, cell), colour)?;
                }
                column += run;
            }
        }
        let y = self.legend();
        for step in 0..LEVELS {
            if let Some(colour) = self.colour(Level::Value(step)) {
                pen.rectangle((self.left + usize::from(step) * 8, y), (8, 12), colour)?;
            }
        }
        let end = self.left + usize::from(LEVELS) * 8;
        match self.colour(Level::Nan).filter(|_| self.figure.has_nan()) {
            Some(colour) => pen.rectangle((end + 44, y), (12, 12), colour),
            None => Ok(()),
        }
    }

    fn legend(&self) -> usize {
        self.top + self.figure.grid.rows * self.cell + 16
    }

    /// The colour of a level; none for masked cells.
    fn colour(&self, level: Level) -> Option<[u8; 3]> {
        self.ramp.tint(level).map(Tint::rgb)
    }
}
