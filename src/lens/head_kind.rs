//! What kind of head it is, where a number says so.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use serde::Serialize;

use super::{Measure, Numbers};
use crate::capture::{Capture, Head, LayerRecord};

/// A share of the weight that names a head: more than any other place of a row can have beside it
/// but one. Means of trained heads either lie well above or well below.
const CLEAR: f64 = 0.4;

/// A named number is at least this many times that of uniform rows: of a short text, uniform rows
/// alone put much weight on any one place.
const OVER_UNIFORM: f64 = 2.0;

/// The share of what is possible on a text that names an induction or duplicate head. Such heads
/// keep most of their weight on the first token where nothing repeats, and some of it where
/// something does: of twelve heads of GPT-2, the four that are known for induction begin at 0.32, the
/// others end at 0.06, and the highest for duplicates is 0.10.
const COPYING: f64 = 0.2;

/// The same share is at least this many times that of uniform rows.
const COPYING_OVER_UNIFORM: f64 = 3.0;

/// Tokens with an earlier copy that a text has at least, so that induction is no chance.
const LEAST_REPEATS: usize = 8;

/// The entropy, over that of uniform rows, from which on the rows of a head count as uniform: heads
/// of random weights have 0.998 and more, nearly all of trained models less than this.
const UNIFORM: f64 = 0.95;

/// Tokens that a text has at least, so that the entropy tells: rows of two or three keys have one
/// near that of uniform rows, whatever they look at.
pub const DIAGNOSIS_TOKENS: usize = 8;

/// A kind of head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KindName {
    /// Looks at what followed earlier copies of the token.
    Induction,
    /// Looks at earlier copies of the token.
    Duplicate,
    /// Looks at the token before.
    Previous,
    /// Looks at the token itself.
    #[serde(rename = "self")]
    Itself,
    /// Parks its weight on the first token.
    First,
    /// Looks at everything alike.
    Uniform,
}

impl KindName {
    /// Every kind, the more telling first.
    pub const ALL: [Self; 6] = [
        Self::Induction,
        Self::Duplicate,
        Self::Previous,
        Self::Itself,
        Self::First,
        Self::Uniform,
    ];

    /// The kind in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Induction => "induction",
            Self::Duplicate => "duplicate",
            Self::Previous => "previous",
            Self::Itself => "self",
            Self::First => "first",
            Self::Uniform => "uniform",
        }
    }

    /// What such a head does, in a few words.
    pub fn doc(self) -> &'static str {
        match self {
            Self::Induction => "looks at what followed the token earlier",
            Self::Duplicate => "looks at earlier copies of the token",
            Self::Previous => "looks at the token before",
            Self::Itself => "looks at the token itself",
            Self::First => "parks its weight on the first token",
            Self::Uniform => "looks at everything alike",
        }
    }

    /// The number that says so.
    pub fn measure(self) -> Measure {
        match self {
            Self::Induction => Measure::Induction,
            Self::Duplicate => Measure::Duplicate,
            Self::Previous => Measure::Previous,
            Self::Itself => Measure::SelfWeight,
            Self::First => Measure::First,
            Self::Uniform => Measure::EntropyRelative,
        }
    }
}

/// The kind of a head, with the number that says so.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct HeadKind {
    /// The kind.
    #[serde(rename = "name")]
    pub kind: KindName,
    /// The number [`KindName::measure`] of the head.
    pub value: f64,
    /// The most that the number can be on this text: less than 1 where few tokens repeat.
    pub most: f64,
}

impl fmt::Display for HeadKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:.2}", self.kind.name(), self.value)
    }
}

/// What of a text repeats.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Repeats {
    /// Tokens with an earlier copy.
    pub tokens: usize,
    /// Their share of all tokens: the most that induction or duplicate can be.
    pub share: f64,
    /// Their mean of what a uniform row puts on earlier copies.
    pub uniform: f64,
    /// For each token, the nearest earlier position with the same id.
    nearest: Vec<Option<usize>>,
}

impl Repeats {
    /// What of the text of a capture repeats.
    pub fn of(capture: &Capture) -> Self {
        Self::of_ids(capture.ids())
    }

    /// What repeats in a text of these token ids.
    pub fn of_ids(ids: impl IntoIterator<Item = u32>) -> Self {
        // Of each id, how often it was seen, and where last.
        let mut seen: HashMap<u32, (usize, usize)> = HashMap::new();
        let mut found = Self::default();
        for (i, id) in ids.into_iter().enumerate() {
            let (copies, last) = seen.entry(id).or_default();
            found.nearest.push((*copies > 0).then_some(*last));
            if *copies > 0 {
                found.tokens += 1;
                found.uniform += *copies as f64 / (i + 1) as f64;
            }
            *copies += 1;
            *last = i;
        }
        found.uniform /= found.tokens.max(1) as f64;
        found.share = found.tokens as f64 / found.nearest.len().max(1) as f64;
        found
    }

    /// Whether a token has an earlier copy.
    pub fn has_copy(&self, token: usize) -> bool {
        self.nearest.get(token).is_some_and(Option::is_some)
    }

    /// The nearest earlier copy of each of some tokens that has one: the token, the copy.
    pub fn nearest(&self, tokens: Range<usize>) -> impl Iterator<Item = (usize, usize)> {
        let copies = self.nearest.get(tokens.clone()).unwrap_or_default();
        let pairs = tokens.zip(copies);
        pairs.filter_map(|(token, copy)| Some((token, (*copy)?)))
    }
}

/// What kind of head it is; `None` where no number says so.
///
/// Induction and duplicate come first: they show at repeated tokens only, and such a head may do
/// something else at all others. Of the rest the clearest wins.
pub fn head_kind(
    layer: &LayerRecord,
    head: Head,
    numbers: &Numbers,
    repeats: &Repeats,
) -> Option<HeadKind> {
    let told = |kind: KindName, most: f64| {
        let value = kind.measure().of(numbers)?;
        Some(HeadKind { kind, value, most })
    };
    let copying = |kind: &HeadKind| {
        let part = kind.value / repeats.share;
        part >= COPYING && part >= COPYING_OVER_UNIFORM * repeats.uniform
    };
    let copies = [KindName::Induction, KindName::Duplicate].map(|kind| told(kind, repeats.share));
    let copies = copies.into_iter().flatten().filter(copying);
    let highest = |a: &HeadKind, b: &HeadKind| a.value.total_cmp(&b.value);
    if repeats.tokens >= LEAST_REPEATS
        && let Some(kind) = copies.max_by(highest)
    {
        return Some(kind);
    }
    let least = CLEAR.max(OVER_UNIFORM * uniform_weight(layer));
    let places = [KindName::Previous, KindName::Itself, KindName::First];
    let places = places.map(|kind| told(kind, 1.0)).into_iter().flatten();
    if let Some(kind) = places.filter(|kind| kind.value >= least).max_by(highest) {
        return Some(kind);
    }
    let spread = relative_entropy(layer, head, numbers)?;
    (layer.tokens >= DIAGNOSIS_TOKENS && spread >= UNIFORM).then_some(HeadKind {
        kind: KindName::Uniform,
        value: spread,
        most: 1.0,
    })
}

/// The mean weight of a key in uniform rows, over queries from 1 on.
fn uniform_weight(layer: &LayerRecord) -> f64 {
    let weights = (1..layer.tokens).map(|i| 1.0 / layer.rule.visible(i).len().max(1) as f64);
    weights.sum::<f64>() / layer.tokens.saturating_sub(1) as f64
}

/// The mean entropy of a head's rows over that of uniform ones, each over the keys that its query
/// sees: [`Measure::EntropyRelative`], with windows taken into account. `None` where no query sees
/// two keys.
pub(super) fn relative_entropy(layer: &LayerRecord, head: Head, numbers: &Numbers) -> Option<f64> {
    if layer.rule.window.is_none() && layer.rule.from == 0 {
        return Measure::EntropyRelative.of(numbers);
    }
    let (mut sum, mut rows) = (0.0, 0usize);
    // In a window, most rows see equally many keys.
    let mut last = (2, std::f64::consts::LN_2);
    for i in 1..layer.tokens {
        let keys = layer.rule.visible(i).len();
        if keys > 1 {
            if last.0 != keys {
                last = (keys, (keys as f64).ln());
            }
            sum += f64::from(layer.at(&layer.rows.entropy, head, i)) / last.1;
            rows += 1;
        }
    }
    (rows > 0).then(|| sum / rows as f64)
}
