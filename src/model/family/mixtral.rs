//! Mixtral (Jiang et al. 2024): Mistral with experts.

use super::super::{Error, MlpSpec};
use super::hf::{Draft, LLAMA, Reading};
use super::layout::{Layout, MlpParts};
use super::switches::each;
use super::{Family, Kind};

pub(super) const FAMILY: Family = Family {
    name: "mixtral",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["mixtral"],
        draft,
    },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    mlps: &[MlpParts::Experts {
        router: &["block_sparse_moe.gate"],
        place: "block_sparse_moe.experts",
        each: ["w1", "w3", "w2"],
        shared: None,
    }],
    ..LLAMA
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let mut spec = reading.llama(FAMILY.name)?;
    let c = &reading.config;
    let mlp = MlpSpec::Experts {
        count: c.size("num_local_experts")?,
        per_token: c.size("num_experts_per_tok")?,
        hidden: c.size("intermediate_size")?,
        normalised: true,
        shared: 0,
    };
    each(&mut spec, |layer| layer.mlp = mlp);
    // The noise is for training.
    c.ignore(&["router_jitter_noise"]);
    let window = c.size_if("sliding_window")?;
    reading.windows(&mut spec, window, |_| true)?;
    Ok(Draft::new(spec, LAYOUT, false))
}
