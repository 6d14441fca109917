//! What a command line names, opened as far as it goes without reading weights.

use std::path::PathBuf;

use super::command_line::command_line;
use super::{RunError, fetch, input, memory};
use crate::capture::{Origin, Shape, weights_are_random};
use crate::checkpoint::{Checkpoint, Dtype, printable};
use crate::cli::{RunArgs, WeightType};
use crate::model::{Device, DeviceKind, Error, Hints, Plan, Precision, Sizes, family, untrained};
use crate::token::Tokenizer;

/// The demo model, as `examples/train_demo` trained it.
const DEMO: &[u8] = include_bytes!("../../checkpoints/demo.safetensors");

/// A model whose weights are still where they lie.
pub(super) struct Prepared {
    pub plan: Plan,
    pub tokenizer: Tokenizer,
    pub origin: Origin,
    /// Where the weights are; none for random ones.
    pub checkpoint: Option<Checkpoint>,
    pub device: Device,
    pub kind: DeviceKind,
    pub precision: Precision,
}

impl Prepared {
    /// Opens what the command line names.
    pub(super) fn new(args: &RunArgs) -> Result<Self, RunError> {
        let named: Option<&PathBuf> = args.model.as_ref().or(args.checkpoint.as_ref());
        let sizes_given = args.number_of_layers.is_some()
            || args.embedding_dimension.is_some()
            || args.context_length.is_some()
            || args.number_of_heads.is_some();
        let mut checkpoint = match named {
            Some(word) => Some(fetch::open(word)?),
            None if sizes_given || args.untrained => None,
            None => Some(Checkpoint::from_bytes("demo", DEMO)?),
        };
        if let (Some(path), Some(checkpoint)) = (&args.model_config, &mut checkpoint) {
            checkpoint.set_config(input::config(path)?);
        }
        let (device, kind, device_said) = DeviceKind::from(args.device).open();
        let mut origin = Origin {
            source: named.map_or_else(String::new, |p| printable(&p.display().to_string())),
            device: kind.name().to_owned(),
            command: command_line(None),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..Origin::default()
        };
        origin.warnings.extend(device_said);

        let (plan, tokenizer) = match &checkpoint {
            Some(checkpoint) => of_checkpoint(args, checkpoint, &mut origin)?,
            None => of_sizes(args, &mut origin)?,
        };
        if checkpoint.is_none() || args.untrained {
            origin.untrained_seed = Some(args.seed);
            origin.warnings.push(weights_are_random(args.seed));
        }
        let precision = precision(args.dtype, kind, &plan, checkpoint.as_ref());
        origin.dtype = precision.name().to_owned();
        origin.weight_bytes = match &checkpoint {
            Some(checkpoint) => memory::of_weights(checkpoint, precision),
            None => {
                let spec = &plan.spec;
                let sizes = Sizes {
                    vocabulary: spec.vocabulary,
                    context: spec.context,
                    embedding: spec.embedding,
                    heads: spec.heads,
                    layers: spec.layers.len(),
                };
                untrained_floats(&sizes).map_or(0, |floats| (floats * precision.bytes()) as u64)
            }
        };
        Ok(Self {
            plan,
            tokenizer,
            origin,
            checkpoint: checkpoint.filter(|_| !args.untrained),
            device,
            kind,
            precision,
        })
    }

    /// The model's sizes.
    pub(super) fn shape(&self) -> Shape {
        let spec = &self.plan.spec;
        Shape {
            layers: spec.layers.len(),
            heads: spec.heads,
            kv_heads: spec.kv_heads,
            head_dim: spec.head_dim,
            embedding: spec.embedding,
            vocabulary: spec.vocabulary,
            context: spec.context,
        }
    }
}

/// What weights are held in: what was asked for, else f32 on the processor, where half precision is
/// slower, and the stored type elsewhere.
fn precision(
    asked: WeightType,
    kind: DeviceKind,
    plan: &Plan,
    checkpoint: Option<&Checkpoint>,
) -> Precision {
    let stored = || {
        let info = checkpoint?.tensors().get(&plan.names.tokens)?;
        Some(info.dtype)
    };
    match (asked, kind) {
        (WeightType::F32, _) | (WeightType::Auto, DeviceKind::Cpu) => Precision::F32,
        (WeightType::Bf16, _) => Precision::Bf16,
        (WeightType::F16, _) => Precision::F16,
        (WeightType::Auto, DeviceKind::Cuda | DeviceKind::Metal) => match stored() {
            Some(Dtype::BF16) => Precision::Bf16,
            Some(Dtype::F16) => Precision::F16,
            _ => Precision::F32,
        },
    }
}

/// The plan and tokenizer of a checkpoint.
fn of_checkpoint(
    args: &RunArgs,
    checkpoint: &Checkpoint,
    origin: &mut Origin,
) -> Result<(Plan, Tokenizer), RunError> {
    let hints = Hints {
        heads: args.number_of_heads,
        scale: args.attention_scale.map(Into::into),
    };
    let plan = match family::plan(checkpoint, &hints) {
        Err(error @ Error::HeadsNeeded { .. }) => return Err(all_missing(args, checkpoint, error)),
        plan => plan?,
    };
    let spec = &plan.spec;
    let flags = [
        ("number-of-layers", args.number_of_layers, spec.layers.len()),
        (
            "embedding-dimension",
            args.embedding_dimension,
            spec.embedding,
        ),
        ("context-length", args.context_length, spec.context),
    ];
    for (flag, given, found) in flags {
        if let Some(given) = given
            && given != found
        {
            origin.warnings.push(format!(
                "--{flag} {given} is not used: the checkpoint has {found}"
            ));
        }
    }
    origin.name = printable(&checkpoint.name());
    origin.format = checkpoint.format().to_string();
    origin.notes = checkpoint.notes().to_vec();
    origin.family.clone_from(&spec.family);
    origin.warnings.extend(plan.warnings.iter().cloned());
    origin.assumed.extend(plan.assumed.iter().cloned());
    let tokenizer = input::tokenizer(args, checkpoint, spec.vocabulary, &mut origin.assumed)?;
    origin
        .assumed
        .extend(tokenizer.assumed().map(str::to_owned));
    compare_sizes(&tokenizer, spec.vocabulary, origin)?;
    origin.tokenizer = tokenizer.source().to_owned();
    Ok((plan, tokenizer))
}

/// The error about a head count that is missing, and about the tokenizer where that is missing too,
/// so that one try brings all of them.
fn all_missing(args: &RunArgs, checkpoint: &Checkpoint, heads: Error) -> RunError {
    // One head divides every embedding, and the vocabulary does not depend on it.
    let hints = Hints {
        heads: Some(1),
        scale: args.attention_scale.map(Into::into),
    };
    let Ok(plan) = family::plan(checkpoint, &hints) else {
        return heads.into();
    };
    match input::tokenizer(args, checkpoint, plan.spec.vocabulary, &mut Vec::new()) {
        Ok(_) => heads.into(),
        Err(tokenizer) => RunError::Text(format!("{heads}. Also, {tokenizer}")),
    }
}

/// Refuses a tokenizer that is larger than the model's vocabulary, and warns of one that is much
/// smaller. Embeddings are padded by some percent at most; added tokens may have none: a text that
/// has one of those is refused for itself.
fn compare_sizes(
    tokenizer: &Tokenizer,
    vocabulary: usize,
    origin: &mut Origin,
) -> Result<(), RunError> {
    let entries = tokenizer.vocab_size();
    let said = |entries: usize| {
        let source = tokenizer.source();
        format!("the tokenizer ({source}) has {entries} entries and the model {vocabulary}")
    };
    if tokenizer.base_size() > vocabulary {
        return Err(RunError::Text(format!(
            "{}, so it does not belong to this model; pass the right one with --tokenizer PATH",
            said(entries)
        )));
    }
    if entries > vocabulary {
        let added = entries - vocabulary;
        origin.notes.push(format!(
            "{}; the last {added} are added tokens that the model can't read",
            said(entries)
        ));
    } else if entries < vocabulary - vocabulary / 10 {
        origin.warnings.push(format!(
            "{}, so it may belong to another model; --tokenizer PATH names another",
            said(entries)
        ));
    }
    Ok(())
}

/// The plan and tokenizer of random weights of the sizes that were given.
fn of_sizes(args: &RunArgs, origin: &mut Origin) -> Result<(Plan, Tokenizer), RunError> {
    let tokenizer = match &args.tokenizer {
        Some(path) if path.as_os_str() == input::IDS => Tokenizer::ids(input::GPT2_ENTRIES),
        Some(path) => Tokenizer::from_path(path)?,
        None => Tokenizer::gpt2()?,
    };
    let sizes = Sizes {
        vocabulary: tokenizer.vocab_size(),
        context: args.context_length.unwrap_or(UNTRAINED.context),
        embedding: args.embedding_dimension.unwrap_or(UNTRAINED.embedding),
        heads: args.number_of_heads.unwrap_or(UNTRAINED.heads),
        layers: args.number_of_layers.unwrap_or(UNTRAINED.layers),
    };
    // Random weights have no file that bounds them.
    let floats = untrained_floats(&sizes);
    if floats.is_none_or(|floats| floats > UNTRAINED_FLOATS) {
        return Err(RunError::Usage(format!(
            "a model of these sizes has more than {} billion weights; choose smaller sizes",
            UNTRAINED_FLOATS / 1_000_000_000
        )));
    }
    let plan = untrained(sizes).map_err(|error| match error {
        Error::HeadsDontDivide { .. } | Error::Config { .. } => RunError::Usage(error.to_string()),
        other => other.into(),
    })?;
    origin.name = "untrained".to_owned();
    origin.format = "random weights".to_owned();
    origin.family.clone_from(&plan.spec.family);
    origin.tokenizer = tokenizer.source().to_owned();
    Ok((plan, tokenizer))
}

/// The sizes of an untrained model where no flag names them; its vocabulary is the tokenizer's.
pub(super) const UNTRAINED: Sizes = Sizes {
    vocabulary: 0,
    context: 256,
    embedding: 256,
    heads: 4,
    layers: 4,
};

/// The most random weights that are made: 8 GB of them.
const UNTRAINED_FLOATS: usize = 2_000_000_000;

fn untrained_floats(sizes: &Sizes) -> Option<usize> {
    let square = sizes.embedding.checked_mul(sizes.embedding)?;
    let blocks = square.checked_mul(12)?.checked_mul(sizes.layers)?;
    let rows = sizes.vocabulary.checked_add(sizes.context)?;
    blocks.checked_add(rows.checked_mul(sizes.embedding)?)
}
