//! What a model expects before a text, by its own configuration.

use serde_json::Value;

/// The token, rarely tokens, that stand before a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bos {
    /// Their ids, in order; at least one.
    pub ids: Vec<u32>,
    /// Whether the model's configuration puts them before every text.
    pub by_default: bool,
}

/// What is to happen with special tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EncodeOptions {
    /// Whether the begin-of-text token stands first; `None`: as the model's configuration says.
    pub bos: Option<bool>,
    /// Whether special tokens that the text spells out are taken as tokens; otherwise they are plain characters.
    pub special: bool,
}

/// The ids of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The ids, with those before the text.
    pub ids: Vec<u32>,
    /// How many of them stand before the text: 0, or those of [`Bos`].
    pub before: usize,
}

impl Bos {
    /// A single token.
    pub(super) fn one(id: u32, by_default: bool) -> Bos {
        Bos {
            ids: vec![id],
            by_default,
        }
    }
}

/// The ids that the `post_processor` of a `tokenizer.json` puts before a text. What it puts behind (an end of text) is left
/// out: it would be read as part of the text.
pub(super) fn of_post_processor(processor: &Value) -> Vec<u32> {
    let list = |key: &str| processor.get(key).and_then(Value::as_array);
    match processor.get("type").and_then(Value::as_str) {
        Some("TemplateProcessing") => {
            let pieces = list("single").into_iter().flatten();
            let before = pieces.map_while(|piece| piece.get("SpecialToken")?.get("id")?.as_str());
            let ids = before.flat_map(|name| {
                let token = processor
                    .get("special_tokens")
                    .and_then(|map| map.get(name));
                let ids = token
                    .and_then(|token| token.get("ids"))
                    .and_then(Value::as_array);
                ids.into_iter().flatten().filter_map(id)
            });
            ids.collect()
        }
        Some("BertProcessing" | "RobertaProcessing") => {
            let cls = list("cls").and_then(|pair| pair.get(1));
            cls.and_then(id).into_iter().collect()
        }
        Some("Sequence") => {
            let processors = list("processors").into_iter().flatten();
            let found = processors
                .map(of_post_processor)
                .find(|ids| !ids.is_empty());
            found.unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

fn id(value: &Value) -> Option<u32> {
    u32::try_from(value.as_u64()?).ok()
}

/// What the files beside a tokenizer say.
#[derive(Debug, Default)]
pub(super) struct Config {
    /// `add_bos_token` of `tokenizer_config.json`.
    pub add: Option<bool>,
    /// `bos_token` of `tokenizer_config.json` or `special_tokens_map.json`.
    pub token: Option<String>,
    /// All special tokens that these two name.
    pub special: Vec<String>,
    /// `bos_token_id` of `config.json`.
    pub id: Option<u32>,
}

impl Config {
    /// From `tokenizer_config.json`, `special_tokens_map.json` (which names what the first does not) and `config.json`.
    pub(super) fn new([main, names, model]: [Option<Value>; 3]) -> Config {
        let get = |key: &str| {
            let files = [&main, &names].into_iter().flatten();
            files
                .filter_map(|map| map.get(key))
                .find(|value| !value.is_null())
        };
        let token = |key: &str| match get(key)? {
            Value::String(text) => Some(text.clone()),
            token => Some(token.get("content")?.as_str()?.to_owned()),
        };
        let special = ["bos_token", "eos_token", "unk_token", "pad_token"];
        Config {
            add: get("add_bos_token").and_then(Value::as_bool),
            token: token("bos_token"),
            special: special.into_iter().filter_map(token).collect(),
            id: model
                .as_ref()
                .and_then(|map| map.get("bos_token_id"))
                .and_then(id),
        }
    }

    /// What stands before a text, and a sentence where two files disagree. `own` is what the tokenizer says by itself, where
    /// it says it (`speaks`); `token_id` finds a token, `is_special` tells whether an id means something else than its text.
    ///
    /// `add_bos_token` wins, as in transformers' Llama and Gemma tokenizers; without it, what the tokenizer says.
    pub(super) fn settle(
        &self,
        own: Option<&Bos>,
        speaks: bool,
        token_id: impl Fn(&str) -> Option<u32>,
        is_special: impl Fn(u32) -> bool,
    ) -> (Option<Bos>, Option<String>) {
        let named = self.token.as_deref().and_then(token_id);
        let Some(own) = own else {
            let id = named.or(self.id.filter(|&id| is_special(id)));
            let add = self.add == Some(true);
            let said = match id {
                _ if !add => None,
                Some(_) => speaks.then(|| format!("{FOLLOWED} adds none")),
                None => Some(LOST.to_owned()),
            };
            return (id.map(|id| Bos::one(id, add)), said);
        };
        if self.add.is_none_or(|add| add == own.by_default) {
            return (Some(own.clone()), None);
        }
        // Of several tokens, those stay that are something else.
        let bos = match own.by_default && own.ids.len() > 1 {
            true => Bos {
                ids: own
                    .ids
                    .iter()
                    .copied()
                    .filter(|id| Some(*id) != named)
                    .collect(),
                by_default: true,
            },
            false => Bos {
                by_default: !own.by_default,
                ..own.clone()
            },
        };
        let said = (bos != *own).then(|| format!("{FOLLOWED} does otherwise"));
        (Some(bos), said)
    }
}

const FOLLOWED: &str =
    "add_bos_token of tokenizer_config.json is followed, though the tokenizer itself";
const LOST: &str = "tokenizer_config.json asks for a begin-of-text token that the vocabulary does not have; none is \
                    added";
