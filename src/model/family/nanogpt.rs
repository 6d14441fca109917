//! nanoGPT: `{'model', 'model_args', ...}`, a fused projection in Linear order, exact GELU.

use super::super::Activation;
use super::dialect::Dialect;
use super::layout::{Layout, MlpParts, NONE, NormParts, QkvParts};
use super::{Family, Kind};

pub(super) const FAMILY: Family = Family {
    name: "nanogpt",
    writer: "nanoGPT",
    kind: Kind::Recognised {
        recognises: |checkpoint| DIALECT.fits(checkpoint),
        read: |checkpoint, hints| DIALECT.plan(checkpoint, hints),
    },
};

pub(super) const DIALECT: Dialect = Dialect {
    layout: Layout {
        family: FAMILY.name,
        prefixes: &["transformer.", ""],
        tokens: &["wte"],
        positions: &["wpe"],
        blocks: "h",
        attention_norms: NormParts::before(&["ln_1"]),
        qkv: QkvParts::Fused(&["attn.c_attn"]),
        out: &["attn.c_proj"],
        mlp_norms: NormParts::before(&["ln_2"]),
        mlps: &[MlpParts::Plain {
            up: &["mlp.c_fc"],
            down: &["mlp.c_proj"],
        }],
        final_norm: &["ln_f"],
        head: &["lm_head"],
        ..NONE
    },
    activation: Activation::Gelu,
    known: true,
};
