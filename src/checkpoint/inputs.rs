//! The files that a checkpoint is read from, so that nothing is written over them.

use std::path::{Path, PathBuf};

use super::Error;
use super::folder::{self, Index, Weights};
use super::hub::{self, Environment, Found};

/// The files that [`Checkpoint::open_named`](super::Checkpoint::open_named) reads for a word, as far
/// as they are there: the weights with all their shards, the index that joins them, and the
/// configuration beside them. None where nothing can be opened.
pub fn input_files(word: &Path, environment: &Environment) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let (weights, folder) = match hub::find(word, environment) {
        Ok(Found::Path) if word.is_dir() => (folder::find(word).ok(), Some(word.to_owned())),
        Ok(Found::Path) => (weights_of(word), word.parent().map(Path::to_owned)),
        Ok(Found::Snapshot(snapshot, _)) => (folder::find(&snapshot).ok(), Some(snapshot)),
        Err(_) => (None, None),
    };
    match weights {
        Some(Weights::File(file)) => files.push(file),
        Some(Weights::Sharded(Index {
            path, files: parts, ..
        })) => {
            files.push(path);
            files.extend(parts.into_values());
        }
        None => {}
    }
    let configs = folder.iter().flat_map(|folder| {
        let names = folder::CONFIGS.iter();
        names.map(|name| folder.join(name))
    });
    files.extend(configs);
    files.sort();
    files.dedup();
    files.retain(|file| file.is_file());
    files
}

/// Whether [`Checkpoint::open_named`](super::Checkpoint::open_named) finds a file, a folder or a
/// cached model for a word, without opening it.
///
/// # Errors
/// [`Error::Missing`] or [`Error::NotCached`] where it finds none.
pub fn find(word: &Path, environment: &Environment) -> Result<(), Error> {
    hub::find(word, environment).map(drop)
}

/// The weights that a file stands for.
fn weights_of(file: &Path) -> Option<Weights> {
    let index = match folder::is_index(file) {
        true => folder::read_index(file).ok(),
        false => folder::index_of(file),
    };
    Some(index.map_or_else(|| Weights::File(file.to_owned()), Weights::Sharded))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(word: &Path) -> Vec<String> {
        let files = input_files(word, &Environment::default());
        let name = |file: PathBuf| file.file_name().unwrap().to_string_lossy().into_owned();
        files.into_iter().map(name).collect()
    }

    #[test]
    fn shards_bring_their_index_and_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let file = folder.path().join(name);
            std::fs::write(&file, text).unwrap();
            file
        };
        let one = write("model-1-of-2.safetensors", "");
        write("model-2-of-2.safetensors", "");
        write("config.json", "{}");
        write("notes.txt", "");
        let index = write(
            "model.safetensors.index.json",
            r#"{"weight_map": {"a": "model-1-of-2.safetensors", "b": "model-2-of-2.safetensors"}}"#,
        );
        let all = [
            "config.json",
            "model-1-of-2.safetensors",
            "model-2-of-2.safetensors",
            "model.safetensors.index.json",
        ];
        for word in [folder.path(), &one, &index] {
            assert_eq!(names(word), all, "{}", word.display());
        }
        let alone = write("notes.pt", "");
        assert_eq!(names(&alone), ["config.json", "notes.pt"]);
        assert!(names(&folder.path().join("none")).is_empty());
    }
}
