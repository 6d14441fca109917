//! The files that a run reads, and the refusal to write over them.

use std::fs::{self, File, Metadata};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::RunError;
use super::explore::variable;
use super::input::{IDS, META};
use crate::checkpoint::hub::Environment;
use crate::checkpoint::{input_files, printable};
use crate::cli::{LookArgs, RunArgs};
use crate::config::Settings;
use crate::token::Tokenizer;

/// The files that are read so far, by what they are and not by their names, so that links lead
/// nowhere else. Clones share one list: what the explorer opens later is added to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Inputs(Arc<Mutex<Vec<Input>>>);

/// A file that is read, by the path that leads to it.
#[derive(Clone, Debug)]
struct Input {
    path: PathBuf,
    identity: Identity,
}

impl Input {
    /// Whether this is the file, or has taken its place since it was read.
    fn is(&self, other: &Identity) -> bool {
        let now = || fs::metadata(&self.path).ok();
        self.identity == *other || now().is_some_and(|now| Identity::of(&self.path, &now) == *other)
    }
}

impl Inputs {
    /// The files that a command reads for its model and its text: the weights with all their shards,
    /// what lies beside them, a capture, the tokenizer, the text and the configuration.
    pub fn of(args: &RunArgs) -> Self {
        let inputs = Self::default();
        inputs.add_run(args);
        inputs
    }

    /// Adds those of another model.
    pub fn add_run(&self, args: &RunArgs) {
        if let Some(word) = args.model.as_ref().or(args.checkpoint.as_ref()) {
            let files = input_files(word, &Environment::of_process());
            let mut folders: Vec<&Path> = files.iter().filter_map(|file| file.parent()).collect();
            folders.dedup();
            for folder in folders {
                self.add_all(Tokenizer::files_in(folder));
                self.add(folder.join(META));
            }
            self.add_all(files);
        }
        if let Some(path) = args
            .tokenizer
            .as_ref()
            .filter(|path| path.as_os_str() != IDS)
        {
            let folder = match path.is_dir() {
                true => Some(path.as_path()),
                false => path.parent(),
            };
            self.add_all(folder.map(Tokenizer::files_in).into_iter().flatten());
            self.add(path.clone());
        }
        match &args.text_file {
            Some(path) if path.as_os_str() == "-" => self.add_standard_input(),
            path => self.add_all(path.clone()),
        }
        self.add_all(args.model_config.clone());
    }

    /// Adds the file of settings.
    pub fn add_settings(&self, look: &LookArgs) {
        self.add_all(Settings::file(look.config.as_deref(), &variable));
    }

    /// Adds a file; what is no regular file, such as a pipe, can be written to without harm.
    pub fn add(&self, path: PathBuf) {
        if let Ok(found) = fs::metadata(&path)
            && found.is_file()
        {
            let identity = Identity::of(&path, &found);
            self.push(Input { path, identity });
        }
    }

    fn add_all(&self, paths: impl IntoIterator<Item = PathBuf>) {
        for path in paths {
            self.add(path);
        }
    }

    /// A shell may have put a file there.
    fn add_standard_input(&self) {
        if let Some(identity) = Identity::of_open(std::io::stdin()) {
            let path = PathBuf::from("standard input");
            self.push(Input { path, identity });
        }
    }

    fn push(&self, input: Input) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(input);
    }

    /// Refuses to write to a file that is read.
    ///
    /// # Errors
    /// [`RunError::Usage`] with both paths.
    pub fn refuse(&self, output: &Path) -> Result<(), RunError> {
        match fs::metadata(output) {
            Ok(found) if found.is_file() => {
                let identity = Identity::of(output, &found);
                self.refuse_identity(&identity, Some(output))
            }
            _ => Ok(()),
        }
    }

    /// Refuses to print into a file that is read, where a shell has standard output there.
    ///
    /// # Errors
    /// [`RunError::Usage`] with the path.
    pub fn refuse_standard_output(&self) -> Result<(), RunError> {
        match Identity::of_open(std::io::stdout()) {
            Some(identity) => self.refuse_identity(&identity, None),
            None => Ok(()),
        }
    }

    fn refuse_identity(&self, output: &Identity, path: Option<&Path>) -> Result<(), RunError> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(input) = all.iter().find(|input| input.is(output)) else {
            return Ok(());
        };
        let show = |path: &Path| format!("'{}'", printable(&path.to_string_lossy()));
        let read = show(&input.path);
        Err(RunError::Usage(match path {
            Some(path) if path == input.path => format!(
                "{read} is an input of this command and would be overwritten; choose another \
                 output file"
            ),
            Some(path) => format!(
                "the output {} is the same file as the input {read}, which would be overwritten; \
                 choose another output file",
                show(path)
            ),
            None => format!(
                "standard output goes to {read}, which is an input of this command; \
                 choose another output file"
            ),
        }))
    }
}

/// What tells a file from all others.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Identity {
    /// Device and number.
    #[cfg(unix)]
    Inode(u64, u64),
    /// The path to its end.
    #[cfg(not(unix))]
    Path(PathBuf),
}

impl Identity {
    #[cfg(unix)]
    fn of(_: &Path, found: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self::Inode(found.dev(), found.ino())
    }

    #[cfg(not(unix))]
    fn of(path: &Path, _: &Metadata) -> Self {
        Self::Path(fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()))
    }

    /// That of a regular file that the process was started with.
    #[cfg(unix)]
    fn of_open(stream: impl std::os::fd::AsFd) -> Option<Self> {
        let file = File::from(stream.as_fd().try_clone_to_owned().ok()?);
        let found = file.metadata().ok().filter(Metadata::is_file)?;
        Some(Self::of(Path::new(""), &found))
    }

    #[cfg(not(unix))]
    fn of_open<T>(_: T) -> Option<Self> {
        None
    }
}
