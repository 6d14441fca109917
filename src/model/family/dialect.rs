//! GPT-2's decoder under the names that different scripts give its tensors.
//!
//! All from-scratch layouts are one decoder: learned positions, a LayerNorm before each half of a
//! block, an MLP of two layers. A [`Dialect`] says how a script calls the parts.

use super::super::names::{Half, Names, Order, Qkv, Up};
use super::super::{Activation, Error, Hints, MlpSpec, Plan, Rule, ScaleBy, Sizes, Spec};
use super::finder::Finder;
use super::layout::{Layout, QkvParts};
use super::{own, sizes};
use crate::checkpoint::{Checkpoint, printable};

/// A script's way of writing GPT-2.
#[derive(Clone, Copy)]
pub(super) struct Dialect {
    pub layout: Layout,
    pub activation: Activation,
    /// Whether the script's code is known; else its activation and scale are assumptions.
    pub known: bool,
}

impl Dialect {
    /// Whether the checkpoint has this script's token embedding and first attention projection.
    pub(super) fn fits(&self, checkpoint: &Checkpoint) -> bool {
        let layout = &self.layout;
        layout.prefixes.iter().any(|prefix| {
            let has = |name: String| checkpoint.tensors().contains_key(&name);
            let any = |names: &[&str], before: &str| {
                names
                    .iter()
                    .any(|n| has(format!("{prefix}{before}{n}.weight")))
            };
            let block = format!("{}.0.", layout.blocks);
            let projected = match &layout.qkv {
                QkvParts::Fused(names) | QkvParts::Grouped(names) => any(names, &block),
                QkvParts::Separate([q, ..]) => any(&[q], &block),
            };
            any(layout.tokens, "") && projected
        })
    }

    /// Whether the script is known, and so its activation: nanoGPT's names are those of many other
    /// scripts, but its configuration always says `bias` and `dropout`.
    fn tells_activation(&self, checkpoint: &Checkpoint) -> bool {
        let keys = ["bias", "dropout"];
        let has = |key: &&str| checkpoint.config().is_some_and(|c| c.get(*key).is_some());
        self.known && (self.layout.family != "nanogpt" || keys.iter().all(has))
    }

    /// The shape of the first block's fused projection, which tells Conv1D from Linear.
    pub(super) fn fused_shape<'a>(&self, checkpoint: &'a Checkpoint) -> Option<&'a [usize]> {
        let QkvParts::Fused(names) = &self.layout.qkv else {
            return None;
        };
        self.layout.prefixes.iter().find_map(|prefix| {
            names.iter().find_map(|name| {
                let name = format!("{prefix}{}.0.{name}.weight", self.layout.blocks);
                Some(checkpoint.tensors().get(&name)?.shape.as_slice())
            })
        })
    }

    /// Reads a checkpoint in this dialect.
    pub(super) fn plan(&self, checkpoint: &Checkpoint, hints: &Hints) -> Result<Plan, Error> {
        let mut finder = Finder::new(&self.layout, checkpoint);
        let names = finder.names(None)?;
        finder.nothing_left()?;

        let (vocabulary, embedding) = matrix(checkpoint, &names.tokens)?;
        let positions = names.positions.as_deref().unwrap_or_default();
        let (context, _) = matrix(checkpoint, positions)?;
        let layers = names.blocks.len();
        sizes::agree(checkpoint, sizes::VOCABULARY, vocabulary)?;
        sizes::agree(checkpoint, sizes::CONTEXT, context)?;
        sizes::agree(checkpoint, sizes::EMBEDDING, embedding)?;
        sizes::agree(checkpoint, sizes::LAYERS, layers)?;
        let hidden = match names.blocks.first().map(|block| &block.mlp) {
            Some(Half::Dense(mlp)) => match &mlp.up {
                Up::Plain(up) => {
                    let (rows, columns) = matrix(checkpoint, &up.weight)?;
                    match self.layout.order {
                        Order::InOut => columns,
                        Order::OutIn | Order::Paired(_) => rows,
                    }
                }
                _ => 0,
            },
            _ => 0,
        };
        qkv_bias(checkpoint, &names)?;

        let mut warnings = Vec::new();
        let mut assumed = Vec::new();
        let heads = sizes::heads(checkpoint, hints, embedding, &mut warnings)?;
        let head_dim = embedding / heads;
        let scale = match hints.scale {
            Some(ScaleBy::Embedding) => embedding,
            Some(ScaleBy::HeadDim) => head_dim,
            None => {
                if !self.known {
                    assumed.push(format!(
                        "scores are taken to be divided by the square root of d_head = {head_dim} \
                         (--attention-scale d_model for scripts that take d_model)"
                    ));
                }
                head_dim
            }
        };
        let sizes = Sizes {
            vocabulary,
            context,
            embedding,
            heads,
            layers,
        };
        let mut spec = Spec::gpt2(self.layout.family, &sizes);
        spec.activation = self.activation;
        let named = own::read(checkpoint, &mut spec)?;
        if !named && !self.tells_activation(checkpoint) {
            let activation = match self.activation {
                Activation::Gelu => "the exact GELU",
                _ => "the tanh GELU",
            };
            assumed.push(format!("the MLP's activation is taken for {activation}"));
        }
        for layer in &mut spec.layers {
            layer.rule = Rule::scaled(1.0 / (scale as f32).sqrt());
            layer.mlp = MlpSpec::Dense { hidden };
        }
        Ok(Plan {
            spec,
            names,
            assumed,
            warnings,
        })
    }
}

/// Rows and columns of a matrix.
fn matrix(checkpoint: &Checkpoint, name: &str) -> Result<(usize, usize), Error> {
    let info = checkpoint.tensors().get(name);
    match info.map(|i| i.shape.as_slice()) {
        Some(&[rows, columns]) if rows > 0 && columns > 0 => Ok((rows, columns)),
        Some(other) => Err(Error::Config {
            key: printable(name),
            found: format!("{other:?}"),
            expected: "a matrix was expected".to_owned(),
        }),
        None => Err(Error::Missing(printable(name))),
    }
}

/// A configuration that speaks of biases must be right about them.
fn qkv_bias(checkpoint: &Checkpoint, names: &Names) -> Result<(), Error> {
    let Some((key, value)) = sizes::value(checkpoint, sizes::QKV_BIAS) else {
        return Ok(());
    };
    let stored = names.blocks.first().is_some_and(|b| match &b.qkv {
        Qkv::Fused(linear) | Qkv::Grouped(linear) => linear.bias.is_some(),
        Qkv::Separate([q, ..]) => q.bias.is_some(),
    });
    if value.as_bool() == Some(stored) {
        return Ok(());
    }
    Err(Error::Config {
        key: key.to_owned(),
        found: printable(&value.to_string()),
        expected: format!(
            "the query, key and value projections {} biases",
            if stored { "have" } else { "have no" }
        ),
    })
}
