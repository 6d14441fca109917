//! The numbers of a head on attention that is known (GPT-2's, as CircuitsVis ships it), and what the
//! lens computes anew against what the run took.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{Device, Tensor};

use super::{Buffers, Inputs, attend};
use crate::lens::{Measure, layer_trust, numbers};
use crate::model::fetch::Landing;
use crate::model::kernel::Spare;
use crate::model::parts::going;
use crate::model::row::Repeats;
use crate::model::{Head, Key, Layer, LayerRecord, Query, Rule};

/// Runs attention so that its weights are `patterns`, `[H][n][n]`: with q the logs of the weights
/// and k one unit vector a key, the score of a cell is the log of its weight.
fn record(ids: &[u32], patterns: &[Vec<Vec<f32>>]) -> LayerRecord {
    let (heads, n) = (patterns.len(), ids.len());
    let logs = patterns.iter().flatten().flatten();
    // The log of 0 would meet the zeros of the other keys' vectors as NaN.
    let logs: Vec<f32> = logs.map(|w| w.max(1e-30).ln()).collect();
    let q = Tensor::from_vec(logs, (heads, n, n), &Device::Cpu).unwrap();
    let unit: Vec<f32> = (0..n * n).map(|at| f32::from(at / n == at % n)).collect();
    let unit = Tensor::from_vec(unit, (1, n, n), &Device::Cpu).unwrap();
    let k = unit.repeat((heads, 1, 1)).unwrap();
    run(&q, &k, &Rule::scaled(1.0), ids)
}

fn run(q: &Tensor, k: &Tensor, rule: &Rule, ids: &[u32]) -> LayerRecord {
    let inputs = Inputs {
        layer: Layer(0),
        q: q.copy().unwrap(),
        k: k.copy().unwrap(),
        v: k.copy().unwrap(),
        rule,
        repeats: &Repeats::new(ids),
        begun: None,
        from: 0,
        trail: false,
        block_rows: None,
        landing: &Landing::default(),
        device_floats: 1 << 20,
    };
    attend(inputs, &mut Buffers::default(), &going(&Spare::default()))
        .unwrap()
        .1
        .unwrap()
        .finish(&Landing::default())
        .unwrap()
}

#[test]
fn every_switch_of_a_rule_keeps_the_trust() {
    let (heads, kv_heads, n, d) = (4, 2, 90, 16);
    let wave = |count: usize, step: f32| -> Vec<f32> {
        (0..count)
            .map(|at| 3.0 * (at as f32 * step).sin())
            .collect()
    };
    let tensor = |heads: usize, step: f32| {
        Tensor::from_vec(wave(heads * n * d, step), (heads, n, d), &Device::Cpu).unwrap()
    };
    let ids: Vec<u32> = (0..n as u32).map(|i| i % 7).collect();
    let plain = Rule::scaled(0.25);
    let all = Rule {
        softcap: Some(20.0),
        window: Some(9),
        slopes: vec![0.5, 0.25, 0.125, 0.0625],
        sinks: vec![-1.0, 0.0, 2.0, 5.0],
        ..plain.clone()
    };
    for rule in [plain, all] {
        let record = run(&tensor(heads, 1.7), &tensor(kv_heads, 2.3), &rule, &ids);
        for budget in [1, 1 << 16, usize::MAX] {
            let found = layer_trust(&record, budget);
            assert!(found.holds(), "{:?}", found.problems());
        }
        // Sinks take a share, which the rows' sums lack.
        let mass = record.at(&record.rows.mass, Head(3), n - 1);
        assert_eq!(mass < 0.99, !rule.sinks.is_empty(), "{mass}");
        // The keys of another KV head than the run's are not those that the sums were taken over.
        let mut wrong = record.clone();
        wrong.k.rotate_left(n * d);
        assert!(!layer_trust(&wrong, usize::MAX).row_sum.holds());
        // A window that is off by one, either way.
        for window in rule.window.iter().flat_map(|w| [w - 1, w + 1]) {
            let mut wrong = record.clone();
            wrong.rule.window = Some(window);
            assert!(!layer_trust(&wrong, usize::MAX).row_sum.holds(), "{window}");
        }
    }
}

/// Rules of every kind, for heads of `d` dimensions.
fn rules(heads: usize, d: usize) -> Vec<(&'static str, Rule)> {
    let plain = Rule::scaled(1.0 / (d as f32).sqrt());
    let slopes = (1..=heads)
        .map(|h| 2f32.powi(-(h as i32)))
        .collect::<Vec<_>>();
    let sinks = (0..heads).map(|h| h as f32 * 2.0 - 1.0).collect::<Vec<_>>();
    let rule = |softcap, window, slopes: &[f32], sinks: &[f32]| Rule {
        softcap,
        window,
        slopes: slopes.to_vec(),
        sinks: sinks.to_vec(),
        ..plain.clone()
    };
    vec![
        ("plain", plain.clone()),
        ("window", rule(None, Some(9), &[], &[])),
        ("soft-cap", rule(Some(20.0), None, &[], &[])),
        ("ALiBi", rule(None, None, &slopes, &[])),
        ("sinks", rule(None, None, &[], &sinks)),
        ("all", rule(Some(20.0), Some(9), &slopes, &sinks)),
    ]
}

/// A run of random queries and keys.
fn random(rule: &Rule, n: usize, d: usize, size: f32, seed: u64) -> LayerRecord {
    let (heads, kv_heads) = (4, 2);
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    let mut tensor = |heads: usize| {
        let values: Vec<f32> = (0..heads * n * d).map(|_| size * next()).collect();
        Tensor::from_vec(values, (heads, n, d), &Device::Cpu).unwrap()
    };
    let (q, k) = (tensor(heads), tensor(kv_heads));
    let ids: Vec<u32> = (0..n as u32).map(|i| i % 7).collect();
    run(&q, &k, rule, &ids)
}

/// With queries and keys stored as f16.
fn halved(record: &LayerRecord) -> LayerRecord {
    LayerRecord {
        q: record.q.to_half(),
        k: record.k.to_half(),
        ..record.clone()
    }
}

#[test]
fn a_right_run_never_fails_the_row_sums() {
    let shapes = [(1, 8), (2, 64), (37, 3), (90, 16), (260, 8), (40, 128)];
    for (seed, (n, d)) in shapes.into_iter().enumerate() {
        for size in [0.01, 1.0, 6.0, 40.0] {
            for (name, rule) in rules(4, d) {
                let record = random(&rule, n, d, size, seed as u64 + 1);
                for (stored, record) in [("f32", &record), ("f16", &halved(&record))] {
                    let found = layer_trust(record, usize::MAX);
                    let at = format!("{name}, {n} tokens, {d} dimensions, size {size}, {stored}");
                    assert!(found.holds(), "{at}: {:?}", found.problems());
                    assert!(
                        found.row_sum.limit < 1e-2 || stored == "f16" || size > 6.0,
                        "{at}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_wrong_mask_or_one_dropped_key_fails_the_row_sums_by_far() {
    let (n, d) = (90, 16);
    for (name, rule) in rules(4, d) {
        let right = random(&rule, n, d, 3.0, 5);
        for (stored, least, right) in [("f32", 1e3, &right), ("f16", 10.0, &halved(&right))] {
            let off = |wrong: &LayerRecord| {
                let found = layer_trust(wrong, usize::MAX).row_sum;
                assert!(!found.holds(), "{name} {stored}");
                found.error / found.limit
            };
            // The run left out the key that one row gives most weight to.
            for head in (0..4).map(Head) {
                let query = n - 3;
                let visible = rule.visible(query);
                let weight = |j: usize| right.weight(head, Query(query), Key(j)).unwrap();
                let key = visible
                    .max_by(|&a, &b| weight(a).total_cmp(&weight(b)))
                    .unwrap();
                let mut wrong = right.clone();
                let mut lse = wrong.lse.to_vec();
                lse[head.0 * n + query] += (1.0 - weight(key)).ln();
                wrong.lse = lse.into();
                let off = off(&wrong);
                assert!(
                    off > least,
                    "{name} {stored}: a dropped key of {}: {off}",
                    weight(key)
                );
            }
            // A mask that is off by one key, or lets all keys through.
            let windows = match rule.window {
                Some(window) => vec![Some(window - 1), Some(window + 1), None],
                None => vec![Some(9)],
            };
            for window in windows {
                let mut wrong = right.clone();
                wrong.rule.window = window;
                let off = off(&wrong);
                assert!(off > least, "{name} {stored} {window:?}: {off}");
            }
        }
    }
}

#[test]
#[ignore = "reads ../shared"]
fn induction_finds_the_induction_heads_of_gpt2() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/vectors/circuitsvis/gpt2_attention_mock.json");
    let text = std::fs::read_to_string(path).unwrap();
    let mut file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let tokens: Vec<String> = serde_json::from_value(file["tokens"].take()).unwrap();
    let patterns: Vec<Vec<Vec<f32>>> =
        serde_json::from_value(file["attention_head_q_k"].take()).unwrap();
    let mut known = HashMap::new();
    let id = |token: &String| {
        let next = known.len() as u32;
        *known.entry(token.clone()).or_insert(next)
    };
    let ids: Vec<u32> = tokens.iter().map(id).collect();

    let record = record(&ids, &patterns);
    let repeats = crate::lens::Repeats::of_ids(ids.iter().copied());
    let induction = |h| {
        Measure::Induction
            .of(&numbers(&record, Head(h), &repeats))
            .unwrap()
    };
    let n = ids.len();
    for (h, pattern) in patterns.iter().enumerate() {
        for (i, row) in pattern.iter().enumerate() {
            for (j, expected) in row.iter().enumerate().take(i + 1) {
                // The file has five decimals, so its rows sum to 1 only nearly.
                let found = record.weight(Head(h), Query(i), Key(j)).unwrap();
                assert!((found - expected).abs() < 1e-4, "{h} {i} {j}");
            }
            assert!(row.iter().skip(i + 1).all(|w| *w == 0.0));
        }
        // The definition, read off the file.
        let cells = (0..n).flat_map(|i| (1..=i).map(move |j| (i, j)));
        let hits = cells.filter(|&(i, j)| ids[j - 1] == ids[i]);
        let sum: f64 = hits.map(|(i, j)| f64::from(pattern[i][j])).sum();
        let all: f64 = pattern.iter().flatten().copied().map(f64::from).sum();
        let found = induction(h);
        assert!((found - sum / all).abs() < 1e-4, "{h}: {found}");
    }

    let mut heads: Vec<(usize, f64)> = (0..patterns.len()).map(|h| (h, induction(h))).collect();
    heads.sort_by(|a, b| b.1.total_cmp(&a.1));
    println!("{heads:.3?}");
    let best: Vec<usize> = heads.iter().take(4).map(|(h, _)| *h).collect();
    assert_eq!(best, [1, 5, 0, 8]);
    // Well apart from the fifth.
    assert!(heads[3].1 > 3.0 * heads[4].1, "{heads:.3?}");
}
