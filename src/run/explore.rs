//! `headlight`: the explorer, joined to the thread that runs the model.

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use super::command_line::command_line;
use super::complete::completer;
use super::inputs::Inputs;
use super::memory::{self, Job};
use super::open::{Open, at_home};
use super::opening::line_of;
use super::picks::{find_kept, in_range};
use super::source::Source;
use super::watch::Watched;
use super::{RunError, error};
use crate::capture::{Capture, Head, Layer, bytes_in_words};
use crate::checkpoint::hub::Environment;
use crate::checkpoint::{self, printable};
use crate::cli::{Background, Colour, ExploreArgs, LookArgs, RunArgs};
use crate::config::Settings;
use crate::export;
use crate::lens::{TRUST_BUDGET, layer_trust};
use crate::paint::{Depth, Ground, Palette};
use crate::tui::{self, App, Explorer, Jobs, Saver};
use crate::view::{Event, Options, Paper, Request, Save, Update};

/// Opens the model, then the explorer.
pub(super) fn explore(args: &ExploreArgs) -> Result<(), RunError> {
    let mut settings = settings(&args.look)?;
    settings.scale = args.scale.map_or(settings.scale, Into::into);
    settings.mouse |= args.mouse;
    if args.print_config {
        return error::print(settings.to_toml().as_bytes());
    }
    if let Some(word) = args.run.model.as_ref().or(args.run.checkpoint.as_ref())
        && let Err(error) = checkpoint::find(word, &Environment::of_process())
        // Others may be downloaded.
        && (cfg!(not(feature = "hub")) || matches!(error, checkpoint::Error::Missing { .. }))
    {
        return Err(error.into());
    }
    tui::check_terminal()?;
    let watched = args.watch.then(|| watched(&args.run)).transpose()?;
    let source = Source::open(&args.run, Job::of(None), &mut loading())?;
    if let Source::Model(session, text) = &source {
        // A text that can't be run is told here, where standard error is still in sight.
        session.ids(text)?;
    }
    let inputs = Inputs::of(&args.run);
    inputs.add_settings(&args.look);
    let start = Start {
        layer: args.layer,
        head: args.head,
        watched,
        inputs,
    };
    open(source, None, &args.run, settings, start)
}

/// A variable of the environment.
pub(super) fn variable(name: &str) -> Option<String> {
    let value = std::env::var_os(name)?;
    Some(value.to_string_lossy().into_owned())
}

/// The settings of the file, the environment and the flags.
pub(super) fn settings(look: &LookArgs) -> Result<Settings, RunError> {
    let mut settings = Settings::load(look.config.as_deref(), &variable)?;
    settings.color = look.color.unwrap_or(settings.color);
    settings.colormap = look.colormap.unwrap_or(settings.colormap);
    settings.background = look.background.unwrap_or(settings.background);
    Ok(settings)
}

/// What `--watch` is to watch.
fn watched(args: &RunArgs) -> Result<Watched, RunError> {
    let path = args.model.as_ref().or(args.checkpoint.as_ref());
    let Some(path) = path.filter(|path| path.exists()) else {
        return Err(RunError::Usage(
            "--watch needs a checkpoint on disk; name a file or a folder as MODEL".to_owned(),
        ));
    };
    let watched = Watched::default();
    watched.set(Some(path.clone()));
    Ok(watched)
}

/// Where the cursor begins, what is watched, and what is not to be written over.
#[derive(Clone, Debug, Default)]
pub(super) struct Start {
    pub layer: Option<usize>,
    pub head: Option<usize>,
    pub watched: Option<Watched>,
    pub inputs: Inputs,
}

/// Runs the explorer on a model or a capture; from a run of the model where there is one.
pub(super) fn open(
    source: Source,
    capture: Option<Arc<Capture>>,
    args: &RunArgs,
    settings: Settings,
    start: Start,
) -> Result<(), RunError> {
    let shape = source.shape();
    if let Some(layer) = start.layer {
        find_kept(layer, &source.kept(), shape.layers)?;
    }
    if let Some(head) = start.head {
        in_range("head", head, shape.heads)?;
    }
    let palette = palette(&settings);
    let (model, text) = match &source {
        Source::Model(session, text) => (session.origin().name.clone(), text.clone()),
        Source::File(opened) => {
            let capture = &opened.capture;
            (capture.origin.name.clone(), capture.text.clone())
        }
    };
    let from_file = matches!(source, Source::File(_));
    let asks = settings.background == Background::Auto;
    let options = Options {
        model,
        text: text.clone(),
        from_file,
        opened: line_of(args),
        command: command_line(None),
        keymap: settings.keymap,
        scale: Some(settings.scale),
        paper: settings.save_background.into(),
        mouse: settings.mouse,
        in_tmux: tui::in_tmux(),
        half_blocks: palette.depth != Depth::None,
        layer: start.layer.map(Layer),
        head: start.head.map(Head),
    };
    let mut explorer = Explorer::new(options, palette);
    if asks {
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
    let open = Open {
        source,
        args: args.clone(),
        watched: start.watched.clone().unwrap_or_default(),
        inputs: start.inputs.clone(),
        inside: false,
        earlier: None,
    };
    let jobs = Jobs {
        work: open.work(),
        first,
        save: save(start.inputs),
        complete: completer(),
        watch: start.watched.map(Watched::watch),
        mouse: settings.mouse,
    };
    Ok(tui::explore(explorer, jobs)?)
}

/// The colours that flags and environment ask for.
fn palette(settings: &Settings) -> Palette {
    let forced = match settings.color {
        Colour::Auto => None,
        Colour::Truecolor => Some(Depth::True),
        Colour::Ansi256 => Some(Depth::Ansi256),
        Colour::Ansi16 => Some(Depth::Ansi16),
        Colour::Never => Some(Depth::None),
    };
    let read = |name: &str| std::env::var(name).ok();
    Palette {
        depth: Depth::detect(forced, read),
        ground: match settings.background {
            Background::Auto => Ground::of_environment(read).unwrap_or_default(),
            Background::Dark => Ground::Dark,
            Background::Light => Ground::Light,
        },
        map: settings.colormap.into(),
    }
}

/// What the thread that writes files does.
fn save(inputs: Inputs) -> Saver {
    Box::new(move |(save, palette): (Save, Palette), _, tell| {
        let file = at_home(save.path);
        let path = printable(&file.display().to_string());
        let palette = Palette {
            ground: save.paper.map_or(palette.ground, |paper| match paper {
                Paper::Light => Ground::Light,
                Paper::Dark => Ground::Dark,
            }),
            ..palette
        };
        let saved = inputs.refuse(&file).and_then(|()| {
            let saved = export::picture(&file, &save.capture, &save.picture, palette);
            Ok(saved?)
        });
        tell(match saved {
            Ok(()) => Update::Said(format!("Saved: {path}")),
            Err(error) => Update::Refused(format!("Not saved: {error}")),
        });
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
