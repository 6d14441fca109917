//! `headlight export`: a capture as a file for other programs.

use std::io::{BufWriter, Write};
use std::path::Path;

use super::inputs::Inputs;
use super::picks::picks;
use super::session::Keep;
use super::source::Source;
use super::{RunError, error, explore};
use crate::capture::{Head, Layer};
use crate::cli::{ExportArgs, Format};
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
    let is_picture = matches!(
        args.format,
        Format::Png | Format::Svg | Format::Text | Format::Ansi
    );
    if !is_picture && (args.scale.is_some() || args.colormap.is_some()) {
        return Err(RunError::Usage(
            "--scale and --colormap are for pictures: the other formats hold the weights \
             themselves; leave them out, or give --format png, svg, text or ansi"
                .to_owned(),
        ));
    }
    let inputs = Inputs::of(&args.run);
    match standard_output {
        true => inputs.refuse_standard_output()?,
        false => inputs.refuse(&args.output)?,
    }
    let mut source = Source::open(&args.run, &mut explore::loading())?;
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
    };
    if matches!(args.format, Format::Png | Format::Svg) && request.layers.len() != 1 {
        let found = request.layers.len();
        return Err(RunError::Usage(
            export::ExportError::OneLayer { found }.to_string(),
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
    let origin = &capture.origin;
    error::warn(origin.warnings.iter().chain(&origin.assumed));
    let format = args.format.into();
    if standard_output {
        let mut out = BufWriter::new(std::io::stdout().lock());
        match format {
            export::Format::Json => export::json(&capture, &request, &mut out),
            _ => export::lines(&capture, &request, format, &mut out),
        }
        .map_err(|error| error.at(export::ExportError::Output))?;
        return Ok(out.flush()?);
    }
    Ok(export::write_atomically(&args.output, |out| {
        export::export(&capture, &request, format, out)
    })?)
}
