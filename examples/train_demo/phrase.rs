//! Noun phrases, and what is said of them.

use super::lists::{FILLERS, NUMBERS, PLACES};
use super::random::Random;
use super::verbs::{past, third};
use super::words::{ITS, Kind, NAMES, Noun, PEOPLE};

/// Whether this pair of words is kept for measuring: training sentences of the kinds that are measured never join the two.
pub fn reserved(subject: &str, other: &str) -> bool {
    if (subject, other) == ("cat", "mat") {
        return true;
    }
    let fnv = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let bytes = subject.bytes().chain([0]).chain(other.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325, fnv);
    (hash >> 20).is_multiple_of(12)
}

/// A noun phrase: which noun, and how many.
#[derive(Clone, Debug)]
pub struct Np {
    /// The noun or name.
    pub noun: &'static Noun,
    /// More than one.
    pub plural: bool,
}

impl Np {
    /// The phrase without its words.
    pub fn new(noun: &'static Noun, plural: bool) -> Self {
        Self {
            noun,
            plural: plural && !noun.is_name(),
        }
    }

    /// "It", "They", "He" or "She".
    pub fn pronoun(&self) -> &'static str {
        match self.noun.kind {
            _ if self.plural => "They",
            Kind::Thing | Kind::Animal => "It",
            Kind::He => "He",
            Kind::She => "She",
        }
    }

    /// "its", "their", "his" or "her".
    pub fn possessive(&self) -> &'static str {
        match self.noun.kind {
            _ if self.plural => "their",
            Kind::Thing | Kind::Animal => "its",
            Kind::He => "his",
            Kind::She => "her",
        }
    }

    /// The noun in its number.
    pub fn word(&self) -> &'static str {
        if self.plural {
            self.noun.many
        } else {
            self.noun.one
        }
    }
}

/// "a" or "an", and the word.
pub fn article(word: &str) -> String {
    let vowel = word.starts_with(['a', 'e', 'i', 'o', 'u']) && !word.starts_with("uni");
    format!("{} {word}", if vowel { "an" } else { "a" })
}

/// The form of "to be".
pub fn be(plural: bool, past: bool) -> &'static str {
    match (plural, past) {
        (false, false) => "is",
        (true, false) => "are",
        (false, true) => "was",
        (true, true) => "were",
    }
}

/// A verb in the form that its subject asks for.
pub fn conjugate(base: &str, plural: bool, past_tense: bool) -> String {
    match (plural, past_tense) {
        (_, true) => past(base),
        (true, false) => base.to_string(),
        (false, false) => third(base),
    }
}

/// Any noun or name, as often as stories tell of its kind.
pub fn any_noun(rng: &mut Random) -> &'static Noun {
    match rng.weighted(&[0.66, 0.14, 0.2]) {
        0 => rng.pick(&ITS),
        1 => rng.pick(&PEOPLE),
        _ => rng.pick(&NAMES),
    }
}

/// A noun that may stand in one training sentence with `subject`.
pub fn other_noun(rng: &mut Random, subject: &Noun) -> &'static Noun {
    loop {
        let noun = match rng.weighted(&[0.8, 0.12, 0.08]) {
            0 => rng.pick(&ITS),
            1 => rng.pick(&PEOPLE),
            _ => rng.pick(&NAMES),
        };
        if noun.one != subject.one && !reserved(subject.one, noun.one) {
            return noun;
        }
    }
}

/// The words of a subject, its first letter upper case: "The cat", "Two red cats", "Anna".
pub fn opening(rng: &mut Random, np: &Np) -> String {
    if np.noun.is_name() {
        return np.noun.one.to_string();
    }
    let filler = if rng.chance(0.15) {
        format!("{} ", rng.word(FILLERS))
    } else {
        String::new()
    };
    let rest = format!("{filler}{}", np.word());
    match (rng.weighted(&[0.76, 0.08, 0.08, 0.08]), np.plural) {
        (0, _) => format!("The {rest}"),
        (1, false) => {
            let phrase = article(&rest);
            format!("A{}", &phrase[1..])
        }
        (1, true) => {
            let count = rng.word(NUMBERS);
            format!("{}{} {rest}", count[..1].to_uppercase(), &count[1..])
        }
        (2, _) => format!(
            "{} {rest}",
            rng.word(&["My", "Your", "His", "Her", "Our", "Their"])
        ),
        (_, false) => format!("{} {rest}", rng.word(&["This", "That", "Every", "One"])),
        (_, true) => format!(
            "{} {rest}",
            rng.word(&["These", "Those", "All", "The other"])
        ),
    }
}

/// The words of any later noun phrase: "the mat", "a red mat", "Tom".
pub fn inner(rng: &mut Random, np: &Np) -> String {
    if np.noun.is_name() {
        return np.noun.one.to_string();
    }
    let filler = if rng.chance(0.1) {
        format!("{} ", rng.word(FILLERS))
    } else {
        String::new()
    };
    let rest = format!("{filler}{}", np.word());
    match (rng.weighted(&[0.86, 0.07, 0.07]), np.plural) {
        (1, false) => article(&rest),
        (1, true) => format!("{} {rest}", rng.word(NUMBERS)),
        (2, _) => format!("{} {rest}", rng.word(&["my", "your", "his", "her", "our"])),
        _ => format!("the {rest}"),
    }
}

/// What a sentence is about.
pub fn subject(rng: &mut Random) -> Np {
    let noun = any_noun(rng);
    Np::new(noun, rng.chance(0.35))
}

/// A subject that lives.
pub fn living(rng: &mut Random) -> Np {
    loop {
        let subject = subject(rng);
        if subject.noun.kind.lives() {
            return subject;
        }
    }
}

/// Another noun phrase of a sentence about `subject`.
pub fn object(rng: &mut Random, subject: &Np) -> Np {
    let noun = other_noun(rng, subject.noun);
    Np::new(noun, rng.chance(0.35))
}

/// The preposition that the subject is mostly found with, sometimes another one.
pub fn place(rng: &mut Random, np: &Np) -> &'static str {
    if rng.chance(0.8) {
        np.noun.habit
    } else {
        rng.word(PLACES)
    }
}

/// "was fluffy", "are rusty and tiny": what is true of the subject.
pub fn looks(rng: &mut Random, np: &Np, past_tense: bool) -> String {
    let be = be(np.plural, past_tense);
    let first = rng.word(&np.noun.looks);
    let degree = if rng.chance(0.12) {
        rng.word(&["very ", "so ", "too ", "not ", "always "])
    } else {
        ""
    };
    if rng.chance(0.18) {
        let second = rng.word(&np.noun.looks);
        if second != first {
            return format!("{be} {degree}{first} and {second}");
        }
    }
    format!("{be} {degree}{first}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_pairs_are_a_small_share() {
        let mut count = 0;
        for a in ITS.iter() {
            count += ITS.iter().filter(|b| reserved(a.one, b.one)).count();
        }
        let share = count as f64 / (ITS.len() * ITS.len()) as f64;
        assert!((0.06..0.11).contains(&share), "{share}");
        assert!(reserved("cat", "mat"));
    }
}
