//! The streaming pass against the plain definition in f64, with every switch of a rule.

use candle_core::{Device, Tensor};
use proptest::prelude::*;

use super::attention::{Buffers, Inputs, attend};
use super::fetch::Landing;
use super::kernel::Spare;
use super::on_device::{HELD, Scratch};
use super::parts::{Run, going};
use super::resume::{Begun, step};
use super::row::Repeats;
use super::{Error, Head, Key, Layer, LayerRecord, Pool, Query, Rule, thumbnail_tile};

/// One head's pattern by the definition: `None` where masked, all in f64.
fn dense(q: &[f32], k: &[f32], n: usize, d: usize, rule: &Rule, head: usize) -> Vec<Option<f64>> {
    let mut pattern = vec![None; n * n];
    for i in 0..n {
        let score = |j: usize| {
            let dot: f64 = (0..d)
                .map(|x| f64::from(q[i * d + x]) * f64::from(k[j * d + x]))
                .sum();
            let mut score = f64::from(rule.scale) * dot;
            if let Some(cap) = rule.softcap.map(f64::from) {
                score = cap * (score / cap).tanh();
            }
            let slope = rule.slopes.get(head).copied().map_or(0.0, f64::from);
            score + slope * (j as f64 - i as f64)
        };
        let seen = |j: &usize| rule.window.is_none_or(|w| i - j < w);
        let keys: Vec<usize> = (0..=i).filter(seen).collect();
        let sink = rule.sinks.get(head).map_or(0.0, |&s| f64::from(s).exp());
        let total = keys.iter().map(|&j| score(j).exp()).sum::<f64>() + sink;
        for j in keys {
            pattern[i * n + j] = Some(score(j).exp() / total);
        }
    }
    pattern
}

type Attend = fn(Inputs) -> Result<(Tensor, Option<LayerRecord>), Error>;

/// The output `[m, H * d]` and the record.
type Found = (Vec<f32>, LayerRecord);

fn on_a_device(inputs: Inputs) -> Result<(Tensor, Option<LayerRecord>), Error> {
    let (output, pending) = super::on_device::attend(&inputs, &mut Scratch::default(), &|| false)?;
    let record = pending
        .map(|pending| pending.finish(inputs.landing))
        .transpose()?;
    Ok((output, record))
}

fn on_processor(inputs: Inputs) -> Result<(Tensor, Option<LayerRecord>), Error> {
    let (landing, spare) = (inputs.landing, Spare::default());
    let (output, kept) = attend(inputs, &mut Buffers::default(), &going(&spare))?;
    let record = kept.map(|kept| kept.finish(landing)).transpose()?;
    Ok((output, record))
}

#[derive(Clone, Debug)]
struct Case {
    n: usize,
    d: usize,
    heads: usize,
    kv_heads: usize,
    /// The first query that is kept.
    from: usize,
    rule: Rule,
    ids: Vec<u32>,
    q: Vec<f32>,
    k: Vec<f32>,
    v: Vec<f32>,
    /// Floats that a block may take on a device.
    device_floats: usize,
}

impl Case {
    /// One head of one dimension, and nothing but ones.
    fn of_ones(n: usize) -> Self {
        Self {
            n,
            d: 1,
            heads: 1,
            kv_heads: 1,
            from: 0,
            rule: Rule::scaled(1.0),
            ids: (0..n as u32).collect(),
            q: vec![1.0; n],
            k: vec![1.0; n],
            v: vec![1.0; n],
            device_floats: 1 << 20,
        }
    }

    fn run(&self, block_rows: Option<usize>) -> Found {
        self.run_by(on_processor, block_rows, &Device::Cpu)
    }

    fn run_by(&self, attend: Attend, block_rows: Option<usize>, device: &Device) -> Found {
        self.run_first(self.n, attend, block_rows, device, None)
    }

    /// Runs the first `n` tokens, those behind what was run before.
    fn run_first(
        &self,
        n: usize,
        attend: Attend,
        block_rows: Option<usize>,
        device: &Device,
        begun: Option<Begun>,
    ) -> Found {
        let first = begun.map_or(0, |begun| begun.rows);
        let tensor = |values: &[f32], heads: usize| {
            let all = Tensor::from_slice(values, (heads, self.n, self.d), device).unwrap();
            let rows = all.narrow(1, first, n - first).unwrap();
            // Shared with nobody.
            rows.force_contiguous().unwrap()
        };
        let inputs = Inputs {
            layer: Layer(0),
            q: tensor(&self.q, self.heads),
            k: tensor(&self.k, self.kv_heads),
            v: tensor(&self.v, self.kv_heads),
            rule: &self.rule,
            repeats: &Repeats::new(&self.ids[..n]),
            begun,
            from: self.from,
            trail: self.from == 0,
            block_rows,
            landing: &Landing::default(),
            device_floats: self.device_floats,
        };
        let (out, record) = attend(inputs).unwrap();
        (
            out.flatten_all().unwrap().to_vec1().unwrap(),
            record.unwrap(),
        )
    }

    fn head<'a>(&self, values: &'a [f32], head: usize) -> &'a [f32] {
        &values[head * self.n * self.d..(head + 1) * self.n * self.d]
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let shape = (1usize..90, 1usize..6, 1usize..3, 1usize..3);
    let rule = (
        prop::option::of(0.5f32..4.0),
        prop::option::of(1usize..20),
        any::<bool>(),
        any::<bool>(),
    );
    (shape, rule, any::<u64>()).prop_map(|((n, d, kv_heads, group), rule, seed)| {
        let (softcap, window, slopes, sinks) = rule;
        let heads = kv_heads * group;
        let mut state = seed | 1;
        let mut random = || {
            // xorshift: enough to fill a case.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        };
        let mut values = |count: usize| (0..count).map(|_| 2.0 * random()).collect::<Vec<_>>();
        let (q, k, v) = (
            values(heads * n * d),
            values(kv_heads * n * d),
            values(kv_heads * n * d),
        );
        let per_head = |on: bool, values: Vec<f32>| if on { values } else { Vec::new() };
        let slope_values = values(heads);
        let sink_values = values(heads);
        let ids = values(n).iter().map(|x| (x + 2.0) as u32).collect();
        Case {
            n,
            d,
            heads,
            kv_heads,
            // All in most cases.
            from: (seed as usize % (2 * n)).saturating_sub(n),
            rule: Rule {
                scale: 0.7,
                softcap,
                window,
                slopes: per_head(slopes, slope_values),
                sinks: per_head(sinks, sink_values),
                from: 0,
            },
            ids,
            q,
            k,
            v,
            device_floats: 1 << 20,
        }
    })
}

fn close(a: f32, b: f64) -> bool {
    (f64::from(a) - b).abs() <= 2e-5 * b.abs().max(1.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_stream_is_the_definition(case in cases(), rows in 1usize..70) {
        is_the_definition(&case, case.run(Some(rows)))?;
    }

    /// What runs on other devices, on this one.
    #[test]
    fn the_stream_of_a_device_is_the_definition(case in cases(), rows in 1usize..70) {
        let run = case.run_by(on_a_device, Some(rows), &Device::Cpu);
        is_the_definition(&case, run)?;
    }

    /// Edited texts, too: the first rows are those of another text that begins alike.
    #[test]
    fn a_device_goes_on_from_an_earlier_run(
        case in cases(),
        rows in prop_oneof![1usize..70, Just(16)],
        (other, same, place) in any::<[prop::sample::Index; 3]>().prop_map(|[a, b, c]| (a, b, c)),
    ) {
        let other = other.index(case.n) + 1;
        let same = same.index(other + 1);
        for device in devices() {
            let attend = if device.is_cpu() { on_a_device } else { on_processor };
            goes_on(Case { from: 0, ..case.clone() }, (attend, rows, &device), (other, same), place)?;
        }
    }

    /// A build for a GPU is tested where there is one.
    #[cfg(any(feature = "cuda", feature = "metal"))]
    #[test]
    fn the_stream_of_a_gpu_is_the_definition(case in cases(), rows in 1usize..70) {
        let gpu = devices().into_iter().find(|device| !device.is_cpu());
        is_the_definition(&case, case.run_by(on_processor, Some(rows), &gpu.unwrap()))?;
    }
}

/// The processor, and a GPU where there is one and this build is for it.
pub(super) fn devices() -> Vec<Device> {
    let gpus = [Device::new_cuda(0), Device::new_metal(0)];
    [Device::Cpu]
        .into_iter()
        .chain(gpus.into_iter().flatten())
        .collect()
}

fn marks(record: &LayerRecord) -> Vec<usize> {
    let marks = record.trail.iter().flat_map(|trail| &trail.marks);
    marks.map(|mark| mark.rows).collect()
}

/// Runs another text of `other` tokens, the first `same` of them alike, and takes up one of its marks.
fn goes_on(
    case: Case,
    (attend, rows, device): (Attend, usize, &Device),
    (other, same): (usize, usize),
    place: prop::sample::Index,
) -> Result<(), TestCaseError> {
    let mut before = case.clone();
    let (n, d) = (case.n, case.d);
    for values in [&mut before.q, &mut before.k, &mut before.v] {
        let rows = values.chunks_exact_mut(d).enumerate();
        let changed = rows.filter(|(at, _)| at % n >= same);
        changed.for_each(|(_, row)| row.iter_mut().for_each(|value| *value = 1.0 - *value));
    }
    before.ids[same..].iter_mut().for_each(|id| *id += 1);
    let (mut out, record) = before.run_first(other, attend, Some(rows), device, None);
    let ends = (1..other).filter(|end| end % rows == 0 && end % step(other) == 0);
    prop_assert_eq!(marks(&record), ends.chain([other]).collect::<Vec<_>>());
    let mut held = marks(&record);
    held.retain(|&rows| rows <= same && rows < n);
    if held.is_empty() {
        return Ok(());
    }
    let taken = held[place.index(held.len())];
    let begun = Begun::new(&record, taken);
    prop_assert!(begun.is_some());
    let (rest, record) = case.run_first(n, attend, Some(rows), device, begun);
    prop_assert_eq!(rest.len(), (n - taken) * case.heads * d);
    out.truncate(taken * case.heads * d);
    out.extend(rest);
    prop_assert_eq!(marks(&record).last().copied(), Some(n));
    is_the_definition(&case, (out, record))
}

#[test]
fn blocks_of_a_device_end_where_a_later_run_may_begin() {
    let n = 300;
    let case = Case {
        // Room for 100 rows.
        device_floats: HELD * n * 100,
        ..Case::of_ones(n)
    };
    for device in devices() {
        let attend = if device.is_cpu() {
            on_a_device
        } else {
            on_processor
        };
        let (_, record) = case.run_by(attend, None, &device);
        assert_eq!(marks(&record), [64, 128, 192, 256, 300]);
    }
}

fn is_the_definition(case: &Case, (out, record): Found) -> Result<(), TestCaseError> {
    {
        let (n, d) = (case.n, case.d);
        for head in 0..case.heads {
            let kv = head / (case.heads / case.kv_heads);
            let (q, k) = (case.head(&case.q, head), case.head(&case.k, kv));
            let pattern = dense(q, k, n, d, &case.rule, head);
            let a = |i: usize, j: usize| pattern[i * n + j];
            let sum = |i: usize, f: &dyn Fn(usize, f64) -> f64| -> f64 {
                (0..n).filter_map(|j| Some(f(j, a(i, j)?))).sum()
            };
            let kept = |i: usize| i >= case.from;
            for i in 0..n {
                for j in 0..n {
                    let weight = record.weight(Head(head), Query(i), Key(j));
                    prop_assert_eq!(weight.is_some(), kept(i) && a(i, j).is_some());
                    if let (Some(weight), Some(expected)) = (weight, a(i, j)) {
                        prop_assert!(close(weight, expected), "({i},{j}): {weight} {expected}");
                    }
                }
                // The output is A V.
                let v = case.head(&case.v, kv);
                for x in 0..d {
                    let expected = sum(i, &|j, w| w * f64::from(v[j * d + x]));
                    prop_assert!(close(out[i * case.heads * d + head * d + x], expected));
                }
                let at = |table: &[f32]| record.at(table, Head(head), i);
                if !kept(i) {
                    prop_assert!(at(&record.lse).is_nan());
                    continue;
                }
                let t = &case.ids;
                let rows = &record.rows;
                let first = a(i, 0).unwrap_or(0.0);
                let mass = sum(i, &|_, w| w);
                let distance = sum(i, &|j, w| w * (i - j) as f64);
                let expected = [
                    (at(&rows.self_weight), a(i, i).unwrap_or(0.0)),
                    (
                        at(&rows.previous),
                        if i > 0 {
                            a(i, i - 1).unwrap_or(0.0)
                        } else {
                            0.0
                        },
                    ),
                    (at(&rows.first), first),
                    (at(&rows.mass), mass),
                    (at(&rows.entropy), -sum(i, &|_, w| w * w.ln())),
                    (at(&rows.distance), distance),
                    (
                        at(&rows.duplicate),
                        sum(i, &|j, w| if j < i && t[j] == t[i] { w } else { 0.0 }),
                    ),
                    (
                        at(&rows.induction),
                        sum(i, &|j, w| if j >= 1 && t[j - 1] == t[i] { w } else { 0.0 }),
                    ),
                ];
                for (number, (found, expected)) in expected.into_iter().enumerate() {
                    prop_assert!(
                        close(found, expected),
                        "number {number} of row {i}: {found} {expected}"
                    );
                }
                let rest = sum(i, &|j, w| if j > 0 { w } else { 0.0 });
                let away = sum(i, &|j, w| if j > 0 { w * (i - j) as f64 } else { 0.0 });
                let expected = if rest > 0.0 { away / rest } else { 0.0 };
                let found = at(&rows.distance_without_first);
                prop_assert!(close(found, expected), "row {i}: {found} {expected}");
            }
            for mark in record.trail.iter().flat_map(|trail| &trail.marks) {
                for j in 0..mark.rows {
                    let expected: f64 = (0..mark.rows).filter_map(|i| a(i, j)).sum();
                    let received = mark.received[head * mark.rows + j];
                    prop_assert!(close(received, expected), "mark {}, key {j}", mark.rows);
                }
            }
            for j in 0..n {
                let expected: f64 = (case.from..n).filter_map(|i| a(i, j)).sum();
                prop_assert!(close(record.at(&record.received, Head(head), j), expected));
            }
            let (side, size) = (record.thumbnails.side, thumbnail_tile(n));
            prop_assert_eq!(side, if n > 64 { n.div_ceil(2) } else { n });
            for (r, c) in (0..side).flat_map(|r| (0..side).map(move |c| (r, c))) {
                let tile = (case.from..n).flat_map(|i| (0..n).map(move |j| (i, j)));
                let tile = tile.filter(|&(i, j)| i / size == r && j / size == c);
                let cells: Vec<f64> = tile.filter_map(|(i, j)| a(i, j)).collect();
                let max = record.thumbnails.tile(Head(head), r, c, Pool::Max);
                let mean = record.thumbnails.tile(Head(head), r, c, Pool::Mean);
                prop_assert_eq!(max.is_none(), cells.is_empty());
                prop_assert_eq!(mean.is_none(), cells.is_empty());
                if let (Some(max), Some(mean)) = (max, mean) {
                    prop_assert!(close(max, cells.iter().copied().fold(0.0, f64::max)));
                    prop_assert!(close(mean, cells.iter().sum::<f64>() / cells.len() as f64));
                }
            }
        }
    }
    Ok(())
}

/// A head that leaves its first token a share of what rounding takes from 1.
#[test]
fn the_distance_without_a_first_token_that_has_nearly_all_is_exact() {
    let n = 3000;
    let mut case = Case::of_ones(n);
    case.k[0] = 26.0;
    for run in [on_processor, on_a_device] {
        let (_, record) = case.run_by(run, None, &Device::Cpu);
        for i in [1, 2, 100, n - 1] {
            let found = record.at(&record.rows.distance_without_first, Head(0), i);
            // All others have the same.
            assert!(close(found, (i - 1) as f64 / 2.0), "row {i}: {found}");
        }
    }
}

#[test]
fn nan_reaches_every_number_and_tile() {
    let n = 3;
    let mut case = Case::of_ones(n);
    case.q[1] = f32::NAN;
    let (_, record) = case.run(None);
    assert!(record.weight(Head(0), Query(1), Key(0)).unwrap().is_nan());
    let tile = |row, pool| record.thumbnails.tile(Head(0), row, 0, pool).unwrap();
    assert!(tile(1, Pool::Max).is_nan() && tile(1, Pool::Mean).is_nan());
    assert!(!tile(2, Pool::Max).is_nan());
}

#[test]
fn an_mlp_in_blocks_of_rows_is_the_mlp_and_can_be_stopped() {
    use super::names::{Half as Names, Linear, Mlp, Order, Up};
    use super::parts::{Half, Loader};
    use super::spec::{MlpSpec, Sizes};
    use super::{Spec, Untrained};

    let linear = |name: &str| Linear {
        weight: format!("{name}.weight"),
        bias: Some(format!("{name}.bias")),
        order: Order::OutIn,
    };
    let names = Names::Dense(Mlp {
        up: Up::Plain(linear("up")),
        down: linear("down"),
    });
    let sizes = Sizes {
        vocabulary: 1,
        context: 1,
        embedding: 8,
        heads: 1,
        layers: 1,
    };
    let loader = Loader {
        weights: &Untrained { seed: 3 },
        device: &Device::Cpu,
        dtype: candle_core::DType::F32,
    };
    let spec = Spec::gpt2("gpt2", &sizes);
    let mlp = Half::load(&names, &MlpSpec::Dense { hidden: 32 }, &spec, &loader).unwrap();
    let spare = Spare::default();
    let x = Tensor::rand(-1f32, 1.0, (600, 8), &Device::Cpu).unwrap();
    let whole = mlp.forward(&x, &going(&spare)).unwrap();
    assert_eq!(whole.dims(), [600, 8]);
    for row in [0, 511, 512, 599] {
        let alone = mlp
            .forward(&x.narrow(0, row, 1).unwrap(), &going(&spare))
            .unwrap();
        let difference = (whole.narrow(0, row, 1).unwrap() - alone).unwrap();
        let worst = difference.abs().unwrap().max_all().unwrap();
        assert!(worst.to_scalar::<f32>().unwrap() < 1e-6, "row {row}");
    }
    let stopped = Run {
        cancelled: &|| true,
        spare: &spare,
    };
    assert!(matches!(mlp.forward(&x, &stopped), Err(Error::Cancelled)));
}
