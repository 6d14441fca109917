//! One pattern as a panel: cells, token labels on both axes, and the colour bar beside it.

use super::super::{ExportError, Style};
use super::canvas::{Align, BLACK, Canvas, GREY, Rgb};
use super::font::{self, Text};
use crate::capture::{Capture, Pool, tile_of};
use crate::lens::{Grid, Pattern, Scale};
use crate::paint::{Colormap, Ground, round_step};

/// Cells that the query does not see: grey, where a weight of 0 is the near white of Blues.
const MASKED: Rgb = [226, 226, 224];
/// The same beside maps that have this grey.
const MASKED_GREEN: Rgb = [188, 230, 188];
/// Weights that are no number: the one warm colour.
pub(super) const NAN: Rgb = [214, 64, 42];

/// Terminal cells of a token's label at most.
const LABEL_CELLS: usize = 18;
/// Length of a tick, in pixels, and its distance from the label.
const TICK: f32 = 5.0;
const GAP: f32 = 5.0;
/// cos 45 degrees, by which labels below the plot are turned.
const TURN: f32 = std::f32::consts::FRAC_1_SQRT_2;

/// Cells a label of a token, at most; beyond, axes count.
const NAMED: usize = 4;
/// Pixels between numbers of an axis that counts, at least.
const NUMBER: usize = 60;

/// Width of the colour bar with its ticks and title, in pixels.
pub(super) const BAR_WIDTH: usize = 130;
/// Height that the entries below the colour bar take, in pixels.
const KEY_HEIGHT: usize = 64;
/// The shortest colour bar, in pixels.
const BAR_LEAST: usize = 150;

/// What the sides of a plot should be, in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// The side where cells have room.
    pub preferred: usize,
    /// The side that no plot exceeds.
    pub most: usize,
    /// The cell below which labels would touch each other.
    pub readable_cell: usize,
    /// The largest cell.
    pub largest_cell: usize,
}

/// How `n` tokens become cells and labels; the same for both axes.
pub(super) struct Axis {
    /// Cells a side: `n`, or fewer, each holding several tokens.
    pub tiles: usize,
    /// Pixels of a cell.
    pub cell: usize,
    /// Every how many cells a label stands.
    pub step: usize,
    /// Whether labels are tokens, not positions.
    pub named: bool,
    /// Cell and label.
    labels: Vec<(usize, Text)>,
    /// Width of the widest label, in pixels.
    widest: f32,
}

impl Axis {
    /// Lays out the tokens of a capture.
    pub fn new(capture: &Capture, sizes: Sizes) -> Result<Self, ExportError> {
        let n = capture.len().max(1);
        let wanted = (sizes.preferred / n).clamp(sizes.readable_cell, sizes.largest_cell);
        let cell = wanted.min(sizes.most / n).max(1);
        let tiles = n.min(sizes.most / cell).max(1);
        let step = sizes.readable_cell.div_ceil(cell);
        let named = step <= NAMED;
        let px = match named {
            true => ((cell * step) as f32 * 0.7).clamp(10.0, 18.0),
            false => 16.0,
        };
        let mut labels = Vec::new();
        let mut widest = 0f32;
        // Where most tokens go without a label, positions tell more than the tokens that have one.
        let round = round_step(NUMBER * n / (cell * tiles));
        let mut next = 0;
        for position in 0..n {
            let tile = tile_of(position, n, tiles);
            let text = if named {
                // Where a cell holds several tokens, its first one names it.
                if tile < next {
                    continue;
                }
                next = tile + step;
                let Some(label) = capture.label(position) else {
                    continue;
                };
                label.clip(LABEL_CELLS)
            } else if position.is_multiple_of(round) {
                position.to_string()
            } else {
                continue;
            };
            let text = font::set(&text, px, false)?;
            widest = widest.max(text.width);
            labels.push((tile, text));
        }
        Ok(Self {
            tiles,
            cell,
            step,
            named,
            labels,
            widest,
        })
    }

    /// The plot's side, in pixels.
    pub fn side(&self) -> usize {
        self.cell * self.tiles
    }

    /// Room for the labels left of the plot, in pixels.
    pub fn left(&self) -> usize {
        (self.widest + TICK + GAP).ceil() as usize
    }

    /// Room for the labels below the plot, in pixels.
    pub fn below(&self) -> usize {
        (self.widest * TURN + TICK + GAP).ceil() as usize + 14
    }

    /// What was pooled and left out, in words; empty where every token has its cell and label.
    pub fn note(&self, tokens: usize) -> String {
        let mut note = String::new();
        if self.tiles < tokens {
            let most = tokens.div_ceil(self.tiles);
            note.push_str(&format!(
                " · the largest of up to {most} × {most} weights a cell"
            ));
        }
        if !self.named {
            note.push_str(" · axes count tokens");
        } else if self.step > 1 {
            note.push_str(&format!(" · one label for {} cells", self.step));
        }
        note
    }
}

/// The cells of a pattern, pooled by max where tokens outnumber them.
pub(super) fn cells(pattern: &Pattern, tokens: usize, axis: &Axis) -> Grid {
    pattern.pooled(0..tokens, 0..tokens, axis.tiles, axis.tiles, Pool::Max)
}

/// The colour of a cell.
pub(super) fn colour(value: Option<f32>, map: Colormap) -> Rgb {
    match value {
        None => masked(map),
        Some(v) if v.is_nan() => nan(map),
        Some(v) => map.rgb(v, Ground::Light),
    }
}

/// The colour of cells that the query does not see: none of the map's.
fn masked(map: Colormap) -> Rgb {
    match map {
        Colormap::Grey | Colormap::Diverging => MASKED_GREEN,
        Colormap::Blues | Colormap::Viridis | Colormap::Cividis | Colormap::Magma => MASKED,
    }
}

/// The colour of weights that are no number: none of the map's.
fn nan(map: Colormap) -> Rgb {
    match map {
        Colormap::Magma | Colormap::Diverging => map.nan(),
        Colormap::Blues | Colormap::Viridis | Colormap::Cividis | Colormap::Grey => NAN,
    }
}

/// Which axes get a title.
#[derive(Clone, Copy, Debug)]
pub(super) struct Titles {
    pub query: bool,
    pub key: bool,
    /// Size of the titles, in pixels.
    pub px: f32,
}

/// Room that an axis title takes, in pixels.
pub(super) const AXIS_TITLE: usize = 30;

/// Draws the cells with their axes; `(x, y)` is the plot's upper left corner.
pub(super) fn draw(
    canvas: &mut Canvas,
    (x, y): (usize, usize),
    axis: &Axis,
    grid: &Grid,
    (map, titles): (Colormap, Titles),
) -> Result<(), ExportError> {
    let (side, cell) = (axis.side(), axis.cell);
    for row in 0..grid.rows {
        for column in 0..grid.columns {
            let (left, top) = (x + column * cell, y + row * cell);
            let colour = colour(grid.get(row, column), map);
            canvas.fill(left as i64, top as i64, cell, cell, colour);
        }
    }
    canvas.frame(x as i64, y as i64, side, side, 1, BLACK);
    let (left, bottom) = (x as f32 - 1.0, (y + side) as f32 + 1.0);
    for (tile, label) in &axis.labels {
        let middle = (*tile as f32 + 0.5) * cell as f32;
        let (across, down) = (x as f32 + middle, y as f32 + middle);
        canvas.line((left, down), (left - TICK, down), 1.0, BLACK);
        canvas.line((across, bottom), (across, bottom + TICK), 1.0, BLACK);
        let at = (left - TICK - GAP, down);
        canvas.text(label, at, Align::End, 0.0, BLACK);
        let at = (across, bottom + TICK + GAP + 2.0);
        canvas.text(label, at, Align::End, 45.0, BLACK);
    }
    let middle = side as f32 / 2.0;
    if titles.query {
        let text = font::set("Query (Attending From)", titles.px, false)?;
        let at = (left - axis.left() as f32 - 14.0, y as f32 + middle);
        canvas.text(&text, at, Align::Centre, 90.0, BLACK);
    }
    if titles.key {
        let at = (x as f32 + middle, bottom + axis.below() as f32 + 12.0);
        let style = (titles.px, false);
        canvas.write("Key (Attended To)", at, Align::Centre, style, BLACK)?;
    }
    Ok(())
}

/// Height of the colour bar with its entries, for a plot of the given side, in pixels.
pub(super) fn bar_height(side: usize) -> usize {
    side.max(BAR_LEAST + KEY_HEIGHT)
}

/// Draws the colour bar with what is no weight below it; `(x, y)` is its upper left corner.
pub(super) fn bar(
    canvas: &mut Canvas,
    (x, y): (usize, usize),
    side: usize,
    Style { scale, map }: Style,
    has_nan: bool,
) -> Result<(), ExportError> {
    const WIDTH: usize = 30;
    let height = bar_height(side) - KEY_HEIGHT;
    let (left, top) = (x as i64, y as i64);
    for row in 0..height {
        let value = 1.0 - row as f32 / (height - 1).max(1) as f32;
        canvas.fill(left, top + row as i64, WIDTH, 1, colour(Some(value), map));
    }
    canvas.frame(left, top, WIDTH, height, 1, BLACK);
    let right = (x + WIDTH) as f32;
    for tick in 0..=5u8 {
        let value = f32::from(tick) / 5.0;
        let at = y as f32 + (1.0 - value) * (height as f32 - 1.0) + 0.5;
        canvas.line((right + 1.0, at), (right + TICK, at), 1.0, BLACK);
        let at = (right + TICK + GAP, at);
        canvas.write(
            &format!("{value:.1}"),
            at,
            Align::Start,
            (15.0, false),
            BLACK,
        )?;
    }
    let name = match scale {
        Scale::Raw => "Attention Weight".to_owned(),
        _ => format!("Attention Weight, {}", scale.name()),
    };
    let px = if height < 240 { 13.0 } else { 17.0 };
    let text = font::set(&name, px, false)?;
    let at = (right + 62.0, y as f32 + height as f32 / 2.0);
    canvas.text(&text, at, Align::Centre, 90.0, BLACK);

    let mut entries = vec![("masked", masked(map))];
    if has_nan {
        entries.push(("NaN", nan(map)));
    }
    for ((name, colour), down) in entries.into_iter().zip([20, 44]) {
        let top = y + height + down;
        canvas.fill(left, top as i64, WIDTH, 16, colour);
        canvas.frame(left, top as i64, WIDTH, 16, 1, GREY);
        let at = (right + 8.0, top as f32 + 8.0);
        canvas.write(name, at, Align::Start, (15.0, false), BLACK)?;
    }
    Ok(())
}
