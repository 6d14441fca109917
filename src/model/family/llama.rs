//! Llama 1 to 3 (Touvron et al. 2023).

use super::super::Error;
use super::hf::{Draft, LLAMA, Reading};
use super::layout::Layout;
use super::{Family, Kind};

pub(super) const FAMILY: Family = Family {
    name: "llama",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["llama"],
        draft,
    },
};

pub(super) const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    ..LLAMA
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let spec = reading.llama(FAMILY.name)?;
    Ok(Draft::new(spec, reading.biased(LAYOUT, true)?, false))
}
