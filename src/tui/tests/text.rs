//! The Text screen, as it reaches the screen.

use super::*;
use crate::tui::words::weight;

/// Pages of text with what is hard to show: wide, combined and hostile tokens, and line breaks.
fn pages() -> Recipe {
    let tokens = [
        "",
        "The",
        " cat",
        " sat",
        " on",
        " the",
        " m",
        "at",
        ".",
        "\n",
        "\n",
        "猫",
        "が",
        "座る",
        "。",
        " \u{1b}[2J",
        " naïve",
        " e\u{301}",
        " 🦊",
        " fox",
        ",",
        " a",
        " fluffy",
        " cat",
        "\n",
        "It",
        " was",
        " un",
        "believ",
        "able",
        ":",
        " \tend",
    ];
    Recipe {
        tokens: tokens.map(str::to_owned).into(),
        layers: 2,
        heads: 2,
        ..Recipe::default()
    }
}

#[test]
fn text_in_256_colours() {
    let mut state = showing(pages().capture(), Depth::Ansi256, 80, 16);
    press(&mut state, "2G/cat\n");
    insta::assert_snapshot!(styled(&screen(&state, Depth::Ansi256, 80, 16)));
}

#[test]
fn text_without_colours() {
    let mut state = showing(pages().capture(), Depth::None, 60, 20);
    press(&mut state, "2G/cat\nN");
    insta::assert_snapshot!(styled(&screen(&state, Depth::None, 60, 20)));
}

#[test]
fn a_number_of_each_token_in_true_colour() {
    let mut state = showing(pages().capture(), Depth::True, 80, 16);
    press(&mut state, "2Gt");
    insta::assert_snapshot!(styled(&screen(&state, Depth::True, 80, 16)));
}

#[test]
fn every_token_stands_where_moves_think_it_does() {
    for (width, height) in [(40, 40), (60, 40), (80, 40), (200, 60)] {
        let mut state = showing(pages().capture(), Depth::True, width, height);
        press(&mut state, "2");
        let buffer = screen(&state, Depth::True, width, height);
        let (plan, wrap) = (state.text_plan(), state.wrap().unwrap());
        for token in 0..state.tokens() {
            let (line, column) = wrap.place(token);
            let at = (plan.field.x + column, plan.row(line));
            let label = state.capture().unwrap().label(token).unwrap().letters();
            let first = label.iter().find(|letter| !letter.is_space()).unwrap();
            // The terminal's cell holds a letter, an escape its first sign.
            let shown = buffer[at].symbol();
            assert!(first.text.starts_with(shown), "{width} {token}: {shown:?}");
        }
    }
}

#[test]
fn looks_of_tokens_differ_at_every_depth() {
    for depth in DEPTHS {
        let mut state = showing(broken(), depth, 80, 24);
        let look = |state: &State, token: usize| {
            let buffer = screen(state, depth, 80, 24);
            let (plan, wrap) = (state.text_plan(), state.wrap().unwrap());
            let (line, column) = wrap.place(token);
            let cell = &buffer[(plan.field.x + column, plan.row(line))];
            (cell.fg, cell.bg, cell.modifier)
        };
        // Query 1 puts nothing anywhere, and does not see 2 and 3; its other end is key 1 or 0.
        press(&mut state, "2gl");
        let (zero, chosen, masked) = (look(&state, 0), look(&state, 1), look(&state, 3));
        press(&mut state, "l");
        let nan = look(&state, 0);
        press(&mut state, "/d\ng");
        let hit = look(&state, 3);
        let all = [zero, chosen, masked, nan, hit];
        for (at, one) in all.iter().enumerate() {
            let twins = all.iter().filter(|other| *other == one).count();
            assert_eq!(twins, 1, "{depth:?} {at} {all:?}");
        }
    }
}

#[test]
fn without_colours_levels_are_told_apart_in_order() {
    let recipe = Recipe {
        sharpness: 1.0,
        tokens: (0..40).map(|i| format!("{i} ")).collect(),
        ..Recipe::default()
    };
    let mut state = showing(recipe.capture(), Depth::None, 100, 24);
    press(&mut state, "2G");
    let buffer = screen(&state, Depth::None, 100, 24);
    let (plan, wrap) = (state.text_plan(), state.wrap().unwrap());
    let (_, values) = state.shades();
    let strength = |token: usize| {
        let (line, column) = wrap.place(token);
        let modifier = buffer[(plan.field.x + column, plan.row(line))].modifier;
        use ratatui::style::Modifier;
        let bold = modifier.contains(Modifier::BOLD);
        2 * u8::from(bold) + u8::from(modifier.contains(Modifier::UNDERLINED))
    };
    let mut seen: Vec<(f32, u8)> = (0..39).map(|t| (values[t].unwrap(), strength(t))).collect();
    seen.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert!(seen.is_sorted_by_key(|(_, strength)| *strength), "{seen:?}");
    assert!(seen.last().unwrap().1 > seen[0].1);
}

#[test]
fn the_text_tells_the_exact_weight_and_the_number() {
    let mut state = showing(Recipe::default().capture(), Depth::True, 120, 40);
    press(&mut state, "2");
    for keys in ["", "s", "m", "w", "h", "}"] {
        press(&mut state, keys);
        let told = text(&screen(&state, Depth::True, 120, 40));
        assert!(told.contains(&weight(state.weight().unwrap())), "{keys}");
        assert!(told.contains(&format!("{} scale", state.scale().name())));
    }
    press(&mut state, "G");
    for number in crate::lens::TokenNumber::ALL {
        press(&mut state, "t");
        let told = text(&screen(&state, Depth::True, 120, 40));
        assert!(told.contains(&format!("{} of each token", number.name())));
        let value = match state.share_of_number(number, state.chosen()) {
            Some(_) => weight(state.shade_number(state.chosen())),
            None => crate::lens::UNDEFINED.to_owned(),
        };
        assert!(
            told.contains(&format!("{}  {value}", number.name())),
            "{told}"
        );
    }
}

#[test]
fn finding_is_counted_on_the_last_line() {
    let last = |state: &State| {
        let told = text(&screen(state, Depth::None, 90, 24));
        told.trim_end().lines().last().unwrap().to_owned()
    };
    for keys in ["1g", "2g"] {
        let mut state = showing(Recipe::default().capture(), Depth::None, 90, 24);
        let layout = |state: &State| *state.layout();
        press(&mut state, keys);
        let before = layout(&state);
        press(&mut state, "/at");
        assert!(last(&state).starts_with(" /at ") && last(&state).ends_with("1 of 3"));
        press(&mut state, "\nn");
        assert!(
            last(&state).starts_with(" /at 2 of 3  "),
            "{}",
            last(&state)
        );
        press(&mut state, "nn");
        assert!(last(&state).contains("/at 1 of 3 · from the top"));
        // Elsewhere, and where keys do not go on with it.
        press(&mut state, "g");
        assert!(
            last(&state).starts_with(" /at – of 3  "),
            "{}",
            last(&state)
        );
        let digit = keys.get(..1).unwrap();
        press(&mut state, "3");
        assert!(!last(&state).contains("/at "), "{}", last(&state));
        press(&mut state, digit);
        assert!(last(&state).contains("/at – of 3"));
        // A wide letter is counted by its cells.
        press(&mut state, "/猫");
        assert!(last(&state).ends_with("not found"));
        press(&mut state, "\n");
        assert!(last(&state).contains("not found"));
        // Nothing on the screen moved for it.
        assert_eq!(layout(&state), before);
    }
}

#[test]
fn brackets_link_the_chosen_token_with_those_it_attends_to() {
    for (width, height) in [(60, 20), (120, 40), (200, 60)] {
        for keys in ["2G", "2Gh", "2Gw", "2gw", "2glllw", "2G}", "2G]m"] {
            let mut state = showing(Recipe::default().capture(), Depth::True, width, height);
            press(&mut state, keys);
            let plan = state.text_plan();
            assert!(plan.above > 0, "{width} {plan:?}");
            let told = text(&screen(&state, Depth::True, width, height));
            let brackets: Vec<_> = state.brackets().collect();
            assert!(brackets.len() <= 5);
            for entry in &brackets {
                assert!(entry.weight >= 0.02 && entry.position != state.chosen());
            }
            // What is the other end stands beside its bracket unless there is no room.
            let ends = "╭╮┬├┤".chars().filter(|part| told.contains(*part)).count();
            assert!(brackets.is_empty() || ends > 0, "{width} {keys}: {told}");
        }
    }
}

#[test]
fn no_bracket_hides_a_letter() {
    let recipe = pages();
    for (width, height) in [(60, 40), (90, 30), (120, 40), (200, 60)] {
        let mut state = showing(recipe.capture(), Depth::True, width, height);
        press(&mut state, "2g");
        let lines = |state: &State| -> Vec<String> {
            let buffer = screen(state, Depth::True, width, height);
            let plan = state.text_plan();
            let row = |y: u16| {
                let cells = plan.field.x..plan.field.x + plan.field.width;
                cells
                    .map(|x| buffer[(x, y)].symbol().replace('▸', " "))
                    .collect()
            };
            (0..state.wrap().unwrap().lines())
                .map(|line| row(plan.row(line)))
                .collect()
        };
        let first = lines(&state);
        for _ in 0..state.tokens() {
            press(&mut state, "l");
            assert_eq!(lines(&state), first, "{width}");
        }
    }
}

#[test]
fn long_texts_use_every_row_and_the_whole_width() {
    let recipe = Recipe {
        tokens: (0..2000).map(|i| format!(" w{i}")).collect(),
        layers: 1,
        heads: 1,
        ..Recipe::default()
    };
    let mut state = showing(recipe.capture(), Depth::True, 120, 40);
    press(&mut state, "2");
    let plan = state.text_plan();
    let inner = state.layout().text.inner();
    assert_eq!((plan.pitch, plan.above), (1, 0));
    assert_eq!(plan.field.width, inner.width - 1);
    assert_eq!(state.text_lines().len(), usize::from(inner.height) - 1);
}

#[test]
fn characters_that_are_spread_over_tokens_are_whole_on_the_first() {
    let mut capture = Recipe {
        tokens: (0..8).map(|i| format!("{i}")).collect(),
        layers: 1,
        heads: 1,
        ..Recipe::default()
    }
    .capture();
    let bytes: [&[u8]; 8] = [
        b"A",
        b" \xf0\x9f",
        b"\xa6",
        b"\x8a",
        b"\xe7\x8c",
        b"\xab",
        b" b",
        b"\xe7",
    ];
    let tokens = Arc::make_mut(&mut capture.tokens);
    for (token, bytes) in tokens.iter_mut().zip(bytes) {
        token.label = crate::token::Label::of_token(bytes);
    }
    for (width, height) in [(40, 12), (80, 24), (120, 40)] {
        let mut state = showing(capture.clone(), Depth::True, width, height);
        press(&mut state, "2G");
        let plan = state.text_plan();
        let buffer = screen(&state, Depth::True, width, height);
        let shown: String = (plan.field.x..plan.field.x + 18)
            .map(|x| buffer[(x, plan.row(0))].symbol())
            .collect();
        // The second cell of a wide character is a blank of the buffer.
        assert!(
            shown.replace('▸', " ").starts_with("A 🦊 ↳↳猫 ↳ b<E7>"),
            "{shown:?}"
        );
        // Each part is chosen by itself, and stands where its look says.
        press(&mut state, "hhh");
        assert_eq!(state.chosen(), 4);
        // Finding and copying go by characters and by tokens.
        press(&mut state, "/猫\n");
        assert_eq!(state.found().unwrap().of, 1);
        press(&mut state, "y");
        assert!(state.status().unwrap_or_default().starts_with("Sent"));
    }
}
