//! `headlight analyze`: the job of gpt-from-scratch's `analyze_attention.py`.

use std::io::Write;

use super::inputs::Inputs;
use super::memory::Job;
use super::picks::{find_kept, picks};
use super::session::Keep;
use super::source::Source;
use super::{RunError, error, explore};
use crate::capture::{Capture, Head, Layer};
use crate::checkpoint::printable;
use crate::cli::{AnalyzeArgs, Map};
use crate::export;
use crate::lens::{Select, TRUST_BUDGET, diagnosis, trust};

/// Prints the analysis, saves the plots, and opens the explorer where asked to.
pub(super) fn analyze(args: &AnalyzeArgs) -> Result<(), RunError> {
    let settings = explore::settings(&args.look)?;
    let top_k = args.top_k.unwrap_or(settings.top_k);
    if args.show_plots {
        crate::tui::check_terminal()?;
    }
    let inputs = Inputs::of(&args.run);
    inputs.add_settings(&args.look);
    inputs.refuse_standard_output()?;
    let source = Source::open(&args.run, Job::analyze(args), &mut explore::loading())?;
    let shape = source.shape();
    let kept = source.kept();
    let layers = match &args.layer {
        Some(_) => {
            let layers = picks("layer", args.layer.as_ref(), shape.layers)?;
            for &layer in &layers {
                find_kept(layer, &kept, shape.layers)?;
            }
            layers
        }
        None => kept.clone(),
    };
    let heads = match &args.head {
        Some(_) => picks("head", args.head.as_ref(), shape.heads)?,
        None => Vec::new(),
    };
    if args.max_heads == Some(0) || top_k == 0 {
        let flag = if top_k == 0 { "top-k" } else { "max-heads" };
        return Err(RunError::Usage(format!("--{flag} must be at least 1")));
    }
    let layers: Vec<Layer> = layers.into_iter().map(Layer).collect();
    let plots: Vec<Plot> = layers.iter().flat_map(|&at| Plot::of(at, &heads)).collect();
    for name in plots.iter().map(Plot::name).chain([FLOW.to_owned()]) {
        inputs.refuse(&args.output_dir.join(name))?;
    }
    // The analysis and the flow are of all layers.
    let capture = source.capture(Keep::default(), &kept)?;
    let all: Vec<Layer> = kept.into_iter().map(Layer).collect();

    let mut out = Vec::new();
    heading(&capture, &mut out)?;
    export::analyze(&capture, &all, top_k, &mut out)?;
    error::print(&out)?;
    let problems = trust(&capture, TRUST_BUDGET).problems();
    error::warn(capture.origin.warnings.iter().chain(&problems));
    save(args, settings.colormap, &capture, &plots)?;
    // After all that the script prints, so that what reads its output finds it where it was.
    let mut out = Vec::new();
    for said in diagnosis(&capture) {
        writeln!(out, "\nDiagnosis: {said}.")?;
    }
    error::print(&out)?;
    if args.show_plots {
        let start = explore::Start {
            layer: plots
                .first()
                .map(|plot| plot.layer.0)
                .filter(|_| args.layer.is_some()),
            head: heads.first().copied(),
            watched: None,
            inputs,
        };
        return explore::open(source, Some(capture), &args.run, settings, start);
    }
    Ok(())
}

/// What was run, before the analysis.
fn heading(capture: &Capture, out: &mut dyn Write) -> Result<(), RunError> {
    let origin = &capture.origin;
    let tokens: Vec<String> = capture
        .tokens
        .iter()
        .map(|token| format!("'{}'", token.label.plain()))
        .collect();
    writeln!(
        out,
        "Model: {} ({}, {})",
        origin.name, origin.family, origin.format
    )?;
    writeln!(out, "Using device: {}", origin.device)?;
    writeln!(out, "Input text: '{}'", printable(&capture.text))?;
    writeln!(out, "Tokens: [{}]", tokens.join(", "))?;
    writeln!(out, "Number of tokens: {}", tokens.len())?;
    writeln!(out, "Scale: raw (weights, mean over heads)")?;
    for said in &origin.assumed {
        writeln!(out, "Assumed: {said}")?;
    }
    Ok(writeln!(out)?)
}

/// The plot of the means of all layers.
const FLOW: &str = "attention_flow.png";

/// A plot of all heads of a layer, or of one.
struct Plot {
    layer: Layer,
    head: Option<Head>,
}

impl Plot {
    /// The plots of a layer: one of each head that is named, else one of all.
    fn of(layer: Layer, heads: &[usize]) -> Vec<Self> {
        let of = |head| Self { layer, head };
        match heads {
            [] => vec![of(None)],
            heads => heads.iter().map(|&head| of(Some(Head(head)))).collect(),
        }
    }

    fn name(&self) -> String {
        let layer = self.layer;
        match self.head {
            Some(head) => format!("layer_{layer}_head_{head}.png"),
            None => format!("layer_{layer}_all_heads.png"),
        }
    }
}

/// Draws the plots into the output folder.
fn save(args: &AnalyzeArgs, map: Map, capture: &Capture, plots: &[Plot]) -> Result<(), RunError> {
    let folder = &args.output_dir;
    let shown = printable(&folder.display().to_string());
    std::fs::create_dir_all(folder).map_err(|error| {
        RunError::Text(format!("the folder '{shown}' can't be created: {error}"))
    })?;
    let save = |name: String,
                draw: &mut dyn FnMut(&mut dyn Write) -> Result<(), export::ExportError>|
     -> Result<(), RunError> {
        let path = folder.join(&name);
        export::write_atomically(&path, |out| draw(out))?;
        error::print(format!("Saved: {}\n", printable(&path.display().to_string())).as_bytes())
    };
    let style = export::Style {
        scale: args.scale.into(),
        map: map.into(),
    };
    for plot in plots {
        save(plot.name(), &mut |out| match plot.head {
            Some(head) => export::heatmap(capture, plot.layer, Select::Head(head), style, out),
            None => export::all_heads(capture, plot.layer, args.max_heads, style, out),
        })?;
    }
    save(FLOW.to_owned(), &mut |out| export::flow(capture, out))?;
    error::print(format!("\nAll plots saved to: {shown}\n").as_bytes())
}
