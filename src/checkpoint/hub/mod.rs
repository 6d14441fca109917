//! Models in the local cache of the Hugging Face Hub, found by name and without a network.
//!
//! The layout is that of the Python library huggingface_hub: a model's folder `models--ORG--NAME` has
//! `refs/REVISION`, a file with a commit, and `snapshots/COMMIT/`, the files of that commit, which are
//! links into `blobs/`. What is being downloaded is `blobs/*.incomplete`, or `.part` by the crate hf-hub.

#[cfg(feature = "hub")]
mod download;
mod environment;
mod name;

use std::io::Read;
use std::path::{Path, PathBuf};

#[cfg(feature = "hub")]
pub use download::download;
pub use environment::Environment;
pub use name::HubName;

use super::error::{Error, listed, quoted, show};
use super::folder;
use environment::Cache;

/// Most entries of a folder that are looked at.
const MAX_ENTRIES: usize = 10_000;

/// Longest content of a file under `refs`: a commit has 40 characters.
const MAX_REF: u64 = 256;

/// Fewest characters of an abbreviated commit, as Git has it.
const SHORTEST_COMMIT: usize = 4;

/// What a word on the command line stands for.
#[derive(Debug)]
pub(super) enum Found {
    /// A file or folder.
    Path,
    /// The folder of a snapshot in the cache.
    Snapshot(PathBuf, HubName),
}

/// Look a word up: a path that exists, else the name of a model in the cache that `environment` names.
///
/// # Errors
/// Where neither is there, or the model is there without usable weights.
pub(super) fn find(word: &Path, environment: &Environment) -> Result<Found, Error> {
    // What is there but can't be followed or read is the business of the one who opens it.
    match std::fs::symlink_metadata(word) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        _ => return Ok(Found::Path),
    }
    let missing = || Error::Missing {
        path: word.to_path_buf(),
    };
    let name = word.to_str().and_then(HubName::parse).ok_or_else(missing)?;
    let refused = |state: String| Error::NotCached {
        message: message(word, &name, &state),
        name: Box::new(name.clone()),
    };
    let first = word.components().next();
    let in_a_folder = first.is_some_and(|part| Path::new(part.as_os_str()).is_dir());
    let is_a_path = in_a_folder || name::ends_like_a_file(&name.model);
    let found = match environment.cache() {
        Some(cache) => snapshot(&cache, &name),
        None => Err(
            "the Hugging Face cache was not found, because neither HF_HOME nor a home folder is set"
                .into(),
        ),
    };
    match found {
        Ok(snapshot) => Ok(Found::Snapshot(snapshot, name)),
        // A mistyped path: a search for a model of that name would only confuse.
        Err(_) if is_a_path => Err(missing()),
        Err(state) => Err(refused(state)),
    }
}

/// The whole message, from what is known of the model in the cache.
fn message(word: &Path, name: &HubName, state: &str) -> String {
    format!(
        "{} is not a file or folder, and {state}. To download the model, run: {}",
        show(word),
        name.fetch()
    )
}

/// The folder of the snapshot that a name stands for, with weights in it; else what is wrong, as a clause.
fn snapshot(cache: &Cache, name: &HubName) -> Result<PathBuf, String> {
    let model = cache.path.join(name.folder());
    if !model.is_dir() {
        let absent = if cache.path.is_dir() {
            ""
        } else {
            ", which does not exist"
        };
        return Err(format!(
            "no model of that name is in the Hugging Face cache (searched: {}{absent}; set by {}){}",
            show(&cache.path),
            cache.follows_from,
            similar(&cache.path, name)
        ));
    }
    let commit = commit(&model, name)?;
    let snapshot = model.join("snapshots").join(&commit);
    if !snapshot.is_dir() {
        return Err(format!(
            "the cached model lacks commit {}: {} does not exist{}",
            quoted(&commit),
            show(&snapshot),
            others(&model, name)
        ));
    }
    match folder::find(&snapshot) {
        Err(Error::NoCheckpoint { seen, .. }) => Err(format!(
            "the cached model has no weights ({}: {seen}{}{})",
            show(&snapshot),
            dangling(&snapshot),
            unfinished(&model)
        )),
        Err(Error::Json { path, reason, .. }) => Err(format!(
            "the cached model can't be opened ({}: {reason}{})",
            show(&path),
            unfinished(&model)
        )),
        // Anything else is said when it is opened.
        _ => Ok(snapshot),
    }
}

/// The commit that a revision names: through `refs`, by itself, or by its beginning.
fn commit(model: &Path, name: &HubName) -> Result<String, String> {
    let revision = name.revision.as_deref().unwrap_or("main");
    let reference = model.join("refs").join(revision);
    if reference.is_file() {
        let mut text = String::new();
        let read = std::fs::File::open(&reference)
            .and_then(|file| file.take(MAX_REF).read_to_string(&mut text));
        let commit = text.trim();
        let plain = !commit.is_empty() && commit.chars().all(|c| c.is_ascii_alphanumeric());
        return match read {
            Ok(_) if plain => Ok(commit.to_owned()),
            _ => Err(format!(
                "the cached model can't be opened: {} does not hold a commit",
                show(&reference)
            )),
        };
    }
    let snapshots = entries(&model.join("snapshots"));
    if name.revision.is_some() {
        let mut begin: Vec<&String> = snapshots
            .iter()
            .filter(|commit| *commit == revision || is_beginning(revision, commit))
            .collect();
        // A whole name is no beginning of another.
        if begin.iter().any(|commit| *commit == revision) {
            begin.retain(|commit| *commit == revision);
        }
        match begin.as_slice() {
            [] => {}
            [one] => return Ok((*one).clone()),
            several => {
                return Err(format!(
                    "{} is the beginning of several commits of the cached model: {}",
                    quoted(revision),
                    listed(several)
                ));
            }
        }
    }
    Err(format!(
        "the cached model has no revision {} in {}{}",
        quoted(revision),
        show(model),
        others(model, name)
    ))
}

/// Whether a revision is the beginning of a commit.
fn is_beginning(revision: &str, commit: &str) -> bool {
    revision.len() >= SHORTEST_COMMIT
        && revision.chars().all(|c| c.is_ascii_hexdigit())
        && commit.starts_with(&revision.to_ascii_lowercase())
}

/// The revisions that a model's folder does have, as the end of a clause.
fn others(model: &Path, name: &HubName) -> String {
    let mut there = entries(&model.join("refs"));
    there.extend(entries(&model.join("snapshots")));
    match there.first() {
        None => format!("; it has no revision at all{}", unfinished(model)),
        Some(_) => format!(
            "; these revisions open as {}@REVISION: {}",
            name.model,
            listed(&there)
        ),
    }
}

/// Models in the cache that may be meant, as the end of a clause.
fn similar(cache: &Path, name: &HubName) -> String {
    let last = |model: &str| {
        model
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let wanted = last(&name.model);
    let alike: Vec<String> = entries(cache)
        .iter()
        .filter_map(|entry| Some(entry.strip_prefix("models--")?.replacen("--", "/", 1)))
        .filter(|model| last(model) == wanted)
        .collect();
    if alike.is_empty() {
        return String::new();
    }
    format!("; the cache has {}", listed(&alike))
}

/// Names of the models in the cache that `environment` names, sorted.
pub fn cached(environment: &Environment) -> Vec<String> {
    let folders = environment
        .cache()
        .map_or_else(Vec::new, |cache| entries(&cache.path));
    let names = folders
        .iter()
        .filter_map(|entry| entry.strip_prefix("models--"));
    let names = names.map(|name| name.replacen("--", "/", 1));
    names
        .filter(|name| HubName::parse(name).is_some())
        .collect()
}

/// Files of a snapshot that are links to nothing, as the end of a clause.
fn dangling(snapshot: &Path) -> String {
    let mut names = entries(snapshot);
    names.retain(|name| !snapshot.join(name).exists());
    match names.len() {
        0 => String::new(),
        _ => format!("; not downloaded: {}", listed(&names)),
    }
}

/// What a download left behind, as the end of a clause.
fn unfinished(model: &Path) -> String {
    let parts = entries(&model.join("blobs"));
    match parts
        .iter()
        .filter(|part| part.ends_with(".incomplete") || part.ends_with(".part"))
        .count()
    {
        0 => String::new(),
        1 => "; the download of a file was not finished".into(),
        n => format!("; the downloads of {n} files were not finished"),
    }
}

/// Names of the entries of a folder, sorted; none where it can't be read.
fn entries(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .take(MAX_ENTRIES)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}
