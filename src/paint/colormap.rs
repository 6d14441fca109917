//! Values to colours, by named maps.

/// A colour map over 0..1, from nothing to all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Colormap {
    /// White to dark blue, for light grounds: the map of the seed's plots.
    Blues,
    /// Near black over blue to white, for dark grounds.
    #[default]
    Night,
}

/// ColorBrewer's nine-class Blues (Brewer & Harrower), the control points of matplotlib's map.
const BLUES: [[u8; 3]; 9] = [
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

/// From the dark end up; each point lighter than the one before.
const NIGHT: [[u8; 3]; 9] = [
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

impl Colormap {
    /// The colour of `t`, clamped to 0..1, by linear interpolation between control points; NaN
    /// takes the low end, as callers give NaN a colour of its own.
    pub fn rgb(self, t: f32) -> [u8; 3] {
        let points = match self {
            Self::Blues => &BLUES,
            Self::Night => &NIGHT,
        };
        let last = points.len() - 1;
        let x = if t.is_nan() { 0.0 } else { t.clamp(0.0, 1.0) } * last as f32;
        let low = (x as usize).min(last - 1);
        let part = x - low as f32;
        let mix =
            |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * part).round() as u8;
        std::array::from_fn(|c| mix(points[low][c], points[low + 1][c]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance of sRGB (WCAG 2).
    fn luminance(rgb: [u8; 3]) -> f32 {
        let linear = rgb.map(|c| {
            let c = f32::from(c) / 255.0;
            if c <= 0.04045 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    #[test]
    fn lightness_is_monotone() {
        for (map, sign) in [(Colormap::Blues, -1.0), (Colormap::Night, 1.0)] {
            for i in 0..255 {
                let (a, b) = (map.rgb(i as f32 / 255.0), map.rgb((i + 1) as f32 / 255.0));
                assert!(
                    (luminance(b) - luminance(a)) * sign >= 0.0,
                    "{map:?} at {i}"
                );
            }
        }
    }

    #[test]
    fn ends_are_the_maps_own() {
        assert_eq!(Colormap::Blues.rgb(0.0), [247, 251, 255]);
        assert_eq!(Colormap::Blues.rgb(1.0), [8, 48, 107]);
        assert_eq!(Colormap::Blues.rgb(7.0), [8, 48, 107]);
    }
}
