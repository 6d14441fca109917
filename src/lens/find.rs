//! Where a word or a phrase stands in the text, in tokens.

use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::capture::Token;

/// The text of all tokens, made ready for finding in it.
#[derive(Clone, Debug)]
pub struct Haystack {
    tokens: Arc<Vec<Token>>,
    folded: bool,
    /// White space is spaces, so that a phrase is found across lines; bytes that are no UTF-8 are
    /// U+FFFD.
    text: String,
    /// For each byte of `text`, the first byte of the character in the tokens that it came from;
    /// one more for the end.
    origin: Vec<usize>,
    /// The first byte of each token.
    starts: Vec<usize>,
}

/// Whether a sought line means both cases: it holds no upper-case letter.
pub fn is_folded(sought: &str) -> bool {
    !sought.chars().any(char::is_uppercase)
}

impl Haystack {
    /// The text of the tokens; `folded` where upper and lower case are one.
    pub fn new(tokens: Arc<Vec<Token>>, folded: bool) -> Self {
        let mut bytes = Vec::new();
        let mut starts = Vec::with_capacity(tokens.len());
        for token in tokens.iter() {
            starts.push(bytes.len());
            bytes.extend_from_slice(token.label.bytes());
        }
        let mut text = String::with_capacity(bytes.len());
        let mut origin = Vec::with_capacity(bytes.len() + 1);
        let mut at = 0;
        for chunk in bytes.utf8_chunks() {
            for c in chunk.valid().chars() {
                text.extend(plain(c, folded));
                origin.resize(text.len(), at);
                at += c.len_utf8();
            }
            if !chunk.invalid().is_empty() {
                text.push(char::REPLACEMENT_CHARACTER);
                origin.resize(text.len(), at);
                at += chunk.invalid().len();
            }
        }
        origin.push(at);
        Self {
            tokens,
            folded,
            text,
            origin,
            starts,
        }
    }

    /// Whether it is of these tokens, and of this case.
    pub fn is_of(&self, tokens: &Arc<Vec<Token>>, folded: bool) -> bool {
        Arc::ptr_eq(&self.tokens, tokens) && self.folded == folded
    }

    /// The tokens of every place where a line stands, in order; places that are in the same tokens
    /// count once. Nothing is nowhere.
    pub fn hits(&self, sought: &str) -> Vec<RangeInclusive<usize>> {
        let mut hits: Vec<RangeInclusive<usize>> = Vec::new();
        let sought: String = sought.chars().flat_map(|c| plain(c, self.folded)).collect();
        if sought.is_empty() {
            return hits;
        }
        for (at, _) in self.text.match_indices(&sought) {
            let place = |byte: usize| self.origin.get(byte).copied().unwrap_or(0);
            let (first, end) = (place(at), place(at + sought.len()));
            let hit = self.token(first)..=self.token(end.max(first + 1) - 1);
            if hits.last() != Some(&hit) {
                hits.push(hit);
            }
        }
        hits
    }

    /// The token that a byte belongs to.
    fn token(&self, byte: usize) -> usize {
        let after = self.starts.partition_point(|start| *start <= byte);
        after.saturating_sub(1)
    }
}

/// A character as it is compared.
fn plain(c: char, folded: bool) -> impl Iterator<Item = char> {
    let c = if c.is_whitespace() { ' ' } else { c };
    let lower = folded.then(|| c.to_lowercase()).into_iter().flatten();
    lower.chain((!folded).then_some(c))
}
