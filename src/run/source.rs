//! What a command works on: a model that runs, or a capture that is there already.

use std::sync::Arc;

use super::explore::Loading;
use super::memory::{self, Job};
use super::picks::{find_kept, picks};
use super::session::{Keep, Session};
use super::{RunError, input};
use crate::capture::file::{self, How, Opened};
use crate::capture::{Capture, Layer, Shape};
use crate::cli::RunArgs;

/// A model with the text to run it on, or a capture.
pub(super) enum Source {
    /// A model, and the text of the command line.
    Model(Box<Session>, String),
    /// A capture out of a file.
    File(Opened),
}

impl Source {
    /// Opens what the command line names; `progress` is told how far it is.
    pub(super) fn open(
        args: &RunArgs,
        job: Job,
        progress: &mut dyn FnMut(Loading),
    ) -> Result<Self, RunError> {
        if let Some(opened) = capture(args, progress)? {
            return Ok(Self::File(opened));
        }
        let text = input::text(args)?;
        let session = Session::open(args, &text, job, progress)?;
        Ok(Self::Model(Box::new(session), text))
    }

    /// The same, for a text that is at hand, where the command line gave `given`; a capture has its
    /// own text.
    pub(super) fn open_with(
        args: &RunArgs,
        (text, given): (&str, &str),
        progress: &mut dyn FnMut(Loading),
    ) -> Result<Self, RunError> {
        if let Some(opened) = capture(args, progress)? {
            return Ok(Self::File(opened));
        }
        let session = Session::open(args, given, Job::of(None), progress)?;
        Ok(Self::Model(Box::new(session), text.to_owned()))
    }

    /// The model's sizes.
    pub(super) fn shape(&self) -> Shape {
        match self {
            Self::Model(session, _) => session.shape(),
            Self::File(opened) => opened.capture.shape,
        }
    }

    /// The layers that are kept, ascending.
    pub(super) fn kept(&self) -> Vec<usize> {
        match self {
            Self::Model(session, _) => session.kept().to_vec(),
            Self::File(opened) => opened.capture.kept.iter().map(|layer| layer.0).collect(),
        }
    }

    /// The layers that the command line names, in its order; all that are kept where it names none.
    pub(super) fn picked(&self, args: &RunArgs) -> Result<Vec<usize>, RunError> {
        match &args.layers {
            Some(_) => picks("layer", args.layers.as_ref(), self.shape().layers),
            None => Ok(self.kept()),
        }
    }

    /// The capture: of a run that is made now, or the one that is there. `layers` are those that
    /// are needed; their checksums hold then.
    pub(super) fn capture(&self, keep: Keep, layers: &[usize]) -> Result<Arc<Capture>, RunError> {
        match self {
            Self::Model(session, text) => {
                let capture = session.run(text, keep, &|| false, &mut |_| {})?;
                Ok(Arc::new(capture))
            }
            Self::File(_) if keep.logits => Err(RunError::Usage(
                "a capture holds no logits, only the likeliest tokens; --logits needs a model"
                    .to_owned(),
            )),
            Self::File(opened) => {
                layers.iter().try_for_each(|&at| opened.verify(Layer(at)))?;
                Ok(Arc::clone(&opened.capture))
            }
        }
    }
}

/// The capture that the command line names, if it names one.
pub(super) fn capture(
    args: &RunArgs,
    progress: &mut dyn FnMut(Loading),
) -> Result<Option<Opened>, RunError> {
    let Some(path) = args.model.as_ref().or(args.checkpoint.as_ref()) else {
        return Ok(None);
    };
    let how = How {
        memory: memory::free(),
        progress: &mut |done, total| progress(Loading::Blocks(done, total)),
    };
    let mut opened = file::open(path, how)?;
    let given = [
        ("--text", args.text.is_some()),
        ("--text-file", args.text_file.is_some()),
        ("--tokenizer", args.tokenizer.is_some()),
        ("--bos", args.bos),
        ("--no-bos", args.no_bos),
        ("--special", args.special),
        ("--model-config", args.model_config.is_some()),
        ("--untrained", args.untrained),
        ("--capture-dtype", args.capture_dtype.is_some()),
        ("--last", args.last.is_some()),
    ];
    if let Some(opened) = &mut opened
        && let Some(named) = &args.layers
    {
        let count = opened.capture.shape.layers;
        let held: Vec<usize> = opened.capture.kept.iter().map(|l| l.0).collect();
        let picked = picks("layer", Some(named), count)?;
        for &layer in &picked {
            find_kept(layer, &held, count)?;
        }
        opened.keep(|layer| picked.contains(&layer.0));
    }
    match given.into_iter().find(|(_, given)| *given) {
        Some((flag, _)) if opened.is_some() => Err(RunError::Usage(format!(
            "{flag} needs a model, but this is a capture, which has its own text"
        ))),
        _ => Ok(opened),
    }
}
