//! Files that are whole or absent.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::ExportError;
use crate::token::Label;

/// Writes a file beside `path` and renames it there once it is complete, so that a failure, a full
/// disk or an interruption never leaves half a file under that name, nor loses the one before. A
/// link is followed; what is no file (a device, a pipe) is written to and stays what it is.
///
/// # Errors
/// What `write` returns, and what the file system reports, with the path; the file beside it is
/// removed then.
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
    let (beside, file) = create_beside(&target).map_err(failed)?;
    let mut out = BufWriter::new(file);
    let written = write(&mut out).and_then(|()| {
        out.flush().map_err(failed)?;
        out.get_ref().sync_all().map_err(failed)?;
        fs::rename(&beside, &target).map_err(failed)
    });
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// A new file in the same folder, so that renaming it is one step.
fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let name = path.file_name().ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            "the path ends with no file name",
        )
    })?;
    let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
    for attempt in 0..100 {
        let mut beside = std::ffi::OsString::from(".");
        beside.push(name);
        beside.push(format!(".{}-{attempt}.part", std::process::id()));
        let beside = path.with_file_name(beside);
        match File::create_new(&beside) {
            Ok(file) => return Ok((beside, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}
