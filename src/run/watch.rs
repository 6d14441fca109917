//! `--watch`: tells when what is open changes on disk.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use crate::view::Watch;

/// Time between two looks.
const POLL: Duration = Duration::from_millis(500);

/// Files of a folder that are looked at, at most.
const MOST_FILES: usize = 10_000;

/// What is watched; what is opened later takes its place.
#[derive(Clone, Debug, Default)]
pub(super) struct Watched(Arc<Mutex<Option<PathBuf>>>);

impl Watched {
    /// Watches this from now on; nothing without a path.
    pub fn set(&self, path: Option<PathBuf>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = path;
    }

    fn path(&self) -> Option<PathBuf> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The job of the thread that looks. What is being written changes from one look to the next,
    /// so a change is told once two looks in a row have found the same.
    pub fn watch(self) -> Watch {
        Box::new(move |tell| {
            let mut path = self.path();
            let mut known = path.as_deref().and_then(Look::at);
            let mut last = known.clone();
            loop {
                thread::sleep(POLL);
                let now_path = self.path();
                let now = now_path.as_deref().and_then(Look::at);
                if now_path != path {
                    // What has just been opened is not a change.
                    (path, known, last) = (now_path, now.clone(), now);
                    continue;
                }
                // A file that is gone may be about to be replaced.
                if now.is_some() && now != known && now == last {
                    known.clone_from(&now);
                    if !tell() {
                        return;
                    }
                }
                last = now;
            }
        })
    }
}

/// What a look finds: of a file, or of every file in a folder, when it was changed and its size.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Look(Vec<(PathBuf, Option<SystemTime>, u64)>);

impl Look {
    /// Looks at a path; `None` where nothing is there.
    fn at(path: &Path) -> Option<Self> {
        let about = |path: PathBuf, found: &Metadata| (path, found.modified().ok(), found.len());
        let found = std::fs::metadata(path).ok()?;
        if !found.is_dir() {
            return Some(Self(vec![about(path.to_owned(), &found)]));
        }
        let entries = std::fs::read_dir(path).ok()?.take(MOST_FILES).flatten();
        let mut files: Vec<_> = entries
            // A cache keeps its files elsewhere, with links to them.
            .filter_map(|entry| Some((entry.path(), std::fs::metadata(entry.path()).ok()?)))
            .filter(|(_, found)| found.is_file())
            .map(|(path, found)| about(path, &found))
            .collect();
        files.sort();
        Some(Self(files))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{RecvTimeoutError, channel};

    use super::*;

    #[test]
    fn a_change_is_told_once_and_only_when_it_rests() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ckpt.pt");
        std::fs::write(&file, "one").unwrap();
        let watched = Watched::default();
        watched.set(Some(file.clone()));
        let (sender, changes) = channel();
        let watch = watched.clone().watch();
        thread::spawn(move || watch(&|| sender.send(()).is_ok()));
        let quiet = |time| assert_eq!(changes.recv_timeout(time), Err(RecvTimeoutError::Timeout));
        quiet(2 * POLL);
        // Written bit by bit for longer than two looks.
        for size in 1..12 {
            std::fs::write(&file, "x".repeat(size * 7)).unwrap();
            quiet(POLL / 4);
        }
        changes.recv_timeout(20 * POLL).unwrap();
        quiet(3 * POLL);
        // Gone is no change; back with something else is.
        std::fs::remove_file(&file).unwrap();
        quiet(3 * POLL);
        std::fs::write(&file, "another one, of another size").unwrap();
        changes.recv_timeout(20 * POLL).unwrap();
        // What is opened in its place is no change.
        let other = folder.path().join("other.pt");
        std::fs::write(&other, "other").unwrap();
        watched.set(Some(other));
        quiet(4 * POLL);
    }
}
