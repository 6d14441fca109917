//! Whatever a text, a token, a name or a flag holds, nothing that is printed or written commands a
//! terminal, hides text or turns its direction.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use unicode_general_category::{GeneralCategory as Category, get_general_category};

use super::stdout;

/// Control, format, surrogate, and separator characters, all that there are.
fn dangerous(c: char) -> bool {
    matches!(
        get_general_category(c),
        Category::Control
            | Category::Format
            | Category::Surrogate
            | Category::LineSeparator
            | Category::ParagraphSeparator
    )
}

/// All of them but NUL, which no argument can hold.
fn all() -> Vec<char> {
    let all: Vec<char> = (1..=0x10_ffff)
        .filter_map(char::from_u32)
        .filter(|c| dangerous(*c))
        .collect();
    assert!(all.len() > 200);
    all
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_headlight"))
        .args(arguments)
        .env("XDG_CONFIG_HOME", "/nowhere")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Fails where a text holds one of them; line ends and tabs are the program's own.
fn assert_safe(text: &[u8], what: &str) {
    let text = std::str::from_utf8(text).unwrap_or_else(|_| panic!("{what} is not UTF-8"));
    let found = text.chars().find(|c| dangerous(*c) && !"\n\t".contains(*c));
    assert!(found.is_none(), "{what} holds {found:?}");
}

fn assert_safe_output(output: &Output, what: &str) {
    assert_safe(&output.stdout, &format!("stdout of {what}"));
    assert_safe(&output.stderr, &format!("stderr of {what}"));
    assert!(
        output.stderr.len() < 8_000,
        "{what}: {} bytes",
        output.stderr.len()
    );
}

/// A model without a file that reads any text.
const MODEL: [&str; 5] = [
    "--untrained",
    "--embedding-dimension=8",
    "--number-of-heads=1",
    "--number-of-layers=1",
    "--context-length=2048",
];

#[test]
fn texts_reach_every_sink_spelled_out() {
    let text: String = all().into_iter().flat_map(|c| ['a', c]).collect();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    // A vocabulary of these characters alone.
    let entries = all().into_iter().chain(['a']).enumerate();
    let entries: serde_json::Map<String, Value> =
        entries.map(|(id, c)| (c.to_string(), id.into())).collect();
    std::fs::write(at("vocabulary.json"), Value::Object(entries).to_string()).unwrap();
    let vocabulary = at("vocabulary.json");
    let given = ["--tokenizer", &vocabulary, "--text", &text];
    let with = |words: &[&str]| {
        let output = run(&[&words[..1], &MODEL, &given[..], &words[1..]].concat());
        assert!(
            output.status.success(),
            "{words:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output
    };
    for format in ["json", "csv", "svg", "text"] {
        assert_safe_output(
            &with(&["export", "--format", format, "--output", "-"]),
            format,
        );
    }
    let json = with(&[
        "export",
        "--format",
        "json",
        "--output",
        "-",
        "--no-attention",
    ]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["text"], text);
    // Colours are sequences, and nothing else is.
    let ansi = stdout(&with(&["export", "--format", "ansi", "--output", "-"]));
    let mut parts = ansi.split("\u{1b}[");
    assert_safe(parts.next().unwrap().as_bytes(), "ansi");
    for part in parts {
        let (colours, rest) = part.split_once('m').unwrap();
        assert!(
            colours.chars().all(|c| c.is_ascii_digit() || c == ';'),
            "{colours:?}"
        );
        assert_safe(rest.as_bytes(), "ansi");
    }
    assert_safe_output(&with(&["analyze", "--output-dir", &at("plots")]), "analyze");
    let plot = std::fs::File::open(at("plots/layer_0_all_heads.png")).unwrap();
    let plot = png::Decoder::new(std::io::BufReader::new(plot))
        .read_info()
        .unwrap();
    let entries = &plot.info().utf8_text;
    assert!(!entries.is_empty());
    for entry in entries {
        assert_safe(entry.get_text().unwrap().as_bytes(), &entry.keyword);
    }
    assert_safe_output(&with(&["check"]), "check");
    let report = with(&["check", "--json"]);
    assert_safe_output(&report, "check --json");
    assert_safe_output(&with(&["capture", "--output", &at("run")]), "capture");
    let output = run(&["export", &at("run"), "--format", "json", "--output", "-"]);
    assert_safe_output(&output, "a capture");
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["text"], text);
    let words = ["export", "--format", "json", "--output", &at("run.json")];
    with(&words);
    assert_safe(&std::fs::read(at("run.json")).unwrap(), "a file of JSON");
}

#[test]
#[ignore = "needs bash"]
fn the_command_of_a_recipe_runs_the_same_text_again() {
    let text = "It's \u{1b}[31mred\u{9b} \u{202e}back\\slash\n\ttab";
    let output = run(&[
        "export", "--text", text, "--format", "json", "--output", "-",
    ]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let command = json["recipe"]["command"].as_str().unwrap();
    assert_safe(command.as_bytes(), "the command");
    let program = Path::new(env!("CARGO_BIN_EXE_headlight")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut again = Command::new("bash");
    again
        .args(["-c", command])
        .env("PATH", path)
        .stdin(Stdio::null());
    let again = again.output().unwrap();
    assert!(again.stdout == output.stdout, "{command}");
}

#[test]
fn names_and_flags_are_echoed_spelled_out_and_short() {
    let folder = tempfile::tempdir().unwrap();
    let hostile: String = all().into_iter().filter(|c| *c != '/').take(60).collect();
    let file = folder.path().join(format!("{hostile}.pt"));
    std::fs::write(&file, "no checkpoint").unwrap();
    let file = file.to_str().unwrap();
    let whole: String = all().into_iter().collect();
    let long = "x\u{9b}".repeat(40_000);
    let missing = format!("{whole}.pt");
    let json = ["--format", "json", "--output", "-"];
    let mut failed = 0;
    for echoed in [whole.as_str(), &long] {
        for words in [
            vec!["export", echoed],
            vec!["export", "--checkpoint", echoed],
            vec!["export", "--tokenizer", echoed],
            vec!["export", "--text-file", echoed],
            vec!["export", "--model-config", echoed],
            vec!["export", "--layers", echoed],
            vec!["export", "--heads", echoed],
            vec!["export", "--seed", echoed],
            vec!["export", "--device-memory", echoed],
            vec!["export", "--dtype", echoed],
            vec!["export", "--tokenizer", "ids", "--text", echoed],
        ] {
            let output = run(&[&words, &json[..]].concat());
            assert_safe_output(&output, words[1]);
            failed += i32::from(!output.status.success());
        }
        for words in [
            vec!["export", "--format", "json", "--output", echoed],
            vec!["export", "--format", echoed, "--output", "-"],
            vec!["check", "--reference", echoed],
            vec!["--config", echoed],
            vec![echoed],
            vec!["analyze", "--no-such-flag", echoed],
        ] {
            let output = run(&words);
            assert_safe_output(&output, words[0]);
            failed += i32::from(!output.status.success());
        }
    }
    assert!(failed >= 2 * 16, "{failed}");
    for words in [["check", file], ["check", &missing]] {
        let output = run(&words);
        assert_eq!(output.status.code(), Some(1));
        assert_safe_output(&output, words[1]);
    }
}

#[test]
fn tokens_of_a_file_are_spelled_out() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/c1text.npz");
    for words in [
        &["export", path, "--format", "json", "--output", "-"][..],
        &["export", path, "--format", "text", "--output", "-"],
        &["check", path],
        &["check", "--json", path],
    ] {
        assert_safe_output(&run(words), words[0]);
    }
}
