//! Tokens that are taken from a text as they stand, before the rest of it is cut.

use aho_corasick::{AhoCorasick, MatchKind};

/// Most bytes of all these tokens; the automaton takes some ten times as much. Vocabularies in use have some hundred KB.
const MAX_BYTES: usize = 16 << 20;

/// Entries that are looked for in a text, all at once.
pub(super) struct Spelled {
    tokens: Vec<(String, u32)>,
    /// Finds one of `tokens`; `None` where there are none.
    automaton: Option<AhoCorasick>,
}

impl Spelled {
    /// Of texts and ids; the error says why they are refused.
    pub(super) fn new(mut tokens: Vec<(String, u32)>) -> Result<Spelled, String> {
        tokens.retain(|(text, _)| !text.is_empty());
        let bytes: usize = tokens.iter().map(|(text, _)| text.len()).sum();
        if bytes > MAX_BYTES {
            return Err(format!(
                "its special and user-defined tokens have {bytes} bytes; at most {MAX_BYTES} are taken"
            ));
        }
        let texts = tokens.iter().map(|(text, _)| text);
        let automaton = (!tokens.is_empty()).then(|| {
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .build(texts)
        });
        Ok(Spelled {
            automaton: automaton.transpose().map_err(|error| error.to_string())?,
            tokens,
        })
    }

    pub(super) fn id(&self, text: &str) -> Option<u32> {
        let found = self.tokens.iter().find(|(token, _)| token == text);
        found.map(|(_, id)| *id)
    }

    /// The text cut at these entries, leftmost and longest first: what stands before each, and the entry.
    pub(super) fn split<'a>(&self, text: &'a str) -> Vec<(&'a str, Option<u32>)> {
        let mut parts = Vec::new();
        let mut start = 0;
        for found in self.automaton.iter().flat_map(|all| all.find_iter(text)) {
            let id = self
                .tokens
                .get(found.pattern().as_usize())
                .map(|(_, id)| *id);
            parts.push((text.get(start..found.start()).unwrap_or_default(), id));
            start = found.end();
        }
        parts.push((text.get(start..).unwrap_or_default(), None));
        parts
    }
}
