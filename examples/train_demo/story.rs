//! Writes the training text: short stories in which grammar decides the next word.

use super::daily;
use super::lists::{COLORS, FILLERS, MASSES, SITES};
use super::phrase::{Np, article, looks};
use super::random::Random;
use super::sentence::{self, Told};
use super::talk;
use super::verbs::past;
use super::words::{CREATURES, ITS, NAMES, Noun, PEOPLE};

/// The text of document `index` of the endless corpus of a seed.
pub fn document(seed: u64, index: u64) -> String {
    let rng = &mut Random::new(seed, index);
    match rng.weighted(&[0.56, 0.1, 0.09, 0.07, 0.18]) {
        0 => paragraph(rng),
        1 => question(rng),
        2 => tale(rng),
        3 => daily::daily(rng),
        _ => talk::talk(rng),
    }
}

/// One to five short units that have nothing to do with each other.
fn paragraph(rng: &mut Random) -> String {
    let units = 1 + rng.weighted(&[0.35, 0.25, 0.2, 0.12, 0.08]);
    let text: Vec<String> = (0..units).map(|_| unit(rng)).collect();
    text.join(" ")
}

/// A sentence, or two or three that a pronoun holds together.
fn unit(rng: &mut Random) -> String {
    match rng.weighted(&[0.2, 0.15, 0.48, 0.05, 0.12]) {
        0 => sentence::agreement(rng).text,
        1 => sentence::modified(rng).text,
        2 => linked(rng),
        3 => sentence::relative(rng).text,
        _ => sentence::plain(rng).text,
    }
}

/// A first sentence with one or two nouns, and what a pronoun says of one of them.
fn linked(rng: &mut Random) -> String {
    let first = match rng.weighted(&[0.38, 0.13, 0.2, 0.07, 0.08, 0.08, 0.06]) {
        0 => sentence::posture(rng),
        1 => sentence::action(rng),
        2 => sentence::transitive(rng),
        3 => sentence::modified(rng),
        4 => sentence::agreement(rng),
        5 => sentence::motion(rng),
        _ => sentence::giving(rng),
    };
    let referent = referent(rng, &first);
    if rng.chance(0.15) {
        let joint = rng.word(&[" because", " and", " when", ", and", ", but"]);
        let body = first.text.trim_end_matches('.');
        let rest = if joint == " because" {
            format!(
                " {} {}.",
                referent.pronoun().to_lowercase(),
                looks(rng, referent, first.past)
            )
        } else {
            format!(
                " {}",
                sentence::follow(
                    rng,
                    referent,
                    first.past,
                    &referent.pronoun().to_lowercase()
                )
            )
        };
        return format!("{body}{joint}{rest}");
    }
    let mut text = format!(
        "{} {}",
        first.text,
        sentence::follow(rng, referent, first.past, referent.pronoun())
    );
    if rng.chance(0.12) {
        text.push(' ');
        text += &sentence::follow(rng, referent, first.past, referent.pronoun());
    }
    text
}

/// Whom a pronoun can mean: the one that its form fits, else the subject.
fn referent<'a>(rng: &mut Random, told: &'a Told) -> &'a Np {
    match &told.object {
        Some(object) if object.pronoun() != told.subject.pronoun() && rng.chance(0.4) => object,
        _ => &told.subject,
    }
}

fn two<'a>(rng: &mut Random, from: &'a [Noun]) -> (&'a Noun, &'a Noun) {
    loop {
        let (a, b) = (rng.pick(from), rng.pick(from));
        if a.one != b.one {
            return (a, b);
        }
    }
}

/// Facts told early and asked late.
fn question(rng: &mut Random) -> String {
    let (one, other) = two(rng, &ITS);
    let (first, second) = two(rng, &NAMES);
    let asked_first = rng.chance(0.5);
    let (facts, ask, answer) = match rng.below(4) {
        0 => {
            let (a, b) = (rng.word(COLORS), rng.word(COLORS));
            let (thing, color) = if asked_first { (one, a) } else { (other, b) };
            (
                [
                    format!("The {} was {a}.", one.one),
                    format!("The {} was {b}.", other.one),
                ],
                format!("What color was the {}?", thing.one),
                format!("It was {color}."),
            )
        }
        1 => {
            let (name, thing) = if asked_first {
                (first, one)
            } else {
                (second, other)
            };
            (
                [
                    format!("{} had {}.", first.one, article(one.one)),
                    format!("{} had {}.", second.one, article(other.one)),
                ],
                format!("Who had the {}?", thing.one),
                format!("{}.", name.one),
            )
        }
        2 => {
            let (a, b) = (rng.word(SITES), rng.word(SITES));
            let (name, site) = if asked_first { (first, a) } else { (second, b) };
            (
                [
                    format!("{} went to the {a}.", first.one),
                    format!("{} went to the {b}.", second.one),
                ],
                format!("Where did {} go?", name.one),
                format!("To the {site}."),
            )
        }
        _ => {
            let (a, b) = (rng.word(MASSES), rng.word(MASSES));
            let (name, food) = if asked_first { (first, a) } else { (second, b) };
            (
                [
                    format!("{} likes {a}.", first.one),
                    format!("{} likes {b}.", second.one),
                ],
                format!("What does {} like?", name.one),
                format!("{}{}.", food[..1].to_uppercase(), &food[1..]),
            )
        }
    };
    let between = if rng.chance(0.4) {
        format!(" {}", unit(rng))
    } else {
        String::new()
    };
    format!("{} {}{between} {ask} {answer}", facts[0], facts[1])
}

/// A story of one person and one animal.
fn tale(rng: &mut Random) -> String {
    let hero = rng.pick(&NAMES);
    let role = loop {
        let role = rng.pick(&PEOPLE);
        if role.kind == hero.kind {
            break role;
        }
    };
    let pet = rng.pick(&CREATURES);
    let hero_np = Np::new(hero, false);
    let pet_np = Np::new(pet, false);
    let she = hero_np.pronoun();
    let his = hero_np.possessive();
    let site = rng.word(SITES);
    let opening = match rng.below(3) {
        0 => format!("Once there was {} named {}.", article(role.one), hero.one),
        1 => format!("{} was {}.", hero.one, article(role.one)),
        _ => format!("Once upon a time, {} lived near the {site}.", hero.one),
    };
    let mut parts = vec![opening];
    if rng.chance(0.6) {
        parts.push(format!("{she} {}.", looks(rng, &hero_np, true)));
    }
    let filler = rng.word(FILLERS);
    parts.push(match rng.below(3) {
        0 => format!("{she} had {} {}.", article(filler), pet.one),
        1 => format!("One day {} saw {} {}.", hero.one, article(filler), pet.one),
        _ => format!(
            "{} had {} {} in the {site}.",
            hero.one,
            article(filler),
            pet.one
        ),
    });
    parts.push(sentence::follow(rng, &pet_np, true, "It"));
    if rng.chance(0.5) {
        parts.push(format!(
            "{} {} the {} {}.",
            hero.one,
            ["loved", "liked", "fed", "called"][rng.below(4)],
            pet.one,
            ["very much", "every day", "again", "at home",][rng.below(4)]
        ));
        parts.push(sentence::follow(rng, &hero_np, true, she));
    }
    if rng.chance(0.5) {
        parts.push(format!(
            "{her} {pet} {deed}.",
            her = cap(his),
            pet = pet.one,
            deed = past(rng.word(&pet.deeds))
        ));
    }
    if rng.chance(0.6) {
        parts.push(format!("Then {} went home.", hero.one));
    }
    parts.join(" ")
}

/// The first letter in upper case.
fn cap(word: &str) -> String {
    let mut chars = word.chars();
    chars
        .next()
        .map(|c| c.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_fixes_the_text() {
        for index in 0..50 {
            assert_eq!(document(7, index), document(7, index));
        }
        assert_ne!(document(7, 0), document(8, 0));
        assert_ne!(document(7, 0), document(7, 1));
    }

    #[test]
    fn documents_are_clean_sentences() {
        for index in 0..3000 {
            let text = document(1, index);
            assert!(text.ends_with(['.', '?', '!', '"']), "{text}");
            assert!(
                text.starts_with(|c: char| c.is_uppercase() || c == '"'),
                "{text}"
            );
            assert!(!text.contains("  ") && !text.contains(" ."), "{text}");
            assert!(text.is_ascii(), "{text}");
        }
    }
}
