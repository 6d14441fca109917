//! Levels to what a terminal of a given depth can show.

use super::ground::is_light;
use super::indexed::{nan_16, nan_256, of_16, of_256, rgb_of_256};
use super::{Colormap, Depth, Ground, LEVELS, Level, level};

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

impl Tint {
    /// The colour, as exactly as it is known: themes change the first 16.
    pub fn rgb(self) -> [u8; 3] {
        match self {
            Self::Ansi(index) | Self::Indexed(index) => rgb_of_256(index),
            Self::Rgb(rgb) => rgb,
        }
    }
}

/// What decides how everything looks on a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// How many colours there are.
    pub depth: Depth,
    /// What they stand on.
    pub ground: Ground,
    /// The map of values.
    pub map: Colormap,
}

impl From<Depth> for Palette {
    /// The usual ground and map.
    fn from(depth: Depth) -> Self {
        Self {
            depth,
            ground: Ground::default(),
            map: Colormap::default(),
        }
    }
}

/// How values look on a terminal: as many levels as its colours can tell apart.
#[derive(Clone, Copy, Debug)]
pub struct Ramp(Palette);

/// Values without colour; the first one is zero, which is not blank: blank is masked.
const GLYPHS: [&str; 5] = ["·", "░", "▒", "▓", "█"];

/// What a cell that is not a number shows where there are no colours.
const NAN_GLYPH: &str = "×";

impl Ramp {
    /// The ramp of a palette.
    pub fn new(palette: Palette) -> Self {
        Self(palette)
    }

    /// The map and the ground that it is for.
    pub fn palette(&self) -> Palette {
        self.0
    }

    /// How many levels values have.
    pub fn levels(&self) -> u8 {
        let Palette { depth, ground, map } = self.0;
        match depth {
            Depth::None => GLYPHS.len() as u8,
            Depth::Ansi16 => of_16(map, ground).len() as u8,
            Depth::Ansi256 => of_256(map, ground).len() as u8,
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
        let Palette { depth, ground, map } = self.0;
        let pick = |ramp: &[u8], v: u8| ramp.get(usize::from(v)).or(ramp.last()).copied();
        match (depth, level) {
            (Depth::None, _) | (_, Level::Masked) => None,
            (Depth::Ansi16, Level::Nan) => Some(Tint::Ansi(nan_16(map))),
            (Depth::Ansi256, Level::Nan) => Some(Tint::Indexed(nan_256(map))),
            (Depth::True, Level::Nan) => Some(Tint::Rgb(map.nan())),
            (Depth::Ansi16, Level::Value(v)) => pick(of_16(map, ground), v).map(Tint::Ansi),
            (Depth::Ansi256, Level::Value(v)) => pick(of_256(map, ground), v).map(Tint::Indexed),
            (Depth::True, Level::Value(v)) => {
                let (start, top) = (map.start(ground), f32::from(LEVELS - 1));
                let t = start + (1.0 - start) * f32::from(v) / top;
                Some(Tint::Rgb(map.rgb(t, ground)))
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

    /// Whether what is written on a level must be dark.
    pub fn is_light(&self, level: Level) -> bool {
        match self.tint(level) {
            Some(tint) => is_light(tint.rgb()),
            None => self.0.ground == Ground::Light,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{contrast, luminance};
    use super::*;

    #[test]
    fn masked_nan_and_zero_differ_at_every_depth() {
        for depth in [Depth::None, Depth::Ansi16, Depth::Ansi256, Depth::True] {
            for map in Colormap::ALL {
                for ground in [Ground::Dark, Ground::Light] {
                    let ramp = Ramp::new(Palette { depth, ground, map });
                    let look = |value: Option<f32>| {
                        let level = ramp.level(value);
                        match depth {
                            Depth::None => (None, ramp.glyph(level)),
                            _ => (ramp.tint(level), ""),
                        }
                    };
                    let (masked, nan, zero) = (look(None), look(Some(f32::NAN)), look(Some(0.0)));
                    assert!(masked != nan && nan != zero && zero != masked, "{ramp:?}");
                    assert!(look(Some(1.0)) != zero);
                }
            }
        }
    }

    #[test]
    fn levels_are_strictly_monotone_in_lightness() {
        for map in Colormap::ALL {
            for ground in [Ground::Dark, Ground::Light] {
                let depth = Depth::True;
                let ramp = Ramp::new(Palette { depth, ground, map });
                let light = |v| luminance(ramp.tint(Level::Value(v)).unwrap().rgb());
                for v in 0..LEVELS - 1 {
                    let middle = LEVELS / 2;
                    let down =
                        (ground == Ground::Light) != (map == Colormap::Diverging && v + 1 < middle);
                    if map == Colormap::Diverging && v + 1 == middle {
                        continue;
                    }
                    assert_eq!(light(v + 1) < light(v), down, "{map:?} {ground:?} at {v}");
                }
            }
        }
    }

    #[test]
    fn what_is_written_on_a_level_is_dark_on_light_ones() {
        let depths = [Depth::Ansi16, Depth::Ansi256, Depth::True];
        let forms = depths
            .into_iter()
            .flat_map(|depth| [Ground::Dark, Ground::Light].map(|ground| (depth, ground)));
        for (depth, ground) in forms {
            for map in Colormap::ALL {
                let ramp = Ramp::new(Palette { depth, ground, map });
                for level in (0..ramp.levels()).map(Level::Value).chain([Level::Nan]) {
                    let rgb = ramp.tint(level).unwrap().rgb();
                    let ink = if ramp.is_light(level) {
                        [0; 3]
                    } else {
                        [255; 3]
                    };
                    assert!(contrast(ink, rgb) >= 4.5, "{ramp:?} {level:?}");
                }
                assert_eq!(ramp.is_light(Level::Masked), ground == Ground::Light);
            }
        }
    }
}
