//! `headlight analyze`: the job of gpt-from-scratch's `analyze_attention.py`.

use std::io::Write;

use super::inputs::Inputs;
use super::picks::{find_kept, in_range};
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
    let source = Source::open(&args.run, &mut explore::loading())?;
    let shape = source.shape();
    let kept = source.kept();
    let layers = match args.layer {
        Some(layer) => vec![find_kept(layer, &kept, shape.layers)?],
        None => kept.clone(),
    };
    if let Some(head) = args.head {
        in_range("head", head, shape.heads)?;
    }
    if args.max_heads == Some(0) || top_k == 0 {
        let flag = if top_k == 0 { "top-k" } else { "max-heads" };
        return Err(RunError::Usage(format!("--{flag} must be at least 1")));
    }
    let layers: Vec<Layer> = layers.into_iter().map(Layer).collect();
    for name in layers.iter().map(|&layer| plot_name(layer, args.head)) {
        inputs.refuse(&args.output_dir.join(name))?;
    }
    inputs.refuse(&args.output_dir.join(FLOW))?;
    // The analysis and the flow are of all layers.
    let capture = source.capture(Keep::default(), &kept)?;
    let all: Vec<Layer> = kept.into_iter().map(Layer).collect();

    let mut out = Vec::new();
    heading(&capture, &mut out)?;
    export::analyze(&capture, &all, top_k, &mut out)?;
    error::print(&out)?;
    let problems = trust(&capture, TRUST_BUDGET).problems();
    error::warn(capture.origin.warnings.iter().chain(&problems));
    plots(args, settings.colormap, &capture, &layers)?;
    // After all that the script prints, so that what reads its output finds it where it was.
    let mut out = Vec::new();
    for said in diagnosis(&capture) {
        writeln!(out, "\nDiagnosis: {said}.")?;
    }
    error::print(&out)?;
    if args.show_plots {
        let start = explore::Start {
            layer: args.layer,
            head: args.head,
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

/// The plot of a layer, or of a head of it.
fn plot_name(layer: Layer, head: Option<usize>) -> String {
    match head {
        Some(head) => format!("layer_{layer}_head_{head}.png"),
        None => format!("layer_{layer}_all_heads.png"),
    }
}

fn plots(
    args: &AnalyzeArgs,
    map: Map,
    capture: &Capture,
    layers: &[Layer],
) -> Result<(), RunError> {
    let folder = &args.output_dir;
    let shown = printable(&folder.display().to_string());
    std::fs::create_dir_all(folder)
        .map_err(|error| RunError::Text(format!("the folder '{shown}' can't be made: {error}")))?;
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
    for &layer in layers {
        save(plot_name(layer, args.head), &mut |out| match args.head {
            Some(head) => export::heatmap(capture, layer, Select::Head(Head(head)), style, out),
            None => export::all_heads(capture, layer, args.max_heads, style, out),
        })?;
    }
    save(FLOW.to_owned(), &mut |out| export::flow(capture, out))?;
    error::print(format!("\nAll plots saved to: {shown}\n").as_bytes())
}
