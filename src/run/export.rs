//! `headlight export`: a capture as a file for other programs.

use std::io::{BufWriter, Write};
use std::path::Path;

use super::inputs::Inputs;
use super::memory::Job;
use super::picks::picks;
use super::session::Keep;
use super::source::Source;
use super::{RunError, error, explore};
use crate::capture::{Head, Layer};
use crate::checkpoint::printable;
use crate::cli::{ExportArgs, Format, names};
use crate::export::{self, ExportError, InJson, Request};

impl From<Format> for export::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Json => Self::Json,
            Format::Csv => Self::Csv,
            Format::Safetensors => Self::Safetensors,
            Format::Npz => Self::Npz,
            Format::Png => Self::Png,
            Format::Svg => Self::Svg,
            Format::Text => Self::Text,
            Format::Ansi => Self::Ansi,
        }
    }
}

/// Runs the model and writes what was asked for.
pub(super) fn export(args: &ExportArgs) -> Result<(), RunError> {
    let standard_output = args.output == Path::new("-");
    let format = format(args)?;
    check_flags(args, format)?;
    let inputs = Inputs::of(&args.run);
    match standard_output {
        true => inputs.refuse_standard_output()?,
        false => inputs.refuse(&args.output)?,
    }
    let mut source = Source::open(&args.run, Job::export(args), &mut explore::loading())?;
    let shape = source.shape();
    let request = Request {
        layers: source.picked(&args.run)?.into_iter().map(Layer).collect(),
        heads: picks("head", args.heads.as_ref(), shape.heads)?
            .into_iter()
            .map(Head)
            .collect(),
        style: export::Style {
            scale: args.scale.map(Into::into).unwrap_or_default(),
            map: args.colormap.map(Into::into).unwrap_or_default(),
        },
        weights: match (args.attention, args.no_attention) {
            (true, _) => InJson::Always,
            (_, true) => InJson::Never,
            _ => InJson::IfFew,
        },
    };
    check_count(&request, format)?;
    if let Source::Model(session, _) = &mut source {
        session.hash()?;
    }
    let keep = Keep {
        logits: args.logits,
        ..Keep::default()
    };
    let layers: Vec<usize> = request.layers.iter().map(|layer| layer.0).collect();
    let capture = source.capture(keep, &layers)?;
    let origin = &capture.origin;
    error::warn(origin.warnings.iter().chain(&origin.assumed));
    if format == export::Format::Json && !args.no_attention && !request.has_weights(&capture) {
        error::warn(&[left_out(request.weight_count(&capture))]);
    }
    if standard_output {
        let mut out = BufWriter::new(std::io::stdout().lock());
        export::lines(&capture, &request, format, &mut out)
            .map_err(|error| error.at(ExportError::Output))?;
        return Ok(out.flush()?);
    }
    Ok(export::write_atomically(&args.output, |out| {
        export::export(&capture, &request, format, out)
    })?)
}

/// The format that is asked for, else the one of the output's ending.
pub(super) fn format(args: &ExportArgs) -> Result<export::Format, RunError> {
    match args.format {
        Some(format) => Ok(format.into()),
        None if args.output == Path::new("-") => Err(RunError::Usage(
            "standard output has no file ending; name the format with --format json, csv, svg, \
             text or ansi"
                .to_owned(),
        )),
        None => export::Format::of_ending(&args.output).ok_or_else(|| {
            RunError::Usage(format!(
                "the ending of '{}' is not the ending of a format; name the format with --format: {}",
                printable(&args.output.to_string_lossy()),
                names::<Format>()
            ))
        }),
    }
}

/// Refuses flags that would have no effect on a format.
fn check_flags(args: &ExportArgs, format: export::Format) -> Result<(), RunError> {
    let said = |text: &str| Err(RunError::Usage(text.to_owned()));
    if args.output == Path::new("-") && !format.is_text() {
        return said(
            "only json, csv, svg, text and ansi can go to standard output; name a file with --output",
        );
    }
    if !format.is_picture() && (args.scale.is_some() || args.colormap.is_some()) {
        return said(
            "--scale and --colormap are for pictures: the other formats hold the weights \
             themselves; leave them out, or choose --format png, svg, text or ansi",
        );
    }
    if !format.is_arrays() && args.logits {
        return said(
            "--logits needs --format safetensors or npz: the other formats hold no logits",
        );
    }
    if format != export::Format::Json && (args.attention || args.no_attention) {
        return said("--attention and --no-attention are for --format json");
    }
    Ok(())
}

/// Refuses a picture of several layers.
fn check_count(request: &Request, format: export::Format) -> Result<(), RunError> {
    let found = request.layers.len();
    match format {
        export::Format::Png | export::Format::Svg if found != 1 => {
            Err(RunError::Usage(ExportError::OneLayer { found }.to_string()))
        }
        _ => Ok(()),
    }
}

/// Says that JSON holds no weights, and how to get them.
fn left_out(count: u64) -> String {
    format!(
        "the JSON leaves out {count} weights, more than {}; --attention writes them, and \
         --format safetensors or npz takes less space",
        InJson::LIMIT
    )
}
