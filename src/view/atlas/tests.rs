//! What keys do on the Atlas screen and in the list of heads that link two tokens.

use std::sync::Arc;

use super::super::fixture::Recipe;
use super::super::tests::{press, resize, showing};
use super::super::{Event, Screen, State, Update, update};
use super::*;
use crate::capture::{Key, Query};
use crate::lens::Select;

/// The Atlas screen of a capture of four layers of four heads, on the first of them.
fn atlas() -> State {
    let mut state = showing(&Recipe::default());
    press(&mut state, "3 [ [ [ [ { { { {");
    state
}

/// Types a line where one is asked for.
fn type_line(state: &mut State, line: &str) {
    update(state, Event::Paste(line.to_owned()));
}

fn at(state: &State) -> (usize, usize) {
    (state.cursor().layer.0, state.cursor().head.0)
}

#[test]
fn keys_move_over_all_heads_and_stop_at_the_ends() {
    let rows = [
        ("", (0, 0)),
        ("l", (0, 1)),
        ("j", (1, 0)),
        ("→ → ↓ ← ↓ ↑", (1, 1)),
        ("h k", (0, 0)),
        ("l l l l l j j j j j", (3, 3)),
        ("G", (3, 0)),
        ("l End Home", (0, 1)),
        ("Ctrl-d", (2, 0)),
        ("G PgUp", (1, 0)),
        ("] } }", (1, 2)),
    ];
    for (keys, expected) in rows {
        let mut state = atlas();
        press(&mut state, keys);
        assert_eq!(at(&state), expected, "{keys}");
        assert_eq!(state.screen(), Screen::Atlas);
    }
}

#[test]
fn enter_opens_the_head_and_not_the_mean() {
    let mut state = atlas();
    press(&mut state, "m j j l Enter");
    assert_eq!((state.screen(), at(&state)), (Screen::Heads, (2, 1)));
    assert_eq!(state.select(), Select::Head(Head(1)));
    press(&mut state, "3 Esc");
    assert_eq!(state.screen(), Screen::Heads);
}

#[test]
fn one_key_goes_through_the_picture_and_every_number() {
    let mut state = atlas();
    assert_eq!(state.atlas_shown(), Shown::Picture);
    for measure in Measure::ALL {
        press(&mut state, "t");
        assert_eq!(state.atlas_shown(), Shown::Number(measure));
    }
    press(&mut state, "t");
    assert_eq!(state.atlas_shown(), Shown::Picture);
    press(&mut state, "T");
    assert_eq!(state.atlas_shown(), Shown::Number(Measure::EarlierEntry));
}

#[test]
fn the_table_is_sorted_by_the_column_that_is_chosen() {
    let mut state = atlas();
    let all: Vec<_> = (0..16).map(|i| (Layer(i / 4), Head(i % 4))).collect();
    assert_eq!(state.listed(), all);
    let values = |state: &State| -> Vec<f64> {
        let of = |&(layer, head): &(Layer, Head)| {
            Measure::Previous
                .of(state.numbers_of(layer, head).unwrap())
                .unwrap()
        };
        state.listed().iter().map(of).collect()
    };
    press(&mut state, "> > >");
    let previous = Column::Number(Measure::Previous);
    assert_eq!(
        (state.sort().column, state.sort().descending),
        (previous, true)
    );
    assert!(values(&state).is_sorted_by(|a, b| a >= b));
    press(&mut state, "o");
    assert!(values(&state).is_sorted_by(|a, b| a <= b));
    press(&mut state, "< <");
    assert_eq!(state.sort(), Sort::of(Column::Head));
    assert!(state.listed().is_sorted_by_key(|(_, head)| *head));
    press(&mut state, "<");
    assert_eq!(state.listed(), all);
    press(&mut state, "<");
    assert_eq!(state.sort().column, Column::Number(Measure::EarlierEntry));
}

#[test]
fn the_table_moves_through_its_own_order() {
    let mut state = atlas();
    press(&mut state, "> > > Tab g");
    assert_eq!(state.atlas_pane(), AtlasPane::Table);
    for row in [0, 1, 2] {
        assert_eq!(
            (state.cursor().layer, state.cursor().head),
            state.listed()[row]
        );
        press(&mut state, "j");
    }
    press(&mut state, "G");
    assert_eq!(state.row_of_table(), Some(15));
    press(&mut state, "k k");
    assert_eq!(state.row_of_table(), Some(13));
    // The head stays chosen when the order changes.
    let here = at(&state);
    press(&mut state, "o →");
    assert_eq!(at(&state), here);
    assert_eq!(state.sort(), Sort::of(Column::Number(Measure::Induction)));
    press(&mut state, "Shift-Tab");
    assert_eq!(state.atlas_pane(), AtlasPane::Heads);
}

#[test]
fn the_filter_is_live_and_esc_takes_it_back() {
    let mut state = atlas();
    press(&mut state, "j j /");
    type_line(&mut state, "layer 1, head");
    // Not understood yet: all that was understood stays.
    assert_eq!((state.listed().len(), state.filter()), (16, ""));
    assert!(
        state
            .prompt_note()
            .unwrap()
            .contains("'head' takes a number")
    );
    type_line(&mut state, " > 1");
    let expected = [(Layer(1), Head(2)), (Layer(1), Head(3))];
    assert_eq!(state.listed(), expected);
    assert!(state.is_listed(Layer(1), Head(2)) && !state.is_listed(Layer(2), Head(2)));
    // The cursor is never on a head that is hidden.
    assert_eq!(at(&state), (1, 2));
    press(&mut state, "Enter");
    assert_eq!((at(&state), state.filter()), ((1, 2), "layer 1, head > 1"));
    press(&mut state, "l");
    // Another one is abandoned: this one comes back.
    press(&mut state, "/ Ctrl-u");
    assert_eq!(state.listed().len(), 16);
    type_line(&mut state, "layer 3");
    assert_eq!(state.listed().len(), 4);
    press(&mut state, "Esc");
    assert_eq!((state.listed(), at(&state)), (&expected[..], (1, 3)));
    // Esc drops the filter first, then leaves.
    press(&mut state, "Esc");
    assert_eq!((state.listed().len(), state.screen()), (16, Screen::Atlas));
    press(&mut state, "Esc");
    assert_eq!(state.screen(), Screen::Heads);
}

#[test]
fn a_filter_that_is_not_understood_says_what_is() {
    let mut state = atlas();
    press(&mut state, "/");
    assert!(state.prompt_note().unwrap().contains("induction > 0.3"));
    type_line(&mut state, "heat > 0.3");
    press(&mut state, "Enter");
    let said = state.status().unwrap();
    assert!(said.contains("no number 'heat'") && said.contains("induction > 0.3"));
    assert!(state.prompt().is_some());
    press(&mut state, "Ctrl-u");
    type_line(&mut state, "first > 2");
    press(&mut state, "Enter");
    assert!(state.prompt().is_none() && state.status().is_none());
    // No head is left, and none is chosen that was not.
    assert_eq!((state.listed(), at(&state)), (&[][..], (0, 0)));
    press(&mut state, "Tab j G k Ctrl-d Enter");
    assert_eq!((at(&state), state.screen()), ((0, 0), Screen::Heads));
}

#[test]
fn the_filter_goes_on_when_another_text_is_shown() {
    let mut state = atlas();
    press(&mut state, "/");
    type_line(&mut state, "layer 1");
    press(&mut state, "Enter");
    let recipe = Recipe {
        layers: 2,
        heads: 3,
        seed: 5,
        ..Recipe::default()
    };
    let capture = Arc::new(recipe.capture());
    update(&mut state, Event::Work(Update::Capture(capture)));
    let expected = [0, 1, 2].map(|head| (Layer(1), Head(head)));
    assert_eq!(state.listed(), expected);
}

#[test]
fn narrow_screens_show_one_pane_and_tab_the_other() {
    let mut state = atlas();
    for (width, both) in [(120, true), (72, true), (71, false), (40, false)] {
        resize(&mut state, width, 20);
        let shown = |state: &State| {
            let layout = state.layout();
            (!layout.atlas.is_empty(), !layout.table.is_empty())
        };
        assert_eq!(shown(&state), (true, both), "{width}");
        press(&mut state, "Tab");
        assert_eq!(shown(&state), (both, true), "{width}");
        press(&mut state, "Tab");
    }
}

#[test]
fn all_heads_fit_or_the_chosen_one_is_in_sight() {
    let recipe = Recipe {
        tokens: ["a", "b", "c"].map(str::to_owned).into(),
        layers: 36,
        heads: 32,
        ..Recipe::default()
    };
    let mut state = showing(&recipe);
    press(&mut state, "3");
    for (width, height, all) in [
        (200, 60, true),
        (120, 50, true),
        (120, 40, false),
        (80, 24, false),
        (40, 12, false),
    ] {
        resize(&mut state, width, height);
        for keys in ["g", "G } } } } } } } } } } } }", "k k k k"] {
            press(&mut state, keys);
            let (plan, layer, head) = state.atlas_plan();
            assert_eq!((plan.rows, plan.columns) == (36, 32), all, "{width}");
            let (at_layer, at_head) = at(&state);
            assert!(
                (layer..layer + plan.rows).contains(&at_layer),
                "{width} {keys}"
            );
            assert!(
                (head..head + plan.columns).contains(&at_head),
                "{width} {keys}"
            );
            let place = plan.place(at_layer - layer, at_head - head);
            assert_eq!((place.width, place.height), (plan.width, plan.height));
        }
    }
}

#[test]
fn columns_that_fit_are_shown_and_the_sorted_one_always() {
    for width in 0..130 {
        for sorted in Column::all() {
            let shown = Column::fitting(width, sorted);
            assert!(shown.contains(&sorted), "{width} {sorted:?}");
            let used: usize = shown.iter().map(|column| column.width()).sum();
            assert!(used <= width.max(sorted.width()), "{width} {sorted:?}");
        }
    }
}

#[test]
fn every_head_is_ranked_by_the_weight_between_two_tokens() {
    let mut state = showing(&Recipe::default());
    press(&mut state, "G ^ l l f");
    let links = state.links().to_vec();
    assert_eq!(links.len(), 16);
    assert!(links.is_sorted_by(|a, b| a.weight >= b.weight));
    for link in &links {
        let layer = state.capture().unwrap().layer(link.layer).unwrap();
        assert_eq!(
            layer.weight(link.head, Query(10), Key(2)),
            Some(link.weight)
        );
    }
    // Down, jump: the head is shown, the cell stays.
    press(&mut state, "m j j k Enter");
    assert_eq!(state.popup(), None);
    assert_eq!(at(&state), (links[1].layer.0, links[1].head.0));
    assert_eq!(
        (state.cursor().query, state.cursor().key),
        (Query(10), Key(2))
    );
    assert_eq!(state.weight(), Some(links[1].weight));
    // The ends, and Esc.
    press(&mut state, "f G j Enter");
    assert_eq!(at(&state), (links[15].layer.0, links[15].head.0));
    press(&mut state, "f g Esc");
    assert_eq!(
        (state.popup(), at(&state)),
        (None, (links[15].layer.0, links[15].head.0))
    );
}

#[test]
fn a_masked_pair_says_so() {
    let mut state = showing(&Recipe::default());
    press(&mut state, "g ^ l f");
    assert_eq!(state.popup(), None);
    let said = state.status().unwrap();
    assert!(
        said.contains("'The'(0) to 'cat'(1)") && said.contains("later"),
        "{said}"
    );
    let mut state = showing(&Recipe {
        window: Some(3),
        ..Recipe::default()
    });
    press(&mut state, "G ^ f");
    assert!(state.status().unwrap().contains("window"));
}

/// Many heads on a few tokens, on the Atlas screen.
fn many(layers: usize, heads: usize) -> State {
    let recipe = Recipe {
        tokens: ["a", "b", "c", "b", "c"].map(str::to_owned).into(),
        layers,
        heads,
        ..Recipe::default()
    };
    let mut state = showing(&recipe);
    press(&mut state, "3");
    state
}

#[test]
fn heads_that_are_too_small_for_pictures_are_numbers_and_never_dots() {
    let rows = [
        // Layers, heads, size; pictures, digits, all in sight.
        (4, 4, (120, 40), true, None, true),
        (12, 12, (200, 60), true, None, true),
        (12, 12, (120, 40), false, None, true),
        (24, 32, (120, 40), false, Some(2), true),
        (24, 32, (80, 40), false, Some(1), true),
        (24, 32, (60, 30), false, Some(1), false),
        (24, 128, (120, 40), false, Some(1), false),
        (128, 8, (120, 40), false, Some(2), false),
    ];
    for (layers, heads, (width, height), pictures, digits, whole) in rows {
        let mut state = many(layers, heads);
        resize(&mut state, width, height);
        let (plan, ..) = state.atlas_plan();
        let shown = (plan.rows, plan.columns) == (layers, heads);
        assert_eq!(
            (plan.pictures, plan.digits(), shown),
            (pictures, digits, whole),
            "{layers} x {heads} at {width} x {height}: {plan:?}"
        );
        assert_eq!(state.is_atlas_crowded(), !pictures);
        let drawn = state.atlas_drawn();
        assert_eq!(drawn == Shown::Picture, pictures);
        // The next in the cycle is another one.
        press(&mut state, "t");
        assert_ne!(state.atlas_drawn(), drawn);
        press(&mut state, "T");
        assert_eq!(state.atlas_drawn(), drawn);
    }
}

#[test]
fn the_table_lies_where_heads_are_seen_best() {
    let below = |layers, heads, (width, height)| {
        let mut state = many(layers, heads);
        resize(&mut state, width, height);
        let layout = state.layout();
        layout.table.y > layout.atlas.y
    };
    assert!(below(24, 32, (120, 40)));
    assert!(!below(4, 4, (120, 40)));
    assert!(!below(36, 8, (120, 40)));
}

#[test]
fn columns_keep_their_places_whatever_the_table_is_sorted_by() {
    for width in 30..160 {
        let by_layer = Column::fitting(width, Column::Layer);
        for sorted in Column::all() {
            let shown = Column::fitting(width, sorted);
            let same = shown.iter().zip(&by_layer).filter(|(a, b)| a == b).count();
            // All but the last place, which is for the sorted one.
            assert!(same + 1 >= shown.len(), "{width} {sorted:?}: {shown:?}");
            assert!(shown.len() + 1 >= by_layer.len(), "{width} {sorted:?}");
        }
    }
}

#[test]
fn moves_pass_over_heads_that_the_filter_hides() {
    let mut state = atlas();
    press(&mut state, "/");
    type_line(&mut state, "layer 1-3, head > 1");
    press(&mut state, "Enter");
    let rows = [
        ("", (1, 2)),
        ("l", (1, 3)),
        ("l", (1, 3)),
        ("j", (2, 3)),
        ("h h", (2, 2)),
        ("k k k", (1, 2)),
        ("]", (2, 2)),
        ("}", (2, 3)),
        ("G", (3, 3)),
    ];
    for (keys, expected) in rows {
        press(&mut state, keys);
        assert_eq!(at(&state), expected, "{keys}");
        assert!(state.is_cursor_listed());
    }
    // What is typed moves the cursor, and back where the head comes back.
    press(&mut state, "/ Ctrl-u");
    type_line(&mut state, "layer 0");
    assert_eq!(at(&state), (0, 0));
    press(&mut state, "Ctrl-u");
    type_line(&mut state, "head 3");
    assert_eq!(at(&state), (3, 3));
    // Where none is left, none is shown as chosen.
    press(&mut state, "Ctrl-u");
    type_line(&mut state, "first > 2");
    assert!(!state.is_cursor_listed());
    press(&mut state, "Esc");
    assert_eq!(at(&state), (3, 3));
}
