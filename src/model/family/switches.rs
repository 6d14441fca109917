//! The switches that the configurations of most families set in the same way.

use super::super::{Error, LayerSpec, MlpSpec, NormKind, Pairs, Rotary, Rule, Sizes, Spec};
use super::biases::Biases;
use super::hf::Reading;
use super::layout::Layout;
use super::rope;
use crate::checkpoint::printable;

impl Reading<'_> {
    /// The sizes under the names that most configurations use.
    pub(super) fn sizes(&self) -> Result<Sizes, Error> {
        let c = &self.config;
        Ok(Sizes {
            vocabulary: c.size("vocab_size")?,
            context: c.size_of(&["max_position_embeddings", "n_positions"])?,
            embedding: c.size_of(&["hidden_size", "n_embd"])?,
            heads: c.size_of(&["num_attention_heads", "n_head", "num_heads"])?,
            layers: c.size_of(&["num_hidden_layers", "n_layer", "num_layers"])?,
        })
    }

    /// A spec of these sizes whose heads divide it, with `head_dim`, KV heads and the width of the
    /// hidden layer as the configuration has them.
    pub(super) fn spec(&self, family: &str, sizes: &Sizes) -> Result<Spec, Error> {
        let c = &self.config;
        let tensors = self.checkpoint.tensors().len();
        // What is made for each layer and head is bounded before it is made.
        for (key, found, most) in [
            ("the number of layers", sizes.layers, tensors),
            ("the number of heads", sizes.heads, MOST_HEADS),
        ] {
            if found > most {
                return Err(Error::Config {
                    key: key.to_owned(),
                    found: found.to_string(),
                    expected: format!("at most {most} were expected in {tensors} tensors"),
                });
            }
        }
        let mut spec = Spec::gpt2(family, sizes);
        match c.size_if("head_dim")? {
            Some(head_dim) => spec.head_dim = head_dim,
            None if !sizes.embedding.is_multiple_of(sizes.heads) => {
                return Err(Error::heads_dont_divide(sizes.heads, sizes.embedding));
            }
            None => {}
        }
        if let Some(kv_heads) = c.size_if("num_key_value_heads")? {
            spec.kv_heads = kv_heads;
        }
        let hidden = match c.size_if("intermediate_size")? {
            Some(hidden) => hidden,
            None => c.size_if("n_inner")?.unwrap_or(4 * sizes.embedding),
        };
        let rule = Rule::scaled(1.0 / (spec.head_dim as f32).sqrt());
        for layer in &mut spec.layers {
            layer.rule = rule.clone();
            layer.mlp = MlpSpec::Dense { hidden };
        }
        self.grouped(&spec)?;
        Ok(spec)
    }

    /// Refuses KV heads that do not divide the heads.
    pub(super) fn grouped(&self, spec: &Spec) -> Result<(), Error> {
        if spec.heads.is_multiple_of(spec.kv_heads) {
            return Ok(());
        }
        Err(Error::Config {
            key: "num_key_value_heads".to_owned(),
            found: spec.kv_heads.to_string(),
            expected: format!("it must divide the {} heads", spec.heads),
        })
    }

    /// The spec of a decoder in the manner of Llama: RMSNorm, rotary halves, a gated MLP.
    pub(super) fn llama(&self, family: &str) -> Result<Spec, Error> {
        let mut spec = self.llama_with(family, &["hidden_act"], "silu")?;
        self.rotate(&mut spec, "partial_rotary_factor", Pairs::Halves)?;
        Ok(spec)
    }

    /// The same, not yet rotated, with an activation under other keys and another where they are
    /// absent.
    pub(super) fn llama_with(
        &self,
        family: &str,
        keys: &[&str],
        default: &str,
    ) -> Result<Spec, Error> {
        let c = &self.config;
        let mut spec = self.spec(family, &self.sizes()?)?;
        spec.norm = NormKind::Rms;
        spec.norm_epsilon = c.positive_or("rms_norm_eps", 1e-6)?;
        spec.activation = c.activation(keys, default)?;
        Ok(spec)
    }

    /// Gives every layer the configuration's rotary embedding.
    pub(super) fn rotate(&self, spec: &mut Spec, share: &str, pairs: Pairs) -> Result<(), Error> {
        let dims = rope::partial(&self.config, share, spec.head_dim)?;
        let rotary = rope::read(&self.config, dims, pairs, spec.context)?;
        self.rotate_all(spec, &rotary);
        Ok(())
    }

    /// Gives every layer the same rotary embedding, and the decoder the context that it reaches.
    pub(super) fn rotate_all(&self, spec: &mut Spec, rotary: &Rotary) {
        for layer in &mut spec.layers {
            layer.rotary = Some(rotary.clone());
        }
        let reach = rope::reach(&rotary.scaling, spec.context);
        if reach > spec.context {
            self.say(&format!(
                "texts of up to {reach} tokens are read: the {} of the configuration times what \
                 stretches its rotary positions",
                spec.context
            ));
            spec.context = reach;
        }
    }

    /// A layout with biases where the configuration says so: of attention, and of the MLP in
    /// families that have a key for those.
    pub(super) fn biased(&self, layout: Layout, mlp_key: bool) -> Result<Layout, Error> {
        let attention = self.config.flag("attention_bias", false)?;
        let mlp = mlp_key && self.config.flag("mlp_bias", false)?;
        Ok(Layout {
            biases: Some(Biases::of(attention, mlp)),
            ..layout
        })
    }

    /// Gives layers their windows: by `layer_types` where the configuration has them, else where
    /// `sliding` says so.
    pub(super) fn windows(
        &self,
        spec: &mut Spec,
        window: Option<usize>,
        sliding: impl Fn(usize) -> bool,
    ) -> Result<(), Error> {
        let types = self.config.texts("layer_types")?;
        let layers = spec.layers.len();
        if let Some(types) = &types
            && types.len() != layers
        {
            return Err(Error::Config {
                key: "layer_types".to_owned(),
                found: format!("a list of {}", types.len()),
                expected: format!("{layers} were expected, one a layer"),
            });
        }
        for (at, layer) in spec.layers.iter_mut().enumerate() {
            let slides = match types.as_ref().and_then(|types| types.get(at)) {
                None => sliding(at),
                Some(&"full_attention") => false,
                Some(&"sliding_attention") => true,
                Some(other) => {
                    return Err(Error::Config {
                        key: "layer_types".to_owned(),
                        found: printable(other),
                        expected: "full_attention or sliding_attention was expected".to_owned(),
                    });
                }
            };
            if slides {
                if window.is_none() && types.is_some() {
                    return Err(Error::NoKey("sliding_window".to_owned()));
                }
                layer.rule.window = window;
            }
        }
        Ok(())
    }
}

/// More heads than any model has.
const MOST_HEADS: usize = 1 << 16;

/// Changes every layer.
pub(super) fn each(spec: &mut Spec, change: impl Fn(&mut LayerSpec)) {
    spec.layers.iter_mut().for_each(change);
}

/// The slopes of ALiBi as its authors choose them, `[heads]` (Press et al. 2022).
pub(super) fn alibi_slopes(heads: usize) -> Vec<f32> {
    let floor = 1usize << heads.max(1).ilog2();
    let slope = |of: usize, step: usize| 2f64.powf(-8.0 * step as f64 / of as f64) as f32;
    let first = (1..=floor).map(|step| slope(floor, step));
    // Further heads take every other slope of twice as many.
    let more = (0..heads - floor).map(|i| slope(2 * floor, 2 * i + 1));
    first.chain(more).collect()
}
