//! How much a key sends, counted where the real binary's bytes come out, on a screen of 200 x 60.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use super::session::{Session, demo, program};

/// A move of the cursor, and another head.
const MOVE: usize = 2 << 10;
const HEAD: usize = 25 << 10;

/// 93 tokens of the demo.
const STORY: &str = "The keys to the cabinet are rusty. Emma found the heavy ball near the river. It sank. The cat sat on the mat and it purred. Tom has a red kite and a small boat. The boat is old. The dogs near the tree were hungry, so Anna fed the dogs. She liked the dogs. The heavy stone sank and the light feather floated. The birds in the garden sing. What does Tom have? Tom has a red kite.";

/// A capture of so many tokens: of the demo, where its context holds them, else of a model of
/// random weights, whose heads are nearly uniform.
fn capture(folder: &Path, tokens: usize) -> PathBuf {
    let path = folder.join(format!("{tokens}.headlight"));
    let mut command = Command::new(program());
    command.arg("capture").arg("--output").arg(&path);
    if tokens == 11 {
        command.args(["--text", "The cat sat on the mat. It was fluffy."]);
    } else if tokens == 93 {
        command.args(["--text", STORY]);
    } else {
        command.args(["--untrained", "--seed", "1", "--number-of-layers", "1"]);
        command.args(["--number-of-heads", "2", "--embedding-dimension", "32"]);
        command.arg("--context-length").arg(tokens.to_string());
        let words = ["cat", "dog", "sun", "tree", "house", "road", "river"];
        let text: Vec<&str> = words.into_iter().cycle().take(tokens).collect();
        command.args(["--text", &text.join(" ")]);
    }
    let output = command.stdin(Stdio::null()).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    path
}

/// Waits until the exact cells are drawn and nothing more comes.
fn settle(session: &Session) {
    session.wait("exact cells", |screen| {
        !screen.contents().contains("coarse")
    });
    session.wait_quiet();
}

/// Bytes that a key sends until the screen rests.
fn bytes(session: &mut Session, key: &str) -> usize {
    let before = session.count();
    session.press(key);
    // A key that changes nothing shows nothing to wait for.
    thread::sleep(Duration::from_millis(50));
    settle(session);
    session.count() - before
}

#[test]
fn a_key_sends_few_bytes_and_an_idle_screen_none() {
    let folder = tempfile::tempdir().unwrap();
    for tokens in [11, 93, 300, 4096] {
        let path = capture(folder.path(), tokens);
        for colour in ["--color=256", "--color=truecolor"] {
            let command = demo(&[path.to_str().unwrap(), colour, "--background=dark"]);
            let mut session = Session::start(command, 200, 60);
            session.wait_shown();
            settle(&session);
            // Away from the ends, where nothing would move; what is not on the screen yet comes first.
            let moves = [
                ("", &["k", "h", "j", "l", "\x15", "k", "h"][..]),
                ("2", &["g", "j", "l", "j", "k", "h"]),
                ("3", &["j", "l", "k", "h"]),
            ];
            // Other screens at one length: what they send depends on what they show, not on the text.
            let screens = if tokens == 93 { 3 } else { 1 };
            for (screen, keys) in moves.into_iter().take(screens) {
                session.press(screen);
                settle(&session);
                for key in keys {
                    let sent = bytes(&mut session, key);
                    eprintln!("{tokens} tokens, {colour}, screen {screen:?}, {key:?}: {sent}");

                    assert!(sent <= MOVE, "{tokens} {colour} {screen} {key:?}: {sent}");
                }
            }
            session.press("1");
            settle(&session);
            for key in ["}", "{", "]", "["] {
                let sent = bytes(&mut session, key);
                eprintln!("{tokens} tokens, {colour}, {key}: {sent}");
                assert!(sent <= HEAD, "{tokens} {colour} {key}: {sent}");
            }
            // No key, and a key that means nothing.
            assert_eq!(bytes(&mut session, ""), 0, "{tokens} {colour}: idle");
            assert_eq!(bytes(&mut session, "X"), 0, "{tokens} {colour}: unchanged");
            session.press("q");
            assert_eq!(session.wait_exit().0, 0);
        }
    }
}
