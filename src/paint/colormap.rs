//! Values to colours, by named maps.

use super::Ground;

/// A colour map over 0..1, from nothing to all. Each has a form for a dark ground and one for a
/// light ground, in which the low end is near the ground, so that nothing recedes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Colormap {
    /// One hue; white to dark blue on light grounds, as in the seed's plots.
    #[default]
    Blues,
    /// Purple over teal to yellow; even to the eye.
    Viridis,
    /// Blue over grey to yellow; the same to eyes that see no red or no green.
    Cividis,
    /// Black over purple and orange to cream.
    Magma,
    /// No hue.
    Grey,
    /// Blue below and red above the middle of the scale, which is near the ground: what is far from
    /// 0.5, on either side, stands out.
    Diverging,
}

/// `N` control points as far from each other as from their neighbours.
type Points<const N: usize> = [[u8; 3]; N];

/// ColorBrewer's nine-class Blues (Brewer & Harrower), the control points of matplotlib's map.
const BLUES: Points<9> = [
    [247, 251, 255],
    [222, 235, 247],
    [198, 219, 239],
    [158, 202, 225],
    [107, 174, 214],
    [66, 146, 198],
    [33, 113, 181],
    [8, 81, 156],
    [8, 48, 107],
];

/// Blues for dark grounds, our own: from the dark end up, each point lighter than the one before.
const NIGHT: Points<9> = [
    [20, 24, 38],
    [26, 40, 78],
    [27, 57, 114],
    [30, 80, 152],
    [37, 106, 182],
    [62, 138, 205],
    [112, 178, 224],
    [176, 216, 240],
    [236, 246, 252],
];

/// Viridis (Smith, van der Walt & Firing) for dark grounds: its low end, a strong purple, is drawn
/// towards the ground, so that zero stands back.
const VIRIDIS_NIGHT: Points<10> = [
    [24, 20, 32],
    [48, 30, 76],
    [64, 54, 122],
    [57, 88, 140],
    [42, 118, 142],
    [33, 147, 139],
    [44, 176, 126],
    [105, 204, 92],
    [181, 222, 52],
    [253, 231, 60],
];

/// Viridis from the other end, its yellow drawn towards paper.
const VIRIDIS_DAY: Points<10> = [
    [242, 243, 226],
    [216, 228, 130],
    [164, 212, 90],
    [92, 196, 104],
    [46, 172, 126],
    [36, 144, 139],
    [45, 114, 142],
    [57, 86, 140],
    [68, 52, 125],
    [60, 8, 78],
];

/// Cividis (Nuñez, Anderton & Renslow) for dark grounds, its navy drawn towards the ground.
const CIVIDIS_NIGHT: Points<10> = [
    [20, 26, 38],
    [22, 46, 84],
    [48, 66, 106],
    [80, 89, 110],
    [109, 111, 116],
    [138, 134, 120],
    [168, 158, 114],
    [202, 185, 100],
    [230, 208, 84],
    [254, 234, 110],
];

/// Cividis from the other end, its yellow drawn towards paper.
const CIVIDIS_DAY: Points<10> = [
    [244, 241, 226],
    [228, 212, 140],
    [204, 186, 110],
    [174, 163, 114],
    [146, 140, 119],
    [120, 120, 119],
    [94, 98, 111],
    [66, 77, 108],
    [32, 57, 108],
    [4, 33, 72],
];

/// Magma (Smith & van der Walt) for dark grounds, its black lifted a little above the ground.
const MAGMA_NIGHT: Points<9> = [
    [26, 22, 34],
    [50, 24, 86],
    [88, 26, 124],
    [131, 40, 129],
    [183, 55, 121],
    [231, 82, 99],
    [252, 137, 97],
    [254, 194, 135],
    [252, 253, 200],
];

/// Magma from the other end, its cream drawn towards paper.
const MAGMA_DAY: Points<10> = [
    [250, 240, 226],
    [254, 214, 166],
    [254, 176, 122],
    [248, 130, 96],
    [224, 80, 102],
    [178, 54, 122],
    [130, 38, 130],
    [84, 20, 124],
    [44, 18, 86],
    [10, 6, 28],
];

const GREY: Points<2> = [[0; 3], [255; 3]];

/// ColorBrewer's eleven-class RdBu from blue to red, its middle a little darker than white paper.
const DIVERGING: Points<11> = [
    [5, 48, 97],
    [33, 102, 172],
    [67, 147, 195],
    [146, 197, 222],
    [209, 229, 240],
    [232, 232, 232],
    [253, 219, 199],
    [244, 165, 130],
    [214, 96, 77],
    [178, 24, 43],
    [103, 0, 31],
];

/// The same colours with each side turned around, so that the middle is the dark end.
const DIVERGING_NIGHT: Points<11> = [
    [209, 229, 240],
    [146, 197, 222],
    [67, 147, 195],
    [33, 102, 172],
    [14, 54, 100],
    [24, 24, 28],
    [98, 14, 36],
    [178, 24, 43],
    [214, 96, 77],
    [244, 165, 130],
    [253, 219, 199],
];

impl Colormap {
    /// Every map, in the order in which one key cycles them.
    pub const ALL: [Self; 6] = [
        Self::Blues,
        Self::Viridis,
        Self::Cividis,
        Self::Magma,
        Self::Grey,
        Self::Diverging,
    ];

    /// Its name on the command line and in legends.
    pub fn name(self) -> &'static str {
        match self {
            Self::Blues => "blues",
            Self::Viridis => "viridis",
            Self::Cividis => "cividis",
            Self::Magma => "magma",
            Self::Grey => "grey",
            Self::Diverging => "diverging",
        }
    }

    /// The map `steps` further in the cycle.
    pub fn after(self, steps: usize) -> Self {
        let at = Self::ALL.iter().position(|&map| map == self).unwrap_or(0);
        Self::ALL[(at + steps % Self::ALL.len()) % Self::ALL.len()]
    }

    /// The colour of `t`, clamped to 0..1, by linear interpolation between control points; NaN
    /// takes the low end, as callers give NaN a colour of its own.
    pub fn rgb(self, t: f32, ground: Ground) -> [u8; 3] {
        let t = if t.is_nan() { 0.0 } else { t.clamp(0.0, 1.0) };
        let down = 1.0 - t;
        match (self, ground) {
            (Self::Blues, Ground::Light) => between(&BLUES, t),
            (Self::Blues, Ground::Dark) => between(&NIGHT, t),
            (Self::Viridis, Ground::Light) => between(&VIRIDIS_DAY, t),
            (Self::Viridis, Ground::Dark) => between(&VIRIDIS_NIGHT, t),
            (Self::Cividis, Ground::Light) => between(&CIVIDIS_DAY, t),
            (Self::Cividis, Ground::Dark) => between(&CIVIDIS_NIGHT, t),
            (Self::Magma, Ground::Light) => between(&MAGMA_DAY, t),
            (Self::Magma, Ground::Dark) => between(&MAGMA_NIGHT, t),
            (Self::Grey, Ground::Light) => between(&GREY, down),
            (Self::Grey, Ground::Dark) => between(&GREY, t),
            (Self::Diverging, Ground::Light) => between(&DIVERGING, t),
            (Self::Diverging, Ground::Dark) => between(&DIVERGING_NIGHT, t),
        }
    }

    /// Where a screen begins in the map: masked cells show the bare ground there, black or white,
    /// and the low end must not be taken for it.
    pub(super) fn start(self, ground: Ground) -> f32 {
        match (self, ground) {
            (Self::Blues, Ground::Light) => 0.1,
            (Self::Grey, Ground::Dark) => 0.14,
            (Self::Grey, Ground::Light) => 0.08,
            _ => 0.0,
        }
    }

    /// The colour of what is no number: none that the map has.
    pub fn nan(self) -> [u8; 3] {
        match self {
            Self::Magma => [40, 180, 99],
            Self::Diverging => [230, 200, 40],
            Self::Blues | Self::Viridis | Self::Cividis | Self::Grey => [214, 51, 132],
        }
    }
}

/// The colour at `t` in 0..1 of evenly spaced control points.
fn between(points: &[[u8; 3]], t: f32) -> [u8; 3] {
    let last = points.len() - 1;
    let x = t * last as f32;
    let low = (x as usize).min(last - 1);
    let part = x - low as f32;
    let mix = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * part).round() as u8;
    std::array::from_fn(|c| mix(points[low][c], points[low + 1][c]))
}

#[cfg(test)]
mod tests {
    use super::super::{contrast, luminance};
    use super::*;

    #[test]
    fn lightness_is_monotone_away_from_the_ground() {
        for map in Colormap::ALL {
            for ground in [Ground::Dark, Ground::Light] {
                let sign = if ground == Ground::Dark { 1.0 } else { -1.0 };
                for i in 0..255 {
                    let [a, b] = [i, i + 1].map(|i| luminance(map.rgb(i as f32 / 255.0, ground)));
                    // Below the middle a diverging map goes the other way.
                    let sign = match map {
                        // The middle itself is between these two.
                        Colormap::Diverging if i == 127 => continue,
                        Colormap::Diverging if i < 127 => -sign,
                        _ => sign,
                    };
                    // Colours are rounded to bytes.
                    assert!((b - a) * sign > -2e-3, "{map:?} {ground:?} at {i}");
                }
            }
        }
    }

    #[test]
    fn ends_are_the_maps_own() {
        assert_eq!(Colormap::Blues.rgb(0.0, Ground::Light), [247, 251, 255]);
        assert_eq!(Colormap::Blues.rgb(1.0, Ground::Light), [8, 48, 107]);
        assert_eq!(Colormap::Blues.rgb(7.0, Ground::Light), [8, 48, 107]);
        for map in Colormap::ALL {
            for ground in [Ground::Dark, Ground::Light] {
                assert_eq!(map.rgb(f32::NAN, ground), map.rgb(0.0, ground), "{map:?}");
                assert_eq!(map.rgb(7.0, ground), map.rgb(1.0, ground), "{map:?}");
            }
        }
    }

    #[test]
    fn the_low_end_is_near_the_ground_and_not_it() {
        for map in Colormap::ALL {
            for (ground, own) in [(Ground::Dark, [0; 3]), (Ground::Light, [255; 3])] {
                let low = match map {
                    Colormap::Diverging => 0.5,
                    _ => map.start(ground),
                };
                let told = contrast(map.rgb(low, ground), own);
                assert!((1.12..1.45).contains(&told), "{map:?} {ground:?}: {told}");
                let most = contrast(map.rgb(1.0, ground), own);
                assert!(most > 8.0, "{map:?} {ground:?}: {most}");
            }
        }
    }

    #[test]
    fn the_low_end_has_hardly_a_hue() {
        for map in Colormap::ALL {
            for ground in [Ground::Dark, Ground::Light] {
                let low = match map {
                    Colormap::Diverging => 0.5,
                    _ => map.start(ground),
                };
                let rgb = map.rgb(low, ground);
                let spread = rgb.iter().max().unwrap() - rgb.iter().min().unwrap();
                assert!(spread <= 24, "{map:?} {ground:?}: {rgb:?}");
            }
        }
    }

    #[test]
    fn what_is_no_number_has_a_colour_that_the_map_has_not() {
        for map in Colormap::ALL {
            for i in 0..=255 {
                for ground in [Ground::Dark, Ground::Light] {
                    let of_map = map.rgb(i as f32 / 255.0, ground);
                    let differs = |c: usize| f32::from(of_map[c]) - f32::from(map.nan()[c]);
                    let away = (0..3).map(|c| differs(c).powi(2)).sum::<f32>().sqrt();
                    assert!(away > 60.0, "{map:?} at {i}: {away}");
                }
            }
        }
    }

    #[test]
    fn the_cycle_has_every_map_once() {
        let seen: std::collections::HashSet<_> = (0..6).map(|n| Colormap::Grey.after(n)).collect();
        assert_eq!(seen.len(), Colormap::ALL.len());
        assert_eq!(Colormap::Grey.after(0), Colormap::Grey);
        assert_eq!(Colormap::Diverging.after(1), Colormap::Blues);
        assert_eq!(
            Colormap::Blues.after(usize::MAX),
            Colormap::Blues.after(usize::MAX % 6)
        );
    }
}
