//! A run that takes up another is the run that is made anew.

use std::ops::ControlFlow;
use std::sync::Arc;

use proptest::prelude::*;

use crate::model::spec::{MlpSpec, Sizes};
use crate::model::tests::devices;
use crate::model::{
    Decoder, Device, Earlier, Head, LayerRecord, Pairs, Plan, Pool, Precision, Probe, Rotary,
    Scaling, Untrained, Wanted, untrained,
};

/// What a run leaves: its records, and logits from a row on.
#[derive(Default)]
struct Run {
    ids: Vec<u32>,
    layers: Vec<Arc<LayerRecord>>,
    first: Option<usize>,
    logits: Vec<f32>,
}

impl Probe for Run {
    fn block(&mut self, record: LayerRecord) -> ControlFlow<()> {
        self.layers.push(Arc::new(record));
        ControlFlow::Continue(())
    }

    fn logits(&mut self, first: usize, rows: &[f32], _: usize) {
        self.first.get_or_insert(first);
        self.logits.extend_from_slice(rows);
    }
}

const VOCABULARY: usize = 13;

fn plan() -> Plan {
    let sizes = Sizes {
        vocabulary: VOCABULARY,
        context: 1024,
        embedding: 24,
        heads: 3,
        layers: 3,
    };
    untrained(sizes).unwrap()
}

/// A model with a window in one layer, slopes in another and rotation in all.
fn decoder(scaling: Scaling, device: &Device) -> Decoder {
    let mut plan = plan();
    let spec = &mut plan.spec;
    spec.layers[1].rule.window = Some(50);
    spec.layers[2].rule.slopes = vec![0.1, 0.01, 0.0];
    for layer in &mut spec.layers {
        assert!(matches!(layer.mlp, MlpSpec::Dense { .. }));
        layer.rule.scale = 4.0;
        layer.rotary = Some(Rotary {
            dims: 8,
            theta: 100.0,
            pairs: Pairs::Halves,
            scaling: scaling.clone(),
        });
    }
    let weights = Untrained { seed: 5 };
    Decoder::load(&plan, &weights, device, Precision::F32, &mut |_, _| {}).unwrap()
}

fn run(decoder: &Decoder, ids: &[u32], earlier: Option<&Run>) -> Run {
    let mut found = Run {
        ids: ids.to_vec(),
        ..Run::default()
    };
    let wanted = Wanted {
        from: 0,
        trail: true,
        earlier: earlier.map(|run| Earlier {
            ids: &run.ids,
            layers: &run.layers,
        }),
    };
    decoder.forward_as(ids, &wanted, &mut found).unwrap();
    assert_eq!(found.first, Some(decoder.taken_up(ids, &wanted)));
    found
}

fn ids(n: usize, seed: usize) -> Vec<u32> {
    let id = |i: usize| ((i * i + seed * i + seed) % VOCABULARY) as u32;
    (0..n).map(id).collect()
}

/// The largest difference of two tables, relative where values are large.
fn far(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let differences = a
        .iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs() / b.abs().max(1.0));
    differences.fold(0.0, f32::max)
}

/// The largest difference between all that two runs leave.
fn furthest(found: &Run, expected: &Run) -> f32 {
    let rows = found.logits.len();
    let logits = &expected.logits[expected.logits.len() - rows..];
    let mut most = far(&found.logits, logits);
    assert_eq!(found.layers.len(), expected.layers.len());
    for (a, b) in found.layers.iter().zip(&expected.layers) {
        let mut tables = vec![
            (&a.q, &b.q),
            (&a.k, &b.k),
            (&a.lse, &b.lse),
            (&a.received, &b.received),
            (&a.value_norms, &b.value_norms),
        ];
        tables.extend(a.rows.each().into_iter().zip(b.rows.each()));
        for (a, b) in tables {
            most = most.max(far(a, b));
        }
        let side = a.thumbnails.side;
        assert_eq!(side, b.thumbnails.side);
        for head in (0..a.heads).map(Head) {
            for (at, pool) in (0..side * side).flat_map(|at| [(at, Pool::Max), (at, Pool::Mean)]) {
                let tile =
                    |record: &LayerRecord| record.thumbnails.tile(head, at / side, at % side, pool);
                let (a, b) = (tile(a), tile(b));
                assert_eq!(a.is_some(), b.is_some());
                most = most.max((a.unwrap_or(0.0) - b.unwrap_or(0.0)).abs());
            }
        }
    }
    most
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// One edit after the other, each on what the one before left.
    #[test]
    fn edits_leave_what_whole_runs_leave(
        start in 1usize..300,
        edits in prop::collection::vec((0usize..4, 0usize..300, 1usize..40), 1..5),
    ) {
        for device in devices() {
            let decoder = decoder(Scaling::None, &device);
            // Products of other sizes are summed in another order there.
            let limit = if device.is_cpu() { 1e-6 } else { 2e-5 };
            let mut text = ids(start, 1);
            let mut held = run(&decoder, &text, None);
            for (at, &(kind, place, count)) in edits.iter().enumerate() {
                let place = place % text.len();
                let end = (place + count).min(text.len());
                match kind {
                    0 => text.extend(ids(count, at + 2)),
                    1 => drop(text.splice(place..place, ids(count, at + 2))),
                    2 => drop(text.drain(place..end)),
                    _ => text.truncate(place + 1),
                }
                if text.is_empty() {
                    text = ids(count, 3);
                }
                held = run(&decoder, &text, Some(&held));
                let whole = run(&decoder, &text, None);
                let far = furthest(&held, &whole);
                prop_assert!(far <= limit, "{far} after edit {at}");
            }
        }
    }
}

#[test]
fn of_an_appended_token_no_more_is_run() {
    for device in devices() {
        let decoder = decoder(Scaling::None, &device);
        let text = ids(101, 1);
        let held = run(&decoder, &text[..100], None);
        assert_eq!(run(&decoder, &text, Some(&held)).first, Some(100));
    }
}

#[test]
fn only_what_changed_is_run() {
    let decoder = decoder(Scaling::None, &Device::Cpu);
    let text = ids(500, 1);
    let held = run(&decoder, &text, None);
    let rows = |text: &[u32]| run(&decoder, text, Some(&held)).first.unwrap();
    // Appended: the new token alone.
    assert_eq!(rows(&[&text[..], &[4]].concat()), 500);
    // Changed: from the last mark before the change, of which there are some sixteen.
    let mut changed = text.clone();
    changed[300] = (changed[300] + 1) % VOCABULARY as u32;
    assert_eq!(rows(&changed), 256);
    assert_eq!(rows(&text[..400]), 384);
    // The same once more: not one row less than there is.
    assert_eq!(rows(&text), 448);
    // Tiles of the shorter text are smaller than those that are held.
    assert_eq!(rows(&text[..200]), 0);
    changed[0] = (changed[0] + 1) % VOCABULARY as u32;
    assert_eq!(rows(&changed), 0);
}

#[test]
fn rotations_that_depend_on_the_length_run_anew() {
    let decoder = |scaling| decoder(scaling, &Device::Cpu);
    let dynamic = decoder(Scaling::Dynamic {
        factor: 2.0,
        original: 100,
    });
    let taken = |decoder: &Decoder, from: usize, to: usize| {
        let text = ids(to, 1);
        let held = run(decoder, &text[..from], None);
        let found = run(decoder, &text, Some(&held));
        let far = furthest(&found, &run(decoder, &text, None));
        assert!(far <= 1e-6, "{far}");
        found.first.unwrap()
    };
    assert_eq!(taken(&dynamic, 80, 90), 80);
    assert_eq!(taken(&dynamic, 120, 130), 0);
    let long = decoder(Scaling::Long {
        short: vec![1.0; 4],
        long: vec![1.0, 2.0, 3.0, 4.0],
        original: 100,
        magnitude: 1.0,
    });
    assert_eq!(taken(&long, 110, 120), 110);
    assert_eq!(taken(&long, 90, 120), 0);
}
