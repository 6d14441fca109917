//! The table of the numbers of a head: what each is called, how it is shortened, and what it means.
//! Screens, filters, exports and help all read it.

use super::Numbers;

/// How a number is written that the text does not define, on screens and in text exports. JSON
/// writes null, CSV nothing.
pub const UNDEFINED: &str = "-";

/// One of the numbers of a head. A is the head's pattern, i the query, j the key, t the token ids.
/// Means run over the queries that are kept; query 0 has one key and is left out of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Mean of `A[i,i-1]` (previous-token pattern of TransformerLens `head_detector`).
    Previous,
    /// `sum A[i,j]` with `1 <= j <= i` and `t[j-1] = t[i]`, over `sum A` (`head_detector`, "mul").
    /// Undefined where no query sees such a key.
    Induction,
    /// `sum A[i,j]` with `j < i` and `t[j] = t[i]`, over `sum A` (`head_detector`, "mul").
    /// Undefined where no query sees such a key.
    Duplicate,
    /// Mean of `A[i,0]` (sink of Gu et al. 2024).
    First,
    /// Mean of `A[i,i]`.
    SelfWeight,
    /// Mean of the entropy over `ln(i+1)`, the entropy of a uniform row: 0..1.
    EntropyRelative,
    /// Mean of `-sum_j A ln A`, in nats (Clark et al. 2019).
    Entropy,
    /// Mean of `sum_j A[i,j] (i-j)`, in tokens (Vig & Belinkov 2019).
    Distance,
    /// [`Measure::Distance`] without key 0, rows renormalised. Rows with no other weight are left
    /// out; undefined where all are.
    DistanceWithoutFirst,
    /// Mean of the weight that goes to earlier tokens: `1 - A[i,i]` where rows sum to 1.
    PreviousMass,
    /// Mean of all entries `A[i,j]` with `j < i`: entries, not rows.
    EarlierEntry,
}

impl Measure {
    /// Every number, those that name a kind of head first.
    pub const ALL: [Self; 11] = [
        Self::Previous,
        Self::Induction,
        Self::Duplicate,
        Self::First,
        Self::SelfWeight,
        Self::EntropyRelative,
        Self::Entropy,
        Self::Distance,
        Self::DistanceWithoutFirst,
        Self::PreviousMass,
        Self::EarlierEntry,
    ];

    /// Its name: the key in JSON, the column in CSV, the word in filters. On screens
    /// [`Measure::title`] writes it with spaces.
    pub fn name(self) -> &'static str {
        match self {
            Self::Previous => "previous",
            Self::Induction => "induction",
            Self::Duplicate => "duplicate",
            Self::First => "first",
            Self::SelfWeight => "self",
            Self::EntropyRelative => "entropy_relative",
            Self::Entropy => "entropy",
            Self::Distance => "distance",
            Self::DistanceWithoutFirst => "distance_without_first",
            Self::PreviousMass => "previous_mass",
            Self::EarlierEntry => "earlier_entry",
        }
    }

    /// Its name on screens: with spaces.
    pub fn title(self) -> &'static str {
        match self {
            Self::EntropyRelative => "entropy relative",
            Self::DistanceWithoutFirst => "distance without first",
            Self::PreviousMass => "previous mass",
            Self::EarlierEntry => "earlier entry",
            _ => self.name(),
        }
    }

    /// The beginning of its title that a narrow column has room for. No other title begins so,
    /// unless this is the whole title.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Induction => "induct",
            Self::Duplicate => "dupl",
            Self::EntropyRelative => "entropy rel",
            Self::DistanceWithoutFirst => "distance w",
            Self::PreviousMass => "previous m",
            Self::EarlierEntry => "earlier",
            _ => self.title(),
        }
    }

    /// Whether it is a share, 0..1, that can be shown as it is. Others are shown as parts of the highest
    /// of all heads: those with a unit, and means of entries, which are small whatever a head does.
    pub fn is_share(self) -> bool {
        self.unit().is_empty() && self != Self::EarlierEntry
    }

    /// What it is measured in; empty for shares and weights, which lie in 0..1.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Entropy => "nats",
            Self::Distance | Self::DistanceWithoutFirst => "tokens",
            _ => "",
        }
    }

    /// What it tells, in a few words.
    pub fn doc(self) -> &'static str {
        match self {
            Self::Previous => "weight on the token before",
            Self::Induction => "weight on what followed the token earlier",
            Self::Duplicate => "weight on the token's earlier copies",
            Self::First => "weight on the first token",
            Self::SelfWeight => "weight on the token itself",
            Self::EntropyRelative => "entropy over that of a uniform row",
            Self::Entropy => "how widely a row spreads its weight",
            Self::Distance => "how far back the weight lies",
            Self::DistanceWithoutFirst => "distance without the first token",
            Self::PreviousMass => "weight on all earlier tokens",
            Self::EarlierEntry => "mean weight of one earlier token",
        }
    }

    /// Its definition, as a formula in words. A is the head's pattern, i the query, j the key; means
    /// run over the queries but query 0.
    pub fn definition(self) -> &'static str {
        match self {
            Self::Previous => "mean of A[i,i-1]",
            Self::Induction => "sum of A[i,j] where token j-1 equals token i, over sum of A",
            Self::Duplicate => {
                "sum of A[i,j] where j < i and token j equals token i, over sum of A"
            }
            Self::First => "mean of A[i,0]",
            Self::SelfWeight => "mean of A[i,i]",
            Self::EntropyRelative => "mean of (-sum of A ln A) / ln(i+1)",
            Self::Entropy => "mean of -sum of A ln A",
            Self::Distance => "mean of sum of A[i,j] (i-j)",
            Self::DistanceWithoutFirst => {
                "mean of sum of A[i,j] (i-j) over keys but the first, rows scaled to sum to 1"
            }
            Self::PreviousMass => "mean of sum of A[i,j] over j < i: 1 - A[i,i]",
            Self::EarlierEntry => "mean of all entries A[i,j] with j < i",
        }
    }

    /// When the text does not define it.
    pub fn undefined_when(self) -> &'static str {
        match self {
            Self::Induction | Self::Duplicate => "no token repeats",
            Self::DistanceWithoutFirst => "all weight lies on the first token",
            _ => "the text has one token",
        }
    }

    /// Its value; `None` where the text does not define it, NaN where a weight is no number.
    pub fn of(self, numbers: &Numbers) -> Option<f64> {
        numbers.get(self)
    }

    /// The number of this name, or the only one whose name begins so. Spaces and `-` stand for `_`.
    ///
    /// # Errors
    /// A sentence that says which names begin so, or that none does.
    pub fn named(word: &str) -> Result<Self, String> {
        let word = word.trim().to_lowercase().replace([' ', '-'], "_");
        if let Some(found) = Self::ALL.into_iter().find(|m| m.name() == word) {
            return Ok(found);
        }
        let begin = |m: &Self| word.len() >= 2 && m.name().starts_with(&word);
        let found: Vec<Self> = Self::ALL.into_iter().filter(begin).collect();
        match *found.as_slice() {
            [one] => Ok(one),
            [] => Err(format!(
                "there is no number '{word}': {}",
                Self::ALL.map(Self::name).join(", ")
            )),
            ref several => {
                let names: Vec<&str> = several.iter().map(|m| m.name()).collect();
                Err(format!("'{word}' can be {}", names.join(" or ")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_titles_headings_and_clear_beginnings_are_understood() {
        for measure in Measure::ALL {
            assert_eq!(Measure::named(measure.name()), Ok(measure));
            assert_eq!(Measure::named(measure.title()), Ok(measure));
            assert_eq!(Measure::named(measure.heading()), Ok(measure));
        }
        let rows = [
            ("IND", Some(Measure::Induction)),
            ("indu", Some(Measure::Induction)),
            ("earlier-entry", Some(Measure::EarlierEntry)),
            ("distance", Some(Measure::Distance)),
            ("Entropy Relative", Some(Measure::EntropyRelative)),
            // Two begin so.
            ("previou", None),
            ("dist", None),
            ("i", None),
            ("", None),
            ("weight", None),
        ];
        for (word, expected) in rows {
            assert_eq!(Measure::named(word).ok(), expected, "{word}");
        }
        let said = Measure::named("prev").unwrap_err();
        assert_eq!(said, "'prev' can be previous or previous_mass");
    }

    #[test]
    fn a_heading_is_the_beginning_of_one_title() {
        let mut texts = HashSet::new();
        for measure in Measure::ALL {
            assert_eq!(measure.title(), measure.name().replace('_', " "));
            assert!(measure.title().starts_with(measure.heading()));
            let others = Measure::ALL.into_iter().filter(|m| *m != measure);
            for other in others {
                let clear = !other.title().starts_with(measure.heading());
                assert!(clear || measure.heading() == measure.title(), "{measure:?}");
            }
            assert!(texts.insert(measure.doc()) && texts.insert(measure.definition()));
        }
    }

    #[test]
    fn numbers_are_held_and_written_under_their_names() {
        let at = |measure: Measure| Measure::ALL.iter().position(|m| *m == measure).unwrap() as f64;
        let numbers = Numbers::each(|m| (m != Measure::Induction).then(|| at(m)));
        let json = serde_json::to_value(numbers).unwrap();
        assert_eq!(json.as_object().unwrap().len(), Measure::ALL.len());
        for measure in Measure::ALL {
            let expected = (measure != Measure::Induction).then(|| at(measure));
            assert_eq!(measure.of(&numbers), expected);
            assert_eq!(json[measure.name()], serde_json::json!(expected));
        }
    }
}
