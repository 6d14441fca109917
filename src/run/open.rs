//! The thread that runs the model: it does what the explorer asks for, on what is open.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::RunError;
use super::explore::Loading;
use super::inputs::Inputs;
use super::opening::{Opening, line_of, opening};
use super::picks::{find_kept, in_range};
use super::session::{Keep, Session};
use super::source::Source;
use super::watch::Watched;
use crate::capture::file::Opened;
use crate::capture::{Capture, Layer};
use crate::checkpoint::printable;
use crate::cli::RunArgs;
use crate::lens::{TRUST_BUDGET, layer_trust};
use crate::model;
use crate::view::{Asked, Cancel, NO_MODEL, Request, Update, Work};

/// What is open, and how it was opened.
pub(super) struct Open {
    pub source: Source,
    pub args: RunArgs,
    pub watched: Watched,
    /// The files that were read, which nothing is written over.
    pub inputs: Inputs,
    /// Whether the explorer opened it, and not the command line.
    pub inside: bool,
    /// The last run of the model, for the next to take up.
    pub earlier: Option<Capture>,
}

impl Open {
    /// What the thread does.
    pub fn work(mut self) -> Work {
        Box::new(move |request, cancel, tell| match (request, &self.source) {
            (Request::Run { text }, Source::Model(session, _)) => {
                let run = run(session, &text, self.earlier.as_ref(), cancel, tell);
                self.earlier = run.or(self.earlier.take());
            }
            (Request::Run { .. }, Source::File(_)) => tell(Update::Failed(NO_MODEL.to_owned())),
            (Request::Verify { first }, Source::File(opened)) => {
                verify(opened, first, cancel, tell);
            }
            (Request::Verify { .. }, Source::Model(..)) => {}
            (Request::Open { line, text }, _) => {
                let opened = opening(&line, &self.args).and_then(|Opening { args, asked }| {
                    let text = asked.text.clone().unwrap_or(text);
                    self.open(args, &text, Some(asked), cancel, tell)
                });
                if let Err(error) = opened {
                    tell(Update::Failed(error.to_string()));
                }
            }
            (Request::Reload { text }, _) => {
                let args = self.args.clone();
                if let Err(error) = self.open(args, &text, None, cancel, tell) {
                    tell(Update::Failed(format!(
                        "The changed file could not be read ({error}); waiting for the next change."
                    )));
                }
            }
        })
    }

    /// Opens something in place of what is open, which stays where this fails or is cancelled; then
    /// runs the text on it.
    fn open(
        &mut self,
        args: RunArgs,
        text: &str,
        asked: Option<Asked>,
        cancel: &Cancel,
        tell: &mut dyn FnMut(Update),
    ) -> Result<(), RunError> {
        self.inputs.add_run(&args);
        let again = asked.is_none();
        let mut how = args.clone();
        // They are there already.
        how.threads = None;
        if again {
            // The text is at hand, whatever has been put in the place of the model.
            how.text = None;
            how.text_file = None;
            how.keep_newline = false;
        }
        let given = match &self.source {
            Source::Model(session, _) => session.given().to_owned(),
            Source::File(_) => text.to_owned(),
        };
        let mut opened = Source::open_with(&how, (text, &given), &mut |loading| {
            let (done, total) = match loading {
                Loading::Weights(_) => (0, 0),
                Loading::Blocks(done, total) => (done, total),
            };
            tell(Update::Progress {
                stage: "loading",
                done,
                total,
            });
        })?;
        let path = args.model.as_ref().or(args.checkpoint.as_ref()).cloned();
        let line = line_of(&args);
        let inside = self.inside || !again;
        if let Source::Model(session, _) = &mut opened
            && inside
        {
            session.set_opened(line.clone());
        }
        let asked = asked.unwrap_or_default();
        let shape = opened.shape();
        if let Some(layer) = asked.layer {
            find_kept(layer.0, &opened.kept(), shape.layers)?;
        }
        if let Some(head) = asked.head {
            in_range("head", head.0, shape.heads)?;
        }
        // It is run before it takes the place of what is shown, so that what fails on the way, or
        // is cancelled, leaves the old model with the old capture.
        let fresh = match &opened {
            Source::Model(session, text) => whole(session, text, cancel, tell)?.map(Arc::new),
            Source::File(opened) => Some(Arc::clone(&opened.capture)),
        };
        let Some(fresh) = fresh.filter(|_| !cancel.is_cancelled()) else {
            return Ok(());
        };
        if !again {
            self.watched.set(path.filter(|path| path.exists()));
        }
        self.inside = inside;
        // The text is the explorer's business from here on.
        self.args = RunArgs {
            text: None,
            text_file: None,
            keep_newline: false,
            ..args
        };
        self.source = opened;
        self.earlier = None;
        match &self.source {
            Source::Model(session, _) => {
                tell(Update::Opened {
                    model: session.origin().name.clone(),
                    command: String::new(),
                    from_file: false,
                    again,
                    asked,
                });
                let layers = fresh.layers.clone();
                tell(Update::Capture(fresh));
                for layer in layers {
                    let found = layer_trust(&layer, TRUST_BUDGET);
                    tell(Update::Trust(layer, found));
                }
            }
            Source::File(opened) => {
                tell(Update::Opened {
                    model: printable(&opened.capture.origin.name),
                    command: format!("headlight {line}"),
                    from_file: true,
                    again,
                    asked,
                });
                tell(Update::Capture(fresh));
                verify(opened, Layer(0), cancel, tell);
            }
        }
        Ok(())
    }
}

/// A path as a shell would take it: `~` is the person's own folder.
pub(super) fn at_home(path: PathBuf) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => path,
    }
}

/// Runs a text to its end without showing what is half done; `None` where it was cancelled.
fn whole(
    session: &Session,
    text: &str,
    cancel: &Cancel,
    tell: &mut dyn FnMut(Update),
) -> Result<Option<Capture>, RunError> {
    let total = session.kept().len();
    let mut progress = |capture: &Capture| {
        tell(Update::Progress {
            stage: "layer",
            done: capture.layers.len(),
            total,
        });
    };
    let stop = || cancel.is_cancelled();
    match session.run(text, Keep::default(), &stop, &mut progress) {
        Ok(capture) => Ok(Some(capture)),
        Err(RunError::Model(model::Error::Cancelled)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Looks through the layers of a capture from a file, one after the other.
fn verify(opened: &Opened, first: Layer, cancel: &Cancel, tell: &mut dyn FnMut(Update)) {
    let layers = &opened.capture.layers;
    let first = layers.partition_point(|layer| layer.layer < first);
    let (before, after) = layers.split_at(first);
    for layer in after.iter().chain(before) {
        if cancel.is_cancelled() {
            return;
        }
        let damage = opened.verify(layer.layer).err();
        let mut found = layer_trust(layer, TRUST_BUDGET);
        found.damaged = damage.is_some();
        tell(Update::Trust(Arc::clone(layer), found));
        if let Some(error) = damage {
            tell(Update::Failed(error.to_string()));
        }
    }
}

/// The least time between two captures of a run that goes on: about a frame.
const BETWEEN: Duration = Duration::from_millis(16);

/// Runs the model on a text, layer by layer, as far as it differs from that of an earlier run; gives
/// the run, where it got to its end.
fn run(
    session: &Session,
    text: &str,
    earlier: Option<&Capture>,
    cancel: &Cancel,
    tell: &mut dyn FnMut(Update),
) -> Option<Capture> {
    let layers = session.kept().len();
    let keep = Keep {
        trail: true,
        earlier,
        ..Keep::default()
    };
    // What is told more often than it can be drawn is work for nothing, and grows with the layers.
    let mut told: Option<Instant> = None;
    let done = session.run(
        text,
        keep,
        &|| cancel.is_cancelled(),
        &mut |capture: &Capture| {
            if told.is_none_or(|at| at.elapsed() >= BETWEEN) {
                told = Some(Instant::now());
                tell(Update::Progress {
                    stage: "layer",
                    done: capture.layers.len(),
                    total: layers,
                });
                tell(Update::Capture(Arc::new(capture.clone())));
            }
            if let Some(layer) = capture.layers.last() {
                let found = layer_trust(layer, TRUST_BUDGET);
                tell(Update::Trust(Arc::clone(layer), found));
            }
        },
    );
    match done {
        Ok(capture) => {
            tell(Update::Capture(Arc::new(capture.clone())));
            return Some(capture);
        }
        Err(RunError::Model(model::Error::Cancelled)) => {}
        Err(error) => tell(Update::Failed(error.to_string())),
    }
    None
}
