//! The forms of verbs.

use std::sync::LazyLock;

/// base past, for verbs that do not take -ed.
const IRREGULAR: &str = "\
eat ate,drink drank,weep wept,flee fled,sink sank,rise rose,freeze froze,stick stuck,cling clung,spin spun,shake shook,
sit sat,lie lay,stand stood,sleep slept,hide hid,see saw,find found,hear heard,hold held,draw drew,lose lost,take took,
know knew,bring brought,catch caught,keep kept,meet met,run ran,swim swam,sing sang,fly flew,dig dug,bite bit,dive dove,
sting stung,swing swung,break broke,fall fell,ring rang,write wrote,burn burned,hang hung,bend bent,cut cut,shrink shrank,
leap leapt,grow grew,split split,fight fought,steal stole,teach taught,ride rode,read read,think thought,drive drove,
win won,build built,sweep swept,speak spoke,give gave,go went,come came,make made,spit spat,kneel knelt,slide slid,
shine shone,tear tore,burst burst,blow blew,stink stank,feel felt,say said,tell told,buy bought,sell sold,get got,
put put,leave left,throw threw,wear wore,have had,spread spread,bleed bled,fly flew,send sent,wake woke";

/// Verbs of one syllable, and some others, that double their last letter.
const DOUBLING: &str = "hop snap rip tip pop nod skip chop chat hum hug sag flap dip drip slip whir plan stop wrap skid grab nap sob sip tug trot rot strut knit slam";

static IRREGULARS: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    IRREGULAR
        .split(',')
        .filter_map(|pair| pair.trim().split_once(' '))
        .collect()
});

/// Applies `form` to the verb of a phrase such as "look at".
fn on_verb(phrase: &str, form: impl Fn(&str) -> String) -> String {
    match phrase.split_once(' ') {
        Some((verb, rest)) => format!("{} {rest}", form(verb)),
        None => form(phrase),
    }
}

fn vowel_before_last(word: &str) -> bool {
    word.chars()
        .rev()
        .nth(1)
        .is_some_and(|c| "aeiou".contains(c))
}

/// The past of a verb given in its base form: "purr" to "purred".
pub fn past(base: &str) -> String {
    on_verb(base, |verb| {
        if let Some((_, past)) = IRREGULARS.iter().find(|(b, _)| *b == verb) {
            (*past).to_string()
        } else if verb.ends_with('e') {
            format!("{verb}d")
        } else if let Some(stem) = verb.strip_suffix('y').filter(|_| !vowel_before_last(verb)) {
            format!("{stem}ied")
        } else if DOUBLING.split(' ').any(|d| d == verb) {
            format!("{verb}{}ed", &verb[verb.len() - 1..])
        } else {
            format!("{verb}ed")
        }
    })
}

/// The third person singular: "purr" to "purrs".
pub fn third(base: &str) -> String {
    on_verb(base, |verb| {
        if verb == "have" {
            "has".to_string()
        } else if ["s", "sh", "ch", "x", "z", "o"]
            .iter()
            .any(|end| verb.ends_with(end))
        {
            format!("{verb}es")
        } else if let Some(stem) = verb.strip_suffix('y').filter(|_| !vowel_before_last(verb)) {
            format!("{stem}ies")
        } else {
            format!("{verb}s")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_take_their_forms() {
        for (base, was, does) in [
            ("purr", "purred", "purrs"),
            ("hop", "hopped", "hops"),
            ("carry", "carried", "carries"),
            ("play", "played", "plays"),
            ("hiss", "hissed", "hisses"),
            ("look at", "looked at", "looks at"),
            ("sit", "sat", "sits"),
            ("go", "went", "goes"),
        ] {
            assert_eq!((past(base).as_str(), third(base).as_str()), (was, does));
        }
    }
}
