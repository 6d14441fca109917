//! Sentences to measure with: their two nouns, or modifier and noun, are pairs that no training sentence of their kind
//! joins, so none of them is in the training text.

use super::lists::{FILLERS, LINKS, POSTURES, THING_POSTURES};
use super::phrase::{Np, be, reserved};
use super::random::Random;
use super::sentence::modifiers;
use super::verbs::past;
use super::words::{ITS, NAMES, Noun, PEOPLE};

/// A sentence with the pair of words that a head should join, and a choice that tells whether grammar was followed.
#[derive(Clone, Debug)]
pub struct Case {
    /// The whole text.
    pub text: String,
    /// Byte index after the word that should attend.
    pub query: usize,
    /// Byte index after the word that should be attended to.
    pub key: usize,
    /// Byte index where the model chooses between the two words.
    pub choice: usize,
    /// The word, with its space, that grammar asks for.
    pub right: String,
    /// A word that only the other noun or modifier would ask for.
    pub wrong: String,
}

/// Builds a text and remembers where words end.
#[derive(Default)]
struct Text(String);

impl Text {
    fn add(&mut self, part: &str) -> usize {
        self.0.push_str(part);
        self.0.len()
    }
}

fn noun(rng: &mut Random, names: bool) -> &'static Noun {
    match rng.weighted(&[0.7, 0.15, if names { 0.15 } else { 0.0 }]) {
        0 => rng.pick(&ITS),
        1 => rng.pick(&PEOPLE),
        _ => rng.pick(&NAMES),
    }
}

/// Two nouns that training never joins in a sentence of these kinds.
fn pair(rng: &mut Random, names: bool) -> (&'static Noun, &'static Noun) {
    loop {
        let (a, b) = (noun(rng, names), noun(rng, names));
        if a.one != b.one && reserved(a.one, b.one) {
            return (a, b);
        }
    }
}

/// "The keys to the cabinet are rusty.": from the verb to its subject; is or are after a noun of the other number.
pub fn agreement(rng: &mut Random) -> Case {
    let (subject, other) = pair(rng, false);
    let plural = rng.chance(0.5);
    let past_tense = rng.chance(0.5);
    let (subject, other) = (Np::new(subject, plural), Np::new(other, !plural));
    let mut text = Text::default();
    let key = text.add(&format!("The {}", subject.word()));
    let choice = text.add(&format!(" {} the {}", rng.word(LINKS), other.word()));
    let right = format!(" {}", be(plural, past_tense));
    let query = text.add(&right);
    text.add(&format!(" {}.", rng.word(&subject.noun.looks)));
    Case {
        text: text.0,
        query,
        key,
        choice,
        right,
        wrong: format!(" {}", be(!plural, past_tense)),
    }
}

fn differing(
    rng: &mut Random,
    right: &[&'static str],
    wrong: &[&'static str],
) -> Option<(&'static str, &'static str)> {
    let (right, other) = (rng.word(right), rng.word(wrong));
    (!wrong.contains(&right)).then_some((right, other))
}

/// "The cat sat on the mat. It purred.": from the pronoun to its referent; what only the referent is or does.
pub fn pronoun(rng: &mut Random) -> Case {
    loop {
        let (subject, object) = pair(rng, true);
        let (subject, object) = (
            Np::new(subject, rng.chance(0.25)),
            Np::new(object, rng.chance(0.25)),
        );
        let same = subject.pronoun() == object.pronoun();
        let first = same || rng.chance(0.5);
        let (referent, other) = if first {
            (&subject, &object)
        } else {
            (&object, &subject)
        };
        let tells_look = rng.chance(0.5);
        let chosen = if tells_look {
            differing(rng, &referent.noun.looks, &other.noun.looks)
        } else {
            differing(rng, &referent.noun.deeds, &other.noun.deeds)
        };
        let Some((right, wrong)) = chosen else {
            continue;
        };
        let the = |np: &Np| {
            if np.noun.is_name() {
                String::new()
            } else {
                "the ".to_string()
            }
        };
        let mut text = Text::default();
        let capital = if subject.noun.is_name() { "" } else { "The " };
        let a = text.add(&format!("{capital}{}", subject.word()));
        let postures = if subject.noun.kind.lives() {
            POSTURES
        } else {
            THING_POSTURES
        };
        text.add(&format!(
            " {} {} ",
            past(rng.word(postures)),
            subject.noun.habit
        ));
        let b = text.add(&format!("{}{}", the(&object), object.word()));
        text.add(".");
        let query = text.add(&format!(" {}", referent.pronoun()));
        let (right, wrong) = if tells_look {
            text.add(&format!(" {}", be(referent.plural, true)));
            (format!(" {right}"), format!(" {wrong}"))
        } else {
            (format!(" {}", past(right)), format!(" {}", past(wrong)))
        };
        let choice = text.0.len();
        text.add(&format!("{right}."));
        return Case {
            text: text.0,
            query,
            key: if first { a } else { b },
            choice,
            right,
            wrong,
        };
    }
}

/// "The heavy red ball sank.": from the noun to its modifier; what only things with that modifier do.
pub fn modifier(rng: &mut Random) -> Case {
    loop {
        let noun = noun(rng, false);
        let all = modifiers(noun);
        let (modifier, other) = (rng.pick(all), rng.pick(all));
        let Some((right, wrong)) = differing(rng, &modifier.deeds, &other.deeds) else {
            continue;
        };
        if !reserved(modifier.word, noun.one) {
            continue;
        }
        let np = Np::new(noun, rng.chance(0.35));
        let filler = if rng.chance(0.3) {
            format!(" {}", rng.word(FILLERS))
        } else {
            String::new()
        };
        let mut text = Text::default();
        let key = text.add(&format!("The {}", modifier.word));
        let query = text.add(&format!("{filler} {}", np.word()));
        let right = format!(" {}", past(right));
        text.add(&format!("{right}."));
        return Case {
            text: text.0,
            query,
            key,
            choice: query,
            right,
            wrong: format!(" {}", past(wrong)),
        };
    }
}

/// A pair of words of a given sentence, counted in whole words from 0.
pub fn words(text: &str, query: usize, key: usize) -> Option<(usize, usize)> {
    let end = |index: usize| {
        let word = text.split(' ').nth(index)?;
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        Some(start + word.trim_end_matches(['.', ',']).len())
    };
    Some((end(query)?, end(key)?))
}

#[cfg(test)]
mod tests {
    use super::super::story;
    use super::*;
    use std::collections::HashSet;

    /// The sentences of a text, without full stops.
    fn sentences(text: &str) -> impl Iterator<Item = String> + '_ {
        text.split(['.', '?'])
            .map(|s| s.trim().to_string())
            .filter(|s| !s.is_empty())
    }

    #[test]
    fn held_out_sentences_are_not_in_the_training_text() {
        let rng = &mut Random::new(99, 1);
        let mut held = HashSet::new();
        for _ in 0..1500 {
            for case in [agreement(rng), pronoun(rng), modifier(rng)] {
                held.extend(sentences(&case.text).next());
            }
        }
        assert!(held.len() > 3000);
        held.insert("The cat sat on the mat".to_string());
        for index in 0..60_000 {
            for sentence in sentences(&story::document(1, index)) {
                assert!(!held.contains(&sentence), "{sentence}");
            }
        }
    }

    #[test]
    fn cases_point_at_whole_words() {
        let rng = &mut Random::new(5, 0);
        for _ in 0..2000 {
            for case in [agreement(rng), pronoun(rng), modifier(rng)] {
                let word = |end: usize| case.text[..end].rsplit(' ').next().unwrap().to_string();
                assert!(case.key < case.query, "{case:?}");
                assert!(
                    case.text[case.choice..].starts_with(&case.right),
                    "{case:?}"
                );
                assert_ne!(case.right, case.wrong, "{case:?}");
                for end in [case.key, case.query] {
                    assert!(case.text[end..].starts_with([' ', '.']), "{case:?}");
                    assert!(!word(end).is_empty(), "{case:?}");
                }
            }
        }
    }

    #[test]
    fn words_are_found_by_number() {
        let text = "The cat sat on the mat. It was fluffy.";
        let (query, key) = words(text, 6, 1).unwrap();
        assert_eq!(
            (&text[query - 2..query], &text[key - 3..key]),
            ("It", "cat")
        );
        assert_eq!(words(text, 9, 0), None);
    }
}
