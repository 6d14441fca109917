//! The heatmap at any size: what is drawn where, and in which colours.

use std::collections::HashSet;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

use super::super::canvas::{Canvas, written};
use super::super::panel;
use super::super::theme::{Role, Theme};
use super::*;
use crate::view::{Area, Layout};

const COLOURED: [Depth; 3] = [Depth::Ansi16, Depth::Ansi256, Depth::True];

/// A head of so many tokens whose names hold no digits.
fn lettered(tokens: usize, heads: usize) -> Capture {
    let letter = |i: usize| char::from(b'a' + (i % 26) as u8);
    let name = |i: usize| match i % 7 {
        0 => format!(" {}ncomprehensible", letter(i)),
        _ => format!(" {}{}", letter(i), letter(i / 26)),
    };
    let recipe = Recipe {
        tokens: (0..tokens).map(name).collect(),
        layers: 2,
        heads,
        ..Recipe::default()
    };
    recipe.capture()
}

/// The numbers in a line of text: digits and the points among them.
fn numbers(line: &str) -> Vec<String> {
    let runs = line.split(|c: char| !c.is_ascii_digit() && c != '.');
    let runs = runs.map(|run| run.trim_end_matches('.'));
    let runs = runs.filter(|run| run.chars().any(|c| c.is_ascii_digit()));
    runs.map(str::to_owned).collect()
}

/// The colours of the upper and the lower half of a cell of the screen.
fn halves(cell: &Cell) -> [Color; 2] {
    match cell.symbol() {
        "▀" => [cell.fg, cell.bg],
        "▄" => [cell.bg, cell.fg],
        _ => [cell.bg; 2],
    }
}

#[test]
fn the_cell_under_the_cursor_keeps_the_colour_of_its_weight() {
    for (width, height) in [(200, 60), (120, 40), (80, 24), (40, 12)] {
        for tokens in [3, 11, 22, 30, 60, 300] {
            let capture = lettered(tokens, 1);
            for ground in [Ground::Dark, Ground::Light] {
                for depth in COLOURED {
                    let palette = Palette {
                        ground,
                        ..depth.into()
                    };
                    let mut state = showing(capture.clone(), depth, width, height);
                    for keys in ["g^", "jj", "G", "$", "kh"] {
                        press(&mut state, keys);
                        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
                        let frame = terminal.draw(|frame| draw(frame, &state, palette)).unwrap();
                        let (plan, first, left) = state.map_plan();
                        let row = state.cursor().query.0 / plan.tile - first;
                        let column = state.cursor().key.0 / plan.tile - left;
                        let theme = Theme::new(palette);
                        let value = state.heat().unwrap().get(row, column);
                        let expected = theme.level(theme.ramp().level(value));
                        let (x, y) = (plan.left(column), plan.middle(row));
                        let half = 2 * usize::from(y - plan.field.y);
                        let at = usize::from(plan.row_at(half) != Some(row));
                        let shown = halves(&frame.buffer[(x, y)])[at];
                        let place = format!("{width}x{height} {tokens} {depth:?} {keys}");
                        assert_eq!(shown, expected, "{place}");
                        // Marks stand beside it.
                        let accent = |x: u16| {
                            let cell = &frame.buffer[(x, y)];
                            let level = theme.level(theme.ramp().level(value));
                            cell.fg != level || cell.symbol() != " "
                        };
                        assert!(accent(x - 1), "{place}");
                        // Both tokens are lit on the axes.
                        let lit = |role| {
                            let colour = theme.colour(role);
                            let mut cells = frame.buffer.content().iter();
                            cells.any(|cell| cell.fg == colour && cell.symbol() != " ")
                        };
                        assert!(lit(Role::Query) && lit(Role::Accent), "{place}");
                    }
                }
            }
        }
    }
}

#[test]
fn numbers_of_the_chosen_row_and_column_are_bold_and_exact() {
    let mut state = showing(lettered(11, 2), Depth::True, 120, 40);
    press(&mut state, "g^jjjll");
    let buffer = screen(&state, Depth::True, 120, 40);
    let (plan, ..) = state.map_plan();
    let pattern = state.pattern().unwrap();
    for query in 0..11 {
        for key in 0..=query {
            let weight = pattern
                .weight(crate::capture::Query(query), crate::capture::Key(key))
                .unwrap();
            let told = super::super::words::in_cell(weight, 3);
            let y = plan.middle(query);
            let cells: Vec<_> = (plan.left(key)..plan.left(key + 1))
                .map(|x| &buffer[(x, y)])
                .collect();
            let shown: String = cells.iter().map(|cell| cell.symbol()).collect();
            assert_eq!(shown.trim_matches([' ', '│']), told, "{query} {key}");
            let bold = cells
                .iter()
                .any(|cell| cell.modifier.contains(Modifier::BOLD));
            let chosen = query == 3 || key == 2;
            assert_eq!(bold, chosen && !told.is_empty(), "{query} {key}");
        }
    }
}

#[test]
fn the_ruler_tells_whole_positions() {
    for width in 40..=200 {
        let recipe = Recipe {
            tokens: (0..600).map(|_| " a".to_owned()).collect(),
            layers: 1,
            heads: 1,
            ..Recipe::default()
        };
        let mut state = showing(recipe.capture(), Depth::Ansi256, width, 24);
        press(&mut state, "g^");
        let (plan, ..) = state.map_plan();
        let told = text(&screen(&state, Depth::Ansi256, width, 24));
        let line = told.lines().nth(usize::from(plan.field.y) - 1).unwrap();
        let map = line.split('│').nth(1).unwrap_or_default();
        let shown: Vec<usize> = numbers(map).iter().map(|n| n.parse().unwrap()).collect();
        assert_eq!(shown.last(), Some(&599), "{width} {line}");
        // All others are multiples of one round step.
        let step = shown.iter().copied().find(|n| *n > 0).unwrap();
        let others = shown.iter().filter(|n| **n != 599);
        assert!(
            step == 599 || others.clone().all(|n| n % step == 0 && n % 10 == 0),
            "{width} {line}"
        );
    }
}

/// Whether every number on the screen is a whole one of a text that was to be written.
fn shown_numbers(state: &State, depth: Depth, (width, height): (u16, u16)) -> Result<(), String> {
    written();
    let told = text(&screen(state, depth, width, height));
    let whole: HashSet<String> = written().iter().flat_map(|text| numbers(text)).collect();
    for line in told.lines() {
        for number in numbers(line) {
            if !whole.contains(&number) {
                return Err(format!("{width}x{height}: {number} in {line}"));
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_number_on_every_screen_is_a_whole_one(
        tokens in prop::sample::select(vec![1usize, 5, 11, 22, 27, 40, 90, 400]),
        heads in prop::sample::select(vec![1usize, 4, 12]),
        size in (40u16..230, 12u16..70),
        keys in "[hjklG$mwszt]{0,6}",
        depth in prop::sample::select(DEPTHS.to_vec()),
    ) {
        let mut state = showing(lettered(tokens, heads), depth, size.0, size.1);
        for screen in ["1", "2", "3"] {
            press(&mut state, screen);
            press(&mut state, &keys);
            prop_assert_eq!(shown_numbers(&state, depth, size), Ok(()));
        }
    }

    #[test]
    fn no_panel_draws_outside_of_its_area(
        tokens in prop::sample::select(vec![1usize, 5, 11, 22, 27, 40, 90, 400]),
        heads in prop::sample::select(vec![1usize, 4, 12]),
        (width, height) in (40u16..230, 12u16..70),
        keys in "[hjklG$mwszt]{0,6}",
        depth in prop::sample::select(DEPTHS.to_vec()),
    ) {
        type Panel = (&'static str, fn(&mut Canvas, Area, &State), fn(&Layout) -> Area);
        let panels: [Panel; 10] = [
            ("header", panel::header, |l| l.header),
            ("map", panel::map, |l| l.map),
            ("grid", panel::grid, |l| l.grid),
            ("list", panel::list, |l| l.list),
            ("flow", panel::flow, |l| l.flow),
            ("text", panel::text, |l| l.text),
            ("atlas", panel::atlas, |l| l.atlas),
            ("table", panel::table, |l| l.table),
            ("message", panel::message, |l| l.message),
            ("footer", panel::footer, |l| l.footer),
        ];
        let mut state = showing(lettered(tokens, heads), depth, width, height);
        for screen in ["1", "2", "3"] {
            press(&mut state, screen);
            press(&mut state, &keys);
            for (name, panel, area) in panels {
                let area = area(state.layout());
                let mut buffer = Buffer::filled(Rect::new(0, 0, width, height), Cell::new("?"));
                let theme = Theme::new(depth);
                panel(&mut Canvas { buffer: &mut buffer, theme }, area, &state);
                for y in 0..height {
                    for x in 0..width {
                        let inside = area.contains(x, y);
                        let touched = buffer[(x, y)] != Cell::new("?");
                        prop_assert!(inside || !touched, "{name} {x} {y}");
                    }
                }
            }
        }
    }
}
