//! Fetches a model from the Hugging Face Hub into the local cache. Only with the cargo feature `hub`.

use std::path::Path;

use hf_hub::api::Progress;
use hf_hub::api::sync::{ApiBuilder, ApiError};
use hf_hub::{Cache, Repo, RepoType};

use super::super::error::{Error, listed, reason};
use super::{Environment, HubName};

/// Files beside the weights that are fetched where the model has them.
const BESIDE: [&str; 8] = [
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "tokenizer.model",
];

/// Weights, the better first: the one file, or the index and what the names of its shards begin and end with.
const WEIGHTS: [(&str, &str, &str, &str); 2] = [
    (
        "model.safetensors",
        "model.safetensors.index.json",
        "model-",
        ".safetensors",
    ),
    (
        "pytorch_model.bin",
        "pytorch_model.bin.index.json",
        "pytorch_model-",
        ".bin",
    ),
];

/// Fetch what the cache lacks of a model: its configuration, tokenizer and weights. `progress` is told the
/// file, its bytes that are there and its bytes in all.
///
/// # Errors
/// Where there is no cache, no connection, no such model or revision, or nothing in it that opens.
pub fn download(
    name: &HubName,
    environment: &Environment,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<(), Error> {
    let refused = |reason: String| Error::Download {
        name: Box::new(name.clone()),
        reason,
    };
    let folder = environment.cache().ok_or_else(|| {
        refused("neither HF_HOME nor a home folder says where to store it".into())
    })?;
    let cache = Cache::new(folder.path);
    let mut builder = ApiBuilder::from_cache(cache.clone()).with_retries(2);
    let endpoint = environment.endpoint.as_deref().unwrap_or_default();
    if !endpoint.is_empty() {
        builder = builder.with_endpoint(endpoint.trim_end_matches('/').to_owned());
    }
    let revision = name.revision.as_deref().unwrap_or("main").to_owned();
    let model = Repo::with_revision(name.model.clone(), RepoType::Model, revision);
    let failed = |error: ApiError| refused(explained(&error));
    let api = builder.build().map_err(failed)?.repo(model.clone());
    let there: Vec<String> = api
        .info()
        .map_err(failed)?
        .siblings
        .into_iter()
        .map(|file| file.rfilename)
        .collect();
    let files = wanted(&there).map_err(refused)?;
    for file in files {
        if cache.repo(model.clone()).get(file).is_some() {
            continue;
        }
        let mut whole = (0, 0);
        let line = Line {
            file,
            whole: &mut whole,
            tell: progress,
        };
        let path = api.download_with_progress(file, line).map_err(failed)?;
        let stored = size(&path);
        if stored != whole.1 {
            // What is short must not be taken for the file the next time.
            let _ = std::fs::remove_file(path.canonicalize().unwrap_or(path));
            return Err(refused(format!(
                "{stored} of the {} bytes of '{file}' arrived",
                whole.1
            )));
        }
    }
    Ok(())
}

/// The files to fetch, of those that the Hub has: plain names only.
fn wanted(there: &[String]) -> Result<Vec<&str>, String> {
    let has = |name: &str| there.iter().any(|file| file == name);
    let mut files: Vec<&str> = BESIDE.into_iter().filter(|name| has(name)).collect();
    for (whole, index, begin, end) in WEIGHTS {
        if has(whole) {
            files.push(whole);
            return Ok(files);
        }
        if has(index) {
            files.push(index);
            files.extend(there.iter().map(String::as_str).filter(|file| {
                file.starts_with(begin)
                    && file.ends_with(end)
                    && file
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            }));
            return Ok(files);
        }
    }
    Err(format!(
        "it has neither model.safetensors nor pytorch_model.bin, but {}",
        listed(there)
    ))
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// What failed, as the end of a sentence.
fn explained(error: &ApiError) -> String {
    let text = reason(error);
    // The Hub answers 401 for what does not exist, so as not to tell what is private.
    match text.rsplit(' ').next() {
        Some("401" | "403" | "404") => {
            format!("the Hub has no such model or revision, or it is not open to everyone ({text})")
        }
        _ => text,
    }
}

/// Passes on how far a file is.
struct Line<'a> {
    file: &'a str,
    /// Bytes that arrived, and bytes in all.
    whole: &'a mut (u64, u64),
    tell: &'a mut dyn FnMut(&str, u64, u64),
}

impl Progress for Line<'_> {
    fn init(&mut self, size: usize, _: &str) {
        *self.whole = (0, size as u64);
    }

    fn update(&mut self, size: usize) {
        // The end of the stream is told as well.
        if size == 0 {
            return;
        }
        self.whole.0 += size as u64;
        (self.tell)(self.file, self.whole.0, self.whole.1);
    }

    fn finish(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn safetensors_are_preferred_and_names_are_plain() {
        let files = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let there = files(&[
            "pytorch_model.bin",
            "config.json",
            "model.safetensors",
            "flax_model.msgpack",
        ]);
        assert_eq!(
            wanted(&there).unwrap(),
            ["config.json", "model.safetensors"]
        );
        let there = files(&[
            "model-../../x.safetensors",
            "model-00001-of-00001.safetensors",
            "model.safetensors.index.json",
            "onnx/model.safetensors",
            "pytorch_model.bin",
        ]);
        assert_eq!(
            wanted(&there).unwrap(),
            [
                "model.safetensors.index.json",
                "model-00001-of-00001.safetensors"
            ]
        );
        assert!(
            wanted(&files(&["README.md"]))
                .unwrap_err()
                .contains("'README.md'")
        );
    }
}
