//! Pictures of patterns as PNG: no display, no plotting library, fonts inside.

mod canvas;
mod flow;
mod font;
mod heatmap;
mod panel;
mod screen;
mod ticks;

pub use flow::flow;
pub use heatmap::{all_heads, heatmap};
pub use screen::screen;

use std::io::Write;

use super::{ExportError, Request, Style};
use crate::capture::Capture;
use crate::lens::Select;
use crate::token::Label;

/// Draws what is asked for as one picture: a head, or heads of one layer side by side.
///
/// # Errors
/// Heads of several layers; what the capture does not hold; what `out` reports.
pub fn png(capture: &Capture, request: &Request, out: &mut dyn Write) -> Result<(), ExportError> {
    request.records(capture)?;
    let style = request.style;
    match (&request.layers[..], &request.heads[..]) {
        (&[layer], &[head]) => heatmap(capture, layer, Select::Head(head), style, out),
        (&[layer], heads) => heatmap::some_heads(capture, layer, heads, style, out),
        (layers, _) => Err(ExportError::OneLayer {
            found: layers.len(),
        }),
    }
}

/// What a picture shows, in one line: model, tokens, precision.
pub(super) fn source(capture: &Capture) -> String {
    let name = Label::of_text(&capture.origin.name).clip(48);
    let tokens = capture.len();
    let unit = if tokens == 1 { "token" } else { "tokens" };
    if name.is_empty() {
        format!("{tokens} {unit}")
    } else {
        format!("{name} · {tokens} {unit}")
    }
}

/// The text entries of a picture: its title, what made it, and the recipe as JSON.
fn entries(capture: &Capture, title: &str) -> Result<[(&'static str, String); 3], ExportError> {
    Ok([
        ("Title", title.to_owned()),
        ("Software", super::made_by(capture)),
        ("Comment", serde_json::to_string(&*capture.origin)?),
    ])
}

/// The same for a picture of weights, and what it shows of them.
fn entries_of(
    capture: &Capture,
    title: &str,
    style: Style,
) -> Result<Vec<(&'static str, String)>, ExportError> {
    let mut entries = Vec::from(entries(capture, title)?);
    entries.push(("Scale", style.scale.name().to_owned()));
    entries.push(("Colormap", style.map.name().to_owned()));
    Ok(entries)
}
