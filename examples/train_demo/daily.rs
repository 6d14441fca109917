//! What people do every day.

use super::lists::{ADVERBS, DRINKS, FOODS, MASSES, SITES, TIMES, TRANSITIVES};
use super::phrase::{article, be};
use super::random::Random;
use super::verbs::{past, third};
use super::words::{ITS, LIVING_MODIFIERS, NAMES};

/// What people say and do every day: pronouns without a referent, food, places, times.
pub fn daily(rng: &mut Random) -> String {
    let sentences = 1 + rng.below(4);
    let text: Vec<String> = (0..sentences).map(|_| day(rng)).collect();
    text.join(" ")
}

fn day(rng: &mut Random) -> String {
    let (who, alone) = match rng.below(9) {
        0 | 1 => ("I".to_string(), false),
        2 => ("You".to_string(), false),
        3 => ("We".to_string(), false),
        4 => ("They".to_string(), false),
        5 => ("He".to_string(), true),
        6 => ("She".to_string(), true),
        _ => (rng.pick(&NAMES).one.to_string(), true),
    };
    let verb = |base: &str, past_tense: bool| match (past_tense, alone) {
        (true, _) => past(base),
        (false, true) => third(base),
        (false, false) => base.to_string(),
    };
    let tense = rng.chance(0.6);
    let thing = rng.pick(&ITS);
    let (site, mass, food) = (rng.word(SITES), rng.word(MASSES), rng.word(FOODS));
    let mine = rng.word(&["my", "your", "his", "her", "our", "their", "the"]);
    let time = if rng.chance(0.15) {
        format!("{} ", rng.word(TIMES))
    } else {
        String::new()
    };
    let name = who == "I" || NAMES.iter().any(|n| n.one == who);
    let who = if time.is_empty() || name {
        who
    } else {
        who.to_lowercase()
    };
    let body = match rng.below(11) {
        0 => format!("{} to the {site}", verb("go", tense)),
        1 => format!(
            "{} to the {site} and {} {mass}",
            verb("go", tense),
            verb("buy", tense)
        ),
        2 => format!("{} {}", verb("like", tense), thing.many),
        3 => format!("{} {mass} and {}", verb("like", tense), rng.word(MASSES)),
        4 => format!("{} {mine} {}", verb("love", tense), thing.one),
        5 => match rng.chance(0.5) {
            true => format!("{} {food} in the {site}", verb("eat", tense)),
            false => format!(
                "{} {} in the {site}",
                verb("drink", tense),
                rng.word(DRINKS)
            ),
        },
        6 => format!(
            "{} {} in the {site}",
            verb("see", tense),
            article(thing.one)
        ),
        7 => format!(
            "{} {mine} {} {} the {}",
            verb("put", tense),
            thing.one,
            rng.word(&["in", "on", "under"]),
            rng.pick(&ITS).one
        ),
        8 => format!(
            "{} {} {}",
            verb("give", tense),
            rng.pick(&NAMES).one,
            article(thing.one)
        ),
        9 => format!(
            "{} the {} {}",
            verb(rng.word(TRANSITIVES), tense),
            thing.one,
            rng.word(ADVERBS)
        ),
        _ => {
            let mood = rng.pick(&LIVING_MODIFIERS).word;
            let be = match (tense, who.to_lowercase().as_str()) {
                (true, "i") => "was",
                (false, "i") => "am",
                _ => be(!alone, tense),
            };
            format!("{be} {mood}")
        }
    };
    format!("{time}{who} {body}.")
}
