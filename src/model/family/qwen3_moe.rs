//! Qwen 3 with experts (Yang et al. 2025).

use super::super::Error;
use super::hf::{Draft, GATED, Reading};
use super::layout::{Layout, MlpParts};
use super::{Family, Kind, qwen2, qwen2_moe, qwen3};

pub(super) const FAMILY: Family = Family {
    name: "qwen3_moe",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["qwen3_moe"],
        draft,
    },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    mlps: &[
        MlpParts::Experts {
            router: &["mlp.gate"],
            place: "mlp.experts",
            each: ["gate_proj", "up_proj", "down_proj"],
            shared: None,
        },
        GATED,
    ],
    ..qwen3::LAYOUT
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let mut spec = reading.llama(FAMILY.name)?;
    qwen2_moe::experts(reading, &mut spec, 0)?;
    let window = qwen2::window(reading)?;
    reading.windows(&mut spec, window, |_| true)?;
    reading.config.ignore(&["max_window_layers"]);
    Ok(Draft::new(spec, reading.biased(LAYOUT, false)?, false))
}
