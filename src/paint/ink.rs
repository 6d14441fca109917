//! What can be read on a colour.

use super::Tint;

/// The colour of letters on a ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ink {
    /// Near black.
    Dark,
    /// Near white.
    Light,
}

/// The grounds of the terminal's own 16 colours that light letters stand out from in the themes
/// that are common: black, red, blue, magenta and dark grey.
const LIGHT_ON: [u8; 5] = [0, 1, 4, 5, 8];

impl Ink {
    /// The ink that stands out more from a ground.
    pub fn on(ground: Tint) -> Self {
        let light = match ground {
            Tint::Ansi(index) => LIGHT_ON.contains(&index),
            Tint::Indexed(index) => luminance(palette(index)) < MIDDLE,
            Tint::Rgb(rgb) => luminance(rgb) < MIDDLE,
        };
        if light { Self::Light } else { Self::Dark }
    }
}

/// The relative luminance from which black and white are equally far: the root of 1.05 times 0.05,
/// less 0.05 (WCAG 2).
const MIDDLE: f32 = 0.179_13;

/// An entry 16 to 255 of the 256-colour palette, which terminals agree about.
fn palette(index: u8) -> [u8; 3] {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let step = |at: u8| STEPS[usize::from(at % 6)];
    match index.saturating_sub(16) {
        grey @ 216.. => [8 + 10 * (grey - 216); 3],
        at => [step(at / 36), step(at / 6), step(at)],
    }
}

/// Relative luminance of sRGB (WCAG 2).
fn luminance(rgb: [u8; 3]) -> f32 {
    let linear = |c: u8| {
        let c = f32::from(c) / 255.0;
        match c <= 0.04045 {
            true => c / 12.92,
            false => ((c + 0.055) / 1.055).powf(2.4),
        }
    };
    let [r, g, b] = rgb.map(linear);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paint::{Colormap, Depth, Level, Ramp};

    #[test]
    fn letters_can_be_read_on_every_level() {
        for depth in [Depth::Ansi256, Depth::True] {
            for map in [Colormap::Night, Colormap::Blues] {
                let ramp = Ramp::new(depth, map);
                let values = (0..ramp.levels()).map(Level::Value);
                for level in values.chain([Level::Nan]) {
                    let tint = ramp.tint(level).unwrap();
                    let ground = match tint {
                        Tint::Rgb(rgb) => luminance(rgb),
                        Tint::Indexed(index) => luminance(palette(index)),
                        Tint::Ansi(_) => unreachable!(),
                    };
                    let contrast = match Ink::on(tint) {
                        Ink::Dark => (ground + 0.05) / 0.05,
                        Ink::Light => 1.05 / (ground + 0.05),
                    };
                    assert!(contrast >= 4.5, "{depth:?} {map:?} {level:?}: {contrast}");
                }
            }
        }
    }
}
