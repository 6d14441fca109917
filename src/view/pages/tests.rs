use proptest::prelude::*;

use super::*;
use crate::lens::Measure;
use crate::view::ACTIONS;
use crate::view::fixture::Recipe;
use crate::view::tests::{press, resize, showing};

fn text(page: &Page) -> String {
    let line = |line: &PageLine| {
        let pieces = line.pieces.iter().map(|(_, text)| text.as_str());
        pieces.collect::<String>() + "\n"
    };
    page.lines.iter().map(line).collect()
}

#[test]
fn help_begins_at_the_screen_and_pane_that_one_is_on() {
    let mut state = showing(&Recipe::default());
    for (keys, first, second) in [
        ("?", "heatmap", "every screen"),
        ("Esc Tab ?", "grid of heads", "every screen"),
        ("Esc 2 ?", "text", "every screen"),
        ("Esc 3 ?", "atlas", "every screen"),
    ] {
        press(&mut state, keys);
        let page = state.page().unwrap();
        let headings = page.lines.iter().filter(|line| {
            line.pieces
                .first()
                .is_some_and(|(ink, _)| *ink == Ink::Heading)
        });
        let names: Vec<&str> = headings.map(|line| line.pieces[0].1.as_str()).collect();
        assert_eq!(
            (page.first, names[0], names[1]),
            (0, first, second),
            "{keys}"
        );
        let told = text(&page);
        for action in ACTIONS {
            let word = action.doc.split(' ').next().unwrap();
            assert!(told.contains(word), "{}", action.name);
        }
    }
}

#[test]
fn every_number_is_defined_one_key_away() {
    let mut state = showing(&Recipe::default());
    for screen in ["1", "2", "3"] {
        resize(&mut state, 200, 60);
        press(&mut state, screen);
        press(&mut state, "#");
        let told = text(&state.page().unwrap())
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        for measure in Measure::ALL {
            assert!(told.contains(measure.title()) && told.contains(measure.doc()));
            let formula: Vec<&str> = measure.definition().split_whitespace().collect();
            assert!(told.contains(&formula.join(" ")), "{}", measure.name());
        }
        assert_eq!(told.contains("received"), screen != "3");
        press(&mut state, "Esc");
    }
}

#[test]
fn a_search_goes_to_rows_and_on() {
    let mut state = showing(&Recipe::default());
    resize(&mut state, 80, 24);
    press(&mut state, "?");
    assert_eq!(state.page().unwrap().columns, 1);
    press(&mut state, "/ c l i p b o a r d");
    let (sought, at, of) = state.searched().unwrap();
    assert_eq!((sought, at), ("clipboard", Some(1)));
    assert!(of >= 1);
    let seen = |state: &State| {
        let page = state.page().unwrap();
        let row = page.hits.1.unwrap();
        let lines = page
            .lines
            .iter()
            .skip(page.first)
            .take(page.rows * page.columns);
        lines.clone().any(|line| line.row == row)
    };
    assert!(seen(&state));
    // Esc comes back; Enter stays, n and N go on, round and round.
    let there = state.popup().unwrap().1;
    press(&mut state, "Esc");
    assert_eq!((state.popup().unwrap().1, state.searched()), (0, None));
    press(&mut state, "/ c o l o u r Enter");
    let (_, at, of) = state.searched().unwrap();
    assert!(at == Some(1) && of > 2 && there > 0);
    for expected in (2..=of).chain([1]) {
        press(&mut state, "n");
        assert_eq!(state.searched().unwrap().1, Some(expected));
        assert!(seen(&state));
    }
    press(&mut state, "N");
    assert_eq!(state.searched().unwrap().1, Some(of));
    // Upper case counts where it is typed; what is not there is said.
    press(&mut state, "/ C O L O U R Enter");
    assert_eq!(state.searched(), Some(("COLOUR", None, 0)));
    press(&mut state, "Esc ?");
    assert_eq!(state.searched(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_line_comes_to_sight_at_every_size(
        width in 40..260u16,
        height in 12..90u16,
        key in prop::sample::select(vec!["?", "#", "i"]),
    ) {
        let mut state = showing(&Recipe::default());
        resize(&mut state, width, height);
        press(&mut state, key);
        let first = state.page().unwrap();
        let shown = first.columns * first.rows;
        let mut seen = vec![false; first.lines.len()];
        for _ in 0..=first.lines.len() {
            let page = state.page().unwrap();
            let area = page.area;
            prop_assert!(area.x + area.width <= width && area.y + area.height < height);
            let columns = page.columns as u16;
            prop_assert!(columns * page.width + (columns - 1) * 2 + 4 <= area.width.max(page.width + 4));
            for line in &page.lines {
                prop_assert!(line.width() <= usize::from(page.width));
            }
            seen[page.first..].iter_mut().take(shown).for_each(|seen| *seen = true);
            press(&mut state, "Ctrl-d");
        }
        prop_assert!(seen.into_iter().all(|seen| seen));
    }
}
