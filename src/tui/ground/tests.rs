//! A terminal that answers at once, late, in pieces or never.

use std::io::{Write, pipe};
use std::thread;

use super::*;

/// The answer to a question, by a terminal that says each of `parts` after so many ms.
fn answered(before: &[u8], parts: &'static [(u64, &[u8])]) -> (Answer, Duration) {
    let (reader, mut writer) = pipe().unwrap();
    writer.write_all(before).unwrap();
    let (asked, told) = std::sync::mpsc::channel();
    let terminal = thread::spawn(move || {
        assert_eq!(told.recv(), Ok(QUESTION.to_vec()));
        for (after, part) in parts {
            thread::sleep(Duration::from_millis(*after));
            writer.write_all(part).unwrap();
        }
        writer
    });
    let start = Instant::now();
    let send = |bytes: &[u8]| asked.send(bytes.to_vec()).map_err(io::Error::other);
    let answer = ask(&reader, send, Duration::from_secs(2)).unwrap();
    let took = start.elapsed();
    terminal.join().unwrap();
    (answer, took)
}

const SOON: Duration = Duration::from_millis(1500);

#[test]
fn the_ground_is_told_by_either_end_mark() {
    for (said, ground) in [
        (
            &b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?62;22c"[..],
            Ground::Light,
        ),
        (b"\x1b]11;rgb:1e1e/1e1e/2e2e\x07\x1b[?1;2c", Ground::Dark),
        (b"\x1b]11;rgb:fd/f6/e3\x1b\\\x1b[?6c", Ground::Light),
        (
            b"\x1b]11;rgba:0000/2b2b/3636/ffff\x1b\\\x1b[?6c",
            Ground::Dark,
        ),
    ] {
        let sorted = sort(said);
        assert_eq!(sorted.answer.ground, Some(ground));
        assert!(sorted.ended && sorted.answer.typed.is_empty());
    }
    for wrong in [
        "11;rgb:12345/0/0",
        "11;rgb:",
        "11;?",
        "11;red",
        "10;rgb:0/0/0",
        "11;rgb:+f/0/0",
    ] {
        assert_eq!(ground(wrong.as_bytes()), None, "{wrong}");
    }
}

#[test]
fn a_terminal_that_knows_no_grounds_costs_no_wait() {
    let (answer, took) = answered(b"", &[(0, b"\x1b[?1;2c")]);
    assert_eq!(answer, Answer::default());
    assert!(took < SOON, "{took:?}");
}

#[test]
fn an_answer_in_pieces_is_one_and_keys_between_are_kept() {
    let (answer, took) = answered(
        b"",
        &[
            (0, b"q\x1b"),
            (5, b"]11;rgb:ffff/ff"),
            (5, b"ff/ffff\x1b"),
            (5, b"\\j\x1b[?6"),
            (5, b"4;1ck"),
        ],
    );
    assert_eq!(answer.ground, Some(Ground::Light));
    assert_eq!(answer.typed, b"qjk");
    assert!(took < SOON, "{took:?}");
}

#[test]
fn what_was_typed_before_is_left_to_the_reader_of_keys() {
    let (answer, took) = answered(b"j", &[(0, b"\x1b]11;rgb:0/0/0\x07\x1b[?6c")]);
    assert_eq!(answer, Answer::default());
    assert!(took < SOON, "{took:?}");
}

#[test]
fn silence_ends_the_wait() {
    let (reader, _writer) = pipe().unwrap();
    let start = Instant::now();
    let answer = ask(&reader, |_| Ok(()), Duration::from_millis(30)).unwrap();
    assert_eq!(answer, Answer::default());
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(29) && took < SOON, "{took:?}");
}

#[test]
fn keys_typed_meanwhile_are_keys() {
    let typed: Vec<_> = keys(b"q\r\x03\x1b[B").collect();
    let key = |code, modifiers| Input::Key(KeyEvent::new(code, modifiers));
    assert_eq!(
        typed,
        [
            key(KeyCode::Char('q'), KeyModifiers::NONE),
            key(KeyCode::Enter, KeyModifiers::NONE),
            key(KeyCode::Char('c'), KeyModifiers::CONTROL),
        ]
    );
}

/// Keys as the reader tells them: `\x1b` begins an Alt, `\x07` is Ctrl-G.
fn told(bytes: &str) -> Vec<Input> {
    let mut alt = KeyModifiers::NONE;
    let mut inputs = Vec::new();
    for letter in bytes.chars() {
        let (code, modifiers) = match letter {
            '\x1b' => {
                alt = KeyModifiers::ALT;
                continue;
            }
            '\x07' => ('g', KeyModifiers::CONTROL),
            letter => (letter, std::mem::replace(&mut alt, KeyModifiers::NONE)),
        };
        inputs.push(Input::Key(KeyEvent::new(KeyCode::Char(code), modifiers)));
    }
    inputs
}

#[test]
fn a_late_answer_is_no_keys() {
    for end in ["\x1b\\", "\x07"] {
        let mut late = Late::default();
        let mut caught: Vec<_> = told(&format!("\x1b]11;rgb:FFFF/ffff/ffff{end}"))
            .into_iter()
            .map(|input| late.take(input))
            .collect();
        assert_eq!(caught.pop(), Some(Caught::Answer(Some(Ground::Light))));
        assert!(caught.iter().all(|caught| *caught == Caught::Held));
        let next = told("j").remove(0);
        assert_eq!(late.take(next.clone()), Caught::Typed(vec![next]));
    }
}

#[test]
fn what_only_looks_like_an_answer_stays_typed() {
    let long = format!("\x1b]11;{}q", "a".repeat(200));
    for typed in [
        "\x1b]j",
        "\x1b]1j",
        "\x1b]11;x",
        "\x1b]12",
        "j\x07\x1b\\",
        "\x1b]\x1b]q",
        &long,
    ] {
        let mut late = Late::default();
        let mut out = Vec::new();
        for input in told(typed) {
            match late.take(input) {
                Caught::Typed(inputs) => out.extend(inputs),
                Caught::Held => {}
                Caught::Answer(_) => panic!("{typed:?} is no answer"),
            }
        }
        assert_eq!(out, told(typed), "{typed:?}");
    }
}

#[test]
fn consoles_are_not_asked() {
    for term in ["xterm-256color", "tmux-256color", "foot", "screen"] {
        assert!(is_askable(term), "{term}");
    }
    for term in ["", "linux", "dumb", "vt100", "ansi"] {
        assert!(!is_askable(term), "{term}");
    }
}
