use super::*;
use crate::view::fixture::Recipe;
use crate::view::tests::{press, showing};

fn names() -> Recipe {
    let text = "Tom|my| saw| Dor|oth|y|.| Dor|oth|y| ran|.";
    Recipe {
        tokens: text.split('|').map(str::to_owned).collect(),
        ..Recipe::default()
    }
}

#[test]
fn words_end_at_spaces_marks_and_scripts_without_spaces() {
    for (before, after, expected) in [
        ("Dor", "oth", true),
        (" don", "'t", true),
        ("Tom", " saw", false),
        ("y", ".", false),
        ("'", "x", false),
        ("日", "本", false),
        ("", "a", false),
    ] {
        assert_eq!(
            continues(before.as_bytes(), after.as_bytes()),
            expected,
            "{before} {after}"
        );
    }
    assert!(continues(&[0xf0, 0x9f], &[0x90, 0xb1]));
}

#[test]
fn the_token_stays_when_the_direction_turns_on_every_screen() {
    for screen in ["1", "2"] {
        let mut state = showing(&names());
        press(&mut state, screen);
        press(&mut state, "/ r a n Enter");
        assert_eq!(state.subject(), 10..11, "{screen}");
        let before = state.cursor();
        press(&mut state, "w");
        assert_eq!(
            (state.subject(), state.direction()),
            (10..11, Direction::Attended)
        );
        assert_eq!(state.cursor().key.0, 10);
        let strongest = state.ranked()[0].position;
        assert_eq!(state.cursor().query.0, strongest, "{screen}");
        press(&mut state, "w");
        assert_eq!(state.subject(), 10..11);
        if screen == "1" {
            assert_eq!(
                state.cursor(),
                before,
                "what was turned at once is turned back"
            );
        }
        press(&mut state, "w / s a w Enter");
        assert_eq!(
            (state.cursor().key.0, state.subject()),
            (2, 2..3),
            "find moves it, too"
        );
    }
}

#[test]
fn turned_about_the_cell_stays() {
    let mut state = showing(&names());
    press(&mut state, "/ r a n Enter h h");
    let before = state.cursor();
    press(&mut state, "W");
    assert_eq!(
        (state.cursor(), state.subject()),
        (before, before.key.0..before.key.0 + 1)
    );
    press(&mut state, "W");
    assert_eq!((state.cursor(), state.subject()), (before, 10..11));
}

#[test]
fn a_name_is_taken_as_one() {
    for screen in ["1", "2"] {
        let mut state = showing(&names());
        press(&mut state, screen);
        press(&mut state, "/ D o r o t h y Enter v");
        let first = state.span().unwrap();
        assert!(first == (3..6) || first == (7..10), "{first:?}");
        assert_eq!(state.subject_label().bare().text(), "Dorothy");
        let pattern = state.pattern().unwrap();
        let (start, row) = pattern.weights_of_span(first.clone()).unwrap();
        for entry in state.ranked() {
            assert_eq!(entry.weight, row[entry.position - start]);
        }
        let readout = state.readout().unwrap();
        assert!((readout - row[state.cursor().key.0 - start]).abs() < 1e-6);
        assert!(state.ends()[0].position.contains("mean"));
        // The next place is one, too; the direction turns it to sums.
        press(&mut state, "n w");
        let next = state.span().unwrap();
        assert!(next != first && next.len() == 3);
        let sums = state.pattern().unwrap().weights_to_span(next.clone());
        for entry in state.ranked() {
            assert_eq!(entry.weight, sums[entry.position - next.start]);
        }
        assert!(state.ends()[1].position.contains("sum"));
        // Another token ends it.
        press(&mut state, "w g");
        assert_eq!(state.span(), None);
    }
    // A word without finding, and one that is a token.
    let mut state = showing(&names());
    press(&mut state, "g v");
    assert_eq!(state.span(), Some(0..2));
    press(&mut state, "v j j v");
    assert_eq!(state.span(), None);
    assert!(state.status().unwrap().contains("is one token"));
}
