//! SmolLM 3 (Hugging Face): Llama where some layers do not rotate.

use super::super::Error;
use super::hf::{Draft, LLAMA, Reading};
use super::layout::Layout;
use super::{Family, Kind, qwen2};

pub(super) const FAMILY: Family = Family {
    name: "smollm3",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["smollm3"],
        draft,
    },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    ..LLAMA
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let mut spec = reading.llama(FAMILY.name)?;
    let c = &reading.config;
    let interval = c.size_or("no_rope_layer_interval", 4)?;
    // Despite its name it says which layers rotate.
    let rotates = c.numbers("no_rope_layers")?.unwrap_or_default();
    let rotates = |layer: usize| match rotates.get(layer) {
        Some(flag) => *flag != 0.0,
        None => !(layer + 1).is_multiple_of(interval),
    };
    for (at, layer) in spec.layers.iter_mut().enumerate() {
        if !rotates(at) {
            layer.rotary = None;
        }
    }
    let window = qwen2::window(reading)?;
    reading.windows(&mut spec, window, |layer| !rotates(layer))?;
    c.ignore(&["max_window_layers"]);
    Ok(Draft::new(spec, reading.biased(LAYOUT, true)?, true))
}
