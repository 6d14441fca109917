//! What the numbers of the layers say together, in a sentence.

use super::{Measure, Numbers};

/// The least difference of a mean number that is said: smaller ones are not seen in a picture.
const CLEAR: f64 = 0.05;
/// The entropy, as a part of that of uniform rows, from which heads look at all tokens alike.
const UNIFORM: f64 = 0.95;

/// What the flow of a model shows, one sentence a line of at most `width` cells: what changes from
/// the lower to the upper half of its layers, then how entropy is read. `layers` holds the means
/// over the heads of each layer, `None` where it is not done. Empty where no sentence fits.
pub fn flow_sentences(layers: &[Option<Numbers>], width: usize) -> Vec<String> {
    let trend = trend(layers);
    let read = [
        "entropy 1: looks at all tokens alike, 0: at a single one",
        "entropy 1: all tokens alike, 0: one",
        "entropy 1: all alike, 0: one",
    ];
    let read = read.map(str::to_owned).to_vec();
    let fits = |sentence: &String| sentence.chars().count() <= width;
    let lines = [trend, read].into_iter();
    lines
        .filter_map(|forms| forms.into_iter().find(fits))
        .collect()
}

/// What changes from layer to layer, the longest form first.
fn trend(layers: &[Option<Numbers>]) -> Vec<String> {
    let entropies: Vec<f64> = layers
        .iter()
        .flatten()
        .filter_map(|point| point.get(Measure::EntropyRelative))
        .collect();
    let forms = |forms: &[&str]| forms.iter().map(|form| (*form).to_owned()).collect();
    if entropies.is_empty() {
        return Vec::new();
    }
    if entropies.iter().all(|entropy| *entropy >= UNIFORM) {
        return forms(&[
            "every layer looks at all tokens alike, as before training",
            "all layers look at everything alike",
            "looks at everything alike",
        ]);
    }
    if entropies.len() < 2 {
        return Vec::new();
    }
    // Numbers of the upper half less those of the lower one; one in the middle belongs to neither.
    let change = |measure: Measure| {
        let values: Vec<f64> = layers
            .iter()
            .flatten()
            .filter_map(|point| point.get(measure))
            .collect();
        let half = values.len() / 2;
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
        let (lower, upper) = (values.get(..half), values.get(values.len() - half..));
        mean(upper.unwrap_or_default()) - mean(lower.unwrap_or_default())
    };
    let entropy = change(Measure::EntropyRelative);
    let places = [
        (Measure::SelfWeight, "themselves"),
        (Measure::Previous, "the token before"),
        (Measure::First, "the first token"),
    ];
    let changes = places.map(|(measure, at)| (change(measure), at));
    let most = changes
        .into_iter()
        .max_by(|a, b| a.0.abs().total_cmp(&b.0.abs()));
    let most = most.filter(|(by, _)| by.abs() >= CLEAR);
    let sharp = match entropy {
        by if by <= -CLEAR => Some("sharper"),
        by if by >= CLEAR => Some("broader"),
        _ => None,
    };
    let much = |by: f64| if by > 0.0 { "more" } else { "less" };
    match (sharp, most) {
        (Some(sharp), Some((by, at))) => vec![
            format!("deeper layers are {sharp} and look {} at {at}", much(by)),
            format!("deeper layers are {sharp}"),
            format!("deeper: {sharp}"),
        ],
        (Some(sharp), None) => vec![
            format!("deeper layers are {sharp}"),
            format!("deeper: {sharp}"),
        ],
        (None, Some((by, at))) => vec![
            format!("deeper layers look {} at {at}", much(by)),
            format!("deeper: {} at {at}", much(by)),
        ],
        (None, None) => forms(&["all layers look about alike", "layers are alike"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Layers of these values of entropy and self.
    fn layers(values: &[(f64, f64)]) -> Vec<Option<Numbers>> {
        let point = |&(entropy, own): &(f64, f64)| {
            Some(Numbers::each(|measure| match measure {
                Measure::EntropyRelative => Some(entropy),
                Measure::SelfWeight => Some(own),
                _ => Some(0.1),
            }))
        };
        values.iter().map(point).collect()
    }

    #[test]
    fn the_sentence_is_true_to_the_numbers() {
        let rows: [(&[(f64, f64)], &str); 6] = [
            (
                &[(0.9, 0.1), (0.6, 0.1), (0.5, 0.3), (0.4, 0.4)],
                "deeper layers are sharper and look more at themselves",
            ),
            (&[(0.4, 0.1), (0.8, 0.1)], "deeper layers are broader"),
            (
                &[(0.5, 0.4), (0.5, 0.2)],
                "deeper layers look less at themselves",
            ),
            (&[(0.5, 0.2), (0.52, 0.21)], "all layers look about alike"),
            (
                &[(0.99, 0.2), (0.98, 0.1)],
                "every layer looks at all tokens alike, as before training",
            ),
            (
                &[(0.5, 0.2)],
                "entropy 1: looks at all tokens alike, 0: at a single one",
            ),
        ];
        for (values, expected) in rows {
            assert_eq!(
                flow_sentences(&layers(values), 80)[0],
                expected,
                "{values:?}"
            );
        }
    }

    #[test]
    fn sentences_fit_or_are_left_out() {
        let layers = layers(&[(0.9, 0.1), (0.6, 0.1), (0.5, 0.3), (0.4, 0.4)]);
        for width in 0..80 {
            for sentence in flow_sentences(&layers, width) {
                assert!(sentence.chars().count() <= width, "{width}: {sentence}");
            }
        }
        assert_eq!(flow_sentences(&layers, 30)[0], "deeper layers are sharper");
        // Layers that are not done say nothing.
        assert_eq!(flow_sentences(&[None, None], 80).len(), 1);
    }
}
