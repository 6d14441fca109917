//! The command line, copies, saves, the mouse, and what is opened: what is pressed, what is wanted.

use std::path::Path;

use super::*;
use crate::capture::Origin;
use crate::lens::Tiles;

/// Types a line, letter by letter.
fn type_line(state: &mut State, line: &str) -> Vec<Effect> {
    let letters = line.chars().map(|c| Stroke {
        code: Code::Char(c),
        ctrl: false,
        alt: false,
    });
    letters
        .flat_map(|stroke| update(state, Event::Key(stroke)))
        .collect()
}

/// Asks for a command and does it.
fn command(state: &mut State, line: &str) -> Vec<Effect> {
    press(state, ":");
    type_line(state, line);
    press(state, "Enter")
}

fn names(state: &State) -> Vec<&str> {
    let choices = state.palette().choices().iter();
    choices.map(|choice| choice.name.as_str()).collect()
}

#[test]
fn the_command_line_lists_what_is_alive_with_its_keys() {
    let mut state = showing(&Recipe::default());
    press(&mut state, ":");
    let choices = state.palette().choices();
    let keys = |name: &str| {
        let found = choices.iter().find(|choice| choice.name == name);
        found.map(|choice| choice.keys.as_str())
    };
    assert_eq!(keys("next layer"), Some("]"));
    assert_eq!(keys("left (heatmap)"), Some("← h"));
    assert_eq!(keys("open MODEL [FLAGS]"), Some(""));
    assert_eq!(keys("left (grid of heads)"), None);
    assert_eq!(keys("close (help and origin)"), None);
    // The line itself, and nothing twice.
    assert_eq!(keys("command"), None);
    assert_eq!(
        choices
            .iter()
            .filter(|choice| choice.name == "quit")
            .count(),
        1
    );
    press(&mut state, "Esc Tab :");
    assert!(names(&state).contains(&"left (grid of heads)"));
}

#[test]
fn a_command_is_found_by_letters_of_its_name_or_words_of_its_doc() {
    let rows = [
        ("nl", "next layer"),
        ("zi", "zoom in"),
        ("copy row", "copy row"),
        ("idle heads", "first key (heatmap)"),
        ("layer", "layer N"),
    ];
    for (typed, found) in rows {
        let mut state = showing(&Recipe::default());
        press(&mut state, ":");
        type_line(&mut state, typed);
        assert_eq!(names(&state).first(), Some(&found), "{typed}");
    }
}

#[test]
fn a_command_is_chosen_with_arrows_and_done_with_enter() {
    let mut state = showing(&Recipe::default());
    press(&mut state, "g ^");
    command(&mut state, "next layer");
    assert_eq!(at(&state).0, 1);
    assert!(state.prompt().is_none());
    press(&mut state, ":");
    type_line(&mut state, "layer");
    let next = names(&state)
        .iter()
        .position(|name| *name == "next layer")
        .unwrap();
    for _ in 0..next {
        press(&mut state, "↓");
    }
    press(&mut state, "Enter");
    assert_eq!(at(&state).0, 2);
    // From the first on to the last, and back.
    press(&mut state, ":");
    type_line(&mut state, "zoom");
    press(&mut state, "↑");
    assert_eq!(
        state.palette().chosen().unwrap() + 1,
        state.palette().choices().len()
    );
    press(&mut state, "↓");
    assert_eq!(state.palette().chosen(), Some(0));
    press(&mut state, "Esc");
    assert!(state.prompt().is_none());
}

#[test]
fn quitting_and_helping_work_by_name() {
    let mut state = showing(&Recipe::default());
    assert_eq!(command(&mut state, "quit"), [Effect::Quit]);
    command(&mut state, "help");
    assert!(matches!(state.popup(), Some((Popup::Help, 0))));
}

#[test]
fn commands_take_arguments_and_say_what_there_is() {
    let mut state = showing(&Recipe::default());
    command(&mut state, "layer 3");
    command(&mut state, "head 2");
    command(&mut state, "token 7");
    assert_eq!(at(&state), (3, 2, 7, at(&state).3));
    assert!(at(&state).3 <= 7, "a masked cell is chosen");
    command(&mut state, "5");
    assert_eq!(at(&state).2, 5);
    for (line, said) in [
        ("layer 4", "There is no layer '4': the layers are 0 to 3."),
        ("head x", "There is no head 'x': the heads are 0 to 3."),
        ("99", "There is no token '99': the tokens are 0 to 10."),
        ("zzzz", "There is no command 'zzzz'."),
    ] {
        command(&mut state, line);
        assert_eq!(state.status(), Some(said));
        assert_eq!(at(&state).2, 5);
    }
    // Without its argument the line waits for it.
    press(&mut state, ":");
    type_line(&mut state, "hea");
    press(&mut state, "Tab");
    assert_eq!(state.prompt().unwrap().line(), "head ");
    type_line(&mut state, "1");
    press(&mut state, "Enter");
    assert_eq!(at(&state).1, 1);
    // The line before comes back.
    press(&mut state, ": ↑");
    assert_eq!(state.prompt().unwrap().line(), "head 1");
}

#[test]
fn another_checkpoint_is_opened_with_the_text_and_what_fails_changes_nothing() {
    let mut state = showing(&Recipe::default());
    let before = at(&state);
    let text = state.capture().unwrap().text.clone();
    let line = r"some\ where/model.pt --number-of-heads 4".to_owned();
    let typed = format!("open {line}");
    let asked = Effect::Request(Request::Open { line, text });
    assert_eq!(command(&mut state, &typed).last(), Some(&asked));
    assert!(state.running().is_some());
    let failed = Update::Failed("there is no such file".to_owned());
    update(&mut state, Event::Work(failed));
    update(&mut state, Event::Work(Update::Ended { cancelled: false }));
    assert_eq!(at(&state), before);
    assert_eq!(state.status(), Some("there is no such file"));
    // A capture has no text to edit, a model has.
    for from_file in [true, false] {
        let opened = Update::Opened {
            model: "other".to_owned(),
            command: "headlight other".to_owned(),
            from_file,
            again: false,
            asked: Asked::default(),
        };
        update(&mut state, Event::Work(opened));
        assert_eq!(state.from_file(), from_file);
        press(&mut state, "e");
        assert_eq!(state.editor().is_some(), !from_file);
    }
}

#[test]
fn what_changed_on_disk_is_read_again_and_the_cursor_stays() {
    let mut state = showing(&Recipe::default());
    press(&mut state, "] ] } g j j j ^ l z z");
    let (before, tiles) = (at(&state), state.tiles());
    let text = state.capture().unwrap().text.clone();
    let effects = update(&mut state, Event::Changed);
    assert_eq!(effects, [Effect::Request(Request::Reload { text })]);
    let opened = Update::Opened {
        model: "demo".to_owned(),
        command: String::new(),
        from_file: false,
        again: true,
        asked: Asked::default(),
    };
    update(&mut state, Event::Work(opened));
    let newer = Recipe {
        seed: 5,
        ..Recipe::default()
    }
    .capture();
    let old = state.weight();
    update(&mut state, Event::Work(Update::Capture(Arc::new(newer))));
    assert_ne!(state.weight(), old);
    assert_eq!((at(&state), state.tiles()), (before, tiles));
}

fn copied(effects: &[Effect]) -> &str {
    match effects {
        [Effect::Copy(text)] => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_cell_and_the_row_are_copied_as_labels_with_exact_weights() {
    let mut state = showing(&Recipe::default());
    press(&mut state, "g j j ^");
    let effects = press(&mut state, "y");
    let weight = state.weight().unwrap();
    let head = at(&state).1;
    let expected = format!("layer 0, head {head}: ' sat' (2) -> 'The' (0) {weight}");
    assert_eq!(copied(&effects), expected);
    assert!(state.status().unwrap().contains("some ignore it"));
    let effects = press(&mut state, "Y");
    let lines: Vec<&str> = copied(&effects).lines().collect();
    assert_eq!(lines.len(), 2 + 3);
    let weights = lines[2..]
        .iter()
        .map(|line| line.split('\t').nth(2).unwrap());
    let sum: f32 = weights.map(|weight| weight.parse::<f32>().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-5, "{lines:?}");
    // Turned round: who attends to the token; turned about: who attends to the key.
    let effects = press(&mut state, "w Y");
    assert_eq!(copied(&effects).lines().count(), 2 + 9);
    let effects = press(&mut state, "w W Y");
    assert_eq!(copied(&effects).lines().count(), 2 + 11);
    let said = copied(&effects).lines().next().unwrap().to_owned();
    assert!(said.ends_with("who attends to 'The' (0)"), "{said}");
}

#[test]
fn nothing_of_a_hostile_token_is_copied_as_it_is() {
    let tokens = ["a\u{1b}]52;c;eA==\u{7}", "\n\t", "\u{202e}"].map(str::to_owned);
    let mut state = showing(&Recipe {
        tokens: tokens.to_vec(),
        ..Recipe::default()
    });
    press(&mut state, "G ^");
    for keys in ["y", "Y"] {
        let effects = press(&mut state, keys);
        let text = copied(&effects).replace(['\n', '\t'], "");
        assert!(
            !text.contains(|c: char| c.is_control() || c == '\u{202e}'),
            "{text:?}"
        );
    }
}

#[test]
fn a_row_too_long_for_a_clipboard_is_cut_to_its_largest_weights() {
    let mut state = showing(&Recipe {
        tokens: (0..6000).map(|at| format!(" token{at}")).collect(),
        layers: 1,
        heads: 1,
        ..Recipe::default()
    });
    press(&mut state, "G");
    let effects = press(&mut state, "Y");
    let text = copied(&effects);
    assert!(text.len() <= MOST_COPIED);
    assert_eq!(text.lines().count(), 2 + LONGEST_LIST);
    assert!(state.status().unwrap().contains("largest weights"));
}

#[test]
fn the_command_line_is_copied_with_what_is_chosen() {
    let mut capture = Recipe::default().capture();
    let mut origin = (*capture.origin).clone();
    origin.command = r"headlight m.pt --layer 0 --text 'It'\''s --head 1' --head=3".to_owned();
    capture.origin = Arc::new(origin);
    let mut state = showing(&Recipe::default());
    update(&mut state, Event::Work(Update::Capture(Arc::new(capture))));
    command(&mut state, "layer 2");
    command(&mut state, "head 1");
    press(&mut state, "s");
    let effects = press(&mut state, "Ctrl-y");
    assert_eq!(
        copied(&effects),
        r"headlight m.pt --text 'It'\''s --head 1' --layer 2 --head 1 --scale log"
    );
}

#[test]
fn saving_asks_for_a_name_and_tells_what_is_shown() {
    let mut state = showing(&Recipe::default());
    command(&mut state, "layer 1");
    command(&mut state, "head 2");
    press(&mut state, "p");
    assert_eq!(state.prompt().unwrap().line(), "demo_layer_1_head_2.png");
    let effects = press(&mut state, "Enter");
    let [Effect::Save(save)] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(save.path, Path::new("demo_layer_1_head_2.png"));
    let Picture::Pattern(pattern) = &save.picture else {
        panic!("{save:?}");
    };
    assert_eq!(
        (pattern.layer, pattern.select),
        (Layer(1), Select::Head(Head(2)))
    );
    assert_eq!((pattern.scale, &pattern.part), (Scale::Sqrt, &None));
    assert_eq!(save.paper, None);
    let said = Update::Said("Saved: demo_layer_1_head_2.png".to_owned());
    update(&mut state, Event::Work(said));
    assert_eq!(state.status(), Some("Saved: demo_layer_1_head_2.png"));
    // Another ending is refused at once.
    press(&mut state, "p Ctrl-u");
    type_line(&mut state, "head.jpeg");
    assert_eq!(press(&mut state, "Enter"), []);
    assert!(state.status().unwrap().contains(".svg"));
    // The part that is looked at is the part that is saved.
    let mut state = showing(&long(300));
    press(&mut state, "z z z p Ctrl-u");
    type_line(&mut state, "part.svg");
    let tiles: Tiles = state.tiles();
    let effects = press(&mut state, "Enter");
    let [Effect::Save(save)] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert!(matches!(&save.picture, Picture::Pattern(p) if p.part.as_ref() == Some(&tiles)));
}

/// What is saved under a line.
fn saved(state: &mut State, line: &str) -> Option<Save> {
    press(state, "p Ctrl-u");
    type_line(state, line);
    let effects = press(state, "Enter");
    effects.into_iter().find_map(|effect| match effect {
        Effect::Save(save) => Some(save),
        _ => None,
    })
}

#[test]
fn each_screen_saves_what_it_shows() {
    let mut state = showing(&Recipe::default());
    press(&mut state, "m 2");
    assert!(press(&mut state, "p").is_empty());
    let name = state.prompt().unwrap().line().to_owned();
    assert!(
        name.starts_with("demo_text_layer_") && name.ends_with("_mean.png"),
        "{name}"
    );
    press(&mut state, "Esc");
    let save = saved(&mut state, "text.svg").unwrap();
    let Picture::Text(text) = save.picture else {
        panic!("the text is not saved");
    };
    assert_eq!((text.select, text.chosen), (Select::Mean, state.chosen()));
    let tokens = text.lines.iter().flatten().map(|(token, _)| *token);
    assert_eq!(tokens.collect::<Vec<_>>(), (0..11).collect::<Vec<_>>());
    press(&mut state, "w");
    let save = saved(&mut state, "text.txt").unwrap();
    assert!(matches!(save.picture, Picture::Text(t) if t.direction == Direction::Attended));

    press(&mut state, "m 3");
    let save = saved(&mut state, "atlas.png").unwrap();
    let Picture::Atlas(atlas) = save.picture else {
        panic!("the atlas is not saved");
    };
    assert_eq!((atlas.layers, atlas.heads, atlas.kept), (0..4, 0..4, None));
    command(&mut state, "filter");
    type_line(&mut state, "layer 1");
    press(&mut state, "Enter");
    let save = saved(&mut state, "atlas.ansi").unwrap();
    let Picture::Atlas(atlas) = save.picture else {
        panic!("the atlas is not saved");
    };
    let kept: Vec<Layer> = atlas
        .kept
        .unwrap()
        .into_iter()
        .map(|(layer, _)| layer)
        .collect();
    assert_eq!((kept, &*atlas.filter), (vec![Layer(1); 4], "layer 1"));
}

#[test]
fn a_picture_can_be_drawn_on_white_paper() {
    let mut state = showing(&Recipe::default());
    press(&mut state, "p");
    assert!(state.prompt_note().unwrap().contains("--background light"));
    press(&mut state, "Esc");
    let rows = [
        ("a b.png", "a b.png", None),
        ("a.png --background light", "a.png", Some(Paper::Light)),
        ("a b.png --background=dark", "a b.png", Some(Paper::Dark)),
        ("a.PNG  --background  screen ", "a.PNG", None),
        ("x--background light.png", "x--background light.png", None),
    ];
    for (line, path, paper) in rows {
        let save = saved(&mut state, line).unwrap();
        assert_eq!(
            (&*save.path, save.paper),
            (Path::new(path), paper),
            "{line}"
        );
    }
    for line in ["a.png --background", "a.png --background blue"] {
        assert_eq!(saved(&mut state, line), None, "{line}");
        assert!(state.status().unwrap().contains("light, dark or screen"));
    }
    assert_eq!(saved(&mut state, "--background light"), None);
    assert!(state.status().unwrap().contains(".svg"));
    let mut state = State::new(Options {
        paper: Some(Paper::Light),
        ..state.options.clone()
    });
    let capture = Recipe::default().capture();
    update(&mut state, Event::Work(Update::Capture(Arc::new(capture))));
    assert_eq!(
        saved(&mut state, "a.png").unwrap().paper,
        Some(Paper::Light)
    );
    let save = saved(&mut state, "a.png --background screen");
    assert_eq!(save.unwrap().paper, None);
}

fn mouse(state: &mut State, x: u16, y: u16, kind: Mouse) {
    update(state, Event::Mouse { x, y, kind });
}

#[test]
fn the_mouse_is_off_until_it_is_asked_for() {
    let mut state = showing(&Recipe::default());
    let before = at(&state);
    let (plan, ..) = state.map_plan();
    mouse(&mut state, plan.field.x, plan.field.y, Mouse::Press);
    assert_eq!(at(&state), before);
    assert_eq!(press(&mut state, "M"), [Effect::Mouse(true)]);
    assert!(state.status().unwrap().contains("M switches it off"));
    // The message takes a line, so places are asked for anew.
    let (plan, ..) = state.map_plan();
    mouse(&mut state, plan.field.x, plan.field.y, Mouse::Press);
    assert_eq!((at(&state).2, at(&state).3), (0, 0));
    assert_eq!(press(&mut state, "M"), [Effect::Mouse(false)]);
}

#[test]
fn a_click_chooses_the_cell_head_entry_or_layer_under_it() {
    let mut state = showing(&Recipe::default());
    press(&mut state, "M Esc");
    let (plan, ..) = state.map_plan();
    for (query, key) in [(0, 0), (10, 3), (7, 7), (4, 1)] {
        let (x, y) = (plan.left(key) + 1, plan.middle(query));
        mouse(&mut state, x, y, Mouse::Press);
        assert_eq!((at(&state).2, at(&state).3), (query, key));
        assert_eq!(state.focus(), Pane::Map);
    }
    let inner = state.layout().grid.inner();
    let (grid, _) = state.grid_plan();
    let x = inner.x + 2 + grid.step(inner);
    mouse(&mut state, x, inner.y + 1, Mouse::Press);
    assert_eq!((at(&state).1, state.focus()), (1, Pane::Grid));
    let inner = state.layout().list.inner();
    mouse(&mut state, inner.x + 3, inner.y + 1, Mouse::Press);
    assert_eq!((state.entry(), state.focus()), (1, Pane::List));
    assert_eq!(at(&state).3, state.ranked()[1].position);
    let flow = FlowPlan::new(state.layout().flow.inner(), 4).unwrap();
    mouse(
        &mut state,
        flow.plot.x + 2 * flow.stride,
        flow.plot.y,
        Mouse::Press,
    );
    assert_eq!((at(&state).0, state.focus()), (2, Pane::Flow));
    // Nothing is there.
    let before = (at(&state), state.focus());
    mouse(&mut state, 0, 0, Mouse::Press);
    assert_eq!((at(&state), state.focus()), before);
}

#[test]
fn a_click_on_a_tab_shows_its_screen() {
    for width in [60, 80, 200] {
        let mut state = showing(&Recipe::default());
        update(&mut state, Event::Resize { width, height: 24 });
        press(&mut state, "M Esc");
        // " 1 Heads  2 Text  3 Atlas " to the right end.
        for (from_end, screen) in [(1, Screen::Atlas), (17, Screen::Text), (26, Screen::Heads)] {
            mouse(&mut state, width - from_end, 0, Mouse::Press);
            assert_eq!(state.screen(), screen, "{width}");
        }
        mouse(&mut state, width - 10, 0, Mouse::Press);
        mouse(&mut state, width - 27, 0, Mouse::Press);
        assert_eq!(state.screen(), Screen::Text, "{width}");
    }
    let mut state = showing(&Recipe::default());
    update(
        &mut state,
        Event::Resize {
            width: 50,
            height: 24,
        },
    );
    press(&mut state, "M Esc 2");
    // Where the other tabs would be.
    for x in [24, 40] {
        mouse(&mut state, x, 0, Mouse::Press);
        assert_eq!(state.screen(), Screen::Text);
    }
    // What a run goes on about stands in their place.
    let mut state = showing(&Recipe::default());
    press(&mut state, "M Esc");
    command(&mut state, "open other.pt");
    assert!(state.running().is_some() && state.tabs().is_empty());
    let header = state.layout().header;
    mouse(&mut state, header.width - 1, 0, Mouse::Press);
    assert_eq!(state.screen(), Screen::Heads);
}

#[test]
fn the_wheel_zooms_the_map_and_scrolls_the_rest() {
    let mut state = showing(&long(700));
    press(&mut state, "M Esc");
    let map = state.layout().map;
    let tile = state.tiles().tile;
    mouse(&mut state, map.x + 9, map.y + 9, Mouse::WheelUp);
    assert!(state.tiles().tile < tile);
    mouse(&mut state, map.x + 9, map.y + 9, Mouse::WheelDown);
    assert_eq!(state.tiles().tile, tile);
    let list = state.layout().list;
    mouse(&mut state, list.x + 1, list.y + 1, Mouse::WheelDown);
    assert_eq!((state.entry(), state.focus()), (3, Pane::List));
    press(&mut state, "?");
    mouse(&mut state, 5, 5, Mouse::WheelDown);
    assert_eq!(state.popup(), Some((Popup::Help, 3)));
}

#[test]
fn keys_of_the_settings_are_those_that_are_shown_and_obeyed() {
    let mut keymap = Keymap::default();
    let row = ACTIONS
        .iter()
        .position(|a| a.act == Act::NextLayer && a.place == Place::Screens);
    keymap.set(row.unwrap(), vec!["Alt-n".parse().unwrap()]);
    let mut state = showing(&Recipe::default());
    state.options.keymap = keymap;
    press(&mut state, "]");
    assert_eq!(at(&state).0, 0);
    update(&mut state, Event::Key("Alt-n".parse().unwrap()));
    assert_eq!(at(&state).0, 1);
    press(&mut state, ":");
    let choices = state.palette().choices();
    let next = choices.iter().find(|choice| choice.name == "next layer");
    assert_eq!(next.unwrap().keys, "Alt-n");
    let told = Row::Entry("Alt-n".to_owned(), "show the next layer".to_owned());
    assert!(state.help_rows().contains(&told));
}

#[test]
fn a_click_on_the_text_chooses_the_token_and_on_the_atlas_the_head() {
    let mut state = showing(&Recipe::default());
    press(&mut state, "M Esc 2");
    let plan = state.text_plan();
    let field = plan.field;
    let wrap = state.wrap().unwrap();
    let (line, column) = wrap.place(4);
    let (x, y) = (field.x + column + 1, plan.row(line));
    mouse(&mut state, x, y, Mouse::Press);
    assert_eq!(at(&state).2, 4);
    // Below the text nothing is chosen.
    mouse(&mut state, x, field.y + field.height - 1, Mouse::Press);
    assert_eq!(at(&state).2, 4);

    press(&mut state, "3");
    let (plan, row, column) = state.atlas_plan();
    let place = plan.place(2 - row, 3 - column);
    mouse(&mut state, place.x, place.y, Mouse::Press);
    assert_eq!((at(&state).0, at(&state).1), (2, 3));
    let table = state.layout().table.inner();
    mouse(&mut state, table.x + 2, table.y + 1, Mouse::Press);
    let first = state.listed()[0];
    assert_eq!((at(&state).0, at(&state).1), (first.0.0, first.1.0));
    assert_eq!(state.atlas_pane(), crate::view::AtlasPane::Table);
    // The head of the table, and what is below it, choose nothing.
    mouse(&mut state, table.x + 2, table.y, Mouse::Press);
    mouse(
        &mut state,
        table.x + 2,
        table.y + table.height - 1,
        Mouse::Press,
    );
    assert_eq!((at(&state).0, at(&state).1), (first.0.0, first.1.0));
}

#[test]
fn lines_that_were_sought_and_filtered_by_come_back() {
    let mut state = showing(&Recipe::default());
    let line = |state: &State| state.prompt().map(|prompt| prompt.line().to_owned());
    press(&mut state, "/ a Enter / b Enter / x ↑");
    assert_eq!(line(&state).as_deref(), Some("b"));
    press(&mut state, "↑ ↑");
    assert_eq!(line(&state).as_deref(), Some("a"));
    press(&mut state, "↓ ↓");
    assert_eq!(line(&state).as_deref(), Some("x"));
    press(&mut state, "Esc");
    // Of the same line only one is kept, and of what was left none.
    press(&mut state, "/ a Enter / ↑ ↑ ↑");
    assert_eq!(line(&state).as_deref(), Some("b"));
    press(&mut state, "Esc 3 / f i r s t > 0 Enter / Ctrl-u ↑");
    assert_eq!(line(&state).as_deref(), Some("first>0"));
}

#[test]
fn messages_and_warnings_move_nothing() {
    for (width, height) in [(40, 12), (80, 24), (200, 60)] {
        let mut state = showing(&Recipe::default());
        update(&mut state, Event::Resize { width, height });
        for screen in ["1", "2", "3"] {
            press(&mut state, screen);
            (state.status, state.news) = (None, None);
            let rest = *state.layout();
            assert_eq!(state.message(), Message::Rest);
            assert_eq!((rest.header.y, rest.header.height), (0, 1));
            assert_eq!((rest.message.y, rest.message.height), (height - 2, 1));
            assert_eq!((rest.footer.y, rest.footer.height), (height - 1, 1));
            update(&mut state, Event::Work(Update::Said("Done.".to_owned())));
            assert_eq!(*state.layout(), rest);
            let refused = Update::Refused("No.".to_owned());
            update(&mut state, Event::Work(refused));
            assert_eq!(state.message(), Message::Wrong("No.".to_owned()));
            assert_eq!(*state.layout(), rest);
        }
    }
    let rest = *showing(&Recipe::default()).layout();
    let mut capture = Recipe::default().capture();
    capture.origin = Arc::new(Origin {
        warnings: vec!["The text was cut.".to_owned()],
        ..Origin::default()
    });
    let mut state = showing(&Recipe::default());
    let warned = Update::Capture(Arc::new(capture));
    update(&mut state, Event::Work(warned));
    let said = Message::Notice("The text was cut.".to_owned(), 0);
    assert_eq!(state.message(), said);
    assert_eq!(*state.layout(), rest);
}

fn opened(state: &mut State, line: &str) {
    let asked = Asked {
        line: line.to_owned(),
        ..Asked::default()
    };
    let opened = Update::Opened {
        model: line.to_owned(),
        command: String::new(),
        from_file: false,
        again: false,
        asked,
    };
    update(state, Event::Work(opened));
    update(state, Event::Work(Update::Ended { cancelled: false }));
}

fn line(state: &State) -> &str {
    state.prompt().unwrap().line()
}

/// Types `:open` and an argument, and is told what completes it.
fn type_open(state: &mut State, argument: &str, found: &[(&str, bool)]) {
    press(state, ":");
    type_line(state, "open ");
    let effects = type_line(state, argument);
    let asks = |effect: &Effect| matches!(effect, Effect::Complete(of) if of == argument);
    assert!(argument.is_empty() || effects.iter().any(asks));
    tell(state, argument, found);
}

fn tell(state: &mut State, argument: &str, found: &[(&str, bool)]) {
    let completion = |&(word, goes_on): &(&str, bool)| Completion {
        word: word.to_owned(),
        doc: "file".to_owned(),
        goes_on,
    };
    let found = found.iter().map(completion).collect();
    let of = argument.to_owned();
    update(state, Event::Work(Update::Completions { of, found }));
}

fn asks_to_open(effects: &[Effect], wanted: &str) -> bool {
    let open = |effect: &Effect| matches!(effect, Effect::Request(Request::Open { line, .. }) if line == wanted);
    effects.iter().any(open)
}

#[test]
fn tab_completes_paths_as_far_as_they_go_one_way_and_then_chooses() {
    let mut state = showing(&Recipe::default());
    let both = [("my runs/", true), ("my model.pt", false)];
    type_open(&mut state, "m", &both);
    assert_eq!(state.palette().chosen(), None, "Enter takes what is typed");
    press(&mut state, "Tab");
    assert_eq!(line(&state), r"open my\ ");
    tell(&mut state, r"my\ ", &both);
    press(&mut state, "Tab");
    assert_eq!(line(&state), r"open my\ runs/");
    assert_eq!(state.palette().chosen(), Some(0));
    // A folder that was chosen is gone into; what is in there alone is taken whole.
    press(&mut state, "Tab");
    tell(&mut state, r"my\ runs/", &[("my runs/step 1.pt", false)]);
    press(&mut state, "Tab");
    assert_eq!(line(&state), r"open my\ runs/step\ 1.pt ");
    // What comes late for another line is nothing.
    tell(&mut state, "m", &[("mist", false)]);
    assert!(!names(&state).contains(&"mist"));
    let effects = press(&mut state, "Enter");
    assert!(
        asks_to_open(&effects, r"my\ runs/step\ 1.pt"),
        "{effects:?}"
    );
}

#[test]
fn what_was_opened_is_a_key_away() {
    let mut state = showing(&Recipe::default());
    press(&mut state, "Ctrl-^");
    assert_eq!(state.status(), Some("Nothing else was open before."));
    for line in ["a.pt", "b.pt --number-of-heads 2", "c.pt"] {
        opened(&mut state, line);
    }
    type_open(&mut state, "", &[]);
    press(&mut state, "↓");
    assert_eq!(line(&state), "open b.pt --number-of-heads 2");
    press(&mut state, "↓");
    assert_eq!(line(&state), "open a.pt");
    press(&mut state, "↓ ↓");
    assert_eq!(line(&state), "open ", "round again to what was typed");
    press(&mut state, "Esc");
    let back = press(&mut state, "Ctrl-^");
    assert!(asks_to_open(&back, "b.pt --number-of-heads 2"), "{back:?}");
    // It failed: what is open and what was before stay.
    update(&mut state, Event::Work(Update::Failed("no".to_owned())));
    update(&mut state, Event::Work(Update::Ended { cancelled: false }));
    let back = press(&mut state, "Ctrl-^");
    assert!(asks_to_open(&back, "b.pt --number-of-heads 2"), "{back:?}");
    opened(&mut state, "b.pt --number-of-heads 2");
    assert!(asks_to_open(&press(&mut state, "Ctrl-^"), "c.pt"));
}

#[test]
fn the_text_goes_to_an_editor_and_comes_back() {
    let mut state = showing(&Recipe::default());
    let text = state.capture().unwrap().text.clone();
    assert_eq!(press(&mut state, "E"), [Effect::Edit(text.clone())]);
    let failed = Err("The editor failed.".to_owned());
    update(&mut state, Event::Edited(failed));
    assert_eq!(state.status(), Some("The editor failed."));
    assert!(state.editor().is_none());
    press(&mut state, "e x");
    let effects = press(&mut state, "Ctrl-x");
    assert_eq!(effects, [Effect::Edit(format!("{text}x"))]);
    update(&mut state, Event::Edited(Ok("Two\nlines".to_owned())));
    press(&mut state, "Alt-Enter y");
    assert_eq!(state.editor().unwrap().text(), "Two\nlines\ny");
    // Up and down go by rows, and to earlier texts from the first.
    press(&mut state, "↑ z");
    assert_eq!(state.editor().unwrap().text(), "Two\nlzines\ny");
    press(&mut state, "↑ ↑");
    assert_eq!(state.editor().unwrap().text(), text);
}

#[test]
fn what_answers_a_key_goes_with_the_next_and_what_a_run_says_stays() {
    let mut state = showing(&Recipe::default());
    press(&mut state, "n");
    assert!(state.status().is_some_and(|said| said.contains("sought")));
    // What is shown whole is still there.
    press(&mut state, "i Esc");
    assert!(state.status().is_some());
    press(&mut state, "j");
    assert_eq!(state.status(), None);
    let failed = "The file is gone.".to_owned();
    update(&mut state, Event::Work(Update::Failed(failed.clone())));
    press(&mut state, "j l ]");
    assert_eq!(state.status(), Some(failed.as_str()));
    press(&mut state, "Esc");
    assert_eq!(state.status(), None);
}

#[test]
fn the_footer_offers_what_has_an_effect() {
    let offers = |width, height, keys: &str, hint: &str| {
        let mut state = showing(&Recipe::default());
        resize(&mut state, width, height);
        press(&mut state, keys);
        state.hints().iter().any(|(_, word)| *word == hint)
    };
    assert!(offers(120, 40, "1", "pane") && !offers(40, 12, "1", "pane"));
    assert!(offers(120, 40, "2", "list") && !offers(40, 12, "2", "list"));
    assert!(offers(120, 40, "1", "mean") && !offers(120, 40, "3", "mean"));
    let mut state = showing(&Recipe::default());
    resize(&mut state, 40, 12);
    press(&mut state, "2 Tab");
    assert!(
        state
            .status()
            .is_some_and(|said| said.contains("one pane only"))
    );
}
