//! `headlight analyze`: the job of gpt-from-scratch's `analyze_attention.py`.

use std::io::Write;

use super::session::Keep;
use super::source::Source;
use super::{RunError, error, explore};
use crate::capture::{Capture, Head, Layer};
use crate::checkpoint::printable;
use crate::cli::AnalyzeArgs;
use crate::export;
use crate::lens::{Scale, Select, TRUST_BUDGET, trust};

/// Prints the analysis, saves the plots, and opens the explorer where asked to.
pub(super) fn analyze(args: &AnalyzeArgs) -> Result<(), RunError> {
    let mut settings = explore::settings(args.config.as_deref())?;
    settings.color = args.color.unwrap_or(settings.color);
    let top_k = args.top_k.unwrap_or(settings.top_k);
    if args.show_plots {
        crate::tui::check_terminal()?;
    }
    let source = Source::open(&args.run, &mut explore::loading())?;
    let shape = source.shape();
    let layers = match args.layer {
        Some(layer) => vec![in_range("layer", layer, shape.layers)?],
        None => (0..shape.layers).collect(),
    };
    if let Some(head) = args.head {
        in_range("head", head, shape.heads)?;
    }
    if args.max_heads == Some(0) || top_k == 0 {
        let flag = if top_k == 0 { "top-k" } else { "max-heads" };
        return Err(RunError::Usage(format!("--{flag} must be at least 1")));
    }
    // The analysis and the flow are of all layers.
    let needed: Vec<usize> = (0..shape.layers).collect();
    let capture = source.capture(Keep::default(), &needed)?;
    let layers: Vec<Layer> = layers.into_iter().map(Layer).collect();
    let all: Vec<Layer> = (0..shape.layers).map(Layer).collect();

    let mut out = Vec::new();
    heading(&capture, &mut out)?;
    export::analyze(&capture, &all, top_k, &mut out)?;
    error::print(&out)?;
    let problems = trust(&capture, TRUST_BUDGET).problems();
    for said in capture.origin.warnings.iter().chain(&problems) {
        eprintln!("warning: {said}");
    }
    plots(args, &capture, &layers)?;
    if args.show_plots {
        let start = explore::Start {
            layer: args.layer,
            head: args.head,
            watched: None,
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
    for said in &origin.assumed {
        writeln!(out, "Assumed: {said}")?;
    }
    Ok(writeln!(out)?)
}

fn plots(args: &AnalyzeArgs, capture: &Capture, layers: &[Layer]) -> Result<(), RunError> {
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
    for &layer in layers {
        if let Some(head) = args.head.map(Head) {
            save(format!("layer_{layer}_head_{head}.png"), &mut |out| {
                export::heatmap(capture, layer, Select::Head(head), Scale::Raw, out)
            })?;
        } else {
            save(format!("layer_{layer}_all_heads.png"), &mut |out| {
                export::all_heads(capture, layer, args.max_heads, Scale::Raw, out)
            })?;
        }
    }
    save("attention_flow.png".to_owned(), &mut |out| {
        export::flow(capture, out)
    })?;
    error::print(format!("\nAll plots saved to: {shown}\n").as_bytes())
}

/// An index that exists, or an error that gives the range.
pub(super) fn in_range(what: &str, index: usize, count: usize) -> Result<usize, RunError> {
    if index < count {
        return Ok(index);
    }
    Err(RunError::Usage(format!(
        "there is no {what} {index}: the {what}s are 0 to {}",
        count.saturating_sub(1)
    )))
}
