//! gpt-from-scratch: `{'model_state_dict', 'config', ...}`, separate projections, tanh GELU.

use super::super::Activation;
use super::dialect::Dialect;
use super::layout::{Layout, MlpParts, NONE, NormParts, QkvParts};
use super::{Family, Kind};

pub(super) const FAMILY: Family = Family {
    name: "gpt-from-scratch",
    writer: "gpt-from-scratch",
    kind: Kind::Recognised {
        recognises: |checkpoint| DIALECT.fits(checkpoint),
        read: |checkpoint, hints| DIALECT.plan(checkpoint, hints),
    },
};

const DIALECT: Dialect = Dialect {
    layout: Layout {
        family: FAMILY.name,
        prefixes: &[""],
        tokens: &["token_embedding"],
        positions: &["position_embedding"],
        blocks: "transformer_blocks",
        attention_norms: NormParts::before(&["norm1"]),
        qkv: QkvParts::Separate(["attention.W_query", "attention.W_key", "attention.W_value"]),
        out: &["attention.out_proj"],
        mlp_norms: NormParts::before(&["norm2"]),
        mlps: &[MlpParts::Plain {
            up: &["feed_forward.net.0"],
            down: &["feed_forward.net.2"],
        }],
        final_norm: &["final_norm"],
        head: &["lm_head"],
        ..NONE
    },
    activation: Activation::GeluTanh,
    known: true,
};
