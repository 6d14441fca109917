//! Where vocabularies lie on disk, and what a file is by its content.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use tokenizers::AddedToken;

use super::bos::Config;
use super::error::{safe, safe_path};
use super::hub::{ByteLevelRules, Hub};
use super::{Error, Tokenizer, byte_level, gpt2, llama2c, sp_model};
use crate::json_size;

/// Most bytes of a `tokenizer.json` or a `merges.txt`; the largest in use have some 40 MB.
const MAX_FILE: u64 = 256 << 20;

/// Most bytes of a JSON map of tokens to ids; one entry may take sixteen times its bytes in memory.
const MAX_MAP: u64 = 64 << 20;

/// A set of files that together are one tokenizer.
struct Layout {
    files: &'static [&'static str],
    open: fn(&Path) -> Result<Tokenizer, Error>,
}

/// What a folder may hold, the first that is there taken.
const LAYOUTS: &[Layout] = &[
    Layout {
        files: &["tokenizer.json"],
        open: |folder| open_tokenizer_json(&folder.join("tokenizer.json")),
    },
    Layout {
        files: &["vocab.json", "merges.txt"],
        open: |folder| open_vocab_merges(&folder.join("vocab.json"), &folder.join("merges.txt")),
    },
    Layout {
        files: &["encoder.json", "vocab.bpe"],
        open: |folder| open_vocab_merges(&folder.join("encoder.json"), &folder.join("vocab.bpe")),
    },
    Layout {
        files: &["tokenizer.model"],
        open: |folder| {
            let path = folder.join("tokenizer.model");
            open_sp_model(&path, &read(&path, MAX_FILE)?)
        },
    },
];

/// What says beside a tokenizer how special tokens are used.
const CONFIGS: [&str; 3] = [
    "tokenizer_config.json",
    "special_tokens_map.json",
    "config.json",
];

/// The files of a folder that tokenizers are read from, those that are there.
pub(super) fn in_folder(folder: &Path) -> Vec<PathBuf> {
    let layouts = LAYOUTS.iter().flat_map(|layout| layout.files);
    let named = layouts.chain(&CONFIGS).map(|name| folder.join(name));
    let here = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    let entries = std::fs::read_dir(here).into_iter().flatten().flatten();
    // llama2.c's: tokenizer.bin and tok512.bin.
    let vocabularies = entries.map(|entry| entry.path()).filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("tok") && name.ends_with(".bin")
    });
    let mut files: Vec<PathBuf> = named.chain(vocabularies).collect();
    files.retain(|file| file.is_file());
    files
}

/// Opens the first tokenizer of [`LAYOUTS`] that a folder has.
pub(super) fn open_folder(folder: &Path) -> Result<Option<Tokenizer>, Error> {
    LAYOUTS
        .iter()
        .find(|layout| layout.files.iter().all(|file| folder.join(file).is_file()))
        .map(|layout| (layout.open)(folder))
        .transpose()
}

/// Opens a file or folder that the person named.
pub(super) fn open(path: &Path) -> Result<Tokenizer, Error> {
    if path.is_dir() {
        return open_folder(path)?.ok_or_else(|| Error::NothingIn {
            folder: safe_path(path),
            expected: LAYOUTS
                .iter()
                .map(|layout| layout.files.join(" with "))
                .collect::<Vec<_>>()
                .join(", or "),
        });
    }
    let bytes = read(path, MAX_FILE)?;
    if llama2c::is_one(&bytes) {
        return llama2c::open(&bytes, &name(path));
    }
    if sp_model::is_one(&bytes) {
        return open_sp_model(path, &bytes);
    }
    if bytes.starts_with(b"#version") {
        return open_half(path, &["vocab.json", "encoder.json"], |merges, vocab| {
            open_vocab_merges(vocab, merges)
        });
    }
    match serde_json::from_slice::<HasModel>(&bytes) {
        Ok(_) => {
            let tokenizer = Tokenizer::from_tokenizer_json(&bytes, &name(path))?;
            return configured(path, tokenizer, true);
        }
        // Well-formed, but no tokenizer.json: a map, which may have a token `model`.
        Err(error) if error.is_data() => {}
        Err(error) => {
            let expected = "expected tokenizer.json, vocab.json with merges.txt beside it, a JSON map of tokens to ids, \
                 SentencePiece's tokenizer.model or llama2.c's tokenizer.bin";
            let reason = format!("it is not JSON ({error}); {expected}");
            return Err(Error::malformed(&safe_path(path), reason));
        }
    }
    if bytes.len() as u64 > MAX_MAP {
        return Err(too_large(path, MAX_MAP));
    }
    json_size::check(&bytes).map_err(|reason| Error::malformed(&safe_path(path), reason))?;
    let map: Map<String, Value> = parse(path, &bytes)?;
    open_map(path, &map)
}

/// A JSON object with a `model` that is an object itself.
#[derive(Deserialize)]
struct HasModel {
    #[serde(rename = "model")]
    _model: HashMap<String, IgnoredAny>,
}

fn open_map(path: &Path, map: &Map<String, Value>) -> Result<Tokenizer, Error> {
    if let Some(Value::Object(stoi)) = map.get("stoi") {
        return Tokenizer::from_characters(stoi, &name(path));
    }
    match map.get("itos") {
        Some(Value::Object(itos)) => {
            return Tokenizer::from_itos(itos, &name(path));
        }
        Some(Value::Array(texts)) => {
            let numbered = texts.iter().enumerate();
            let itos = numbered
                .map(|(id, text)| (id.to_string(), text.clone()))
                .collect();
            return Tokenizer::from_itos(&itos, &name(path));
        }
        _ => {}
    }
    if map
        .keys()
        .any(|entry| entry.chars().count() > 1 && entry.starts_with(byte_level::SPACE))
    {
        return open_half(path, &["merges.txt", "vocab.bpe"], open_vocab_merges);
    }
    if map.values().all(Value::is_string) && map.keys().all(|key| key.parse::<u32>().is_ok()) {
        return Tokenizer::from_itos(map, &name(path));
    }
    Tokenizer::from_characters(map, &name(path))
}

/// Opens a pair of which one half is given and the other must lie beside it.
fn open_half(
    path: &Path,
    others: &[&str],
    open: impl FnOnce(&Path, &Path) -> Result<Tokenizer, Error>,
) -> Result<Tokenizer, Error> {
    let beside = others
        .iter()
        .map(|other| path.with_file_name(other))
        .find(|other| other.is_file());
    match beside {
        Some(other) => open(path, &other),
        None => Err(Error::MissingHalf {
            found: safe_path(path),
            missing: others.join(" or "),
        }),
    }
}

fn open_tokenizer_json(path: &Path) -> Result<Tokenizer, Error> {
    let tokenizer = Tokenizer::from_tokenizer_json(&read(path, MAX_FILE)?, &name(path))?;
    configured(path, tokenizer, true)
}

fn open_sp_model(path: &Path, bytes: &[u8]) -> Result<Tokenizer, Error> {
    let add = config_beside(path)?.add;
    configured(path, sp_model::open(bytes, add, &name(path))?, false)
}

/// Opens the vocabulary of a llama2.c model with so many entries.
pub(super) fn open_llama2c(folder: &Path, vocabulary: usize) -> Result<Option<Tokenizer>, Error> {
    for file in ["tokenizer.bin".to_owned(), format!("tok{vocabulary}.bin")] {
        let path = folder.join(file);
        if !path.is_file() {
            continue;
        }
        let bytes = read(&path, MAX_FILE)?;
        if !llama2c::is_one(&bytes) {
            continue;
        }
        let found = llama2c::open(&bytes, &name(&path))?;
        if found.vocab_size() == vocabulary {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// A tokenizer with what the files beside it say to put before a text; `speaks` where its own file says so, too.
fn configured(path: &Path, tokenizer: Tokenizer, speaks: bool) -> Result<Tokenizer, Error> {
    let config = config_beside(path)?;
    let (bos, said) = config.settle(
        tokenizer.bos.as_ref(),
        speaks,
        |text| tokenizer.scheme.token_id(text),
        |id| tokenizer.scheme.is_special(id),
    );
    Ok(tokenizer.with_bos(bos).with_assumed(said))
}

fn config_beside(path: &Path) -> Result<Config, Error> {
    let beside = |name: &str| -> Result<Option<Value>, Error> {
        let path = path.with_file_name(name);
        if !path.is_file() {
            return Ok(None);
        }
        let bytes = read(&path, MAX_MAP)?;
        json_size::check(&bytes).map_err(|reason| Error::malformed(&safe_path(&path), reason))?;
        let parsed = serde_json::from_slice(&bytes);
        parsed
            .map(Some)
            .map_err(|error| Error::malformed(&safe_path(&path), error))
    };
    let [tokenizer, special, model] = CONFIGS;
    Ok(Config::new([
        beside(tokenizer)?,
        beside(special)?,
        beside(model)?,
    ]))
}

/// Opens GPT-2's two files.
pub(super) fn open_vocab_merges(vocab: &Path, merges: &Path) -> Result<Tokenizer, Error> {
    let source = format!("{} + {}", name(vocab), name(merges));
    let entries: HashMap<String, u32> = parse(vocab, &read(vocab, MAX_MAP)?)?;
    let pairs = parse_merges(merges, &read(merges, MAX_FILE)?)?;
    let mut special = config_beside(vocab)?.special;
    special.push(gpt2::END_OF_TEXT_NAME.to_owned());
    special.retain(|name| entries.contains_key(name));
    let rules = ByteLevelRules {
        patterns: &[],
        ignore_merges: false,
        compose: false,
        added: special
            .into_iter()
            .map(|name| AddedToken::from(name, true))
            .collect(),
    };
    let hub = Hub::byte_level(entries, pairs, rules, &source)?;
    configured(vocab, Tokenizer::new(hub, &source), false)
}

/// A pair a line, with a space between; a first line `#version` and empty lines are no pairs.
fn parse_merges(path: &Path, bytes: &[u8]) -> Result<Vec<(String, String)>, Error> {
    let malformed = |reason: String| Error::malformed(&safe_path(path), reason);
    let text = std::str::from_utf8(bytes).map_err(|error| malformed(error.to_string()))?;
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with("#version"))
        .map(|(at, line)| match line.split_once(' ') {
            Some((left, right)) => Ok((left.to_owned(), right.trim_end().to_owned())),
            None => Err(malformed(format!(
                "line {} is '{}'; expected two tokens with a space between",
                at + 1,
                safe(line)
            ))),
        })
        .collect()
}

fn parse<T: for<'a> Deserialize<'a>>(path: &Path, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| {
        let reason = format!("{error}; expected a JSON map of tokens to ids");
        Error::malformed(&safe_path(path), reason)
    })
}

/// Reads a regular file that is not larger than `limit` bytes.
fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::Read {
        path: safe_path(path),
        source,
    };
    // A pipe or a device would be read for ever.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(Error::NotAFile {
            path: safe_path(path),
        });
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > limit {
        return Err(too_large(path, limit));
    }
    Ok(bytes)
}

fn too_large(path: &Path, limit: u64) -> Error {
    Error::TooLarge {
        path: safe_path(path),
        limit,
    }
}

/// The last part of a path, as sources are named by.
fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    safe(&name.to_string_lossy())
}
