//! How attention changes across layers, as a line chart.

use super::font::Face;
use super::header::{Header, MARGIN, entries};
use super::look::Look;
use super::sheet::{Align, Ink, Rgb, Sheet};
use super::ticks::ticks;
use crate::capture::{Capture, Layer};
use crate::export::ExportError;
use crate::lens::{SeedFlow, UNDEFINED, seed_flow};
use crate::paint::{Level, Palette};

const WIDTH: f32 = 750.0;
/// The plot's edges, in units; the upper two from the end of the header.
const LEFT: f32 = 68.0;
const RIGHT: f32 = WIDTH - MARGIN;
const LEGEND: f32 = 42.0;
const TALL: f32 = 300.0;
const BELOW: f32 = 36.0 + MARGIN;
/// Layers at most for which each point's value is written beside it.
const VALUES: usize = 16;

/// One line of the chart.
struct Series {
    name: &'static str,
    colour: Rgb,
    square: bool,
    values: Vec<f64>,
}

/// Draws the two series that analyze_attention.py plots, by its definitions: the mean weight of a
/// token on itself, query 0 included, and the mean over all entries (not the mass) that lie before
/// the query; one point a layer, the mean over heads. A value that is no number breaks the line and
/// is named.
///
/// # Errors
/// A capture without layers.
pub(in crate::export) fn flow(capture: &Capture, palette: Palette) -> Result<Sheet, ExportError> {
    if capture.layers.is_empty() {
        return Err(ExportError::Empty);
    }
    let look = Look::new(palette);
    let points: Vec<_> = capture
        .layers
        .iter()
        .map(|layer| seed_flow(layer))
        .collect();
    let series = [
        Series {
            name: SeedFlow::SELF,
            colour: [31, 119, 180],
            square: false,
            values: points.iter().map(|p| p.average_self_attention).collect(),
        },
        Series {
            name: SeedFlow::PREVIOUS,
            colour: [255, 127, 14],
            square: true,
            values: points
                .iter()
                .map(|p| p.average_attention_to_previous.unwrap_or(f64::NAN))
                .collect(),
        },
    ];
    let title = "Attention Patterns Across Layers".to_owned();
    let shown = vec![
        "raw scale, mean over heads".to_owned(),
        "average self-attention: mean of A[i,i], query 0 included".to_owned(),
        "average attention to previous tokens: mean of all A[i,j], j < i".to_owned(),
    ];
    let header = Header::new(capture, title, shown);
    let told = entries(capture, &header, None, None)?;
    let height = |top: f32| top + LEGEND + TALL + BELOW;
    let (mut sheet, top) = header.begin(WIDTH, height, &look, told)?;
    legend(&mut sheet, &series, top + 6.0, &look);
    let frame = Frame {
        top: top + LEGEND,
        bottom: top + LEGEND + TALL,
        range: range(&series),
        points: points.len(),
    };
    let layers: Vec<Layer> = capture.layers.iter().map(|record| record.layer).collect();
    axes(&mut sheet, &layers, &frame, &look);
    for (i, line) in series.iter().enumerate() {
        draw(&mut sheet, line, &frame);
        if points.len() <= VALUES {
            let other = series.get(1 - i);
            values(&mut sheet, line, other, &frame);
        }
    }
    let nan = look.tint(Level::Nan).unwrap_or(look.ink);
    for layer in 0..points.len() {
        let broken = |line: &Series| line.values.get(layer).is_some_and(|v| !v.is_finite());
        if series.iter().any(broken) {
            let at = (frame.place(layer, frame.range.0).0, frame.bottom - 9.0);
            let ink = Ink::new(Face::Bold, 8.0, nan).align(Align::Centre);
            // One token has no earlier one to look at: nothing is broken.
            let mark = if capture.len() < 2 { UNDEFINED } else { "NaN" };
            sheet.text(mark, at, ink);
        }
    }
    Ok(sheet)
}

/// Where the plot stands, and what its sides stand for.
struct Frame {
    top: f32,
    bottom: f32,
    range: (f64, f64),
    points: usize,
}

impl Frame {
    fn place(&self, layer: usize, value: f64) -> (f32, f32) {
        let last = self.points.saturating_sub(1);
        let inset = (RIGHT - LEFT) * 0.05;
        let across = if last == 0 {
            0.5
        } else {
            layer as f32 / last as f32
        };
        let (low, high) = self.range;
        let up = ((value - low) / (high - low)) as f32;
        (
            LEFT + inset + across * (RIGHT - LEFT - 2.0 * inset),
            self.bottom - up * (self.bottom - self.top),
        )
    }
}

/// The range of all finite values, with some room at either end.
fn range(series: &[Series]) -> (f64, f64) {
    let all = || {
        series
            .iter()
            .flat_map(|s| &s.values)
            .copied()
            .filter(|v| v.is_finite())
    };
    let (low, high) = (
        all().fold(f64::MAX, f64::min),
        all().fold(f64::MIN, f64::max),
    );
    if low > high {
        return (0.0, 1.0);
    }
    let room = ((high - low) * 0.08).max(0.005);
    ((low - room).max(-room / 2.0), high + room)
}

fn axes(sheet: &mut Sheet, layers: &[Layer], frame: &Frame, look: &Look) {
    let (low, high) = frame.range;
    let ink = Ink::new(Face::Sans, 8.5, look.ink);
    let marks = ticks(low, high, 8);
    for value in marks.values {
        let y = frame.place(0, value).1;
        sheet.line((LEFT, y), (RIGHT, y), 0.6, look.faint);
        sheet.line((LEFT - 3.0, y), (LEFT, y), 0.6, look.ink);
        let name = format!("{value:.*}", marks.decimals);
        sheet.text(name, (LEFT - 6.0, y), ink.align(Align::End));
    }
    let step = layers.len().div_ceil(24).max(1);
    for (at, layer) in layers.iter().enumerate().step_by(step) {
        let x = frame.place(at, low).0;
        let bottom = frame.bottom;
        sheet.line((x, frame.top), (x, bottom), 0.6, look.faint);
        sheet.line((x, bottom), (x, bottom + 3.0), 0.6, look.ink);
        let name = layer.to_string();
        sheet.text(name, (x, bottom + 10.0), ink.align(Align::Centre));
    }
    let size = (RIGHT - LEFT, frame.bottom - frame.top);
    sheet.frame((LEFT, frame.top), size, 0.5, look.ink);
    let ink = Ink::new(Face::Sans, 10.0, look.ink).align(Align::Centre);
    let middle = (LEFT + RIGHT) / 2.0;
    sheet.text("Layer", (middle, frame.bottom + 27.0), ink);
    let middle = (frame.top + frame.bottom) / 2.0;
    sheet.text("Attention Weight", (MARGIN + 4.0, middle), ink.turn(90.0));
}

/// The names of the series, above the plot, where no line can run through them.
fn legend(sheet: &mut Sheet, series: &[Series], mut y: f32, look: &Look) {
    const SAMPLE: f32 = 24.0;
    let ink = Ink::new(Face::Sans, 9.0, look.ink);
    for line in series {
        sheet.line((LEFT, y), (LEFT + SAMPLE, y), 1.5, line.colour);
        marker(sheet, line, (LEFT + SAMPLE / 2.0, y));
        sheet.text(line.name, (LEFT + SAMPLE + 6.0, y), ink);
        y += 16.0;
    }
}

fn marker(sheet: &mut Sheet, line: &Series, (x, y): (f32, f32)) {
    match line.square {
        true => sheet.fill((x - 3.5, y - 3.5), (7.0, 7.0), line.colour),
        false => sheet.disc((x, y), 4.0, line.colour),
    }
}

fn draw(sheet: &mut Sheet, line: &Series, frame: &Frame) {
    let place =
        |(layer, &value): (usize, &f64)| value.is_finite().then(|| frame.place(layer, value));
    let points: Vec<_> = line.values.iter().enumerate().map(place).collect();
    for pair in points.windows(2) {
        if let [Some(from), Some(to)] = *pair {
            sheet.line(from, to, 1.5, line.colour);
        }
    }
    for point in points.into_iter().flatten() {
        marker(sheet, line, point);
    }
}

/// Writes each value beside its point, on the side that is away from the other series.
fn values(sheet: &mut Sheet, line: &Series, other: Option<&Series>, frame: &Frame) {
    let ink = Ink::new(Face::Sans, 7.5, line.colour).align(Align::Centre);
    for (layer, &value) in line.values.iter().enumerate() {
        if !value.is_finite() {
            continue;
        }
        let (x, y) = frame.place(layer, value);
        let below = other
            .and_then(|other| other.values.get(layer))
            .is_some_and(|other| *other > value);
        let y = if below { y + 12.0 } else { y - 12.0 };
        sheet.text(format!("{value:.3}"), (x, y), ink);
    }
}
