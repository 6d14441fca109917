//! Small GPTs of tutorials: `tok_emb`, `pos_emb`, `blocks.N`, under several names for the parts.
//! Their code is not known, so what it decides is an assumption, and said.

use super::super::Activation;
use super::dialect::Dialect;
use super::layout::{Layout, MlpParts, NONE, NormParts, QkvParts};
use super::{Family, Kind};

pub(super) const FAMILY: Family = Family {
    name: "plain-gpt",
    writer: "tutorial scripts (tok_emb, pos_emb, blocks.N)",
    kind: Kind::Recognised {
        recognises: |checkpoint| DIALECT.fits(checkpoint),
        read: |checkpoint, hints| DIALECT.plan(checkpoint, hints),
    },
};

const DIALECT: Dialect = Dialect {
    layout: Layout {
        family: FAMILY.name,
        prefixes: &[""],
        tokens: &["tok_emb", "token_embedding", "wte"],
        positions: &["pos_emb", "position_embedding", "wpe"],
        blocks: "blocks",
        attention_norms: NormParts::before(&["ln_1", "ln1", "norm1"]),
        qkv: QkvParts::Fused(&["attn.c_attn", "attn.qkv"]),
        out: &["attn.c_proj", "attn.proj"],
        mlp_norms: NormParts::before(&["ln_2", "ln2", "norm2"]),
        mlps: &[MlpParts::Plain {
            up: &["mlp.c_fc", "mlp.net.0", "mlp.0", "mlp.fc1"],
            down: &["mlp.c_proj", "mlp.net.2", "mlp.2", "mlp.fc2"],
        }],
        final_norm: &["ln_f", "norm", "final_norm"],
        head: &["head", "lm_head"],
        ..NONE
    },
    activation: Activation::Gelu,
    known: false,
};
