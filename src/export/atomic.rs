//! Files that are whole or absent.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::ExportError;
use crate::token::Label;

/// Writes a file and gives it the name `path` once it is complete, so that a failure, a full disk or
/// an interruption never leaves half a file under that name, nor loses the one before. Until then it
/// has no name where the system knows such files, and the end of the process is its end; elsewhere a
/// hidden one in the same folder. A link is followed; what is no file (a device, a pipe) is written
/// to and stays what it is.
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
    if path.is_dir() {
        let error = io::Error::new(io::ErrorKind::IsADirectory, "it is a folder");
        return Err(failed(error));
    }
    // A path that does not exist yet is its own target.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&target).is_ok_and(|found| !found.is_file()) {
        let file = File::options().write(true).open(&target).map_err(failed)?;
        let mut out = BufWriter::new(file);
        return write(&mut out).and_then(|()| out.flush().map_err(failed));
    }
    if target.file_name().is_none() {
        let error = io::Error::new(
            io::ErrorKind::InvalidInput,
            "the path ends with no file name",
        );
        return Err(failed(error));
    }
    let (mut beside, file) = match nameless::create(&target) {
        Some(file) => (None, file),
        None => {
            let (beside, file) =
                named_beside(&target, |beside| File::create_new(beside)).map_err(failed)?;
            (Some(beside), file)
        }
    };
    let mut out = BufWriter::new(file);
    let written = write(&mut out).and_then(|()| {
        out.flush().map_err(failed)?;
        out.get_ref().sync_all().map_err(failed)?;
        if beside.is_none() {
            // A name can be given, but not taken from another file: that is for the renaming.
            let link = |beside: &Path| nameless::link(out.get_ref(), beside);
            beside = Some(named_beside(&target, link).map_err(failed)?.0);
        }
        fs::rename(beside.as_deref().unwrap_or(&target), &target).map_err(failed)
    });
    if let (Err(_), Some(beside)) = (&written, &beside) {
        // The first error is the one to tell.
        let _ = fs::remove_file(beside);
    }
    written
}

/// A name in the same folder that nobody has, so that renaming it is one step, and what `make` makes
/// of it.
fn named_beside<T>(path: &Path, make: impl Fn(&Path) -> io::Result<T>) -> io::Result<(PathBuf, T)> {
    let name = path.file_name().unwrap_or_default();
    let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
    for attempt in 0..100 {
        let mut beside = std::ffi::OsString::from(".");
        beside.push(name);
        beside.push(format!(".{}-{attempt}.part", std::process::id()));
        let beside = path.with_file_name(beside);
        match make(&beside) {
            Ok(made) => return Ok((beside, made)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
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
