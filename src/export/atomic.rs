//! Files that are whole or absent.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use super::ExportError;
use crate::token::Label;

/// Writes a file and gives it the name `path` once it is complete, so that a failure, a full disk or
/// an interruption never leaves half a file under that name, nor loses the one before. Until then it
/// has no name where the system knows such files, and the end of the process is its end; elsewhere a
/// hidden one in the same folder. A link is followed; what is no file (a device, a pipe) is written
/// to and stays what it is. A file that is replaced hands its permissions on.
///
/// # Errors
/// What `write` returns, and what the file system reports, with the path; nothing is left then.
pub fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let failed = |error| ExportError::File {
        path: Label::of_text(&path.to_string_lossy()).to_string(),
        error,
    };
    let target = followed(path);
    let found = fs::metadata(&target).ok();
    let held = match &found {
        Some(found) if found.is_dir() => {
            let error = io::Error::new(io::ErrorKind::IsADirectory, "it is a folder");
            return Err(failed(error));
        }
        // What may not be written to may not be replaced.
        Some(_) => Some(File::options().write(true).open(&target).map_err(failed)?),
        None if target.file_name().is_none() => {
            let said = "the path ends with no file name";
            return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, said)));
        }
        None => None,
    };
    if let Some(held) = held
        && found.as_ref().is_some_and(|found| !found.is_file())
    {
        let mut out = BufWriter::new(held);
        write(&mut out).map_err(|error| error.at(failed))?;
        return out.flush().map_err(failed);
    }
    let draft = Draft::new(&target, nameless::create(&target)).map_err(failed)?;
    let (beside, mut file) = fill(draft, write, failed)?;
    if let Some(found) = found {
        // Whoever may not set them still gets the file.
        let _ = file.set_permissions(found.permissions());
    }
    file.sync_all().map_err(failed)?;
    match beside {
        Some(beside) => beside.rename(&target),
        None => name(&mut file, &target),
    }
    .map_err(failed)
}

/// Where a path leads: to the end of its links, to what an only link names that is not there yet, or
/// to itself.
fn followed(path: &Path) -> PathBuf {
    if let Ok(target) = fs::canonicalize(path) {
        return target;
    }
    match (fs::read_link(path), path.parent()) {
        (Ok(named), Some(folder)) if fs::metadata(path).is_err() => folder.join(named),
        // Links of /dev/fd lead to pipes that have no other path.
        _ => path.to_owned(),
    }
}

/// A file under way, and its hidden name where it has one.
struct Draft {
    beside: Option<Beside>,
    file: File,
}

impl Draft {
    fn new(target: &Path, nameless: Option<File>) -> io::Result<Self> {
        match nameless {
            Some(file) => Ok(Self { beside: None, file }),
            None => {
                let (beside, file) = Beside::new(target, |beside| File::create_new(beside))?;
                let beside = Some(beside);
                Ok(Self { beside, file })
            }
        }
    }
}

/// Writes all of a file.
fn fill(
    draft: Draft,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), ExportError>,
    failed: impl Fn(io::Error) -> ExportError,
) -> Result<(Option<Beside>, File), ExportError> {
    let Draft { beside, file } = draft;
    let mut out = BufWriter::new(file);
    write(&mut out).map_err(|error| error.at(&failed))?;
    let file = out.into_inner();
    Ok((beside, file.map_err(|error| failed(error.into_error()))?))
}

/// Gives a whole file that has no name its own.
fn name(file: &mut File, target: &Path) -> io::Result<()> {
    match nameless::link(file, target) {
        Ok(()) => return Ok(()),
        // A name can be given, but not taken from another file: that is for the renaming.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if let Ok((beside, ())) = Beside::new(target, |beside| nameless::link(file, beside)) {
                return beside.rename(target);
            }
        }
        Err(_) => {}
    }
    // Links are refused here, and what is written must not be lost.
    copy(file, target)
}

/// The same by way of a copy.
fn copy(file: &mut File, target: &Path) -> io::Result<()> {
    let (beside, mut copy) = Beside::new(target, |beside| File::create_new(beside))?;
    file.rewind()?;
    io::copy(file, &mut copy)?;
    let _ = copy.set_permissions(file.metadata()?.permissions());
    copy.sync_all()?;
    beside.rename(target)
}

/// A hidden name in the folder of another file, so that renaming it is one step; when dropped, the
/// file is gone.
struct Beside(PathBuf);

impl Beside {
    /// One that nobody has, and what `make` makes of it.
    fn new<T>(path: &Path, make: impl Fn(&Path) -> io::Result<T>) -> io::Result<(Self, T)> {
        let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
        for attempt in 0..100 {
            let name = format!(".headlight-{}-{attempt}.part", std::process::id());
            let beside = path.with_file_name(name);
            match make(&beside) {
                Ok(made) => return Ok((Self(beside), made)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    fn rename(self, target: &Path) -> io::Result<()> {
        fs::rename(&self.0, target)?;
        std::mem::forget(self);
        Ok(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // The first error is the one to tell.
        let _ = fs::remove_file(&self.0);
    }
}

/// Files of a folder that have no name yet.
#[cfg(target_os = "linux")]
mod nameless {
    use std::fs::{self, File};
    use std::io;
    use std::os::fd::AsRawFd;
    use std::path::{Path, PathBuf};

    use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};

    /// One in the folder of `path`; none where the file system or the system gives none.
    pub(super) fn create(path: &Path) -> Option<File> {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        let file = File::from(open(folder, flags, Mode::from_raw_mode(0o666)).ok()?);
        // It gets its name by way of this one.
        fs::symlink_metadata(way(&file)).is_ok().then_some(file)
    }

    /// Gives it a name.
    ///
    /// # Errors
    /// The system's: there is a file of that name, among others.
    pub(super) fn link(file: &File, path: &Path) -> io::Result<()> {
        Ok(linkat(CWD, way(file), CWD, path, AtFlags::SYMLINK_FOLLOW)?)
    }

    fn way(file: &File) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
    }
}

#[cfg(not(target_os = "linux"))]
mod nameless {
    use std::fs::File;
    use std::io;
    use std::path::Path;

    pub(super) fn create(_: &Path) -> Option<File> {
        None
    }

    pub(super) fn link(_: &File, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<std::ffi::OsString> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect()
    }

    /// What systems get that know no files without a name.
    #[test]
    fn a_draft_with_a_name_leaves_it_when_it_fails() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("plot.png");
        let failed = |error| ExportError::File {
            path: String::new(),
            error,
        };
        let draft = Draft::new(&target, None).unwrap();
        assert_eq!(names(folder.path()).len(), 1);
        let wrong = fill(draft, |_| Err(ExportError::Empty), failed);
        assert!(matches!(wrong, Err(ExportError::Empty)));
        assert!(names(folder.path()).is_empty());
        let draft = Draft::new(&target, None).unwrap();
        let (beside, _) = fill(draft, |out| Ok(out.write_all(b"whole")?), failed).unwrap();
        beside.unwrap().rename(&target).unwrap();
        assert_eq!(names(folder.path()), ["plot.png"]);
        assert_eq!(fs::read(&target).unwrap(), b"whole");
    }

    /// What systems get that know such files and refuse links.
    #[test]
    fn a_file_that_gets_no_link_is_copied() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("run.headlight");
        fs::write(&target, "old").unwrap();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"whole").unwrap();
        copy(&mut file, &target).unwrap();
        assert_eq!(names(folder.path()), ["run.headlight"]);
        assert_eq!(fs::read(&target).unwrap(), b"whole");
    }
}
