//! Weights that another program captured: `attention` `[L, H, n, n]` and the tokens.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::error::safe;
use super::{FileError, How, MOST_HEADS, Opened};
use crate::capture::{
    Capture, Dense, DenseType, Layer, Map, Origin, Shape, Token, bytes_in_words, layers_look_ahead,
    thumbnail_side,
};
use crate::token::Label;

/// The name of the weights.
pub(super) const ATTENTION: &str = "attention";
/// The name of the token ids.
pub(super) const IDS: &str = "input_ids";
/// The name of the tokens as text.
pub(super) const TOKENS: &str = "tokens";
/// The name of the whole text.
pub(super) const TEXT: &str = "text";
/// The name of headlight's own description of an export.
pub(super) const RECIPE: &str = "recipe";

/// The most layers, and heads of a layer, that a file may have.
const MOST: usize = 4096;

/// Bytes that the records of weights `[L, H, n, n]` take: numbers of each query and key, thumbnails.
pub(super) fn needed(shape: &[usize]) -> u64 {
    let &[layers, heads, n, _] = shape else {
        return 0;
    };
    let side = thumbnail_side(n);
    let each = (side * side)
        .saturating_mul(2)
        .saturating_add(n.saturating_mul(12));
    let floats = [layers, heads, each, size_of::<f32>()].map(|n| n as u64);
    floats.into_iter().fold(1, u64::saturating_mul)
}

/// The most bytes that a file of `length` bytes may make of them.
pub(super) fn limit(length: u64) -> u64 {
    (48u64 << 20).saturating_add(length.saturating_mul(12))
}

/// What was found in a file, whatever its container.
pub(super) struct Found {
    /// `[L, H, n, n]`
    pub shape: Vec<usize>,
    pub dtype: DenseType,
    pub map: Arc<Map>,
    /// Where the weights begin, in bytes.
    pub start: usize,
    pub ids: Option<Vec<i64>>,
    pub tokens: Option<Vec<String>>,
    pub text: Option<String>,
    pub recipe: Option<String>,
    /// The container, in words.
    pub format: &'static str,
}

impl Found {
    /// Makes a capture of it, in one pass over all weights.
    pub(super) fn open(self, name: String, path: &Path, how: How) -> Result<Opened, FileError> {
        let capture = self
            .capture(path, how)
            .map_err(|what| FileError::Unsuited {
                name: name.clone(),
                what,
            })?;
        let made_by = self.recipe().and_then(|recipe| {
            let made_by = recipe.get("made_by")?.as_str()?;
            Some(safe(made_by))
        });
        Ok(Opened {
            capture: Arc::new(capture),
            made_by: made_by.unwrap_or_else(|| "another program".to_owned()),
            name,
            map: self.map,
            layers: Vec::new(),
        })
    }

    /// What headlight itself wrote down of an export.
    fn recipe(&self) -> Option<serde_json::Map<String, Value>> {
        let recipe = self.recipe.as_deref()?;
        match serde_json::from_str(recipe) {
            Ok(Value::Object(recipe)) if recipe.contains_key("made_by") => Some(recipe),
            _ => None,
        }
    }

    fn capture(&self, path: &Path, how: How) -> Result<Capture, String> {
        let &[layers, heads, n, keys] = self.shape.as_slice() else {
            let shape = &self.shape;
            return Err(format!(
                "'attention' is {shape:?}, and [L, H, n, n] was expected"
            ));
        };
        if n != keys
            || [layers, heads, n].contains(&0)
            || layers.max(heads) > MOST
            || layers * heads > MOST_HEADS
        {
            return Err(format!(
                "'attention' is {:?}, and [layers, heads, tokens, tokens] was expected",
                self.shape
            ));
        }
        let length = self.map.bytes().len() as u64;
        if needed(&self.shape) > limit(length) {
            let shape = &self.shape;
            return Err(format!(
                "'attention' is {shape:?}, whose numbers take more than {}",
                bytes_in_words(limit(length))
            ));
        }
        let mut origin = self.origin(path);
        let tokens = self.tokens(n, &mut origin.warnings)?;
        let ids: Vec<u32> = tokens.iter().map(|token| token.id).collect();
        let bytes = heads.checked_mul(n).and_then(|rows| rows.checked_mul(n));
        let bytes = bytes.and_then(|weights| weights.checked_mul(self.dtype.bytes()));
        let outside = || "'attention' does not lie in the file".to_owned();
        let bytes = bytes.ok_or_else(outside)?;
        let mut records = Vec::new();
        let mut ahead = Vec::new();
        for layer in 0..layers {
            (how.progress)(layer, layers);
            let start = layer
                .checked_mul(bytes)
                .and_then(|at| at.checked_add(self.start));
            let dense = start
                .and_then(|start| Dense::new(&self.map, start, self.dtype, heads, n))
                .ok_or_else(outside)?;
            let (record, most) = dense.record(Layer(layer), &ids);
            if most != 0.0 {
                ahead.push((layer, most));
            }
            records.push(Arc::new(record));
        }
        (how.progress)(layers, layers);
        origin.warnings.extend(not_causal(&ahead));
        Ok(Capture {
            text: match &self.text {
                Some(text) => text.clone(),
                None => tokens.iter().map(|token| token.label.plain()).collect(),
            },
            origin: Arc::new(origin),
            shape: Shape {
                layers,
                heads,
                kv_heads: heads,
                head_dim: 0,
                embedding: 0,
                vocabulary: ids.iter().max().map_or(0, |&id| id as usize + 1),
                context: n,
            },
            tokens: Arc::new(tokens),
            kept: (0..layers).map(Layer).collect(),
            layers: records,
            predictions: Arc::default(),
            logits: None,
            loss: None,
        })
    }

    /// The tokens, from ids and texts, one of the two, or none.
    fn tokens(&self, n: usize, warnings: &mut Vec<String>) -> Result<Vec<Token>, String> {
        let lengths = [
            ("input_ids", self.ids.as_ref().map(Vec::len)),
            ("tokens", self.tokens.as_ref().map(Vec::len)),
        ];
        for (what, length) in lengths {
            if let Some(length) = length.filter(|&length| length != n) {
                return Err(format!(
                    "'{what}' has {length} entries, and 'attention' has {n} tokens"
                ));
            }
        }
        let own = self.recipe().is_some();
        let labels: Vec<Label> = match (&self.tokens, &self.ids) {
            (Some(texts), _) if own => texts.iter().map(|text| own_label(text)).collect(),
            (Some(texts), _) => texts
                .iter()
                .map(|text| Label::of_token(text.as_bytes()))
                .collect(),
            (None, Some(ids)) => ids
                .iter()
                .map(|id| Label::of_text(&id.to_string()))
                .collect(),
            (None, None) => {
                warnings.push(
                    "the file has neither 'tokens' nor 'input_ids': tokens are shown as their \
                     positions, and none counts as repeated"
                        .to_owned(),
                );
                (0..n).map(|i| Label::of_text(&i.to_string())).collect()
            }
        };
        let ids: Vec<u32> = match &self.ids {
            Some(ids) => {
                let ids = ids.iter().map(|&id| {
                    u32::try_from(id).map_err(|_| format!("'input_ids' has {id} for a token id"))
                });
                ids.collect::<Result<_, _>>()?
            }
            None => {
                let mut known = HashMap::new();
                let ids = labels.iter().map(|label| {
                    let next = known.len() as u32;
                    *known.entry(label.clone()).or_insert(next)
                });
                ids.collect()
            }
        };
        let tokens = ids.into_iter().zip(labels);
        Ok(tokens.map(|(id, label)| Token { id, label }).collect())
    }

    fn origin(&self, path: &Path) -> Origin {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let mut origin = Origin {
            name: safe(&stem),
            source: safe(&path.display().to_string()),
            format: self.format.to_owned(),
            dtype: self.dtype.name().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..Origin::default()
        };
        let Some(recipe) = self.recipe() else {
            return origin;
        };
        let text = |key: &str| recipe.get(key).and_then(Value::as_str).map(safe);
        origin.name = text("name")
            .filter(|name| !name.is_empty())
            .unwrap_or(origin.name);
        origin.sha256 = text("sha256").unwrap_or_default();
        origin.family = text("family").unwrap_or_default();
        origin.device = text("device").unwrap_or_default();
        origin.tokenizer = text("tokenizer").unwrap_or_default();
        origin.command = text("command").unwrap_or_default();
        for (what, count) in [("layer", 0), ("head", 1)] {
            let picked = recipe.get(&format!("{what}s")).and_then(Value::as_array);
            let picked: Option<Vec<u64>> =
                picked.and_then(|all| all.iter().map(Value::as_u64).collect());
            let Some(picked) = picked else { continue };
            let all = 0..self.shape.get(count).copied().unwrap_or(0) as u64;
            if !picked.iter().copied().eq(all) {
                let list: Vec<String> = picked.iter().take(MOST).map(u64::to_string).collect();
                let said = format!(
                    "{what}s {} of the model stand here from 0 on",
                    list.join(", ")
                );
                origin.warnings.push(said);
            }
        }
        origin
    }
}

/// A label as headlight's own exports spell it, taken back to what it is of.
fn own_label(shown: &str) -> Label {
    if let Some(inner) = shown
        .strip_prefix('⟨')
        .and_then(|rest| rest.strip_suffix('⟩'))
    {
        return Label::of_special(format!("<{inner}>").as_bytes());
    }
    let plain: String = shown
        .chars()
        .filter(|&c| c != '∅')
        .map(|c| match c {
            '·' => ' ',
            '⏎' => '\n',
            '⇥' => '\t',
            other => other,
        })
        .collect();
    Label::of_token(plain.as_bytes())
}

/// Says where weights are ahead of their query, and how large they get.
fn not_causal(ahead: &[(usize, f32)]) -> Option<String> {
    let (first, _) = ahead.first()?;
    let most = ahead.iter().fold(
        0.0,
        |most: f32, &(_, w)| {
            if w > most || w.is_nan() { w } else { most }
        },
    );
    Some(layers_look_ahead(ahead.len(), *first, most))
}
