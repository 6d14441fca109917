//! Captures that a file with right checksums may hold, on every screen.

use super::*;
use crate::capture::Floats;
use crate::token::Label;

/// Numbers that no run makes.
const ODD: [f32; 8] = [
    f32::NAN,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::MAX,
    f32::MIN,
    f32::MIN_POSITIVE,
    -0.0,
    1e30,
];

/// What is changed, and where.
type Change = (u8, usize, usize);

fn odd(floats: &mut Floats, at: usize, kind: usize) {
    let mut values = floats.to_vec();
    let number = ODD[kind % ODD.len()];
    match values.len() {
        0 => return,
        // All of them, and one.
        length if at.is_multiple_of(3) => values = vec![number; length],
        length => values[at % length] = number,
    }
    *floats = values.into();
}

fn changed(capture: &mut Capture, (what, at, kind): Change) {
    let text = match kind % 4 {
        0 => String::new(),
        1 => "wide 漢字 and \u{301}\u{200d} marks".repeat(40),
        2 => "x".repeat(1000),
        _ => "\u{1f469}\u{200d}\u{1f469}".repeat(30),
    };
    let count = capture.layers.len();
    let mut layer = (*capture.layers[at % count]).clone();
    let number = ODD[kind % ODD.len()];
    match what % 14 {
        0 => odd(&mut layer.lse, at, kind),
        1 => odd(&mut layer.q, at, kind),
        2 => odd(&mut layer.k, at, kind),
        3 => odd(&mut layer.received, at, kind),
        4 => odd(&mut layer.value_norms, at, kind),
        5 => layer.rule.scale = number,
        6 => layer.rule.softcap = Some(number),
        7 => layer.rule.window = Some([1, 2, usize::MAX][kind % 3]),
        8 => layer.rule.slopes = vec![number; layer.heads],
        9 => layer.rule.sinks = vec![number; layer.heads],
        10 => {
            let tiles = [&mut layer.thumbnails.max, &mut layer.thumbnails.mean];
            tiles.into_iter().flatten().for_each(|tile| *tile = number);
        }
        11 => {
            let tokens = Arc::make_mut(&mut capture.tokens);
            let length = tokens.len();
            tokens[at % length].label = Label::of_token(text.as_bytes());
            tokens[at % length].id = u32::MAX;
        }
        12 => {
            let origin = Arc::make_mut(&mut capture.origin);
            let many = vec![text.clone(); [0, 1, 64][kind % 3]];
            origin.assumed = many.clone();
            origin.warnings = many.clone();
            origin.notes = many;
            origin.name = text.clone();
            origin.command = text.clone();
            origin.source = text;
        }
        // Layers that are not kept.
        _ => {
            capture.shape.layers += [1, 100, 60_000][kind % 3];
        }
    }
    capture.layers[at % count] = Arc::new(layer);
}

/// Goes through every screen, list and prompt.
const TOUR: &str =
    "3\to>2tjj\n1]}mwf\nzzZ0PijssC$^Gg/a\nn3/induction > 0.1\n:layer 1\niq?qyYeq3gG4215";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn whatever_a_capture_holds_can_be_drawn(
        changes in proptest::collection::vec((any::<u8>(), any::<usize>(), 0usize..64), 1..8),
        size in 0usize..4,
    ) {
        let (width, height) = [(80, 24), (120, 40), (30, 8), (200, 60)][size];
        let mut capture = Recipe::default().capture();
        changes.into_iter().for_each(|change| changed(&mut capture, change));
        let mut state = trusted(capture, Depth::Ansi256, width, height);
        for key in TOUR.chars() {
            press(&mut state, key.encode_utf8(&mut [0; 4]));
            let shown = text(&screen(&state, Depth::Ansi256, width, height));
            let control = shown.chars().find(|c| c.is_control() && *c != '\n');
            prop_assert_eq!(control, None);
        }
    }
}
