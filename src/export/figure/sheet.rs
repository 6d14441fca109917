//! A picture as shapes: one layout, drawn by every backend.

use super::font::{self, Face};
use crate::export::ExportError;

/// A colour, sRGB.
pub(in crate::export) type Rgb = [u8; 3];

/// A place, in units from the upper left corner.
pub(in crate::export) type Point = (f32, f32);

/// Which point of a text stands at its place, along the line; across it, the middle of the
/// capitals does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::export) enum Align {
    Start,
    Centre,
    End,
}

/// How a text is drawn.
#[derive(Clone, Copy, Debug)]
pub(in crate::export) struct Ink {
    pub face: Face,
    /// The em, in units.
    pub size: f32,
    pub colour: Rgb,
    pub align: Align,
    /// Degrees, counter-clockwise.
    pub turn: f32,
}

impl Ink {
    /// An upright text that begins at its place.
    pub fn new(face: Face, size: f32, colour: Rgb) -> Self {
        Self {
            face,
            size,
            colour,
            align: Align::Start,
            turn: 0.0,
        }
    }

    pub fn align(self, align: Align) -> Self {
        Self { align, ..self }
    }

    pub fn turn(self, turn: f32) -> Self {
        Self { turn, ..self }
    }

    /// The width of a text, in units.
    pub fn width(self, text: &str) -> Result<f32, ExportError> {
        font::width(text, self.size, self.face)
    }
}

/// A grid of squares that touch each other.
pub(in crate::export) struct Cells {
    pub at: Point,
    /// Units a cell, a multiple of one half, so that a pixel never holds two cells.
    pub side: f32,
    pub columns: usize,
    /// `[rows, columns]`; `None` shows the ground.
    pub colours: Vec<Option<Rgb>>,
}

/// What is drawn, in order.
pub(in crate::export) enum Shape {
    Fill {
        at: Point,
        size: (f32, f32),
        colour: Rgb,
    },
    /// The outline of a rectangle, drawn around it.
    Frame {
        at: Point,
        size: (f32, f32),
        thick: f32,
        colour: Rgb,
    },
    /// A line with round ends.
    Line {
        from: Point,
        to: Point,
        thick: f32,
        colour: Rgb,
    },
    Cells(Cells),
    Text {
        text: String,
        at: Point,
        ink: Ink,
    },
}

/// A picture: its size in units, its ground, its shapes, and what is told about it.
pub(in crate::export) struct Sheet {
    pub width: f32,
    pub height: f32,
    pub ground: Rgb,
    pub shapes: Vec<Shape>,
    /// Keyword and text: the title first.
    pub entries: Vec<(&'static str, String)>,
}

impl Sheet {
    pub fn fill(&mut self, at: Point, size: (f32, f32), colour: Rgb) {
        self.shapes.push(Shape::Fill { at, size, colour });
    }

    pub fn frame(&mut self, at: Point, size: (f32, f32), thick: f32, colour: Rgb) {
        self.shapes.push(Shape::Frame {
            at,
            size,
            thick,
            colour,
        });
    }

    pub fn line(&mut self, from: Point, to: Point, thick: f32, colour: Rgb) {
        self.shapes.push(Shape::Line {
            from,
            to,
            thick,
            colour,
        });
    }

    /// A filled disc.
    pub fn disc(&mut self, centre: Point, radius: f32, colour: Rgb) {
        self.line(centre, centre, radius * 2.0, colour);
    }

    pub fn text(&mut self, text: impl Into<String>, at: Point, ink: Ink) {
        let text = text.into();
        if text.contains(|c: char| c != ' ') {
            self.shapes.push(Shape::Text { text, at, ink });
        }
    }
}

/// The largest multiple of one half that is no larger.
pub(in crate::export) fn halves(units: f32) -> f32 {
    (units * 2.0).floor() / 2.0
}
