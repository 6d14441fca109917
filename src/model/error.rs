//! Errors between a checkpoint and its logits.

use thiserror::Error;

use crate::checkpoint;

/// An error of the model; its message is one sentence or two and safe to show.
#[derive(Debug, Error)]
pub enum Error {
    /// The file could not be read.
    #[error(transparent)]
    Checkpoint(#[from] checkpoint::Error),
    /// The configuration names a family that is not known.
    #[error("the model type '{found}' is not supported; supported are: {known}")]
    UnknownFamily {
        /// As the configuration has it.
        found: String,
        /// All that are known.
        known: String,
    },
    /// A GGUF file of a family that is not known.
    #[error("the GGUF architecture '{found}' is not supported; supported are: {known}")]
    UnknownArchitecture {
        /// As the file has it.
        found: String,
        /// All that are known.
        known: String,
    },
    /// There are tensors, but none of a decoder's attention.
    #[error(
        "no attention was found: the checkpoint has {count} tensors ({sample}), and they fit none of the \
         supported layouts ({known})"
    )]
    NoAttention {
        /// How many tensors.
        count: usize,
        /// Some of their names.
        sample: String,
        /// The layouts.
        known: String,
    },
    /// The head count stands nowhere.
    #[error(
        "the checkpoint does not record the number of heads; pass it with --number-of-heads \
         (d_model is {embedding}; its divisors are {divisors})"
    )]
    HeadsNeeded {
        /// `d_model`.
        embedding: usize,
        /// Head counts that divide it.
        divisors: String,
    },
    /// The head count does not divide the embedding.
    #[error("{heads} heads do not divide d_model = {embedding}; its divisors are {divisors}")]
    HeadsDontDivide {
        /// As given.
        heads: usize,
        /// `d_model`.
        embedding: usize,
        /// Head counts that divide it.
        divisors: String,
    },
    /// A tensor is not there.
    #[error("the tensor '{0}' is missing from the checkpoint")]
    Missing(String),
    /// A tensor has another shape than its neighbours demand.
    #[error("the tensor '{name}' has the shape {found:?}, but {expected:?} is expected")]
    Shape {
        /// Its name.
        name: String,
        /// In the file.
        found: Vec<usize>,
        /// As the other tensors and the configuration demand.
        expected: Vec<usize>,
    },
    /// A block has one MLP where the configuration says experts.
    #[error("according to the configuration this block has experts, but it has the tensor '{0}'")]
    NotExperts(String),
    /// A block has experts where the configuration says one MLP.
    #[error("according to the configuration this block has one MLP, but it has the tensor '{0}'")]
    NotDense(String),
    /// Tensors that the family does not know: running without them could give wrong numbers.
    #[error("the checkpoint has tensors that the layout '{family}' does not know: {names}")]
    UnknownTensors {
        /// The layout.
        family: String,
        /// The first of them.
        names: String,
    },
    /// A configuration without a key that it needs.
    #[error("the configuration has no '{0}'")]
    NoKey(String),
    /// A configuration value that is not understood or contradicts the tensors.
    #[error("the configuration has {key} = {found}, but {expected}")]
    Config {
        /// The key.
        key: String,
        /// Its value.
        found: String,
        /// What was expected instead.
        expected: String,
    },
    /// The weights are stored in a form that is not read.
    #[error(
        "the weights are quantised by '{method}', which is not supported; use the model before \
         quantisation, or a GGUF file (of quantised Hugging Face folders, only MXFP4 is supported)"
    )]
    Quantised {
        /// As the configuration calls it.
        method: String,
    },
    /// More tokens than positions.
    #[error("the text has {tokens} tokens, but the model reads at most {context}")]
    TooLong {
        /// `n`.
        tokens: usize,
        /// `n_ctx`.
        context: usize,
    },
    /// An id without an embedding.
    #[error(
        "the token id {id} is outside the model's vocabulary of {vocabulary} entries; the tokenizer \
         does not belong to this model (--tokenizer PATH names another)"
    )]
    OutsideVocabulary {
        /// The id.
        id: u32,
        /// `V`.
        vocabulary: usize,
    },
    /// There is nothing to run.
    #[error("the text has no tokens")]
    Empty,
    /// The device or the tensor library failed.
    #[error("the computation failed: {0}")]
    Compute(String),
    /// The run was cancelled.
    #[error("the run was cancelled")]
    Cancelled,
}

impl Error {
    /// Heads that do not divide the embedding.
    pub(super) fn heads_dont_divide(heads: usize, embedding: usize) -> Self {
        Self::HeadsDontDivide {
            heads,
            embedding,
            divisors: divisors(embedding),
        }
    }

    /// A head count that stands nowhere.
    pub(super) fn heads_needed(embedding: usize) -> Self {
        Self::HeadsNeeded {
            embedding,
            divisors: divisors(embedding),
        }
    }
}

fn divisors(embedding: usize) -> String {
    let all: Vec<String> = (1..=embedding.min(256))
        .filter(|&heads| embedding.is_multiple_of(heads))
        .map(|heads| heads.to_string())
        .collect();
    all.join(", ")
}

impl From<candle_core::Error> for Error {
    fn from(error: candle_core::Error) -> Self {
        // With backtraces on, the library's message runs over many lines; the first one tells.
        let text = error.to_string();
        Self::Compute(text.lines().next().unwrap_or_default().to_owned())
    }
}
