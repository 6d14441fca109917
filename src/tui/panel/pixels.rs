//! Two values in one terminal cell, or one where there are no colours.

use ratatui::style::{Color, Style};

use super::super::canvas::Canvas;
use crate::paint::Level;

/// Draws one terminal cell out of two colours above each other. A half that is masked keeps the
/// terminal's own ground.
pub fn colours(canvas: &mut Canvas, x: u16, y: u16, top: Color, bottom: Color) {
    match (top, bottom) {
        (Color::Reset, Color::Reset) => {}
        (Color::Reset, bottom) => canvas.cell(x, y, "▄", bottom, Color::Reset),
        (top, bottom) => canvas.cell(x, y, "▀", top, bottom),
    }
}

/// Draws one value in a row of `width` terminal cells.
pub fn solid(canvas: &mut Canvas, x: u16, y: u16, width: u16, level: Level) {
    let colour = canvas.theme.level(level);
    let plain = !canvas.theme.has_colour();
    for dx in 0..width {
        if plain {
            let glyph = canvas.theme.ramp().glyph(level);
            canvas.text(x + dx, y, 1, glyph, Style::new());
        } else if level == Level::Nan {
            canvas.cell(x + dx, y, "×", Color::Reset, colour);
        } else {
            canvas.cell(x + dx, y, " ", Color::Reset, colour);
        }
    }
}
