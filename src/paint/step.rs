//! Distances between the numbers of an axis.

/// The smallest of 1, 2 or 5 times a power of ten that is at least `least`.
pub fn round_step(least: usize) -> usize {
    let mut unit = 1usize;
    loop {
        let steps = [1, 2, 5].map(|times| unit.saturating_mul(times));
        if let Some(step) = steps.into_iter().find(|&step| step >= least) {
            return step;
        }
        unit = unit.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_no_smaller() {
        let steps = [0, 1, 3, 10, 11, 4097].map(round_step);
        assert_eq!(steps, [1, 1, 5, 10, 20, 5000]);
        assert!(round_step(usize::MAX) > 0);
    }
}
