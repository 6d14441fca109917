//! Token ids as the text, for models whose vocabulary is nowhere to be found.

use super::error::safe;
use super::{Error, Scheme};

/// What the scheme is called on screen.
pub(super) const SOURCE: &str = "none: the text is token ids";

/// Numbers, with white space or commas between them.
pub(super) struct Ids {
    /// The model's vocabulary size.
    pub vocabulary: usize,
}

impl Scheme for Ids {
    fn encode(&self, text: &str, _special: bool) -> Result<Vec<u32>, Error> {
        let words = text.split(|c: char| c.is_whitespace() || c == ',');
        let words = words.filter(|word| !word.is_empty());
        words
            .map(|word| {
                word.parse().map_err(|_| Error::Encode {
                    source_name: SOURCE.to_owned(),
                    reason: format!(
                        "'{}' is not a token id; ids are numbers such as 5 17 3",
                        safe(word)
                    ),
                })
            })
            .collect()
    }

    fn token_bytes(&self, id: u32) -> Option<Vec<u8>> {
        let known = (id as usize) < self.vocabulary;
        known.then(|| id.to_string().into_bytes())
    }

    fn vocab_size(&self) -> usize {
        self.vocabulary
    }

    fn decode(&self, ids: &[u32]) -> String {
        let words: Vec<String> = ids.iter().map(u32::to_string).collect();
        words.join(" ")
    }
}
