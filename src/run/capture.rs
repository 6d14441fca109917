//! `headlight capture`: a run as a file that the other commands open without the model.

use std::cell::Cell;
use std::io::{self, Seek, Write};

use super::inputs::Inputs;
use super::memory::Job;
use super::session::{Keep, Session};
use super::{RunError, error, explore, input, source};
use crate::capture::file::Writer;
use crate::capture::{Capture, bytes_in_words};
use crate::checkpoint::printable;
use crate::cli::CaptureArgs;
use crate::export::{ExportError, write_atomically};

/// Runs the model and writes every layer when it is done, so that one is in memory at a time.
pub(super) fn capture(args: &CaptureArgs) -> Result<(), RunError> {
    Inputs::of(&args.run).refuse(&args.output)?;
    if source::capture(&args.run, &mut explore::loading())?.is_some() {
        return Err(RunError::Usage(
            "this is already a capture; name a model instead".to_owned(),
        ));
    }
    let text = input::text(&args.run)?;
    let mut session = Session::open(&args.run, &text, Job::CAPTURE, &mut explore::loading())?;
    session.hash()?;
    let path = printable(&args.output.display().to_string());
    let mut done = Ok(Vec::new());
    let written = write_atomically(&args.output, |out| {
        done = run(&session, &text, out, &path);
        match done {
            Ok(_) => Ok(()),
            // Only so that the file is removed: what `done` says is told.
            Err(_) => Err(io::Error::from(io::ErrorKind::Other).into()),
        }
    });
    let warnings = done?;
    written?;
    error::warn(&warnings);
    let size = std::fs::metadata(&args.output).map_or(0, |found| found.len());
    error::print(format!("Saved: {path} ({})\n", bytes_in_words(size)).as_bytes())
}

/// Runs the model and writes what it leaves to `out`, which is at `path`; gives what the person must
/// know.
fn run<W: Write + Seek>(
    session: &Session,
    text: &str,
    out: W,
    path: &str,
) -> Result<Vec<String>, RunError> {
    let refused = |error| ExportError::File {
        path: path.to_owned(),
        error,
    };
    let keep = Keep {
        layers_seen: false,
        ..Keep::default()
    };
    let (mut begin, mut writer, mut failed) = (Some(out), None, None);
    let stop = Cell::new(false);
    let capture = session.run(text, keep, &|| stop.get(), &mut |capture| {
        if let Err(error) = write(&mut writer, &mut begin, capture) {
            stop.set(true);
            failed = Some(error);
        }
    });
    if let Some(error) = failed {
        return Err(refused(error).into());
    }
    let capture = capture?;
    if let Some(writer) = writer {
        writer.finish(&capture).map_err(refused)?;
    }
    Ok(capture.origin.warnings.clone())
}

/// Writes the layer that was done last, after the beginning of the file.
fn write<W: Write + Seek>(
    writer: &mut Option<Writer<W>>,
    begin: &mut Option<W>,
    capture: &Capture,
) -> io::Result<()> {
    if let Some(out) = begin.take() {
        *writer = Some(Writer::new(out, capture)?);
    }
    match (writer, capture.layers.last()) {
        (Some(writer), Some(layer)) => writer.layer(layer),
        _ => Ok(()),
    }
}
