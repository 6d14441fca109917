//! How much a key sends, counted where the real binary's bytes come out, on a screen of 200 x 60.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use super::session::{Session, demo, program};

/// A move of the cursor, and another head.
const MOVE: usize = 2 << 10;
const HEAD: usize = 25 << 10;

/// A capture of so many tokens: of the demo, where its context holds them, else of a model of
/// random weights, whose heads are nearly uniform.
fn capture(folder: &Path, tokens: usize) -> PathBuf {
    let path = folder.join(format!("{tokens}.headlight"));
    let mut command = Command::new(program());
    command.arg("capture").arg("--output").arg(&path);
    let text = "The cat sat on the mat. It was fluffy.";
    if tokens == 11 {
        command.args(["--text", text]);
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
    for tokens in [11, 300, 4096] {
        let path = capture(folder.path(), tokens);
        for colour in ["--color=256", "--color=truecolor"] {
            let command = demo(&[path.to_str().unwrap(), colour, "--background=dark"]);
            let mut session = Session::start(command, 200, 60);
            session.wait_shown();
            settle(&session);
            let mut most = [0, 0];
            // Away from the ends, where nothing would move.
            for key in ["k", "h", "j", "l", "\x15", "k", "h"] {
                most[0] = bytes(&mut session, key).max(most[0]);
            }
            for key in ["}", "{", "]", "["] {
                most[1] = bytes(&mut session, key).max(most[1]);
            }
            eprintln!(
                "{tokens} tokens, {colour}: move {}, head {}",
                most[0], most[1]
            );
            assert!(
                most[0] <= MOVE,
                "{tokens} {colour}: {} bytes a move",
                most[0]
            );
            assert!(
                most[1] <= HEAD,
                "{tokens} {colour}: {} bytes a head",
                most[1]
            );
            // No key, and a key that means nothing.
            assert_eq!(bytes(&mut session, ""), 0, "{tokens} {colour}: idle");
            assert_eq!(bytes(&mut session, "X"), 0, "{tokens} {colour}: unchanged");
            session.press("q");
            assert_eq!(session.wait_exit().0, 0);
        }
    }
}
