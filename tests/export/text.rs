//! The pattern analysis.

use headlight::capture::{Layer, Rule};
use headlight::export::{ExportError, analyze};

use crate::fixture::{capture, seed_run};

fn analysed(capture: &headlight::capture::Capture, top_k: usize) -> String {
    let layers: Vec<Layer> = (0..capture.layers.len()).map(Layer).collect();
    let mut out = Vec::new();
    analyze(capture, &layers, top_k, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
#[ignore = "reads ../shared"]
fn the_seeds_run_comes_out_word_for_word() {
    let (capture, stdout) = seed_run();
    let start = stdout.find("\n====").unwrap();
    let end = stdout.find("Saved:").unwrap();
    assert_eq!(analysed(&capture, 3), stdout[start..end]);
}

#[test]
fn equal_weights_stand_later_key_first() {
    let mut capture = capture(&["a", " b", " c"], 1, 2, None);
    let record = std::sync::Arc::make_mut(&mut capture.layers[0]);
    record.rule = Rule::scaled(0.0);
    for (row, lse) in record.lse.iter_mut().enumerate() {
        *lse = ((row % 3 + 1) as f32).ln();
    }
    let expected =
        "  ' c' attends most to:\n    1. ' c' (weight: 0.333)\n    2. ' b' (weight: 0.333)\n";
    assert!(analysed(&capture, 2).ends_with(expected));
}

#[test]
fn nothing_of_a_text_controls_the_terminal() {
    let capture = capture(&["a", "\x1b[2J", "\u{202e}b", "\n", "\u{200b}"], 1, 1, None);
    let text = analysed(&capture, 9);
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    assert!(!text.contains(['\u{202e}', '\u{200b}']));
    assert!(text.contains("  '\\n' attends most to:"));
    assert!(text.contains("\\u{1b}[2J"));
}

#[test]
fn one_token_and_no_keys_are_fine() {
    assert!(
        analysed(&capture(&["a"], 1, 1, None), 3)
            .ends_with("Layer 0:\n------------------------------------------------------------\n")
    );
    let none = analysed(&capture(&["a", "b"], 1, 1, None), 0);
    assert!(none.ends_with("  'b' attends most to:\n"));
}

#[test]
fn a_layer_out_of_range_gives_the_range() {
    let mut out = Vec::new();
    let error = analyze(&capture(&["a"], 3, 1, None), &[Layer(3)], 3, &mut out).unwrap_err();
    assert!(matches!(&error, ExportError::NoLayer { held, .. } if held == "0 to 2"));
    assert_eq!(
        error.to_string(),
        "there is no layer 3: the layers are 0 to 2"
    );
    assert!(out.is_empty());
}
