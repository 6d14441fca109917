//! Folders: the Hugging Face layout, shards and their index, or one checkpoint among other files.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde_json::{Map, Value};

use super::error::{Error, listed, quoted};
use super::format;
use super::json::{self, CONFIG_LIMIT, INDEX_LIMIT};

/// The weights that a path stands for.
#[derive(Debug)]
pub(super) enum Weights {
    File(PathBuf),
    Sharded(Index),
}

/// The index of a sharded checkpoint.
#[derive(Debug)]
pub(super) struct Index {
    pub path: PathBuf,
    /// File of each tensor, in the index's own folder.
    pub files: BTreeMap<String, PathBuf>,
    pub metadata: Map<String, Value>,
}

/// Names of the Hugging Face layout, in the order in which its own loader looks for them.
const NAMES: [&str; 4] = [
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
];

/// The model's configuration in the Hugging Face layout, and in Meta's.
pub(super) const CONFIGS: [&str; 2] = ["config.json", "params.json"];

/// Files that training leaves beside a model and that are read by the same formats.
const NOT_THE_MODEL: [&str; 7] = [
    "training_args",
    "optimizer",
    "scheduler",
    "scaler",
    "rng_state",
    "random_states",
    "adapter_model",
];

/// Most entries of a folder that are looked at.
const MAX_ENTRIES: usize = 10_000;

/// Find the weights in a folder.
pub(super) fn find(folder: &Path) -> Result<Weights, Error> {
    for name in NAMES {
        let path = folder.join(name);
        if path.is_file() {
            return if name.ends_with(".index.json") {
                Ok(Weights::Sharded(read_index(&path)?))
            } else {
                Ok(Weights::File(path))
            };
        }
    }
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)
        .map_err(|error| Error::io(folder, error))?
        .take(MAX_ENTRIES)
    {
        let entry = entry.map_err(|error| Error::io(folder, error))?;
        names.push(PathBuf::from(entry.file_name()));
    }
    names.sort();
    let candidates: Vec<PathBuf> = names
        .iter()
        .filter(|name| {
            let text = name.to_string_lossy();
            !NOT_THE_MODEL.iter().any(|start| text.starts_with(start))
        })
        .map(|name| folder.join(name))
        .filter(|path| path.is_file() && format::is_checkpoint(path))
        .collect();
    let text = |paths: &[PathBuf]| {
        let names: Vec<_> = paths
            .iter()
            .map(|path| {
                path.file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        listed(&names)
    };
    let is_part = |path: &&PathBuf| {
        path.file_stem()
            .is_some_and(|stem| stem.to_string_lossy().contains("-of-"))
    };
    let parts: Vec<PathBuf> = candidates.iter().filter(is_part).cloned().collect();
    match candidates.as_slice() {
        // One part of a model opens only when it is named itself.
        _ if !parts.is_empty() && parts.len() == candidates.len() => Err(Error::NoCheckpoint {
            path: folder.to_path_buf(),
            seen: format!(
                "it has parts of a model without the index that joins them: {}",
                text(&parts)
            ),
        }),
        [one] => Ok(Weights::File(one.clone())),
        [] => Err(Error::NoCheckpoint {
            path: folder.to_path_buf(),
            seen: if names.is_empty() {
                "it is empty".into()
            } else {
                format!("it has {}", text(&names))
            },
        }),
        several => Err(Error::SeveralCheckpoints {
            path: folder.to_path_buf(),
            names: text(several),
        }),
    }
}

/// The index that lists `file` as one of its shards, where one lies beside it.
pub(super) fn index_of(file: &Path) -> Option<Index> {
    let folder = file.parent()?;
    NAMES
        .iter()
        .filter(|name| name.ends_with(".index.json"))
        .filter_map(|name| read_index(&folder.join(name)).ok())
        .find(|index| {
            index
                .files
                .values()
                .any(|shard| shard.file_name() == file.file_name())
        })
}

/// Whether a file is named like an index; its content is JSON, which no format of weights is.
pub(super) fn is_index(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().ends_with(".index.json"))
}

/// Read an index and check that its shards are files in its own folder.
pub(super) fn read_index(path: &Path) -> Result<Index, Error> {
    const WHAT: &str = "index of a sharded checkpoint";
    let wrong = |reason: String| Error::Json {
        path: path.to_path_buf(),
        what: WHAT,
        reason,
    };
    let mut object = json::read_object(path, WHAT, INDEX_LIMIT)?;
    let Some(Value::Object(map)) = object.remove("weight_map") else {
        return Err(wrong(
            "it has no object 'weight_map' that names each tensor's file".into(),
        ));
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut files = BTreeMap::new();
    for (tensor, file) in map {
        let Value::String(file) = file else {
            return Err(wrong(format!(
                "the file of tensor {} is not a string",
                quoted(&tensor)
            )));
        };
        let mut parts = Path::new(&file).components();
        let plain = matches!(
            (parts.next(), parts.next()),
            (Some(Component::Normal(_)), None)
        ) && !file.contains(['/', '\\', '\0']);
        if !plain {
            return Err(wrong(format!(
                "it names the file {}, which is not a plain file name in its own folder",
                quoted(&file)
            )));
        }
        files.insert(tensor, folder.join(file));
    }
    if files.is_empty() {
        return Err(wrong("its 'weight_map' is empty".into()));
    }
    for file in files.values() {
        if !file.is_file() {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            return Err(wrong(format!(
                "its shard {} is not there; fetch the missing files",
                quoted(&name)
            )));
        }
    }
    let metadata = match object.remove("metadata") {
        Some(Value::Object(metadata)) => metadata,
        _ => Map::new(),
    };
    Ok(Index {
        path: path.to_path_buf(),
        files,
        metadata,
    })
}

/// The folder's model configuration, where there is one.
pub(super) fn config(folder: &Path) -> Result<Option<Map<String, Value>>, Error> {
    let mut paths = CONFIGS.iter().map(|name| folder.join(name));
    let Some(path) = paths.find(|path| path.is_file()) else {
        return Ok(None);
    };
    json::read_object(&path, "model configuration", CONFIG_LIMIT).map(Some)
}
