//! What is shown, as something that can be drawn elsewhere.

use std::ops::Range;

use super::atlas::Shown;
use super::screen::Screen;
use super::shade::Shade;
use super::state::{Direction, State};
use crate::capture::{Head, Layer, Pool};
use crate::lens::{Scale, Select, Tiles};

/// What a screen shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picture {
    /// The heatmap.
    Pattern(PatternPicture),
    /// All heads.
    Atlas(AtlasPicture),
    /// The coloured text.
    Text(TextPicture),
}

/// A pattern as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternPicture {
    /// The layer.
    pub layer: Layer,
    /// One head, or the mean over heads.
    pub select: Select,
    /// The scale.
    pub scale: Scale,
    /// The part that is shown, in cells; the whole pattern without one.
    pub part: Option<Tiles>,
    /// How a cell that stands for several weights shows them.
    pub pool: Pool,
}

/// All heads as they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtlasPicture {
    /// What is shown of every head.
    pub shown: Shown,
    /// The scale of pictures.
    pub scale: Scale,
    /// The layers and heads that are in sight.
    pub layers: Range<usize>,
    /// The heads of each.
    pub heads: Range<usize>,
    /// The heads that a filter keeps, where there is one.
    pub kept: Option<Vec<(Layer, Head)>>,
    /// The filter, as it was typed.
    pub filter: String,
}

/// The text as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextPicture {
    /// The layer.
    pub layer: Layer,
    /// One head, or the mean over heads.
    pub select: Select,
    /// Whether the chosen token attends or is attended to.
    pub direction: Direction,
    /// What the colours stand for.
    pub shade: Shade,
    /// The scale of what is shown.
    pub scale: Scale,
    /// The chosen token.
    pub chosen: usize,
    /// The other end of the readout.
    pub other: Option<usize>,
    /// The lines in sight: tokens, each with those of its letters that stand on the line.
    pub lines: Vec<Vec<(usize, Range<usize>)>>,
}

impl State {
    /// What the screen shows; nothing before there is something.
    pub(super) fn picture(&self) -> Option<Picture> {
        let capture = self.capture.as_ref()?;
        self.layer()?;
        Some(match self.screen {
            Screen::Heads => Picture::Pattern(PatternPicture {
                layer: self.cursor.layer,
                select: self.select(),
                scale: self.scale,
                part: self.is_part().then(|| self.tiles()),
                pool: self.pool,
            }),
            Screen::Atlas => {
                let (plan, layer, head) = self.atlas_plan();
                let end = |first: usize, count: usize, all: usize| (first + count).min(all);
                Picture::Atlas(AtlasPicture {
                    shown: self.atlas_drawn(),
                    scale: match self.scale.needs_row() {
                        true => Scale::Raw,
                        false => self.scale,
                    },
                    layers: layer..end(layer, plan.rows, capture.shape.layers),
                    heads: head..end(head, plan.columns, capture.shape.heads),
                    kept: (!self.filter().is_empty()).then(|| self.listed().to_vec()),
                    filter: self.filter().to_owned(),
                })
            }
            Screen::Text => {
                let wrap = self.wrap()?;
                let visible = self.text_lines();
                let visible = if visible.is_empty() {
                    0..wrap.lines()
                } else {
                    visible
                };
                Picture::Text(TextPicture {
                    layer: self.cursor.layer,
                    select: self.select(),
                    direction: self.direction,
                    shade: self.shade(),
                    scale: self.shade_scale(),
                    chosen: self.chosen(),
                    other: (self.shade() == Shade::Weight && self.weight().is_some())
                        .then(|| self.other_end()),
                    lines: visible.map(|line| wrap.line(line).collect()).collect(),
                })
            }
        })
    }
}
