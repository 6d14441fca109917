//! What completes the argument of `:open`.

use std::path::{Path, PathBuf};

use clap::CommandFactory;

use super::open::at_home;
use super::opening::DEMO_NAME;
use crate::checkpoint::hub::{self, Environment};
use crate::checkpoint::printable;
use crate::cli::{Cli, NOT_INSIDE};
use crate::view::{Completion, Task, Update, Words};

/// Most entries of a folder that are looked at, and most words that are offered.
const MOST_READ: usize = 20_000;
const MOST_OFFERED: usize = 500;

/// Endings of files that are likely to be meant.
const ENDINGS: [&str; 9] = [
    "pt",
    "pth",
    "bin",
    "ckpt",
    "safetensors",
    "gguf",
    "headlight",
    "npz",
    "tar",
];

/// The job of the thread that completes.
pub(super) fn completer() -> Task<String> {
    Box::new(|argument, cancel, tell| {
        let found = completions(&argument, &Environment::of_process());
        if !cancel.is_cancelled() {
            tell(Update::Completions {
                of: argument,
                found,
            });
        }
    })
}

/// The words that can stand where an argument ends.
fn completions(argument: &str, environment: &Environment) -> Vec<Completion> {
    let words = Words::of(argument);
    let (_, typed) = words.last(argument);
    let complete = words.words.len() - usize::from(words.in_word);
    let before = words.words.get(..complete).unwrap_or_default();
    let command = Cli::command();
    let flag = before.last().and_then(|(_, word)| word.strip_prefix("--"));
    let flag = flag.and_then(|name| command.get_arguments().find(|a| a.get_long() == Some(name)));
    if let Some(flag) = flag.filter(|flag| flag.get_action().takes_values()) {
        let values = flag.get_possible_values();
        return match values.is_empty() {
            true if flag.get_value_names().is_some_and(|names| {
                names.iter().any(|name| *name == "FILE" || *name == "PATH")
            }) =>
            {
                paths(typed)
            }
            true => Vec::new(),
            false => {
                let named = values
                    .iter()
                    .filter(|value| value.get_name().starts_with(typed));
                named
                    .map(|value| Completion {
                        word: value.get_name().to_owned(),
                        doc: value
                            .get_help()
                            .map_or_else(String::new, ToString::to_string),
                        goes_on: false,
                    })
                    .collect()
            }
        };
    }
    if typed.starts_with('-') {
        let flags = command.get_arguments().filter_map(|flag| {
            let name = format!("--{}", flag.get_long()?);
            let fits = name.starts_with(typed) && !NOT_INSIDE.contains(&flag.get_id().as_str());
            fits.then(|| Completion {
                word: name,
                doc: flag
                    .get_help()
                    .map_or_else(String::new, ToString::to_string),
                goes_on: false,
            })
        });
        return flags.collect();
    }
    let mut found = paths(typed);
    // The first word names the model.
    if complete == 0 {
        let demo = (!typed.is_empty() && DEMO_NAME.starts_with(typed)).then(|| Completion {
            word: DEMO_NAME.to_owned(),
            doc: "the demo that is built in".to_owned(),
            goes_on: false,
        });
        let folded = typed.to_lowercase();
        let cached = hub::cached(environment).into_iter().map(|name| Completion {
            word: name,
            doc: "model of the cache".to_owned(),
            goes_on: false,
        });
        let cached = cached.filter(|model| model.word.to_lowercase().starts_with(&folded));
        found.extend(demo.into_iter().chain(cached));
    }
    found.truncate(MOST_OFFERED);
    found
}

/// Files and folders whose path begins as it was typed: likely files first, hidden ones where the
/// dot was typed.
fn paths(typed: &str) -> Vec<Completion> {
    let (folder, name) = match typed.rfind('/') {
        Some(at) => typed.split_at(at + 1),
        None => ("", typed),
    };
    let place = match folder {
        "" => PathBuf::from("."),
        _ => at_home(PathBuf::from(folder)),
    };
    if typed == "~" {
        return vec![Completion {
            word: "~/".to_owned(),
            doc: "folder".to_owned(),
            goes_on: true,
        }];
    }
    let entries = std::fs::read_dir(place)
        .into_iter()
        .flatten()
        .take(MOST_READ);
    let mut found: Vec<(u8, Completion)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let shown = entry.file_name().into_string().ok()?;
            let hidden = shown.starts_with('.') && !name.starts_with('.');
            // What can't be shown as it is can't be typed.
            if hidden || !shown.starts_with(name) || printable(&shown) != shown {
                return None;
            }
            let is_folder = entry.path().is_dir();
            let ending = Path::new(&shown).extension();
            let likely = ending.is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known));
            let (order, doc) = match (is_folder, likely) {
                (true, _) => (1, "folder"),
                (false, true) => (0, "file"),
                (false, false) => (2, "file"),
            };
            let slash = if is_folder { "/" } else { "" };
            let word = format!("{folder}{shown}{slash}");
            let doc = doc.to_owned();
            Some((
                order,
                Completion {
                    word,
                    doc,
                    goes_on: is_folder,
                },
            ))
        })
        .collect();
    found.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.word.cmp(&y.word)));
    found.truncate(MOST_OFFERED);
    found.into_iter().map(|(_, found)| found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(argument: &str, environment: &Environment) -> Vec<String> {
        let found = completions(argument, environment);
        found.into_iter().map(|found| found.word).collect()
    }

    #[test]
    fn files_folders_models_flags_and_their_values_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("my runs")).unwrap();
        for name in [
            "my runs/step 1.pt",
            "my runs/.hidden.pt",
            "notes.txt",
            "model.pt",
            "bad\u{1b}.pt",
        ] {
            std::fs::write(at(name), "").unwrap();
        }
        let cache = at("hub");
        for name in [
            "models--gpt2",
            "models--EleutherAI--pythia-70m",
            "datasets--x",
        ] {
            std::fs::create_dir_all(cache.join(name).join("snapshots/abc")).unwrap();
        }
        let environment = Environment {
            hub_cache: Some(cache.into_os_string()),
            ..Environment::default()
        };
        let root = folder.path().display().to_string();
        let of = |argument: &str| words(argument, &environment);
        let under = |names: &[&str]| {
            names
                .iter()
                .map(|name| format!("{root}/{name}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(&format!("{root}/m")), under(&["model.pt", "my runs/"]));
        assert_eq!(
            of(&format!("{root}/my\\ runs/")),
            under(&["my runs/step 1.pt"])
        );
        assert_eq!(
            of(&format!("'{root}/my runs/.h")),
            under(&["my runs/.hidden.pt"])
        );
        assert_eq!(of(&format!("{root}/b")), Vec::<String>::new());
        assert_eq!(of("pyth"), Vec::<String>::new());
        assert_eq!(of("eleu"), ["EleutherAI/pythia-70m"]);
        assert_eq!(of("gpt2"), ["gpt2"]);
        assert_eq!(of("dem"), ["demo"]);
        assert_eq!(of("x.pt --number-of-h"), ["--number-of-heads"]);
        assert_eq!(of("x.pt --dtype b"), ["bf16"]);
        assert_eq!(of("x.pt --number-of-heads "), Vec::<String>::new());
        assert_eq!(
            of(&format!("x.pt --tokenizer {root}/n")),
            under(&["notes.txt"])
        );
        assert!(
            !of("x.pt --")
                .iter()
                .any(|flag| flag == "--watch" || flag == "--print-config")
        );
    }
}
