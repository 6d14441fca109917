//! The numbers of a head by their names, so that they can be chosen, sorted by and asked for.

use super::Numbers;

/// One of the numbers of a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// [`Numbers::previous`].
    Previous,
    /// [`Numbers::induction`].
    Induction,
    /// [`Numbers::duplicate`].
    Duplicate,
    /// [`Numbers::first`].
    First,
    /// [`Numbers::self_weight`].
    SelfWeight,
    /// [`Numbers::entropy_relative`].
    EntropyRelative,
    /// [`Numbers::entropy`].
    Entropy,
    /// [`Numbers::distance`].
    Distance,
    /// [`Numbers::distance_without_first`].
    DistanceWithoutFirst,
    /// [`Numbers::previous_mass`].
    PreviousMass,
    /// [`Numbers::earlier_entry`].
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

    /// Its name, as in JSON.
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

    /// Its name above a narrow column.
    pub fn title(self) -> &'static str {
        match self {
            Self::Previous => "prev",
            Self::Induction => "ind",
            Self::Duplicate => "dup",
            Self::First => "first",
            Self::SelfWeight => "self",
            Self::EntropyRelative => "ent/ln",
            Self::Entropy => "entropy",
            Self::Distance => "dist",
            Self::DistanceWithoutFirst => "dist-0",
            Self::PreviousMass => "mass",
            Self::EarlierEntry => "entry",
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
            Self::Entropy => "entropy, in nats",
            Self::Distance => "distance, in tokens",
            Self::DistanceWithoutFirst => "distance without the first token",
            Self::PreviousMass => "weight on all earlier tokens",
            Self::EarlierEntry => "mean weight of an earlier token",
        }
    }

    /// Its value.
    pub fn of(self, numbers: &Numbers) -> f64 {
        match self {
            Self::Previous => numbers.previous,
            Self::Induction => numbers.induction,
            Self::Duplicate => numbers.duplicate,
            Self::First => numbers.first,
            Self::SelfWeight => numbers.self_weight,
            Self::EntropyRelative => numbers.entropy_relative,
            Self::Entropy => numbers.entropy,
            Self::Distance => numbers.distance,
            Self::DistanceWithoutFirst => numbers.distance_without_first,
            Self::PreviousMass => numbers.previous_mass,
            Self::EarlierEntry => numbers.earlier_entry,
        }
    }

    /// The number of this name or title, or the only one that begins so.
    pub fn named(word: &str) -> Option<Self> {
        let word = word.to_lowercase().replace('-', "_");
        let exact = |m: &&Self| m.name() == word || m.title().replace('-', "_") == word;
        if let Some(found) = Self::ALL.iter().find(exact) {
            return Some(*found);
        }
        let mut begin = Self::ALL
            .iter()
            .filter(|m| word.len() >= 2 && m.name().starts_with(&word));
        begin.next().filter(|_| begin.next().is_none()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_titles_and_clear_beginnings_are_understood() {
        for measure in Measure::ALL {
            assert_eq!(Measure::named(measure.name()), Some(measure));
            assert_eq!(Measure::named(measure.title()), Some(measure));
        }
        let rows = [
            ("IND", Some(Measure::Induction)),
            ("indu", Some(Measure::Induction)),
            ("earlier-entry", Some(Measure::EarlierEntry)),
            ("dist", Some(Measure::Distance)),
            // Two begin so.
            ("previou", None),
            ("i", None),
            ("", None),
            ("weight", None),
        ];
        for (word, expected) in rows {
            assert_eq!(Measure::named(word), expected, "{word}");
        }
    }

    #[test]
    fn names_are_those_of_the_exports() {
        let numbers = Numbers {
            self_weight: 1.0,
            previous: 2.0,
            first: 3.0,
            entropy: 4.0,
            entropy_relative: 5.0,
            distance: 6.0,
            distance_without_first: 7.0,
            previous_mass: 8.0,
            earlier_entry: 9.0,
            duplicate: 10.0,
            induction: 11.0,
        };
        let json = serde_json::to_value(numbers).unwrap();
        assert_eq!(json.as_object().unwrap().len(), Measure::ALL.len());
        for measure in Measure::ALL {
            assert_eq!(json[measure.name()], measure.of(&numbers));
        }
    }
}
