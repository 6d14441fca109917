//! The action table has no holes and no clashes.

use super::*;
use crate::view::{COMMANDS, Code, Keymap};

/// The places whose keys are alive at the same time and must not take each other's.
const TOGETHER: [&[Place]; 10] = [
    &[Place::Everywhere, Place::Screens, Place::Heads, Place::Map],
    &[Place::Everywhere, Place::Screens, Place::Heads, Place::Grid],
    &[Place::Everywhere, Place::Screens, Place::Heads, Place::List],
    &[Place::Everywhere, Place::Screens, Place::Heads, Place::Flow],
    &[Place::Everywhere, Place::Screens, Place::Text],
    &[Place::Everywhere, Place::Screens, Place::Atlas],
    &[Place::Everywhere, Place::Links],
    &[Place::Everywhere, Place::Popup],
    &[Place::Everywhere, Place::Editor],
    &[Place::Everywhere, Place::Prompt],
];

#[test]
fn every_action_has_a_key_and_a_doc() {
    for action in ACTIONS {
        assert!(!action.keys.is_empty(), "{action:?}");
        assert!(
            !action.name.is_empty() && !action.doc.is_empty(),
            "{action:?}"
        );
    }
}

#[test]
fn no_two_actions_share_a_key_where_both_are_alive() {
    for places in TOGETHER {
        let mut seen = std::collections::HashMap::new();
        for action in ACTIONS.iter().filter(|a| places.contains(&a.place)) {
            for key in action.keys {
                let other = seen.insert(*key, action.name);
                assert_eq!(other, None, "{} in {places:?}", key.name());
            }
        }
    }
}

#[test]
fn keys_that_terminals_cannot_tell_apart_are_left_alone() {
    for action in ACTIONS {
        for key in action.keys {
            let twin = matches!(key.code, Code::Char('h' | 'i' | 'm' | '['));
            assert!(!(key.ctrl && twin), "{action:?}");
        }
    }
}

#[test]
fn every_place_is_in_the_help_and_the_table() {
    let table = Keymap::default().markdown();
    for action in ACTIONS {
        assert!(Place::ALL.contains(&action.place));
        assert!(table.contains(action.doc), "{}", action.name);
    }
    assert_eq!(table.lines().count(), ACTIONS.len() + COMMANDS.len() + 2);
}

#[test]
fn hints_tell_a_key_once() {
    let hints = Keymap::default().hints(&[Place::List, Place::Text], &|_| true);
    let told = |keys: &str, word| hints.contains(&(keys.to_owned(), word));
    assert!(told("↓↑", "entry") && told("Enter", "jump") && told("←→", "token"));
    assert!(!told("Enter", "heatmap"));
}

#[test]
fn hints_join_neighbours() {
    let hints = Keymap::default().hints(&[Place::Map, Place::Screens, Place::Heads], &|_| true);
    assert_eq!(hints[0], ("←↓↑→".to_owned(), "cell"));
    assert_eq!(hints[1], ("[ ]".to_owned(), "layer"));
    assert_eq!(hints[2], ("{ }".to_owned(), "head"));
    assert!(hints.contains(&("Tab".to_owned(), "pane")));
    assert_eq!(hints.last().unwrap().1, "quit");
}
