//! The grid of heads, the list and the flow beside the heatmap.

use super::*;
use crate::view::{FlowPlan, Screen};

fn of(layers: usize, heads: usize, tokens: usize) -> Capture {
    Recipe {
        tokens: (0..tokens).map(|i| format!(" {}", i % 7)).collect(),
        layers,
        heads,
        ..Recipe::default()
    }
    .capture()
}

#[test]
fn pictures_of_heads_fill_their_pane() {
    // Layers, heads, tokens, size; the least width of a picture.
    let rows = [
        (2, 8, 512, (120, 40), 10),
        (2, 8, 512, (200, 60), 16),
        (2, 4, 11, (120, 40), 11),
        (2, 4, 22, (200, 60), 22),
        (2, 1, 5, (120, 40), 20),
        (2, 32, 512, (120, 40), 4),
    ];
    for (layers, heads, tokens, (width, height), least) in rows {
        let state = showing(of(layers, heads, tokens), Depth::True, width, height);
        let (plan, _) = state.grid_plan();
        let inner = state.layout().grid.inner();
        assert!(
            plan.width >= least,
            "{heads} {tokens}: {plan:?} in {inner:?}"
        );
        assert!(plan.rows * plan.columns >= heads, "{plan:?}");
        // The pane ends with them.
        let used = plan.rows as u16 * plan.stride();
        assert!(
            inner.height <= used.max(4),
            "{heads} {tokens}: {plan:?} in {inner:?}"
        );
        // All weights of a short text are equally large.
        let shared = usize::from(plan.width) < tokens;
        assert!(shared || usize::from(plan.width) % tokens == 0, "{plan:?}");
    }
}

#[test]
fn the_list_has_a_row_for_every_key_of_a_short_text() {
    for (tokens, (width, height)) in [(5, (120, 40)), (10, (120, 40)), (11, (200, 60))] {
        let state = showing(of(4, 4, tokens), Depth::True, width, height);
        let list = state.layout().list.inner();
        assert_eq!(usize::from(list.height), tokens, "{width}");
    }
}

#[test]
fn the_present_layer_is_told_by_its_number_and_keeps_its_colours() {
    for layers in [4, 12, 48, 128] {
        for (width, height) in [(80, 24), (120, 40), (200, 60)] {
            let mut state = showing(of(layers, 2, 8), Depth::Ansi256, width, height);
            press(&mut state, "[[[[[[[[[[[[");
            let plan = FlowPlan::new(state.layout().flow.inner(), layers).unwrap();
            let bars = |state: &State| -> Vec<(String, Color)> {
                let buffer = screen(state, Depth::Ansi256, width, height);
                let groups = (0..4).map(|at| super::super::canvas::rect(plan.group(at)));
                let cells = groups.flat_map(|group| group.positions());
                cells
                    .map(|at| (buffer[at].symbol().to_owned(), buffer[at].fg))
                    .collect()
            };
            let lit = |state: &State| -> String {
                let buffer = screen(state, Depth::Ansi256, width, height);
                let inner = super::super::canvas::rect(state.layout().flow.inner());
                let number = |at: &ratatui::layout::Position| {
                    let cell = &buffer[*at];
                    cell.fg == Color::Indexed(215) && cell.modifier.contains(Modifier::BOLD)
                };
                let cells = inner.positions().filter(number);
                cells.map(|at| buffer[at].symbol()).collect()
            };
            let here = bars(&state);
            assert!(lit(&state).contains('0'), "{layers} {width}");
            press(&mut state, "]]]");
            assert_eq!(bars(&state), here, "{layers} {width}");
            assert!(
                lit(&state).contains('3'),
                "{layers} {width}: {}",
                lit(&state)
            );
            let told = text(&screen(&state, Depth::Ansi256, width, height));
            let bins = format!("{} layers a bar", plan.each);
            assert_eq!(
                plan.each > 1,
                told.contains(&bins),
                "{layers} {width}: {told}"
            );
        }
    }
}

#[test]
fn the_flow_names_its_numbers_and_says_what_it_shows() {
    let state = showing(of(4, 4, 11), Depth::True, 120, 40);
    let told = text(&screen(&state, Depth::True, 120, 40));
    let flow = state.layout().flow;
    let rows: Vec<&str> = told.lines().skip(usize::from(flow.y)).collect();
    let names = rows
        .iter()
        .find(|row| row.contains("self") && row.contains("entropy"));
    let names = names.unwrap_or_else(|| panic!("{told}"));
    assert!(
        names.contains("previous") && names.contains("first"),
        "{names}"
    );
    assert!(told.contains("means over heads and queries"), "{told}");
    let point = |(_, point): (crate::capture::Layer, &crate::lens::Numbers)| Some(*point);
    let points: Vec<_> = state.flow().map(point).collect();
    let sentence = &crate::lens::flow_sentences(&points, 40)[0];
    assert!(told.contains(sentence), "{sentence}: {told}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn panes_never_overlap_and_leave_no_row_over(
        (layers, heads, tokens) in (1usize..140, 1usize..70, 1usize..60),
        (width, height) in (40u16..220, 12u16..80),
        half_blocks in any::<bool>(),
    ) {
        let depth = if half_blocks { Depth::Ansi256 } else { Depth::None };
        let recipe = Recipe {
            tokens: (0..tokens).map(|i| format!(" {i}")).collect(),
            layers: layers.min(6),
            heads: heads.min(40),
            ..Recipe::default()
        };
        let mut state = showing(recipe.capture(), depth, width, height);
        for keys in ["1", "2", "3", "t"] {
            press(&mut state, keys);
            let layout = *state.layout();
            let panes = [
                layout.map, layout.grid, layout.list, layout.flow, layout.text, layout.atlas,
                layout.table,
            ];
            let panes: Vec<_> = panes.into_iter().filter(|area| !area.is_empty()).collect();
            let cells: u32 = panes.iter().map(|a| u32::from(a.width) * u32::from(a.height)).sum();
            let body = u32::from(width) * u32::from(height - 3);
            prop_assert_eq!(cells, body, "{:?} {:?}", state.screen() as Screen, layout);
            for (at, pane) in panes.iter().enumerate() {
                prop_assert!(pane.width >= 3 && pane.height >= 3, "{layout:?}");
                for other in &panes[at + 1..] {
                    let apart = pane.x + pane.width <= other.x || other.x + other.width <= pane.x
                        || pane.y + pane.height <= other.y || other.y + other.height <= pane.y;
                    prop_assert!(apart, "{layout:?}");
                }
            }
            screen(&state, depth, width, height);
        }
    }
}
