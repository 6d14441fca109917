//! Values to levels: what a cell is, before any colour.

/// What a cell shows. NaN and masked cells are levels of their own, never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// The query does not see the key.
    Masked,
    /// Not a number: the model's own fault, and it must be seen.
    Nan,
    /// A value, from 0 to `levels - 1`.
    Value(u8),
}

/// Levels of a value on screen: few enough that a frame stays small over a slow link.
pub const LEVELS: u8 = 24;

/// The level of a value in 0..1 (clamped), of `levels` in all.
pub fn level(value: Option<f32>, levels: u8) -> Level {
    match value {
        None => Level::Masked,
        Some(v) if v.is_nan() => Level::Nan,
        Some(v) => {
            let top = f32::from(levels.saturating_sub(1));
            Level::Value((v.clamp(0.0, 1.0) * top).round() as u8)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masked_nan_and_zero_are_three_things() {
        assert_eq!(level(None, LEVELS), Level::Masked);
        assert_eq!(level(Some(f32::NAN), LEVELS), Level::Nan);
        assert_eq!(level(Some(0.0), LEVELS), Level::Value(0));
        assert_eq!(level(Some(1.0), LEVELS), Level::Value(LEVELS - 1));
        assert_eq!(level(Some(9.0), LEVELS), Level::Value(LEVELS - 1));
    }
}
