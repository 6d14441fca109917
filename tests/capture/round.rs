//! A capture, written and opened, is the capture.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use headlight::capture::{
    Capture, Floats, Head, Key, Layer, LayerRecord, Pool, Prediction, Query, RowNumbers,
    Thumbnails, Token, thumbnail_side,
};
use headlight::lens::{Pattern, Scale, Select, TRUST_BUDGET, trust};
use headlight::token::Label;

use crate::{bits, case, demo, open, save};

/// Runs of every family, with unusual switches, and of the demo.
fn cases() -> Vec<(String, Capture)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/variants");
    let folders = std::fs::read_dir(root).unwrap().map(|f| f.unwrap().path());
    let cases = folders.filter(|f| f.is_dir()).map(|folder| {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        (name, case(&folder))
    });
    let all: Vec<_> = cases.chain([("demo".to_owned(), demo())]).collect();
    assert!(all.len() > 29);
    all
}

/// Asserts that two records are the same to the last bit.
fn assert_same(name: &str, live: &LayerRecord, file: &LayerRecord) {
    assert_eq!(live.layer, file.layer, "{name}");
    let sizes = |r: &LayerRecord| (r.heads, r.kv_heads, r.tokens, r.head_dim);
    assert_eq!(sizes(live), sizes(file), "{name}");
    assert_eq!(live.rule, file.rule, "{name}");
    let tables = [
        (&live.q, &file.q),
        (&live.k, &file.k),
        (&live.lse, &file.lse),
        (&live.received, &file.received),
        (&live.value_norms, &file.value_norms),
    ];
    let rows = live.rows.each().into_iter().zip(file.rows.each());
    for (live, file) in tables.into_iter().chain(rows) {
        assert_eq!(bits(live), bits(file), "{name}");
    }
    let n = live.tokens;
    let cells =
        (0..live.heads).flat_map(|h| (0..n).flat_map(move |i| (0..n).map(move |j| (h, i, j))));
    for (h, i, j) in cells {
        let weight = |r: &LayerRecord| r.weight(Head(h), Query(i), Key(j)).map(f32::to_bits);
        assert_eq!(weight(live), weight(file), "{name}: {h} {i} {j}");
        for pool in [Pool::Max, Pool::Mean] {
            let tile = |r: &LayerRecord| r.thumbnails.tile(Head(h), i, j, pool).map(f32::to_bits);
            assert_eq!(tile(live), tile(file), "{name}: {h} {i} {j}");
        }
    }
}

#[test]
fn what_is_opened_is_what_was_captured() {
    let folder = tempfile::tempdir().unwrap();
    for (name, live) in cases() {
        let opened = open(&save(&live, folder.path()));
        let file = &opened.capture;
        assert_eq!(live.origin, file.origin, "{name}");
        assert_eq!((&live.text, live.shape), (&file.text, file.shape), "{name}");
        assert_eq!(live.layers.len(), file.layers.len(), "{name}");
        for (live, file) in live.layers.iter().zip(&file.layers) {
            assert_same(&name, live, file);
        }
        for (live, file) in live.tokens.iter().zip(file.tokens.iter()) {
            assert_eq!((live.id, &live.label), (file.id, &file.label), "{name}");
        }
        let all = |c: &Capture| {
            let rows = c.predictions.iter().enumerate();
            let all = rows.flat_map(|(i, row)| row.iter().map(move |p| (i, p)));
            all.map(|(i, p)| (i, p.id, p.label.clone(), p.logit.to_bits(), p.probability))
                .collect::<Vec<_>>()
        };
        assert_eq!(all(&live), all(file), "{name}");
        assert_eq!(
            trust(&live, TRUST_BUDGET),
            trust(file, TRUST_BUDGET),
            "{name}"
        );
        assert!(opened.has_checksums());
        opened.verify_all().unwrap();
    }
}

#[test]
fn f16_moves_weights_little() {
    let folder = tempfile::tempdir().unwrap();
    let (mut worst, mut sum, mut count) = ((0f32, String::new()), 0f64, 0usize);
    for (name, live) in cases() {
        let mut half = live.clone();
        for layer in &mut half.layers {
            let record = Arc::make_mut(layer);
            record.q = record.q.to_half();
            record.k = record.k.to_half();
        }
        let path = save(&half, folder.path());
        let opened = open(&path);
        for ((live, half), file) in live
            .layers
            .iter()
            .zip(&half.layers)
            .zip(&opened.capture.layers)
        {
            assert_same(&name, half, file);
            assert!(file.q.halves().is_some() && file.k.halves().is_some());
            for head in (0..live.heads).map(Head) {
                for i in 0..live.tokens {
                    let row = |layer| {
                        Pattern::new(layer, Select::Head(head), Scale::Raw).weights(Query(i))
                    };
                    for (a, b) in row(live).into_iter().zip(row(file)) {
                        let error = (a - b).abs();
                        sum += f64::from(error);
                        count += 1;
                        if error > worst.0 {
                            worst = (error, format!("{name}, layer {}", live.layer));
                        }
                    }
                }
            }
        }
        // Rows are still found to hold: by what f16 may move, and no more.
        let found = trust(&opened.capture, TRUST_BUDGET);
        assert_eq!(
            found.holds,
            trust(&live, TRUST_BUDGET).holds,
            "{name}: {:?}",
            found.problems()
        );
    }
    println!(
        "f16: weights move by {:.1e} at most ({}), by {:.1e} in the mean",
        worst.0,
        worst.1,
        sum / count as f64
    );
    assert!(worst.0 < 2e-2, "{worst:?}");
}

#[test]
fn a_label_is_made_of_its_bytes_and_kind() {
    let long = "word ".repeat(1000);
    for label in [
        Label::of_token(b" a"),
        Label::of_token(b" a").bare(),
        Label::of_special(b"<s>"),
        Label::of_text("a b"),
        Label::of_token(long.as_bytes()),
    ] {
        assert_eq!(Label::of_kind(label.bytes(), label.kind()), Some(label));
    }
    assert_eq!(Label::of_kind(b"a", 4), None);
}

/// A capture of `n` tokens and two layers, as a rotary model leaves it, without a run.
fn long(n: usize) -> Capture {
    let mut capture = demo();
    let (heads, d, side) = (8usize, 64usize, thumbnail_side(n));
    let numbers = |count: usize| -> Floats {
        (0..count)
            .map(|i| ((i * 7919) % 1013) as f32 / 1013.0)
            .collect()
    };
    let first = Arc::clone(&capture.layers[0]);
    capture.layers = (0..2)
        .map(|at| {
            let mut record = (*first).clone();
            record.layer = Layer(at);
            (
                record.heads,
                record.kv_heads,
                record.tokens,
                record.head_dim,
            ) = (heads, 2, n, d);
            record.q = numbers(heads * n * d);
            record.k = numbers(2 * n * d);
            record.lse = numbers(heads * n);
            let rows: [_; 9] = std::array::from_fn(|_| numbers(heads * n));
            record.rows = RowNumbers::of(rows);
            record.received = numbers(heads * n);
            record.value_norms = numbers(heads * n);
            let tile = |i: usize| {
                if i % side > i / side % side {
                    -1.0
                } else {
                    0.5
                }
            };
            let tiles: Vec<f32> = (0..heads * side * side).map(tile).collect();
            record.thumbnails = Thumbnails::of(side, tiles.clone(), tiles);
            Arc::new(record)
        })
        .collect();
    capture.shape.layers = 2;
    capture.kept = [0, 1].map(Layer).into();
    capture.shape.heads = heads;
    let token = |i: usize| Token {
        id: (i % 9000) as u32,
        label: Label::of_token(format!(" word{}", i % 9000).as_bytes()),
    };
    capture.tokens = Arc::new((0..n).map(token).collect());
    let likely = |i: usize| Prediction {
        id: (i % 12_000) as u32,
        label: Label::of_token(format!(" next{}", i % 12_000).as_bytes()),
        logit: 1.0,
        probability: 0.1,
    };
    let rows = (0..n).map(|i| (0..5).map(|k| likely(i * 5 + k)).collect());
    capture.predictions = Arc::new(rows.collect());
    capture
}

#[test]
fn a_capture_of_any_length_is_there_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for n in [4096, 16_384] {
        let live = long(n);
        let path = save(&live, folder.path());
        let size = std::fs::metadata(&path).unwrap().len() >> 20;
        let took = (0..3).map(|_| {
            let start = Instant::now();
            let opened = open(&path);
            let took = start.elapsed();
            let (a, b) = (&live.layers[1], &opened.capture.layers[1]);
            assert_eq!(bits(&a.q[n..n + 99]), bits(&b.q[n..n + 99]));
            took
        });
        let took = took.min().unwrap();
        println!("{n} tokens, {size} MiB: opened in {took:?}");
        // Milliseconds where nothing else runs; the bound is for processors that others use too.
        assert!(took.as_millis() < 1000, "{n}: {took:?}");
        let opened = open(&path);
        opened.verify_all().unwrap();
        assert!(opened.capture.layers[0].rows.mass.len() == 8 * n);
    }
}
