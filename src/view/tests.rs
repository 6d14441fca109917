//! What keys do: a capture, the keys pressed, what is then shown.

mod manners;

use std::sync::Arc;

use super::fixture::Recipe;
use super::*;
use crate::capture::{Head, Key, Layer};
use crate::lens::{Pattern, Scale, Select, TokenNumber, standout};

/// A state of 120 x 40 that shows a capture.
/// A capture of which the first layer is shown.
pub(super) fn showing(recipe: &Recipe) -> State {
    let capture = recipe.capture();
    let mut state = State::new(Options {
        layer: Some(Layer(0)),
        model: "demo".to_owned(),
        text: capture.text.clone(),
        half_blocks: true,
        ..Options::default()
    });
    resize(&mut state, 120, 40);
    update(&mut state, Event::Work(Update::Capture(Arc::new(capture))));
    state
}

pub(super) fn resize(state: &mut State, width: u16, height: u16) {
    update(state, Event::Resize { width, height });
}

/// Presses keys, written with spaces between: `j j Ctrl-d Enter`.
pub(super) fn press(state: &mut State, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for name in keys.split_whitespace() {
        effects.extend(update(state, Event::Key(stroke(name))));
    }
    effects
}

fn stroke(name: &str) -> Stroke {
    let known = ACTIONS.iter().flat_map(|action| action.keys);
    if let Some(key) = known.into_iter().find(|key| key.name() == name) {
        return *key;
    }
    let letter = name.chars().next().unwrap();
    Stroke {
        code: Code::Char(letter),
        ctrl: false,
        alt: false,
    }
}

#[test]
fn a_capture_from_a_file_has_no_model_to_run() {
    let capture = Arc::new(Recipe::default().capture());
    let mut state = State::new(Options {
        from_file: true,
        ..Options::default()
    });
    resize(&mut state, 120, 40);
    update(&mut state, Event::Work(Update::Capture(capture)));
    assert_eq!(press(&mut state, "e"), []);
    assert!(state.editor().is_none());
    assert_eq!(state.status(), Some(NO_MODEL));
}

#[test]
fn a_scale_that_a_file_has_no_numbers_for_is_left_out() {
    let mut capture = Recipe::default().capture();
    for layer in &mut capture.layers {
        Arc::make_mut(layer).value_norms = Vec::new().into();
    }
    let mut state = showing(&Recipe::default());
    while state.scale() != Scale::NoSink {
        press(&mut state, "s");
    }
    update(&mut state, Event::Work(Update::Capture(Arc::new(capture))));
    press(&mut state, "s");
    assert_eq!(state.scale(), Scale::Raw);
    assert!(state.status().unwrap().contains("value-weighted"));
}

#[test]
fn c_goes_on_to_the_next_map_where_there_are_colours() {
    let mut state = showing(&Recipe::default());
    press(&mut state, "c c");
    assert_eq!((state.map_steps(), state.status()), (2, None));
    let mut plain = State::new(Options::default());
    resize(&mut plain, 120, 40);
    press(&mut plain, "c");
    assert_eq!(plain.map_steps(), 0);
    assert!(plain.status().unwrap().contains("--color"));
}

/// Layer, head, query, key.
fn at(state: &State) -> (usize, usize, usize, usize) {
    let cursor = state.cursor();
    (cursor.layer.0, cursor.head.0, cursor.query.0, cursor.key.0)
}

#[test]
fn keys_move_and_stop_at_the_ends() {
    let rows = [
        ("g ^", (0, 0, 0, 0)),
        ("g ^ j j l", (0, 0, 2, 1)),
        ("g ^ ↓ → ↑ ←", (0, 0, 0, 0)),
        ("g ^ k h", (0, 0, 0, 0)),
        ("G $", (0, 0, 10, 10)),
        ("G $ j l", (0, 0, 10, 10)),
        ("g ^ Ctrl-d", (0, 0, 5, 0)),
        ("G ^ PgUp", (0, 0, 5, 0)),
        ("End Home ^", (0, 0, 0, 0)),
        ("g ^ ] ] } }", (2, 2, 0, 0)),
        ("g ^ ] ] ] ] ] } } } } }", (3, 3, 0, 0)),
        ("g ^ [ {", (0, 0, 0, 0)),
        // The grid: left and right choose heads.
        ("g ^ Tab l l h", (0, 1, 0, 0)),
        ("g ^ Tab G", (0, 3, 0, 0)),
        // The flow: left and right choose layers.
        ("g ^ Tab Tab Tab l l", (2, 0, 0, 0)),
        ("g ^ Shift-Tab l", (1, 0, 0, 0)),
        // Four panes round, and Esc back to the map.
        ("g ^ Tab Tab Tab Tab j", (0, 0, 1, 0)),
        ("g ^ Tab Tab Esc j", (0, 0, 1, 0)),
    ];
    for (keys, expected) in rows {
        let mut state = showing(&Recipe::default());
        press(&mut state, "{ { {");
        press(&mut state, keys);
        assert_eq!(at(&state), expected, "{keys}");
    }
}

#[test]
fn the_explorer_opens_on_the_head_that_stands_out_most() {
    let capture = Recipe::default().capture();
    let strength = |layer: usize, head: usize| {
        let found = standout(&capture.layers[layer], Head(head));
        found.map_or(0.0, |found| found.strength)
    };
    let mut first = capture.clone();
    first.layers.truncate(1);
    for moves in [false, true] {
        let mut state = State::new(Options::default());
        resize(&mut state, 120, 40);
        // Layers come one after another: the first is shown until all are there.
        update(
            &mut state,
            Event::Work(Update::Capture(Arc::new(first.clone()))),
        );
        assert_eq!(at(&state).0, 0);
        if moves {
            press(&mut state, "j");
        }
        let before = at(&state);
        update(
            &mut state,
            Event::Work(Update::Capture(Arc::new(capture.clone()))),
        );
        let (layer, head, query, key) = at(&state);
        if moves {
            assert_eq!(at(&state), before, "a cursor that was moved stays");
            assert_eq!(state.opening_sentence(), None);
            continue;
        }
        assert!(key > 0 && key + 1 < query);
        for l in 0..capture.layers.len() {
            for h in 0..capture.shape.heads {
                assert!(strength(l, h) <= strength(layer, head), "{l} {h}");
            }
        }
    }
}

#[test]
fn a_chosen_layer_and_head_stay_from_the_start_and_across_texts() {
    let mut state = State::new(Options {
        layer: Some(Layer(2)),
        head: Some(Head(1)),
        ..Options::default()
    });
    resize(&mut state, 120, 40);
    for seed in [1, 2] {
        let recipe = Recipe {
            seed,
            ..Recipe::default()
        };
        let capture = Arc::new(recipe.capture());
        update(&mut state, Event::Work(Update::Capture(capture)));
        let (layer, head, ..) = at(&state);
        assert_eq!((layer, head), (2, 1));
    }
}

#[test]
fn enter_in_the_list_jumps_to_the_token() {
    let mut state = showing(&Recipe::default());
    press(&mut state, "G ^ Tab Tab j j Enter");
    assert_eq!(state.cursor().key.0, state.ranked()[2].position);
    assert_eq!(state.weight(), Some(state.ranked()[2].weight));

    let mut state = showing(&Recipe::default());
    press(&mut state, "g ^ w Tab Tab j Enter");
    assert_eq!(state.direction(), Direction::Attended);
    assert_eq!(state.cursor().query.0, state.ranked()[1].position);
}

#[test]
fn scale_mean_and_mirror_switch() {
    let mut state = showing(&Recipe::default());
    assert_eq!(state.scale(), Scale::Sqrt);
    press(&mut state, "s");
    assert_eq!(state.scale(), Scale::Log);
    press(&mut state, "s s s s s");
    assert_eq!(state.scale(), Scale::Sqrt);
    press(&mut state, "m");
    assert_eq!(state.select(), Select::Mean);
    press(&mut state, "}");
    assert!(matches!(state.select(), Select::Head(_)));
}

#[test]
fn editing_runs_the_new_text_and_remembers_the_old() {
    let mut state = showing(&Recipe::default());
    press(&mut state, "e Ctrl-u");
    assert_eq!(press(&mut state, "Enter"), []);
    assert!(state.status().unwrap().contains("empty"));
    update(&mut state, Event::Paste("two\r\nlines 猫".to_owned()));
    press(&mut state, "Backspace ← x");
    let effects = press(&mut state, "Enter");
    let text = "two\nlinesx ".to_owned();
    assert_eq!(
        effects,
        [Effect::Request(Request::Run { text: text.clone() })]
    );
    assert!(state.running().is_some() && state.editor().is_none());
    press(&mut state, "e");
    assert_eq!(state.editor().unwrap().text(), text);
    press(&mut state, "↑ ↑");
    assert_eq!(
        state.editor().unwrap().text(),
        Recipe::default().capture().text
    );
    press(&mut state, "↓ Esc");
    assert!(state.editor().is_none());
}

#[test]
fn letters_are_text_while_editing() {
    let mut state = showing(&Recipe::default());
    assert_eq!(press(&mut state, "e Ctrl-u q ? m"), []);
    assert_eq!(state.editor().unwrap().text(), "q?m");
    assert_eq!(press(&mut state, "Ctrl-c"), [Effect::Quit]);
}

#[test]
fn esc_cancels_a_run_and_what_was_shown_comes_back() {
    let mut state = showing(&Recipe::default());
    let before = Arc::clone(state.capture().unwrap());
    press(&mut state, "e x Enter");
    let mut partial = Recipe {
        seed: 2,
        ..Recipe::default()
    }
    .capture();
    partial.layers.truncate(1);
    let progress = Update::Progress {
        stage: "layer",
        done: 1,
        total: 4,
    };
    update(&mut state, Event::Work(progress));
    update(&mut state, Event::Work(Update::Capture(Arc::new(partial))));
    assert_eq!(state.flow().len(), 1);
    press(&mut state, "]");
    assert!(state.layer().is_none() && state.heat().is_none());
    assert_eq!(press(&mut state, "Esc"), [Effect::Cancel]);
    update(&mut state, Event::Work(Update::Ended { cancelled: true }));
    assert!(state.running().is_none());
    assert!(Arc::ptr_eq(state.capture().unwrap(), &before));
    assert_eq!(press(&mut state, "Esc q"), [Effect::Quit]);
}

#[test]
fn a_failure_is_told_and_the_old_capture_stays() {
    let mut state = showing(&Recipe::default());
    press(&mut state, "e x Enter");
    update(&mut state, Event::Work(Update::Failed("No.".to_owned())));
    update(&mut state, Event::Work(Update::Ended { cancelled: false }));
    assert_eq!(state.status(), Some("No."));
    assert!(state.running().is_none() && state.layer().is_some());
    press(&mut state, "Esc");
    assert_eq!(state.status(), None);
}

#[test]
fn a_run_that_replaced_another_ends_when_it_is_cancelled() {
    let mut state = showing(&Recipe::default());
    press(&mut state, "e x Enter e y Enter Esc");
    update(&mut state, Event::Work(Update::Ended { cancelled: true }));
    assert!(state.running().is_none());
    assert_eq!(state.status(), Some("Cancelled."));
}

/// One head of `tokens` tokens.
fn long(tokens: usize) -> Recipe {
    Recipe {
        tokens: (0..tokens).map(|i| format!(" {i}")).collect(),
        layers: 1,
        heads: 1,
        ..Recipe::default()
    }
}

/// The plan, and whether the cursor is visible.
fn shown(state: &State) -> (MapPlan, bool) {
    let ((plan, row, column), at) = (state.map_plan(), state.cursor());
    let rows = row..row + plan.rows;
    let columns = column..column + plan.columns;
    let (r, c) = (at.query.0 / plan.tile, at.key.0 / plan.tile);
    (plan, rows.contains(&r) && columns.contains(&c))
}

#[test]
fn zooming_goes_from_the_whole_head_to_single_cells_and_back() {
    let mut state = showing(&long(300));
    press(&mut state, "G ^");
    let mut seen = vec![state.map_plan().0];
    assert!(!state.is_part() && seen[0].tile > 1);
    for _ in 0..12 {
        press(&mut state, "z");
        let (plan, visible) = shown(&state);
        assert!(visible, "{plan:?}");
        if plan != *seen.last().unwrap() {
            seen.push(plan);
        }
    }
    let cells: Vec<_> = seen.iter().map(|plan| (plan.tile, plan.cell)).collect();
    let block = |columns, halves| Cell::Block { columns, halves };
    let expected = [
        (5, Cell::Half),
        (2, Cell::Half),
        (1, Cell::Half),
        (1, block(2, 2)),
        (1, block(5, 4)),
        (1, block(7, 6)),
        (1, block(9, 8)),
    ];
    assert_eq!(cells, expected);
    for _ in 0..12 {
        press(&mut state, "Z");
        assert!(shown(&state).1);
    }
    assert_eq!(state.map_plan().0, seen[0]);
    press(&mut state, "z z z 0");
    assert_eq!(state.map_plan().0, seen[0]);
    // What fits at the largest cells stays as it is.
    let mut state = showing(&long(3));
    let plan = state.map_plan();
    press(&mut state, "z z Z z");
    assert_eq!(state.map_plan(), plan);
}

#[test]
fn panes_stay_where_they_are_while_zooming() {
    let mut state = showing(&long(300));
    let layout = *state.layout();
    for _ in 0..8 {
        press(&mut state, "z");
        assert_eq!(*state.layout(), layout);
    }
}

#[test]
fn zooming_keeps_the_cursor_where_it_is_on_the_screen() {
    let mut state = showing(&long(300));
    press(
        &mut state,
        "g ^ Ctrl-d l l l l l l l l l l l l l l l l l l l l l l l l",
    );
    let place = |state: &State| {
        let ((plan, row, column), at) = (state.map_plan(), state.cursor());
        let (across, down) = plan.cell.size();
        let row = (at.query.0 / plan.tile - row) * down;
        ((at.key.0 / plan.tile - column) * across, row)
    };
    let before = place(&state);
    for _ in 0..2 {
        press(&mut state, "z");
        let now = place(&state);
        assert!(now.0.abs_diff(before.0) <= 2, "{now:?} {before:?}");
        assert!(now.1.abs_diff(before.1) <= 2, "{now:?} {before:?}");
    }
}

#[test]
fn the_window_follows_the_cursor_with_exact_weights_at_every_zoom() {
    for zooms in ["", "z", "z z", "z z z", "z z z z z"] {
        let mut state = showing(&long(300));
        press(&mut state, zooms);
        for keys in ["g ^", "G $", "Ctrl-u Ctrl-u", "$", "g", "j l Ctrl-d h"] {
            press(&mut state, keys);
            let (plan, visible) = shown(&state);
            assert!(visible, "{zooms} {keys}");
            let (at, (_, row, column)) = (state.cursor(), state.map_plan());
            let (r, c) = (at.query.0 / plan.tile - row, at.key.0 / plan.tile - column);
            let shown = state.heat().unwrap().get(r, c);
            let Some(exact) = state.weight().map(|w| Scale::Sqrt.of_cell(w)) else {
                continue;
            };
            let shown = shown.unwrap();
            match plan.tile {
                1 => assert!((shown - exact).abs() < 1e-6, "{zooms} {keys}"),
                _ => assert!(shown >= exact - 1e-6, "{zooms} {keys}"),
            }
        }
    }
}

#[test]
fn moving_inside_of_the_window_scrolls_nothing() {
    let mut state = showing(&long(300));
    press(&mut state, "G ^ z z");
    let before = state.map_plan();
    press(&mut state, "k k k k k k l l l l l");
    let after = state.map_plan();
    assert_eq!(after.2, before.2);
    assert_eq!(after.1, before.1);
}

/// Does what the lens's thread would; tells how much that was.
pub(super) fn serve(state: &mut State, effects: Vec<Effect>) -> usize {
    let mut served = 0;
    let mut waiting = effects;
    while let Some(effect) = waiting.pop() {
        let Effect::Look(asked) = effect else {
            continue;
        };
        served += 1;
        let mut told = Vec::new();
        look(asked, &Cancel::new(), &mut |update| told.push(update));
        for update in told {
            waiting.extend(super::update(state, Event::Work(update)));
        }
    }
    served
}

#[test]
fn what_takes_long_is_coarse_at_first_and_exact_later() {
    // A long text of a cheap model: the cells of a whole head are past what is done at once.
    let capture = Arc::new(long(4000).capture());
    let mut state = State::new(Options {
        half_blocks: true,
        ..Options::default()
    });
    resize(&mut state, 120, 40);
    let effects = update(
        &mut state,
        Event::Work(Update::Capture(Arc::clone(&capture))),
    );
    assert!(!state.is_exact());
    let coarse = state.heat().unwrap().clone();
    assert_eq!(serve(&mut state, effects), 1);
    assert!(state.is_exact());
    let exact = state.heat().unwrap();
    for (coarse, exact) in coarse.cells.iter().zip(&exact.cells) {
        assert_eq!(coarse.is_some(), exact.is_some());
        // The thumbnail's tiles are larger, and show their largest weight.
        if let (Some(coarse), Some(exact)) = (coarse, exact) {
            assert!(*coarse >= exact - 1e-5);
        }
    }
    // Scales of each cell, the mean and back: nothing more is asked for.
    for keys in ["s", "P", "P", "Z", "z", "Z"] {
        assert_eq!(press(&mut state, keys), [], "{keys}");
        assert!(state.is_exact(), "{keys}");
    }
    // Another pattern is.
    let effects = press(&mut state, "m");
    assert!(!state.is_exact() && matches!(effects[..], [Effect::Look(_)]));
    // Once.
    assert_eq!(press(&mut state, "j k"), []);
    serve(&mut state, effects);
    assert!(state.is_exact());
    let effects = press(&mut state, "m");
    assert!(state.is_exact() && effects.is_empty());
}

#[test]
fn the_grid_scrolls_to_the_head() {
    let mut state = showing(&Recipe {
        heads: 48,
        layers: 1,
        ..Recipe::default()
    });
    resize(&mut state, 80, 24);
    press(&mut state, "Tab G");
    let (plan, first) = state.grid_plan();
    assert!(plan.rows * plan.columns < 48);
    let row = 47 / plan.columns;
    assert!((first..first + plan.rows).contains(&row));
}

#[test]
fn ctrl_keys_act_everywhere() {
    for keys in ["", "?", "e", "i"] {
        let mut state = showing(&Recipe::default());
        press(&mut state, keys);
        assert_eq!(press(&mut state, "Ctrl-z"), [Effect::Suspend]);
        assert_eq!(press(&mut state, "Ctrl-l"), [Effect::Redraw]);
        assert_eq!(press(&mut state, "Ctrl-c"), [Effect::Quit]);
    }
}

#[test]
fn what_a_key_receives_is_the_mean_of_its_column() {
    for window in [None, Some(3)] {
        let recipe = Recipe {
            window,
            ..Recipe::default()
        };
        let capture = recipe.capture();
        let layer = &capture.layers[1];
        for select in [Select::Head(Head(2)), Select::Mean] {
            let pattern = Pattern::new(layer, select, Scale::Raw);
            for key in 0..layer.tokens {
                let column: Vec<f32> = pattern.column(Key(key)).into_iter().flatten().collect();
                let mean = column.iter().sum::<f32>() / column.len() as f32;
                let told = TokenNumber::Received.of(layer, select, key);
                assert!((told - mean).abs() < 1e-5, "{window:?} {key}");
            }
        }
    }
}
