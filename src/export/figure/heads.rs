//! One pattern, or the patterns of several heads side by side.

use std::ops::Range;

use super::axis::Axis;
use super::bar::{self, Bar};
use super::font::Face;
use super::header::{Header, MARGIN, entries};
use super::look::Look;
use super::sheet::{Align, Cells, Ink, Point, Sheet, halves};
use crate::capture::{Capture, Head, Layer, LayerRecord, Pool};
use crate::export::{ExportError, check_scale, find_head, find_layer};
use crate::lens::{Grid, Pattern, Scale, Select, Tiles};
use crate::paint::Palette;
use crate::view::PatternPicture;

/// Panels in a row.
const COLUMNS: usize = 4;
/// Between a plot and its colour bar, and between panels, in units.
const GUTTER: f32 = 20.0;
/// Room for a panel's own title and for the title of an axis.
const PANEL_TITLE: f32 = 18.0;
const AXIS_TITLE: f32 = 16.0;
/// Width that pictures of several heads keep to, and their largest area.
const WIDTH: f32 = 2000.0;
const AREA: f32 = 10_000_000.0;

/// The units of a plot's side and of its cells.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    /// The side where cells have room.
    preferred: f32,
    /// The side beyond which cells shrink rather than keep room for every label.
    dense: f32,
    /// The side that no plot exceeds.
    most: f32,
    /// From one label to the next, at least.
    readable: f32,
    /// The largest cell.
    largest: f32,
}

const ONE: Sizes = Sizes {
    preferred: 520.0,
    dense: 940.0,
    most: 1700.0,
    readable: 8.5,
    largest: 60.0,
};

const SEVERAL: Sizes = Sizes {
    preferred: 230.0,
    dense: 430.0,
    most: 430.0,
    readable: 7.0,
    largest: 58.0,
};

impl Sizes {
    /// The side of a cell where `cells` are in a row.
    fn cell(self, cells: usize) -> f32 {
        let cells = cells.max(1) as f32;
        let wanted = (self.preferred / cells).clamp(self.readable, self.largest);
        halves(wanted.min(self.dense.min(self.most) / cells)).max(0.5)
    }

    /// The tokens that a cell stands for, so that `tokens` keep to the largest side.
    fn tile(self, tokens: usize) -> usize {
        tokens.div_ceil((self.most * 2.0) as usize).max(1)
    }
}

/// Bytes that drawing so many heads takes, about: fonts, cells and pixels.
pub fn picture_bytes(tokens: usize, heads: usize) -> u64 {
    /// Both fonts, their outlines laid out, and what stays of drawing them.
    const FONTS: f32 = 63.0 * 1_048_576.0;
    /// Room for labels, for title and for the colour bar, in units.
    const LABELS: f32 = 50.0;
    /// Of a cell: its weight, and its colour.
    const CELL: f32 = 12.0;
    /// Of a unit's pixels.
    const UNIT: f32 = 12.0;
    let sizes = if heads > 1 { SEVERAL } else { ONE };
    let cells = tokens.max(1).div_ceil(sizes.tile(tokens.max(1)));
    let side = sizes.cell(cells) * cells as f32;
    let (columns, rows) = (heads.clamp(1, COLUMNS), heads.max(1).div_ceil(COLUMNS));
    let width = columns as f32 * (side + LABELS + GUTTER) + 2.0 * LABELS;
    let height = rows as f32 * (side + LABELS + PANEL_TITLE) + 2.0 * LABELS;
    let area = (width.min(WIDTH) * height).min(AREA);
    let cells = heads.max(1) as f32 * (cells * cells) as f32;
    (FONTS + CELL * cells + UNIT * area) as u64
}

/// Cells beside each other at most, where pictures are text.
const MOST_LETTERS: usize = 256;

/// What is drawn of a layer.
pub(in crate::export) struct Heads<'a> {
    capture: &'a Capture,
    record: &'a LayerRecord,
    selects: Vec<Select>,
    scale: Scale,
    pool: Pool,
    part: Option<Tiles>,
    title: String,
    /// Which of the heads are shown, where not all are.
    which: Option<String>,
}

/// The cells of one panel.
pub(in crate::export) struct Panel {
    pub name: String,
    pub grid: Grid,
}

/// The cells of all panels.
pub(in crate::export) struct Panels {
    pub header: Header,
    pub tiles: Tiles,
    pub panels: Vec<Panel>,
    pub bar: Bar,
}

impl<'a> Heads<'a> {
    /// One pattern.
    ///
    /// # Errors
    /// A layer, head or scale that the capture does not hold what is needed for.
    pub fn one(capture: &'a Capture, picture: &PatternPicture) -> Result<Self, ExportError> {
        let record = find_layer(capture, picture.layer)?;
        check_scale(record, picture.scale)?;
        if let Select::Head(head) = picture.select {
            find_head(record, head)?;
        }
        Ok(Self {
            capture,
            record,
            selects: vec![picture.select],
            scale: picture.scale,
            pool: picture.pool,
            part: picture.part.clone(),
            title: scaled(name(record, picture.select), picture.scale),
            which: None,
        })
    }

    /// Heads of a layer, four in a row.
    ///
    /// # Errors
    /// A layer, head or scale that the capture does not hold what is needed for.
    pub fn several(
        capture: &'a Capture,
        layer: Layer,
        heads: &[Head],
        scale: Scale,
    ) -> Result<Self, ExportError> {
        let record = find_layer(capture, layer)?;
        check_scale(record, scale)?;
        heads.iter().try_for_each(|&head| find_head(record, head))?;
        let shown = heads.len();
        let title = match shown == record.heads {
            true => format!("All Attention Heads - Layer {layer}"),
            false => format!("Attention Heads - Layer {layer}"),
        };
        let first = (0..).zip(heads).all(|(at, head)| at == head.0);
        let which = if first { "the first " } else { "" };
        Ok(Self {
            capture,
            record,
            selects: heads.iter().copied().map(Select::Head).collect(),
            scale,
            pool: Pool::Max,
            part: None,
            title: scaled(title, scale),
            which: (shown < record.heads)
                .then(|| format!("{which}{shown} of {} heads", record.heads)),
        })
    }

    /// The part that is shown, in tiles of `tile` tokens where it is the whole.
    fn tiles(&self, tile: usize) -> Tiles {
        self.part.clone().unwrap_or_else(|| {
            let all = self.capture.len().div_ceil(tile);
            Tiles {
                tile,
                rows: 0..all,
                columns: 0..all,
            }
        })
    }

    /// Computes the cells.
    fn panels(&self, tiles: Tiles) -> Panels {
        let panel = |&select: &Select| {
            let pattern = Pattern::new(self.record, select, self.scale);
            let grid = pattern.tiles_unless(&tiles, self.pool, &|| false);
            let masked = || Grid::masked(tiles.rows.len(), tiles.columns.len());
            let mut grid = grid.unwrap_or_else(masked);
            // What is pooled is scaled afterwards, as on the screen.
            grid.rescale(self.scale);
            Panel {
                name: name(self.record, select),
                grid,
            }
        };
        let panels: Vec<Panel> = self.selects.iter().map(panel).collect();
        let cells = || panels.iter().flat_map(|panel| &panel.grid.cells);
        let bar = Bar {
            nan: cells().flatten().any(|value| value.is_nan()),
            masked: cells().any(Option::is_none).then_some("not seen"),
            ..Bar::of_weights(self.scale)
        };
        Panels {
            header: Header::new(self.capture, self.title.clone(), self.shown(&tiles)),
            tiles,
            panels,
            bar,
        }
    }

    /// What is told of what is shown.
    fn shown(&self, tiles: &Tiles) -> Vec<String> {
        let n = self.capture.len();
        let mut shown = vec![told(self.scale)];
        shown.extend(self.which.clone());
        if tiles.tile > 1 {
            let pooled = match self.pool {
                Pool::Max => "largest",
                Pool::Mean => "mean",
            };
            let tile = tiles.tile;
            shown.push(format!("a cell is the {pooled} of {tile} × {tile} weights"));
        }
        if self.part.is_some() {
            let part = |tokens: Range<usize>| format!("{}–{}", tokens.start, tokens.end.max(1) - 1);
            let (rows, keys) = (part(tiles.queries(n)), part(tiles.keys(n)));
            shown.push(format!("queries {rows}, keys {keys} of {n}"));
        }
        if self.record.rule.from > 0 {
            let from = self.record.rule.from;
            shown.push(format!("queries before {from} were not kept"));
        }
        shown
    }

    /// The cells for a picture that is text.
    pub fn letters(&self) -> Panels {
        let tile = self.capture.len().div_ceil(MOST_LETTERS).max(1);
        self.panels(self.tiles(tile))
    }

    /// Lays the picture out.
    ///
    /// # Errors
    /// A font that can't be read.
    pub fn sheet(&self, palette: Palette) -> Result<Sheet, ExportError> {
        let look = Look::new(palette);
        let several = self.selects.len() > 1;
        let mut sizes = if several { SEVERAL } else { ONE };
        let columns = self.selects.len().clamp(1, COLUMNS);
        let rows = self.selects.len().div_ceil(COLUMNS).max(1);
        // Panels shrink until the picture is one that viewers open.
        let (plan, panels) = loop {
            let tiles = self.tiles(sizes.tile(self.capture.len()));
            let plan = Plan::new(self.capture, &tiles, sizes, several)?;
            let (width, height) = plan.size(columns, rows);
            let fits = width <= WIDTH && width * height <= AREA;
            if !several || fits || sizes.most <= 32.0 {
                break (plan, self.panels(tiles));
            }
            sizes.most *= 0.9;
            sizes.preferred = sizes.preferred.min(sizes.most);
        };
        let Panels {
            mut header,
            panels,
            bar,
            ..
        } = panels;
        header.shown.extend(plan.note());
        let (body, below) = plan.size(columns, rows);
        let width = header.width(body, &look)?;
        let tall = below.max(plan.title + bar.height(plan.side.1) + MARGIN);
        let told = entries(
            self.capture,
            &header,
            Some(self.scale),
            Some(palette.map.name()),
        )?;
        let (mut sheet, top) = header.begin(width, |top| top + tall, &look, told)?;
        for (at, panel) in panels.into_iter().enumerate() {
            let x = MARGIN + AXIS_TITLE + (at % COLUMNS) as f32 * plan.pitch.0 + plan.left;
            let y = top + (at / COLUMNS) as f32 * plan.pitch.1 + plan.title;
            if several {
                let ink = Ink::new(Face::Bold, 9.5, look.ink).align(Align::Centre);
                let middle = (x + plan.side.0 / 2.0, y - 9.0);
                sheet.text(panel.name, middle, ink);
            }
            let last = at + COLUMNS >= self.selects.len();
            plan.draw(
                &mut sheet,
                (x, y),
                &panel.grid,
                (at % COLUMNS == 0, last),
                &look,
            );
        }
        let x = MARGIN + AXIS_TITLE + columns as f32 * plan.pitch.0;
        bar.upright(&mut sheet, (x, top + plan.title), plan.side.1, &look);
        Ok(sheet)
    }
}

/// `Layer 1, Head 2`.
fn name(record: &LayerRecord, select: Select) -> String {
    let layer = record.layer;
    match select {
        Select::Head(head) => format!("Layer {layer}, Head {head}"),
        Select::Mean => format!("Layer {layer}, Mean of {} Heads", record.heads),
    }
}

/// A scale, and what it does to weights.
pub(in crate::export) fn told(scale: Scale) -> String {
    let does = match scale {
        Scale::Raw => "the weights themselves",
        Scale::RowMax => "weights over the largest of their row",
        Scale::Sqrt => "the square root of weights",
        Scale::Log => "the logarithm of weights, from 1e-4 on",
        Scale::NoSink => "key 0 removed, rows renormalised",
        Scale::ValueWeighted => "weights times the norms of values, rows renormalised",
    };
    format!("{} scale: {does}", scale.name())
}

/// A title with its scale, where that is not the weight itself.
pub(in crate::export) fn scaled(title: String, scale: Scale) -> String {
    match scale {
        Scale::Raw => title,
        _ => format!("{title} · {} scale", scale.name()),
    }
}

/// Where the parts of a panel stand.
struct Plan {
    cell: f32,
    /// Width and height of the cells.
    side: (f32, f32),
    queries: Axis,
    keys: Axis,
    /// Room left of the cells and above them.
    left: f32,
    title: f32,
    /// From one panel to the next.
    pitch: (f32, f32),
}

impl Plan {
    fn new(
        capture: &Capture,
        tiles: &Tiles,
        sizes: Sizes,
        several: bool,
    ) -> Result<Self, ExportError> {
        let (rows, columns) = (tiles.rows.len(), tiles.columns.len());
        let cell = sizes.cell(rows.max(columns));
        let axis = |range| Axis::new(capture, (tiles.tile, range), cell, sizes.readable);
        let (queries, keys) = (axis(&tiles.rows)?, axis(&tiles.columns)?);
        let side = (cell * columns as f32, cell * rows as f32);
        let left = queries.left().max(keys.overhang());
        let title = if several { PANEL_TITLE } else { 0.0 };
        Ok(Self {
            cell,
            side,
            left,
            title,
            pitch: (
                left + side.0 + GUTTER,
                title + side.1 + keys.below() + if several { 8.0 } else { 0.0 },
            ),
            queries,
            keys,
        })
    }

    /// Width of a picture with so many panels, and its height below the header.
    fn size(&self, columns: usize, rows: usize) -> (f32, f32) {
        (
            2.0 * MARGIN + AXIS_TITLE + columns as f32 * self.pitch.0 + bar::WIDTH,
            rows as f32 * self.pitch.1 + AXIS_TITLE + MARGIN,
        )
    }

    /// What is told of the labels.
    fn note(&self) -> Option<String> {
        self.queries.note().or_else(|| self.keys.note())
    }

    /// Draws a panel; `(x, y)` is the upper left corner of its cells.
    fn draw(
        &self,
        sheet: &mut Sheet,
        (x, y): Point,
        grid: &Grid,
        (first, last): (bool, bool),
        look: &Look,
    ) {
        let colours = grid.cells.iter().map(|value| look.colour(*value)).collect();
        sheet.shapes.push(super::sheet::Shape::Cells(Cells {
            at: (x, y),
            side: self.cell,
            columns: grid.columns,
            colours,
        }));
        sheet.frame((x, y), self.side, 1.0, look.ink);
        let bottom = y + self.side.1;
        self.queries.draw_left(sheet, (x, y), look);
        self.keys.draw_below(sheet, (x, bottom), look);
        let ink = Ink::new(Face::Sans, 10.0, look.ink).align(Align::Centre);
        if first {
            let at = (x - self.left - AXIS_TITLE / 2.0, y + self.side.1 / 2.0);
            sheet.text(QUERIES, at, ink.turn(90.0));
        }
        if last {
            let below = bottom + self.keys.below() + AXIS_TITLE / 2.0;
            sheet.text(KEYS, (x + self.side.0 / 2.0, below), ink);
        }
    }
}

/// What the axes are.
pub(in crate::export) const QUERIES: &str = "query (attends)";
pub(in crate::export) const KEYS: &str = "key (attended to)";
