//! Data flows one way: who may use whom, read from the sources.
#![cfg(test)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Each room and the rooms that it may use.
const ROOMS: &[(&str, &[&str])] = &[
    ("checkpoint", &[]),
    ("token", &[]),
    ("paint", &[]),
    ("model", &["checkpoint"]),
    ("capture", &["model", "token"]),
    ("lens", &["capture"]),
    ("view", &["capture", "lens"]),
    ("export", &["capture", "lens", "view", "paint", "token"]),
    ("tui", &["capture", "lens", "view", "paint", "token"]),
];

/// Crates that only some rooms may name.
const CRATES: &[(&str, &[&str])] = &[
    ("candle_core", &["model"]),
    ("candle_nn", &["model"]),
    ("ratatui", &["tui"]),
    ("hf_hub", &["checkpoint"]),
    ("pytorch_reader", &["checkpoint"]),
    ("tokenizers", &["token"]),
    ("clap", &["cli", "run", "main"]),
    ("toml_edit", &["config"]),
];

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// The room of a file, and its code without comments and without what is only for its tests.
fn code() -> Vec<(String, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let files = files.into_iter().filter(|path| {
        let name = path.file_stem().unwrap().to_string_lossy();
        name != "fixture" && name != "tests"
    });
    files
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            let lines = text.lines().filter(|l| !l.trim_start().starts_with("//"));
            let inside = path.strip_prefix(&root).unwrap();
            let first = inside.components().next().unwrap().as_os_str();
            let room = first.to_string_lossy().trim_end_matches(".rs").to_owned();
            let code = lines.collect::<Vec<_>>().join("\n");
            (room, inside.display().to_string(), code)
        })
        .collect()
}

/// The rooms that a piece of code names after `crate::`, groups in braces included.
fn used(code: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        let Some(group) = after.strip_prefix('{') else {
            rooms.insert(word(after));
            continue;
        };
        let (mut depth, mut start) = (0, true);
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                c if start && !c.is_whitespace() => {
                    rooms.insert(word(&group[at..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    rooms
}

fn word(text: &str) -> String {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    text[..end.unwrap_or(text.len())].to_owned()
}

#[test]
fn rooms_use_only_what_stands_left_of_them() {
    let names: BTreeSet<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    for (room, file, code) in code() {
        let Some((_, allowed)) = ROOMS.iter().find(|(r, _)| *r == room) else {
            continue;
        };
        for other in used(&code) {
            let own = other == room || !names.contains(other.as_str());
            let joiner = ["run", "cli", "config"].contains(&other.as_str());
            assert!(
                !joiner && (own || allowed.contains(&other.as_str())),
                "{file}: {room} may not use {other}"
            );
        }
    }
}

#[test]
fn libraries_stay_in_their_rooms() {
    for (room, file, code) in code() {
        for (library, rooms) in CRATES {
            let named = code.contains(&format!("{library}::"));
            assert!(
                !named || rooms.contains(&room.as_str()),
                "{file}: {library} belongs to {rooms:?}"
            );
        }
    }
}

#[test]
fn the_reader_of_use_lines_sees_groups() {
    let code = "use crate::{capture::{Capture, Head}, lens};\nfn f() { crate::paint::level() }";
    let found = used(code);
    let expected = ["capture", "lens", "paint"].map(str::to_owned);
    assert_eq!(found, BTreeSet::from(expected));
}
