//! Mistral (Jiang et al. 2023): Llama with a sliding window.

use super::super::Error;
use super::hf::{Draft, LLAMA, Reading};
use super::layout::Layout;
use super::{Family, Kind};

pub(super) const FAMILY: Family = Family {
    name: "mistral",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["mistral"],
        draft,
    },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    ..LLAMA
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let mut spec = reading.llama(FAMILY.name)?;
    let window = reading.config.size_if("sliding_window")?;
    reading.windows(&mut spec, window, |_| true)?;
    Ok(Draft::new(spec, LAYOUT, false))
}
