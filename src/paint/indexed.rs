//! The maps in the palettes of terminals. Entries are chosen for each map so that lightness goes one
//! way: the nearest entries to a map's colours go back and forth. The dark blues and purples of the
//! palette are far stronger than any map's low end, so greys take their place there.

use super::{Colormap, Ground};

/// The map in the fixed part, 16 to 255, of the 256-colour palette.
pub(super) fn of_256(map: Colormap, ground: Ground) -> &'static [u8] {
    match (map, ground) {
        (Colormap::Blues, Ground::Dark) => &[234, 235, 237, 24, 25, 67, 68, 74, 110, 117, 153, 255],
        (Colormap::Blues, Ground::Light) => &[255, 254, 153, 117, 110, 74, 68, 67, 25, 24, 18, 17],
        (Colormap::Viridis, Ground::Dark) => &[234, 236, 54, 24, 30, 36, 72, 113, 184, 220],
        (Colormap::Viridis, Ground::Light) => &[255, 186, 149, 113, 72, 36, 30, 24, 54, 53],
        (Colormap::Cividis, Ground::Dark) => {
            &[234, 235, 237, 239, 60, 242, 101, 143, 179, 185, 221]
        }
        (Colormap::Cividis, Ground::Light) => &[255, 187, 179, 143, 101, 242, 60, 239, 237, 17],
        (Colormap::Magma, Ground::Dark) => &[234, 235, 53, 90, 126, 132, 167, 209, 216, 223, 230],
        (Colormap::Magma, Ground::Light) => {
            &[255, 223, 216, 209, 203, 167, 132, 126, 90, 54, 53, 17]
        }
        (Colormap::Grey, Ground::Dark) => {
            &[235, 237, 239, 241, 243, 245, 247, 249, 251, 253, 255, 231]
        }
        (Colormap::Grey, Ground::Light) => {
            &[255, 253, 251, 249, 247, 245, 243, 241, 239, 237, 235, 232]
        }
        (Colormap::Diverging, Ground::Dark) => &[153, 110, 67, 25, 18, 234, 52, 124, 167, 216, 223],
        (Colormap::Diverging, Ground::Light) => {
            &[18, 25, 67, 110, 153, 255, 223, 216, 167, 124, 52]
        }
    }
}

/// The map in the 16 colours, as they are where nobody changed them: 0 to 7 black, red, green,
/// yellow, blue, magenta, cyan and grey, 8 to 15 the bright ones. The first is not the ground.
pub(super) fn of_16(map: Colormap, ground: Ground) -> &'static [u8] {
    match (map, ground) {
        (Colormap::Blues, Ground::Dark) => &[4, 12, 6, 14, 15],
        (Colormap::Blues, Ground::Light) => &[14, 6, 12, 4, 0],
        (Colormap::Viridis, Ground::Dark) => &[4, 12, 2, 10, 11],
        (Colormap::Viridis, Ground::Light) => &[11, 10, 2, 12, 4],
        (Colormap::Cividis, Ground::Dark) => &[4, 8, 3, 7, 11],
        (Colormap::Cividis, Ground::Light) => &[11, 7, 3, 8, 4],
        (Colormap::Magma, Ground::Dark) => &[4, 5, 13, 11, 15],
        (Colormap::Magma, Ground::Light) => &[11, 13, 5, 4, 0],
        (Colormap::Grey, Ground::Dark) => &[8, 7, 15],
        (Colormap::Grey, Ground::Light) => &[7, 8, 0],
        (Colormap::Diverging, Ground::Dark) => &[14, 6, 4, 1, 9, 13],
        (Colormap::Diverging, Ground::Light) => &[4, 12, 14, 13, 9, 1],
    }
}

/// What is no number, in the 256-colour palette.
pub(super) fn nan_256(map: Colormap) -> u8 {
    match map {
        Colormap::Magma => 41,
        Colormap::Diverging => 220,
        Colormap::Blues | Colormap::Viridis | Colormap::Cividis | Colormap::Grey => 162,
    }
}

/// What is no number, in the 16 colours.
pub(super) fn nan_16(map: Colormap) -> u8 {
    match map {
        Colormap::Magma => 2,
        Colormap::Diverging => 3,
        Colormap::Blues | Colormap::Viridis | Colormap::Cividis | Colormap::Grey => 5,
    }
}

/// The colour of an entry of the 256-colour palette; below 16 as xterm has it.
pub(super) fn rgb_of_256(index: u8) -> [u8; 3] {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    match index {
        ..16 => XTERM[usize::from(index)],
        232.. => [8 + 10 * (index - 232); 3],
        _ => {
            let i = usize::from(index - 16);
            [STEPS[i / 36], STEPS[i / 6 % 6], STEPS[i % 6]]
        }
    }
}

/// The 16 colours of xterm.
const XTERM: [[u8; 3]; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];

#[cfg(test)]
mod tests {
    use super::super::{LEVELS, contrast, luminance};
    use super::*;

    /// The 16 colours of a PC's text mode, which consoles keep.
    const CONSOLE: [[u8; 3]; 16] = [
        [0, 0, 0],
        [170, 0, 0],
        [0, 170, 0],
        [170, 85, 0],
        [0, 0, 170],
        [170, 0, 170],
        [0, 170, 170],
        [170, 170, 170],
        [85, 85, 85],
        [255, 85, 85],
        [85, 255, 85],
        [255, 255, 85],
        [85, 85, 255],
        [255, 85, 255],
        [85, 255, 255],
        [255, 255, 255],
    ];

    /// Every map on every ground.
    fn forms() -> impl Iterator<Item = (Colormap, Ground)> {
        let grounds = [Ground::Dark, Ground::Light];
        let maps = Colormap::ALL.into_iter();
        maps.flat_map(move |map| grounds.map(|ground| (map, ground)))
    }

    /// Asserts that lightness goes one way, away from the ground; in a diverging map on each side.
    fn assert_monotone(colours: &[[u8; 3]], (map, ground): (Colormap, Ground)) {
        let mut light: Vec<f32> = colours.iter().copied().map(luminance).collect();
        if ground == Ground::Light {
            light.iter_mut().for_each(|l| *l = -*l);
        }
        let (below, above) = match map {
            Colormap::Diverging => light.split_at(light.len() / 2),
            _ => (&[][..], &light[..]),
        };
        let above = above.is_sorted_by(|a, b| a < b);
        let below = below.is_sorted_by(|a, b| a > b);
        assert!(above && below, "{map:?} {ground:?}: {light:?}");
    }

    #[test]
    fn palettes_are_strictly_monotone_in_lightness() {
        for (map, ground) in forms() {
            let entries = of_256(map, ground);
            assert!(entries.iter().all(|&entry| entry >= 16));
            let colours: Vec<_> = entries.iter().map(|&entry| rgb_of_256(entry)).collect();
            assert_monotone(&colours, (map, ground));
            if map == Colormap::Diverging {
                // The middle belongs to both sides.
                let half = colours.len() / 2;
                let middle = luminance(colours[half]);
                let beside = [colours[half - 1], colours[half + 1]].map(luminance);
                let lighter = |l: &f32| *l > middle;
                assert_eq!(beside.iter().all(lighter), ground == Ground::Dark);
                assert_ne!(beside.iter().any(lighter), ground == Ground::Light);
            }
            for theme in [XTERM, CONSOLE] {
                let entries = of_16(map, ground).iter();
                let colours: Vec<_> = entries.map(|&entry| theme[usize::from(entry)]).collect();
                assert_monotone(&colours, (map, ground));
            }
        }
    }

    /// CIE lightness of a relative luminance, 0..100.
    fn lightness(rgb: [u8; 3]) -> f32 {
        let y = luminance(rgb);
        match y > 0.008_856 {
            true => 116.0 * y.cbrt() - 16.0,
            false => 903.3 * y,
        }
    }

    #[test]
    fn neighbours_on_a_ramp_are_told_apart() {
        for (map, ground) in forms() {
            let entries = of_256(map, ground).iter();
            let palette: Vec<_> = entries.map(|&entry| rgb_of_256(entry)).collect();
            let levels = (0..LEVELS).map(|at| {
                let (start, top) = (map.start(ground), f32::from(LEVELS - 1));
                map.rgb(start + (1.0 - start) * f32::from(at) / top, ground)
            });
            for (name, colours) in [("256", palette), ("true", levels.collect())] {
                for pair in colours.windows(2) {
                    let both = [pair[0], pair[1]].map(lightness);
                    let apart = (both[0] - both[1]).abs();
                    let least = match map {
                        // Its middle lies between two levels, which differ in hue.
                        Colormap::Diverging => 0.5,
                        _ => 1.5,
                    };
                    let hue = |[r, _, b]: [u8; 3]| r.cmp(&b);
                    let sides = hue(pair[0]) != hue(pair[1]);
                    let told = apart >= least || (map == Colormap::Diverging && sides);
                    assert!(told, "{map:?} {ground:?} {name}: {pair:?}");
                }
            }
        }
    }

    #[test]
    fn the_low_end_has_no_strong_hue() {
        for (map, ground) in forms() {
            let entries = of_256(map, ground);
            let low = match map {
                Colormap::Diverging => entries.len() / 2,
                _ => 0,
            };
            let [r, g, b] = rgb_of_256(entries[low]);
            assert!(r == g && g == b, "{map:?} {ground:?}: {}", entries[low]);
        }
    }

    #[test]
    fn the_low_end_is_near_the_ground_and_not_it() {
        for (map, ground) in forms() {
            let entries = of_256(map, ground);
            let low = match map {
                Colormap::Diverging => entries[entries.len() / 2],
                _ => entries[0],
            };
            let own = if ground == Ground::Dark { 0 } else { 255 };
            let told = contrast(rgb_of_256(low), [own; 3]);
            assert!((1.12..1.7).contains(&told), "{map:?} {ground:?}: {told}");
            let own = if ground == Ground::Dark { 0 } else { 15 };
            assert!(!of_16(map, ground)[0].eq(&own), "{map:?} {ground:?}");
        }
    }

    #[test]
    fn what_is_no_number_has_an_entry_of_its_own() {
        for (map, ground) in forms() {
            assert!(!of_256(map, ground).contains(&nan_256(map)), "{map:?}");
            assert!(!of_16(map, ground).contains(&nan_16(map)), "{map:?}");
        }
    }
}
