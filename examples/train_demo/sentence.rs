//! Single sentences, each with the noun phrases that it tells of.

use super::lists::{
    ADVERBS, FILLERS, LINKS, MOTIONS, NUMBERS, PLACES, POSTURES, THING_POSTURES, TIMES,
    TRANSITIVES, WAYS,
};
use super::phrase::{
    Np, any_noun, article, be, conjugate, inner, living, looks, object, opening, other_noun, place,
    reserved, subject,
};
use super::random::Random;
use super::verbs::past;
use super::words::{ITS, Kind, LIVING_MODIFIERS, Modifier, NAMES, Noun, PEOPLE, THING_MODIFIERS};

/// A sentence and whom it is about.
#[derive(Debug)]
pub struct Told {
    /// With its full stop.
    pub text: String,
    /// The subject of its main verb.
    pub subject: Np,
    /// The other noun that a pronoun could mean.
    pub object: Option<Np>,
    /// Told in the past.
    pub past: bool,
}

/// What a sentence with `pronoun` says of its referent.
pub fn follow(rng: &mut Random, np: &Np, past_tense: bool, pronoun: &str) -> String {
    let deed = conjugate(rng.word(&np.noun.deeds), np.plural, past_tense);
    match rng.weighted(&[0.36, 0.42, 0.08, 0.07, 0.07]) {
        0 => format!("{pronoun} {}.", looks(rng, np, past_tense)),
        4 => {
            let spot = object(rng, np);
            format!(
                "{pronoun} {} {} {}.",
                looks(rng, np, past_tense),
                place(rng, np),
                inner(rng, &spot)
            )
        }
        1 => format!("{pronoun} {deed}."),
        2 => format!("{pronoun} {deed} {}.", rng.word(ADVERBS)),
        _ => {
            let spot = object(rng, np);
            format!("{pronoun} {deed} {} {}.", place(rng, np), inner(rng, &spot))
        }
    }
}

/// "The keys to the cabinet are rusty": the verb's number is the far noun's, not the near one's.
pub fn agreement(rng: &mut Random) -> Told {
    let subject = subject(rng);
    let noun = other_noun(rng, subject.noun);
    let differs = rng.chance(0.65);
    let object = Np::new(noun, subject.plural != differs);
    let past_tense = rng.chance(0.5);
    let link = if subject.noun.is_name() {
        PLACES
    } else {
        LINKS
    };
    let mut text = format!(
        "{} {} {}",
        opening(rng, &subject),
        rng.word(link),
        inner(rng, &object)
    );
    if rng.chance(0.12) {
        let third = Np::new(other_noun(rng, subject.noun), rng.chance(0.5));
        text += &format!(" {} {}", rng.word(PLACES), inner(rng, &third));
    }
    text += &match rng.weighted(&[0.7, 0.2, 0.1]) {
        0 => format!(" {}.", looks(rng, &subject, past_tense)),
        1 => format!(
            " {}.",
            conjugate(rng.word(&subject.noun.deeds), subject.plural, past_tense)
        ),
        _ => {
            let verb = conjugate(posture_of(rng, &subject), subject.plural, past_tense);
            let spot = self::object(rng, &subject);
            format!(" {verb} {} {}.", place(rng, &subject), inner(rng, &spot))
        }
    };
    Told {
        text,
        subject,
        object: Some(object),
        past: past_tense,
    }
}

fn posture_of(rng: &mut Random, np: &Np) -> &'static str {
    rng.word(if np.noun.kind.lives() {
        POSTURES
    } else {
        THING_POSTURES
    })
}

/// "The cat sat on the mat."
pub fn posture(rng: &mut Random) -> Told {
    let subject = subject(rng);
    let object = object(rng, &subject);
    let past_tense = rng.chance(0.8);
    let verb = conjugate(posture_of(rng, &subject), subject.plural, past_tense);
    let text = format!(
        "{} {verb} {} {}.",
        opening(rng, &subject),
        place(rng, &subject),
        inner(rng, &object)
    );
    Told {
        text,
        subject,
        object: Some(object),
        past: past_tense,
    }
}

/// "The dog barked.", "The dog by the gate barked loudly."
pub fn action(rng: &mut Random) -> Told {
    let subject = subject(rng);
    let past_tense = rng.chance(0.75);
    let verb = conjugate(rng.word(&subject.noun.deeds), subject.plural, past_tense);
    let who = opening(rng, &subject);
    let object = object(rng, &subject);
    let (text, object) = match rng.below(4) {
        0 => (format!("{who} {verb}."), None),
        1 => (format!("{who} {verb} {}.", rng.word(ADVERBS)), None),
        2 => (
            format!(
                "{who} {verb} {} {}.",
                place(rng, &subject),
                inner(rng, &object)
            ),
            Some(object),
        ),
        _ => (
            format!(
                "{who} {} {} {verb}.",
                place(rng, &subject),
                inner(rng, &object)
            ),
            Some(object),
        ),
    };
    Told {
        text,
        subject,
        object,
        past: past_tense,
    }
}

/// "Anna saw the cat."
pub fn transitive(rng: &mut Random) -> Told {
    let subject = living(rng);
    let object = object(rng, &subject);
    let past_tense = rng.chance(0.8);
    let verb = conjugate(rng.word(TRANSITIVES), subject.plural, past_tense);
    let text = format!("{} {verb} {}.", opening(rng, &subject), inner(rng, &object));
    Told {
        text,
        subject,
        object: Some(object),
        past: past_tense,
    }
}

/// "The fox jumped over the dog."
pub fn motion(rng: &mut Random) -> Told {
    let subject = living(rng);
    let object = object(rng, &subject);
    let past_tense = rng.chance(0.7);
    let verb = conjugate(rng.word(MOTIONS), subject.plural, past_tense);
    let text = format!(
        "{} {verb} {} {}.",
        opening(rng, &subject),
        rng.word(WAYS),
        inner(rng, &object)
    );
    Told {
        text,
        subject,
        object: Some(object),
        past: past_tense,
    }
}

/// "Anna gave Tom the book.", "Anna gave the book to Tom."
pub fn giving(rng: &mut Random) -> Told {
    let person = |rng: &mut Random| {
        if rng.chance(0.6) {
            rng.pick(&NAMES)
        } else {
            rng.pick(&PEOPLE)
        }
    };
    let (giver, taker, thing) = loop {
        let (giver, taker) = (person(rng), person(rng));
        let thing = rng.pick(&ITS);
        let kept = reserved(giver.one, taker.one) || reserved(giver.one, thing.one);
        if giver.one != taker.one && !kept {
            break (
                Np::new(giver, rng.chance(0.2)),
                Np::new(taker, rng.chance(0.2)),
                Np::new(thing, rng.chance(0.3)),
            );
        }
    };
    let past_tense = rng.chance(0.85);
    let verb = conjugate(
        rng.word(&["give", "show", "send", "bring", "tell", "buy", "hand"]),
        giver.plural,
        past_tense,
    );
    let (who, whom, what) = (opening(rng, &giver), inner(rng, &taker), inner(rng, &thing));
    let text = if verb.starts_with("t") {
        format!("{who} {verb} {whom} about {what}.")
    } else if rng.chance(0.5) {
        format!("{who} {verb} {whom} {what}.")
    } else {
        let to = if verb.starts_with('b') && !verb.starts_with("br") {
            "for"
        } else {
            "to"
        };
        format!("{who} {verb} {what} {to} {whom}.")
    };
    let object = if rng.chance(0.5) { taker } else { thing };
    Told {
        text,
        subject: giver,
        object: Some(object),
        past: past_tense,
    }
}

/// The modifiers that a noun can take.
pub fn modifiers(noun: &Noun) -> &'static [Modifier] {
    if noun.kind.lives() {
        &LIVING_MODIFIERS
    } else {
        &THING_MODIFIERS
    }
}

/// "The heavy ball sank.": the modifier decides the verb.
pub fn modified(rng: &mut Random) -> Told {
    let (noun, modifier) = loop {
        let noun = any_noun(rng);
        let modifier = rng.pick(modifiers(noun));
        if !noun.is_name() && !reserved(modifier.word, noun.one) {
            break (noun, modifier);
        }
    };
    let subject = Np::new(noun, rng.chance(0.35));
    let past_tense = rng.chance(0.85);
    let verb = conjugate(rng.word(&modifier.deeds), subject.plural, past_tense);
    let filler = if rng.chance(0.3) {
        format!("{} ", rng.word(FILLERS))
    } else {
        String::new()
    };
    let who = format!("The {} {filler}{}", modifier.word, subject.word());
    let object = object(rng, &subject);
    let (text, object) = match rng.weighted(&[0.6, 0.2, 0.1, 0.1]) {
        0 => (format!("{who} {verb}."), None),
        1 => (
            format!(
                "{who} {verb} {} {}.",
                place(rng, &subject),
                inner(rng, &object)
            ),
            Some(object),
        ),
        2 => (format!("{who} {verb} {}.", rng.word(ADVERBS)), None),
        _ => (
            format!(
                "{who} {} {} {verb}.",
                place(rng, &subject),
                inner(rng, &object)
            ),
            Some(object),
        ),
    };
    Told {
        text,
        subject,
        object,
        past: past_tense,
    }
}

/// "The cat that saw the dogs was fluffy.", "The cat that the dogs saw was fluffy."
pub fn relative(rng: &mut Random) -> Told {
    let subject = loop {
        let subject = subject(rng);
        if subject.noun.kind.lives() && !subject.noun.is_name() {
            break subject;
        }
    };
    let object = object(rng, &subject);
    let verb = past(rng.word(TRANSITIVES));
    let who = opening(rng, &subject);
    let link = if matches!(subject.noun.kind, Kind::Animal) {
        "that"
    } else {
        "who"
    };
    let whom = inner(rng, &object);
    let clause = if object.noun.kind.lives() && rng.chance(0.35) {
        format!("{whom} {verb}")
    } else {
        format!("{verb} {whom}")
    };
    let past_tense = rng.chance(0.6);
    let end = looks(rng, &subject, past_tense);
    Told {
        text: format!("{who} {link} {clause} {end}."),
        subject,
        object: Some(object),
        past: past_tense,
    }
}

/// "The cat is fluffy.", "There are two cats in the box.", "Yesterday the cat purred."
pub fn plain(rng: &mut Random) -> Told {
    let subject = subject(rng);
    let past_tense = rng.chance(0.6);
    let spot = object(rng, &subject);
    let text = match rng.weighted(&[0.55, 0.2, 0.25]) {
        1 if !subject.noun.is_name() => {
            let be = be(subject.plural, past_tense);
            let count = if subject.plural {
                format!("{} {}", rng.word(NUMBERS), subject.word())
            } else {
                article(subject.word())
            };
            format!(
                "There {be} {count} {} {}.",
                place(rng, &subject),
                inner(rng, &spot)
            )
        }
        2 => {
            let deed = conjugate(rng.word(&subject.noun.deeds), subject.plural, true);
            let who = if subject.noun.is_name() {
                subject.word().to_string()
            } else {
                format!("the {}", subject.word())
            };
            format!("{} {who} {deed}.", rng.word(TIMES))
        }
        _ => format!(
            "{} {}.",
            opening(rng, &subject),
            looks(rng, &subject, past_tense)
        ),
    };
    Told {
        text,
        subject,
        object: None,
        past: past_tense,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_agree_with_the_far_noun() {
        let rng = &mut Random::new(3, 0);
        let mut distant = 0;
        for _ in 0..4000 {
            let told = agreement(rng);
            let forms = |plural| [be(plural, false), be(plural, true)];
            let words: Vec<&str> = told.text.trim_end_matches('.').split(' ').collect();
            let has = |set: [&str; 2]| words.iter().any(|w| set.contains(w));
            assert!(!has(forms(!told.subject.plural)), "{}", told.text);
            distant += usize::from(has(forms(told.subject.plural)));
        }
        assert!(distant > 2000);
    }
}
