//! Several neighbouring tokens taken as one, such as a name: its row is the mean over its tokens,
//! its column the sum.

use std::ops::Range;

use super::Pattern;
use super::rank::{Ranked, best};
use crate::capture::{Key, Query};

impl Pattern<'_> {
    /// The mean over the rows of some queries, of exact weights: `[keys]`, from key `start` on, which
    /// comes first. A key that a query does not see counts as 0, so a mean of rows that sum to 1 sums
    /// to 1. `None` where a query is not kept. Costs `O(d)` a cell of these rows.
    pub fn weights_of_span(&self, queries: Range<usize>) -> Option<(usize, Vec<f32>)> {
        if queries.is_empty() || !queries.clone().all(|query| self.is_kept(query)) {
            return None;
        }
        let start = self.visible(Query(queries.start)).start;
        let mut mean = vec![0.0; queries.end - start];
        let share = 1.0 / queries.len() as f32;
        for query in queries.map(Query) {
            let first = self.visible(query).start - start;
            let row = self.weights(query);
            for (sum, weight) in mean.iter_mut().skip(first).zip(row) {
                *sum += weight * share;
            }
        }
        Some((start, mean))
    }

    /// The sum over the columns of some keys, of exact weights: `[queries]`, from the query at the
    /// first of these keys on. A key that a query does not see counts as 0. Costs `O(d)` a cell of
    /// these columns.
    pub fn weights_to_span(&self, keys: Range<usize>) -> Vec<f32> {
        let mut sums: Vec<f32> = Vec::new();
        for key in keys.clone() {
            let column = self.weights_of_key(Key(key));
            let skipped = key - keys.start;
            if sums.len() < skipped + column.len() {
                sums.resize(skipped + column.len(), 0.0);
            }
            for (sum, weight) in sums.iter_mut().skip(skipped).zip(column) {
                *sum += weight;
            }
        }
        sums
    }

    /// The mean weight that some queries put on a key; `None` where none of them sees it, or one is
    /// not kept.
    pub fn weight_of_span(&self, queries: Range<usize>, key: Key) -> Option<f32> {
        let (count, mut sum, mut seen) = (queries.len() as f32, 0.0, false);
        for query in queries {
            match self.weight(Query(query), key) {
                Some(weight) => (sum, seen) = (sum + weight, true),
                None if !self.is_kept(query) => return None,
                None => {}
            }
        }
        seen.then_some(sum / count)
    }

    /// The weight that a query puts on some keys together; `None` where it sees none of them.
    pub fn weight_to_span(&self, query: Query, keys: Range<usize>) -> Option<f32> {
        let seen: Vec<f32> = keys
            .filter_map(|key| self.weight(query, Key(key)))
            .collect();
        (!seen.is_empty()).then(|| seen.iter().sum())
    }

    fn is_kept(&self, query: usize) -> bool {
        !self.visible(Query(query)).is_empty()
    }
}

/// The keys that some queries attend to most, by the mean of their exact weights, at most `k`;
/// nothing where a query is not kept.
pub fn top_keys_of_span(pattern: &Pattern, queries: Range<usize>, k: usize) -> Vec<Ranked> {
    let Some((start, weights)) = pattern.weights_of_span(queries) else {
        return Vec::new();
    };
    let weights = weights.into_iter().enumerate();
    best(weights.map(|(at, weight)| (start + at, weight)), k)
}

/// The queries that attend most to some keys together, by the sum of their exact weights, at most
/// `k`.
pub fn top_queries_to_span(pattern: &Pattern, keys: Range<usize>, k: usize) -> Vec<Ranked> {
    let start = keys.start;
    let weights = pattern.weights_to_span(keys).into_iter().enumerate();
    let kept = weights.filter(|(at, _)| pattern.is_kept(start + at));
    best(kept.map(|(at, weight)| (start + at, weight)), k)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::capture::{Head, LayerRecord};
    use crate::lens::{Scale, Select, top_keys, top_queries};
    use crate::view::fixture::Recipe;

    /// The definition: every weight alone, cells that are not seen as 0.
    fn naive(layer: &LayerRecord, select: Select, query: usize, key: usize) -> f32 {
        let heads: Vec<usize> = match select {
            Select::Head(head) => vec![head.0],
            Select::Mean => (0..layer.heads).collect(),
        };
        let weight = |head: &usize| layer.weight(Head(*head), Query(query), Key(key));
        let sum: f32 = heads.iter().filter_map(weight).sum();
        sum / heads.len() as f32
    }

    proptest! {
        #[test]
        fn rows_are_means_and_columns_are_sums(
            tokens in 1..40usize,
            ends in (0..40usize, 1..8usize),
            window in prop::option::of(1..12usize),
            mean in any::<bool>(),
            seed in 1..50u64,
        ) {
            let recipe = Recipe {
                tokens: (0..tokens).map(|at| format!(" t{at}")).collect(),
                layers: 1,
                heads: 3,
                window,
                seed,
                ..Recipe::default()
            };
            let capture = recipe.capture();
            let layer = &capture.layers[0];
            let select = if mean { Select::Mean } else { Select::Head(Head(1)) };
            let pattern = Pattern::new(layer, select, Scale::Sqrt);
            let start = ends.0 % tokens;
            let span = start..(start + ends.1).min(tokens);
            let (first, row) = pattern.weights_of_span(span.clone()).unwrap();
            let column = pattern.weights_to_span(span.clone());
            for other in 0..tokens {
                let queries = span.clone();
                let sum: f32 = queries.map(|i| naive(layer, select, i, other)).sum();
                let expected = sum / span.len() as f32;
                let held = other.checked_sub(first).and_then(|at| row.get(at));
                prop_assert!((held.copied().unwrap_or(0.0) - expected).abs() < 1e-5);
                let one = pattern.weight_of_span(span.clone(), Key(other));
                prop_assert!((one.unwrap_or(0.0) - expected).abs() < 1e-5);
                let expected: f32 = span.clone().map(|j| naive(layer, select, other, j)).sum();
                let held = other.checked_sub(span.start).and_then(|at| column.get(at));
                prop_assert!((held.copied().unwrap_or(0.0) - expected).abs() < 1e-5);
                let one = pattern.weight_to_span(Query(other), span.clone());
                prop_assert!((one.unwrap_or(0.0) - expected).abs() < 1e-5);
            }
            prop_assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-4);
            // One token as a span is the token.
            let one = start..start + 1;
            let keys = top_keys_of_span(&pattern, one.clone(), 5);
            prop_assert_eq!(keys, top_keys(&pattern, Query(start), 5));
            let queries = top_queries_to_span(&pattern, one, 5);
            prop_assert_eq!(queries, top_queries(&pattern, Key(start), tokens, 5));
        }
    }
}
