//! The colours of a picture: the levels of the screen, and what stands beside them.

use super::sheet::Rgb;
use crate::paint::{Depth, Ground, LEVELS, Level, Palette, Ramp, Tint, contrast};

/// The colours of a picture.
#[derive(Clone, Copy, Debug)]
pub(in crate::export) struct Look {
    ramp: Ramp,
    pub ground: Rgb,
    /// Titles, labels, frames.
    pub ink: Rgb,
    /// What says more.
    pub dim: Rgb,
    /// Lines behind what is drawn.
    pub faint: Rgb,
    /// The token that is chosen.
    pub chosen: Rgb,
}

impl Look {
    /// The look of a palette's ground and map, in all levels.
    pub fn new(palette: Palette) -> Self {
        let ramp = Ramp::new(Palette {
            depth: Depth::True,
            ..palette
        });
        let [ground, ink, dim, faint, chosen] = match palette.ground {
            Ground::Light => [
                [255; 3],
                [26; 3],
                [90, 95, 106],
                [222, 222, 226],
                [178, 84, 0],
            ],
            Ground::Dark => [
                [20, 22, 28],
                [230; 3],
                [154, 160, 172],
                [52, 55, 64],
                [255, 176, 84],
            ],
        };
        Self {
            ramp,
            ground,
            ink,
            dim,
            faint,
            chosen,
        }
    }

    /// The level of a shown value, 0..1.
    pub fn level(&self, value: Option<f32>) -> Level {
        self.ramp.level(value)
    }

    /// The colour of a level; none for what is masked, which shows the ground.
    pub fn tint(&self, level: Level) -> Option<Rgb> {
        self.ramp.tint(level).map(Tint::rgb)
    }

    /// The colour of a shown value, 0..1.
    pub fn colour(&self, value: Option<f32>) -> Option<Rgb> {
        self.tint(self.level(value))
    }

    /// The colours from least to most.
    pub fn levels(&self) -> impl Iterator<Item = Rgb> {
        (0..LEVELS).filter_map(|level| self.tint(Level::Value(level)))
    }

    /// Black or white, whichever is seen better on a colour; the usual ink on the ground.
    pub fn ink_on(&self, colour: Option<Rgb>) -> Rgb {
        let Some(colour) = colour else {
            return self.ink;
        };
        match contrast(colour, [255; 3]) >= contrast(colour, [0; 3]) {
            true => [255; 3],
            false => [0; 3],
        }
    }
}
