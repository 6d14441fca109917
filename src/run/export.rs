//! `headlight export`: a capture as a file for other programs.

use std::io::{BufWriter, Write};
use std::path::Path;

use super::analyze::in_range;
use super::session::Keep;
use super::source::Source;
use super::{RunError, explore};
use crate::capture::{Head, Layer};
use crate::cli::{ExportArgs, Format, Picks};
use crate::export::{self, Request};

impl From<Format> for export::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Json => Self::Json,
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
    let is_text = matches!(
        args.format,
        Format::Json | Format::Svg | Format::Text | Format::Ansi
    );
    if standard_output && !is_text {
        return Err(RunError::Usage(
            "only json, svg, text and ansi go to standard output; give the rest a file with --output"
                .to_owned(),
        ));
    }
    let mut source = Source::open(&args.run, &mut explore::loading())?;
    let shape = source.shape();
    let request = Request {
        layers: picks("layer", args.layers.as_ref(), shape.layers)?
            .into_iter()
            .map(Layer)
            .collect(),
        heads: picks("head", args.heads.as_ref(), shape.heads)?
            .into_iter()
            .map(Head)
            .collect(),
    };
    if args.format == Format::Png && request.layers.len() != 1 {
        let found = request.layers.len();
        return Err(RunError::Usage(
            export::ExportError::OneLayer { found }.to_string(),
        ));
    }
    if args.format == Format::Svg && request.layers.len() * request.heads.len() != 1 {
        let found = request.layers.len() * request.heads.len();
        return Err(RunError::Usage(
            export::ExportError::OneHead { found }.to_string(),
        ));
    }
    if let Source::Model(session, _) = &mut source {
        session.hash()?;
    }
    let keep = Keep {
        logits: args.logits,
        ..Keep::default()
    };
    let layers: Vec<usize> = request.layers.iter().map(|layer| layer.0).collect();
    let capture = source.capture(keep, &layers)?;
    for said in capture
        .origin
        .warnings
        .iter()
        .chain(&capture.origin.assumed)
    {
        eprintln!("warning: {said}");
    }
    let format = args.format.into();
    if standard_output {
        let mut out = BufWriter::new(std::io::stdout().lock());
        match format {
            export::Format::Json => export::json(&capture, &request, &mut out)?,
            _ => export::lines(&capture, &request, format, &mut out)?,
        }
        return Ok(out.flush()?);
    }
    Ok(export::write_atomically(&args.output, |out| {
        export::export(&capture, &request, format, out)
    })?)
}

/// The indices of a list, each once and in the order given; all where there is no list.
fn picks(what: &str, picks: Option<&Picks>, count: usize) -> Result<Vec<usize>, RunError> {
    let Some(Picks(ranges)) = picks else {
        return Ok((0..count).collect());
    };
    let mut all = Vec::new();
    for range in ranges {
        in_range(what, *range.start(), count)?;
        in_range(what, *range.end(), count)?;
        if range.is_empty() {
            return Err(RunError::Usage(format!(
                "the range {}-{} is empty",
                range.start(),
                range.end()
            )));
        }
        for index in range.clone() {
            if !all.contains(&index) {
                all.push(index);
            }
        }
    }
    Ok(all)
}
