//! GPT-2's own vocabulary, from the crate that carries it.

use std::collections::HashSet;

use tiktoken_rs::CoreBPE;

use super::{Error, Scheme};

/// What the vocabulary is called on screen.
pub(super) const SOURCE: &str = "GPT-2 BPE (built in)";

/// Ids 0 to 50255 are byte pairs, 50256 is `<|endoftext|>`.
const VOCAB_SIZE: usize = 50257;

/// The only special token; it may stand before a text, too.
pub(super) const END_OF_TEXT: u32 = 50256;
pub(super) const END_OF_TEXT_NAME: &str = "<|endoftext|>";

/// `r50k_base` of OpenAI's tiktoken, the vocabulary of GPT-2.
pub(super) struct Gpt2 {
    bpe: CoreBPE,
}

impl Gpt2 {
    pub(super) fn new() -> Result<Gpt2, Error> {
        let bpe = tiktoken_rs::r50k_base().map_err(|error| Error::malformed(SOURCE, error))?;
        Ok(Gpt2 { bpe })
    }
}

impl Scheme for Gpt2 {
    fn encode(&self, text: &str, special: bool) -> Result<Vec<u32>, Error> {
        let allowed: HashSet<&str> = special.then_some(END_OF_TEXT_NAME).into_iter().collect();
        // `encode_ordinary` would panic where the pattern gives up; this says so.
        let (ids, _) = self
            .bpe
            .encode(text, &allowed)
            .map_err(|error| Error::Encode {
                source_name: SOURCE.to_owned(),
                reason: error.to_string(),
            })?;
        Ok(ids)
    }

    fn token_bytes(&self, id: u32) -> Option<Vec<u8>> {
        self.bpe.decode_bytes(&[id]).ok()
    }

    fn vocab_size(&self) -> usize {
        VOCAB_SIZE
    }

    fn is_special(&self, id: u32) -> bool {
        id == END_OF_TEXT
    }

    fn token_id(&self, text: &str) -> Option<u32> {
        (text == END_OF_TEXT_NAME).then_some(END_OF_TEXT)
    }
}
