//! LLMs-from-scratch: a bare state dict, separate projections, tanh GELU.

use super::super::Activation;
use super::dialect::Dialect;
use super::layout::{Layout, MlpParts, NONE, NormParts, QkvParts};
use super::{Family, Kind};

pub(super) const FAMILY: Family = Family {
    name: "llms-from-scratch",
    writer: "LLMs-from-scratch",
    kind: Kind::Recognised {
        recognises: |checkpoint| DIALECT.fits(checkpoint),
        read: |checkpoint, hints| DIALECT.plan(checkpoint, hints),
    },
};

const DIALECT: Dialect = Dialect {
    layout: Layout {
        family: FAMILY.name,
        prefixes: &[""],
        tokens: &["tok_emb"],
        positions: &["pos_emb"],
        blocks: "trf_blocks",
        attention_norms: NormParts::before(&["norm1"]),
        qkv: QkvParts::Separate(["att.W_query", "att.W_key", "att.W_value"]),
        out: &["att.out_proj"],
        mlp_norms: NormParts::before(&["norm2"]),
        mlps: &[MlpParts::Plain {
            up: &["ff.layers.0"],
            down: &["ff.layers.2"],
        }],
        final_norm: &["final_norm"],
        head: &["out_head"],
        ..NONE
    },
    activation: Activation::GeluTanh,
    known: true,
};
