//! Qwen 2 and 2.5 (Yang et al. 2024): Llama with biases on queries, keys and values.

use super::super::{Error, Spec};
use super::biases::Biases;
use super::hf::{Draft, LLAMA, Reading};
use super::layout::Layout;
use super::{Family, Kind};

pub(super) const FAMILY: Family = Family {
    name: "qwen2",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["qwen2"],
        draft,
    },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    biases: Some(Biases {
        qkv: true,
        ..Biases::NONE
    }),
    ..LLAMA
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let mut spec = reading.llama(FAMILY.name)?;
    slide(reading, &mut spec)?;
    Ok(Draft::new(spec, LAYOUT, false))
}

/// Windows in the upper layers, where they are switched on.
pub(super) fn slide(reading: &Reading, spec: &mut Spec) -> Result<(), Error> {
    let c = &reading.config;
    let first = c.size_if("max_window_layers")?.unwrap_or(28);
    let window = window(reading)?;
    reading.windows(spec, window, |layer| layer >= first)
}

/// The window, where it is switched on: it can be 0 where it is not.
pub(super) fn window(reading: &Reading) -> Result<Option<usize>, Error> {
    let c = &reading.config;
    if c.flag("use_sliding_window", false)? {
        return c.size_if("sliding_window");
    }
    c.ignore(&["sliding_window"]);
    Ok(None)
}
