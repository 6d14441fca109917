//! The text of a run, and the tokenizer that reads it.

use std::io::Read;
use std::num::NonZeroUsize;
use std::path::Path;

use serde_json::{Map, Value};

use super::RunError;
use crate::checkpoint::{Checkpoint, read_pickle_value};
use crate::cli::RunArgs;
use crate::token::{EncodeOptions, Label, Tokenizer};

/// The text where none is given.
pub(super) const DEFAULT_TEXT: &str = "The cat sat on the mat. It was fluffy.";

/// The most bytes of a text that are read: far past any model's context.
const TEXT_LIMIT: u64 = 64 << 20;

/// The name that stands for standard input.
const STDIN: &str = "-";

/// Whether the text comes from standard input, where it can't be read again.
pub(super) fn is_piped(args: &RunArgs) -> bool {
    args.text_file
        .as_ref()
        .is_some_and(|path| path.as_os_str() == STDIN)
}

/// Drops one newline at the end of a text: editors and `echo` put it there, and nobody means it.
pub(super) fn without_newline(text: &mut String) {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
}

/// The text: `--text`, `--text-file`, or the default.
pub(super) fn text(args: &RunArgs) -> Result<String, RunError> {
    if let Some(text) = &args.text {
        return Ok(text.clone());
    }
    let Some(path) = &args.text_file else {
        return Ok(DEFAULT_TEXT.to_owned());
    };
    let name = Label::of_text(&path.display().to_string());
    let name = name.text();
    let mut bytes = Vec::new();
    let read = if is_piped(args) {
        let stdin = std::io::stdin().lock();
        stdin.take(TEXT_LIMIT + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(TEXT_LIMIT + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| RunError::Text(format!("the text file '{name}' can't be read: {error}")))?;
    if bytes.len() as u64 > TEXT_LIMIT {
        return Err(RunError::Text(format!(
            "the text file '{name}' is larger than {} MiB",
            TEXT_LIMIT >> 20
        )));
    }
    let mut text = String::from_utf8(bytes).map_err(|error| {
        RunError::Text(format!(
            "the text file '{name}' is not UTF-8: byte {} can't be read",
            error.utf8_error().valid_up_to()
        ))
    })?;
    if !args.keep_newline {
        without_newline(&mut text);
    }
    Ok(text)
}

/// The most bytes of a configuration.
const CONFIG_LIMIT: u64 = 16 << 20;

/// The configuration in a file.
pub(super) fn config(path: &Path) -> Result<Map<String, Value>, RunError> {
    let name = Label::of_text(&path.display().to_string());
    let name = name.text();
    let mut bytes = Vec::new();
    let read =
        std::fs::File::open(path).and_then(|file| file.take(CONFIG_LIMIT).read_to_end(&mut bytes));
    read.map_err(|error| RunError::Text(format!("the configuration '{name}': {error}")))?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(config)) => Ok(config),
        Ok(_) => Err(RunError::Text(format!(
            "the configuration '{name}' is not a JSON object"
        ))),
        Err(error) => Err(RunError::Text(format!(
            "the configuration '{name}' is not JSON: {error}"
        ))),
    }
}

/// What the flags say about special tokens.
pub(super) fn encode_options(args: &RunArgs) -> EncodeOptions {
    EncodeOptions {
        bos: match (args.bos, args.no_bos) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        },
        special: args.special,
    }
}

/// The tokenizer of a checkpoint: the one that was given, the one inside, the one beside, or
/// GPT-2's where the vocabulary has its size. Sentences about what was assumed go to `assumed`.
pub(super) fn tokenizer(
    args: &RunArgs,
    checkpoint: &Checkpoint,
    vocabulary: usize,
    assumed: &mut Vec<String>,
) -> Result<Tokenizer, RunError> {
    match &args.tokenizer {
        Some(path) if path.as_os_str() == IDS => return Ok(Tokenizer::ids(vocabulary)),
        Some(path) => return Ok(Tokenizer::from_path(path)?),
        None => {}
    }
    let extra = checkpoint.extra();
    if let Some(json) = extra.get("tokenizer").and_then(|v| v.as_str()) {
        return Ok(Tokenizer::from_tokenizer_json(
            json.as_bytes(),
            "the checkpoint's own tokenizer",
        )?);
    }
    if let Some(found) = Tokenizer::from_gguf(extra)? {
        return Ok(found);
    }
    if let Some(found) = characters(extra, "the checkpoint")? {
        return Ok(found);
    }
    if let Some(folder) = checkpoint.folder() {
        if let Some(found) = Tokenizer::beside(folder)? {
            return Ok(found);
        }
        if let Some(found) = Tokenizer::llama2c_beside(folder, vocabulary)? {
            return Ok(found);
        }
        let meta = folder.join(META);
        if meta.is_file()
            && let Some(found) = meta_pickle(&meta)?
        {
            return Ok(found);
        }
    }
    if vocabulary == GPT2_ENTRIES {
        return Ok(Tokenizer::gpt2()?);
    }
    if vocabulary == GPT2_PADDED {
        assumed.push(format!(
            "the {GPT2_PADDED} entries are taken for GPT-2's {GPT2_ENTRIES}, padded"
        ));
        return Ok(Tokenizer::gpt2()?);
    }
    Err(RunError::Text(format!(
        "no tokenizer was found for this model of {vocabulary} tokens: there is no stoi or itos in \
         the checkpoint, and no tokenizer.json, vocab.json with merges.txt, tokenizer.model, \
         tokenizer.bin or meta.pkl beside it; \
         give one with --tokenizer PATH, or token ids as the text \
         with --tokenizer ids --text \"5 17 3\""
    )))
}

/// nanoGPT's vocabulary of characters, beside the data or the checkpoint.
pub(super) const META: &str = "meta.pkl";

/// `--tokenizer` with this name takes the text for token ids.
pub(super) const IDS: &str = "ids";

/// Entries of GPT-2's vocabulary, and as nanoGPT pads it to a multiple of 64.
pub(super) const GPT2_ENTRIES: usize = 50257;
const GPT2_PADDED: usize = 50304;

fn characters(
    map: &serde_json::Map<String, serde_json::Value>,
    source: &str,
) -> Result<Option<Tokenizer>, RunError> {
    let get = |key: &str| map.get(key).and_then(|v| v.as_object());
    if let Some(stoi) = get("stoi") {
        return Ok(Some(Tokenizer::from_characters(stoi, source)?));
    }
    if let Some(itos) = get("itos") {
        return Ok(Some(Tokenizer::from_itos(itos, source)?));
    }
    Ok(None)
}

fn meta_pickle(path: &Path) -> Result<Option<Tokenizer>, RunError> {
    match read_pickle_value(path)?.as_object() {
        Some(map) => characters(map, META),
        None => Ok(None),
    }
}
/// More than any processor runs at once.
const MOST_THREADS: usize = 1024;

/// Sets how many threads compute; before anything was computed.
pub(super) fn set_threads(threads: NonZeroUsize) -> Result<(), RunError> {
    if threads.get() > MOST_THREADS {
        return Err(RunError::Usage(format!(
            "--threads {threads} is too many; at most {MOST_THREADS} are possible"
        )));
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.get());
    let failed = |error| RunError::Usage(format!("--threads {threads} is not possible: {error}"));
    pool.build_global().map_err(failed)
}
