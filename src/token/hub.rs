//! Tokenizers of the `tokenizers` library: `tokenizer.json`, and byte-level BPE from its entries and merges.

use std::collections::HashMap;
use std::sync::OnceLock;

use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::NFC;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{
    AddedToken, ModelWrapper, NormalizedString, Normalizer, NormalizerWrapper, PreTokenizerWrapper,
    SplitDelimiterBehavior, Tokenizer,
};

use super::error::safe;
use super::limits::{self, Growth};
use super::spelling::{Outline, Spelling};
use super::{Bos, Error, Scheme};
use crate::fault;

/// A tokenizer of the library, and how its vocabulary spells bytes.
pub(super) struct Hub {
    /// Takes special tokens that a text spells out as plain characters.
    tokenizer: Tokenizer,
    /// Takes them as the tokens; made when it is asked for.
    with_special: OnceLock<Tokenizer>,
    spelling: Spelling,
    /// Tokens hold the bytes of the text and nothing else, so that a lost character can be found.
    lossless: bool,
    vocab_size: usize,
    base_size: usize,
    bos: Option<Bos>,
    growth: Growth,
    /// Where words are looked through letter by letter.
    words: Option<Words>,
    source: String,
}

/// How WordPiece takes words.
struct Words {
    /// The most letters of a word that is looked at.
    most: usize,
    /// They end at spaces at least.
    cut: bool,
}

/// What a byte-level BPE does beside merging.
pub(super) struct ByteLevelRules {
    /// How the text is cut first, one pattern after the other; by GPT-2's where there are none.
    pub patterns: &'static [&'static str],
    /// A part that is an entry as a whole is taken as it is.
    pub ignore_merges: bool,
    /// The text is composed (NFC) first.
    pub compose: bool,
    /// Entries that are taken from the text before it is cut.
    pub added: Vec<AddedToken>,
}

impl Hub {
    pub(super) fn from_json(bytes: &[u8], source: &str) -> Result<Hub, Error> {
        let malformed = |reason| Error::malformed(source, reason);
        let outline = Outline::read(bytes).map_err(malformed)?;
        let growth = outline.growth().map_err(malformed)?;
        guarded(|| check_added(&outline, growth, bytes.len())).map_err(malformed)?;
        let mut tokenizer = guarded(|| Tokenizer::from_bytes(bytes).map_err(|e| e.to_string()))
            .map_err(malformed)?;
        tokenizer
            .with_truncation(None)
            .map_err(|error| Error::malformed(source, error))?;
        tokenizer.with_padding(None);
        if outline.drops_merges()
            && let ModelWrapper::BPE(bpe) = tokenizer.get_model()
        {
            let mut bpe = bpe.clone();
            bpe.dropout = None;
            tokenizer.with_model(bpe);
        }
        let words = match tokenizer.get_model() {
            ModelWrapper::WordPiece(model) => Some(Words {
                most: model.max_input_chars_per_word,
                cut: outline.cuts_at_spaces(),
            }),
            _ => None,
        };
        let word_piece = words.is_some();
        let spelling = outline.spelling(word_piece);
        let lossless = outline.is_lossless();
        let mut hub = Hub::new(tokenizer, spelling, lossless, source)?;
        let before = outline.before_text();
        hub.growth = growth;
        hub.words = words;
        hub.bos = (!before.is_empty()).then_some(Bos {
            ids: before,
            by_default: true,
        });
        Ok(hub)
    }

    /// A byte-level BPE from its entries and merges, the first merged first.
    pub(super) fn byte_level(
        vocab: HashMap<String, u32>,
        merges: Vec<(String, String)>,
        rules: ByteLevelRules,
        source: &str,
    ) -> Result<Hub, Error> {
        let compose = rules.compose;
        for (left, right) in &merges {
            let joined = format!("{left}{right}");
            if let Some(lost) = [left, right, &joined]
                .into_iter()
                .find(|t| !vocab.contains_key(*t))
            {
                let reason = format!(
                    "'{}' is merged with '{}', and the vocabulary has no '{}'",
                    safe(left),
                    safe(right),
                    safe(lost)
                );
                return Err(Error::malformed(source, reason));
            }
        }
        let tokenizer = guarded(|| {
            let bpe = BPE::builder()
                .vocab_and_merges(vocab.into_iter().collect::<Vocab>(), merges)
                .ignore_merges(rules.ignore_merges)
                .build();
            let mut tokenizer = Tokenizer::new(bpe.map_err(|error| error.to_string())?);
            let bytes = ByteLevel::default().add_prefix_space(false);
            let cut = rules.patterns.iter().map(|pattern| {
                let pattern = SplitPattern::Regex((*pattern).to_owned());
                Split::new(pattern, SplitDelimiterBehavior::Isolated, false)
                    .map(PreTokenizerWrapper::from)
            });
            let mut cut = cut
                .collect::<Result<Vec<_>, _>>()
                .map_err(|e| e.to_string())?;
            cut.push(bytes.use_regex(cut.is_empty()).into());
            tokenizer.with_pre_tokenizer(Some(Sequence::new(cut)));
            tokenizer.with_decoder(Some(bytes));
            tokenizer
                .with_normalizer(compose.then_some(NFC))
                .and_then(|tokenizer| tokenizer.add_tokens(rules.added))
                .map_err(|error| error.to_string())?;
            Ok(tokenizer)
        })
        .map_err(|reason| Error::malformed(source, reason))?;
        Hub::new(tokenizer, Spelling::ByteLevel, !compose, source)
    }

    /// `lossless` is about the text without the tokens that are taken from it before it is cut.
    fn new(
        mut tokenizer: Tokenizer,
        spelling: Spelling,
        lossless: bool,
        source: &str,
    ) -> Result<Hub, Error> {
        tokenizer.set_encode_special_tokens(true);
        let largest = tokenizer.get_vocab(true).into_values().max();
        let largest = largest.ok_or_else(|| Error::malformed(source, "its vocabulary is empty"))?;
        let base = tokenizer.get_vocab(false).into_values().max();
        // These tokens may swallow spaces around them, or have one set behind.
        let added = tokenizer.get_added_vocabulary().get_added_tokens_decoder();
        let lossless = lossless && added.values().all(|token| token.special);
        Ok(Hub {
            tokenizer,
            with_special: OnceLock::new(),
            spelling,
            lossless,
            vocab_size: largest as usize + 1,
            base_size: base.map_or(0, |largest| largest as usize + 1),
            bos: None,
            growth: Growth::NONE,
            words: None,
            source: safe(source),
        })
    }

    /// What the `post_processor` puts before a text.
    pub(super) fn bos(&self) -> Option<Bos> {
        self.bos.clone()
    }

    fn with_special(&self) -> &Tokenizer {
        self.with_special.get_or_init(|| {
            let mut tokenizer = self.tokenizer.clone();
            tokenizer.set_encode_special_tokens(false);
            tokenizer
        })
    }

    /// A vocabulary without the whole alphabet loses characters in silence; this finds the first one.
    fn check_nothing_lost(&self, text: &str, ids: &[u32]) -> Result<(), Error> {
        let spelled: Vec<u8> = ids
            .iter()
            .filter_map(|&id| self.token_bytes(id))
            .flatten()
            .collect();
        // A tokenizer may set a space before the first word.
        let spelled = match spelled.split_first() {
            Some((b' ', rest)) if !text.starts_with(' ') => rest,
            _ => &spelled,
        };
        if spelled == text.as_bytes() {
            return Ok(());
        }
        let same = text
            .bytes()
            .zip(spelled)
            .take_while(|(a, b)| a == *b)
            .count();
        let lost = text.char_indices().find(|(at, c)| at + c.len_utf8() > same);
        let (at, c) = lost.unwrap_or_default();
        let position = text.char_indices().take_while(|&(i, _)| i < at).count() + 1;
        Err(super::entries::not_in_vocabulary(
            &c.to_string(),
            position,
            &self.source,
            self.vocab_size,
            (0..).map_while(|id| self.token_bytes(id)),
        ))
    }
}

impl Scheme for Hub {
    fn encode(&self, text: &str, special: bool) -> Result<Vec<u32>, Error> {
        let tokenizer = match special {
            true => self.with_special(),
            false => &self.tokenizer,
        };
        let encode = || {
            let normalizer = tokenizer.get_normalizer();
            self.growth
                .check(text, |part| normalized(normalizer, part))?;
            if let Some(words) = &self.words {
                limits::check_words(text, words.most, words.cut)?;
            }
            let encoding = tokenizer.encode_fast(text, false);
            encoding.map_err(|error| error.to_string())
        };
        let encoding = guarded(encode).map_err(|reason| Error::Encode {
            source_name: self.source.clone(),
            reason: safe(&reason),
        })?;
        let ids = encoding.get_ids().to_vec();
        if self.lossless && !(special && ids.iter().any(|&id| self.is_special(id))) {
            self.check_nothing_lost(text, &ids)?;
        }
        Ok(ids)
    }

    fn token_bytes(&self, id: u32) -> Option<Vec<u8>> {
        let added = self
            .tokenizer
            .get_added_vocabulary()
            .get_added_tokens_decoder();
        if let Some(token) = added.get(&id) {
            return Some(token.content.as_bytes().to_vec());
        }
        Some(self.spelling.bytes(&self.tokenizer.id_to_token(id)?))
    }

    fn vocab_size(&self) -> usize {
        self.vocab_size
    }

    fn base_size(&self) -> usize {
        self.base_size
    }

    fn is_special(&self, id: u32) -> bool {
        let added = self
            .tokenizer
            .get_added_vocabulary()
            .get_added_tokens_decoder();
        added.get(&id).is_some_and(|token| token.special)
    }

    fn token_id(&self, text: &str) -> Option<u32> {
        self.tokenizer.token_to_id(text)
    }

    fn decode(&self, ids: &[u32]) -> String {
        // The decoder knows of a space that was set before the first word; without one, the library joins by spaces.
        let decoder = self.tokenizer.get_decoder();
        decoder
            .and_then(|_| {
                guarded(|| self.tokenizer.decode(ids, false).map_err(|e| e.to_string())).ok()
            })
            .unwrap_or_else(|| super::join_bytes(self, ids))
    }
}

/// Refuses added tokens that would take far too much memory.
fn check_added(outline: &Outline, growth: Growth, size: usize) -> Result<(), String> {
    let normalizer = outline.normalizer().cloned();
    let normalizer: Option<NormalizerWrapper> = normalizer
        .map(serde_json::from_value)
        .transpose()
        .map_err(|error| error.to_string())?;
    let length = |text: &str| normalized(normalizer.as_ref(), text);
    let (plain, grown) = (outline.added(false), outline.added(true));
    limits::check_added(plain, grown, growth, size, length)
}

/// Bytes of what a normalizer makes of a text.
fn normalized(normalizer: Option<&NormalizerWrapper>, text: &str) -> Result<usize, String> {
    let mut text = NormalizedString::from(text);
    if let Some(normalizer) = normalizer {
        let done = normalizer.normalize(&mut text);
        done.map_err(|error| error.to_string())?;
    }
    Ok(text.get().len())
}

/// Runs the library, which indexes without checks in places that a hostile file can reach.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    fault::caught(work).unwrap_or_else(|_| {
        Err("the file contradicts itself (the tokenizers library gave up on it)".to_owned())
    })
}
