//! Text to ids and back, and the only producer of on-screen token text.
//!
//! A [`Tokenizer`] is one `Scheme` and the name of where it was found. Each scheme is a file of its own; where on disk
//! they are looked for is the table in `files.rs`.

mod bos;
mod byte_level;
mod entries;
mod error;
mod files;
mod gguf;
mod gpt2;
mod hub;
mod ids;
mod join;
mod label;
mod letter;
mod limits;
mod llama2c;
mod merge;
mod piece;
mod pre;
mod sentencepiece;
mod sp_model;
mod spelled;
mod spelling;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};

pub use bos::{Bos, EncodeOptions, Encoded};
pub use error::Error;
pub use join::join;
pub use label::Label;
pub use letter::Letter;

/// A way of cutting text into tokens.
trait Scheme: Send + Sync {
    /// Ids of the text, without special tokens before or after. Those that the text spells out are taken as tokens where
    /// `special` says so, else as plain characters.
    fn encode(&self, text: &str, special: bool) -> Result<Vec<u32>, Error>;

    /// The raw bytes that a token stands for.
    fn token_bytes(&self, id: u32) -> Option<Vec<u8>>;

    /// Largest id plus one.
    fn vocab_size(&self) -> usize;

    /// The same without the tokens that were added to the vocabulary.
    fn base_size(&self) -> usize {
        self.vocab_size()
    }

    /// Whether an id means something else than its text, as `<s>`.
    fn is_special(&self, _id: u32) -> bool {
        false
    }

    /// The id of a token by its text in the vocabulary.
    fn token_id(&self, _text: &str) -> Option<u32> {
        None
    }

    /// The text that ids stand for, as far as it is UTF-8.
    fn decode(&self, ids: &[u32]) -> String {
        join_bytes(self, ids)
    }
}

/// The bytes of all ids, one after the other.
fn join_bytes<S: Scheme + ?Sized>(scheme: &S, ids: &[u32]) -> String {
    let mut bytes = Vec::new();
    for &id in ids {
        match scheme.token_bytes(id) {
            Some(token) => bytes.extend(token),
            None => bytes.extend("\u{FFFD}".bytes()),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Cuts text into token ids, and knows which bytes each id stands for. Cheap to clone.
#[derive(Clone)]
pub struct Tokenizer {
    scheme: Arc<dyn Scheme>,
    source: Arc<str>,
    bos: Option<Bos>,
    assumed: Option<Arc<str>>,
}

impl Tokenizer {
    fn new(scheme: impl Scheme + 'static, source: &str) -> Tokenizer {
        Tokenizer {
            scheme: Arc::new(scheme),
            source: error::safe(source).into(),
            bos: None,
            assumed: None,
        }
    }

    fn with_bos(self, bos: Option<Bos>) -> Tokenizer {
        Tokenizer { bos, ..self }
    }

    fn with_assumed(self, assumed: Option<String>) -> Tokenizer {
        let assumed = assumed.map(|said| error::safe_sentence(&said).into());
        Tokenizer { assumed, ..self }
    }

    /// Takes the text for token ids, numbers with white space or commas between them; `vocabulary` is the model's.
    pub fn ids(vocabulary: usize) -> Self {
        Self::new(ids::Ids { vocabulary }, ids::SOURCE)
    }

    /// Reads the bytes of a `tokenizer.json` of the `tokenizers` library. Padding, truncation and dropout that it asks for
    /// are switched off: they would change the text.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if it is not one, or asks for what is not supported.
    pub fn from_tokenizer_json(bytes: &[u8], source: &str) -> Result<Self, Error> {
        let hub = hub::Hub::from_json(bytes, source)?;
        let bos = hub.bos();
        Ok(Tokenizer::new(hub, source).with_bos(bos))
    }

    /// Reads the tokenizer inside a GGUF file from its metadata, the keys under `tokenizer.ggml`: byte-level BPE (`gpt2`) and
    /// SentencePiece BPE (`llama`). `None` if the metadata have no tokenizer.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] for another kind, an unknown pre-tokenizer, and keys that don't fit each other.
    pub fn from_gguf(metadata: &Map<String, Value>) -> Result<Option<Self>, Error> {
        gguf::open(metadata)
    }

    /// Reads a byte-level BPE in GPT-2's two files: `vocab.json` (token to id) and `merges.txt` (a pair a line, the first
    /// merged first).
    ///
    /// # Errors
    ///
    /// If a file can't be read, or the two don't fit each other.
    pub fn from_vocab_merges(vocab: &Path, merges: &Path) -> Result<Self, Error> {
        files::open_vocab_merges(vocab, merges)
    }

    /// Takes a vocabulary of text to id (`stoi`), as character- and word-level training scripts save it. Whether its
    /// entries are characters or words is seen from them and said in [`source`](Tokenizer::source): `characters of the
    /// checkpoint` for a `source` of `the checkpoint`. Words are found between spaces, characters one by one, and where
    /// entries of several characters can all be spelled by single ones, the longest that fits is taken. An entry such as
    /// `<unk>`, where there is one, stands for what is not in the vocabulary.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if the map is empty or a value is no id.
    pub fn from_characters(map: &Map<String, Value>, source: &str) -> Result<Self, Error> {
        entries::Entries::from_stoi(map, source).map(entries::Entries::into_tokenizer)
    }

    /// As [`from_characters`](Tokenizer::from_characters), from a vocabulary of id to text (`itos`), the ids written in
    /// decimal.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if the map is empty, a key is no id or a value no text.
    pub fn from_itos(map: &Map<String, Value>, source: &str) -> Result<Self, Error> {
        entries::Entries::from_itos(map, source).map(entries::Entries::into_tokenizer)
    }

    /// GPT-2's byte-level BPE with 50257 entries, which is part of the program.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if the built-in vocabulary can't be read.
    pub fn gpt2() -> Result<Self, Error> {
        let bos = Some(Bos::one(gpt2::END_OF_TEXT, false));
        Ok(Tokenizer::new(gpt2::Gpt2::new()?, gpt2::SOURCE).with_bos(bos))
    }

    /// Opens what `--tokenizer PATH` names: a `tokenizer.json`; a `vocab.json` with `merges.txt` beside it; a JSON file with
    /// `stoi` or `itos`; a SentencePiece `tokenizer.model`; llama2.c's `tokenizer.bin`; or a folder with one of those that
    /// [`beside`](Tokenizer::beside) knows. Files are known by their content, not by their name.
    ///
    /// # Errors
    ///
    /// If nothing is there, or what is there is no tokenizer.
    pub fn from_path(path: &Path) -> Result<Self, Error> {
        files::open(path)
    }

    /// Looks in the folder of a checkpoint: `tokenizer.json`; `vocab.json` with `merges.txt`; `encoder.json` with
    /// `vocab.bpe`; `tokenizer.model`. `None` if there is none of them. What stands before a text is read from
    /// `tokenizer_config.json` and `config.json` beside them.
    ///
    /// # Errors
    ///
    /// If one is there and can't be read.
    pub fn beside(folder: &Path) -> Result<Option<Self>, Error> {
        files::open_folder(folder)
    }

    /// Looks in the folder of a llama2.c model with `vocabulary` entries: `tokenizer.bin`, else `tok512.bin` (the number is
    /// that of the entries). One with another number of entries, or that is something else, is not taken.
    ///
    /// # Errors
    ///
    /// If one is there and can't be read.
    pub fn llama2c_beside(folder: &Path, vocabulary: usize) -> Result<Option<Self>, Error> {
        files::open_llama2c(folder, vocabulary)
    }

    /// The files of a folder that [`from_path`](Tokenizer::from_path), [`beside`](Tokenizer::beside) and
    /// [`llama2c_beside`](Tokenizer::llama2c_beside) may read, as far as they are there.
    pub fn files_in(folder: &Path) -> Vec<PathBuf> {
        files::in_folder(folder)
    }

    /// Where the vocabulary was found, as it is said on screen: `tokenizer.json`, `GPT-2 BPE (built in)`, `characters of
    /// the checkpoint`.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The largest id plus one: what a model's embedding must have at least to take any text.
    pub fn vocab_size(&self) -> usize {
        self.scheme.vocab_size()
    }

    /// The same without tokens that were added to the vocabulary, such as one that stands for a picture: published models
    /// of text alone may have no embedding for those.
    pub fn base_size(&self) -> usize {
        self.scheme.base_size()
    }

    /// The ids of a text. No special token (begin of text and the like) is added, and where a text spells one out it is
    /// taken as the plain characters.
    ///
    /// # Errors
    ///
    /// [`Error::NotInVocabulary`] if a part of the text has no id.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, Error> {
        self.scheme.encode(text, false)
    }

    /// What stands before a text, where the model has such a token.
    pub fn bos(&self) -> Option<&Bos> {
        self.bos.as_ref()
    }

    /// What was assumed because the tokenizer's files don't tell, in a sentence that is safe to print.
    pub fn assumed(&self) -> Option<&str> {
        self.assumed.as_deref()
    }

    /// The ids of a text with its special tokens. A begin-of-text token that the text itself spells out (with
    /// [`special`](EncodeOptions::special)) is not put there a second time, unless it is asked for.
    ///
    /// # Errors
    ///
    /// [`Error::NotInVocabulary`] if a part of the text has no id; [`Error::NoBos`] if a begin-of-text token is asked for and
    /// there is none.
    pub fn encode_with(&self, text: &str, options: EncodeOptions) -> Result<Encoded, Error> {
        let ids = self.scheme.encode(text, options.special)?;
        let spelled = |bos: &Bos| options.special && ids.starts_with(&bos.ids);
        let before = match (&self.bos, options.bos) {
            (None, Some(true)) => {
                return Err(Error::NoBos {
                    source_name: self.source().to_owned(),
                });
            }
            (Some(bos), Some(true)) => bos.ids.as_slice(),
            (Some(bos), None) if bos.by_default && !spelled(bos) => bos.ids.as_slice(),
            _ => &[],
        };
        Ok(Encoded {
            before: before.len(),
            ids: [before, ids.as_slice()].concat(),
        })
    }

    /// The raw bytes that an id stands for, with the space before a word where the token has one; not always whole UTF-8
    /// characters. `None` for an id that the vocabulary does not have.
    pub fn token_bytes(&self, id: u32) -> Option<Vec<u8>> {
        self.scheme.token_bytes(id)
    }

    /// The label of an id, in `⟨ ⟩` for a special token; `id 50300` in angle brackets where the vocabulary does not have it.
    pub fn label(&self, id: u32) -> Label {
        let before = |bos: &Bos| bos.ids.contains(&id);
        let special = self.scheme.is_special(id) || self.bos.as_ref().is_some_and(before);
        match self.token_bytes(id) {
            Some(bytes) if special => Label::of_special(&bytes),
            Some(bytes) => Label::of_token(&bytes),
            None => Label::of_text(&format!("<id {id}>")),
        }
    }

    /// The text that ids stand for; what is no UTF-8, or no id, becomes U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> String {
        self.scheme.decode(ids)
    }

    /// Whether a model whose embedding has `model_vocab` entries can take these ids.
    ///
    /// # Errors
    ///
    /// [`Error::OutsideModel`] with the first id that is too large.
    pub fn check_fits(&self, ids: &[u32], model_vocab: usize) -> Result<(), Error> {
        let outside =
            |&(_, &id): &(usize, &u32)| usize::try_from(id).is_ok_and(|id| id >= model_vocab);
        let Some((at, &id)) = ids.iter().enumerate().find(outside) else {
            return Ok(());
        };
        Err(Error::OutsideModel {
            token: format!("'{}'", self.label(id).clip(40)),
            id,
            position: at + 1,
            model_vocab,
            tokenizer_vocab: self.vocab_size(),
            source_name: self.source().to_owned(),
        })
    }
}

impl fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokenizer")
            .field("source", &self.source)
            .field("vocab_size", &self.vocab_size())
            .finish()
    }
}
