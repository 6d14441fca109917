//! The explorer in a real terminal: what it sends, and that the terminal always comes back whole.

#[cfg(test)]
mod bytes;
#[cfg(test)]
mod fault;
#[cfg(test)]
mod keyboard;
#[cfg(test)]
mod manners;
#[cfg(test)]
mod session;

use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use session::{Session, busy_explorer, demo, explorer, explorer_in_shell, hang_up, program};

/// The longest that any way of ending may take. It is a second where nothing else runs; this much
/// tells an end from a hang where something does.
const SOON: Duration = Duration::from_secs(5);

/// What gives the terminal back, and nothing after it.
const LEAVING: &[u8] = b"\x1b[?1049l\x1b[?25h";

#[test]
fn quitting_by_key_gives_the_terminal_back() {
    for key in ["q", "\x03"] {
        let mut session = Session::explore(80, 24);
        session.press(key);
        let (status, took) = session.wait_exit();
        assert_eq!(status, 0, "{key:?}");
        assert!(took < SOON, "{took:?}");
        session.assert_restored();
        let sent = session.bytes_after(0);
        assert!(sent.ends_with(LEAVING), "something follows the leaving");
    }
}

#[test]
fn signals_end_it_at_once_with_their_status() {
    for (signal, status) in [
        (Signal::TERM, 143),
        (Signal::INT, 130),
        (Signal::HUP, 129),
        (Signal::QUIT, 131),
    ] {
        let mut session = Session::explore(80, 24);
        session.signal(signal);
        let (ended, took) = session.wait_exit();
        assert_eq!(ended, status);
        assert!(took < SOON, "{signal:?} took {took:?}");
        session.assert_restored();
        assert!(session.bytes_after(0).ends_with(LEAVING));
    }
}

#[test]
fn every_way_out_is_as_quick_while_the_model_runs() {
    let mut session = Session::start(busy_explorer(), 80, 24);
    session.wait("run", |screen| screen.contents().contains("cancels"));
    session.press("q");
    let (status, took) = session.wait_exit();
    assert_eq!(status, 0);
    assert!(took < SOON, "{took:?}");
    session.assert_restored();

    let mut session = Session::start(busy_explorer(), 80, 24);
    session.wait("run", |screen| screen.contents().contains("cancels"));
    session.signal(Signal::TERM);
    let (status, took) = session.wait_exit();
    assert_eq!(status, 143);
    assert!(took < SOON, "{took:?}");
    session.assert_restored();
}

#[test]
fn keys_are_obeyed_while_the_model_runs_and_escape_cancels_it() {
    let mut session = Session::start(busy_explorer(), 100, 30);
    session.wait("run", |screen| screen.contents().contains("cancels"));
    session.press("]");
    session.wait("next layer while it runs", |screen| {
        let text = screen.contents();
        text.contains("layer 1 ·") && text.contains("cancels")
    });
    session.press("\x1b");
    session.wait("end", |screen| !screen.contents().contains("cancels"));
    session.press("q");
    assert_eq!(session.wait_exit().0, 0);
    session.assert_restored();
}

#[test]
fn it_goes_when_its_terminal_goes() {
    let (status, took) = hang_up(explorer());
    assert_eq!(status, 129);
    assert!(took < SOON, "{took:?}");
}

#[test]
fn it_goes_when_its_terminal_goes_even_where_hang_ups_are_ignored() {
    let (status, took) = hang_up(explorer_in_shell(r#"trap "" HUP; exec "$@""#));
    assert_eq!(status, 129);
    assert!(took < SOON, "{took:?}");
    // No leader of the session, and so told by nobody.
    let (status, took) = hang_up(explorer_in_shell(r#"trap "" HUP; "$@"; exit $?"#));
    assert_eq!(status, 129);
    assert!(took < SOON, "{took:?}");
}

#[test]
fn ctrl_z_stops_it_and_fg_shows_it_again() {
    let script =
        r#"set -m; "$@"; echo "stopped by $?"; read line; fg >/dev/null; echo "ended by $?""#;
    let mut session = Session::start(explorer_in_shell(script), 80, 24);
    session.wait_shown();
    let shown = session.look();
    session.press("\x1a");
    session.wait("stop", |screen| screen.contents().contains("stopped by"));
    session.wait("screen given back", |screen| {
        !screen.alternate_screen() && !screen.hide_cursor()
    });
    session.press("\n");
    session.wait("alternate screen", |screen| screen.alternate_screen());
    session.wait_look(&shown);
    session.press("q");
    session.wait("end", |screen| screen.contents().contains("ended by 0"));
    assert_eq!(session.wait_exit().0, 0);
    session.assert_restored();
}

#[test]
fn where_no_shell_could_continue_it_ctrl_z_does_not_stop_it() {
    let mut session = Session::explore(80, 24);
    let shown = session.look();
    // It goes on: the keys that follow are obeyed.
    session.press("\x1a]");
    session.wait_text("layer 1 ·");
    session.press("[");
    session.wait_look(&shown);
    session.press("q");
    assert_eq!(session.wait_exit().0, 0);
}

#[test]
#[ignore = "needs user namespaces"]
fn ctrl_z_does_no_harm_where_the_leader_of_the_session_is_outside_of_the_container() {
    // The explorer is the first process of a namespace: its parent and its session have no number
    // there.
    let contained = explorer_in_shell(r#"unshare --user --pid --fork "$@""#);
    let mut session = Session::start(contained, 80, 24);
    session.wait_shown();
    session.press("\x1a]");
    session.wait_text("layer 1 ·");
    session.press("q");
    assert_eq!(session.wait_exit().0, 0);
    session.assert_restored();
}

#[test]
fn stopped_and_continued_from_outside_it_sends_the_whole_screen_again() {
    let mut session = Session::explore(80, 24);
    let shown = session.look();
    session.stop();
    session.scribble();
    session.signal(Signal::CONT);
    session.wait_look(&shown);
    session.press("q");
    assert_eq!(session.wait_exit().0, 0);
    session.assert_restored();
}

#[test]
fn an_idle_explorer_sends_nothing() {
    let session = Session::explore(120, 40);
    let before = session.count();
    thread::sleep(Duration::from_millis(700));
    assert_eq!(session.bytes_after(before), b"");
}

#[test]
fn every_frame_is_one_synchronized_update() {
    let mut session = Session::explore(100, 30);
    session.press("]}kkhh");
    session.wait_text("layer 1 · head 1");
    session.wait_text("'cat'(1) → 'The'(0)");
    let sent = session.bytes_after(0);
    let mut open = false;
    for place in 0..sent.len() {
        let rest = &sent[place..];
        if rest.starts_with(b"\x1b[?2026h") {
            assert!(!open, "an update within an update");
            open = true;
        } else if rest.starts_with(b"\x1b[?2026l") {
            assert!(open, "an end without a beginning");
            open = false;
        }
    }
    assert!(!open);
}

#[test]
fn a_resize_storm_ends_in_the_screen_of_its_last_size() {
    let mut session = Session::explore(80, 24);
    let shown = session.look();
    for step in 0..60_u16 {
        session.resize(10 + step * 3 % 190, 1 + step % 60);
        thread::sleep(Duration::from_millis(3));
    }
    session.resize(80, 24);
    session.wait_look(&shown);
    assert!(session.runs());
    session.press("q");
    assert_eq!(session.wait_exit().0, 0);
    session.assert_restored();
}

#[test]
fn a_tiny_terminal_is_drawn_and_obeyed() {
    for (width, height) in [(20, 5), (3, 2), (1, 1)] {
        let mut session = Session::start(explorer(), width, height);
        session.wait_frame();
        assert!(session.runs(), "{width}x{height}");
        session.press("jlq");
        assert_eq!(session.wait_exit().0, 0, "{width}x{height}");
        session.assert_restored();
    }
}

#[test]
fn a_dumb_terminal_is_refused_with_what_to_use_instead() {
    let mut command = explorer();
    command.env("TERM", "dumb");
    let mut session = Session::start(command, 80, 24);
    assert_eq!(session.wait_exit().0, 1);
    session.wait("reason", |screen| {
        let text = screen.contents();
        text.contains("dumb") && text.contains("analyze")
    });
    assert!(!session.bytes_after(0).contains(&0x1b));
}

#[test]
fn without_a_terminal_it_is_refused_with_what_to_use_instead() {
    let output = Command::new(program())
        .args(["--untrained", "--text", "The cat sat on the mat."])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let reason = String::from_utf8_lossy(&output.stderr);
    assert!(reason.contains("headlight analyze"), "{reason}");
    assert!(!reason.contains('\u{1b}'), "{reason:?}");
}

/// Every escape sequence that a screen of this program has a use for ends with one of these.
fn only_drawing(sent: &[u8]) -> bool {
    sent.split(|byte| *byte == 0x1b)
        .skip(1)
        .all(|sequence| match sequence.first() {
            Some(b'[') => {
                let end = sequence[1..].iter().position(|b| (0x40..0x7f).contains(b));
                end.is_some_and(|at| b"mHhlrJKABCDGdXuq".contains(&sequence[1 + at]))
            }
            _ => false,
        })
}

/// What asks the terminal for its ground.
const QUESTION: &[u8] = b"\x1b]11;?\x1b\\\x1b[c";

/// What was sent, but for the question, which stands there once at most.
fn without_question(sent: &[u8]) -> Vec<u8> {
    match sent.windows(QUESTION.len()).position(|at| at == QUESTION) {
        Some(at) => [&sent[..at], &sent[at + QUESTION.len()..]].concat(),
        None => sent.to_vec(),
    }
}

/// An explorer that is asked for the ground of its terminal and has not told it yet.
fn asked(arguments: &[&str]) -> Session {
    let mut command = demo(arguments);
    command.env_remove("COLORFGBG");
    let session = Session::start(command, 80, 24);
    session.wait_bytes("question", |sent| {
        sent.windows(QUESTION.len()).any(|at| at == QUESTION)
    });
    session
}

const LIGHT: &str = "\x1b]11;rgb:ffff/ffff/ffff\x1b\\";
const ATTRIBUTES: &str = "\x1b[?62;22c";

/// What the screen looks like with these arguments.
fn look_with(arguments: &[&str]) -> Vec<String> {
    let session = Session::start(demo(arguments), 80, 24);
    session.wait_shown();
    session.look()
}

#[test]
fn the_terminal_tells_its_ground_at_once_late_or_not_at_all() {
    let light = look_with(&["--color=256", "--background=light"]);
    let dark = look_with(&["--color=256", "--background=dark"]);
    assert_ne!(light, dark);

    let mut session = asked(&["--color=256"]);
    session.press(&format!("{LIGHT}{ATTRIBUTES}"));
    session.wait_shown();
    assert_eq!(session.look(), light);

    // Nothing comes, and then all of it: not one letter is taken for a key.
    let mut session = asked(&["--color=256"]);
    session.wait_shown();
    assert_eq!(session.look(), dark);
    session.press(&format!("{LIGHT}{ATTRIBUTES}"));
    session.wait("light ground", |screen| {
        let cell = screen.cell(0, 2).unwrap();
        cell.fgcolor() == vt100::Color::Idx(94)
    });
    session.wait_look(&light);
    session.press("q");
    assert_eq!(session.wait_exit().0, 0);
    session.assert_restored();

    let mut session = asked(&["--color=256"]);
    session.press(ATTRIBUTES);
    session.wait_shown();
    assert_eq!(session.look(), dark);
}

#[test]
fn who_names_the_ground_or_wants_no_colours_is_not_asked() {
    for arguments in [["--color=never"], ["--background=dark"]] {
        let session = Session::start(demo(&arguments), 80, 24);
        session.wait_shown();
        let sent = session.bytes_after(0);
        assert_eq!(without_question(&sent), sent, "{arguments:?}");
    }
}

#[test]
fn no_token_name_or_text_sends_a_sequence_of_its_own() {
    let hostile =
        "\u{1b}]52;c;aGk=\u{7}\u{1b}[2J\u{9b}31m\u{202e}evil\u{1b}P+q\u{1b}\\ \r\n\u{7}end";
    for colour in ["", "1"] {
        let mut command = demo(&["--text", hostile]);
        command.env("NO_COLOR", colour);
        let mut session = Session::start(command, 120, 40);
        session.wait_shown();
        session.press("i");
        session.wait_text("row sums");
        let sent = session.bytes_after(0);
        let sent = without_question(&sent);
        assert!(only_drawing(&sent), "{}", sent.escape_ascii());
        let bells = sent
            .iter()
            .filter(|b| [0x07, 0x0e, 0x0f].contains(*b))
            .count();
        assert_eq!(bells, 0);
        assert!(session.text().contains("202e"), "it is shown, not dropped");
        session.press("q");
        session.press("q");
        assert_eq!(session.wait_exit().0, 0);
        session.assert_restored();
    }
}

#[test]
fn i_tells_whether_the_layer_can_be_trusted() {
    let mut session = Session::start(demo(&[]), 80, 24);
    session.wait_shown();
    session.press("i");
    session.wait("trust", |screen| {
        let text = screen.contents();
        text.contains("row sums ✓  off by at most")
            && text.contains("without    window, soft-cap, ALiBi, sink")
    });
    session.press("q");
    session.press("q");
    session.wait_exit();
}

#[test]
fn without_colours_none_is_sent_and_the_map_is_glyphs() {
    let mut command = demo(&[]);
    command.env("NO_COLOR", "1");
    let mut session = Session::start(command, 80, 24);
    session.wait_shown();
    let sent = String::from_utf8(session.bytes_after(0)).unwrap();
    for colour in ["[38;", "[48;", "[31m", "[;m"] {
        assert!(!sent.contains(colour), "{colour} was sent");
    }
    let text = session.text();
    assert!(text.contains('█') && text.contains('░'), "{text}");
    session.press("q");
    session.wait_exit();
}

#[test]
fn a_capture_opens_without_its_model() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run.headlight");
    let mut command = Command::new(program());
    command.args(["capture", "--output"]).arg(&run);
    assert!(command.stdout(Stdio::null()).status().unwrap().success());
    let mut session = Session::start(demo(&[run.to_str().unwrap()]), 120, 30);
    session.wait("capture", |screen| screen.contents().contains("·  capture"));
    session.press("e");
    session.wait("no model", |screen| {
        screen.contents().contains("there is no model to run")
    });
    session.press("q");
    assert_eq!(session.wait_exit().0, 0);
    session.assert_restored();
}

/// A capture of 20 MB in `folder`: large enough to be mapped.
#[cfg(test)]
fn large_capture(folder: &std::path::Path) -> std::path::PathBuf {
    let run = folder.join("run.headlight");
    let mut command = Command::new(program());
    command.args(["capture", "--untrained", "--number-of-layers", "16"]);
    command.args(["--number-of-heads", "2", "--embedding-dimension", "128"]);
    command.args(["--context-length", "1024", "--text"]);
    command.arg("The cat sat on the mat and it slept there. ".repeat(100));
    command.arg("--output").arg(&run).stdout(Stdio::null());
    assert!(command.stderr(Stdio::null()).status().unwrap().success());
    assert!(std::fs::metadata(&run).unwrap().len() > 16 << 20);
    run
}

#[test]
fn a_capture_that_is_cut_while_it_is_shown_gives_the_terminal_back_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let run = large_capture(folder.path());
    let mut session = Session::start(demo(&["--mouse", run.to_str().unwrap()]), 100, 30);
    session.wait_shown();
    let file = std::fs::File::options().write(true).open(&run).unwrap();
    file.set_len(1 << 20).unwrap();
    // Heads that were not looked at yet.
    session.press("9gL]]]]]]]]]]]]]]]");
    let (status, took) = session.wait_exit();
    assert_eq!(status, 1);
    assert!(took < SOON, "{took:?}");
    session.assert_restored();
    session.wait("sentence", |screen| {
        let told = screen.contents().replace('\n', " ");
        told.contains("headlight: a file was cut off while it was read")
    });
}

#[test]
fn a_terminal_of_any_size_is_drawn_on_and_takes_little_memory() {
    let mut session = Session::explore(80, 24);
    for (width, height) in [
        (3000, 3000),
        (u16::MAX, u16::MAX),
        (u16::MAX, 24),
        (80, u16::MAX),
    ] {
        let before = session.count();
        session.tell_size(width, height);
        session.wait_bytes("frame", |sent| {
            sent[before..].windows(8).any(|at| at == b"\x1b[?2026l")
        });
        session.wait_bytes("notice", |sent| {
            let said = format!("{width} x {height}");
            sent[before..]
                .windows(said.len())
                .any(|at| at == said.as_bytes())
        });
        assert!(session.runs(), "{width}x{height}");
    }
    let peak = session.peak();
    assert!(peak < 256 << 10, "{peak} KiB");
    session.press("q");
    assert_eq!(session.wait_exit().0, 0);
    session.assert_restored();
}
