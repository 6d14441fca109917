//! What the configurations of transformers have in common.

use std::cell::RefCell;

use serde_json::{Map, Value};

use super::super::names::{Each, Half, Names, Norm};
use super::super::{Error, Hints, MlpSpec, Plan, Spec};
use super::biases::Biases;
use super::config::Config;
use super::finder::Finder;
use super::layout::{Layout, MlpParts, NONE, NormParts, QkvParts};
use crate::checkpoint::{Checkpoint, printable};

/// The names of Llama, from which many families took theirs.
pub(super) const LLAMA: Layout = Layout {
    prefixes: &["model.", ""],
    tokens: &["embed_tokens"],
    blocks: "layers",
    attention_norms: NormParts::before(&["input_layernorm"]),
    qkv: QkvParts::Separate(["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]),
    out: &["self_attn.o_proj"],
    mlp_norms: NormParts::before(&["post_attention_layernorm"]),
    mlps: &[GATED],
    final_norm: &["norm"],
    head: &["lm_head"],
    biases: Some(Biases::NONE),
    ..NONE
};

/// The MLP of Llama.
pub(super) const GATED: MlpParts = MlpParts::Gated {
    gate: &["mlp.gate_proj"],
    up: &["mlp.up_proj"],
    down: &["mlp.down_proj"],
};

/// What a family makes of a configuration.
pub(super) struct Draft {
    pub spec: Spec,
    pub layout: Layout,
    /// Whether the head is the token embedding where `tie_word_embeddings` is absent.
    pub tied: bool,
    /// Beginnings of tensors that are parts of a larger model.
    pub left_out: &'static [&'static str],
    /// Tensors that are read by name.
    pub read_elsewhere: &'static [&'static str],
    /// Whether norms have no weights at all.
    pub bare_norms: bool,
}

impl Draft {
    pub(super) fn new(spec: Spec, layout: Layout, tied: bool) -> Self {
        Self {
            spec,
            layout,
            tied,
            left_out: &[],
            read_elsewhere: &[],
            bare_norms: false,
        }
    }
}

/// A checkpoint that is being read as one family.
pub(super) struct Reading<'a> {
    pub config: Config<'a>,
    /// Around the configuration of a text model that is a part of a larger one.
    whole: Option<Config<'a>>,
    pub(super) checkpoint: &'a Checkpoint,
    hints: &'a Hints,
    said: RefCell<Vec<String>>,
}

impl<'a> Reading<'a> {
    /// The configuration of a model that has parts beside its text model is the one of that.
    pub(super) fn new(
        checkpoint: &'a Checkpoint,
        config: &'a Map<String, Value>,
        hints: &'a Hints,
    ) -> Result<Self, Error> {
        let whole = Config::new(config);
        whole.unquantised()?;
        let (config, whole) = match whole.map("text_config")? {
            Some(text) => (Config::new(text), Some(whole)),
            None => (whole, None),
        };
        config.unquantised()?;
        Ok(Self {
            config,
            whole,
            checkpoint,
            hints,
            said: RefCell::default(),
        })
    }

    /// Tells the person what was assumed.
    pub(super) fn say(&self, sentence: &str) {
        self.said.borrow_mut().push(sentence.to_owned());
    }

    /// Whether two tensors are one, or copies of one.
    fn same(&self, one: &str, other: &str) -> Result<bool, Error> {
        if self.checkpoint.is_alias(one, other) {
            return Ok(true);
        }
        let one = self.checkpoint.read_bytes(one)?;
        Ok(one == self.checkpoint.read_bytes(other)?)
    }

    /// Finds the tensors of a draft and closes the configuration.
    pub(super) fn plan(self, draft: Draft) -> Result<Plan, Error> {
        let Draft {
            spec,
            layout,
            tied,
            left_out,
            read_elsewhere,
            bare_norms,
        } = draft;
        let mut assumed = Vec::new();
        let mut warnings = Vec::new();
        let tied = self.config.flag("tie_word_embeddings", tied)?;
        let mut finder = Finder::new(&layout, self.checkpoint);
        let mut names = finder.names(Some(tied))?;
        if let Some(head) = &finder.unused_head
            && !self.same(head, &names.tokens)?
        {
            assumed.push(format!(
                "the stored head '{}' was not used: the configuration says that the token embedding \
                 is the head",
                printable(head)
            ));
        }
        for beginning in left_out {
            let count = finder.leave_out(beginning);
            if count > 0 {
                assumed.push(format!(
                    "the {count} tensors of '{beginning}' are not part of the text model and were \
                     left out"
                ));
            }
        }
        for name in read_elsewhere {
            finder.leave_out(name);
        }
        finder.nothing_left()?;
        if names.blocks.len() != spec.layers.len() {
            return Err(Error::Config {
                key: "the number of layers".to_owned(),
                found: spec.layers.len().to_string(),
                expected: format!("the tensors have {}", names.blocks.len()),
            });
        }
        if let Some(biases) = &layout.biases {
            biases.check(layout.family, &names)?;
        }
        fits(&spec, &names)?;
        if let Some(given) = self.hints.heads
            && given != spec.heads
        {
            warnings.push(format!(
                "--number-of-heads {given} is not used: the checkpoint has {}",
                spec.heads
            ));
        }
        if self.hints.scale.is_some() {
            let said = "--attention-scale is not used: the checkpoint's family defines the scale";
            warnings.push(said.to_owned());
        }
        if bare_norms {
            for block in &mut names.blocks {
                block.attention_norms.before = Some(Norm::default());
                block.mlp_norms.before = Some(Norm::default());
            }
            names.final_norm = Some(Norm::default());
        }
        assumed.extend(self.said.into_inner());
        if let Some(whole) = self.whole {
            // The text model's own decides.
            whole.ignore(&["tie_word_embeddings"]);
            whole.finish()?;
        }
        assumed.extend(self.config.finish()?);
        Ok(Plan {
            spec,
            names,
            assumed,
            warnings,
        })
    }
}

/// Holds rotations to their heads, and experts to what is stored and to each other.
fn fits(spec: &Spec, names: &Names) -> Result<(), Error> {
    for (layer, block) in spec.layers.iter().zip(&names.blocks) {
        if let Some(rotary) = &layer.rotary
            && rotary.dims > spec.head_dim
        {
            return Err(Error::Config {
                key: "the rotary dimensions".to_owned(),
                found: rotary.dims.to_string(),
                expected: format!("a head has {}", spec.head_dim),
            });
        }
        let (
            MlpSpec::Experts {
                count, per_token, ..
            },
            Half::Experts(experts),
        ) = (&layer.mlp, &block.mlp)
        else {
            continue;
        };
        let wrong = |key: &str, found: &usize, expected: String| Error::Config {
            key: key.to_owned(),
            found: found.to_string(),
            expected,
        };
        if per_token > count {
            let expected = format!("there are {count} experts");
            return Err(wrong(
                "the number of experts per token",
                per_token,
                expected,
            ));
        }
        if let Each::Separate(each) = &experts.each
            && each.len() != *count
        {
            let expected = format!("the tensors have {}", each.len());
            return Err(wrong("the number of experts", count, expected));
        }
    }
    Ok(())
}
