//! The Atlas screen and the list of heads that link two tokens, as they reach the screen.

use std::time::Instant;

use super::*;

/// A capture of many heads on a few tokens.
fn wide(layers: usize, heads: usize, tokens: usize) -> Capture {
    Recipe {
        tokens: (0..tokens).map(|i| format!(" {i}")).collect(),
        layers,
        heads,
        ..Recipe::default()
    }
    .capture()
}

/// The line of the screen that holds a text.
fn line<'a>(told: &'a str, part: &str) -> &'a str {
    told.lines().find(|line| line.contains(part)).unwrap()
}

#[test]
fn all_heads_as_pictures_in_256_colours() {
    let mut state = showing(Recipe::default().capture(), Depth::Ansi256, 100, 24);
    press(&mut state, "3]}");
    insta::assert_snapshot!(styled(&screen(&state, Depth::Ansi256, 100, 24)));
}

#[test]
fn all_heads_as_numbers_in_256_colours() {
    let mut state = showing(Recipe::default().capture(), Depth::Ansi256, 76, 16);
    press(&mut state, "3tttt>>>>>>\t");
    insta::assert_snapshot!(styled(&screen(&state, Depth::Ansi256, 76, 16)));
}

#[test]
fn all_heads_without_colours() {
    let mut state = showing(wide(12, 12, 20), Depth::None, 90, 22);
    press(&mut state, "3]]}/");
    update(&mut state, Event::Paste("layer 2-9, head > 1".to_owned()));
    let filtered = text(&screen(&state, Depth::None, 90, 22));
    press(&mut state, "\nt\t");
    let numbers = text(&screen(&state, Depth::None, 90, 22));
    let narrow = showing(wide(12, 12, 20), Depth::None, 50, 16);
    let mut narrow = narrow;
    press(&mut narrow, "3");
    let atlas = text(&screen(&narrow, Depth::None, 50, 16));
    press(&mut narrow, "\t");
    let table = text(&screen(&narrow, Depth::None, 50, 16));
    insta::assert_snapshot!([filtered, numbers, atlas, table].join("\n"));
}

#[test]
fn heads_that_link_two_tokens_in_256_colours() {
    let mut state = showing(Recipe::default().capture(), Depth::Ansi256, 80, 24);
    press(&mut state, "G^llfj");
    insta::assert_snapshot!(styled(&screen(&state, Depth::Ansi256, 80, 24)));
}

#[test]
fn the_list_of_heads_scrolls_with_the_chosen_one() {
    let mut state = showing(wide(12, 12, 8), Depth::None, 60, 16);
    press(&mut state, "G^lf");
    for keys in ["", "jjjjjjjjjjjjjjjj", "G", "k"] {
        press(&mut state, keys);
        let told = text(&screen(&state, Depth::None, 60, 16));
        let (_, chosen) = state.popup().unwrap();
        let link = state.links()[chosen];
        let marked = line(&told, "▸");
        let weight = super::super::words::weight(link.weight);
        assert!(
            marked.contains(&format!("L{:<2} H{}", link.layer.0, link.head.0)),
            "{told}"
        );
        assert!(marked.contains(&weight), "{told}");
    }
}

#[test]
fn the_chosen_head_is_marked_and_told_at_every_depth() {
    for depth in DEPTHS {
        for (width, height) in [(80, 24), (120, 40), (200, 60)] {
            let mut state = showing(wide(12, 12, 30), depth, width, height);
            press(&mut state, "3");
            for keys in ["", "t", "T]]]]}}"] {
                press(&mut state, keys);
                let at = state.cursor();
                let buffer = screen(&state, depth, width, height);
                let told = text(&buffer);
                let name = format!("L{} H{}", at.layer, at.head);
                assert!(told.contains(&name), "{depth:?} {width}: {told}");
                let (plan, layer, head) = state.atlas_plan();
                let place = plan.place(at.layer.0 - layer, at.head.0 - head);
                assert_eq!(buffer[(place.x - 1, place.y)].symbol(), "│");
                assert_eq!(buffer[(place.x + place.width, place.y)].symbol(), "│");
                let row = line(&told, "▸");
                assert!(row.contains(&format!("▸{:>3} {:>3} ", at.layer.0, at.head.0)));
            }
        }
    }
}

#[test]
fn a_heads_number_stands_on_its_colour() {
    let mut state = showing(wide(4, 4, 12), Depth::True, 120, 40);
    press(&mut state, "3t");
    let buffer = screen(&state, Depth::True, 120, 40);
    let (plan, ..) = state.atlas_plan();
    let mut seen = Vec::new();
    for layer in 0..4 {
        for head in 0..4 {
            let at = (crate::capture::Layer(layer), crate::capture::Head(head));
            let numbers = state.numbers_of(at.0, at.1).unwrap();
            let value = crate::lens::Measure::Previous.of(numbers).unwrap();
            let place = plan.place(layer, head);
            let y = place.y + (place.height - 1) / 2;
            let row: String = (place.x..place.x + place.width)
                .map(|x| buffer[(x, y)].symbol())
                .collect();
            assert_eq!(row.trim(), format!("{value:.2}"));
            seen.push((value, buffer[(place.x, y)].bg));
        }
    }
    let highest = seen.iter().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
    let lowest = seen.iter().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
    assert_ne!(highest.1, lowest.1);
    let theme = crate::tui::theme::Theme::new(Depth::True);
    for (value, ground) in seen {
        let shown = state.scale().of_cell(value as f32);
        assert_eq!(ground, theme.level(theme.ramp().level(Some(shown))));
    }
}

#[test]
fn the_frame_of_the_chosen_head_hides_nothing() {
    for (layers, heads, width, height) in [
        (4, 4, 120, 40),
        (12, 12, 120, 40),
        (24, 32, 120, 40),
        (24, 32, 80, 40),
        (3, 2, 40, 12),
    ] {
        for depth in [Depth::None, Depth::True] {
            let mut state = showing(wide(layers, heads, 12), depth, width, height);
            press(&mut state, "3g{{{{{{");
            let cells = |state: &State| -> Vec<(String, Color)> {
                let buffer = screen(state, depth, width, height);
                let (plan, ..) = state.atlas_plan();
                let all = (0..plan.rows).flat_map(|row| (0..plan.columns).map(move |at| (row, at)));
                let areas = all.map(|(row, at)| super::super::canvas::rect(plan.place(row, at)));
                let cells = areas.flat_map(|area| area.positions());
                cells
                    .map(|at| (buffer[at].symbol().to_owned(), buffer[at].bg))
                    .collect()
            };
            let here = cells(&state);
            press(&mut state, "}]");
            assert_eq!(cells(&state), here, "{layers} {heads} {width} {depth:?}");
        }
    }
}

#[test]
fn what_the_atlas_shows_is_said() {
    let told = |layers, heads, keys: &str| {
        let mut state = showing(wide(layers, heads, 12), Depth::True, 120, 40);
        press(&mut state, keys);
        text(&screen(&state, Depth::True, 120, 40))
    };
    let many = told(24, 32, "3");
    assert!(
        many.contains("768 heads are too small for pictures"),
        "{many}"
    );
    assert!(
        many.contains("previous in hundredths") && many.contains("mean"),
        "{many}"
    );
    assert!(!told(4, 4, "3").contains("too small"));
    // Pages say which heads they show.
    let pages = told(24, 128, "3");
    assert!(
        pages.contains("in tenths") && pages.contains("heads ") && pages.contains(" of 128"),
        "{pages}"
    );
    // The smallest screen says it, too.
    let mut state = showing(wide(24, 128, 12), Depth::True, 40, 12);
    press(&mut state, "3");
    let small = text(&screen(&state, Depth::True, 40, 12));
    assert!(
        small.contains("in tenths") && small.contains("L0–") && small.contains(" H"),
        "{small}"
    );
    // A number with a unit is shown as a part of the highest.
    let distance = told(24, 32, "3ttttttt");
    assert!(
        distance.contains("distance in hundredths of "),
        "{distance}"
    );
    // Sorted by a number that has no column, it is brought in and said.
    let sorted = told(4, 4, "3>>>>>>>>>>");
    assert!(
        sorted.contains("first ") && sorted.contains('▼'),
        "{sorted}"
    );
}

#[test]
fn where_the_filter_keeps_no_head_none_is_lit() {
    let mut state = showing(wide(24, 32, 12), Depth::Ansi256, 120, 40);
    press(&mut state, "3\t/");
    update(&mut state, Event::Paste("first > 2".to_owned()));
    press(&mut state, "\n");
    let buffer = screen(&state, Depth::Ansi256, 120, 40);
    assert!(text(&buffer).contains("no head is like that"));
    let inner = super::super::canvas::rect(state.layout().atlas.inner());
    let lit = inner
        .positions()
        .filter(|at| buffer[*at].fg == Color::Indexed(215));
    assert_eq!(lit.count(), 0);
}

#[test]
fn layers_that_are_not_computed_stay_empty() {
    let mut capture = wide(4, 4, 12);
    capture.layers.truncate(1);
    let mut state = showing(capture, Depth::True, 100, 30);
    press(&mut state, "3]]");
    let told = text(&screen(&state, Depth::True, 100, 30));
    assert!(
        told.contains("L2 H") && told.contains("not computed"),
        "{told}"
    );
    assert_eq!(state.listed().len(), 4);
}

#[test]
fn what_is_wrong_with_the_model_is_told() {
    let flat = Recipe {
        sharpness: 0.01,
        ..Recipe::default()
    };
    let mut state = trusted(flat.capture(), Depth::None, 120, 40);
    let told = text(&screen(&state, Depth::None, 120, 40));
    assert!(
        told.contains("▲ near-uniform rows in all 16 heads"),
        "{told}"
    );
    press(&mut state, "i");
    let told = text(&screen(&state, Depth::None, 120, 40));
    assert!(told.contains("diagnosis of the model") && told.contains("▲  near-uniform rows"));
    // Sharper ones are not, and another capture takes the notice away.
    press(&mut state, "i");
    let sharp = Arc::new(Recipe::default().capture());
    update(&mut state, Event::Work(Update::Capture(sharp)));
    let told = text(&screen(&state, Depth::None, 120, 40));
    assert!(!told.contains("near-uniform"));
    press(&mut state, "i");
    let told = text(&screen(&state, Depth::None, 120, 40));
    assert!(
        told.contains("✓  rows are not near-uniform everywhere"),
        "{told}"
    );
}

/// As many heads as models have: what a key costs, from event to frame, at its best of a few.
#[test]
fn a_key_among_1152_heads_is_done_within_a_frame() {
    let mut state = showing(wide(36, 32, 80), Depth::True, 200, 60);
    press(&mut state, "3");
    let mut terminal = Terminal::new(TestBackend::new(200, 60)).unwrap();
    for keys in ["jljljl", "tTtTtT", "\tjjjjjj", ">>>>>>"] {
        let mut best = u128::MAX;
        for key in keys.chars() {
            let start = Instant::now();
            press(&mut state, &key.to_string());
            terminal
                .draw(|frame| draw(frame, &state, Depth::True))
                .unwrap();
            best = best.min(start.elapsed().as_micros());
        }
        println!("{keys:?}: {best} µs");
        assert!(best < 16_000, "{keys:?}: {best} µs");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_size_and_no_key_makes_the_atlas_panic(
        (layers, heads) in (1usize..40, 1usize..40),
        tokens in prop::collection::vec(token(), 1..12),
        window in prop::option::of(1usize..4),
        sizes in prop::collection::vec((1u16..250, 1u16..80), 1..4),
        keys in "[hjklgGtT<>ofmsi\t\n\\[\\]{}]{0,20}",
        filter in prop_oneof![
            "[a-z_<>=0-9., -]{0,20}".boxed(),
            Just("previous > 0.2".to_owned()).boxed(),
            Just("layer 99".to_owned()).boxed(),
            "\\PC{0,12}".boxed(),
        ],
        depth in prop::sample::select(DEPTHS.to_vec()),
    ) {
        let recipe = Recipe { tokens, layers, heads, window, ..Recipe::default() };
        let mut state = showing(recipe.capture(), depth, 80, 24);
        press(&mut state, "3");
        for (width, height) in sizes {
            press(&mut state, &keys);
            press(&mut state, "/");
            update(&mut state, Event::Paste(filter.clone()));
            screen(&state, depth, width, height);
            update(&mut state, Event::Resize { width, height });
            let told = text(&screen(&state, depth, width, height));
            prop_assert!(!told.trim().is_empty());
            press(&mut state, "\n");
            press(&mut state, &keys);
            screen(&state, depth, width, height);
        }
    }
}
