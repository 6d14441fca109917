//! What the explorer shows, saved under a name that says how.

use std::path::Path;

use super::{Drawing, ExportError, draw, write_atomically, write_lines};
use crate::capture::Capture;
use crate::paint::{Depth, Palette, Ramp};
use crate::token::Label;
use crate::view::Picture;

/// Saves a picture of a capture: by the ending of the file's name as PNG or SVG, in the colours of
/// a terminal (`.ansi`) or without any (`.txt`). `palette` is how the screen shows values.
///
/// All show the part that is on the screen, at its levels.
///
/// # Errors
/// Another ending; what the capture does not hold; what the file system reports.
pub fn picture(
    path: &Path,
    capture: &Capture,
    picture: &Picture,
    palette: Palette,
) -> Result<(), ExportError> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let ending = ending.map(str::to_ascii_lowercase);
    write_atomically(path, |out| match ending.as_deref() {
        Some("png") => draw(capture, picture, palette, Drawing::Png, out),
        Some("svg") => draw(capture, picture, palette, Drawing::Svg, out),
        Some("ansi") => write_lines(capture, picture, Ramp::new(palette), out),
        Some("txt") => write_lines(capture, picture, Ramp::new(Depth::None.into()), out),
        other => Err(ExportError::NoFormat {
            found: Label::of_text(other.unwrap_or_default()).clip(40),
        }),
    })
}
