//! The Text screen and finding: a capture, the keys pressed, what is then chosen and shown.

use std::sync::Arc;

use super::super::fixture::Recipe;
use super::super::tests::{press, resize, serve, showing};
use super::super::{Effect, Event, Found, Pane, Wrapped, update};
use super::*;
use crate::lens::{Repeats, Scale, Select, TokenNumber};

/// Pages of words, a line break after every tenth.
fn long(tokens: usize) -> Recipe {
    let word = |i: usize| match i % 10 {
        9 => "\n".to_owned(),
        _ => format!(" w{i}"),
    };
    Recipe {
        tokens: (0..tokens).map(word).collect(),
        layers: 2,
        heads: 2,
        ..Recipe::default()
    }
}

fn paste(state: &mut State, line: &str) {
    update(state, Event::Paste(line.to_owned()));
}

/// The screen, the chosen token, and the other end.
fn ends(state: &State) -> (Screen, usize, usize) {
    (state.screen(), state.chosen(), state.other_end())
}

#[test]
fn keys_choose_tokens_by_one_by_line_and_by_page() {
    // Two lines of a narrow screen: "The cat sat on the mat. It was" and "fluffy."
    let rows = [
        ("g", 0),
        ("g → → ←", 1),
        ("g h", 0),
        ("G", 10),
        ("G l", 10),
        ("g l l ↓", 10),
        ("G ↑", 1),
        ("g k", 0),
        ("G j", 10),
        ("g $", 8),
        ("G ^", 9),
        ("g Ctrl-d", 9),
        ("G Ctrl-u", 1),
        ("g PgDn", 9),
        ("G PgUp", 1),
        ("End Home l", 1),
    ];
    for (keys, expected) in rows {
        let mut state = showing(&Recipe::default());
        resize(&mut state, 40, 14);
        press(&mut state, "2");
        press(&mut state, keys);
        let lines = state.wrap().unwrap().lines();
        assert_eq!((lines, state.chosen()), (2, expected), "{keys}");
    }
}

#[test]
fn moves_by_line_keep_their_column() {
    let recipe = Recipe {
        tokens: "aaa| bbb| ccc| ddd|\n|a|\n|aaa| bbb| ccc| ddd"
            .split('|')
            .map(str::to_owned)
            .collect(),
        ..Recipe::default()
    };
    let mut state = showing(&recipe);
    // The middle line has one token and its break.
    for (keys, expected) in [("2 g l l", 2), ("j", 6), ("j", 9), ("k k", 2), ("j h j", 7)] {
        press(&mut state, keys);
        assert_eq!(state.chosen(), expected, "{keys}");
    }
}

#[test]
fn the_other_end_is_the_strongest_until_one_is_picked() {
    let mut state = showing(&Recipe::default());
    let (query, key) = (state.cursor().query, state.cursor().key);
    // What was looked at in the heatmap stays when the text comes, and the way back.
    press(&mut state, "2");
    assert_eq!(ends(&state), (Screen::Text, query.0, key.0));
    press(&mut state, "Enter");
    assert_eq!(state.screen(), Screen::Heads);
    assert_eq!((state.cursor().query, state.cursor().key), (query, key));
    press(&mut state, "2 G");
    assert_eq!(state.other_end(), state.ranked()[0].position);
    press(&mut state, "h");
    assert_eq!(state.other_end(), state.ranked()[0].position);
    // Picked in the list, it stays for other heads, layers and the mean.
    press(&mut state, "Tab j j");
    let picked = state.ranked()[2].position;
    assert_eq!(ends(&state), (Screen::Text, 9, picked));
    for keys in ["}", "]", "m", "s"] {
        press(&mut state, keys);
        assert_eq!(ends(&state), (Screen::Text, 9, picked), "{keys}");
        assert_eq!(state.ranked()[state.entry()].position, picked, "{keys}");
    }
    // Enter follows attention to it.
    press(&mut state, "Enter");
    assert_eq!(state.chosen(), picked);
    assert_eq!(state.other_end(), state.ranked()[0].position);
    // Esc goes back one level at a time.
    press(&mut state, "Esc");
    assert_eq!((state.focus(), state.screen()), (Pane::Map, Screen::Text));
    press(&mut state, "Esc");
    assert_eq!(state.screen(), Screen::Heads);
}

#[test]
fn the_chosen_token_stays_when_the_direction_turns() {
    let mut state = showing(&Recipe::default());
    press(&mut state, "2 g l l l w");
    assert_eq!(state.direction(), Direction::Attended);
    assert_eq!(state.chosen(), 3);
    assert_eq!(state.cursor().key, Key(3));
    assert_eq!(state.cursor().query.0, state.ranked()[0].position);
    press(&mut state, "l w");
    assert_eq!(state.direction(), Direction::Attends);
    assert_eq!(state.cursor().query, Query(4));
    // So it does on the Heads screen; turned back at once, the other end is what it was.
    press(&mut state, "1");
    let cursor = state.cursor();
    press(&mut state, "w");
    assert_eq!(state.chosen(), 4);
    press(&mut state, "w");
    assert_eq!(state.cursor(), cursor);
}

#[test]
fn colours_are_the_exact_weights_at_every_scale_and_both_ways() {
    for window in [None, Some(4)] {
        let recipe = Recipe {
            window,
            ..Recipe::default()
        };
        let mut state = showing(&recipe);
        press(&mut state, "2 g l l l l l l");
        for keys in ["", "m", "w", "m"] {
            press(&mut state, keys);
            for _ in Scale::ALL {
                press(&mut state, "s");
                let (visible, values) = state.shades();
                assert_eq!((visible, values.len()), (0..11, 11));
                for (at, value) in values.into_iter().enumerate() {
                    let (query, key) = match state.direction() {
                        Direction::Attends => (Query(6), Key(at)),
                        Direction::Attended => (Query(at), Key(6)),
                    };
                    let exact = state.pattern().unwrap().cell(query, key);
                    assert_eq!(value.is_some(), exact.is_some(), "{keys} {at}");
                    let off = value.unwrap_or(0.0) - exact.unwrap_or(0.0);
                    assert!(off.abs() < 1e-5, "{keys} {at} {:?}", state.scale());
                }
            }
        }
    }
}

#[test]
fn a_key_cycles_the_numbers_of_tokens() {
    let mut state = showing(&Recipe::default());
    press(&mut state, "2 G s s s s");
    assert_eq!(state.scale(), Scale::Raw);
    let repeats = Repeats::of(state.capture().unwrap());
    for number in TokenNumber::ALL {
        press(&mut state, "t");
        assert_eq!(state.shade(), Shade::Number(number));
        for keys in ["m", "m"] {
            press(&mut state, keys);
            let (_, values) = state.shades();
            for (at, value) in values.into_iter().enumerate() {
                let exact = number.of(state.layer().unwrap(), state.select(), at);
                let most = match number {
                    TokenNumber::Entropy => ((at + 1) as f32).ln(),
                    TokenNumber::Distance => at as f32,
                    TokenNumber::Received => state.largest().unwrap(),
                    TokenNumber::Previous if at == 0 => 0.0,
                    TokenNumber::Duplicate | TokenNumber::Induction if !repeats.has_copy(at) => 0.0,
                    _ => 1.0,
                };
                let expected = (most > 0.0).then(|| exact / most);
                assert_eq!(value, expected, "{number:?} {at}");
                assert!(value.is_none_or(|value| (0.0..=1.0001).contains(&value)));
            }
        }
    }
    press(&mut state, "t");
    assert_eq!(state.shade(), Shade::Weight);
    press(&mut state, "T");
    assert_eq!(state.shade(), Shade::Number(TokenNumber::Received));
    // A scale that needs rows is the number itself.
    press(&mut state, "s s s s");
    assert_eq!(state.scale(), Scale::NoSink);
    assert_eq!(state.shade_scale(), Scale::Raw);
}

#[test]
fn the_mean_over_heads_of_a_number_is_that() {
    let mut state = showing(&Recipe::default());
    press(&mut state, "2 t");
    let layer = state.layer().unwrap();
    let of = |select| TokenNumber::Entropy.of(layer, select, 7);
    let heads = (0..4).map(|h| of(Select::Head(crate::capture::Head(h))));
    let mean = heads.sum::<f32>() / 4.0;
    assert!((of(Select::Mean) - mean).abs() < 1e-6);
}

#[test]
fn the_text_scrolls_with_its_cursor_at_every_size() {
    let mut state = showing(&long(600));
    press(&mut state, "2");
    for (width, height) in [(120, 40), (60, 20), (40, 12), (200, 60)] {
        resize(&mut state, width, height);
        for keys in [
            "g", "j j j", "G", "k", "Ctrl-u", "Ctrl-u k", "Ctrl-d", "$ l", "h",
        ] {
            press(&mut state, keys);
            let lines = state.text_lines();
            let wrap = state.wrap().unwrap();
            let (line, _) = wrap.place(state.chosen());
            assert!(lines.contains(&line), "{width} {keys}");
            // A margin, but at the ends of the text.
            let margin = 2.min(lines.len() / 6);
            assert!(lines.start == 0 || line >= lines.start + margin, "{keys}");
            assert!(
                lines.end == wrap.lines() || line + margin < lines.end,
                "{keys}"
            );
            let (visible, values) = state.shades();
            assert!(visible.contains(&state.chosen()) && values.len() == visible.len());
        }
    }
}

#[test]
fn only_what_is_visible_is_computed() {
    let mut state = showing(&Recipe {
        tokens: (0..2500).map(|i| format!(" {i}")).collect(),
        layers: 1,
        heads: 8,
        ..Recipe::default()
    });
    resize(&mut state, 200, 60);
    press(&mut state, "2 G m");
    let tiles = state.tiles();
    assert_eq!(tiles.rows.len(), 1);
    assert!(tiles.columns.len() < 1700 && tiles.columns.end == 2500);
    // Columns of a scale that needs rows are looked at in the background, once for all keys.
    let effects = press(&mut state, "w s s");
    assert_eq!(state.scale(), Scale::NoSink);
    assert!(!state.is_exact() && matches!(effects[..], [Effect::Look(_)]));
    assert_eq!(serve(&mut state, effects), 1);
    assert!(state.is_exact());
    assert_eq!(press(&mut state, "k h k"), []);
    assert!(state.is_exact());
}

/// The cursor's token, which place of how many it is, and the end that was passed.
fn found(state: &State) -> (usize, Option<usize>, usize, Option<Wrapped>) {
    let found = state.found().unwrap_or(Found {
        sought: "",
        at: None,
        of: 0,
        wrapped: None,
    });
    let at = match state.screen() {
        Screen::Text => state.chosen(),
        _ => state.cursor().query.0,
    };
    (at, found.at, found.of, found.wrapped)
}

#[test]
fn finding_goes_to_words_and_phrases_while_they_are_typed() {
    type Row<'a> = (&'a str, &'a str, usize, Option<usize>, usize);
    // The| cat| sat| on| the| mat|.| It| was| fluffy|.
    let rows: [Row; 9] = [
        ("g", "sat", 2, Some(1), 1),
        ("g", "at", 1, Some(1), 3),
        ("g l l", "at", 2, Some(2), 3),
        ("g", "the", 0, Some(1), 2),
        ("g l", "the", 4, Some(2), 2),
        // An upper-case letter means itself.
        ("g l", "The", 0, Some(1), 1),
        ("g", "the mat. it", 4, Some(1), 1),
        ("g", "t. I", 5, Some(1), 1),
        ("g l l", "nowhere", 2, None, 0),
    ];
    for screen in ["1", "2"] {
        for (keys, sought, chosen, at, of) in rows {
            let mut state = showing(&Recipe::default());
            press(&mut state, screen);
            let down = keys.replace('l', "j");
            press(&mut state, if screen == "1" { &down } else { keys });
            press(&mut state, "/");
            for c in sought.chars() {
                paste(&mut state, &c.to_string());
            }
            let told = found(&state);
            assert_eq!(
                (told.0, told.1, told.2),
                (chosen, at, of),
                "{screen} {sought}"
            );
            press(&mut state, "Enter");
            assert!(state.prompt().is_none());
            assert_eq!(found(&state), told, "{screen} {sought}");
        }
    }
}

#[test]
fn esc_leaves_a_line_where_everything_was() {
    for screen in ["1", "2", "2 w", "2 Tab j"] {
        let mut state = showing(&long(600));
        press(&mut state, screen);
        press(&mut state, "/ w 4 Enter");
        let (before, cursor, lines) = (found(&state), state.cursor(), state.text_lines());
        press(&mut state, "/ w 5 9");
        assert_ne!(found(&state), before);
        press(&mut state, "Backspace Backspace Backspace Backspace");
        assert_eq!(state.cursor(), cursor);
        press(&mut state, "w 5 x Esc");
        assert_eq!(
            (found(&state), state.cursor()),
            (before, cursor),
            "{screen}"
        );
        assert_eq!(state.text_lines(), lines);
    }
}

#[test]
fn next_and_previous_go_round_and_say_so() {
    for screen in ["1", "2"] {
        let mut state = showing(&Recipe::default());
        press(&mut state, screen);
        press(&mut state, "g / a t Enter");
        let steps = [
            ("n", (2, Some(2), 3, None)),
            ("n", (5, Some(3), 3, None)),
            ("n", (1, Some(1), 3, Some(Wrapped::Top))),
            ("N", (5, Some(3), 3, Some(Wrapped::Bottom))),
            ("N", (2, Some(2), 3, None)),
        ];
        for (key, expected) in steps {
            press(&mut state, key);
            assert_eq!(found(&state), expected, "{screen} {key}");
        }
        press(&mut state, "g");
        assert_eq!(found(&state).1, None);
        // An empty line seeks the same again.
        press(&mut state, "/ Enter");
        assert_eq!(found(&state), (1, Some(1), 3, None));
        press(&mut state, "Esc");
        assert!(state.found().is_none());
        press(&mut state, "n");
        assert!(state.status().unwrap().contains("/ asks"));
    }
}

#[test]
fn hits_are_the_tokens_that_hold_them() {
    let recipe = Recipe {
        tokens: ["na", "ïve", "", " 猫\n", "x", "NAÏVE"]
            .map(str::to_owned)
            .into(),
        ..Recipe::default()
    };
    let mut state = showing(&recipe);
    let rows: [(&str, &[usize]); 6] = [
        ("aïv", &[0, 1, 5]),
        ("AÏV", &[5]),
        ("猫 x", &[3, 4]),
        ("e 猫", &[1, 2, 3]),
        ("\u{1b}", &[]),
        ("v", &[1, 5]),
    ];
    for (sought, tokens) in rows {
        press(&mut state, "2 /");
        paste(&mut state, sought);
        let hits: Vec<_> = (0..6).filter(|at| state.is_hit(*at)).collect();
        assert_eq!(hits, tokens, "{sought}");
        press(&mut state, "Esc");
    }
}

#[test]
fn a_letter_in_several_tokens_is_found_in_all_of_them() {
    let mut capture = Recipe::default().capture();
    let tokens = Arc::make_mut(&mut capture.tokens);
    let bytes = "猫".as_bytes();
    for (token, part) in tokens.iter_mut().zip([&bytes[..1], &bytes[1..]]) {
        token.label = crate::token::Label::of_token(part);
    }
    let mut state = showing(&Recipe::default());
    let capture = Arc::new(capture);
    update(
        &mut state,
        Event::Work(super::super::Update::Capture(capture)),
    );
    press(&mut state, "2 / 猫");
    let hits: Vec<_> = (0..11).filter(|at| state.is_hit(*at)).collect();
    assert_eq!(hits, [0, 1]);
}

#[test]
fn another_text_forgets_what_was_found() {
    let mut state = showing(&Recipe::default());
    press(&mut state, "2 / a t Enter n /");
    let capture = Arc::new(long(30).capture());
    update(
        &mut state,
        Event::Work(super::super::Update::Capture(capture)),
    );
    assert!(state.found().is_none());
    press(&mut state, "w 2 8 Esc");
    assert!(state.found().is_none() && state.prompt().is_none());
    assert_eq!(state.wrap().unwrap().lines(), 3);
}
