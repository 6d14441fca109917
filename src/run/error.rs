//! The errors of a command, and the exit status of each.

use std::io::{self, Write};

use thiserror::Error;

use crate::capture::file::FileError;
use crate::config::ConfigError;
use crate::fault::Fault;
use crate::token::Label;
use crate::{checkpoint, export, model, safe, token, tui};

/// Why a command failed; its message is safe to print.
#[derive(Debug, Error)]
pub enum RunError {
    /// The command line asks for what can't be; exit status 2.
    #[error("{0}")]
    Usage(String),
    /// The checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] checkpoint::Error),
    /// The tokenizer or the text.
    #[error(transparent)]
    Token(#[from] token::Error),
    /// The model.
    #[error(transparent)]
    Model(#[from] model::Error),
    /// What was to be written.
    #[error(transparent)]
    Export(#[from] export::ExportError),
    /// The settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file of captures.
    #[error(transparent)]
    Capture(#[from] FileError),
    /// The terminal.
    #[error(transparent)]
    Terminal(#[from] tui::Error),
    /// The text could not be read.
    #[error("{0}")]
    Text(String),
    /// There is too little memory.
    #[error("{0}")]
    Memory(String),
    /// The reference to compare with can't be used.
    #[error("{0}")]
    Reference(String),
    /// The checks were made and do not all hold.
    #[error("{0}")]
    Failed(String),
    /// Standard output is gone or refuses.
    #[error("the output can't be written: {0}")]
    Output(#[from] io::Error),
}

impl RunError {
    /// 2 for usage, 1 for the file or the run.
    pub fn status(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            _ => 1,
        }
    }

    /// Whether a reader such as `head` closed the pipe: an end, not a failure.
    pub fn is_closed_pipe(&self) -> bool {
        use export::ExportError::{File, Json, Output};
        let kind = match self {
            Self::Output(error) | Self::Export(Output(error) | File { error, .. }) => {
                Some(error.kind())
            }
            Self::Export(Json(error)) => error.io_error_kind(),
            _ => None,
        };
        kind == Some(io::ErrorKind::BrokenPipe)
    }
}

/// What is said of a panic, safe to print: it may quote a file.
pub fn in_words(fault: &Fault) -> String {
    format!(
        "the program stopped on a fault of its own, please report it: {}",
        Label::of_text(&fault.to_string()).clip(300)
    )
}

/// Prints warnings beside what is asked for.
pub(super) fn warn<'a>(warnings: impl IntoIterator<Item = &'a String>) {
    let mut out = io::stderr().lock();
    for said in warnings {
        // There is nobody to tell that nobody reads them.
        let _ = writeln!(out, "warning: {}", safe::sentence(said));
    }
}

/// Prints text that is whole, made safe to show, so that a closed pipe is an error and not a panic.
pub(super) fn print(text: &[u8]) -> Result<(), RunError> {
    let mut out = io::stdout().lock();
    out.write_all(safe::lines(&String::from_utf8_lossy(text)).as_bytes())?;
    Ok(out.flush()?)
}
