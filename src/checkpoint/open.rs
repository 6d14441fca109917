//! From a path to a checkpoint: which files, what they hold together, and under which names.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::folder::{Index, Weights};
use super::format::{Format, Opened};
use super::hub::{self, Environment, Found};
use super::{Checkpoint, Error, Part, Place, Source, error, folder, format, mxfp4, safetensors};

/// Prefixes that wrappers of a model put before every name: `torch.compile` and data parallelism.
const PREFIXES: [&str; 2] = ["_orig_mod.", "module."];

impl Checkpoint {
    /// Open a file by what it holds, or a folder: in Hugging Face layout (`config.json` and
    /// `model.safetensors`, `pytorch_model.bin` or the index of either), or with exactly one checkpoint in it.
    ///
    /// # Errors
    /// Where nothing readable lies there, the file is of another kind or damaged, holds no model, or more
    /// than one.
    pub fn open(path: &Path) -> Result<Checkpoint, Error> {
        let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::Missing {
                path: path.to_path_buf(),
            },
            _ => Error::io(path, error),
        })?;
        let (weights, folder) = if metadata.is_dir() {
            (folder::find(path)?, path.to_path_buf())
        } else if metadata.is_file() {
            let weights = if folder::is_index(path) {
                Weights::Sharded(folder::read_index(path)?)
            } else if let Some(index) = folder::index_of(path) {
                Weights::Sharded(index)
            } else {
                Weights::File(path.to_path_buf())
            };
            let folder = match path.parent() {
                Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
                Some(parent) => parent.to_path_buf(),
                None => PathBuf::from("."),
            };
            (weights, folder)
        } else {
            return Err(Error::NotAFile {
                path: path.to_path_buf(),
            });
        };

        let mut checkpoint = match weights {
            Weights::File(file) => Checkpoint::of_file(path, &file)?,
            Weights::Sharded(index) => Checkpoint::of_shards(path, index)?,
        };
        if checkpoint.config.is_none() {
            checkpoint.config = beside(
                &folder,
                metadata.is_dir(),
                checkpoint.format,
                &mut checkpoint.notes,
            )?;
        }
        checkpoint.name = display_name(path, metadata.is_dir());
        checkpoint.folder = Some(folder);
        Ok(checkpoint)
    }

    /// Open a file or folder as [`Checkpoint::open`] does; where none is there, the model of that name in the
    /// local cache of the Hugging Face Hub (`gpt2`, `org/name`, `org/name@revision`), without a network.
    ///
    /// # Errors
    /// As [`Checkpoint::open`], and [`Error::NotCached`] where the cache has no such model.
    pub fn open_named(word: &Path, environment: &Environment) -> Result<Checkpoint, Error> {
        match hub::find(word, environment)? {
            Found::Path => Checkpoint::open(word),
            Found::Snapshot(folder, name) => {
                let mut checkpoint = Checkpoint::open(&folder)?;
                checkpoint.name = name.to_string();
                Ok(checkpoint)
            }
        }
    }

    /// Open a safetensors file that lies in memory, as the built-in demo does. `name` stands for its path.
    ///
    /// # Errors
    /// Where the bytes are not a whole safetensors file.
    pub fn from_bytes(name: &str, bytes: &'static [u8]) -> Result<Checkpoint, Error> {
        let path = PathBuf::from(name);
        let opened = safetensors::from_bytes(bytes).map_err(|reason| Error::Broken {
            path: path.clone(),
            kind: Format::Safetensors,
            reason,
        })?;
        let mut checkpoint =
            Checkpoint::of_parts(path, opened.format, vec![(Source::Memory(bytes), opened)])?;
        checkpoint.name = name.to_string();
        Ok(checkpoint)
    }

    fn of_file(path: &Path, file: &Path) -> Result<Checkpoint, Error> {
        let opened = format::open(file)?;
        let source = Source::File(file.to_path_buf());
        Checkpoint::of_parts(path.to_path_buf(), opened.format, vec![(source, opened)])
    }

    /// Open every shard and keep from each the tensors that the index places there.
    fn of_shards(path: &Path, index: Index) -> Result<Checkpoint, Error> {
        let shards: BTreeSet<&PathBuf> = index.files.values().collect();
        let mut parts = Vec::new();
        let mut format = Format::ShardedSafetensors;
        for shard in shards {
            let mut opened = format::open(shard)?;
            let placed_here = |name: &str| index.files.get(name) == Some(shard);
            let held: HashSet<&str> = opened
                .tensors
                .iter()
                .map(|(name, _)| name.as_str())
                .collect();
            for name in index.files.keys().filter(|name| placed_here(name)) {
                if !held.contains(name.as_str()) {
                    return Err(Error::Json {
                        path: index.path.clone(),
                        what: "index of a sharded checkpoint",
                        reason: format!(
                            "it places the tensor {} in {}, which does not hold it",
                            error::quoted(name),
                            error::quoted(&shard.file_name().unwrap_or_default().to_string_lossy())
                        ),
                    });
                }
            }
            opened.tensors.retain(|(name, _)| placed_here(name));
            if opened.format != Format::Safetensors {
                format = Format::ShardedPyTorch;
            }
            parts.push((Source::File(shard.clone()), opened));
        }
        let mut checkpoint = Checkpoint::of_parts(path.to_path_buf(), format, parts)?;
        for (key, value) in index.metadata {
            checkpoint.extra.entry(key).or_insert(value);
        }
        Ok(checkpoint)
    }

    /// Join what the files of weights hold, resolve aliases and clean the names.
    fn of_parts(
        path: PathBuf,
        format: Format,
        opened: Vec<(Source, Opened)>,
    ) -> Result<Checkpoint, Error> {
        let mut checkpoint = Checkpoint {
            path,
            folder: None,
            name: String::new(),
            format,
            config: None,
            extra: Map::new(),
            notes: Vec::new(),
            tensors: BTreeMap::new(),
            places: BTreeMap::new(),
            parts: Vec::new(),
        };
        let mut aliases = Vec::new();
        for (part, (source, opened)) in opened.into_iter().enumerate() {
            for (name, info) in opened.tensors {
                checkpoint.tensors.insert(name.clone(), info);
                let place = Place::of(part, name.clone());
                checkpoint.places.insert(name, place);
            }
            aliases.extend(
                opened
                    .aliases
                    .into_iter()
                    .map(|(name, stored)| (part, name, stored)),
            );
            checkpoint.config = checkpoint.config.or(opened.config.map(Value::Object));
            checkpoint.extra.extend(opened.extra);
            checkpoint.notes.extend(opened.notes);
            checkpoint.parts.push(Part {
                source,
                reader: opened.reader,
            });
        }
        for (part, name, stored) in aliases {
            let info = checkpoint.tensors.get(&stored).cloned();
            if let (Some(info), false) = (info, checkpoint.tensors.contains_key(&name)) {
                checkpoint.tensors.insert(name.clone(), info);
                checkpoint.places.insert(name, Place::of(part, stored));
            }
        }
        let notes = mxfp4::pair(&mut checkpoint.tensors, &mut checkpoint.places);
        checkpoint.notes.extend(notes);
        if checkpoint.tensors.is_empty() {
            return Err(Error::NoTensors {
                path: checkpoint.path,
                kind: format,
                holds: "it has no tensor at all".into(),
            });
        }
        while let Some(prefix) = PREFIXES.iter().find(|prefix| {
            checkpoint
                .tensors
                .keys()
                .all(|name| name.len() > prefix.len() && name.starts_with(*prefix))
        }) {
            checkpoint.tensors = without(prefix, checkpoint.tensors);
            checkpoint.places = without(prefix, checkpoint.places);
        }
        Ok(checkpoint)
    }
}

/// The map with a prefix taken off every key.
fn without<V>(prefix: &str, map: BTreeMap<String, V>) -> BTreeMap<String, V> {
    map.into_iter()
        .map(|(name, value)| {
            (
                name.strip_prefix(prefix).unwrap_or(&name).to_string(),
                value,
            )
        })
        .collect()
}

/// The configuration beside the weights, where it speaks of them: always in a folder that was named, and
/// beside a file where it says which model it describes, or the file is of the layout that has it there.
fn beside(
    folder: &Path,
    named: bool,
    format: Format,
    notes: &mut Vec<String>,
) -> Result<Option<Value>, Error> {
    match folder::config(folder) {
        Ok(Some(config)) => {
            let has = |key| config.contains_key(key);
            let hugging_face = has("model_type")
                || has("architectures")
                || matches!(format, Format::Safetensors | Format::ShardedSafetensors);
            let meta = ["dim", "n_heads", "n_layers"].into_iter().all(has);
            Ok((named || hugging_face || meta).then_some(Value::Object(config)))
        }
        Ok(None) => Ok(None),
        Err(error) if named => Err(error),
        Err(error) => {
            notes.push(error.to_string());
            Ok(None)
        }
    }
}

/// A short name for what the user named.
fn display_name(path: &Path, is_folder: bool) -> String {
    // "." and "..": the real name.
    let full = std::path::absolute(path).ok();
    let full = match path.file_name() {
        Some(_) => full.unwrap_or_else(|| path.to_path_buf()),
        None => path.canonicalize().unwrap_or_else(|_| path.to_path_buf()),
    };
    let text =
        |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    // .../models--org--name/snapshots/<revision>[/file] in the Hugging Face cache.
    let mut parts: Vec<String> = full
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    if let Some(at) = parts.iter().rposition(|part| part == "snapshots")
        && let Some(model) = at.checked_sub(1).and_then(|i| parts.get_mut(i))
        && let Some(model) = model.strip_prefix("models--")
    {
        return model.replacen("--", "/", 1);
    }
    let generic = ["model", "pytorch_model"];
    let stem = text(full.file_stem());
    if is_folder {
        text(full.file_name())
    } else if generic.contains(&stem.as_str()) || folder::is_index(path) || stem.contains("-of-") {
        full.parent()
            .map_or(stem, |parent| text(parent.file_name()))
    } else {
        stem
    }
}
