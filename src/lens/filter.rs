//! Heads by what is asked of their numbers, as a person types it: `induction > 0.3, layer 5`.

use std::ops::RangeInclusive;

use super::{HeadKind, KindName, Measure, Numbers};
use crate::capture::{Head, Layer};

/// What a filter can say.
pub const UNDERSTOOD: &str =
    "induction > 0.3, first < 0.1, layer 5, head 0-3, kind first; joined by 'and' or ','";

/// What is asked of a head; an empty one asks nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter(Vec<Clause>);

#[derive(Clone, Debug, PartialEq)]
enum Clause {
    Number(Measure, Test, f64),
    Layer(RangeInclusive<usize>),
    Head(RangeInclusive<usize>),
    Kind(KindName),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Test {
    Above,
    AtLeast,
    Below,
    AtMost,
    Is,
}

impl Test {
    fn of(sign: &str) -> Option<Self> {
        Some(match sign {
            ">" => Self::Above,
            ">=" => Self::AtLeast,
            "<" => Self::Below,
            "<=" => Self::AtMost,
            "=" | "==" => Self::Is,
            _ => return None,
        })
    }

    /// NaN passes no test.
    fn passes(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Above => value > limit,
            Self::AtLeast => value >= limit,
            Self::Below => value < limit,
            Self::AtMost => value <= limit,
            // As far as two digits tell.
            Self::Is => (value - limit).abs() <= 0.005,
        }
    }

    /// The indices that pass; none is `1..=0`.
    fn indices(self, limit: usize) -> RangeInclusive<usize> {
        #[allow(clippy::reversed_empty_ranges)]
        const NONE: RangeInclusive<usize> = 1..=0;
        match self {
            Self::Above => limit.saturating_add(1)..=usize::MAX,
            Self::AtLeast => limit..=usize::MAX,
            Self::Below => limit.checked_sub(1).map_or(NONE, |last| 0..=last),
            Self::AtMost => 0..=limit,
            Self::Is => limit..=limit,
        }
    }
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// A sentence that says which part is not understood.
    pub fn parse(line: &str) -> Result<Self, String> {
        let mut clauses = Vec::new();
        for part in line.split(',') {
            let words = words(part);
            if words.is_empty() {
                continue;
            }
            for clause in words.split(|word| word == "and") {
                clauses.push(Clause::parse(clause)?);
            }
        }
        Ok(Self(clauses))
    }

    /// Whether it asks nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a head passes.
    pub fn keeps(
        &self,
        (layer, head): (Layer, Head),
        numbers: &Numbers,
        kind: Option<&HeadKind>,
    ) -> bool {
        self.0.iter().all(|clause| match clause {
            Clause::Number(measure, test, limit) => {
                let value = measure.of(numbers);
                value.is_some_and(|value| test.passes(value, *limit))
            }
            Clause::Layer(range) => range.contains(&layer.0),
            Clause::Head(range) => range.contains(&head.0),
            Clause::Kind(name) => kind.is_some_and(|kind| kind.kind == *name),
        })
    }
}

impl Clause {
    fn parse(words: &[String]) -> Result<Self, String> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let &[field, ref rest @ ..] = words.as_slice() else {
            return Err("a condition is missing beside 'and'".to_owned());
        };
        match field {
            "layer" | "l" => Ok(Self::Layer(indices("layer", rest)?)),
            "head" | "h" => Ok(Self::Head(indices("head", rest)?)),
            "kind" => match rest {
                [name] | ["=" | "==", name] => {
                    let kinds = KindName::ALL.iter();
                    let mut found = kinds.filter(|kind| kind.name().starts_with(name));
                    let kind = found.next().copied().map(Self::Kind);
                    kind.ok_or_else(|| format!("there is no kind '{name}': {}", kinds_in_words()))
                }
                _ => Err(format!("'kind' takes one of {}", kinds_in_words())),
            },
            _ => {
                // A name may be typed with spaces, as screens show it.
                let is_sign = |word: &&str| word.starts_with(['<', '>', '=']);
                let end = rest.iter().position(is_sign).unwrap_or(0);
                let (more, rest) = rest.split_at(end);
                let measure = Measure::named(&[&[field], more].concat().join(" "))?;
                let name = measure.name();
                let &[sign, limit] = rest else {
                    return Err(format!("'{name}' takes > or < and a number"));
                };
                let test = Test::of(sign)
                    .ok_or_else(|| format!("'{sign}' stands where > or < is expected"))?;
                let limit: Option<f64> = limit.parse().ok().filter(|limit: &f64| limit.is_finite());
                let limit = limit.ok_or_else(|| format!("'{name}' is compared with a number"))?;
                Ok(Self::Number(measure, test, limit))
            }
        }
    }
}

/// `5`, `= 5`, `>= 3`, `2-4`.
fn indices(what: &str, words: &[&str]) -> Result<RangeInclusive<usize>, String> {
    let wrong = || format!("'{what}' takes a number or a range such as 0-3");
    let number = |word: &str| word.parse::<usize>().map_err(|_| wrong());
    match words {
        [range] => match range.split_once('-') {
            Some((from, to)) => Ok(number(from)?..=number(to)?),
            None => number(range).map(|at| at..=at),
        },
        [sign, limit] => {
            let test = Test::of(sign).ok_or_else(wrong)?;
            Ok(test.indices(number(limit)?))
        }
        _ => Err(wrong()),
    }
}

fn kinds_in_words() -> String {
    KindName::ALL.map(KindName::name).join(", ")
}

/// Words in small letters, signs of comparison apart whether spaces stand around them or not.
fn words(part: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let is_sign = |c: char| matches!(c, '<' | '>' | '=');
    for c in part.chars() {
        let breaks = word
            .chars()
            .last()
            .is_some_and(|last| is_sign(last) != is_sign(c));
        if (c.is_whitespace() || breaks) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if !c.is_whitespace() {
            word.extend(c.to_lowercase());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keeps(line: &str) -> Vec<(usize, usize)> {
        let filter = Filter::parse(line).unwrap();
        let mut kept = Vec::new();
        for layer in 0..3 {
            for head in 0..2 {
                // Induction 0.0, 0.1, .. 0.5; first falls as it rises; entropy is NaN, duplicate is
                // undefined.
                let value = (2 * layer + head) as f64 / 10.0;
                let numbers = Numbers::each(|measure| match measure {
                    Measure::First => Some(1.0 - value),
                    Measure::Entropy => Some(f64::NAN),
                    Measure::Induction => Some(value),
                    Measure::Duplicate => None,
                    _ => Some(0.0),
                });
                let kind = (value > 0.35).then_some(HeadKind {
                    kind: KindName::Induction,
                    value,
                    most: 1.0,
                });
                if filter.keeps((Layer(layer), Head(head)), &numbers, kind.as_ref()) {
                    kept.push((layer, head));
                }
            }
        }
        kept
    }

    #[test]
    fn heads_are_kept_by_what_is_typed() {
        let all = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)];
        let rows: &[(&str, &[(usize, usize)])] = &[
            ("", &all),
            (" , ", &all),
            ("induction > 0.3", &all[4..]),
            ("induction>=0.3", &all[3..]),
            ("IND>.3", &all[4..]),
            ("induction = 0.3", &all[3..4]),
            ("first < 0.65", &all[4..]),
            ("layer 1", &all[2..4]),
            ("layer 1-2", &all[2..]),
            ("layer >= 2", &all[4..]),
            ("layer < 0", &[]),
            ("layer 2-1", &[]),
            ("layer 99", &[]),
            ("head 1", &[(0, 1), (1, 1), (2, 1)]),
            ("induction > 0.1 and induction < 0.4", &all[2..4]),
            ("induction > 0.1, head 0", &[(1, 0), (2, 0)]),
            ("layer 2 and head 1, first < 1", &all[5..]),
            ("kind induction", &all[4..]),
            ("kind ind", &all[4..]),
            ("kind first", &[]),
            // NaN passes no test.
            ("entropy > 0", &[]),
            ("entropy <= 0", &[]),
            // Nor does what is undefined.
            ("duplicate < 0.1", &[]),
            ("duplicate = 0", &[]),
            ("duplicate >= 0", &[]),
            ("earlier entry = 0", &all),
            ("earlier_entry<=0, previous mass < 1", &all),
        ];
        for (line, expected) in rows {
            assert_eq!(keeps(line), *expected, "{line}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let rows = [
            ("induction", "takes > or <"),
            ("induction >", "takes > or <"),
            ("induction > x", "compared with a number"),
            ("induction > nan", "compared with a number"),
            ("induction ~ 0.3", "'~' stands where"),
            ("induction > 0.3 layer 5", "takes > or <"),
            ("heat > 0.3", "no number 'heat'"),
            (
                "dist > 0.3",
                "'dist' can be distance or distance_without_first",
            ),
            ("induction mass > 0.3", "no number 'induction_mass'"),
            ("0.3 < induction", "no number '0.3'"),
            ("layer", "takes a number or a range"),
            ("layer -1", "takes a number or a range"),
            ("layer five", "takes a number or a range"),
            ("kind", "one of induction"),
            ("kind good", "no kind 'good'"),
            ("layer 5 and", "missing beside 'and'"),
        ];
        for (line, said) in rows {
            let error = Filter::parse(line).unwrap_err();
            assert!(error.contains(said), "{line}: {error}");
        }
        for example in UNDERSTOOD.split(';').next().unwrap().split(", ") {
            assert!(Filter::parse(example).is_ok(), "{example}");
        }
    }
}
