//! One head, and all heads of a layer, as pictures.

use std::io::Write;

use super::super::{ExportError, Style, check_scale, find_head, find_layer};
use super::canvas::{Align, BLACK, Canvas, GREY};
use super::panel::{self, Axis, Sizes, Titles};
use super::{entries_of, font, source};
use crate::capture::{Capture, Head, Layer};
use crate::lens::{Grid, Pattern, Scale, Select};

const MARGIN: usize = 22;
/// Room for the title and the line below it, in pixels.
const HEADER: usize = 92;
/// Between a plot and its colour bar, and between panels, in pixels.
const GUTTER: usize = 40;
/// Panels in a row.
const COLUMNS: usize = 4;
/// Room for a panel's own title, in pixels.
const PANEL_TITLE: usize = 34;
/// Width that pictures of all heads keep to, and their largest area, in pixels.
const GRID_WIDTH: usize = 4000;
const GRID_AREA: usize = 40_000_000;

/// Draws one head, or the mean over a layer's heads: titled `Layer X, Head Y`, with token labels
/// on both axes and a colour bar over 0..1. In Blues masked cells are grey and NaN is red.
///
/// Cells shrink as tokens grow in number, so that a side keeps to about 4000 pixels; labels are
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
    let scale = style.scale;
    let record = find_layer(capture, layer)?;
    check_scale(record, scale)?;
    let mut title = match select {
        Select::Head(head) => {
            find_head(record, head)?;
            format!("Layer {layer}, Head {head}")
        }
        Select::Mean => format!("Layer {layer}, Mean of {} Heads", record.heads),
    };
    if scale != Scale::Raw {
        title = format!("{title} · {}", scale.name());
    }
    let sizes = Sizes {
        preferred: 1000,
        most: 3400,
        readable_cell: 17,
        largest_cell: 240,
    };
    let axis = Axis::new(capture, sizes)?;
    let note = note(capture, style, &axis);
    let grid = panel::cells(&Pattern::new(record, select, scale), capture.len(), &axis);

    let side = axis.side();
    let left = MARGIN + panel::AXIS_TITLE + axis.left();
    let right = left + side + GUTTER;
    let width = right + panel::BAR_WIDTH + MARGIN;
    let plot_end = HEADER + side + axis.below() + panel::AXIS_TITLE;
    let height = plot_end.max(HEADER + panel::bar_height(side)) + MARGIN;
    let mut canvas = header(width, height, (&title, 26.0), &note)?;
    // Where the title is wider than the plot, the plot stands below its middle.
    let shift = (canvas.width - width) / 2;
    let (left, right) = (left + shift, right + shift);
    let titles = Titles {
        query: true,
        key: true,
        px: 17.0,
    };
    panel::draw(
        &mut canvas,
        (left, HEADER),
        &axis,
        &grid,
        (style.map, titles),
    )?;
    panel::bar(&mut canvas, (right, HEADER), side, style, has_nan(&grid))?;
    canvas.encode(&entries_of(capture, &title, style)?, out)
}

/// Draws the heads of a layer side by side, four in a row, at most `max_heads` of them.
///
/// # Errors
/// A layer that the capture does not hold; what `out` reports.
pub fn all_heads(
    capture: &Capture,
    layer: Layer,
    max_heads: Option<usize>,
    style: impl Into<Style>,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let record = find_layer(capture, layer)?;
    let shown = record.heads.min(max_heads.unwrap_or(usize::MAX)).max(1);
    let shown: Vec<Head> = (0..shown).map(Head).collect();
    some_heads(capture, layer, &shown, style.into(), out)
}

/// Draws these heads of a layer side by side, four in a row.
///
/// # Errors
/// A layer, head or scale that the capture does not hold what is needed for; what `out` reports.
pub(super) fn some_heads(
    capture: &Capture,
    layer: Layer,
    heads: &[Head],
    style: Style,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let scale = style.scale;
    let record = find_layer(capture, layer)?;
    check_scale(record, scale)?;
    heads.iter().try_for_each(|&head| find_head(record, head))?;
    let shown = heads.len();
    let columns = shown.min(COLUMNS);
    let rows = shown.div_ceil(COLUMNS);

    // Panels shrink until the picture is one that viewers open.
    let mut most = 860;
    let (axis, panel_size, size) = loop {
        let sizes = Sizes {
            preferred: 460.min(most),
            most,
            readable_cell: 14,
            largest_cell: 230,
        };
        let axis = Axis::new(capture, sizes)?;
        let panel_size = (
            axis.left() + axis.side() + GUTTER,
            PANEL_TITLE + axis.side() + axis.below(),
        );
        let width = MARGIN * 2 + panel::AXIS_TITLE + columns * panel_size.0 + panel::BAR_WIDTH;
        let height = HEADER + rows * panel_size.1 + panel::AXIS_TITLE + MARGIN;
        let height = height.max(HEADER + PANEL_TITLE + panel::bar_height(axis.side()) + MARGIN);
        if (width <= GRID_WIDTH && width * height <= GRID_AREA) || most <= 64 {
            break (axis, panel_size, (width, height));
        }
        most = most * 9 / 10;
    };

    let mut title = match shown == record.heads {
        true => format!("All Attention Heads - Layer {layer}"),
        false => format!("Attention Heads - Layer {layer}"),
    };
    if scale != Scale::Raw {
        title = format!("{title} · {}", scale.name());
    }
    let mut note = note(capture, style, &axis);
    if shown < record.heads {
        let first = (0..).zip(heads).all(|(at, head)| at == head.0);
        let which = if first { "the first " } else { "" };
        note.push_str(&format!(" · {which}{shown} of {} heads", record.heads));
    }
    let mut canvas = header(size.0, size.1, (&title, 26.0), &note)?;
    let start = MARGIN + panel::AXIS_TITLE + (canvas.width - size.0) / 2;
    let mut nan = false;
    for (index, &head) in heads.iter().enumerate() {
        let (row, column) = (index / COLUMNS, index % COLUMNS);
        let pattern = Pattern::new(record, Select::Head(head), scale);
        let grid = panel::cells(&pattern, capture.len(), &axis);
        nan |= has_nan(&grid);
        let x = start + column * panel_size.0 + axis.left();
        let y = HEADER + row * panel_size.1 + PANEL_TITLE;
        let middle = (x as f32 + axis.side() as f32 / 2.0, y as f32 - 15.0);
        let name = format!("Layer {layer}, Head {head}");
        canvas.write(&name, middle, Align::Centre, (17.0, true), BLACK)?;
        let titles = Titles {
            query: column == 0,
            key: index + COLUMNS >= shown,
            px: 15.0,
        };
        panel::draw(&mut canvas, (x, y), &axis, &grid, (style.map, titles))?;
    }
    let x = start + columns * panel_size.0;
    let y = HEADER + PANEL_TITLE;
    panel::bar(&mut canvas, (x, y), axis.side(), style, nan)?;
    canvas.encode(&entries_of(capture, &title, style)?, out)
}

/// What a picture is of, and what it shows of that.
fn note(capture: &Capture, style: Style, axis: &Axis) -> String {
    let (source, scale) = (source(capture), style.scale.name());
    format!("{source} · {scale} scale{}", axis.note(capture.len()))
}

/// A picture with a title and a grey line below it, as wide as they need.
fn header(
    width: usize,
    height: usize,
    (title, px): (&str, f32),
    note: &str,
) -> Result<Canvas, ExportError> {
    let title = font::set(title, px, true)?;
    let note = font::set(note, 15.0, false)?;
    let least = title.width.max(note.width).ceil() as usize + 2 * MARGIN;
    let mut canvas = Canvas::new(width.max(least), height);
    let middle = canvas.width as f32 / 2.0;
    canvas.text(&title, (middle, 32.0), Align::Centre, 0.0, BLACK);
    canvas.text(&note, (middle, 64.0), Align::Centre, 0.0, GREY);
    Ok(canvas)
}

fn has_nan(grid: &Grid) -> bool {
    grid.cells.iter().flatten().any(|v| v.is_nan())
}
