//! Capture and request in, bytes out through `io::Write`.

mod arrays;
mod atomic;
mod csv;
mod failed_once;
mod figure;
mod json;
mod npz;
mod picture;
mod report;
mod safetensors;
mod text;

use std::io::{self, Seek, Write};
use std::path::Path;
use std::str::FromStr;

pub use self::arrays::attention_bytes;
pub use self::atomic::write_atomically;
pub use self::csv::csv;
pub use self::figure::{
    Drawing, all_heads, draw, drawing, flow, heatmap, picture_bytes, write_lines,
};
pub use self::json::{SCHEMA_VERSION, json};
pub use self::npz::npz;
pub use self::picture::picture;
pub use self::report::{Report, report, report_json};
pub use self::safetensors::safetensors;
pub use self::text::analyze;

use crate::capture::{Capture, Head, Layer, LayerRecord};
use crate::lens::Scale;
use crate::paint::{Colormap, Depth, Ground, Palette, Ramp};
use crate::token::Label;

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A layer that the capture does not hold.
    #[error("there is no layer {found}: the layers are {held}")]
    NoLayer {
        /// The layer that was asked for.
        found: Layer,
        /// Those that there are.
        held: String,
    },
    /// A head that the layer does not have.
    #[error("there is no head {found}: the heads of a layer are {}", range(*.count))]
    NoHead {
        /// The head that was asked for.
        found: Head,
        /// How many there are.
        count: usize,
    },
    /// Nothing to write.
    #[error("the capture has no layer yet; wait until the run is complete")]
    Empty,
    /// A request without layers or heads.
    #[error("no layer or no head is requested; name at least one of each")]
    Nothing,
    /// A picture of several layers.
    #[error(
        "a picture shows heads of one layer, but {found} layers are requested; choose one with --layers"
    )]
    OneLayer {
        /// How many are asked for.
        found: usize,
    },
    /// A scale by the norms of values, of a capture without them.
    #[error(
        "the {} scale needs value norms, which the capture does not hold; choose another scale",
        Scale::ValueWeighted.name()
    )]
    NoNorms,
    /// More pixels than viewers open.
    #[error(
        "the picture would have {width} × {height} pixels, which viewers do not open; save it as .svg, or make the window smaller"
    )]
    TooWide {
        /// Pixels across.
        width: usize,
        /// Pixels down.
        height: usize,
    },
    /// More bytes than a file can count.
    #[error(
        "the attention of {tokens} tokens is more than a file can hold: ask for fewer layers or heads"
    )]
    TooLarge {
        /// `n`.
        tokens: usize,
    },
    /// A format that is not known.
    #[error("there is no format '{found}': the formats are {}", Format::ALL.map(Format::name).join(", "))]
    NoFormat {
        /// What was asked for, safe to show.
        found: String,
    },
    /// The font that is built in can't be read.
    #[error("the font of the plots can't be read: {0}")]
    Font(&'static str),
    /// The file system refused.
    #[error("{path} can't be written: {error}")]
    File {
        /// The path, as it was given.
        path: String,
        /// What was reported.
        error: io::Error,
    },
    /// The output refused.
    #[error("the output can't be written: {0}")]
    Output(#[from] io::Error),
    /// The PNG encoder refused.
    #[error("the picture can't be written: {0}")]
    Png(#[from] ::png::EncodingError),
    /// The ZIP writer refused.
    #[error("the archive can't be written: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// The JSON encoder refused.
    #[error("the JSON can't be written: {0}")]
    Json(#[from] serde_json::Error),
}

impl ExportError {
    /// What the output reported, told as `failed` tells it.
    pub(crate) fn at(self, failed: impl Fn(io::Error) -> Self) -> Self {
        match self {
            Self::Output(error)
            | Self::Png(::png::EncodingError::IoError(error))
            | Self::Zip(zip::result::ZipError::Io(error)) => failed(error),
            Self::Json(error) if error.is_io() => failed(error.into()),
            other => other,
        }
    }
}

/// What to export: the layers and heads, in the order in which they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The layers.
    pub layers: Vec<Layer>,
    /// The heads of each layer.
    pub heads: Vec<Head>,
    /// How pictures show them; arrays and JSON hold the weights themselves.
    pub style: Style,
    /// Whether JSON holds the weights.
    pub weights: InJson,
}

/// Whether JSON holds the weights of every cell beside the numbers of every head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum InJson {
    /// Where there are no more than [`InJson::LIMIT`] of them.
    #[default]
    IfFew,
    /// However many there are.
    Always,
    /// Never.
    Never,
}

impl InJson {
    /// The most weights that are written unless they are asked for: about 40 MB of text. A head of
    /// 2,048 tokens has as many.
    pub const LIMIT: u64 = 1 << 22;
}

/// How a picture shows weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// What is shown of a weight.
    pub scale: Scale,
    /// The colours, in the form for light grounds: paper is white.
    pub map: Colormap,
}

impl From<Scale> for Style {
    /// The usual colours.
    fn from(scale: Scale) -> Self {
        Self {
            scale,
            map: Colormap::default(),
        }
    }
}

impl Request {
    /// Every layer that is done, and every head.
    pub fn all(capture: &Capture) -> Self {
        Self {
            layers: capture.layers.iter().map(|record| record.layer).collect(),
            heads: (0..capture.shape.heads).map(Head).collect(),
            ..Self::default()
        }
    }

    /// How many weights the chosen heads have, masked cells included.
    pub fn weight_count(&self, capture: &Capture) -> u64 {
        let factors = [
            self.layers.len(),
            self.heads.len(),
            capture.len(),
            capture.len(),
        ];
        let factors = factors.map(|factor| factor as u64);
        factors.into_iter().fold(1, u64::saturating_mul)
    }

    /// Whether JSON holds the weights.
    pub fn has_weights(&self, capture: &Capture) -> bool {
        match self.weights {
            InJson::IfFew => self.weight_count(capture) <= InJson::LIMIT,
            InJson::Always => true,
            InJson::Never => false,
        }
    }

    /// The records of the layers, once everything that is asked for is known to be there.
    fn records<'a>(&self, capture: &'a Capture) -> Result<Vec<&'a LayerRecord>, ExportError> {
        if self.layers.is_empty() || self.heads.is_empty() {
            return Err(ExportError::Nothing);
        }
        let find = |&layer| {
            let record = find_layer(capture, layer)?;
            self.heads
                .iter()
                .try_for_each(|&head| find_head(record, head))?;
            Ok(record)
        };
        self.layers.iter().map(find).collect()
    }
}

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// One JSON object; see [`json`].
    Json,
    /// A table with a line for every head; see [`csv`].
    Csv,
    /// Arrays, for the safetensors library of any language; see [`safetensors`].
    Safetensors,
    /// Arrays, for numpy; see [`npz`].
    Npz,
    /// A picture of one head, or of heads of one layer; see [`drawing`].
    Png,
    /// The same as shapes, sharp at every size; see [`drawing`].
    Svg,
    /// Heads as glyphs, without any colour; see [`lines`].
    Text,
    /// Heads in the 256 colours of a terminal; see [`lines`].
    Ansi,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 8] = [
        Self::Json,
        Self::Csv,
        Self::Safetensors,
        Self::Npz,
        Self::Png,
        Self::Svg,
        Self::Text,
        Self::Ansi,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Safetensors => "safetensors",
            Self::Npz => "npz",
            Self::Png => "png",
            Self::Svg => "svg",
            Self::Text => "text",
            Self::Ansi => "ansi",
        }
    }
}

impl Format {
    /// The ending of its files, without the point.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Text => "txt",
            other => other.name(),
        }
    }

    /// The format that the ending of a file's name says, in capitals or not.
    pub fn of_ending(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        let mut all = Self::ALL.into_iter();
        all.find(|format| format.ending() == ending)
    }

    /// Whether it draws patterns, in a scale and in colours; the others hold numbers.
    pub fn is_picture(self) -> bool {
        matches!(self, Self::Png | Self::Svg | Self::Text | Self::Ansi)
    }

    /// Whether it is text, which a terminal or a pipe can take.
    pub fn is_text(self) -> bool {
        matches!(
            self,
            Self::Json | Self::Csv | Self::Svg | Self::Text | Self::Ansi
        )
    }

    /// Whether it holds arrays.
    pub fn is_arrays(self) -> bool {
        matches!(self, Self::Safetensors | Self::Npz)
    }
}

impl FromStr for Format {
    type Err = ExportError;

    fn from_str(name: &str) -> Result<Self, ExportError> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or_else(|| ExportError::NoFormat {
                found: Label::of_text(name).clip(40),
            })
    }
}

/// Writes the chosen layers and heads of a capture in one of the formats. No more than a block of
/// rows is in memory at a time.
///
/// # Errors
/// A layer or head that the capture does not hold, before anything is written; what `out` reports.
pub fn export<W: Write + Seek>(
    capture: &Capture,
    request: &Request,
    format: Format,
    out: &mut W,
) -> Result<(), ExportError> {
    match format {
        Format::Safetensors => safetensors(capture, request, out),
        Format::Npz => npz(capture, request, out),
        Format::Png => drawing(capture, request, Drawing::Png, out),
        Format::Json | Format::Csv | Format::Svg | Format::Text | Format::Ansi => {
            lines(capture, request, format, out)
        }
    }
}

/// Writes one of the formats that are text to an output that need not seek.
///
/// # Errors
/// As [`export`]; [`ExportError::NoFormat`] for a format that is not text.
pub fn lines(
    capture: &Capture,
    request: &Request,
    format: Format,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    match format {
        Format::Json => json(capture, request, out),
        Format::Csv => csv(capture, request, out),
        Format::Svg => drawing(capture, request, Drawing::Svg, out),
        Format::Text | Format::Ansi => {
            let depth = match format {
                Format::Ansi => Depth::Ansi256,
                _ => Depth::None,
            };
            let ramp = Ramp::new(Palette {
                depth,
                ground: Ground::Dark,
                map: request.style.map,
            });
            for (at, picture) in figure::pictures(capture, request)?.iter().enumerate() {
                if at > 0 {
                    writeln!(out)?;
                }
                write_lines(capture, picture, ramp, out)?;
            }
            Ok(())
        }
        other => Err(ExportError::NoFormat {
            found: other.name().to_owned(),
        }),
    }
}

/// The indices of `count` things, in words.
fn range(count: usize) -> String {
    match count {
        0 => "none".to_owned(),
        1 => "0 alone".to_owned(),
        _ => format!("0 to {}", count - 1),
    }
}

/// A layer of the capture, or the error that says which there are.
fn find_layer(capture: &Capture, layer: Layer) -> Result<&LayerRecord, ExportError> {
    capture.layer(layer).ok_or(ExportError::NoLayer {
        found: layer,
        held: held(capture),
    })
}

/// The layers of a capture, in words.
fn held(capture: &Capture) -> String {
    let ids: Vec<usize> = capture.layers.iter().map(|record| record.layer.0).collect();
    match ids.iter().enumerate().all(|(at, id)| at == *id) {
        true => range(ids.len()),
        false => ids
            .iter()
            .map(usize::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// The error that says which heads there are, unless `head` is one of them.
fn find_head(layer: &LayerRecord, head: Head) -> Result<(), ExportError> {
    if head.0 < layer.heads {
        return Ok(());
    }
    Err(ExportError::NoHead {
        found: head,
        count: layer.heads,
    })
}

/// The error that says so where a layer has not what a scale needs.
fn check_scale(layer: &LayerRecord, scale: Scale) -> Result<(), ExportError> {
    match scale == Scale::ValueWeighted && layer.value_norms.is_empty() {
        true => Err(ExportError::NoNorms),
        false => Ok(()),
    }
}

/// What made an output.
fn made_by(capture: &Capture) -> String {
    format!("headlight {}", capture.origin.version)
}
