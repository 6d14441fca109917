//! Levels to what a terminal of a given depth can show.

use super::{Colormap, Depth, LEVELS, Level, level};

/// A colour that a terminal is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tint {
    /// One of the 16 colours of the terminal's theme.
    Ansi(u8),
    /// An entry of the 256-colour palette.
    Indexed(u8),
    /// Red, green, blue.
    Rgb([u8; 3]),
}

/// How values look on a terminal: as many levels as its colours can tell apart.
#[derive(Clone, Copy, Debug)]
pub struct Ramp {
    depth: Depth,
    map: Colormap,
}

/// The night map in the 256-colour palette, chosen by hand: each entry lighter than the one
/// before. The nearest colours to the true map would not be.
const NIGHT_256: [u8; 12] = [17, 18, 19, 25, 26, 32, 74, 111, 117, 153, 195, 231];

/// The light map in the 256-colour palette, each entry darker than the one before.
const BLUES_256: [u8; 12] = [231, 195, 189, 153, 117, 111, 74, 32, 26, 25, 19, 17];

/// The night map in 16 colours: blue, bright blue, cyan, bright cyan, bright white.
const NIGHT_16: [u8; 5] = [4, 12, 6, 14, 15];

/// The light map in 16 colours.
const BLUES_16: [u8; 5] = [15, 14, 6, 12, 4];

/// Values without colour; the first one is zero, which is not blank: blank is masked.
const GLYPHS: [&str; 5] = ["·", "░", "▒", "▓", "█"];

/// What a cell that is not a number shows where there are no colours.
const NAN_GLYPH: &str = "×";

impl Ramp {
    /// The ramp of a map at a depth.
    pub fn new(depth: Depth, map: Colormap) -> Self {
        Self { depth, map }
    }

    /// How many levels values have.
    pub fn levels(&self) -> u8 {
        match self.depth {
            Depth::None => GLYPHS.len() as u8,
            Depth::Ansi16 => NIGHT_16.len() as u8,
            Depth::Ansi256 => NIGHT_256.len() as u8,
            Depth::True => LEVELS,
        }
    }

    /// The level of a value in 0..1.
    pub fn level(&self, value: Option<f32>) -> Level {
        level(value, self.levels())
    }

    /// The colour of a level; `None` for masked cells, which keep the terminal's own ground, and
    /// where there are no colours.
    pub fn tint(&self, level: Level) -> Option<Tint> {
        let pick = |ramp: &[u8], v: u8| ramp.get(usize::from(v)).or(ramp.last()).copied();
        match (self.depth, level) {
            (Depth::None, _) | (_, Level::Masked) => None,
            (Depth::Ansi16, Level::Nan) => Some(Tint::Ansi(5)),
            (Depth::Ansi256, Level::Nan) => Some(Tint::Indexed(162)),
            (Depth::True, Level::Nan) => Some(Tint::Rgb([214, 51, 132])),
            (Depth::Ansi16, Level::Value(v)) => match self.map {
                Colormap::Night => pick(&NIGHT_16, v).map(Tint::Ansi),
                Colormap::Blues => pick(&BLUES_16, v).map(Tint::Ansi),
            },
            (Depth::Ansi256, Level::Value(v)) => match self.map {
                Colormap::Night => pick(&NIGHT_256, v).map(Tint::Indexed),
                Colormap::Blues => pick(&BLUES_256, v).map(Tint::Indexed),
            },
            (Depth::True, Level::Value(v)) => {
                let t = f32::from(v) / f32::from(LEVELS - 1);
                Some(Tint::Rgb(self.map.rgb(t)))
            }
        }
    }

    /// The glyph of a level, one cell wide, for terminals without colour.
    pub fn glyph(&self, level: Level) -> &'static str {
        match level {
            Level::Masked => " ",
            Level::Nan => NAN_GLYPH,
            Level::Value(v) => GLYPHS[usize::from(v).min(GLYPHS.len() - 1)],
        }
    }

    /// Whether a level's colour is light, so that what is written on it must be dark.
    pub fn is_light(&self, level: Level) -> bool {
        let Level::Value(v) = level else { return false };
        let upper = u16::from(v) * 3 > u16::from(self.levels().saturating_sub(1)) * 2;
        upper == (self.map == Colormap::Night)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance (WCAG 2) of an entry 16 to 255 of the 256-colour palette.
    fn luminance(index: u8) -> f32 {
        let steps = [0u8, 95, 135, 175, 215, 255];
        let rgb = match index {
            232.. => [8 + 10 * (index - 232); 3],
            _ => {
                let i = usize::from(index - 16);
                [steps[i / 36], steps[i / 6 % 6], steps[i % 6]]
            }
        };
        let linear = rgb.map(|c| (f32::from(c) / 255.0).powf(2.2));
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    #[test]
    fn palettes_are_strictly_monotone_in_lightness() {
        assert!(NIGHT_256.is_sorted_by(|a, b| luminance(*a) < luminance(*b)));
        assert!(BLUES_256.is_sorted_by(|a, b| luminance(*a) > luminance(*b)));
    }

    #[test]
    fn masked_nan_and_zero_differ_at_every_depth() {
        for depth in [Depth::None, Depth::Ansi16, Depth::Ansi256, Depth::True] {
            let ramp = Ramp::new(depth, Colormap::Night);
            let look = |value: Option<f32>| {
                let level = ramp.level(value);
                match depth {
                    Depth::None => (None, ramp.glyph(level)),
                    _ => (ramp.tint(level), ""),
                }
            };
            let (masked, nan, zero) = (look(None), look(Some(f32::NAN)), look(Some(0.0)));
            assert!(masked != nan && nan != zero && zero != masked, "{depth:?}");
            assert!(look(Some(1.0)) != zero);
        }
    }
}
