//! Checks: something measured, and the most that it may be.

use serde::Serialize;

use super::{RowSum, Trust};
use crate::capture::{Capture, Head, Key, LayerRecord, Query};

/// The most that a weight may differ from a reference.
pub const WEIGHT_LIMIT: f64 = 5e-5;
/// The most that the mean difference of all weights may be.
pub const WEIGHT_MEAN_LIMIT: f64 = 2e-6;
/// The most that a logit, or another logarithm, may differ.
pub const LOGIT_LIMIT: f64 = 5e-4;

/// One check.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// What was measured.
    pub what: &'static str,
    /// What was found; no number where a number that went in was none, JSON's null.
    pub measured: f64,
    /// The most that it may be.
    pub limit: f64,
    /// Whether it holds.
    pub holds: bool,
    /// Where the worst is; empty where there is no one place.
    pub at: String,
}

impl Check {
    /// A check, which holds when `measured` is a number and at most `limit`.
    pub fn new(what: &'static str, measured: f64, limit: f64, at: String) -> Self {
        Self {
            what,
            measured,
            limit,
            holds: measured <= limit,
            at,
        }
    }
}

/// Differences between what was found and what was expected, as they come.
#[derive(Clone, Debug, Default)]
pub struct Differences {
    max: f64,
    sum: f64,
    count: u64,
    at: String,
}

impl Differences {
    /// Takes one pair; `at` names its place, and is asked only for the worst so far. A difference
    /// that is no number is the worst.
    pub fn take(&mut self, found: f32, expected: f32, at: impl FnOnce() -> String) {
        let difference = (f64::from(found) - f64::from(expected)).abs();
        self.sum += difference;
        self.count += 1;
        let worse = difference > self.max || difference.is_nan();
        if worse && !self.max.is_nan() {
            self.max = difference;
            self.at = format!("{}: {found}, expected {expected}", at());
        }
    }

    /// The largest, as a check.
    pub fn largest(&self, what: &'static str, limit: f64) -> Check {
        Check::new(what, self.max, limit, self.at.clone())
    }

    /// The mean, as a check.
    pub fn mean(&self, what: &'static str, limit: f64) -> Check {
        let mean = self.sum / self.count.max(1) as f64;
        Check::new(what, mean, limit, String::new())
    }
}

/// Compares one row of a head with `expected`, `[n]`: 0 where nothing is seen.
pub fn compare_row(
    differences: &mut Differences,
    layer: &LayerRecord,
    head: Head,
    query: Query,
    expected: &[f32],
) {
    for (j, &expected) in expected.iter().enumerate() {
        let found = layer.weight(head, query, Key(j)).unwrap_or(0.0);
        differences.take(found, expected, || {
            let layer = layer.layer;
            format!("layer {layer}, head {head}, query {query}, key {j}")
        });
    }
}

/// How much a run changes when it is made without its last token, which nothing before may see:
/// the largest change of a log-sum-exp or of the highest logit of a token, over all tokens that
/// both runs have.
pub fn look_ahead(whole: &Capture, shorter: &Capture) -> Check {
    let mut differences = Differences::default();
    for (long, short) in whole.layers.iter().zip(&shorter.layers) {
        let heads = (0..long.heads).map(Head);
        let from = long.rule.from.max(short.rule.from);
        for (head, i) in heads.flat_map(|head| (from..short.tokens).map(move |i| (head, i))) {
            let (found, expected) = (long.at(&long.lse, head, i), short.at(&short.lse, head, i));
            differences.take(found, expected, || {
                format!(
                    "log-sum-exp of layer {}, head {head}, query {i}",
                    long.layer
                )
            });
        }
    }
    let logits = whole.predictions.iter().zip(shorter.predictions.iter());
    for (i, (long, short)) in logits.enumerate() {
        if let (Some(found), Some(expected)) = (long.first(), short.first()) {
            let at = || format!("highest logit of token {i}");
            differences.take(found.logit, expected.logit, at);
        }
    }
    differences.largest("look-ahead: change without the last token", LOGIT_LIMIT)
}

/// The checks of what was found in a run's own numbers.
pub fn own_checks(trust: &Trust) -> Vec<Check> {
    let sums = trust
        .layers
        .iter()
        .map(|layer| (layer.layer, layer.row_sum));
    // The largest, and NaN before any number.
    let worst = sums.max_by(|(_, a), (_, b)| {
        let nan = a.error.is_nan().cmp(&b.error.is_nan());
        nan.then((a.error / a.limit).total_cmp(&(b.error / b.limit)))
    });
    let none = (0.0, RowSum::default().limit, String::new());
    let (error, limit, at) = worst.map_or(none, |(layer, sum)| {
        let at = format!("layer {layer}, head {}, query {}", sum.head, sum.query);
        (sum.error, sum.limit, at)
    });
    let first = |bad: &dyn Fn(&super::LayerTrust) -> usize| {
        let found = trust.layers.iter().find(|layer| bad(layer) > 0);
        found.map_or_else(String::new, |layer| {
            format!("first in layer {}", layer.layer)
        })
    };
    let outside: usize = trust.layers.iter().map(|layer| layer.outside).sum();
    let broken: usize = trust.layers.iter().map(|l| l.not_finite.total()).sum();
    let (at_outside, mut at_broken) = (first(&|l| l.outside), first(&|l| l.not_finite.total()));
    if broken == 0 && trust.broken_predictions > 0 {
        at_broken = format!("in the logits of {} tokens", trust.broken_predictions);
    }
    let broken = (broken + trust.broken_predictions) as f64;
    vec![
        Check::new("row sums: largest |sum - expected|", error, limit, at),
        Check::new(
            "causality: cells against the rule",
            outside as f64,
            0.0,
            at_outside,
        ),
        Check::new("values: NaN or infinite", broken, 0.0, at_broken),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_difference_is_named_and_nan_is_the_worst() {
        let mut differences = Differences::default();
        let pairs = [(0.5, 0.5), (0.25, 0.75), (0.5, 0.75)];
        for (i, (found, expected)) in pairs.into_iter().enumerate() {
            differences.take(found, expected, || format!("pair {i}"));
        }
        let worst = differences.largest("largest", 0.1);
        assert_eq!((worst.measured, worst.holds), (0.5, false));
        assert_eq!(worst.at, "pair 1: 0.25, expected 0.75");
        assert_eq!(differences.mean("mean", 0.25).measured, 0.25);
        assert!(differences.mean("mean", 0.25).holds);
        for (i, found) in [f32::NAN, 9.0].into_iter().enumerate() {
            differences.take(found, 0.0, || format!("later {i}"));
        }
        let worst = differences.largest("largest", f64::INFINITY);
        assert!(worst.measured.is_nan() && !worst.holds);
        assert!(worst.at.starts_with("later 0"), "{}", worst.at);
    }
}
