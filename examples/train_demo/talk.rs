//! Everyday sentences: the small words, questions and talk that stories of things do not need.

use super::lists::{DRINKS, FOODS, SITES};
use super::phrase::{Np, article, conjugate};
use super::random::Random;
use super::words::{CREATURES, ITS, NAMES};

/// Sentences with slots: {p} {he} {his} {him} {himself} a person, {q} another one, {n} {ns} a thing, {is} what it
/// is like, {does} what it did, {an} an animal, {s} {t} two places, {f} food, {d} drink.
const TEMPLATES: &[&str] = &[
    "I think that the {n} is {is}.",
    "I know {p} and {q}. {p} is my friend.",
    "I have never seen such {a:n} before.",
    "I would like some {d}, please.",
    "I want to go home now.",
    "I do not know what to do.",
    "I am glad that you came here.",
    "I could not find my {n}, so I asked {p}.",
    "I had a new {n}, but it {does}.",
    "I will tell you a story about {a:an}.",
    "I saw the {n} with my own eyes.",
    "You should not touch the {n}.",
    "You must always be careful with {a:n}.",
    "You may take one {n} if you wish.",
    "You can see the {n} from here.",
    "We will be back soon.",
    "We have been here for many years.",
    "We were all very happy about it.",
    "We came here to see the {ns}.",
    "We could hear the {an} in the dark.",
    "They did not want to leave the {s}.",
    "They had no {f} and no {d}.",
    "They were looking for the {n}, but nobody could find it.",
    "They walked together from the {s} to the {t}.",
    "People often say that {ns} are {is}.",
    "Most people like {f} more than {d}.",
    "Some people live near the {s}.",
    "Everybody knows that the {n} is {is}.",
    "Nobody knows why the {n} {does}.",
    "There was nothing in the {n}.",
    "There is something under the {n}.",
    "There are no {ns} in this {s}.",
    "Is the {n} {is}? Yes, it is.",
    "Is the {n} {is}? No, it is not.",
    "Are the {ns} {is}? Yes, they are.",
    "Why is the {n} so {is}?",
    "Where have you been? I was at the {s}.",
    "What is your name? My name is {p}.",
    "Who is there? It is me, {p}.",
    "How old are you? I am ten years old.",
    "When will {p} come back? Perhaps {he} will come tomorrow.",
    "Do you like {f}? Yes, but I like {d} even more.",
    "Can you help me with my {n}? Of course I can.",
    "What did {p} say? {He} said that the {n} was {is}.",
    "Thank you for the {n}. It is just what I wanted.",
    "Please give me the {n}. Thank you very much.",
    "Look at the {n}! It is {is}.",
    "Come with me to the {s}!",
    "Be quiet! The {an} is still asleep.",
    "Oh no, the {n} {does} again!",
    "Hello, {p}! How are you today? I am well, thank you.",
    "{p} said, \"The {n} is {is}.\"",
    "{p} said that the {n} was {is}.",
    "{p} asked, \"Where is the {n}?\"",
    "\"I love {f},\" said {p}. \"So do I,\" said {q}.",
    "\"Did you see my {n}?\" asked {p}. \"No,\" answered {q}.",
    "{p} told {q} about the {n}.",
    "{p} thought about {his} {n} all night.",
    "{p} closed {his} eyes and thought of home.",
    "{p} opened the {n} and looked inside.",
    "{p} made {a:n} for {q}.",
    "{p} took {his} {n} and left the {s}.",
    "{p} came into the room and sat down.",
    "{p} went out of the {s} without a word.",
    "{p} has two {ns} and one {an}.",
    "{p} has been to the {s} before.",
    "{p} has a new {n}. It is {is}.",
    "{p} will never forget {his} first {n}.",
    "{p} cannot find {his} {n}.",
    "{p} could not sleep because the {an} {adoes}.",
    "{p} would rather have {d} than {f}.",
    "{p} wanted to buy {a:n}, but {he} had no money.",
    "{p} tried to open the {n}, but it was too {is}.",
    "{p} began to run as fast as {he} could.",
    "{p} works in the {s}. {He} gets up early every morning.",
    "{p} lives in a small house near the {s} with {his} {an}.",
    "{p} and {q} are good friends. They go to the {s} together.",
    "{p} and {q} played in the {s} until night came.",
    "{p} saw {himself} in the mirror.",
    "{p} looked at {q}, and {q} looked at {him}.",
    "{p} gave {q} some {f} after work.",
    "{p} was so hungry that {he} ate all the {f}.",
    "{p} was afraid of the {an} because it was {ais}.",
    "{p} was late again, as usual.",
    "{p} felt much better after a cup of {d}.",
    "{p} held the {n} in {his} left hand.",
    "{p} put {his} hand on {his} heart.",
    "{p} had long black hair and green eyes.",
    "{p} had a smile on {his} face.",
    "{p} shook {his} head and said nothing.",
    "{p} drinks {d} every morning before work.",
    "{p} cooked {f} while {q} cleaned the {n}.",
    "{p} heard a strange voice behind the {n}.",
    "{p} did not like the {n} at first, but now {he} loves it.",
    "If the {n} is {is}, {p} will keep it.",
    "When {p} came home, the {n} was gone.",
    "While {p} was at the {s}, the {an} {adoes}.",
    "After a few days, the {n} {does}.",
    "At last {p} found the {n} between two {ns}.",
    "Once upon a time there was {a:an} who lived in the {s}.",
    "Last night I dreamed about {a:an}.",
    "Next year {p} will go to another {s}.",
    "The first {n} was {is}, but the second was not.",
    "The old man and the young woman talked about life.",
    "The sun is bright and the sky is blue.",
    "The moon was high above the dark {s}.",
    "The fire was hot and the night was long.",
    "The weather is cold today, but it was warm yesterday.",
    "The food on the table looks good.",
    "The end of the story is beautiful.",
    "The whole family had dinner together.",
    "The people of the {s} were poor but happy.",
    "The man who sold the {n} is rich now.",
    "The children were playing with the {ns} when it began to rain.",
    "The quick brown {an} jumps over the lazy {an}.",
    "The {an} ran away from the {s} and never came back.",
    "The {an} could not get out of the {n}.",
    "The {an} is running around the {n}.",
    "The {n} must have been {is}.",
    "The {n} has been {is} since yesterday.",
    "The {n} will be {is} tomorrow.",
    "The {n} does not look {is} to me.",
    "The {n} was made a long time ago.",
    "The {n} fell off the table, and {p} picked it up.",
    "The {n} that I bought last week is already broken.",
    "Both {ns} are {is}, but only one is mine.",
    "Each {n} has its own name.",
    "This is the best {n} in the world.",
    "That is a great idea, said {p}.",
    "These {ns} are much better than those.",
    "My mother and my father live in the {s}.",
    "My head hurts and my hands are cold.",
    "It was raining, so we stayed at home.",
    "It is time to go to bed.",
    "It was a dark night, and the {an} was alone.",
    "Every day {p} walked down the same long road.",
    "In the morning {p} had {f} and {d}.",
    "In the middle of the {s} stood {a:n}.",
    "One morning {p} woke up and saw {a:an} at the window.",
    "Yes, you are right. No, I am wrong.",
    "Maybe the {n} is still there.",
    "Nothing is as {is} as {a:n}.",
    "I don't know anything about {ns}.",
    "I'm sure that {p} will understand.",
    "I can't believe that the {n} is gone.",
    "I didn't mean to break the {n}.",
    "I hope that you are well.",
    "I remember every word of the story.",
    "I understand the question, but I do not know the answer.",
    "I almost lost my way in the {s}.",
    "I feel quite sure of that.",
    "I asked them for an answer, but there was only silence.",
    "It's a long way to the {s}.",
    "It's not easy to make {a:n}.",
    "It doesn't matter whether the {n} is {is} or not.",
    "You don't have to wait for them.",
    "You and I are the only people in this room.",
    "We didn't see anyone at the {s}.",
    "We still have enough {f} for everybody.",
    "They are going to the {s} this evening.",
    "They seem to be quite happy with the {n}.",
    "They used the {n} during the night.",
    "Someone left {a:n} on the floor.",
    "Everyone in the {s} was talking about the {n}.",
    "Everything in the {s} is {is}.",
    "Anything is possible if you believe in yourself.",
    "Almost every {n} is {is}, but none is perfect.",
    "Which {n} is yours? Mine is the {is} one.",
    "How many {ns} do you need? At least two.",
    "How far is it to the {s}? It takes about an hour.",
    "What is going on here? I have no idea.",
    "Whose {n} is this? It is {p}'s.",
    "Are you ready? Not yet, but almost.",
    "Let us go to the {s} and have some fun.",
    "Let me show you the {n}.",
    "Dear {p}, I hope to see you soon. Your friend, {q}.",
    "{p}'s {n} is {is}. {q}'s is not.",
    "{p} is the son of {q}.",
    "{p} is taller than {q}.",
    "{p} is going to be {his} own boss one day.",
    "{p} lost {his} {n}, and {q} found it for {him}.",
    "{p} asked {q} for help, and {q} helped {him}.",
    "{p} called {q}, but {q} did not answer {him}.",
    "{p} had the {n} with {him}.",
    "{p} hurt {himself} on the {n}.",
    "{p} made the {n} all by {himself}.",
    "{p} changed {his} mind at the last moment.",
    "{p} could feel the cold air on {his} face.",
    "{p} ran as far as {his} feet could carry {him}.",
    "{p} stood in front of the {n} for a few minutes.",
    "{p} never said a single word about {himself}.",
    "{p} spoke in a low voice, and nobody understood {him}.",
    "{p} turned around and saw {a:an} right behind {him}.",
    "{p} waited half an hour for {q}.",
    "{p} became a rich person, though {he} was poor before.",
    "{p} got {a:n} for {his} birthday.",
    "{p} got up, washed {his} hands and went to school.",
    "{p} fell in love with {q}.",
    "{p} kept {his} money in a secret place.",
    "{p} knows either {q} or someone else in the {s}.",
    "{p} learned to speak with {ns}.",
    "{p} should have told {q} the truth.",
    "{p} used to live among the {ns}.",
    "{p} wrote {q} a long letter about the {n}.",
    "{p} and {his} wife have three children.",
    "{p} and {q} talked to each other for hours.",
    "{p} and {q} had a great time together.",
    "The {an} opened its mouth and showed its teeth.",
    "The {an} lay on the ground and did not move.",
    "The {n} is in the corner of the room, against the wall.",
    "The {n} and the {n} belong to me.",
    "The {n} is only a small part of the whole.",
    "The {n} cost more than {p} had in {his} pocket.",
    "The sound of the {n} came from far away.",
    "The reason is simple: the {n} is too {is}.",
    "The fact is that nobody wants {a:n}.",
    "The boy threw the ball, and the dog brought it back.",
    "The girl smiled at him, and he smiled back at her.",
    "The body needs {f}, water and rest.",
    "The answer is true, but the reason is wrong.",
    "The country is large, and its cities are full of people.",
    "The earth goes around the sun.",
    "The husband and the wife had a daughter and a son.",
    "My favorite color is blue. What is yours?",
    "My brother is older than I am.",
    "Her hair was long, and her arms were thin.",
    "His voice was loud, but his words were kind.",
    "Their teacher told them a story that made them laugh.",
    "Our friends gave us a lot of things.",
    "Two and two make four.",
    "Such things happen all the time.",
    "Whenever {p} is in the {s}, {he} buys {a:n}.",
    "Although the {n} is {is}, {p} likes it.",
    "Since then the {n} has become {is}.",
    "Until now, {p} has never been to the {s}.",
    "Without the {n}, {p} could not do {his} work.",
    "Instead of {f}, {p} ate {a:n}.",
    "Of course, I also like {d}.",
    "Be careful with that {n}! It may be {is}.",
    "Don't be afraid of the {an}. It is {ais}.",
    "I do not know where the {n} is.",
    "I wonder where these {ns} come from.",
    "I like these {ns}, but those {ns} are {is}.",
    "I can show you how to open the {n}.",
    "I do not care which {n} you take.",
    "It was the first thing that {p} saw.",
    "It is the most {is} {n} of all.",
    "We both know how {is} the {n} is.",
    "You never told me where {p} lives.",
    "{p} asked where the {an} was, but nobody knew.",
    "{p} knows how to cook {f}.",
    "{p} did not know which {n} was {is}.",
    "{p} said yes, but {q} said no.",
    "{p} likes both {f} and {d}.",
    "{p} found the {n} where {he} had left it.",
    "{p} sat next to {q}.",
    "{p} spent most of the day in the {s}.",
    "{p} met a man whose {n} was {is}.",
    "The {n}, which was {is}, {does}.",
    "The next day the {n} {does}.",
    "The {an} was sleeping where {p} had found it.",
    "Put these {ns} next to the {n}.",
    "No one has ever seen a {is} {n} like this.",
];

/// A few everyday sentences.
pub fn talk(rng: &mut Random) -> String {
    let count = 1 + rng.below(4);
    let mut parts = Vec::new();
    for _ in 0..count {
        let template = rng.word(TEMPLATES);
        parts.push(fill(rng, template));
    }
    parts.join(" ")
}

/// Puts words into the slots of a template.
fn fill(rng: &mut Random, template: &str) -> String {
    let thing = rng.pick(&ITS);
    let animal = rng.pick(&CREATURES);
    let person = Np::new(rng.pick(&NAMES), false);
    let he = person.pronoun();
    let him = if he == "He" { "him" } else { "her" };
    let deed = conjugate(rng.word(&thing.deeds), false, true);
    let animal_deed = conjugate(rng.word(&animal.deeds), false, true);
    template
        .replace("{a:n}", &article(thing.one))
        .replace("{a:an}", &article(animal.one))
        .replace("{ns}", thing.many)
        .replace("{n}", thing.one)
        .replace("{is}", rng.word(&thing.looks))
        .replace("{does}", &deed)
        .replace("{an}", animal.one)
        .replace("{ais}", rng.word(&animal.looks))
        .replace("{adoes}", &animal_deed)
        .replace("{p}", person.word())
        .replace("{q}", rng.pick(&NAMES).one)
        .replace("{he}", &he.to_lowercase())
        .replace("{He}", he)
        .replace("{his}", person.possessive())
        .replace("{himself}", &format!("{him}self"))
        .replace("{him}", him)
        .replace("{s}", rng.word(SITES))
        .replace("{t}", rng.word(SITES))
        .replace("{f}", rng.word(FOODS))
        .replace("{d}", rng.word(DRINKS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_is_filled() {
        let rng = &mut Random::new(1, 2);
        for template in TEMPLATES {
            for _ in 0..20 {
                let text = fill(rng, template);
                assert!(!text.contains(['{', '}']), "{text}");
                assert!(text.ends_with(['.', '?', '!', '"']), "{text}");
            }
        }
    }
}
