//! Pictures: what is shown is computed once, laid out once, and drawn as PNG or SVG, or written as
//! lines of text.

mod atlas;
mod axis;
mod bar;
mod canvas;
mod flow;
mod font;
mod header;
mod heads;
mod lines;
mod look;
mod sheet;
mod text;
mod ticks;
mod vector;

use std::io::Write;

use self::atlas::Atlas;
use self::canvas::png;
pub use self::heads::picture_bytes;

use self::heads::Heads;
use self::sheet::Sheet;
use self::text::Text;
use self::vector::svg;
use super::{ExportError, Request, Style, find_layer};
use crate::capture::{Capture, Head, Layer, Pool};
use crate::lens::Select;
use crate::paint::{Depth, Ground, Palette, Ramp};
use crate::view::{PatternPicture, Picture};

/// How a drawn picture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Drawing {
    /// Pixels.
    Png,
    /// Shapes, as text.
    Svg,
}

impl Drawing {
    fn write(self, sheet: &Sheet, out: &mut dyn Write) -> Result<(), ExportError> {
        match self {
            Self::Png => png(sheet, out),
            Self::Svg => svg(sheet, out),
        }
    }
}

/// Draws what the explorer shows, on the ground and in the map of a palette.
///
/// # Errors
/// What the capture does not hold, before anything is written; what `out` reports.
pub fn draw(
    capture: &Capture,
    picture: &Picture,
    palette: Palette,
    drawing: Drawing,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let sheet = match picture {
        Picture::Pattern(pattern) => Heads::one(capture, pattern)?.sheet(palette)?,
        Picture::Atlas(atlas) => Atlas::new(capture, atlas)?.sheet(palette)?,
        Picture::Text(text) => Text::new(capture, text)?.sheet(palette)?,
    };
    drawing.write(&sheet, out)
}

/// Writes what the explorer shows as lines of text, in the colours of a ramp or as its glyphs.
///
/// # Errors
/// What the capture does not hold, before anything is written; what `out` reports.
pub fn write_lines(
    capture: &Capture,
    picture: &Picture,
    ramp: Ramp,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    match picture {
        Picture::Pattern(pattern) => {
            lines::heads(capture, &Heads::one(capture, pattern)?, ramp, out)
        }
        Picture::Atlas(atlas) => lines::atlas(&Atlas::new(capture, atlas)?, ramp, out),
        Picture::Text(text) => lines::text(&Text::new(capture, text)?, ramp, out),
    }
}

/// Draws one head, or the mean over a layer's heads, as PNG: titled `Layer X, Head Y`, with token
/// labels on both axes and a colour bar.
///
/// Cells shrink as tokens grow in number, so that a side keeps to about 3400 pixels; labels are
/// then thinned and, past 3400 tokens, cells hold the largest of several weights, which the
/// picture says.
///
/// # Errors
/// A layer, head or scale that the capture does not hold what is needed for; what `out` reports.
pub fn heatmap(
    capture: &Capture,
    layer: Layer,
    select: Select,
    style: impl Into<Style>,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let style = style.into();
    let picture = whole(layer, select, style);
    let sheet = Heads::one(capture, &picture)?.sheet(paper(style))?;
    png(&sheet, out)
}

/// Draws the heads of a layer side by side as PNG, four in a row, at most `max_heads` of them.
///
/// # Errors
/// A layer or scale that the capture does not hold what is needed for; what `out` reports.
pub fn all_heads(
    capture: &Capture,
    layer: Layer,
    max_heads: Option<usize>,
    style: impl Into<Style>,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let record = find_layer(capture, layer)?;
    let shown = record.heads.min(max_heads.unwrap_or(usize::MAX)).max(1);
    let heads: Vec<Head> = (0..shown).map(Head).collect();
    let style = style.into();
    let heads = Heads::several(capture, layer, &heads, style.scale)?;
    png(&heads.sheet(paper(style))?, out)
}

/// Draws as PNG the two series that analyze_attention.py plots, by its definitions.
///
/// # Errors
/// A capture without layers; what `out` reports.
pub fn flow(capture: &Capture, out: &mut dyn Write) -> Result<(), ExportError> {
    png(&flow::flow(capture, paper(Style::default()))?, out)
}

/// Draws what is asked for as one picture: a head, or heads of one layer side by side.
///
/// # Errors
/// Heads of several layers; what the capture does not hold; what `out` reports.
pub fn drawing(
    capture: &Capture,
    request: &Request,
    drawing: Drawing,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    request.records(capture)?;
    let style = request.style;
    let &[layer] = &request.layers[..] else {
        let found = request.layers.len();
        return Err(ExportError::OneLayer { found });
    };
    let heads = match &request.heads[..] {
        &[head] => Heads::one(capture, &whole(layer, Select::Head(head), style))?,
        heads => Heads::several(capture, layer, heads, style.scale)?,
    };
    drawing.write(&heads.sheet(paper(style))?, out)
}

/// The whole patterns of a request, one a head.
pub(super) fn pictures(capture: &Capture, request: &Request) -> Result<Vec<Picture>, ExportError> {
    request.records(capture)?;
    let of_layer = |&layer| {
        let heads = request.heads.iter();
        heads.map(move |&head| Picture::Pattern(whole(layer, Select::Head(head), request.style)))
    };
    Ok(request.layers.iter().flat_map(of_layer).collect())
}

/// A whole pattern.
fn whole(layer: Layer, select: Select, style: Style) -> PatternPicture {
    PatternPicture {
        layer,
        select,
        scale: style.scale,
        part: None,
        pool: Pool::Max,
    }
}

/// White paper.
fn paper(style: Style) -> Palette {
    Palette {
        depth: Depth::True,
        ground: Ground::Light,
        map: style.map,
    }
}
