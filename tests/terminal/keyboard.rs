//! Keys come from the terminal where standard input is something else.

use rustix::process::Signal;

use super::session::{Session, demo_in_shell, hang_up};

/// What the shell does with a text and the explorer.
const PIPED: &str = r#"printf 'A dog ran.\n' | "$@""#;

#[test]
fn a_piped_text_is_shown_and_keys_are_obeyed() {
    for (keep, tokens) in [(None, "4 tokens"), (Some("--keep-newline"), "5 tokens")] {
        let arguments = ["--layer", "0", "--text-file", "-"];
        let arguments: Vec<&str> = arguments.into_iter().chain(keep).collect();
        let mut session = Session::start(demo_in_shell(PIPED, &arguments), 120, 30);
        session.wait_shown();
        session.wait_text(tokens);
        session.press("]");
        session.wait_text("layer 1 ·");
        session.resize(100, 24);
        session.wait_quiet();
        session.press("[");
        session.wait_text("layer 0 ·");
        session.press("q");
        assert_eq!(session.wait_exit().0, 0);
        session.assert_restored();
    }
}

#[test]
fn other_inputs_that_are_no_terminal_do_no_harm() {
    for script in [r#""$@" </dev/null"#, r#""$@" <"$1""#, r#""$@" <&-"#] {
        let mut session = Session::start(demo_in_shell(script, &["--layer", "0"]), 100, 24);
        session.wait_shown();
        session.press("]");
        session.wait_text("layer 1 ·");
        session.signal_group(Signal::TERM);
        session.assert_restored();
    }
}

#[test]
fn ctrl_z_and_fg_work_with_a_piped_text() {
    let script = r#"set -m; printf 'A dog ran.\n' | "$@"; echo "stopped by $?"; read line; fg >/dev/null; echo "ended by $?""#;
    let command = demo_in_shell(script, &["--text-file", "-"]);
    let mut session = Session::start(command, 80, 24);
    session.wait_shown();
    let shown = session.look();
    session.press("\x1a");
    session.wait_text("stopped by");
    session.wait("screen given back", |screen| !screen.alternate_screen());
    session.press("\n");
    session.wait_look(&shown);
    session.press("q");
    session.wait_text("ended by 0");
    assert_eq!(session.wait_exit().0, 0);
    session.assert_restored();
}

#[test]
fn it_goes_when_its_terminal_goes_though_its_input_stays() {
    let script = r#"trap "" HUP; "$@" </dev/null; exit $?"#;
    let (status, _) = hang_up(demo_in_shell(script, &[]));
    assert_eq!(status, 129);
}
