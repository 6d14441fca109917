//! Ways to scale what is shown.

use std::str::FromStr;

impl FromStr for Scale {
    type Err = String;

    fn from_str(id: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|scale| scale.id() == id);
        found.ok_or_else(|| {
            let all = Self::ALL.map(Self::id).join(", ");
            format!(
                "there is no scale '{}': the scales are {all}",
                id.escape_debug()
            )
        })
    }
}

/// How weights become what is shown. The readout is always the exact weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scale {
    /// The weight itself, 0..1.
    #[default]
    Raw,
    /// The weight over the largest of its row.
    RowMax,
    /// The square root of the weight.
    Sqrt,
    /// The logarithm of the weight: 0 at [`Scale::LOG_FLOOR`] and below, 1 at weight 1.
    Log,
    /// Key 0 removed, rows renormalised.
    NoSink,
    /// `A[i,j] |W_O v_j|`, rows renormalised (Kobayashi et al. 2020).
    ValueWeighted,
}

impl Scale {
    /// Every scale, in the order in which one key cycles them.
    pub const ALL: [Self; 6] = [
        Self::Raw,
        Self::RowMax,
        Self::Sqrt,
        Self::Log,
        Self::NoSink,
        Self::ValueWeighted,
    ];

    /// The weight that [`Scale::Log`] shows as 0.
    pub const LOG_FLOOR: f32 = 1e-4;

    /// Its name in titles and exports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::RowMax => "row max",
            Self::Sqrt => "sqrt",
            Self::Log => "log",
            Self::NoSink => "no sink",
            Self::ValueWeighted => "value-weighted",
        }
    }

    /// Its name on the command line and in settings.
    pub fn id(self) -> String {
        self.name().replace(' ', "-")
    }

    /// What the lowest and the highest shown value stand for, in a legend.
    pub fn ends(self) -> (&'static str, &'static str) {
        match self {
            Self::RowMax => ("0", "max"),
            Self::Log => ("1e-4", "1"),
            Self::Raw | Self::Sqrt | Self::NoSink | Self::ValueWeighted => ("0", "1"),
        }
    }

    /// The next scale in the cycle.
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|&s| s == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    /// Whether a cell's value depends on the rest of its row.
    pub fn needs_row(self) -> bool {
        matches!(self, Self::RowMax | Self::NoSink | Self::ValueWeighted)
    }

    /// Whether each head's rows are renormalised, before any mean over heads.
    pub fn is_renormalised(self) -> bool {
        matches!(self, Self::NoSink | Self::ValueWeighted)
    }

    /// The scale whose values are computed and pooled: a scale that acts on each cell alone is
    /// applied to what was pooled.
    pub fn pooled_as(self) -> Self {
        match self {
            Self::Raw | Self::Sqrt | Self::Log => Self::Raw,
            Self::RowMax | Self::NoSink | Self::ValueWeighted => self,
        }
    }

    /// The value shown for a weight, for the scales that act on each cell alone; monotone. NaN
    /// stays NaN.
    pub fn of_cell(self, weight: f32) -> f32 {
        match self {
            Self::Sqrt => weight.sqrt(),
            Self::Log if weight.is_nan() => weight,
            Self::Log => (1.0 - weight.ln() / Self::LOG_FLOOR.ln()).clamp(0.0, 1.0),
            _ => weight,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_cycles_all_of_them() {
        let mut scale = Scale::Raw;
        for expected in Scale::ALL.iter().skip(1).chain([&Scale::Raw]) {
            scale = scale.next();
            assert_eq!(scale, *expected);
        }
    }

    #[test]
    fn every_scale_is_read_by_its_name() {
        for scale in Scale::ALL {
            assert_eq!(scale.id().parse(), Ok(scale));
        }
        assert!("cubic".parse::<Scale>().is_err());
    }

    #[test]
    fn log_spans_floor_to_one() {
        assert_eq!(Scale::Log.of_cell(0.0), 0.0);
        assert_eq!(Scale::Log.of_cell(1.0), 1.0);
        assert!((Scale::Log.of_cell(0.01) - 0.5).abs() < 1e-6);
        assert!(Scale::Log.of_cell(f32::NAN).is_nan());
        let (low, _) = Scale::Log.ends();
        assert_eq!(low.parse(), Ok(Scale::LOG_FLOOR));
    }
}
