//! How a dot product of query and key becomes a score, and which keys a query sees.

use std::ops::Range;

/// The rule of one layer, as plain data. The forward pass and the lens both score through it, so
/// they can't disagree.
///
/// `score(h,i,j) = softcap(scale * q[h,i] . k[h/g,j]) + slope[h] * (j - i)`
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Factor on the dot product, usually `1 / sqrt(d_head)`.
    pub scale: f32,
    /// Soft-cap `c`: scores become `c * tanh(score / c)` (Gemma 2).
    pub softcap: Option<f32>,
    /// Sliding window: a query sees itself and the `window - 1` keys before it.
    pub window: Option<usize>,
    /// ALiBi slope of each head, `[H]`, empty where the layer has none (Press et al. 2022).
    pub slopes: Vec<f32>,
    /// Sink logit of each head, `[H]`, empty where the layer has none; it takes part in the
    /// softmax's sum and in no weight (gpt-oss).
    pub sinks: Vec<f32>,
    /// The first query that is kept (`--last`); those before it are masked.
    pub from: usize,
}

impl Rule {
    /// The plain rule of scaled dot-product attention (Vaswani et al. 2017).
    pub fn scaled(scale: f32) -> Self {
        Self {
            scale,
            softcap: None,
            window: None,
            slopes: Vec::new(),
            sinks: Vec::new(),
            from: 0,
        }
    }

    /// The same for a record that keeps the queries from `from` on.
    pub fn starting(&self, from: usize) -> Self {
        Self {
            from,
            ..self.clone()
        }
    }

    /// The keys that query `i` sees: `j <= i` and `i - j < window`; none where it is not kept.
    #[inline]
    pub fn visible(&self, i: usize) -> Range<usize> {
        let start = match self.window {
            Some(w) => (i + 1).saturating_sub(w),
            None => 0,
        };
        match i < self.from {
            true => start..start,
            false => start..i + 1,
        }
    }

    /// The score of query `i` and key `j` in head `h`, from their dot product.
    #[inline]
    pub fn score(&self, h: usize, i: usize, j: usize, dot: f32) -> f32 {
        let mut score = self.scale * dot;
        if let Some(cap) = self.softcap {
            score = cap * (score / cap).tanh();
        }
        match self.slopes.get(h) {
            Some(slope) => score + slope * (j as f32 - i as f32),
            None => score,
        }
    }

    /// The sink logit of head `h`, where the layer has one.
    #[inline]
    pub fn sink(&self, h: usize) -> Option<f32> {
        self.sinks.get(h).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_of_one_sees_only_itself() {
        let rule = Rule {
            window: Some(1),
            ..Rule::scaled(1.0)
        };
        assert_eq!(rule.visible(5), 5..6);
        assert_eq!(Rule::scaled(1.0).visible(5), 0..6);
    }

    #[test]
    fn score_caps_before_it_adds_the_slope() {
        let rule = Rule {
            softcap: Some(2.0),
            slopes: vec![0.0, 0.5],
            ..Rule::scaled(0.25)
        };
        let capped = 2.0 * (8.0f32 * 0.25 / 2.0).tanh();
        assert_eq!(rule.score(0, 3, 1, 8.0), capped);
        assert_eq!(rule.score(1, 3, 1, 8.0), capped - 1.0);
    }
}
