//! Long texts: pooled cells, parts and single weights, as they reach the screen.

use super::*;

#[test]
fn half_blocks_where_tokens_outnumber_cells() {
    let recipe = Recipe {
        tokens: (0..60).map(|i| format!(" {i}")).collect(),
        layers: 1,
        heads: 1,
        ..Recipe::default()
    };
    let state = showing(recipe.capture(), Depth::Ansi256, 44, 14);
    insta::assert_snapshot!(styled(&screen(&state, Depth::Ansi256, 44, 14)));
}

/// One head of 300 tokens, zoomed into by these keys.
fn zoomed(depth: Depth, keys: &str, (width, height): (u16, u16)) -> Buffer {
    let recipe = Recipe {
        tokens: (0..300).map(|i| format!(" {i}")).collect(),
        layers: 1,
        heads: 1,
        ..Recipe::default()
    };
    let mut state = showing(recipe.capture(), depth, width, height);
    press(&mut state, keys);
    screen(&state, depth, width, height)
}

#[test]
fn a_part_of_a_long_text_in_256_colours() {
    let buffer = zoomed(Depth::Ansi256, "G$zz", (76, 20));
    insta::assert_snapshot!(styled(&buffer));
}

#[test]
fn single_weights_of_a_long_text_without_colours() {
    let whole = zoomed(Depth::None, "G^P", (60, 20));
    let part = zoomed(Depth::None, "G^zzzz", (60, 20));
    insta::assert_snapshot!(format!("{}\n{}", text(&whole), text(&part)));
}

#[test]
fn marks_in_the_frame_tell_where_the_window_is() {
    for depth in DEPTHS {
        let told = |keys| text(&zoomed(depth, keys, (80, 24)));
        let first = told("G^zz");
        let mut corner = first.lines().nth(1).unwrap().chars();
        let edge = corner.position(|c| "╮┓".contains(c)).unwrap();
        let marks = |told: &str| {
            let [vertical, horizontal] = match depth {
                Depth::None => ['█', '█'],
                _ => ['┃', '━'],
            };
            let at_edge = |line: &str| line.chars().nth(edge) == Some(vertical);
            let rows: Vec<usize> = (1..20)
                .filter(|&y| told.lines().nth(y).is_some_and(at_edge))
                .collect();
            let bottom = told.lines().nth(21).unwrap().chars();
            let columns: Vec<usize> = (0..)
                .zip(bottom)
                .filter(|(at, c)| *at > 0 && *at < edge && *c == horizontal)
                .map(|(at, _)| at)
                .collect();
            (rows, columns)
        };
        let (top, left) = marks(&told("g^zz"));
        let (bottom, right) = marks(&told("G$zz"));
        assert!(!top.is_empty() && !left.is_empty(), "{depth:?}");
        assert!(top.first() < bottom.first() && left.first() < right.first());
        assert!(told("G$").contains("1:") && !told("G$").contains("rows 0"));
    }
}
