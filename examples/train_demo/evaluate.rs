//! What a checkpoint has learned, measured on held-out sentences.

use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use candle_core::Device;
use color_eyre::eyre::{Result, WrapErr, eyre};
use headlight::checkpoint::Checkpoint;
use headlight::lens::{Pattern, Scale, Select};
use headlight::model::{Decoder, Head, Hints, Key, LayerRecord, Precision, Probe, Query, family};
use headlight::token::Tokenizer;
use serde_json::Value;

use super::cases::{self, Case};
use super::data;
use super::random::Random;

/// Of the held-out sentences; training never uses it.
const SEED: u64 = 0x000e_7a10_a7e5_eed5;
/// Sentences of each kind.
const COUNT: usize = 600;
/// Blocks of text whose loss is taken.
const BLOCKS: usize = 32;

/// Sentences that are shown one by one, first the one that the program opens with, and their word pairs (from, to).
const SHOWN: &[(&str, &[(usize, usize)])] = &[
    (
        "The cat sat on the mat. It was fluffy.",
        &[(2, 1), (6, 1), (7, 6), (7, 1), (8, 1)],
    ),
    ("The keys to the cabinet are rusty.", &[(5, 1), (6, 1)]),
    ("The heavy ball sank.", &[(2, 1), (3, 2)]),
    ("The girl saw the dogs. They barked.", &[(2, 1), (5, 4)]),
];

/// A stored model, opened as the program opens it.
struct Stored {
    step: u64,
    decoder: Decoder,
    tokenizer: Tokenizer,
}

/// One run of the model over a text.
#[derive(Default)]
struct Seen {
    layers: Vec<LayerRecord>,
    /// `[n, V]`.
    logits: Vec<f32>,
    vocabulary: usize,
}

impl Probe for Seen {
    fn block(&mut self, record: LayerRecord) -> ControlFlow<()> {
        self.layers.push(record);
        ControlFlow::Continue(())
    }

    fn logits(&mut self, _first: usize, rows: &[f32], vocabulary: usize) {
        self.logits.extend(rows);
        self.vocabulary = vocabulary;
    }
}

impl Seen {
    fn weight(&self, layer: usize, head: usize, query: usize, key: usize) -> f32 {
        let pattern = |record| Pattern::new(record, Select::Head(Head(head)), Scale::Raw);
        let weight = |record| pattern(record).weight(Query(query), Key(key));
        self.layers.get(layer).and_then(weight).unwrap_or_default()
    }

    /// Logits `[V]` at a position.
    fn logits_at(&self, position: usize) -> &[f32] {
        let start = position * self.vocabulary;
        self.logits
            .get(start..start + self.vocabulary)
            .unwrap_or_default()
    }
}

/// `-ln` of the probability that a softmax of the logits gives to `target`.
fn surprise(logits: &[f32], target: u32) -> f64 {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f64 = logits.iter().map(|x| f64::from(x - top).exp()).sum();
    let chosen = logits
        .get(target as usize)
        .copied()
        .unwrap_or(f32::NEG_INFINITY);
    total.ln() - f64::from(chosen - top)
}

impl Stored {
    fn open(path: &Path) -> Result<Self> {
        let checkpoint = Checkpoint::open(path)?;
        let text = |name: &str| match checkpoint.extra().get(name) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(value) => Ok(value.to_string()),
            None => Err(eyre!("{} holds no {name}", path.display())),
        };
        let training: Value = serde_json::from_str(&text("training")?)?;
        let plan = family::plan(&checkpoint, &Hints::default())?;
        Ok(Self {
            step: training
                .get("step")
                .and_then(Value::as_u64)
                .unwrap_or_default(),
            decoder: Decoder::load(
                &plan,
                &checkpoint,
                &Device::Cpu,
                Precision::F32,
                &mut |_, _| {},
            )?,
            tokenizer: Tokenizer::from_tokenizer_json(
                text("tokenizer")?.as_bytes(),
                &checkpoint.name(),
            )?,
        })
    }

    fn encode(&self, text: &str) -> Result<Vec<u32>> {
        Ok(self.tokenizer.encode(text)?)
    }

    fn run(&self, ids: &[u32]) -> Result<Seen> {
        let mut seen = Seen::default();
        self.decoder.forward(ids, &mut seen)?;
        Ok(seen)
    }

    fn see(&self, text: &str) -> Result<Seen> {
        self.run(&self.encode(text)?)
    }

    fn sizes(&self) -> (usize, usize) {
        (self.decoder.spec().layers.len(), self.decoder.spec().heads)
    }

    /// The index of the token that ends at a byte of the text.
    fn token(&self, text: &str, end: usize) -> Result<usize> {
        let ids = self.encode(&text[..end])?;
        Ok(ids.len().saturating_sub(1))
    }

    /// Loss on stories of another seed, in nats a token.
    fn loss(&self) -> Result<f64> {
        let t = self.decoder.spec().context;
        let mut total = 0.0;
        for index in 0..BLOCKS {
            let row = data::row(|text| self.encode(text), SEED, 0, index, t)?;
            let seen = self.run(&row[..t])?;
            let targets = row[1..].iter().enumerate();
            total += targets
                .map(|(i, &target)| surprise(seen.logits_at(i), target))
                .sum::<f64>();
        }
        Ok(total / (BLOCKS * t) as f64)
    }

    /// Writes the heads that join given pairs of words of a text most.
    fn show(&self, text: &str, pairs: &[(usize, usize)], out: &mut dyn Write) -> Result<()> {
        writeln!(out, "\n\"{text}\" at step {}:\n", self.step)?;
        let seen = self.see(text)?;
        for &(from, to) in pairs {
            let (query_end, key_end) =
                cases::words(text, from, to).ok_or_else(|| eyre!("no such word"))?;
            let (query, key) = (self.token(text, query_end)?, self.token(text, key_end)?);
            let (layers, heads) = self.sizes();
            let mut all: Vec<_> = (0..layers * heads)
                .map(|i| (i / heads, i % heads))
                .map(|(layer, head)| (seen.weight(layer, head, query, key), layer, head))
                .collect();
            all.sort_by(|a, b| b.0.total_cmp(&a.0));
            let top: Vec<String> = all
                .iter()
                .take(3)
                .map(|(w, l, h)| format!("{w:.3} (L{l} H{h})"))
                .collect();
            let word = |end: usize| text[..end].rsplit(' ').next().unwrap_or_default();
            writeln!(
                out,
                "- '{}' → '{}': {}",
                word(query_end),
                word(key_end),
                top.join(", ")
            )?;
        }
        Ok(())
    }

    fn measure(&self, cases: &[Case]) -> Result<Measure> {
        let (layers, heads) = self.sizes();
        let mut sums = vec![0f64; layers * heads];
        let (mut right, mut uniform, mut asked) = (0usize, 0f64, 0usize);
        for case in cases {
            let seen = self.see(&case.text)?;
            let (query, key) = (
                self.token(&case.text, case.query)?,
                self.token(&case.text, case.key)?,
            );
            for (index, sum) in sums.iter_mut().enumerate() {
                *sum += f64::from(seen.weight(index / heads, index % heads, query, key));
            }
            uniform += 1.0 / (query + 1) as f64;
            let logits = seen.logits_at(self.token(&case.text, case.choice)?);
            let first = |word: &str| -> Result<u32> {
                Ok(self.encode(word)?.first().copied().unwrap_or_default())
            };
            let (a, b) = (first(&case.right)?, first(&case.wrong)?);
            if a != b {
                asked += 1;
                right += usize::from(logits.get(a as usize) > logits.get(b as usize));
            }
        }
        let best = (0..sums.len())
            .max_by(|&a, &b| sums[a].total_cmp(&sums[b]))
            .unwrap_or_default();
        let n = cases.len() as f64;
        Ok(Measure {
            accuracy: right as f64 / asked.max(1) as f64,
            layer: best / heads,
            head: best % heads,
            weight: sums[best] / n,
            uniform: uniform / n,
        })
    }
}

/// What one kind of sentence tells.
struct Measure {
    accuracy: f64,
    layer: usize,
    head: usize,
    weight: f64,
    uniform: f64,
}

/// Writes a row of numbers for each checkpoint in `folder`, as a Markdown table.
///
/// # Errors
/// Files that cannot be read or do not fit; an output that closes.
pub fn evaluate(folder: &Path, out: &mut dyn Write) -> Result<()> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .wrap_err_with(|| format!("cannot read {}", folder.display()))?
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "safetensors"))
        .collect();
    paths.sort();
    let mut stored = paths
        .iter()
        .map(|path| Stored::open(path))
        .collect::<Result<Vec<_>>>()?;
    stored.sort_by_key(|s| s.step);
    let rng = &mut Random::new(SEED, 0);
    let sets: Vec<Vec<Case>> = [cases::agreement, cases::modifier, cases::pronoun]
        .iter()
        .map(|make| (0..COUNT).map(|_| make(rng)).collect())
        .collect();
    writeln!(
        out,
        "Held out: {COUNT} sentences of each kind. Weights: the head with the highest mean weight on the pair.\n"
    )?;
    writeln!(
        out,
        "| step | loss | agreement | pronoun | modifier | verb → subject | noun → modifier | pronoun → referent |\n\
         | ---: | ---: | ---: | ---: | ---: | --- | --- | --- |"
    )?;
    let mut uniform = [0.0; 3];
    for model in &stored {
        let m = sets
            .iter()
            .map(|set| model.measure(set))
            .collect::<Result<Vec<_>>>()?;
        let pair = |m: &Measure| format!("{:.3} (L{} H{})", m.weight, m.layer, m.head);
        writeln!(
            out,
            "| {} | {:.3} | {:.3} | {:.3} | {:.3} | {} | {} | {} |",
            model.step,
            model.loss()?,
            m[0].accuracy,
            m[2].accuracy,
            m[1].accuracy,
            pair(&m[0]),
            pair(&m[1]),
            pair(&m[2]),
        )?;
        uniform = [m[0].uniform, m[1].uniform, m[2].uniform];
    }
    writeln!(
        out,
        "| uniform | | | | | {:.3} | {:.3} | {:.3} |",
        uniform[0], uniform[1], uniform[2]
    )?;
    if let Some(last) = stored.last() {
        for (text, pairs) in SHOWN {
            last.show(text, pairs, out)?;
        }
    }
    Ok(())
}
