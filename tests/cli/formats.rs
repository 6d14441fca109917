//! Formats by the ending of the output, tables, and JSON as its schema describes it.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use super::common::shared;
use super::schema::assert_fits;
use super::{exported, headlight, refused, stderr, stdout};

#[test]
fn the_ending_of_the_output_chooses_the_format() {
    let folder = tempfile::tempdir().unwrap();
    for (ending, begin) in [
        ("json", &b"{\"schema_version\":"[..]),
        ("JSON", b"{\"schema_version\":"),
        ("csv", b"layer,head,"),
        ("safetensors", b""),
        ("npz", b"PK"),
        ("png", b"\x89PNG"),
        ("svg", b"<svg"),
        ("txt", b"Layer 1"),
        ("ansi", b"Layer 1"),
    ] {
        let path = folder.path().join("heads").with_extension(ending);
        let words = ["export", "--layer", "1", "--head", "2", "--output"];
        let output = headlight(&[&words, &[path.to_str().unwrap()][..]].concat());
        assert!(output.status.success(), "{ending}: {}", stderr(&output));
        let bytes = std::fs::read(&path).unwrap();
        let at = bytes
            .windows(begin.len().max(1))
            .position(|part| part == begin);
        assert!(begin.is_empty() || at.is_some_and(|at| at < 80), "{ending}");
    }
    // What is asked for counts, not the ending.
    let path = folder.path().join("numbers.txt");
    let words = [
        "export",
        "--format",
        "csv",
        "--output",
        path.to_str().unwrap(),
    ];
    assert!(headlight(&words).status.success());
    assert!(
        std::fs::read_to_string(&path)
            .unwrap()
            .starts_with("layer,head,")
    );
    for output in ["heads.xyz", "heads", "heads.headlight"] {
        refused(
            &["export", "--output", output],
            2,
            &[
                output,
                "--format: json, csv, safetensors, npz, png, svg, text, ansi",
            ],
        );
    }
    refused(&["export", "--output", "-"], 2, &["--format json, csv"]);
}

#[test]
fn both_spellings_of_layers_and_heads_are_accepted() {
    let csv = |flags: &[&str]| {
        let output = headlight(&[&["export", "--format", "csv", "--output", "-"], flags].concat());
        assert!(output.status.success(), "{flags:?}: {}", stderr(&output));
        stdout(&output)
    };
    let expected = csv(&["--layers", "1,2-3", "--heads", "0,3"]);
    assert_eq!(expected.lines().count(), 1 + 3 * 2);
    assert_eq!(csv(&["--layer", "1,2-3", "--head", "0,3"]), expected);
    assert_eq!(csv(&["--layer=1-3", "--heads=0,3"]), expected);
    let folder = tempfile::tempdir().unwrap();
    let analyze = |flags: &[&str]| {
        let out = folder.path().join(flags.concat().replace([',', '='], "_"));
        let words = ["analyze", "--output-dir", out.to_str().unwrap()];
        let output = headlight(&[&words, flags].concat());
        assert!(output.status.success(), "{flags:?}: {}", stderr(&output));
        let mut names: Vec<String> = std::fs::read_dir(out)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let plots = [
        "attention_flow.png",
        "layer_1_head_0.png",
        "layer_1_head_2.png",
    ];
    assert_eq!(analyze(&["--layer", "1", "--head", "0,2"]), plots);
    assert_eq!(analyze(&["--layers", "1", "--heads", "0,2"]), plots);
    let two = [
        "attention_flow.png",
        "layer_0_all_heads.png",
        "layer_2_all_heads.png",
    ];
    assert_eq!(analyze(&["--layer=0,2"]), two);
    let capture = folder.path().join("run.headlight");
    for flag in ["--layer", "--layers"] {
        let words = ["capture", flag, "2", "--output", capture.to_str().unwrap()];
        assert!(headlight(&words).status.success());
        let path = capture.to_str().unwrap();
        let words = ["export", path, "--format", "csv", "--output", "-"];
        assert!(
            stdout(&headlight(&words))
                .lines()
                .nth(1)
                .unwrap()
                .starts_with("2,0,")
        );
        assert!(headlight(&["check", flag, "1"]).status.success());
    }
}

#[test]
fn a_table_holds_the_numbers_of_the_json() {
    // Nothing repeats, so that some numbers are not defined.
    for text in [
        "The cat sat.",
        "The cat sat on the cat and the cat sat.",
        "a",
    ] {
        let words = ["export", "--text", text, "--output", "-", "--format", "csv"];
        let output = headlight(&words);
        assert_eq!(stderr(&output), "");
        let text_of = stdout(&output);
        let mut lines = text_of
            .lines()
            .map(|line| line.split(',').collect::<Vec<_>>());
        let names = lines.next().unwrap();
        assert_eq!(
            (names[0], names[1], *names.last().unwrap()),
            ("layer", "head", "kind")
        );
        let json = exported(&["--text", text]);
        let mut rows = 0;
        for layer in json["attention"].as_array().unwrap() {
            for head in layer["heads"].as_array().unwrap() {
                rows += 1;
                let cells = lines.next().unwrap();
                assert_eq!(cells.len(), names.len());
                let row: HashMap<&str, &str> = names.iter().copied().zip(cells).collect();
                assert_eq!(row["layer"], layer["layer"].to_string());
                assert_eq!(row["head"], head["head"].to_string());
                let kind = head["kind"]["name"].as_str().unwrap_or_default();
                assert_eq!(row["kind"], kind);
                let numbers = head["numbers"].as_object().unwrap();
                assert_eq!(numbers.len() + 3, names.len());
                for (name, value) in numbers {
                    let cell = row[name.as_str()];
                    match value {
                        Value::Null => assert_eq!(cell, "", "{name}"),
                        value => {
                            let difference = cell.parse::<f64>().unwrap() - value.as_f64().unwrap();
                            assert!(difference.abs() < 1e-12, "{name}: {cell} and {value}");
                        }
                    }
                }
            }
        }
        assert!(rows == 16 && lines.next().is_none());
    }
}

#[test]
fn json_leaves_out_weights_that_are_many_or_not_wanted() {
    let weights = |json: &Value| json["attention"][0]["heads"][0]["weights"].clone();
    let bare = exported(&["--no-attention"]);
    assert_fits(&bare, "--no-attention");
    assert_eq!(
        (&bare["weights_written"], weights(&bare)),
        (&Value::Bool(false), Value::Null)
    );
    // 1,024 heads, 70 tokens or so.
    let words = "one two three four five six seven ".repeat(10);
    let long = [
        "--untrained",
        "--embedding-dimension=32",
        "--number-of-heads=32",
        "--number-of-layers=32",
        "--text",
        &words,
    ];
    let command = [
        &["export"],
        &long[..],
        &["--format", "json", "--output", "-"],
    ]
    .concat();
    let output = headlight(&command);
    assert!(output.stdout.len() < 4 << 20, "{}", output.stdout.len());
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_fits(&json, "a long text");
    let n = json["input_ids"].as_array().unwrap().len();
    assert!((65..80).contains(&n), "{n}");
    assert_eq!(
        (&json["weights_written"], weights(&json)),
        (&Value::Bool(false), Value::Null)
    );
    let said = stderr(&output);
    assert!(
        said.contains(&format!("leaves out {} weights", 1024 * n * n)),
        "{said}"
    );
    assert!(said.contains("--attention"), "{said}");
    let output = headlight(&[&command[..], &["--attention"]].concat());
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["weights_written"], true);
    assert_eq!(weights(&json).as_array().unwrap().len(), n);
    refused(
        &[&command[..], &["--attention", "--no-attention"]].concat(),
        2,
        &["--attention"],
    );
    for flag in ["--attention", "--no-attention"] {
        let words = ["export", "--format", "csv", "--output", "-", flag];
        refused(&words, 2, &["--format json"]);
    }
    refused(
        &["export", "--format", "json", "--output", "-", "--logits"],
        2,
        &["--logits", "safetensors or npz"],
    );
}

#[test]
fn json_is_as_the_schema_describes_it() {
    let text = "The cat sat on the cat and the cat sat.";
    for flags in [
        &[][..],
        &["--text", text],
        &["--text", "a"],
        &["--layers", "2", "--heads", "1,3"],
        &["--last", "2"],
        &["--untrained"],
        &["--untrained", "--number-of-layers", "1", "--text", "a"],
        &["--text", "ab\u{9b}c\u{202e}d\u{1b}[31m\u{2028}"],
    ] {
        assert_fits(&exported(flags), &format!("{flags:?}"));
    }
    let capture = tempfile::tempdir().unwrap();
    let path = capture.path().join("run.headlight");
    let path = path.to_str().unwrap();
    assert!(headlight(&["capture", "--output", path]).status.success());
    assert_fits(&exported(&[path]), "a capture");
    let foreign = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/capture/stored.npz");
    assert_fits(&exported(&[foreign.to_str().unwrap()]), "stored.npz");
}

#[test]
#[ignore = "reads ../shared"]
fn json_of_every_family_is_as_the_schema_describes_it() {
    let families = shared("reference/families");
    for entry in std::fs::read_dir(families).unwrap() {
        let path = entry.unwrap().path();
        if path.join("config.json").is_file() {
            let path = path.to_str().unwrap();
            let ids = ["--tokenizer", "ids", "--text", "1 2 3 1 2"];
            assert_fits(&exported(&[&[path], &ids[..]].concat()), path);
        }
    }
}
