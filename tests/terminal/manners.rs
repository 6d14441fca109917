//! What the explorer does beside drawing: mouse, clipboard, files, other checkpoints.

use std::path::{Path, PathBuf};

use super::session::{Session, demo};

/// What turns the mouse on and off.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";

fn checkpoint(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("checkpoints")
        .join(name)
}

fn sent(session: &Session, bytes: &[u8]) -> usize {
    let all = session.bytes_after(0);
    all.windows(bytes.len())
        .filter(|part| *part == bytes)
        .count()
}

fn quit(mut session: Session) {
    session.press("q");
    assert_eq!(session.wait_exit().0, 0);
    session.assert_restored();
}

#[test]
fn the_mouse_is_left_alone_until_asked_for_and_given_back_at_the_end() {
    let mut session = Session::explore(100, 30);
    assert_eq!(sent(&session, b"\x1b[?1000h"), 0);
    session.press("M");
    session.wait("message", |screen| {
        screen.contents().contains("The mouse is on")
    });
    assert_eq!(sent(&session, MOUSE_ON), 1);
    // A press on the tab of no use, and one on the list.
    session.press("\x1b[<0;1;1M\x1b[<0;1;1m");
    session.press("\x1b");
    session.wait_quiet();
    assert_eq!(sent(&session, MOUSE_OFF), 0);
    session.press("q");
    assert_eq!(session.wait_exit().0, 0);
    session.assert_restored();
    assert_eq!(sent(&session, MOUSE_OFF), 1);
}

#[test]
fn a_click_and_the_wheel_reach_the_map() {
    let mut session = Session::start(demo(&["--mouse", "--color=256"]), 120, 40);
    session.wait_shown();
    assert_eq!(sent(&session, MOUSE_ON), 1);
    let before = session.look();
    // The wheel zooms where it is over the map.
    session.press("\x1b[<64;30;15M");
    session.wait_quiet();
    assert_ne!(session.look(), before);
    session.press("0");
    session.wait_quiet();
    assert_eq!(session.look(), before);
    // A head of the grid.
    session.press("\x1b[<0;100;4M\x1b[<0;100;4m");
    session.wait_quiet();
    assert_ne!(session.look(), before);
    quit(session);
}

#[test]
fn signals_give_the_mouse_back_too() {
    let mut session = Session::start(demo(&["--mouse"]), 80, 24);
    session.wait_shown();
    session.signal(rustix::process::Signal::TERM);
    assert_eq!(session.wait_exit().0, 143);
    session.assert_restored();
    assert_eq!(sent(&session, MOUSE_OFF), 1);
}

#[test]
fn copies_go_to_the_terminal_in_base64_and_nothing_is_claimed() {
    let mut command = demo(&["--layer", "1", "--head", "2", "--color=256"]);
    command.env_remove("TMUX");
    let mut session = Session::start(command, 120, 30);
    session.wait_shown();
    session.press("\x19");
    session.wait("message", |screen| {
        screen.contents().contains("some ignore it")
    });
    // headlight --color=256 --layer 1 --head 2 --scale sqrt
    let expected = "aGVhZGxpZ2h0IC0tY29sb3I9MjU2IC0tbGF5ZXIgMSAtLWhlYWQgMiAtLXNjYWxlIHNxcnQ=";
    assert_eq!(
        sent(&session, format!("\x1b]52;c;{expected}\x1b\\").as_bytes()),
        1
    );
    quit(session);
    let mut command = demo(&[]);
    command.env("TMUX", "/tmp/tmux-0/default,1,0");
    let mut session = Session::start(command, 120, 30);
    session.wait_shown();
    session.press("y");
    session.wait("message", |screen| {
        screen.contents().contains("set-clipboard")
    });
    assert_eq!(sent(&session, b"\x1bPtmux;\x1b\x1b]52;c;"), 1);
    quit(session);
}

#[test]
fn p_saves_what_is_shown_and_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = demo(&["--layer", "2", "--head", "1", "--color=256"]);
    command.cwd(folder.path());
    let mut session = Session::start(command, 110, 30);
    session.wait_shown();
    session.press("p");
    session.wait("name", |screen| screen.contents().contains("save as"));
    session.press("\r");
    session.wait("file", |screen| screen.contents().contains("Saved: "));
    let names: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), 1, "{names:?}");
    assert!(names[0].ends_with("_layer_2_head_1.png"), "{names:?}");
    assert!(session.text().contains(&names[0]));
    session.press("p\x15no/such/folder.svg\r");
    session.wait("reason", |screen| screen.contents().contains("Not saved: "));
    session.press("p\x15head.txt\r");
    session.wait("file", |screen| {
        screen.contents().contains("Saved: head.txt")
    });
    let text = std::fs::read_to_string(folder.path().join("head.txt")).unwrap();
    assert!(text.starts_with("Layer 2, Head 1 · sqrt scale"), "{text}");
    quit(session);
}

#[test]
fn p_writes_over_nothing_that_is_read_or_was_opened() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("text.txt"), "The cat sat.").unwrap();
    let other = checkpoint("step-00400.safetensors");
    std::fs::copy(&other, at("other.txt")).unwrap();
    let mut command = demo(&["--color=256", "--text-file", "text.txt"]);
    command.cwd(folder.path());
    let mut session = Session::start(command, 120, 30);
    session.wait_shown();
    let refused = |session: &mut Session, name: &str| {
        session.press(&format!("p\x15{name}\r"));
        session.wait("reason", |screen| {
            let text = screen.contents();
            text.contains("Not saved: ") && text.contains(name)
        });
    };
    refused(&mut session, "text.txt");
    session.press(":open other.txt\r");
    session.wait("other model", |screen| {
        let header = screen.rows(0, 120).next().unwrap_or_default();
        header.contains("other") && screen.contents().contains("1 Heads")
    });
    refused(&mut session, "other.txt");
    assert_eq!(std::fs::read(at("text.txt")).unwrap(), b"The cat sat.");
    assert!(std::fs::read(at("other.txt")).unwrap() == std::fs::read(other).unwrap());
    quit(session);
}

#[test]
fn another_checkpoint_opens_inside_and_what_fails_leaves_the_old_one() {
    let mut session = Session::start(demo(&["--color=256"]), 120, 30);
    session.wait_shown();
    let before = session.look();
    session.press(":open /no/such/model.pt\r");
    session.wait("reason", |screen| {
        screen.contents().contains("/no/such/model.pt") && !screen.contents().contains("cancels")
    });
    session.press("\x1b");
    session.wait_quiet();
    assert_eq!(session.look(), before);
    let other = checkpoint("step-00400.safetensors");
    session.press(&format!(":open {}\r", other.display()));
    session.wait("other model", |screen| {
        let text = screen.contents();
        text.contains("step-00400") && text.contains("1 Heads")
    });
    // The recipe names it, and not the command line.
    session.press("\x19");
    session.wait("message", |screen| {
        screen.contents().contains("Sent the command line")
    });
    quit(session);
}

#[test]
fn a_checkpoint_that_changes_is_read_again_and_a_half_written_one_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ckpt.safetensors");
    std::fs::copy(checkpoint("step-00000.safetensors"), &path).unwrap();
    let path_shown = path.to_str().unwrap();
    let arguments = [
        "--watch",
        "--color=256",
        "--layer=1",
        "--head=1",
        path_shown,
    ];
    let mut session = Session::start(demo(&arguments), 120, 40);
    session.wait_shown();
    session.press("gjjj^l");
    session.wait_quiet();
    let untrained = session.look();
    let whole = std::fs::read(checkpoint("step-01500.safetensors")).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    session.wait("waiting", |screen| {
        screen.contents().contains("could not be read (")
    });
    session.press("\x1b");
    session.wait_quiet();
    assert_eq!(session.look(), untrained, "the old one is gone");
    std::fs::write(&path, &whole).unwrap();
    session.wait("new weights", |screen| {
        screen
            .contents()
            .contains("Read again: it changed on disk.")
    });
    session.press("\x1b");
    session.wait_quiet();
    assert_ne!(session.look(), untrained, "the new one is not shown");
    // Layer, head, query and key are where they were.
    let chosen = |look: &str| look.contains("layer 1") && look.contains("head 1");
    assert!(chosen(&session.text()), "{}", session.text());
    assert!(session.text().contains("(3) → "), "{}", session.text());
    quit(session);
}

#[test]
fn watching_needs_something_on_disk() {
    let mut session = Session::start(demo(&["--watch"]), 80, 24);
    assert_eq!(session.wait_exit().0, 2);
    session.wait("reason", |screen| {
        screen.contents().contains("--watch needs")
    });
}

#[test]
fn settings_of_a_file_are_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let settings = "scale = \"raw\"\nmouse = true\n[keys.every-screen]\nquit = \"Ctrl-q\"\n";
    std::fs::write(&file, settings).unwrap();
    let arguments = ["--config", file.to_str().unwrap(), "--color=256"];
    let mut session = Session::start(demo(&arguments), 120, 30);
    session.wait_shown();
    assert_eq!(sent(&session, MOUSE_ON), 1);
    assert!(session.text().contains("raw scale"));
    session.press("q");
    session.wait_quiet();
    assert!(session.runs());
    session.press("\x11");
    assert_eq!(session.wait_exit().0, 0);
    session.assert_restored();
}

#[test]
fn open_completes_takes_flags_and_goes_back() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("my runs")).unwrap();
    let copy = folder.path().join("my runs/step 400.safetensors");
    std::fs::copy(checkpoint("step-00400.safetensors"), &copy).unwrap();
    let mut command = demo(&["--color=256"]);
    command.cwd(folder.path());
    let mut session = Session::start(command, 120, 30);
    session.wait_shown();
    let before = session.look();
    session.press(":open m");
    session.wait_text("my runs/");
    session.press("\t");
    session.wait_text("step 400.safetensors");
    session.press("\t");
    session.wait_text(r":open my\ runs/step\ 400.safetensors");
    session.press("--nope\r");
    session.wait_text("unexpected argument '--nope'");
    session.wait("end", |screen| !screen.contents().contains("cancels"));
    session.press("\x1b");
    session.wait_look(&before);
    // With a text of its own, and back to the demo.
    session.press(":open my\\ runs/step\\ 400.safetensors --text 'A dog ran.'\r");
    session.wait_text("4 tokens");
    session.press("\x1e");
    session.wait_text("headlight demo");
    session.press(":open no/such.pt\r");
    session.wait_text("no/such.pt");
    session.wait("end", |screen| !screen.contents().contains("cancels"));
    session.wait_text("headlight demo");
    quit(session);
}

#[test]
fn the_editor_has_the_terminal_and_gives_it_back() {
    // It asks for a line, as an editor reads keys, and writes it into the file.
    let script = r#"printf 'editing '; cat "$1"; read line; printf '%s\n' "$line" > "$1""#;
    let folder = tempfile::tempdir().unwrap();
    let editor = folder.path().join("editor");
    std::fs::write(&editor, format!("#!/bin/sh\n{script}\n")).unwrap();
    let mut command = demo(&["--color=256", "--layer=0", "--text", "The cat sat."]);
    command.env("VISUAL", format!("sh {}", editor.display()));
    let mut session = Session::start(command, 100, 24);
    session.wait_shown();
    session.press("E");
    session.wait("editor", |screen| {
        !screen.alternate_screen() && screen.contents().contains("editing The cat sat.")
    });
    // Every key of it is the editor's, also what would end the explorer.
    session.press("q dog ran.\r");
    session.wait("text", |screen| {
        screen.alternate_screen() && screen.contents().contains("q dog ran.")
    });
    session.press("\r");
    session.wait("run", |screen| {
        let text = screen.contents();
        text.contains("'dog'") || text.contains("dog")
    });
    session.wait_quiet();
    session.press("]");
    session.wait_text("layer 1 ·");
    quit(session);
    // One that is not there is told, and nothing else happens.
    let mut command = demo(&["--color=256"]);
    command.env("VISUAL", "no-such-editor");
    let mut session = Session::start(command, 100, 24);
    session.wait_shown();
    let before = session.look();
    session.press("E");
    session.wait_text("There is no editor 'no-such-editor'");
    session.press("\x1b");
    session.wait_look(&before);
    quit(session);
}
