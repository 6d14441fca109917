//! What stands above every picture: a title, what is shown, and where it is from.

use super::font::Face;
use super::look::Look;
use super::sheet::{Ink, Sheet};
use crate::capture::Capture;
use crate::export::{ExportError, made_by};
use crate::lens::Scale;
use crate::token::Label;

/// Room around everything, in units.
pub(in crate::export) const MARGIN: f32 = 22.0;
/// Width of a picture, at least.
pub(in crate::export) const LEAST: f32 = 440.0;

const TITLE: f32 = 15.0;
const NOTE: f32 = 9.5;
/// From one line of notes to the next.
const PITCH: f32 = 14.0;
/// Cells of a name and of a text, at most.
const NAME: usize = 48;
const TEXT: usize = 56;

/// A title and what is told below it.
#[derive(Clone, Debug)]
pub(in crate::export) struct Header {
    pub title: String,
    /// What is shown: scale, pooling, part.
    pub shown: Vec<String>,
    /// Model, text, sizes, program.
    pub source: Vec<String>,
}

impl Header {
    pub fn new(capture: &Capture, title: String, shown: Vec<String>) -> Self {
        Self {
            title,
            shown,
            source: source(capture),
        }
    }

    fn title_ink(look: &Look) -> Ink {
        Ink::new(Face::Bold, TITLE, look.ink)
    }

    fn note_ink(look: &Look) -> Ink {
        Ink::new(Face::Sans, NOTE, look.dim)
    }

    /// The width that a picture needs whose body is `body` units wide.
    pub fn width(&self, body: f32, look: &Look) -> Result<f32, ExportError> {
        let title = Self::title_ink(look).width(&self.title)? + 2.0 * MARGIN;
        Ok(body.max(title).max(LEAST).ceil())
    }

    /// The lines of the notes in a picture of a width.
    fn notes(&self, width: f32, look: &Look) -> Result<Vec<String>, ExportError> {
        let ink = Self::note_ink(look);
        let mut lines = Vec::new();
        for parts in [&self.shown, &self.source] {
            lines.extend(wrapped(parts, |line| {
                Ok(ink.width(line)? <= width - 2.0 * MARGIN)
            })?);
        }
        Ok(lines)
    }

    /// Begins a sheet of a width, and of the height below the header; tells where the body begins.
    pub fn begin(
        &self,
        width: f32,
        body: impl FnOnce(f32) -> f32,
        look: &Look,
        entries: Vec<(&'static str, String)>,
    ) -> Result<(Sheet, f32), ExportError> {
        let notes = self.notes(width, look)?;
        let top = MARGIN + TITLE + 6.0 + PITCH * notes.len() as f32 + 10.0;
        let mut sheet = Sheet {
            width,
            height: body(top).ceil(),
            ground: look.ground,
            shapes: Vec::new(),
            entries,
        };
        let mut y = MARGIN + TITLE / 2.0;
        sheet.text(self.title.as_str(), (MARGIN, y), Self::title_ink(look));
        y += TITLE / 2.0 + 6.0 + PITCH / 2.0;
        for note in notes {
            sheet.text(note, (MARGIN, y), Self::note_ink(look));
            y += PITCH;
        }
        Ok((sheet, top))
    }

    /// The header as lines of text, in `width` cells where they can be.
    pub fn lines(&self, width: usize) -> Vec<String> {
        let fits = |line: &str| Ok(Label::of_text(line).width() <= width);
        let notes = [&self.shown, &self.source].map(|parts| wrapped(parts, fits));
        let notes = notes.into_iter().flat_map(Result::unwrap_or_default);
        [self.title.clone()].into_iter().chain(notes).collect()
    }
}

/// Parts joined by dots, in lines that fit.
fn wrapped(
    parts: &[String],
    fits: impl Fn(&str) -> Result<bool, ExportError>,
) -> Result<Vec<String>, ExportError> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts.iter().filter(|part| !part.is_empty()) {
        if let Some(last) = lines.last_mut() {
            let joined = format!("{last} · {part}");
            if fits(&joined)? {
                *last = joined;
                continue;
            }
        }
        lines.push(part.clone());
    }
    Ok(lines)
}

/// Where a picture is from: model, text, tokens, precision, program.
fn source(capture: &Capture) -> Vec<String> {
    let origin = &capture.origin;
    let mut parts = Vec::new();
    let name = Label::of_text(&origin.name).clip(NAME);
    if !name.is_empty() {
        parts.push(name);
    }
    if let Some(seed) = origin.untrained_seed {
        parts.push(format!("random weights, seed {seed}"));
    }
    let words: Vec<&str> = capture.text.split_whitespace().take(TEXT).collect();
    if !words.is_empty() {
        let text = Label::of_text(&words.join(" ")).clip(TEXT);
        parts.push(format!("“{text}”"));
    }
    let tokens = capture.len();
    let unit = if tokens == 1 { "token" } else { "tokens" };
    parts.push(format!("{tokens} {unit}"));
    if !origin.dtype.is_empty() {
        parts.push(Label::of_text(&origin.dtype).clip(NAME));
    }
    parts.push(Label::of_text(&made_by(capture)).clip(NAME));
    parts
}

/// The text entries of a picture: its title, what is shown, what made it, and the recipe as JSON.
pub(in crate::export) fn entries(
    capture: &Capture,
    header: &Header,
    scale: Option<Scale>,
    map: Option<&'static str>,
) -> Result<Vec<(&'static str, String)>, ExportError> {
    let mut entries = vec![
        ("Title", header.title.clone()),
        ("Software", made_by(capture)),
        ("Comment", crate::safe::json_text(&*capture.origin)?),
        ("Description", header.shown.join(" · ")),
        ("Source", header.source.join(" · ")),
    ];
    entries.extend(scale.map(|scale| ("Scale", scale.name().to_owned())));
    entries.extend(map.map(|map| ("Colormap", map.to_owned())));
    Ok(entries)
}
