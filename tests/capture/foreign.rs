//! Weights that other programs captured.

use std::path::{Path, PathBuf};

use half::{bf16, f16};
use headlight::capture::file::Opened;
use headlight::capture::{Capture, Head, Key, LayerRecord, Pool, Query};
use headlight::export::{Request, npz, safetensors};
use headlight::lens::{Measure, Numbers, Repeats, TRUST_BUDGET, numbers, trust};
use serde_json::{Value, json};

use crate::{bits, common, demo, open, try_open};

/// A file of this folder, written by NumPy.
fn numpy(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/capture");
    folder.join(name)
}

/// A safetensors file of a header and data.
fn write(path: &Path, header: &Value, data: &[u8]) {
    let header = header.to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    std::fs::write(path, bytes).unwrap();
}

/// A head's pattern, `[n, n]`.
type Rows = Vec<Vec<f64>>;

/// `[H, n, n]` weights and tokens of one layer of GPT-2, that CircuitsVis shows.
fn circuitsvis() -> (Vec<Rows>, Vec<String>) {
    let path = common::shared("vectors/circuitsvis/gpt2_attention_mock.json");
    let json: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let weights = serde_json::from_value(json["attention_head_q_k"].clone()).unwrap();
    let tokens = serde_json::from_value(json["tokens"].clone()).unwrap();
    (weights, tokens)
}

/// One layer in a file of this type.
fn one_layer(folder: &Path, dtype: &str, weights: &[Rows], tokens: &[String]) -> Opened {
    let all = weights.iter().flatten().flatten().copied();
    let data: Vec<u8> = match dtype {
        "F64" => all.flat_map(f64::to_le_bytes).collect(),
        "F32" => all.flat_map(|w| (w as f32).to_le_bytes()).collect(),
        "F16" => all.flat_map(|w| f16::from_f64(w).to_le_bytes()).collect(),
        _ => all.flat_map(|w| bf16::from_f64(w).to_le_bytes()).collect(),
    };
    let header = json!({
        "__metadata__": {"tokens": serde_json::to_string(tokens).unwrap()},
        "attention": {
            "dtype": dtype,
            "shape": [1, weights.len(), tokens.len(), tokens.len()],
            "data_offsets": [0, data.len()],
        },
    });
    let path = folder.join(format!("gpt2-{dtype}.safetensors"));
    write(&path, &header, &data);
    open(&path)
}

/// The numbers of a head by their definitions, in f64.
fn defined(a: &[Vec<f64>], tokens: &[String]) -> Numbers {
    let n = tokens.len();
    let mean = |value: &dyn Fn(usize) -> f64| (1..n).map(value).sum::<f64>() / (n - 1) as f64;
    let row = |i: usize, value: &dyn Fn(usize) -> f64| (0..=i).map(value).sum::<f64>();
    let entropy = |i: usize| {
        row(i, &|j| {
            if a[i][j] > 0.0 {
                -a[i][j] * a[i][j].ln()
            } else {
                0.0
            }
        })
    };
    let mass: f64 = (0..n).map(|i| row(i, &|j| a[i][j])).sum();
    let same = |i: usize, j: usize| tokens[i] == tokens[j];
    let over = |seen: &dyn Fn(usize, usize) -> bool| {
        let sums = (0..n).map(|i| row(i, &|j| if seen(i, j) { a[i][j] } else { 0.0 }));
        sums.sum::<f64>() / mass
    };
    let earlier = |i: usize| row(i, &|j| if j < i { a[i][j] } else { 0.0 });
    let rest = |i: usize| row(i, &|j| if j > 0 { a[i][j] } else { 0.0 });
    let far = |i: usize| row(i, &|j| if j > 0 { a[i][j] * (i - j) as f64 } else { 0.0 });
    Numbers::each(|measure| {
        Some(match measure {
            Measure::SelfWeight => mean(&|i| a[i][i]),
            Measure::Previous => mean(&|i| a[i][i - 1]),
            Measure::First => mean(&|i| a[i][0]),
            Measure::Entropy => mean(&entropy),
            Measure::EntropyRelative => mean(&|i| entropy(i) / ((i + 1) as f64).ln()),
            Measure::Distance => mean(&|i| row(i, &|j| a[i][j] * (i - j) as f64)),
            Measure::DistanceWithoutFirst => {
                let rows = (1..n).filter(|&i| rest(i) > 0.0);
                rows.clone().map(|i| far(i) / rest(i)).sum::<f64>() / rows.count() as f64
            }
            Measure::PreviousMass => mean(&earlier),
            Measure::EarlierEntry => (1..n).map(earlier).sum::<f64>() / (n * (n - 1) / 2) as f64,
            Measure::Duplicate => over(&|i, j| j < i && same(i, j)),
            Measure::Induction => over(&|i, j| j >= 1 && same(j - 1, i)),
        })
    })
}

#[test]
#[ignore = "reads ../shared"]
fn weights_of_gpt2_that_circuitsvis_shows_are_shown() {
    let (weights, tokens) = circuitsvis();
    let folder = tempfile::tempdir().unwrap();
    let n = tokens.len();
    for (dtype, close) in [("F64", 1e-7), ("F32", 1e-7), ("F16", 5e-4), ("BF16", 4e-3)] {
        let opened = one_layer(folder.path(), dtype, &weights, &tokens);
        let capture = &opened.capture;
        let repeats = Repeats::of(capture);
        assert_eq!(
            (capture.shape.layers, capture.shape.heads, capture.len()),
            (1, 12, n)
        );
        assert_eq!(capture.label(1).unwrap().text(), "Help");
        assert_eq!(capture.label(3).unwrap().text(), "·I");
        assert_eq!(
            capture.tokens[2].id, capture.tokens[20].id,
            "the sentence is said twice"
        );
        let layer = &capture.layers[0];
        assert!(layer.value_norms.is_empty() && !opened.has_checksums());
        for (h, head) in weights.iter().enumerate() {
            for (i, row) in head.iter().enumerate() {
                for (j, &expected) in row.iter().enumerate() {
                    let found = layer.weight(Head(h), Query(i), Key(j));
                    assert_eq!(found.is_some(), j <= i);
                    let error = (f64::from(found.unwrap_or(0.0)) - expected).abs();
                    assert!(error <= close, "{dtype} {h} {i} {j}: {error}");
                }
            }
            let sum = |j: usize| head.iter().map(|row| row[j]).sum::<f64>();
            for j in 0..n {
                let found = f64::from(layer.at(&layer.received, Head(h), j));
                assert!(
                    (found - sum(j)).abs() < 40.0 * close + 1e-5,
                    "{dtype} {h} {j}"
                );
                // 37 tokens are a tile each.
                let tile = layer.thumbnails.tile(Head(h), n - 1, j, Pool::Max);
                assert_eq!(tile, layer.weight(Head(h), Query(n - 1), Key(j)));
            }
            let (found, expected) = (numbers(layer, Head(h), &repeats), defined(head, &tokens));
            let all = |n: &Numbers| -> Vec<f64> {
                let json = serde_json::to_value(n).unwrap();
                json.as_object()
                    .unwrap()
                    .values()
                    .map(|v| v.as_f64().unwrap())
                    .collect()
            };
            for (found, expected) in all(&found).into_iter().zip(all(&expected)) {
                let close = 100.0 * close.max(1e-7) * expected.abs().max(0.01);
                assert!(
                    (found - expected).abs() <= close,
                    "{dtype} {h}: {found} {expected}"
                );
            }
        }
        // Head 1 is the induction head of this layer, as the source has it.
        let induction: Vec<f64> = (0..12)
            .map(|h| {
                Measure::Induction
                    .of(&numbers(layer, Head(h), &repeats))
                    .unwrap()
            })
            .collect();
        let best = (0..12).max_by(|&a, &b| induction[a].total_cmp(&induction[b]));
        assert_eq!(best, Some(1), "{induction:?}");
        // Five decimals are no whole rows in f32, and are in less.
        let problems = trust(capture, TRUST_BUDGET).problems();
        let rough = matches!(dtype, "F64" | "F32");
        assert_eq!(problems.len(), usize::from(rough), "{dtype}: {problems:?}");
        assert!(
            problems
                .iter()
                .all(|said| said.contains("a row's sum is off")),
            "{problems:?}"
        );
    }
}

/// Every weight, and everything that is made of weights, to the last bit; the order of sums differs
/// for what the forward pass takes from scores.
fn assert_weights(live: &LayerRecord, dense: &LayerRecord) {
    let n = live.tokens;
    for h in 0..live.heads {
        for i in 0..n {
            for j in 0..n {
                let weight =
                    |r: &LayerRecord| r.weight(Head(h), Query(i), Key(j)).map(f32::to_bits);
                assert_eq!(weight(live), weight(dense), "{h} {i} {j}");
            }
        }
    }
    for (live, dense) in live.rows.each().into_iter().zip(dense.rows.each()) {
        for (a, b) in live.iter().zip(dense.iter()) {
            assert!((a - b).abs() <= 1e-5 * a.abs().max(1.0), "{a} {b}");
        }
    }
}

#[test]
fn exports_of_headlight_open_again() {
    let live = demo();
    let folder = tempfile::tempdir().unwrap();
    let check = |opened: &Opened, layers: &[usize]| {
        let capture = &opened.capture;
        assert!(
            opened.made_by.starts_with("headlight"),
            "{}",
            opened.made_by
        );
        assert_eq!(capture.text, live.text);
        for (found, expected) in capture.tokens.iter().zip(live.tokens.iter()) {
            assert_eq!(
                (found.id, found.label.text()),
                (expected.id, expected.label.text())
            );
        }
        assert_eq!(capture.layers.len(), layers.len());
        for (dense, &layer) in capture.layers.iter().zip(layers) {
            assert_weights(&live.layers[layer], dense);
        }
    };
    let all = Request::all(&live);
    let path = folder.path().join("all.npz");
    npz(&live, &all, &mut std::fs::File::create(&path).unwrap()).unwrap();
    check(&open(&path), &[0, 1, 2, 3]);
    let path = folder.path().join("all.safetensors");
    safetensors(&live, &all, &mut std::fs::File::create(&path).unwrap()).unwrap();
    check(&open(&path), &[0, 1, 2, 3]);
    let some = Request {
        layers: vec![headlight::capture::Layer(2)],
        ..all
    };
    safetensors(&live, &some, &mut std::fs::File::create(&path).unwrap()).unwrap();
    let opened = open(&path);
    check(&opened, &[2]);
    let warnings = &opened.capture.origin.warnings;
    assert!(
        warnings[0].contains("layers 2 of the model"),
        "{warnings:?}"
    );
}

#[test]
fn files_of_numpy_open() {
    let weight = |c: &Capture, l: usize, h: usize, i: usize, j: usize| {
        c.layers[l].weight(Head(h), Query(i), Key(j)).unwrap()
    };
    // As numpy.py makes them.
    let expected = |l: usize, h: usize, i: usize, j: usize| -> f64 {
        let score = |j: usize| (3.0 * f64::sin((((l * 3 + h) * 5 + i) * 5 + j) as f64)).exp();
        score(j) / (0..=i).map(score).sum::<f64>()
    };
    for (name, close, text) in [("stored.npz", 1e-7, "·sät"), ("packed.npz", 5e-4, "9")] {
        let opened = open(&numpy(name));
        let capture = &opened.capture;
        let shape = capture.shape;
        assert_eq!(
            (shape.layers, shape.heads, capture.len()),
            (2, 3, 5),
            "{name}"
        );
        assert_eq!(capture.label(2).unwrap().text(), text);
        assert_eq!(capture.tokens[0].id, capture.tokens[4].id, "{name}");
        for (l, h, i, j) in [(0, 0, 0, 0), (0, 2, 4, 1), (1, 1, 3, 3), (1, 2, 4, 0)] {
            let found = f64::from(weight(capture, l, h, i, j));
            assert!(
                (found - expected(l, h, i, j)).abs() < close,
                "{name} {l} {h} {i} {j}"
            );
        }
        let trust = trust(capture, TRUST_BUDGET);
        assert!(trust.holds, "{name}: {:?}", trust.problems());
    }
    for (name, said) in [
        ("fortran.npz", "numpy.ascontiguousarray"),
        ("objects.npz", "dtype=str"),
    ] {
        let error = try_open(&numpy(name)).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn weights_that_look_ahead_or_are_no_numbers_are_told() {
    let opened = open(&numpy("everywhere.npz"));
    let capture = &opened.capture;
    let warnings = &capture.origin.warnings;
    assert!(
        warnings[0].starts_with("2 layers, the first of them 0, attend to later tokens"),
        "{warnings:?}"
    );
    let layer = &capture.layers[1];
    let entropy = |head| {
        Measure::Entropy
            .of(&numbers(layer, Head(head), &Repeats::of(capture)))
            .unwrap()
    };
    assert_eq!(layer.weight(Head(0), Query(1), Key(3)), None);
    assert!(layer.weight(Head(0), Query(3), Key(1)).unwrap().is_nan());
    assert!(
        layer
            .thumbnails
            .tile(Head(0), 3, 1, Pool::Max)
            .unwrap()
            .is_nan()
    );
    assert!(entropy(0).is_nan());
    assert!(!entropy(1).is_nan());
    let trust = trust(capture, TRUST_BUDGET);
    assert!(trust.layers[0].problems()[0].contains("a row's sum is off"));
    assert!(trust.layers[1].not_finite.numbers > 0);
}

#[test]
fn arrays_that_do_not_fit_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    let entry = |shape: &[usize]| {
        let bytes = 4 * shape.iter().product::<usize>();
        json!({"dtype": "F32", "shape": shape, "data_offsets": [0, bytes]})
    };
    let tokens = |list: &str| json!({"tokens": list});
    for (metadata, shape, said) in [
        (
            tokens("[]"),
            [1, 1, 2, 3],
            "[layers, heads, tokens, tokens]",
        ),
        (
            tokens("[]"),
            [1, 0, 2, 2],
            "[layers, heads, tokens, tokens]",
        ),
        (tokens("[\"a\"]"), [1, 1, 2, 2], "'tokens' has 1 entries"),
        (tokens("{}"), [1, 1, 2, 2], "not a JSON list"),
        (
            tokens("[]"),
            [5000, 1, 1, 1],
            "[layers, heads, tokens, tokens]",
        ),
    ] {
        let header = json!({"__metadata__": metadata, "attention": entry(&shape)});
        write(
            &path,
            &header,
            &vec![0; 4 * shape.iter().product::<usize>()],
        );
        let error = try_open(&path).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
    let bare = json!({"attention": entry(&[1, 1, 2, 2])});
    write(&path, &bare, &[0; 16]);
    let opened = open(&path);
    assert!(opened.capture.origin.warnings[0].contains("positions"));
    // A model is none, nor is what is no file.
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("checkpoints/demo.safetensors");
    assert!(try_open(&model).unwrap().is_none());
    assert!(try_open(folder.path()).unwrap().is_none());
    let broken = bits(&opened.capture.layers[0].rows.mass);
    assert_eq!(broken, bits(&[0.0, 0.0]));
}

#[test]
fn damaged_archives_are_no_fault_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.npz");
    for name in ["stored.npz", "packed.npz"] {
        let bytes = std::fs::read(numpy(name)).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] = changed[at].wrapping_add(0x81);
            std::fs::write(&path, &changed).unwrap();
            // Whatever it is taken for, nothing panics and nothing hangs.
            if let Err(error) = try_open(&path) {
                assert!(!error.to_string().contains('\u{1b}'));
            }
            std::fs::write(&path, &bytes[..at]).unwrap();
            assert!(
                !matches!(try_open(&path), Ok(Some(_))),
                "{name} cut to {at}"
            );
        }
    }
}
