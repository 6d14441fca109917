//! Opens what the command line names, fetching it first where that is built in.

use std::path::Path;

use super::RunError;
use crate::checkpoint::Checkpoint;
use crate::checkpoint::hub::Environment;

/// Opens a path, or the model of that name.
pub(super) fn open(word: &Path) -> Result<Checkpoint, RunError> {
    let environment = Environment::of_process();
    let opened = Checkpoint::open_named(word, &environment);
    #[cfg(feature = "hub")]
    if let Err(crate::checkpoint::Error::NotCached { name, .. }) = &opened
        && !environment.offline
    {
        crate::checkpoint::hub::download(name, &environment, &mut downloading())?;
        return Ok(Checkpoint::open_named(word, &environment)?);
    }
    Ok(opened?)
}

/// Tells on standard error how far a download is: a line a file, which counts up on a terminal.
#[cfg(feature = "hub")]
fn downloading() -> impl FnMut(&str, u64, u64) {
    use std::io::{IsTerminal, Write};
    use std::time::{Duration, Instant};

    let mut last: Option<(String, Instant)> = None;
    move |file, done, total| {
        let mut err = std::io::stderr().lock();
        if crate::tui::is_shown() {
            // The screen is the explorer's, which tells that it loads.
            return;
        }
        let (live, ended) = (err.is_terminal(), done >= total);
        let due = match &last {
            Some((name, at)) if name == file => live && at.elapsed() > Duration::from_millis(100),
            _ => live,
        };
        if !(due || ended) {
            return;
        }
        last = Some((file.to_owned(), Instant::now()));
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        let (before, after) = (if live { "\r" } else { "" }, if ended { "\n" } else { "" });
        // A progress line that can't be written is no reason to stop.
        let _ = write!(
            err,
            "{before}downloading {}: {:.1} of {:.1} MB{after}",
            crate::safe::printable(file),
            megabytes(done),
            megabytes(total)
        );
        let _ = err.flush();
    }
}
