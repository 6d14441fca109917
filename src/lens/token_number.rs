//! One number of each token, by which a text is coloured.

use super::{Measure, Repeats, Select};
use crate::capture::{Head, LayerRecord};

/// A number that every token of a text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenNumber {
    /// `-sum_j A ln A` of the token's row, in nats.
    Entropy,
    /// `A[i,i]`.
    SelfWeight,
    /// `A[i,i-1]`.
    Previous,
    /// `A[i,0]`.
    First,
    /// `sum_j A[i,j] (i - j)`, in tokens.
    Distance,
    /// The weight on earlier tokens of the same id.
    Duplicate,
    /// The weight on tokens that follow an earlier token of the same id.
    Induction,
    /// The weight that the token receives, the mean over the queries that are kept and can see it.
    Received,
}

impl TokenNumber {
    /// Every number, in the order in which one key cycles them.
    pub const ALL: [Self; 8] = [
        Self::Entropy,
        Self::SelfWeight,
        Self::Previous,
        Self::First,
        Self::Distance,
        Self::Duplicate,
        Self::Induction,
        Self::Received,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            _ => self.measure().map_or("", Measure::name),
        }
    }

    /// What it is measured in; empty for weights.
    pub fn unit(self) -> &'static str {
        self.measure().map_or("", Measure::unit)
    }

    /// The number of a head that this is one token's part of.
    pub fn measure(self) -> Option<Measure> {
        Some(match self {
            Self::Entropy => Measure::Entropy,
            Self::SelfWeight => Measure::SelfWeight,
            Self::Previous => Measure::Previous,
            Self::First => Measure::First,
            Self::Distance => Measure::Distance,
            Self::Duplicate => Measure::Duplicate,
            Self::Induction => Measure::Induction,
            Self::Received => return None,
        })
    }

    /// Whether the number says something of a token: one without an earlier copy has no duplicate and
    /// no induction, as [`Measure::undefined_when`] tells of a whole text.
    pub fn is_defined(self, repeats: &Repeats, position: usize) -> bool {
        match self {
            Self::Duplicate | Self::Induction => repeats.has_copy(position),
            _ => true,
        }
    }

    /// How many of the kept queries can see a key.
    fn queries_of(layer: &LayerRecord, key: usize) -> usize {
        let end = match layer.rule.window {
            Some(window) => layer.tokens.min(key.saturating_add(window)),
            None => layer.tokens,
        };
        end.saturating_sub(key.max(layer.rule.from))
    }

    /// The number of a token, the mean over heads where all are meant; NaN outside of the text, and
    /// for what is received where no query can see the token.
    pub fn of(self, layer: &LayerRecord, select: Select, position: usize) -> f32 {
        let rows = &layer.rows;
        let table = match self {
            Self::Entropy => &rows.entropy,
            Self::SelfWeight => &rows.self_weight,
            Self::Previous => &rows.previous,
            Self::First => &rows.first,
            Self::Distance => &rows.distance,
            Self::Duplicate => &rows.duplicate,
            Self::Induction => &rows.induction,
            Self::Received => &layer.received,
        };
        let heads = match select {
            Select::Head(head) => head.0..head.0 + 1,
            Select::Mean => 0..layer.heads,
        };
        let count = heads.len().max(1) as f32;
        let count = match self {
            Self::Received => match Self::queries_of(layer, position) {
                0 => return f32::NAN,
                queries => count * queries as f32,
            },
            _ => count,
        };
        let sum: f32 = heads
            .map(|head| layer.at(table, Head(head), position))
            .sum();
        sum / count
    }

    /// The largest number of any token, where the number has no bound of its own to be held
    /// against: what is received. NaN is passed over.
    pub fn largest(self, layer: &LayerRecord, select: Select) -> Option<f32> {
        (self == Self::Received).then(|| {
            let all = (0..layer.tokens).map(|i| self.of(layer, select, i));
            all.fold(0.0, f32::max)
        })
    }

    /// The number as a share, 0..1, of the most that a token at this position can have: the
    /// logarithm of the keys that it sees for an entropy, the way to the first of them for a
    /// distance, 1 for weights; else of `largest`. `None` where the number tells nothing: for a token
    /// that sees itself alone, or has no earlier copy.
    pub fn share(
        self,
        layer: &LayerRecord,
        select: Select,
        position: usize,
        largest: Option<f32>,
        repeats: &Repeats,
    ) -> Option<f32> {
        if !self.is_defined(repeats, position) {
            return None;
        }
        let value = self.of(layer, select, position);
        let others = layer.rule.visible(position).len().saturating_sub(1);
        let most = match self {
            Self::Entropy => ((others + 1) as f32).ln(),
            Self::Distance => others as f32,
            Self::Previous if others == 0 => 0.0,
            Self::Received if Self::queries_of(layer, position) == 0 => 0.0,
            Self::Received => largest.unwrap_or(1.0),
            _ => 1.0,
        };
        (most > 0.0 && position < layer.tokens).then(|| value / most)
    }

    /// What the lowest and the highest share stand for, in a legend; `None` where the highest is
    /// the largest of the text.
    pub fn ends(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Entropy => Some(("0", "uniform")),
            Self::Distance => Some(("0", "furthest")),
            Self::Received => None,
            _ => Some(("0", "1")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_undefined_for_a_token_without_one() {
        let repeats = Repeats::of_ids([7, 8, 7, 9]);
        for number in TokenNumber::ALL {
            let defined: Vec<bool> = (0..5).map(|i| number.is_defined(&repeats, i)).collect();
            let copies = [TokenNumber::Duplicate, TokenNumber::Induction].contains(&number);
            let expected = match copies {
                true => [false, false, true, false, false],
                false => [true; 5],
            };
            assert_eq!(defined, expected, "{number:?}");
        }
    }
}
