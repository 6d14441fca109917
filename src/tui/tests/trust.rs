//! What can't be trusted, what is masked and what is known of a layer, as they reach the screen.

use super::*;

/// A layer of every kind of attention that a rule knows.
fn odd() -> Capture {
    let recipe = Recipe {
        window: Some(5),
        ..Recipe::default()
    };
    let mut capture = recipe.capture();
    let mut layer = (*capture.layers[1]).clone();
    layer.kv_heads = 2;
    layer.rule.softcap = Some(50.0);
    layer.rule.slopes = vec![0.5, 0.25, 0.125, 0.0625];
    layer.rule.sinks = vec![-1.5, 0.0, 0.25, 2.0];
    capture.layers[1] = Arc::new(layer);
    capture.origin = Arc::new(Origin {
        assumed: vec!["4 heads were assumed.".to_owned()],
        ..(*capture.origin).clone()
    });
    capture
}

#[test]
fn trust_and_origin_of_a_layer() {
    let mut state = trusted(Recipe::default().capture(), Depth::Ansi256, 80, 24);
    press(&mut state, "i");
    insta::assert_snapshot!(styled(&screen(&state, Depth::Ansi256, 80, 24)));
    // The rule of this layer is not the one that its log-sum-exps were taken under.
    let mut state = trusted(odd(), Depth::None, 80, 40);
    press(&mut state, "]i");
    insta::assert_snapshot!(text(&screen(&state, Depth::None, 80, 40)));
}

#[test]
fn what_cannot_be_trusted_is_marked_at_every_depth_and_size() {
    for depth in DEPTHS {
        for (width, height) in [(80, 24), (120, 40), (200, 60)] {
            let state = trusted(Recipe::default().capture(), depth, width, height);
            assert!(!text(&screen(&state, depth, width, height)).contains('▲'));
            let mut state = trusted(broken(), depth, width, height);
            let told = text(&screen(&state, depth, width, height));
            assert!(told.lines().next().unwrap().contains("▲ don't trust i"));
            assert!(told.contains("layer 0: 2 values are NaN or infinite"));
            press(&mut state, "i");
            let told = text(&screen(&state, depth, width, height));
            assert!(told.contains("▲  NaN or infinite: 0 in q, 0 in k, 2 in lse"));
            assert!(told.contains("▲  off by at most NaN"), "{told}");
        }
    }
}

#[test]
fn what_was_found_in_a_layer_goes_with_its_capture() {
    let mut state = trusted(broken(), Depth::True, 80, 24);
    assert!(!state.problems().is_empty());
    let next = Arc::new(Recipe::default().capture());
    update(&mut state, Event::Work(Update::Capture(Arc::clone(&next))));
    assert!(state.problems().is_empty() && state.trust().is_none());
    // Late news of a layer that is shown no more changes nothing.
    let late = Arc::clone(&broken().layers[0]);
    let found = layer_trust(&late, TRUST_BUDGET);
    update(&mut state, Event::Work(Update::Trust(late, found)));
    assert!(state.problems().is_empty() && state.trust().is_none());
}

#[test]
fn masked_zero_and_nan_differ_on_screen_at_every_depth() {
    for depth in DEPTHS {
        let mut state = showing(broken(), depth, 60, 20);
        press(&mut state, "g^");
        let buffer = screen(&state, depth, 60, 20);
        let (plan, ..) = state.map_plan();
        let look = |query: usize, key: usize| {
            let (x, y) = (plan.left(key), plan.middle(query));
            let cell = &buffer[(x, y)];
            (cell.symbol().to_owned(), cell.fg, cell.bg, cell.modifier)
        };
        let (zero, nan, masked) = (look(1, 0), look(2, 1), look(1, 3));
        assert!(zero != nan && nan != masked && masked != zero, "{depth:?}");
        assert_eq!(masked.2, Color::Reset);
        assert!(text(&buffer).contains("NaN"), "{depth:?}");
    }
}
