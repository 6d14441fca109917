//! What reaches the screen, colours included.

mod atlas;
mod hostile;
mod map;
mod panes;
mod text;
mod trust;
mod zoom;

use std::fmt::Write;
use std::sync::Arc;

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use super::draw::draw;
use super::frames::Frames;
use crate::capture::{Capture, Layer, Origin, text_was_cut};
use crate::lens::{TRUST_BUDGET, layer_trust};
use crate::paint::{Colormap, Depth, Ground, Palette};
use crate::view::fixture::Recipe;
use crate::view::{ACTIONS, Code, Event, Mouse, Options, State, Stroke, Update, update};

const DEPTHS: [Depth; 4] = [Depth::None, Depth::Ansi16, Depth::Ansi256, Depth::True];

fn showing(capture: Capture, depth: Depth, width: u16, height: u16) -> State {
    let mut state = State::new(Options {
        layer: Some(Layer(0)),
        text: capture.text.clone(),
        half_blocks: depth != Depth::None,
        ..Options::default()
    });
    update(&mut state, Event::Resize { width, height });
    update(&mut state, Event::Work(Update::Capture(Arc::new(capture))));
    state
}

/// The same, with every layer looked through as the worker does.
fn trusted(capture: Capture, depth: Depth, width: u16, height: u16) -> State {
    let layers = capture.layers.clone();
    let mut state = showing(capture, depth, width, height);
    for layer in layers {
        let found = layer_trust(&layer, TRUST_BUDGET);
        update(&mut state, Event::Work(Update::Trust(layer, found)));
    }
    state
}

/// A capture of four tokens with one weight that is not a number and one that is zero: query 3.
fn broken() -> Capture {
    let recipe = Recipe {
        tokens: ["a", "b", "c", "d"].map(str::to_owned).into(),
        layers: 1,
        heads: 1,
        ..Recipe::default()
    };
    let mut capture = recipe.capture();
    let mut layer = (*capture.layers[0]).clone();
    // Query 2 is broken; query 1 puts nothing anywhere.
    layer.lse[2] = f32::NAN;
    layer.lse[1] = f32::INFINITY;
    capture.layers[0] = Arc::new(layer);
    capture
}

fn press(state: &mut State, letters: &str) {
    for letter in letters.chars() {
        let code = match letter {
            '\t' => Code::Tab,
            '\n' => Code::Enter,
            letter => Code::Char(letter),
        };
        let (ctrl, alt) = (false, false);
        update(state, Event::Key(Stroke { code, ctrl, alt }));
    }
}

fn screen(state: &State, depth: Depth, width: u16, height: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let frame = terminal.draw(|frame| draw(frame, state, depth)).unwrap();
    frame.buffer.clone()
}

/// The screen as text.
fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        for x in 0..buffer.area.width {
            text.push_str(buffer[(x, y)].symbol());
        }
        text.push('\n');
    }
    text
}

/// The screen as text, then each cell's look by a letter, then what the letters stand for: so that
/// a change of colour shows in a snapshot.
fn styled(buffer: &Buffer) -> String {
    let mut looks: Vec<String> = Vec::new();
    let mut letters = String::new();
    for y in 0..buffer.area.height {
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            let mut look = format!("{} on {}", name(cell.fg), name(cell.bg));
            if !cell.modifier.is_empty() {
                write!(look, " {:?}", cell.modifier).unwrap();
            }
            let at = looks.iter().position(|l| *l == look).unwrap_or_else(|| {
                looks.push(look);
                looks.len() - 1
            });
            let letter = (b'a' + at as u8 % 26) as char;
            letters.push(if at < 26 {
                letter
            } else {
                letter.to_ascii_uppercase()
            });
        }
        letters.push('\n');
    }
    let mut out = text(buffer);
    out.push_str(&letters);
    for (at, look) in looks.iter().enumerate() {
        let letter = (b'a' + at as u8 % 26) as char;
        let letter = if at < 26 {
            letter
        } else {
            letter.to_ascii_uppercase()
        };
        writeln!(out, "{letter}: {look}").unwrap();
    }
    out
}

fn name(colour: Color) -> String {
    match colour {
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        Color::Indexed(index) => index.to_string(),
        Color::Reset => "-".to_owned(),
        other => other.to_string(),
    }
}

#[test]
fn heads_in_256_colours() {
    let state = showing(Recipe::default().capture(), Depth::Ansi256, 76, 20);
    insta::assert_snapshot!(styled(&screen(&state, Depth::Ansi256, 76, 20)));
}

#[test]
fn a_narrow_screen_in_true_colour() {
    let recipe = Recipe {
        tokens: ["a", " b", "猫", "\n", " d"].map(str::to_owned).into(),
        layers: 1,
        heads: 2,
        ..Recipe::default()
    };
    let state = showing(recipe.capture(), Depth::True, 44, 14);
    insta::assert_snapshot!(styled(&screen(&state, Depth::True, 44, 14)));
}

#[test]
fn what_was_found_is_marked_on_both_axes_of_a_head() {
    let mut state = showing(Recipe::default().capture(), Depth::True, 120, 40);
    let marked = |state: &State| {
        let shown = screen(state, Depth::True, 120, 40);
        let cells = shown.content.iter().filter(|cell| {
            let last = cell.symbol().trim().is_empty();
            cell.modifier.contains(Modifier::UNDERLINED) && !last
        });
        cells.map(|cell| cell.symbol()).collect::<String>()
    };
    let before = marked(&state);
    press(&mut state, "/at\n");
    let found = marked(&state);
    // Three tokens, as queries and as keys.
    assert_eq!(
        found.matches('a').count() - before.matches('a').count(),
        6,
        "{found}"
    );
}

#[test]
fn a_move_of_the_cursor_sends_few_bytes() {
    use ratatui::layout::Size;

    #[derive(Clone, Default)]
    struct Count(std::rc::Rc<std::cell::Cell<usize>>);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.set(self.0.get() + bytes.len());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let recipe = Recipe {
        tokens: (0..500).map(|i| format!(" {i}")).collect(),
        layers: 1,
        heads: 2,
        ..Recipe::default()
    };
    // Another query changes every row of the list; weights as random as these change most.
    for (depth, of_query, of_key) in [(Depth::Ansi256, 1280, 512), (Depth::True, 1536, 640)] {
        let mut state = showing(recipe.capture(), depth, 200, 60);
        let sent = Count::default();
        let size = || Ok(Size::new(200, 60));
        let mut frames = Frames::new(sent.clone(), size).unwrap();
        for zooms in ["G^", "z", "z", "z"] {
            press(&mut state, zooms);
            frames.draw(|frame| draw(frame, &state, depth)).unwrap();
            // Away from the edge, where all cells would move.
            for key in ["k", "k", "l", "l", "h"] {
                press(&mut state, key);
                sent.0.set(0);
                frames.draw(|frame| draw(frame, &state, depth)).unwrap();
                let bytes = sent.0.get();
                let most = if key == "k" { of_query } else { of_key };
                assert!(bytes <= most, "{depth:?} {zooms} {key}: {bytes}");
            }
        }
    }
}

#[test]
fn without_colours_no_cell_names_one() {
    let mut state = showing(Recipe::default().capture(), Depth::None, 120, 40);
    for keys in ["", "\t", "\t", "?", "?", "i", "i", "2", "/at", "\nt", "e"] {
        press(&mut state, keys);
        let buffer = screen(&state, Depth::None, 120, 40);
        for cell in buffer.content() {
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset));
        }
    }
}

#[test]
fn the_cursor_shows_at_every_depth_and_size_of_cell() {
    for depth in DEPTHS {
        for tokens in [4, 11, 60] {
            let recipe = Recipe {
                tokens: (0..tokens).map(|i| format!(" {i}")).collect(),
                layers: 1,
                heads: 1,
                ..Recipe::default()
            };
            let mut state = showing(recipe.capture(), depth, 80, 24);
            press(&mut state, "g^jj");
            let (plan, ..) = state.map_plan();
            let field = |buffer: &Buffer| -> Vec<ratatui::buffer::Cell> {
                let area = super::canvas::rect(plan.field);
                area.positions().map(|at| buffer[at].clone()).collect()
            };
            let here = field(&screen(&state, depth, 80, 24));
            press(&mut state, "G");
            let there = field(&screen(&state, depth, 80, 24));
            assert_ne!(here, there, "{depth:?} {tokens}");
        }
    }
}

#[test]
fn the_legend_names_scale_and_map_and_c_changes_the_map() {
    for (width, height) in [(120, 40), (200, 60)] {
        for depth in [Depth::Ansi16, Depth::Ansi256, Depth::True] {
            let mut state = showing(Recipe::default().capture(), depth, width, height);
            let mut looks = Vec::new();
            for map in Colormap::ALL {
                let buffer = screen(&state, depth, width, height);
                let name = format!("{} · {}", state.scale().name(), map.name());
                // The longest names find no room beside the readout of a narrow map.
                let fits = width == 200 || name.len() < 22;
                assert!(!fits || text(&buffer).contains(&name), "{depth:?} {name}");
                let field = super::canvas::rect(state.map_plan().0.field);
                let cells: Vec<_> = field.positions().map(|at| buffer[at].bg).collect();
                assert!(!looks.contains(&cells), "{depth:?} {map:?}");
                looks.push(cells);
                press(&mut state, "sc");
            }
        }
        let state = showing(Recipe::default().capture(), Depth::None, width, height);
        let told = text(&screen(&state, Depth::None, width, height));
        assert!(told.contains("1  sqrt ") && !told.contains("blues"));
    }
}

#[test]
fn a_light_ground_changes_colours_and_nothing_else() {
    let state = showing(broken(), Depth::Ansi256, 120, 40);
    let of = |ground| {
        let palette = Palette {
            ground,
            ..Depth::Ansi256.into()
        };
        let mut terminal = Terminal::new(TestBackend::new(120, 40)).unwrap();
        let frame = terminal.draw(|frame| draw(frame, &state, palette)).unwrap();
        frame.buffer.clone()
    };
    let (dark, light) = (of(Ground::Dark), of(Ground::Light));
    assert_eq!(text(&dark), text(&light));
    let accents = |buffer: &Buffer, index| {
        let cells = buffer.content().iter();
        cells
            .filter(|cell| cell.fg == Color::Indexed(index))
            .count()
    };
    assert!(accents(&dark, 215) > 0 && accents(&light, 94) > 0);
    assert_eq!(accents(&light, 215), 0);
}

#[test]
fn the_readout_is_the_exact_weight() {
    let mut state = showing(Recipe::default().capture(), Depth::True, 120, 40);
    for keys in ["", "s", "s", "m", "j"] {
        press(&mut state, keys);
        let told = text(&screen(&state, Depth::True, 120, 40));
        let weight = super::words::weight(state.weight().unwrap());
        assert!(told.contains(&weight), "{keys}");
        assert!(told.contains(state.scale().name()));
    }
    press(&mut state, "g^l");
    assert!(text(&screen(&state, Depth::True, 120, 40)).contains("masked"));
}

#[test]
fn at_no_width_is_a_number_cut() {
    let recipe = Recipe {
        tokens: ["a", " incomprehensible", " 猫が好きです", " unquestionably"]
            .map(str::to_owned)
            .into(),
        ..Recipe::default()
    };
    let weight = super::words::weight;
    // What stands behind the scale, in the line that begins with it.
    let told = |state: &State, width| {
        let told = text(&screen(state, Depth::True, width, 24));
        let line = told.lines().rev().find(|line| line.contains("▌▌▌"));
        let (_, behind) = line.unwrap().rsplit_once('▌').unwrap();
        behind.split('│').next().unwrap().to_owned()
    };
    let has = |told: &str, value: &str| told.split_whitespace().any(|word| word == value);
    for width in 40..=120 {
        for capture in [recipe.capture(), broken()] {
            let mut state = showing(capture, Depth::True, width, 24);
            for screens in ["1", "2"] {
                press(&mut state, screens);
                let (told, weight) = (told(&state, width), weight(state.weight().unwrap()));
                assert!(has(&told, &weight), "{width} {told}");
            }
            for number in crate::lens::TokenNumber::ALL {
                press(&mut state, "t");
                let value = match state.share_of_number(number, state.chosen()) {
                    Some(_) => weight(state.shade_number(state.chosen())),
                    None => crate::lens::UNDEFINED.to_owned(),
                };
                let told = told(&state, width);
                assert!(has(&told, &value), "{width} {told}");
            }
        }
    }
}

#[test]
fn a_layer_that_is_not_computed_says_so() {
    let mut capture = Recipe::default().capture();
    capture.layers.truncate(1);
    let mut state = showing(capture, Depth::True, 100, 30);
    press(&mut state, "]");
    let told = text(&screen(&state, Depth::True, 100, 30));
    assert!(told.contains("layer 1 is not computed yet"));
}

#[test]
fn notices_failures_and_progress_are_seen() {
    let mut capture = Recipe::default().capture();
    capture.origin = Arc::new(Origin {
        untrained_seed: Some(7),
        assumed: vec!["4 heads were assumed.".to_owned()],
        ..Origin::default()
    });
    let mut state = showing(capture, Depth::True, 100, 30);
    let progress = Update::Progress {
        stage: "layer",
        done: 3,
        total: 12,
    };
    update(&mut state, Event::Work(progress));
    update(
        &mut state,
        Event::Work(Update::Failed("Out of memory.".to_owned())),
    );
    let told = text(&screen(&state, Depth::True, 100, 30));
    for part in ["layer 3/12", "Out of memory."] {
        assert!(told.contains(part), "{part}");
    }
    // What has just happened comes first; it goes with Esc.
    let escape = Stroke {
        code: Code::Esc,
        ctrl: false,
        alt: false,
    };
    let ended = Update::Ended { cancelled: false };
    update(&mut state, Event::Work(ended));
    update(&mut state, Event::Key(escape));
    let told = text(&screen(&state, Depth::True, 100, 30));
    for part in ["the weights are random (untrained, seed 7)", "+1 more"] {
        assert!(told.contains(part), "{part}");
    }
    press(&mut state, "i");
    let told = text(&screen(&state, Depth::True, 100, 30));
    assert!(told.contains("4 heads were assumed."));
}

#[test]
fn a_message_that_is_cut_can_be_read_whole() {
    for width in [40, 80, 120] {
        let mut state = showing(Recipe::default().capture(), Depth::None, width, 30);
        let short = "Short.".to_owned();
        update(&mut state, Event::Work(Update::Failed(short)));
        assert!(!text(&screen(&state, Depth::None, width, 30)).contains("whole"));
        let long = format!("It begins{} finish.", " and goes on".repeat(30));
        update(&mut state, Event::Work(Update::Failed(long)));
        let told = text(&screen(&state, Depth::None, width, 30));
        assert!(
            told.contains("It begins") && told.contains("… i shows it whole"),
            "{told}"
        );
        press(&mut state, "i");
        assert!(text(&screen(&state, Depth::None, width, 30)).contains("finish."));
        // Where the key would type a letter it is not named.
        press(&mut state, "i:");
        assert!(!text(&screen(&state, Depth::None, width, 30)).contains("shows it whole"));
    }
}

#[test]
fn the_gravest_is_told_first() {
    let mut capture = Recipe::default().capture();
    let mut origin = (*capture.origin).clone();
    origin.assumed = vec![
        "it rounds to bf16".to_owned(),
        "the GELU is exact".to_owned(),
    ];
    origin.warnings = vec!["the device is not there".to_owned(), text_was_cut(80, 64)];
    capture.origin = Arc::new(origin);
    let state = showing(capture, Depth::None, 120, 30);
    let told = state.notices();
    assert!(
        told[0].contains("were cut") && told[1].contains("the device"),
        "{told:?}"
    );
    assert!(
        told[2].contains("GELU") && told[3].contains("rounds"),
        "{told:?}"
    );
    assert!(text(&screen(&state, Depth::None, 120, 30)).contains("were cut +3 more"));
    let mut broken = broken();
    broken.origin = Arc::clone(&state.capture().unwrap().origin);
    let state = trusted(broken, Depth::None, 120, 30);
    assert!(state.notices()[0].contains("NaN"), "{:?}", state.notices());
}

#[test]
fn the_help_shows_every_action() {
    let mut state = showing(Recipe::default().capture(), Depth::True, 120, 500);
    press(&mut state, "?");
    let told = text(&screen(&state, Depth::True, 120, 500));
    for action in ACTIONS {
        // A long one is wrapped.
        let ends = action.doc.match_indices(' ').map(|(end, _)| end);
        let end = ends.take_while(|end| *end <= 60).last();
        let begin = match action.doc.len() {
            ..=60 => action.doc,
            _ => &action.doc[..end.unwrap()],
        };
        assert!(told.contains(begin), "{}", action.name);
    }
}

#[test]
fn the_command_line_lists_names_keys_and_docs_above_itself() {
    for (width, height) in [(120, 40), (80, 24), (40, 12)] {
        for depth in DEPTHS {
            let mut state = showing(Recipe::default().capture(), depth, width, height);
            press(&mut state, ":zo");
            let told = text(&screen(&state, depth, width, height));
            let lines: Vec<&str> = told.lines().collect();
            let row = lines.iter().position(|line| line.contains("▸ zoom in"));
            assert!(lines[row.unwrap()].contains("zoom in   z  look"), "{told}");
            assert!(
                lines[row.unwrap() + 1].contains("zoom out  Z  look"),
                "{told}"
            );
            assert!(
                lines[usize::from(height) - 1].starts_with(" :zo "),
                "{told}"
            );
        }
    }
}

#[test]
fn hostile_text_reaches_the_screen_as_marks() {
    let hostile = "\u{1b}]52;c;x\u{7}\u{9b}31m\u{202e}\0\r\n\t\u{200d}";
    let mut capture = Recipe {
        tokens: vec![
            hostile.to_owned(),
            "b".to_owned(),
            hostile.to_owned(),
            hostile.to_owned(),
        ],
        ..Recipe::default()
    }
    .capture();
    capture.origin = Arc::new(Origin {
        name: hostile.to_owned(),
        source: hostile.to_owned(),
        dtype: hostile.to_owned(),
        warnings: vec![hostile.to_owned()],
        ..Origin::default()
    });
    let mut state = showing(capture, Depth::True, 120, 40);
    update(&mut state, Event::Work(Update::Failed(hostile.to_owned())));
    for keys in ["", "w", "2", "t", "/\u{202e}", "\n", "i", "i", "e"] {
        press(&mut state, keys);
        let told = text(&screen(&state, Depth::True, 120, 40));
        let bad = |c: &char| (c.is_control() && *c != '\n') || matches!(c, '\u{202e}' | '\u{200d}');
        assert_eq!(told.chars().find(bad), None, "{keys}");
    }
}

#[test]
fn wide_labels_do_not_shift_the_map() {
    let of = |token: &str| {
        let recipe = Recipe {
            tokens: vec![
                "a".to_owned(),
                token.to_owned(),
                "b".to_owned(),
                "c".to_owned(),
            ],
            ..Recipe::default()
        };
        let state = showing(recipe.capture(), Depth::True, 80, 24);
        let (plan, ..) = state.map_plan();
        let buffer = screen(&state, Depth::True, 80, 24);
        let area = super::canvas::rect(plan.field);
        let cells = area.positions().map(|at| buffer[at].clone());
        cells.collect::<Vec<_>>()
    };
    assert_eq!(of("xxxx"), of("猫猫"));
    assert_eq!(of("xx"), of("🦊"));
}

fn token() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(" the".to_owned()),
        Just("猫".to_owned()),
        Just("👩‍👩‍👧".to_owned()),
        Just("\u{1b}[2J".to_owned()),
        Just(String::new()),
        "\\PC{0,12}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_size_no_capture_and_no_key_makes_it_panic(
        tokens in prop::collection::vec(token(), 1..90),
        (layers, heads) in (1usize..5, 1usize..9),
        window in prop::option::of(1usize..6),
        sizes in prop::collection::vec((1u16..250, 1u16..80), 1..4),
        (start, line) in (0usize..3, "[:p]{0,1}[a-z0-9 ]{0,6}"),
        clicks in prop::collection::vec((0u16..260, 0u16..90, 0usize..3), 0..12),
        keys in prop::collection::vec(0usize..200, 0..24),
        zooms in "[zZ0P]{0,8}",
        first in "[123]{0,2}(/[ a-eT猫]{0,3}\n)?",
        more in "[hjklnNtTwsm\t\n$]{0,8}",
        depth in prop::sample::select(DEPTHS.to_vec()),
    ) {
        let capture = Recipe { tokens, layers, heads, window, ..Recipe::default() }.capture();
        let mut state = showing(capture, depth, 80, 24);
        for (width, height) in sizes {
            press(&mut state, &zooms);
            press(&mut state, &first);
            press(&mut state, &more);
            press(&mut state, &format!("{}M", start + 1));
            press(&mut state, &line);
            screen(&state, depth, width, height);
            for &(x, y, kind) in &clicks {
                let kind = [Mouse::Press, Mouse::WheelUp, Mouse::WheelDown][kind];
                update(&mut state, Event::Mouse { x, y, kind });
            }
            for at in &keys {
                let action = &ACTIONS[at % ACTIONS.len()];
                update(&mut state, Event::Key(action.keys[at % action.keys.len()]));
            }
            // The frame may be of another size than the last that was told.
            screen(&state, depth, width, height);
            update(&mut state, Event::Resize { width, height });
            let buffer = screen(&state, depth, width, height);
            prop_assert!(!text(&buffer).trim().is_empty());
        }
    }
}
