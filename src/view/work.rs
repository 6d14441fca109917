//! What the explorer asks of the threads that run the model and the lens, and what comes back.
//! Their work is a closure, so nothing here knows a model.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::complete::Completion;
use crate::capture::{Capture, Head, Layer, LayerRecord, Pool};
use crate::lens::{Grid, LayerTrust, Pyramid, Scale, Select, Tiles};

/// A request to the worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Run the model on a text.
    Run {
        /// The text, as typed.
        text: String,
    },
    /// Open another model or capture, and run the text on it.
    Open {
        /// What to open and how, as typed.
        line: String,
        /// The text, where there is a model and the line gives no other.
        text: String,
    },
    /// Open again what is open, because it changed, and run the text on it.
    Reload {
        /// The text, where there is a model.
        text: String,
    },
    /// Look through the layers of a capture that came from a file, this one first.
    Verify {
        /// The layer that is looked at.
        first: Layer,
    },
}

/// What the line that opened something asks for beside that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The line that opens it again; empty where that has not changed.
    pub line: String,
    /// The text, where it gives one.
    pub text: Option<String>,
    /// The layer to begin with.
    pub layer: Option<Layer>,
    /// The head to begin with.
    pub head: Option<Head>,
    /// The scale to show weights at.
    pub scale: Option<Scale>,
}

/// What the lens is asked to compute in the background.
#[derive(Clone, Debug)]
pub struct Look {
    /// The layer.
    pub layer: Arc<LayerRecord>,
    /// The pattern.
    pub select: Select,
    /// The scale, one that is pooled ([`Scale::pooled_as`]).
    pub scale: Scale,
    /// The part that is shown, and how its tiles pool; the whole pattern's pyramid without one.
    pub part: Option<(Tiles, Pool)>,
}

impl PartialEq for Look {
    fn eq(&self, other: &Self) -> bool {
        let key = |look: &Self| (look.select, look.scale, look.part.clone());
        Arc::ptr_eq(&self.layer, &other.layer) && key(self) == key(other)
    }
}

impl Eq for Look {}

/// What is said where a path is asked for.
pub const NO_PATH: &str = "Name what to open: `:open MODEL`; `:open demo` opens the demo.";

/// What is said where a model is asked for and there is only a capture.
pub const NO_MODEL: &str =
    "This is a capture: there is no model to run. Open the model itself to try another text.";

/// What the worker tells while it works. Only the latest request's updates reach the view.
#[derive(Clone, Debug)]
pub enum Update {
    /// How far it is: "loading", 3 of 12.
    Progress {
        /// What is being done, a word or two.
        stage: &'static str,
        /// Steps done.
        done: usize,
        /// Steps in all, 0 where that is not known.
        total: usize,
    },
    /// A capture with the blocks that are done so far.
    Capture(Arc<Capture>),
    /// What was found when this layer was looked through.
    Trust(Arc<LayerRecord>, LayerTrust),
    /// The pyramid of a whole pattern is built.
    Pyramid(Look, Arc<Pyramid>),
    /// A part of a pattern is computed, at a scale that is pooled.
    Part(Look, Grid),
    /// What was asked for is open; its captures follow.
    Opened {
        /// Its name, safe to show.
        model: String,
        /// The command line that opens it, where it is a capture and has no run of its own.
        command: String,
        /// Whether it is a capture, so that there is no model to run.
        from_file: bool,
        /// Whether it was open before and has changed: what is looked at stays.
        again: bool,
        /// What its line asks for.
        asked: Asked,
    },
    /// What completes the argument of `:open`.
    Completions {
        /// The argument, as typed.
        of: String,
        /// The words that may stand where it ends.
        found: Vec<Completion>,
    },
    /// Something was done: one sentence, safe to show.
    Said(String),
    /// Something could not be done: one sentence, safe to show. It is no run's.
    Refused(String),
    /// The request failed: one sentence, safe to show. The capture shown before stays.
    Failed(String),
    /// The request ended, by itself or because it was cancelled.
    Ended {
        /// Whether it was cancelled.
        cancelled: bool,
    },
}

/// Asks the work to stop; shared between the screen and the worker.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// A request of its own, not cancelled yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A thread's job: does one request, telling updates as it goes, until done or cancelled. It
/// need not send [`Update::Ended`]; the thread that runs it does.
pub type Task<R> = Box<dyn FnMut(R, &Cancel, &mut dyn FnMut(Update)) + Send>;

/// A thread's job: tells of every change of what is open, until nobody listens.
pub type Watch = Box<dyn FnOnce(&dyn Fn() -> bool) + Send>;

/// The job of the thread that runs the model.
pub type Work = Task<Request>;
