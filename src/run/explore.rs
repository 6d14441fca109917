//! `headlight`: the explorer, joined to the thread that runs the model.

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use super::picks::{find_kept, in_range};
use super::session::{Keep, Session};
use super::source::Source;
use super::{RunError, memory};
use crate::capture::file::Opened;
use crate::capture::{Capture, Head, Layer, bytes_in_words};
use crate::cli::{Background, Colour, ExploreArgs, Map};
use crate::lens::{TRUST_BUDGET, layer_trust};
use crate::model;
use crate::paint::{Depth, Ground, Palette};
use crate::tui::{self, App, Explorer};
use crate::view::{Event, NO_MODEL, Options, Request, Update, Work};

/// Opens the model, then the explorer.
pub(super) fn explore(args: &ExploreArgs) -> Result<(), RunError> {
    tui::check_terminal()?;
    let source = Source::open(&args.run, &mut loading())?;
    if let Source::Model(session, text) = &source {
        // A text that can't be run is told here, where standard error is still in sight.
        session.ids(text)?;
    }
    let start = Start {
        layer: args.layer,
        head: args.head,
    };
    let shades = Shades {
        color: args.color,
        map: args.colormap,
        background: args.background,
    };
    open(source, None, shades, start)
}

/// The flags that the screen's colours depend on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shades {
    pub color: Colour,
    pub map: Map,
    pub background: Background,
}

/// Where the cursor begins.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Start {
    pub layer: Option<usize>,
    pub head: Option<usize>,
}

/// Runs the explorer on a model or a capture; from a run of the model where there is one.
pub(super) fn open(
    source: Source,
    capture: Option<Arc<Capture>>,
    shades: Shades,
    start: Start,
) -> Result<(), RunError> {
    let shape = source.shape();
    if let Some(layer) = start.layer {
        find_kept(layer, &source.kept(), shape.layers)?;
    }
    if let Some(head) = start.head {
        in_range("head", head, shape.heads)?;
    }
    let palette = palette(shades);
    let (model, text) = match &source {
        Source::Model(session, text) => (session.origin().name.clone(), text.clone()),
        Source::File(opened) => {
            let capture = &opened.capture;
            (capture.origin.name.clone(), capture.text.clone())
        }
    };
    let from_file = matches!(source, Source::File(_));
    let options = Options {
        model,
        text: text.clone(),
        from_file,
        half_blocks: palette.depth != Depth::None,
        layer: start
            .layer
            .or_else(|| source.kept().first().copied())
            .map(Layer),
        head: start.head.map(Head),
    };
    let mut explorer = Explorer::new(options, palette);
    if shades.background == Background::Auto {
        explorer = explorer.asking_ground();
    }
    let first = match (&source, &capture) {
        (Source::Model(..), None) => Some(Request::Run { text }),
        (Source::Model(..), Some(_)) => None,
        (Source::File(_), _) => Some(Request::Verify {
            first: Layer(start.layer.unwrap_or(0)),
        }),
    };
    if let Source::File(opened) = &source {
        let capture = Arc::clone(&opened.capture);
        explorer.update(Event::Work(Update::Capture(capture)));
    } else if let Some(capture) = capture {
        let layers = capture.layers.clone();
        explorer.update(Event::Work(Update::Capture(capture)));
        for layer in layers {
            let found = layer_trust(&layer, TRUST_BUDGET);
            explorer.update(Event::Work(Update::Trust(layer, found)));
        }
    }
    let work = match source {
        Source::Model(session, _) => run(*session),
        Source::File(opened) => verify(opened),
    };
    Ok(tui::explore(explorer, work, first)?)
}

/// The colours that flags and environment ask for.
fn palette(shades: Shades) -> Palette {
    let forced = match shades.color {
        Colour::Auto => None,
        Colour::Truecolor => Some(Depth::True),
        Colour::Ansi256 => Some(Depth::Ansi256),
        Colour::Ansi16 => Some(Depth::Ansi16),
        Colour::Never => Some(Depth::None),
    };
    let read = |name: &str| std::env::var(name).ok();
    if forced.is_some_and(|depth| depth != Depth::None) {
        tui::force_colour();
    }
    Palette {
        depth: Depth::detect(forced, read),
        ground: match shades.background {
            Background::Auto => Ground::of_environment(read).unwrap_or_default(),
            Background::Dark => Ground::Dark,
            Background::Light => Ground::Light,
        },
        map: shades.map.into(),
    }
}

/// Looks through the layers of a capture from a file, one after the other.
fn verify(opened: Opened) -> Work {
    Box::new(move |request, cancel, tell| {
        let Request::Verify { first } = request else {
            tell(Update::Failed(NO_MODEL.to_owned()));
            return;
        };
        let layers = &opened.capture.layers;
        let (count, first) = (layers.len(), layers.partition_point(|l| l.layer < first));
        for at in (0..count).map(|at| (at + first) % count) {
            if cancel.is_cancelled() {
                return;
            }
            let layer = &layers[at];
            let damage = opened.verify(layer.layer).err();
            let mut found = layer_trust(layer, TRUST_BUDGET);
            found.damaged = damage.is_some();
            tell(Update::Trust(Arc::clone(layer), found));
            if let Some(error) = damage {
                tell(Update::Failed(error.to_string()));
            }
        }
    })
}

/// What the worker does with a request to a model.
fn run(session: Session) -> Work {
    let mut earlier: Option<Capture> = None;
    Box::new(move |request, cancel, tell| {
        let Request::Run { text } = request else {
            return;
        };
        let layers = session.kept().len();
        let keep = Keep {
            trail: true,
            earlier: earlier.as_ref(),
            ..Keep::default()
        };
        let done = session.run(
            &text,
            keep,
            &|| cancel.is_cancelled(),
            &mut |capture: &Capture| {
                tell(Update::Progress {
                    stage: "layer",
                    done: capture.layers.len(),
                    total: layers,
                });
                tell(Update::Capture(Arc::new(capture.clone())));
                if let Some(layer) = capture.layers.last() {
                    let found = layer_trust(layer, TRUST_BUDGET);
                    tell(Update::Trust(Arc::clone(layer), found));
                }
            },
        );
        match done {
            Ok(capture) => {
                earlier = Some(capture.clone());
                tell(Update::Capture(Arc::new(capture)));
            }
            Err(RunError::Model(model::Error::Cancelled)) => {}
            Err(error) => tell(Update::Failed(error.to_string())),
        }
    })
}

/// How far loading is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Loading {
    /// Weights of so many bytes are about to be read.
    Weights(u64),
    /// So many blocks of so many are read.
    Blocks(usize, usize),
}

/// Weights of fewer bytes are there at once, and need no word.
const WORTH_SAYING: u64 = 256 << 20;

/// Tells on standard error what memory weights take, and on a terminal how far loading is, on one
/// line that is wiped at the end.
pub(super) fn loading() -> impl FnMut(Loading) {
    let started = std::time::Instant::now();
    let mut shown = false;
    move |loading| {
        let mut err = std::io::stderr().lock();
        // A line that can't be written is no reason to stop.
        match loading {
            Loading::Weights(bytes) if bytes >= WORTH_SAYING => {
                let free = memory::free().map(bytes_in_words);
                let free = free.map_or_else(String::new, |free| format!(" ({free} are free)"));
                let _ = writeln!(err, "loading {} of weights{free}", bytes_in_words(bytes));
            }
            Loading::Weights(_) => {}
            Loading::Blocks(done, total) => {
                // A model that loads at once needs no line.
                let slow = started.elapsed().as_millis() > 300;
                if !err.is_terminal() || !(slow || shown) {
                    return;
                }
                shown = done < total;
                let _ = match shown {
                    true => write!(err, "\rloading block {done} of {total} "),
                    false => write!(err, "\r{:40}\r", ""),
                };
            }
        }
        let _ = err.flush();
    }
}
