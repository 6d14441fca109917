//! Sentences about a capture, and how much each bears on what is read off it.
//!
//! Captures hold them as plain text, so the words that tell them apart stand here, beside the
//! sentences that are written with them.

/// How much a sentence bears on what is read off a capture, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gravity {
    /// Numbers are wrong or missing.
    Broken,
    /// Not all of the text was run.
    Cut,
    /// The model has learned nothing that could be read.
    Untrained,
    /// Something is other than it was asked for.
    Warned,
    /// Something was assumed.
    Assumed,
    /// Numbers are a little less exact.
    Rounded,
}

const CUT: &str = "were cut";
const AHEAD: &str = "attend to later tokens";
const RANDOM: &str = "the weights are random";
const ROUNDED: &str = "rounds";

impl Gravity {
    /// The gravity of a warning.
    pub fn of_warning(sentence: &str) -> Self {
        let marks = [
            (AHEAD, Self::Broken),
            (CUT, Self::Cut),
            (RANDOM, Self::Untrained),
            (ROUNDED, Self::Rounded),
        ];
        let found = marks.into_iter().find(|(mark, _)| sentence.contains(mark));
        found.map_or(Self::Warned, |(_, gravity)| gravity)
    }

    /// The gravity of something that was assumed.
    pub fn of_assumption(sentence: &str) -> Self {
        match sentence.contains(ROUNDED) {
            true => Self::Rounded,
            false => Self::Assumed,
        }
    }
}

/// What is said of a text that has more tokens than the model reads.
pub fn text_was_cut(found: usize, context: usize) -> String {
    format!(
        "the text has {found} tokens and the model reads at most {context}: the last {} {CUT}",
        found - context
    )
}

/// What is said of random weights.
pub fn weights_are_random(seed: u64) -> String {
    format!("{RANDOM} (untrained, seed {seed})")
}

/// What is said of layers whose weights are not causal: their number, the first, the largest weight.
pub fn layers_look_ahead(layers: usize, first: usize, most: f32) -> String {
    format!(
        "{layers} layers, the first of them {first}, {AHEAD} (weights up to {most:.3}): these \
         weights are not shown, and rows sum to less than 1"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_known_again() {
        let written = [
            (layers_look_ahead(2, 0, 0.5), Gravity::Broken),
            (text_was_cut(70, 64), Gravity::Cut),
            (weights_are_random(7), Gravity::Untrained),
            (
                "the device 'cuda' is not available".to_owned(),
                Gravity::Warned,
            ),
        ];
        for (sentence, gravity) in &written {
            assert_eq!(Gravity::of_warning(sentence), *gravity, "{sentence}");
        }
        assert!(written.is_sorted_by_key(|(_, gravity)| *gravity));
        let rounding = "transformers rounds it to bf16";
        assert_eq!(Gravity::of_assumption(rounding), Gravity::Rounded);
        assert_eq!(Gravity::of_assumption("the exact GELU"), Gravity::Assumed);
    }
}
