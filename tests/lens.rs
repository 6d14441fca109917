//! The lens against plain sums over patterns that other programs computed.
#![cfg(test)]

mod common;

use std::ops::ControlFlow;
use std::sync::Arc;

use candle_core::Device;
use common::data;
use headlight::capture::{Capture, Shape};
use headlight::checkpoint::Checkpoint;
use headlight::lens::{
    Measure, Pattern, Repeats, Scale, Select, flow, layer_trust, look_ahead, numbers, seed_flow,
    top_keys, top_queries,
};
use headlight::model::{
    Decoder, Head, Hints, Key, LayerRecord, Pool, Precision, Probe, Query, family,
};
use safetensors::SafeTensors;

struct Keep(Vec<LayerRecord>);

impl Probe for Keep {
    fn block(&mut self, record: LayerRecord) -> ControlFlow<()> {
        self.0.push(record);
        ControlFlow::Continue(())
    }

    fn logits(&mut self, _first: usize, _rows: &[f32], _vocabulary: usize) {}
}

/// One reference case: its ids, its patterns `[L, H, n, n]`, and our record of the same run.
struct Case {
    ids: Vec<i64>,
    attention: Vec<f32>,
    layers: Vec<LayerRecord>,
}

impl Case {
    fn open() -> Self {
        let folder = data("scripts/gpt_from_scratch");
        let bytes = std::fs::read(folder.join("reference.safetensors")).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let ids = file.tensor("input_ids").unwrap();
        let ids = ids.data().as_chunks::<8>().0.iter();
        let ids: Vec<i64> = ids.map(|b| i64::from_le_bytes(*b)).collect();
        let attention = file.tensor("attention").unwrap();
        let attention = attention.data().as_chunks::<4>().0.iter();
        let checkpoint = Checkpoint::open(&folder.join("best_model.pt")).unwrap();
        let plan = family::plan(&checkpoint, &Hints::default()).unwrap();
        let decoder = Decoder::load(
            &plan,
            &checkpoint,
            &Device::Cpu,
            Precision::F32,
            &mut |_, _| {},
        )
        .unwrap();
        let mut run = Keep(Vec::new());
        let tokens: Vec<u32> = ids.iter().map(|&id| id as u32).collect();
        decoder.forward(&tokens, &mut run).unwrap();
        Self {
            attention: attention.map(|b| f32::from_le_bytes(*b)).collect(),
            layers: run.0,
            ids,
        }
    }

    /// A capture of these layers, with nothing else.
    fn capture(layers: Vec<LayerRecord>) -> Capture {
        Capture {
            origin: Arc::default(),
            text: String::new(),
            tokens: Arc::default(),
            shape: Shape::default(),
            kept: layers.iter().map(|record| record.layer).collect(),
            layers: layers.into_iter().map(Arc::new).collect(),
            predictions: Arc::default(),
            logits: None,
            loss: None,
        }
    }

    fn n(&self) -> usize {
        self.ids.len()
    }

    fn a(&self, layer: usize, head: usize, i: usize, j: usize) -> f64 {
        let (n, heads) = (self.n(), self.layers[0].heads);
        f64::from(self.attention[((layer * heads + head) * n + i) * n + j])
    }

    fn mean(&self, layer: usize, i: usize, j: usize) -> f64 {
        let heads = self.layers[0].heads;
        (0..heads).map(|h| self.a(layer, h, i, j)).sum::<f64>() / heads as f64
    }
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 2e-5, "{found} {expected}");
}

#[test]
fn numbers_are_their_definitions() {
    let case = Case::open();
    let (n, t) = (case.n(), &case.ids);
    let repeats = Repeats::of_ids(t.iter().map(|&id| id as u32));
    for (l, record) in case.layers.iter().enumerate() {
        for h in 0..record.heads {
            let a = |i, j| case.a(l, h, i, j);
            let numbers = numbers(record, Head(h), &repeats);
            let found = |measure: Measure| measure.of(&numbers).unwrap();
            let mean = |f: &dyn Fn(usize) -> f64| (1..n).map(f).sum::<f64>() / (n - 1) as f64;
            let entropy = |i: usize| -> f64 {
                let cells = (0..=i).map(|j| a(i, j)).filter(|&w| w > 0.0);
                -cells.map(|w| w * w.ln()).sum::<f64>()
            };
            let distance = |i: usize| (0..=i).map(|j| a(i, j) * (i - j) as f64).sum::<f64>();
            let all = || (0..n).flat_map(|i| (0..=i).map(move |j| (i, j)));
            let total: f64 = all().map(|(i, j)| a(i, j)).sum();
            let share = |hit: &dyn Fn(usize, usize) -> bool| -> f64 {
                let hits = all().filter(|&(i, j)| hit(i, j));
                hits.map(|(i, j)| a(i, j)).sum::<f64>() / total
            };
            close(found(Measure::SelfWeight), mean(&|i| a(i, i)));
            close(found(Measure::Previous), mean(&|i| a(i, i - 1)));
            close(found(Measure::First), mean(&|i| a(i, 0)));
            close(found(Measure::Entropy), mean(&entropy));
            close(
                found(Measure::EntropyRelative),
                mean(&|i| entropy(i) / ((i + 1) as f64).ln()),
            );
            close(found(Measure::Distance) / 10.0, mean(&distance) / 10.0);
            close(found(Measure::PreviousMass), mean(&|i| 1.0 - a(i, i)));
            let earlier = all().filter(|(i, j)| j < i);
            let entries = (n * (n - 1) / 2) as f64;
            close(
                found(Measure::EarlierEntry),
                earlier.map(|(i, j)| a(i, j)).sum::<f64>() / entries,
            );
            close(
                found(Measure::Duplicate),
                share(&|i, j| j < i && t[j] == t[i]),
            );
            close(
                found(Measure::Induction),
                share(&|i, j| j >= 1 && t[j - 1] == t[i]),
            );
        }
        let flow = flow(record, &repeats);
        for measure in Measure::ALL {
            let heads = (0..record.heads).map(|h| numbers(record, Head(h), &repeats));
            let sum: f64 = heads.map(|numbers| measure.of(&numbers).unwrap()).sum();
            close(measure.of(&flow).unwrap(), sum / record.heads as f64);
        }
    }
}

#[test]
fn the_flow_of_the_seed_is_its_own_code() {
    let case = Case::open();
    let n = case.n();
    for (l, record) in case.layers.iter().enumerate() {
        let found = seed_flow(record);
        let diagonal: f64 = (0..n).map(|i| case.mean(l, i, i)).sum();
        close(found.average_self_attention, diagonal / n as f64);
        let pairs = (0..n).flat_map(|i| (0..i).map(move |j| (i, j)));
        let earlier: f64 = pairs.map(|(i, j)| case.mean(l, i, j)).sum();
        let entries = (n * (n - 1) / 2) as f64;
        close(
            found.average_attention_to_previous.unwrap(),
            earlier / entries,
        );
    }
}

#[test]
fn lists_rows_and_columns_are_of_one_pattern() {
    let case = Case::open();
    let n = case.n();
    let record = &case.layers[1];
    for select in [Select::Head(Head(2)), Select::Mean] {
        let pattern = Pattern::new(record, select, Scale::Raw);
        let expected = |i, j| match select {
            Select::Head(head) => case.a(1, head.0, i, j),
            Select::Mean => case.mean(1, i, j),
        };
        for i in 0..n {
            let row = pattern.row(Query(i));
            assert_eq!(row.len(), i + 1);
            (0..=i).for_each(|j| close(f64::from(row[j]), expected(i, j)));
            let top = top_keys(&pattern, Query(i), 3);
            assert_eq!(top.len(), 3.min(i + 1));
            let best = (0..=i).map(|j| expected(i, j)).fold(0.0, f64::max);
            close(f64::from(top[0].weight), best);
            assert!(top.is_sorted_by(|a, b| a.weight >= b.weight));
        }
        for j in 0..n {
            let column = pattern.column(Key(j));
            for (i, cell) in column.iter().enumerate() {
                assert_eq!(cell.is_none(), j > i);
                cell.iter()
                    .for_each(|w| close(f64::from(*w), expected(i, j)));
            }
            let top = top_queries(&pattern, Key(j), n, 2);
            let best = (j..n).map(|i| expected(i, j)).fold(0.0, f64::max);
            close(f64::from(top[0].weight), best);
        }
    }
}

#[test]
fn windows_pools_and_thumbnails_show_the_same_cells() {
    let case = Case::open();
    let n = case.n();
    let record = &case.layers[1];
    for scale in Scale::ALL {
        let pattern = Pattern::new(record, Select::Head(Head(1)), scale);
        let window = pattern.window(3..20, 2..9, None);
        for (r, i) in (3..20).enumerate() {
            for (c, j) in (2..9).enumerate() {
                let (found, expected) = (window.get(r, c), pattern.cell(Query(i), Key(j)));
                assert_eq!(found.is_none(), expected.is_none(), "{scale:?}");
                if let (Some(found), Some(expected)) = (found, expected) {
                    close(f64::from(found), f64::from(expected));
                }
            }
        }
        let exact = pattern.pooled(0..n, 0..n, n, n, Pool::Max);
        let window = pattern.window(0..n, 0..n, None);
        for (a, b) in exact.cells.iter().zip(&window.cells) {
            assert_eq!(a.is_none(), b.is_none(), "{scale:?}");
            close(f64::from(a.unwrap_or(0.0)), f64::from(b.unwrap_or(0.0)));
        }
        let coarse = pattern.pooled(0..n, 0..n, 5, 5, Pool::Max);
        let max = |g: &headlight::lens::Grid| g.cells.iter().flatten().copied().fold(0.0, f32::max);
        assert_eq!(max(&coarse), max(&exact), "a spike is never lost");
    }
    // As many tiles as tokens: the thumbnail is the pattern.
    let pattern = Pattern::new(record, Select::Head(Head(1)), Scale::Raw);
    let (thumbnail, exact) = (
        pattern.thumbnail(Pool::Max),
        pattern.window(0..n, 0..n, None),
    );
    for (a, b) in thumbnail.cells.iter().zip(&exact.cells) {
        assert_eq!(a.is_none(), b.is_none());
        if let (Some(a), Some(b)) = (a, b) {
            assert!((a - b).abs() < 1e-5);
        }
    }
}

#[test]
fn renormalised_rows_sum_to_one() {
    let case = Case::open();
    for scale in [Scale::NoSink, Scale::ValueWeighted] {
        for select in [Select::Head(Head(0)), Select::Mean] {
            let pattern = Pattern::new(&case.layers[0], select, scale);
            for i in 1..case.n() {
                let row = pattern.row(Query(i));
                close(f64::from(row.iter().sum::<f32>()), 1.0);
                assert!(scale != Scale::NoSink || row[0] == 0.0);
            }
        }
    }
}

#[test]
fn trust_holds_for_a_run_and_names_what_is_broken() {
    let case = Case::open();
    let (n, all) = (case.n(), usize::MAX);
    let whole = |record: &LayerRecord| layer_trust(record, all);
    for record in &case.layers {
        let found = whole(record);
        assert!(found.holds(), "{:?}", found.problems());
        assert_eq!((found.rows, found.rows_recomputed), (n, n));
        assert_eq!(found.attention.heads, record.heads);
        // A small budget still looks at the last row.
        let few = layer_trust(record, 1);
        assert!(few.holds() && few.rows_recomputed == 1);
    }
    let good = &case.layers[1];
    let told = |change: &dyn Fn(&mut LayerRecord)| {
        let mut record = good.clone();
        change(&mut record);
        whole(&record)
    };

    let found = told(&|r| r.lse[2 * n + 7] += 1e-3);
    assert!(found.row_sum.error > 5e-4 && found.problems().len() == 1);
    assert_eq!((found.row_sum.head, found.row_sum.query), (2, 7));
    // The run's own sum of a row is looked at, too.
    let found = told(&|r| r.rows.mass[n + 3] = 0.5);
    assert_eq!((found.row_sum.head, found.row_sum.query), (1, 3));
    assert_eq!(found.row_sum.error, 0.5);

    let found = told(&|r| r.q[0] = f32::NAN);
    assert_eq!(found.not_finite.queries, 1);
    assert!(found.row_sum.error.is_nan() && !found.holds());
    let found = told(&|r| r.received[5] = f32::INFINITY);
    assert_eq!(found.not_finite.total(), 1);
    assert!(!found.holds() && found.row_sum.holds());

    // Weights that were taken over all keys do not sum to 1 in a window.
    let found = told(&|r| r.rule.window = Some(3));
    assert!(!found.row_sum.holds() && found.outside == 0);
    assert_eq!(found.attention.window, Some(3));
    // With a sink the rows sum to less than 1.
    let found = told(&|r| r.rule.sinks = vec![0.0; 4]);
    assert!(!found.row_sum.holds());
    assert_eq!(found.attention.sinks, Some((0.0, 0.0)));
}

#[test]
fn a_run_that_looks_ahead_is_caught() {
    let case = Case::open();
    let whole = Case::capture(case.layers.clone());
    let cut = |record: &LayerRecord| {
        let (heads, n) = (record.heads, record.tokens);
        let lse = (0..heads).flat_map(|h| record.lse[h * n..(h + 1) * n - 1].to_vec());
        LayerRecord {
            lse: lse.collect(),
            tokens: n - 1,
            ..record.clone()
        }
    };
    let mut shorter: Vec<LayerRecord> = case.layers.iter().map(cut).collect();
    let same = look_ahead(&whole, &Case::capture(shorter.clone()));
    assert!(same.holds && same.measured == 0.0);
    let n = shorter[1].tokens;
    shorter[1].lse[2 * n + 4] += 0.5;
    let changed = look_ahead(&whole, &Case::capture(shorter));
    assert!(!changed.holds);
    assert!(
        changed.at.contains("layer 1, head 2, query 4"),
        "{}",
        changed.at
    );
}
