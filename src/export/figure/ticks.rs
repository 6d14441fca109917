//! Round numbers along an axis.

/// Ticks of an axis: round numbers inside of a range, and how many decimals tell them apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ticks {
    pub values: Vec<f64>,
    pub decimals: usize,
}

/// At most about `count` ticks, at multiples of 1, 2 or 5 times a power of ten, in `low..=high`.
/// A range that is empty or not finite has none.
pub(super) fn ticks(low: f64, high: f64, count: usize) -> Ticks {
    let none = Ticks {
        values: Vec::new(),
        decimals: 0,
    };
    let rough = (high - low) / count.max(1) as f64;
    if !rough.is_finite() || rough <= 0.0 {
        return none;
    }
    let power = rough.log10().floor();
    let unit = 10f64.powf(power);
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * unit)
        .find(|step| *step >= rough * 0.999)
        .unwrap_or(10.0 * unit);
    let first = (low / step - 1e-9).ceil();
    let last = (high / step + 1e-9).floor();
    if !first.is_finite() || !(0.0..=1000.0).contains(&(last - first)) {
        return none;
    }
    let values = (0..=(last - first) as usize)
        .map(|i| (first + i as f64) * step)
        .collect();
    Ticks {
        values,
        decimals: (-(step * 1.001).log10().floor()).clamp(0.0, 12.0) as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn they_are_round() {
        let found = ticks(0.048, 0.125, 9);
        let expected = [0.05, 0.06, 0.07, 0.08, 0.09, 0.10, 0.11, 0.12];
        assert_eq!(found.decimals, 2);
        assert_eq!(found.values.len(), expected.len());
        for (a, b) in found.values.iter().zip(expected) {
            assert!((a - b).abs() < 1e-12);
        }
        assert_eq!(ticks(0.0, 4.0, 5).decimals, 0);
    }

    proptest! {
        #[test]
        fn they_stay_inside_and_are_few(low in -1e6..1e6f64, span in 1e-6..1e6f64, count in 1..20usize) {
            let found = ticks(low, low + span, count);
            prop_assert!(found.values.len() <= count + 1);
            for value in found.values {
                prop_assert!(value >= low - span * 1e-3 && value <= low + span * 1.001);
            }
        }

        #[test]
        fn strange_ranges_have_none(low in any::<f64>(), high in any::<f64>()) {
            prop_assert!(ticks(low, high, 8).values.len() <= 10);
        }
    }
}
