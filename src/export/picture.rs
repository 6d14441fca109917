//! What the explorer shows, saved under a name that says how.

use std::path::Path;

use super::png::screen;
use super::{ExportError, svg, terminal, write_atomically};
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
    write_atomically(path, |out| match ending {
        Some("png") => screen(capture, picture, palette, out),
        Some("svg") => svg(capture, picture, palette, out),
        Some("ansi") => terminal(capture, picture, Ramp::new(palette), out),
        Some("txt") => terminal(capture, picture, Ramp::new(Depth::None.into()), out),
        other => Err(ExportError::NoFormat {
            found: Label::of_text(other.unwrap_or_default()).clip(40),
        }),
    })
}
