//! The byte-level BPE vocabulary, trained on the stories themselves.

use std::collections::BTreeMap;

use tokenizers::models::bpe::{BPE, BpeTrainerBuilder};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{AddedToken, Tokenizer, TokenizerBuilder};

use super::story;

/// Stands between two documents; id 0.
pub const END: &str = "<|endoftext|>";

/// Documents that the vocabulary is learned from.
const DOCUMENTS: u64 = 60_000;

/// A word that is seen less often tells the vocabulary nothing.
const RARE: u64 = 25;
/// What a word counts at least.
const FLOOR: u64 = 7;

/// Trains a vocabulary of `size` entries on the stories of `seed`.
///
/// # Errors
/// What the tokenizers crate reports.
pub fn train(seed: u64, size: usize) -> tokenizers::Result<Tokenizer> {
    // A word counts with the root of its count, so that rare words become one token too.
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for index in 0..DOCUMENTS {
        let text = story::document(seed ^ 0x5eed, index);
        let mut rest = text.as_str();
        while let Some(end) = rest
            .char_indices()
            .skip(1)
            .find(|(_, c)| *c == ' ')
            .map(|(i, _)| i)
        {
            count(&mut counts, &rest[..end]);
            rest = &rest[end..];
        }
        count(&mut counts, rest);
    }
    let end = AddedToken::from(END, true);
    let mut trainer = BpeTrainerBuilder::new()
        .vocab_size(size)
        .show_progress(false)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .special_tokens(vec![end])
        .build();
    let mut tokenizer = TokenizerBuilder::new()
        .with_model(BPE::default())
        .with_normalizer(None::<tokenizers::NormalizerWrapper>)
        .with_pre_tokenizer(Some(ByteLevel::new(false, false, true)))
        .with_post_processor(Some(ByteLevel::new(false, false, true)))
        .with_decoder(Some(ByteLevel::new(false, false, true)))
        .build()?;
    let weight = |n: u64| {
        if n < RARE {
            0
        } else {
            n.isqrt().max(FLOOR) as usize
        }
    };
    let repeated = counts
        .iter()
        .flat_map(|(word, n)| std::iter::repeat_n(word.as_str(), weight(*n)));
    tokenizer.train(&mut trainer, repeated)?;
    tokenizer.to_string(false)?.parse()
}

fn count(counts: &mut BTreeMap<String, u64>, word: &str) {
    let word = word.trim_end_matches(['.', ',', '?', '!', ':', '"']);
    *counts.entry(word.to_string()).or_default() += 1;
}

/// The ids of a text. Special tokens in the text are text.
///
/// # Errors
/// What the tokenizers crate reports.
pub fn encode(tokenizer: &Tokenizer, text: &str) -> tokenizers::Result<Vec<u32>> {
    Ok(tokenizer.encode_fast(text, false)?.get_ids().to_vec())
}
