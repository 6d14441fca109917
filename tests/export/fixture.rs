//! Captures without a model: random queries and keys, and a naive softmax in f64.

use std::sync::Arc;

use headlight::capture::{
    Capture, Head, Key, Layer, LayerRecord, Origin, Prediction, Query, RowNumbers, Rule, Shape,
    Thumbnails, Token, thumbnail_side, thumbnail_tile,
};
use headlight::token::Label;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// `d`.
const DIM: usize = 8;

pub fn capture(texts: &[&str], layers: usize, heads: usize, window: Option<usize>) -> Capture {
    let tokens: Vec<Token> = texts
        .iter()
        .map(|text| Token {
            id: text.bytes().fold(7, |id, b| id * 31 % 9973 + u32::from(b)),
            label: Label::of_token(text.as_bytes()),
        })
        .collect();
    let mut random = StdRng::seed_from_u64(5);
    let ids: Vec<u32> = tokens.iter().map(|token| token.id).collect();
    let records = (0..layers)
        .map(|layer| Arc::new(record(Layer(layer), &ids, heads, window, &mut random)))
        .collect();
    let predictions = tokens
        .iter()
        .map(|token| {
            vec![Prediction {
                id: token.id,
                label: token.label.clone(),
                logit: 2.5,
                probability: 0.75,
            }]
        })
        .collect();
    Capture {
        origin: Arc::new(Origin {
            name: "fixture".into(),
            source: "weights/fixture.pt".into(),
            sha256: "00ff".into(),
            family: "gpt2".into(),
            dtype: "f32".into(),
            device: "cpu".into(),
            version: "0.1.0".into(),
            ..Origin::default()
        }),
        text: texts.concat(),
        shape: Shape {
            layers,
            heads,
            kv_heads: heads,
            head_dim: DIM,
            embedding: heads * DIM,
            vocabulary: 10_000,
            context: 4096,
        },
        tokens: Arc::new(tokens),
        kept: (0..layers).map(Layer).collect(),
        layers: records,
        predictions: Arc::new(predictions),
        logits: None,
        loss: None,
    }
}

fn record(
    layer: Layer,
    ids: &[u32],
    heads: usize,
    window: Option<usize>,
    random: &mut StdRng,
) -> LayerRecord {
    let n = ids.len();
    let mut vectors = |spread: f32| -> Vec<f32> {
        (0..heads * n * DIM)
            .map(|_| random.random_range(-spread..spread))
            .collect()
    };
    let (q, k) = (vectors(4.0), vectors(2.0));
    let mut record = LayerRecord {
        layer,
        heads,
        kv_heads: heads,
        tokens: n,
        head_dim: DIM,
        q: q.into(),
        k: k.into(),
        lse: vec![0.0; heads * n].into(),
        rule: Rule {
            window,
            ..Rule::scaled(1.0 / (DIM as f32).sqrt())
        },
        rows: RowNumbers::default(),
        received: vec![0.0; heads * n].into(),
        thumbnails: Thumbnails::default(),
        value_norms: vec![1.0; heads * n].into(),
        dense: None,
        trail: None,
    };
    for head in 0..heads {
        for query in 0..n {
            let sum: f64 = record
                .rule
                .visible(query)
                .map(|key| {
                    let dot: f64 = record
                        .query(Head(head), Query(query))
                        .iter()
                        .zip(record.key(Head(head), Key(key)))
                        .map(|(a, b)| f64::from(*a) * f64::from(*b))
                        .sum();
                    (dot * f64::from(record.rule.scale)).exp()
                })
                .sum();
            record.lse[head * n + query] = sum.ln() as f32;
        }
    }
    let mut rows = RowNumbers::<Vec<f32>>::default();
    for head in 0..heads {
        for i in 0..n {
            let row: Vec<f32> = (0..n)
                .map(|j| record.weight(Head(head), Query(i), Key(j)).unwrap_or(0.0))
                .collect();
            let sum = |value: &dyn Fn(usize) -> f32| (0..n).map(value).sum::<f32>();
            rows.self_weight.push(row[i]);
            rows.previous.push(if i == 0 { 0.0 } else { row[i - 1] });
            rows.first.push(row[0]);
            rows.entropy.push(sum(&|j| {
                if row[j] > 0.0 {
                    -row[j] * row[j].ln()
                } else {
                    0.0
                }
            }));
            rows.distance.push(sum(&|j| row[j] * (i as f32 - j as f32)));
            let rest = sum(&|j| if j > 0 { row[j] } else { 0.0 });
            let far = sum(&|j| {
                if j > 0 {
                    row[j] * (i as f32 - j as f32)
                } else {
                    0.0
                }
            });
            rows.distance_without_first
                .push(if rest > 0.0 { far / rest } else { 0.0 });
            rows.duplicate.push(sum(&|j| {
                if j < i && ids[j] == ids[i] {
                    row[j]
                } else {
                    0.0
                }
            }));
            rows.induction.push(sum(&|j| {
                if j >= 1 && j <= i && ids[j - 1] == ids[i] {
                    row[j]
                } else {
                    0.0
                }
            }));
            rows.mass.push(sum(&|j| row[j]));
            for (j, weight) in row.iter().enumerate() {
                record.received[head * n + j] += weight;
            }
        }
    }
    record.rows = rows.into();
    // -1 where no cell of a tile is visible.
    let side = thumbnail_side(n);
    let mut most = vec![-1f32; heads * side * side];
    for head in 0..heads {
        for i in 0..n {
            for j in record.rule.visible(i) {
                let (row, column) = (i / thumbnail_tile(n), j / thumbnail_tile(n));
                let tile = &mut most[(head * side + row) * side + column];
                let weight = record.weight(Head(head), Query(i), Key(j));
                *tile = tile.max(weight.unwrap_or(-1.0));
            }
        }
    }
    record.thumbnails = Thumbnails::of(side, most.clone(), most);
    record
}

/// `n` tokens of ordinary text.
pub fn words(n: usize) -> Vec<&'static str> {
    const WORDS: [&str; 14] = [
        "The", " cat", " sat", " on", " the", " mat", ".", " It", " was", " fluffy", ",", "ness",
        "\n", " ",
    ];
    WORDS.iter().copied().cycle().take(n).collect()
}

/// Makes every weight of one query NaN.
pub fn break_row(capture: &mut Capture, layer: usize, head: usize, query: usize) {
    let record = Arc::make_mut(&mut capture.layers[layer]);
    record.lse[head * record.tokens + query] = f32::NAN;
    record.rows.self_weight[head * record.tokens + query] = f32::NAN;
}

/// The capture of the run in ../shared/reference/seed-run, its weights from the reference
/// attention: queries hold the logarithm of their row and keys are unit vectors, so that a dot is
/// a cell.
pub fn seed_run() -> (Capture, String) {
    let shared = crate::common::shared("reference");
    let stdout = std::fs::read_to_string(shared.join("seed-run/stdout.txt")).unwrap();
    let reference = "checkpoints/gpt_from_scratch/reference.safetensors";
    let bytes = std::fs::read(shared.join(reference)).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let attention = tensors.tensor("attention").unwrap();
    let [layers, heads, n, _] = *attention.shape() else {
        panic!("attention is [L, H, n, n]");
    };
    let weights: Vec<f32> = attention
        .data()
        .as_chunks::<4>()
        .0
        .iter()
        .map(|b| f32::from_le_bytes(*b))
        .collect();

    let line = stdout
        .lines()
        .find_map(|l| l.strip_prefix("Tokens: ['"))
        .unwrap();
    let texts: Vec<&str> = line.trim_end_matches("']").split("', '").collect();
    assert_eq!(texts.len(), n);
    let mut capture = capture(&texts, layers, heads, None);
    for (l, record) in capture.layers.iter_mut().enumerate() {
        let record = Arc::make_mut(record);
        let own = &weights[l * heads * n * n..(l + 1) * heads * n * n];
        record.head_dim = n;
        record.kv_heads = 1;
        record.q = own.iter().map(|w| w.ln().max(-1e4)).collect();
        record.k = (0..n * n)
            .map(|i| f32::from(u8::from(i / n == i % n)))
            .collect();
        record.lse.fill(0.0);
        record.rule = Rule::scaled(1.0);
        for row in 0..heads * n {
            record.rows.self_weight[row] = own[row * n + row % n];
            record.rows.mass[row] = own[row * n..row * n + n].iter().sum();
        }
    }
    (capture, stdout)
}
