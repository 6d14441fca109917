//! All heads of all layers: as pictures, or as one number each.

use super::bar::{self, Bar};
use super::font::Face;
use super::header::{Header, MARGIN, entries};
use super::look::Look;
use super::sheet::{Align, Cells, Ink, Shape, Sheet, halves};
use crate::capture::{Capture, Head, Layer};
use crate::export::ExportError;
use crate::lens::{Grid, Measure, Repeats, Scale, all_numbers, picture};
use crate::paint::Palette;
use crate::view::{AtlasPicture, Shown};

/// Between heads, in units.
const GAP: f32 = 6.0;
/// Units of a head that is a picture: the side where there is room, and at least.
const SIDE: (f32, f32) = (110.0, 6.0);
/// Units of a head that is a number, across and down.
const CHIP: (f32, f32) = (32.0, 18.0);
/// What the heads keep to, across and down.
const WIDTH: f32 = 1500.0;
/// Room for names of layers with the title of the axis, and for names of heads with theirs.
const LEFT: f32 = 46.0;
const TOP: f32 = 36.0;
/// Layers at most; heads of a layer likewise.
const MOST: usize = 256;

/// What is shown of a head.
pub(in crate::export) enum Of {
    /// Its layer is not done, or not kept.
    Nothing,
    /// A filter leaves it out.
    Filtered,
    /// Its weights, as they are shown.
    Picture(Grid),
    /// Its number; NaN where it has none.
    Number(f64),
}

/// All heads that are shown.
pub(in crate::export) struct Atlas<'a> {
    capture: &'a Capture,
    pub header: Header,
    pub shown: Shown,
    pub scale: Scale,
    pub layers: Vec<Layer>,
    pub heads: Vec<Head>,
    /// The number that has the last colour.
    pub highest: f64,
    kept: Option<&'a [(Layer, Head)]>,
    pub bar: Bar,
}

impl<'a> Atlas<'a> {
    /// The atlas as it is shown.
    ///
    /// # Errors
    /// A capture without layers.
    pub fn new(capture: &'a Capture, picture: &'a AtlasPicture) -> Result<Self, ExportError> {
        if capture.layers.is_empty() || picture.layers.is_empty() || picture.heads.is_empty() {
            return Err(ExportError::Empty);
        }
        let all = |count: usize, whole: usize, what: &str, first: usize| {
            let last = first + count.saturating_sub(1);
            (count < whole).then(|| format!("{what} {first}–{last} of {whole}"))
        };
        let shape = capture.shape;
        let layers = picture.layers.len().min(MOST);
        let heads = picture.heads.len().min(MOST);
        let (first_layer, first_head) = (picture.layers.start, picture.heads.start);
        let (highest, bar, title, mut shown) = match picture.shown {
            Shown::Picture => {
                let shown = vec![
                    super::heads::told(picture.scale),
                    "a picture a head: rows attend, columns are attended to".to_owned(),
                ];
                let bar = Bar {
                    masked: Some("not seen"),
                    ..Bar::of_weights(picture.scale)
                };
                (1.0, bar, "All Heads · pictures".to_owned(), shown)
            }
            Shown::Number(measure) => {
                let highest = match measure.is_share() {
                    true => 1.0,
                    false => highest(capture, measure),
                };
                let of = match measure.is_share() {
                    true => "",
                    false => " of its share of the highest of all heads",
                };
                let shown = vec![
                    format!("{}: {}", measure.title(), measure.doc()),
                    measure.definition().to_owned(),
                    format!(
                        "a number a head, coloured on the {} scale{of}",
                        picture.scale.name()
                    ),
                ];
                let ticks = [0.0, 0.25, 0.5, 0.75, 1.0];
                let bar = Bar {
                    name: match measure.unit() {
                        "" => measure.title().to_owned(),
                        unit => format!("{}, {unit}", measure.title()),
                    },
                    ticks: ticks
                        .map(|part| (picture.scale.of_cell(part as f32), told(part * highest)))
                        .into(),
                    masked: None,
                    nan: false,
                };
                let title = format!("All Heads · {}", measure.title());
                (highest, bar, title, shown)
            }
        };
        shown.extend(all(layers, shape.layers, "layers", first_layer));
        shown.extend(all(heads, shape.heads, "heads", first_head));
        if let Some(kept) = &picture.kept {
            let all = capture
                .layers
                .iter()
                .map(|layer| layer.heads)
                .sum::<usize>();
            let filter = crate::token::Label::of_text(&picture.filter).clip(60);
            shown.push(format!("{} of {all} heads: {filter}", kept.len()));
        }
        let title = match picture.shown {
            Shown::Picture => super::heads::scaled(title, picture.scale),
            Shown::Number(_) => title,
        };
        Ok(Self {
            capture,
            header: Header::new(capture, title, shown),
            shown: picture.shown,
            scale: picture.scale,
            layers: (first_layer..first_layer + layers).map(Layer).collect(),
            heads: (first_head..first_head + heads).map(Head).collect(),
            highest,
            kept: picture.kept.as_deref(),
            bar,
        })
    }

    /// What is shown of every head, layer by layer; pictures have at most `side` values a side.
    pub fn cells(&self, side: usize) -> Vec<Vec<Of>> {
        let repeats = Repeats::of(self.capture);
        let of_layer = |&layer: &Layer| {
            let record = self.capture.layer(layer);
            let numbers = match (self.shown, record) {
                (Shown::Number(_), Some(record)) => all_numbers(record, &repeats),
                _ => Vec::new(),
            };
            let of = |&head: &Head| {
                let Some(record) = record.filter(|record| head.0 < record.heads) else {
                    return Of::Nothing;
                };
                if self.kept.is_some_and(|kept| !kept.contains(&(layer, head))) {
                    return Of::Filtered;
                }
                match self.shown {
                    Shown::Picture => {
                        let side = side.min(record.thumbnails.side).max(1);
                        let mut grid = picture(record, head, side, side);
                        grid.rescale(self.scale);
                        Of::Picture(grid)
                    }
                    Shown::Number(measure) => numbers.get(head.0).map_or(Of::Nothing, |numbers| {
                        Of::Number(measure.of(numbers).unwrap_or(f64::NAN))
                    }),
                }
            };
            self.heads.iter().map(of).collect()
        };
        self.layers.iter().map(of_layer).collect()
    }

    /// The shown value of a number, 0..1: its share of the highest, at the scale.
    pub fn share(&self, value: f64) -> f32 {
        let share = match self.highest > 0.0 {
            true => value / self.highest,
            false => value,
        };
        self.scale.of_cell(share as f32)
    }

    /// Lays the picture out.
    ///
    /// # Errors
    /// A font that can't be read.
    pub fn sheet(&self, palette: Palette) -> Result<Sheet, ExportError> {
        let look = Look::new(palette);
        let most = self.layers.len().max(self.heads.len()) as f32;
        let values = self.capture.layers.first();
        let values = values.map_or(1, |layer| layer.thumbnails.side.max(1));
        let (side, cell) = fitting(halves(WIDTH / most - GAP).clamp(SIDE.1, SIDE.0), values);
        let (width, height) = match self.shown {
            Shown::Picture => (side as f32 * cell, side as f32 * cell),
            Shown::Number(_) => CHIP,
        };
        let gap = match self.shown {
            Shown::Picture if width >= 24.0 => GAP,
            _ => 2.0,
        };
        let cells = self.cells(side);
        let nan = |of: &Of| match of {
            Of::Number(value) => value.is_nan(),
            Of::Picture(grid) => grid.cells.iter().flatten().any(|v| v.is_nan()),
            _ => false,
        };
        let bar = Bar {
            nan: cells.iter().flatten().any(nan) && self.shown == Shown::Picture,
            ..self.bar.clone()
        };
        let side = (
            self.heads.len() as f32 * (width + gap) - gap,
            self.layers.len() as f32 * (height + gap) - gap,
        );
        let body = 2.0 * MARGIN + LEFT + side.0 + 20.0 + bar::WIDTH;
        let below = (TOP + side.1).max(TOP + bar.height(side.1)) + MARGIN;
        let scale = (self.shown == Shown::Picture).then_some(self.scale);
        let told = entries(self.capture, &self.header, scale, Some(palette.map.name()))?;
        let wide = self.header.width(body, &look)?;
        let (mut sheet, top) = self.header.begin(wide, |top| top + below, &look, told)?;
        let (x0, y0) = (MARGIN + LEFT, top + TOP);
        self.names(&mut sheet, (x0, y0), (width, height, gap), &look);
        for (row, heads) in cells.into_iter().enumerate() {
            for (column, of) in heads.into_iter().enumerate() {
                let x = x0 + column as f32 * (width + gap);
                let y = y0 + row as f32 * (height + gap);
                self.head(&mut sheet, (x, y), (width, height), of, &look);
            }
        }
        bar.upright(&mut sheet, (x0 + side.0 + 20.0, y0), side.1, &look);
        Ok(sheet)
    }

    /// Draws one head in a rectangle.
    fn head(
        &self,
        sheet: &mut Sheet,
        (x, y): (f32, f32),
        (width, height): (f32, f32),
        of: Of,
        look: &Look,
    ) {
        let middle = (x + width / 2.0, y + height / 2.0);
        let dim = Ink::new(Face::Sans, 8.5, look.dim).align(Align::Centre);
        match of {
            Of::Nothing => sheet.text("–", middle, dim),
            Of::Filtered => sheet.disc(middle, 1.0, look.dim),
            Of::Picture(grid) => {
                let cell = halves(width / grid.columns.max(1) as f32).max(0.5);
                let colours = grid.cells.iter().map(|value| look.colour(*value)).collect();
                let side = (cell * grid.columns as f32, cell * grid.rows as f32);
                sheet.shapes.push(Shape::Cells(Cells {
                    at: (x, y),
                    side: cell,
                    columns: grid.columns,
                    colours,
                }));
                sheet.frame((x, y), side, 0.5, look.faint);
            }
            Of::Number(value) if value.is_nan() => sheet.text("–", middle, dim),
            Of::Number(value) => {
                let colour = look.colour(Some(self.share(value)));
                sheet.fill((x, y), (width, height), colour.unwrap_or(look.ground));
                let ink = Ink {
                    colour: look.ink_on(colour),
                    ..dim
                };
                sheet.text(told(value), middle, ink);
            }
        }
    }

    /// Names of heads above and of layers beside, thinned out evenly where they have no room.
    fn names(
        &self,
        sheet: &mut Sheet,
        (x, y): (f32, f32),
        (width, height, gap): (f32, f32, f32),
        look: &Look,
    ) {
        let ink = Ink::new(Face::Sans, 8.5, look.ink);
        let every = |room: f32, least: f32| (least / room).ceil().max(1.0) as usize;
        for (at, head) in self
            .heads
            .iter()
            .enumerate()
            .step_by(every(width + gap, 20.0))
        {
            let middle = x + at as f32 * (width + gap) + width / 2.0;
            sheet.text(
                head.to_string(),
                (middle, y - 9.0),
                ink.align(Align::Centre),
            );
        }
        for (at, layer) in self
            .layers
            .iter()
            .enumerate()
            .step_by(every(height + gap, 11.0))
        {
            let middle = y + at as f32 * (height + gap) + height / 2.0;
            sheet.text(layer.to_string(), (x - 7.0, middle), ink.align(Align::End));
        }
        let title = Ink::new(Face::Sans, 10.0, look.ink).align(Align::Centre);
        let across = self.heads.len() as f32 * (width + gap) - gap;
        let down = self.layers.len() as f32 * (height + gap) - gap;
        sheet.text("head", (x + across / 2.0, y - 25.0), title);
        let at = (x - LEFT + 8.0, y + down / 2.0);
        sheet.text("layer", at, title.turn(90.0));
    }
}

/// How many of `values` a square of `room` units shows a side, and the units of each: as much of
/// the square as whole cells fill, and as many values as that lets.
fn fitting(room: f32, values: usize) -> (usize, f32) {
    let sizes = (1..=(room * 2.0) as usize).map(|half| {
        let cell = half as f32 / 2.0;
        (((room / cell) as usize).clamp(1, values), cell)
    });
    let filled = |(count, cell): &(usize, f32)| *count as f32 * cell;
    let best = sizes.max_by(|a, b| filled(a).total_cmp(&filled(b)).then(a.0.cmp(&b.0)));
    best.unwrap_or((1, room))
}

/// The highest value of a number in any head that is there.
fn highest(capture: &Capture, measure: Measure) -> f64 {
    let repeats = Repeats::of(capture);
    let numbers = capture.layers.iter();
    let numbers = numbers.flat_map(|layer| all_numbers(layer, &repeats));
    numbers
        .filter_map(|numbers| measure.of(&numbers))
        .filter(|value| value.is_finite())
        .fold(0.0, f64::max)
}

/// A number in as many digits as a chip has room for; a dash where there is none.
pub(in crate::export) fn told(value: f64) -> String {
    match value.abs() {
        size if !size.is_finite() => "–".to_owned(),
        size if size < 9.995 => format!("{value:.2}"),
        size if size < 99.95 => format!("{value:.1}"),
        size if size < 99_999.5 => format!("{value:.0}"),
        _ => format!("{value:.0e}"),
    }
}
