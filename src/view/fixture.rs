//! Captures for tests: random queries and keys, a naive softmax.

use std::sync::Arc;

use crate::capture::{
    Capture, Layer, LayerRecord, Origin, RowNumbers, Rule, Shape, Thumbnails, Token,
    thumbnail_side, thumbnail_tile,
};
use crate::model::dot;
use crate::token::Label;

/// What to make a capture of.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    pub tokens: Vec<String>,
    pub layers: usize,
    pub heads: usize,
    pub window: Option<usize>,
    pub sharpness: f32,
    pub seed: u64,
}

impl Default for Recipe {
    fn default() -> Self {
        let text = "The| cat| sat| on| the| mat|.| It| was| fluffy|.";
        Self {
            tokens: text.split('|').map(str::to_owned).collect(),
            layers: 4,
            heads: 4,
            window: None,
            sharpness: 3.0,
            seed: 1,
        }
    }
}

impl Recipe {
    pub(crate) fn capture(&self) -> Capture {
        let n = self.tokens.len();
        let labels = self.tokens.iter().enumerate().map(|(i, token)| Token {
            id: i as u32,
            label: Label::of_token(token.as_bytes()),
        });
        Capture {
            origin: Arc::new(Origin {
                name: "demo".to_owned(),
                dtype: "f32".to_owned(),
                device: "cpu".to_owned(),
                ..Origin::default()
            }),
            text: self.tokens.concat(),
            tokens: Arc::new(labels.collect()),
            shape: Shape {
                layers: self.layers,
                heads: self.heads,
                kv_heads: self.heads,
                head_dim: 8,
                embedding: 8 * self.heads,
                vocabulary: 100,
                context: n.max(128),
            },
            kept: (0..self.layers).map(Layer).collect(),
            layers: (0..self.layers)
                .map(|l| Arc::new(self.layer(l, n)))
                .collect(),
            predictions: Arc::default(),
            logits: None,
            loss: None,
        }
    }

    fn layer(&self, layer: usize, n: usize) -> LayerRecord {
        let (heads, d) = (self.heads, 8);
        let seed = self.seed.wrapping_mul(977) + layer as u64 * 7919 + 1;
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut vector = |count: usize| (0..count).map(|_| random.next()).collect::<Vec<f32>>();
        let (q, k) = (vector(heads * n * d), vector(heads * n * d));
        let rule = Rule {
            window: self.window,
            ..Rule::scaled(self.sharpness)
        };
        let mut record = LayerRecord {
            layer: Layer(layer),
            heads,
            kv_heads: heads,
            tokens: n,
            head_dim: d,
            q: q.into(),
            k: k.into(),
            lse: vec![0.0; heads * n].into(),
            rule,
            rows: RowNumbers::default(),
            received: vec![0.0; heads * n].into(),
            thumbnails: Thumbnails::default(),
            value_norms: vec![1.0; heads * n].into(),
            dense: None,
            trail: None,
        };
        let side = thumbnail_side(n);
        let mut max = vec![Thumbnails::MASKED; heads * side * side];
        let mut rows = RowNumbers::<Vec<f32>>::default();
        for h in 0..heads {
            for i in 0..n {
                let visible = record.rule.visible(i);
                let score = |j: usize| {
                    let (a, b) = ((h * n + i) * d, (h * n + j) * d);
                    let dot = dot(&record.q[a..a + d], &record.k[b..b + d]);
                    record.rule.score(h, i, j, dot)
                };
                let scores: Vec<f32> = visible.clone().map(score).collect();
                let top = scores.iter().copied().fold(f32::MIN, f32::max);
                let sum: f32 = scores.iter().map(|s| (s - top).exp()).sum();
                let lse = top + sum.ln();
                record.lse[h * n + i] = lse;
                let weights: Vec<f32> = scores.iter().map(|s| (s - lse).exp()).collect();
                let at = |j: usize| match visible.contains(&j) {
                    true => weights[j - visible.start],
                    false => 0.0,
                };
                rows.self_weight.push(at(i));
                rows.previous.push(if i > 0 { at(i - 1) } else { 0.0 });
                rows.first.push(at(0));
                rows.entropy
                    .push(-weights.iter().map(|w| w * w.ln()).sum::<f32>());
                rows.distance.push(0.0);
                rows.distance_without_first.push(0.0);
                rows.duplicate.push(0.0);
                rows.induction.push(0.0);
                rows.mass.push(1.0);
                for (j, weight) in visible.clone().zip(&weights) {
                    let (r, c) = (i / thumbnail_tile(n), j / thumbnail_tile(n));
                    let tile = &mut max[(h * side + r) * side + c];
                    *tile = tile.max(*weight);
                    record.received[h * n + j] += weight;
                }
            }
        }
        record.rows = rows.into();
        record.thumbnails = Thumbnails {
            side,
            mean: max.clone(),
            max,
        };
        record
    }
}

/// A small generator (xorshift), so that fixtures are the same everywhere.
struct Random(u64);

impl Random {
    /// In -1..1.
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }
}
