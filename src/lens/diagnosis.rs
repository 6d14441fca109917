//! What is wrong with a model, where the numbers of its heads say so.

use std::fmt;

use serde::{Serialize, Serializer};

use super::head_kind::{DIAGNOSIS_TOKENS, relative_entropy};
use super::{Measure, Numbers, Repeats, all_numbers};
use crate::capture::{Capture, Head, LayerRecord};

/// The entropy, over that of uniform rows, from which on a head has learned nothing. Heads of random
/// weights have 0.998 and more; a trained model of four heads has as much as 0.966 in all of them on
/// words in an order that it has never seen, and must not be taken for one.
const NEAR_UNIFORM: f64 = 0.98;

/// The share of its weight that a head puts in one place when it does nothing else. A trained model
/// has such heads, and others; no model that works has them alone.
const ALL: f64 = 0.9;

/// Of this many heads one may do otherwise.
const OF_HEADS: usize = 20;

/// What can be wrong with a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Problem {
    /// Every row is spread over all of its keys.
    NearUniform,
    /// Every token looks at itself alone.
    SelfOnly,
    /// Every token looks at the first alone.
    FirstOnly,
}

/// A problem, with the numbers that say so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Diagnosis {
    /// What is wrong.
    pub problem: Problem,
    /// The heads that show it.
    pub heads: usize,
    /// All heads.
    pub of: usize,
    /// The mean over all heads of the number that says so.
    pub mean: f64,
}

impl Diagnosis {
    /// Its name.
    pub fn name(&self) -> &'static str {
        match self.problem {
            Problem::NearUniform => "near-uniform",
            Problem::SelfOnly => "self only",
            Problem::FirstOnly => "first only",
        }
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            problem,
            heads,
            of,
            mean,
        } = self;
        let heads = match heads == of {
            true => format!("all {of} heads"),
            false => format!("{heads} of {of} heads"),
        };
        match problem {
            Problem::NearUniform => write!(
                f,
                "near-uniform rows in {heads}, with {mean:.3} of the highest entropy: the model \
                 has learned no pattern, it is untrained or undertrained"
            ),
            Problem::SelfOnly => write!(
                f,
                "self-attention only in {heads}, with {mean:.3} of the weight: tokens look at \
                 themselves, the model makes no use of the context"
            ),
            Problem::FirstOnly => write!(
                f,
                "all weight on the first token in {heads}, {mean:.3} of it: heads idle, the model \
                 has collapsed or the text is nothing like what it was trained on"
            ),
        }
    }
}

impl Serialize for Diagnosis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Told {
            problem: Problem,
            heads: usize,
            of: usize,
            mean: f64,
            sentence: String,
        }
        Told {
            problem: self.problem,
            heads: self.heads,
            of: self.of,
            mean: self.mean,
            sentence: self.to_string(),
        }
        .serialize(serializer)
    }
}

/// What is wrong with the model of a run; nothing while it goes on, or where the text is so short
/// that the numbers tell nothing.
pub fn diagnosis(capture: &Capture) -> Vec<Diagnosis> {
    let repeats = Repeats::of(capture);
    let heads: Vec<(&LayerRecord, Vec<Numbers>)> = capture
        .layers
        .iter()
        .map(|layer| (layer.as_ref(), all_numbers(layer, &repeats)))
        .collect();
    let heads = heads.iter().map(|(layer, of)| (*layer, of.as_slice()));
    match capture.is_complete() {
        true => diagnosis_of(heads),
        false => Vec::new(),
    }
}

/// The same, of layers and the numbers of their heads.
pub fn diagnosis_of<'a>(
    layers: impl Iterator<Item = (&'a LayerRecord, &'a [Numbers])>,
) -> Vec<Diagnosis> {
    let problems = [Problem::NearUniform, Problem::SelfOnly, Problem::FirstOnly];
    let mut found = problems.map(|problem| Diagnosis {
        problem,
        heads: 0,
        of: 0,
        mean: 0.0,
    });
    for (layer, heads) in layers.filter(|(layer, _)| layer.tokens >= DIAGNOSIS_TOKENS) {
        for (head, numbers) in heads.iter().enumerate() {
            let values = [
                (relative_entropy(layer, Head(head), numbers), NEAR_UNIFORM),
                (Measure::SelfWeight.of(numbers), ALL),
                (Measure::First.of(numbers), ALL),
            ];
            for (found, (value, least)) in found.iter_mut().zip(values) {
                let value = value.unwrap_or(f64::NAN);
                found.of += 1;
                found.mean += value;
                found.heads += usize::from(value >= least);
            }
        }
    }
    let holds = |d: &Diagnosis| d.heads > 0 && (d.of - d.heads) * OF_HEADS <= d.of;
    let mean = |d: Diagnosis| Diagnosis {
        mean: d.mean / d.of as f64,
        ..d
    };
    found.into_iter().filter(holds).map(mean).collect()
}
