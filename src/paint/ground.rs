//! What colours stand on, and how well they are seen there.

/// The ground that a terminal draws on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Ground {
    /// Light text on dark.
    #[default]
    Dark,
    /// Dark text on light.
    Light,
}

impl Ground {
    /// What a ground of this colour is: light where black is seen on it better than white.
    pub fn of_rgb(rgb: [u8; 3]) -> Self {
        match is_light(rgb) {
            true => Self::Light,
            false => Self::Dark,
        }
    }

    /// What `COLORFGBG` tells (`foreground;background`, numbers of the 16 colours), which some
    /// terminals set. `None` where it tells nothing.
    pub fn of_environment(lookup: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let told = lookup("COLORFGBG")?;
        let (_, background) = told.rsplit_once(';')?;
        match background.parse::<u8>().ok()? {
            0..=6 | 8 => Some(Self::Dark),
            7 | 9..=15 => Some(Self::Light),
            _ => None,
        }
    }
}

/// Relative luminance of sRGB (WCAG 2), 0..1.
pub fn luminance(rgb: [u8; 3]) -> f32 {
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

/// Contrast of two colours (WCAG 2), 1..21.
pub fn contrast(a: [u8; 3], b: [u8; 3]) -> f32 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Whether black is seen better than white on a colour.
pub(super) fn is_light(rgb: [u8; 3]) -> bool {
    contrast(rgb, [0; 3]) > contrast(rgb, [255; 3])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grounds_of_common_themes_are_told_apart() {
        for dark in [
            [0, 0, 0],
            [30, 30, 30],
            [0, 43, 54],
            [48, 10, 36],
            [46, 52, 64],
        ] {
            assert_eq!(Ground::of_rgb(dark), Ground::Dark, "{dark:?}");
        }
        for light in [
            [255, 255, 255],
            [253, 246, 227],
            [239, 241, 245],
            [204, 204, 204],
        ] {
            assert_eq!(Ground::of_rgb(light), Ground::Light, "{light:?}");
        }
    }

    #[test]
    fn contrast_spans_1_to_21() {
        assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-3);
        assert_eq!(contrast([9, 8, 7], [9, 8, 7]), 1.0);
    }

    #[test]
    fn the_environment_tells_the_ground_or_nothing() {
        let told = |value: &str| {
            Ground::of_environment(|name| (name == "COLORFGBG").then(|| value.to_owned()))
        };
        assert_eq!(told("15;0"), Some(Ground::Dark));
        assert_eq!(told("0;15"), Some(Ground::Light));
        assert_eq!(told("0;default;7"), Some(Ground::Light));
        for nothing in ["", "15", "0;default", "0;16", "0;-1"] {
            assert_eq!(told(nothing), None, "{nothing}");
        }
        assert_eq!(Ground::of_environment(|_| None), None);
    }
}
