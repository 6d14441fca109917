//! Where weights come from: a checkpoint, or a seed.

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::Error;
use super::names::{Block, Half, Linear, Mlp, Names, Norm, Norms, Order, Qkv, Up};
use super::spec::{Plan, Sizes, Spec};
use crate::checkpoint::{Checkpoint, printable};

/// Gives the values of a named tensor of a known shape.
pub trait Weights {
    /// The values, row-major.
    ///
    /// # Errors
    /// The tensor is missing, of another shape, or can't be read.
    fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, Error>;
}

impl Weights for Checkpoint {
    fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, Error> {
        match self.tensors().get(name) {
            None => Err(Error::Missing(printable(name))),
            Some(info) if info.shape != shape => Err(Error::Shape {
                name: printable(name),
                found: info.shape.clone(),
                expected: shape.to_vec(),
            }),
            Some(_) => Ok(self.read_f32(name)?),
        }
    }
}

/// Weights as GPT-2 initialises them before training (Radford et al. 2019): normal with deviation
/// 0.02, norms 1, biases 0. The same seed gives the same weights.
#[derive(Clone, Copy, Debug)]
pub struct Untrained {
    /// `--seed`.
    pub seed: u64,
}

impl Weights for Untrained {
    fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, Error> {
        let count = shape.iter().product();
        // Vectors are norms and biases; scripts call biases by these names.
        if shape.len() == 1 {
            let bias = ["bias", "shift", "beta"].iter().any(|b| name.ends_with(b));
            return Ok(vec![if bias { 0.0 } else { 1.0 }; count]);
        }
        // Each tensor has a stream of its own, by FNV-1a of its name, so that the order in which
        // tensors are read does not matter.
        let name = name.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut rng = StdRng::seed_from_u64(self.seed ^ name);
        // Box-Muller: two uniform numbers give two normal ones.
        let mut values = Vec::with_capacity(count + 1);
        while values.len() < count {
            let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
            let (sin, cos) = (rng.random::<f64>() * std::f64::consts::TAU).sin_cos();
            values.extend([(0.02 * radius * cos) as f32, (0.02 * radius * sin) as f32]);
        }
        values.truncate(count);
        Ok(values)
    }
}

/// The plan of an untrained GPT-2 of these sizes.
///
/// # Errors
/// A size of 0, or heads that do not divide the embedding.
pub fn untrained(sizes: Sizes) -> Result<Plan, Error> {
    let Sizes {
        vocabulary,
        context,
        embedding,
        heads,
        layers,
    } = sizes;
    let named = [
        (vocabulary, "vocabulary"),
        (context, "context length"),
        (embedding, "embedding dimension"),
        (heads, "number of heads"),
        (layers, "number of layers"),
    ];
    if let Some((_, name)) = named.iter().find(|(size, _)| *size == 0) {
        return Err(Error::Config {
            key: (*name).to_owned(),
            found: "0".to_owned(),
            expected: "every size must be at least 1".to_owned(),
        });
    }
    if !embedding.is_multiple_of(heads) {
        return Err(Error::heads_dont_divide(heads, embedding));
    }
    let linear = |place: String| Linear {
        weight: format!("{place}.weight"),
        bias: Some(format!("{place}.bias")),
        order: Order::OutIn,
    };
    let norm = |place: String| Norm {
        weight: vec![format!("{place}.weight")],
        bias: Some(format!("{place}.bias")),
    };
    let before = |place: String| Norms {
        before: Some(norm(place)),
        ..Norms::default()
    };
    let block = |layer: usize| Block {
        attention_norms: before(format!("h.{layer}.ln_1")),
        qkv: Qkv::Fused(linear(format!("h.{layer}.attn.c_attn"))),
        q_norm: None,
        k_norm: None,
        sinks: None,
        out: linear(format!("h.{layer}.attn.c_proj")),
        mlp_norms: before(format!("h.{layer}.ln_2")),
        mlp: Half::Dense(Mlp {
            up: Up::Plain(linear(format!("h.{layer}.mlp.c_fc"))),
            down: linear(format!("h.{layer}.mlp.c_proj")),
        }),
    };
    Ok(Plan {
        spec: Spec::gpt2("gpt2", &sizes),
        names: Names {
            tokens: "wte.weight".to_owned(),
            project_in: None,
            positions: Some("wpe.weight".to_owned()),
            embedding_norm: None,
            blocks: (0..layers).map(block).collect(),
            final_norm: Some(norm("ln_f".to_owned())),
            project_out: None,
            head: None,
        },
        assumed: Vec::new(),
        warnings: Vec::new(),
    })
}
