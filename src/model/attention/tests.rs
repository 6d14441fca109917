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
