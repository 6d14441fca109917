//! How attention changes across layers, as a line chart.

use std::io::Write;

use super::super::ExportError;
use super::canvas::{Align, BLACK, Canvas, GREY, Rgb};
use super::panel::NAN;
use super::ticks::ticks;
use super::{entries, font, source};
use crate::capture::{Capture, Layer};
use crate::lens::{SeedFlow, seed_flow};

const WIDTH: usize = 1500;
const HEIGHT: usize = 820;
/// The plot's edges, in pixels.
const LEFT: f32 = 120.0;
const RIGHT: f32 = WIDTH as f32 - 40.0;
const TOP: f32 = 130.0;
const BOTTOM: f32 = HEIGHT as f32 - 84.0;
const LINES: Rgb = [222, 222, 226];
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
/// A capture without layers; what `out` reports.
pub fn flow(capture: &Capture, out: &mut dyn Write) -> Result<(), ExportError> {
    if capture.layers.is_empty() {
        return Err(ExportError::Empty);
    }
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
    let title = "Attention Patterns Across Layers";
    let mut canvas = Canvas::new(WIDTH, HEIGHT);
    let middle = WIDTH as f32 / 2.0;
    canvas.write(title, (middle, 32.0), Align::Centre, (26.0, true), BLACK)?;
    canvas.write(
        &source(capture),
        (middle, 64.0),
        Align::Centre,
        (15.0, false),
        GREY,
    )?;
    legend(&mut canvas, &series)?;

    let (low, high) = range(&series);
    let place = |layer: usize, value: f64| {
        let last = points.len().saturating_sub(1);
        let inset = (RIGHT - LEFT) * 0.05;
        let across = if last == 0 {
            0.5
        } else {
            layer as f32 / last as f32
        };
        let up = ((value - low) / (high - low)) as f32;
        (
            LEFT + inset + across * (RIGHT - LEFT - 2.0 * inset),
            BOTTOM - up * (BOTTOM - TOP),
        )
    };
    let layers: Vec<Layer> = capture.layers.iter().map(|record| record.layer).collect();
    axes(&mut canvas, &layers, (low, high), place)?;
    for (i, line) in series.iter().enumerate() {
        draw(&mut canvas, line, place);
        if points.len() <= VALUES {
            let other = series.get(1 - i);
            values(&mut canvas, line, other, place)?;
        }
    }
    for layer in 0..points.len() {
        if series
            .iter()
            .any(|line| line.values.get(layer).is_some_and(|v| v.is_nan()))
        {
            let at = (place(layer, low).0, BOTTOM - 18.0);
            canvas.write("NaN", at, Align::Centre, (15.0, true), NAN)?;
        }
    }
    canvas.encode(&entries(capture, title)?, out)
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

fn axes(
    canvas: &mut Canvas,
    layers: &[Layer],
    (low, high): (f64, f64),
    place: impl Fn(usize, f64) -> (f32, f32),
) -> Result<(), ExportError> {
    let style = (17.0, false);
    let marks = ticks(low, high, 8);
    for value in marks.values {
        let y = place(0, value).1;
        canvas.line((LEFT, y), (RIGHT, y), 1.2, LINES);
        canvas.line((LEFT - 6.0, y), (LEFT, y), 1.2, BLACK);
        let name = format!("{value:.*}", marks.decimals);
        canvas.write(&name, (LEFT - 12.0, y), Align::End, style, BLACK)?;
    }
    let step = layers.len().div_ceil(24).max(1);
    for (at, layer) in layers.iter().enumerate().step_by(step) {
        let x = place(at, low).0;
        canvas.line((x, TOP), (x, BOTTOM), 1.2, LINES);
        canvas.line((x, BOTTOM), (x, BOTTOM + 6.0), 1.2, BLACK);
        canvas.write(
            &layer.to_string(),
            (x, BOTTOM + 20.0),
            Align::Centre,
            style,
            BLACK,
        )?;
    }
    let (width, height) = ((RIGHT - LEFT) as usize, (BOTTOM - TOP) as usize);
    canvas.frame(LEFT as i64, TOP as i64, width, height, 1, BLACK);
    let at = ((LEFT + RIGHT) / 2.0, BOTTOM + 54.0);
    canvas.write("Layer", at, Align::Centre, (19.0, false), BLACK)?;
    let text = font::set("Attention Weight", 19.0, false)?;
    canvas.text(
        &text,
        (30.0, (TOP + BOTTOM) / 2.0),
        Align::Centre,
        90.0,
        BLACK,
    );
    Ok(())
}

/// The names of the series, above the plot, where no line can run through them.
fn legend(canvas: &mut Canvas, series: &[Series]) -> Result<(), ExportError> {
    const SAMPLE: f32 = 48.0;
    const SPACE: f32 = 48.0;
    let names: Vec<_> = series
        .iter()
        .map(|line| font::set(line.name, 17.0, false))
        .collect::<Result<_, _>>()?;
    let width: f32 = names.iter().map(|n| n.width + SAMPLE + 10.0 + SPACE).sum();
    let (mut x, y) = ((WIDTH as f32 - width + SPACE) / 2.0, 100.0);
    for (line, name) in series.iter().zip(&names) {
        canvas.line((x, y), (x + SAMPLE, y), 3.0, line.colour);
        marker(canvas, line, (x + SAMPLE / 2.0, y));
        canvas.text(name, (x + SAMPLE + 10.0, y), Align::Start, 0.0, BLACK);
        x += SAMPLE + 10.0 + name.width + SPACE;
    }
    Ok(())
}

fn marker(canvas: &mut Canvas, line: &Series, (x, y): (f32, f32)) {
    if line.square {
        canvas.fill(
            x.round() as i64 - 7,
            y.round() as i64 - 7,
            14,
            14,
            line.colour,
        );
    } else {
        canvas.disc((x, y), 8.0, line.colour);
    }
}

fn draw(canvas: &mut Canvas, line: &Series, place: impl Fn(usize, f64) -> (f32, f32)) {
    let points: Vec<_> = line
        .values
        .iter()
        .enumerate()
        .map(|(layer, &value)| value.is_finite().then(|| place(layer, value)))
        .collect();
    for pair in points.windows(2) {
        if let [Some(from), Some(to)] = *pair {
            canvas.line(from, to, 3.0, line.colour);
        }
    }
    for point in points.into_iter().flatten() {
        marker(canvas, line, point);
    }
}

/// Writes each value beside its point, on the side that is away from the other series.
fn values(
    canvas: &mut Canvas,
    line: &Series,
    other: Option<&Series>,
    place: impl Fn(usize, f64) -> (f32, f32),
) -> Result<(), ExportError> {
    for (layer, &value) in line.values.iter().enumerate() {
        if !value.is_finite() {
            continue;
        }
        let (x, y) = place(layer, value);
        let below = other
            .and_then(|other| other.values.get(layer))
            .is_some_and(|other| *other > value);
        let y = if below { y + 24.0 } else { y - 24.0 };
        let text = font::set(&format!("{value:.3}"), 15.0, false)?;
        canvas.text(&text, (x, y), Align::Centre, 0.0, line.colour);
    }
    Ok(())
}
