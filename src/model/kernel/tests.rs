//! Every kernel, its portable twin and its definition in f64 agree, at odd sizes and on slices that
//! begin anywhere.

use proptest::prelude::*;
use pulp::{Scalar, WithSimd};

use super::grid::{Tile, tiles};
use super::multiply::Piece;
use super::rows::{Dot, Gated, LogSumExp, Map, Norm};
use super::softmax::{Columns, RowSums, Softmax};
use super::{Elementwise, NARROW, Panels, Product, add, gated, multiply, run};

/// Numbers in -2..2, by xorshift.
fn numbers(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed | 1;
    let number = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 22) as f32 - 2.0
    };
    std::iter::repeat_with(number).take(count).collect()
}

/// Whether both are within `bound` of the definition, relative where it is above 1.
fn hold(found: [f32; 2], expected: f64, bound: f64) -> bool {
    found
        .iter()
        .all(|&x| (f64::from(x) - expected).abs() <= bound * expected.abs().max(1.0))
}

/// Runs a kernel on both.
fn both<K: WithSimd>(kernel: impl Fn() -> K) -> [K::Output; 2] {
    [run(kernel()), kernel().with_simd(Scalar)]
}

fn erf(x: f64) -> f64 {
    // The series of Abramowitz & Stegun 7.1.5; 60 terms are exact to f64 for |x| <= 3.
    if x.abs() > 3.0 {
        return x.signum() * (1.0 - 2.2e-5f64.min((-x * x).exp()));
    }
    let (mut term, mut sum) = (x, x);
    for n in 1..60 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    sum * 2.0 / std::f64::consts::PI.sqrt()
}

fn exactly(function: Elementwise, x: f64) -> f64 {
    match function {
        Elementwise::GeluErf => x * (1.0 + erf(x / 2f64.sqrt())) / 2.0,
        Elementwise::GeluTanh => {
            let u = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x * x * x);
            x * (1.0 + u.tanh()) / 2.0
        }
        Elementwise::Relu => x.max(0.0),
        Elementwise::Swish(slope) => x / (1.0 + (-f64::from(slope) * x).exp()),
    }
}

const FUNCTIONS: [Elementwise; 5] = [
    Elementwise::GeluErf,
    Elementwise::GeluTanh,
    Elementwise::Relu,
    Elementwise::Swish(1.0),
    Elementwise::Swish(1.702),
];

fn mapped(function: Elementwise, values: &[f32], scalar: bool) -> Vec<f32> {
    let mut values = values.to_vec();
    let map = Map {
        function,
        values: &mut values,
    };
    match scalar {
        true => map.with_simd(Scalar),
        false => run(map),
    }
    values
}

#[test]
fn activations_are_their_definitions() {
    let sweep: Vec<f32> = (-40_000..40_000).map(|i| i as f32 / 2000.0).collect();
    for function in FUNCTIONS {
        // The series of erf in f64 is exact only near 0.
        let reach = match function {
            Elementwise::GeluErf => 4.2,
            _ => 20.0,
        };
        let found = mapped(function, &sweep, false);
        let twin = mapped(function, &sweep, true);
        for ((&x, &a), &b) in sweep.iter().zip(&found).zip(&twin) {
            if x.abs() < reach {
                let expected = exactly(function, f64::from(x));
                assert!(
                    hold([a, b], expected, 1e-6),
                    "{function:?} {x}: {a} {b} {expected}"
                );
            }
        }
        for x in [-1e30f32, -300.0, 300.0, 1e30] {
            let expected = if x > 0.0 { x } else { 0.0 };
            let found = mapped(function, &[x], false)[0];
            assert!(
                (found - expected).abs() <= 1e-6 * x.abs(),
                "{function:?} {x}: {found}"
            );
        }
        for portable in [false, true] {
            // In a whole vector, and in what is left after one.
            for count in [1, 64] {
                let found = mapped(function, &vec![f32::NAN; count], portable);
                assert!(found.iter().all(|y| y.is_nan()), "{function:?} {portable}");
            }
        }
        for (gate, up) in [(f32::NAN, 1.0), (1.0, f32::NAN)] {
            let (mut found, ups) = (vec![gate; 65], vec![up; 65]);
            gated(function, Some(7.0), &mut found, &ups);
            assert!(found.iter().all(|y| y.is_nan()), "{function:?} {gate} {up}");
        }
    }
}

#[test]
fn tiles_have_every_cell_once() {
    for (rows, columns, height, width) in [(7, 11, 3, 4), (1, 1, 9, 9), (5, 6, 1, 6), (0, 3, 2, 2)]
    {
        let mut matrix = vec![0.0; rows * columns];
        for (number, mut tile) in tiles(&mut matrix, columns, height, width)
            .into_iter()
            .enumerate()
        {
            let (across, down) = (tile.columns.clone(), tile.rows.len());
            assert_eq!(
                number,
                tile.rows.start / height * columns.div_ceil(width) + across.start / width
            );
            for row in 0..down {
                assert_eq!(tile.row(row).len(), across.len());
                tile.row(row).iter_mut().for_each(|cell| *cell += 1.0);
            }
            assert!(tile.row(down).is_empty());
        }
        assert!(matrix.iter().all(|cell| *cell == 1.0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn products_are_sums(
        (rows, depth, columns) in (1usize..20, 1usize..70, 1usize..120),
        (transposed, added, biased, narrow) in any::<(bool, bool, bool, bool)>(),
        (skip, before) in (0usize..5, 0usize..3),
        seed in any::<u64>(),
    ) {
        let w = numbers(seed, depth * columns);
        let x = numbers(seed ^ 7, before + rows * (depth + skip));
        let x = &x[before..];
        let bias = numbers(seed ^ 9, columns);
        let mut panels = Panels::weights(&w, depth, columns, transposed);
        if narrow {
            panels.pack(&w, depth, columns, transposed, NARROW);
        }
        let weight = |k: usize, c: usize| f64::from(match transposed {
            true => w[c * depth + k],
            false => w[k * columns + c],
        });
        prop_assert!(panels.column(columns - 1).zip(0..).all(|(v, k)| f64::from(v) == weight(k, columns - 1)));
        // Some rows of the matrix only, as values of visible keys are.
        let used = depth / 3..depth;
        let product = Product {
            x,
            stride: depth + skip,
            matrix: &panels,
            depth: used.clone(),
            bias: biased.then_some(&bias[..]),
            add: added,
        };
        let held = numbers(seed ^ 3, rows * columns);
        let (mut y, mut twin) = (held.clone(), held.clone());
        multiply(&product, &mut y);
        Piece { product: &product, tile: Tile::whole(&mut twin, 0..columns) }.with_simd(Scalar);
        for (at, (y, twin)) in y.into_iter().zip(twin).enumerate() {
            let (row, column) = (at / columns, at % columns);
            let mut expected: f64 = used.clone().zip(0..)
                .map(|(k, at)| f64::from(x[row * (depth + skip) + at]) * weight(k, column))
                .sum();
            if biased { expected += f64::from(bias[column]); }
            if added { expected += f64::from(held[at]); }
            prop_assert!(hold([y, twin], expected, 3e-5), "{row} {column}: {y} {twin} {expected}");
        }
    }

    #[test]
    fn rows_are_their_definitions(count in 1usize..100, before in 0usize..4, seed in any::<u64>()) {
        let all = numbers(seed, 4 * count + before);
        let parts: Vec<&[f32]> = all[before..].chunks(count).collect();
        let (x, weight, bias) = (parts[0], parts[1], parts[2]);
        let f = |x: f32| f64::from(x);
        // Elements.
        for function in FUNCTIONS {
            let (found, twin) = (mapped(function, x, false), mapped(function, x, true));
            for (at, &x) in x.iter().enumerate() {
                prop_assert!(hold([found[at], twin[at]], exactly(function, f(x)), 1e-6));
            }
            for limit in [None, Some(0.7)] {
                let mut gates = [x.to_vec(), x.to_vec()];
                let [found, twin] = &mut gates;
                run(Gated { function, limit, gate: found, up: weight });
                Gated { function, limit, gate: twin, up: weight }.with_simd(Scalar);
                for at in 0..count {
                    let (gate, up) = match limit {
                        None => (x[at], weight[at]),
                        Some(limit) => (x[at].min(limit), weight[at].clamp(-limit, limit) + 1.0),
                    };
                    let expected = exactly(function, f(gate)) * f(up);
                    prop_assert!(hold([found[at], twin[at]], expected, 3e-6));
                }
            }
        }
        // Sums.
        let expected: f64 = x.iter().zip(weight).map(|(a, b)| f(*a) * f(*b)).sum();
        let sums = both(|| Dot { a: x, b: weight });
        prop_assert!(hold(sums, expected, 2e-5));
        let top = x.iter().copied().fold(f32::MIN, f32::max);
        let expected = x.iter().map(|&x| (f(x) - f(top)).exp()).sum::<f64>().ln() + f(top);
        let found = both(|| LogSumExp { x });
        prop_assert!(hold(found.map(|x| x as f32), expected, 1e-6));
        let mut sum = x.to_vec();
        add(&mut sum, weight, 0.3);
        for at in 0..count {
            prop_assert!(hold([sum[at]; 2], f(x[at]) + f(0.3) * f(weight[at]), 1e-6));
        }
        // Norms.
        for bias in [None, Some(bias)] {
            let mut outputs = [vec![0.0; count], vec![0.0; count]];
            let [found, twin] = &mut outputs;
            let epsilon = 1e-2;
            run(Norm { x, weight, bias, epsilon, into: found });
            Norm { x, weight, bias, epsilon, into: twin }.with_simd(Scalar);
            let mean = bias.map_or(0.0, |_| x.iter().map(|&x| f(x)).sum::<f64>() / count as f64);
            let square = x.iter().map(|&x| (f(x) - mean).powi(2)).sum::<f64>() / count as f64;
            for at in 0..count {
                let y = (f(x[at]) - mean) / (square + f(epsilon)).sqrt() * f(weight[at]);
                let expected = y + bias.map_or(0.0, |bias| f(bias[at]));
                prop_assert!(hold([found[at], twin[at]], expected, 2e-5));
            }
        }
    }

    #[test]
    fn a_row_is_the_softmax(
        (query, window, pad) in (0usize..200, prop::option::of(1usize..70), 0usize..3),
        (softcap, slope, sink) in (
            prop::option::of(0.5f32..40.0),
            prop::option::of(-0.5f32..0.5),
            prop::option::of(-3f32..3.0),
        ),
        seed in any::<u64>(),
    ) {
        let start = window.map_or(0, |w| (query + 1).saturating_sub(w));
        let from = start / 16 * 16;
        let width = (query + 1 - from).next_multiple_of(16) + 16 * pad;
        let dots: Vec<f32> = numbers(seed, width).iter().map(|x| 6.0 * x).collect();
        let scale = 0.7;
        let one = |scalar: bool| -> (RowSums, Vec<f32>, Vec<f32>, Vec<f32>) {
            let (mut cells, mut max, mut sum) = (dots.clone(), vec![0.25; width], vec![1.0; width]);
            let softmax = Softmax {
                cells: &mut cells,
                from,
                visible: start..query + 1,
                scale,
                softcap,
                slope,
                sink,
                columns: Columns { max: &mut max, sum: &mut sum },
            };
            let sums = if scalar { softmax.with_simd(Scalar) } else { run(softmax) };
            (sums, cells, max, sum)
        };
        let score = |key: usize| -> f64 {
            let mut score = f64::from(scale) * f64::from(dots[key - from]);
            if let Some(cap) = softcap.map(f64::from) {
                score = cap * (score / cap).tanh();
            }
            score + slope.map_or(0.0, f64::from) * (key as f64 - query as f64)
        };
        let top = (start..=query).map(score).fold(f64::MIN, f64::max);
        let sink = sink.map_or(0.0, |sink| (f64::from(sink) - top).exp());
        let total = (start..=query).map(|key| (score(key) - top).exp()).sum::<f64>() + sink;
        let weight = |key: usize| (score(key) - top).exp() / total;
        let (found, twin) = (one(false), one(true));
        for (at, key) in (from..from + width).enumerate() {
            let seen = (start..=query).contains(&key);
            let expected = if seen { weight(key) } else { 0.0 };
            prop_assert!(hold([found.1[at], twin.1[at]], expected, 1e-5), "{key}");
            prop_assert!(seen || found.1[at] == 0.0);
            prop_assert!(hold([found.2[at], twin.2[at]], expected.max(0.25), 1e-5));
            prop_assert!(hold([found.3[at], twin.3[at]], 1.0 + expected, 1e-5));
        }
        let seen = || (start..=query).map(|key| (key, weight(key)));
        let others = || seen().filter(|(key, _)| *key > 0);
        let expected = [
            top + total.ln(),
            -seen().map(|(_, w)| if w > 0.0 { w * w.ln() } else { 0.0 }).sum::<f64>(),
            seen().map(|(key, w)| if key == 0 { w } else { 0.0 }).sum(),
            others().map(|(_, w)| w).sum(),
            others().map(|(key, w)| w * (query - key) as f64).sum(),
        ];
        let sums = |s: &RowSums| [s.lse, s.entropy, s.first, s.rest, s.rest_distance];
        for (number, expected) in expected.into_iter().enumerate() {
            let found = [sums(&found.0)[number] as f32, sums(&twin.0)[number] as f32];
            prop_assert!(hold(found, expected, 1e-5), "{number}: {found:?} {expected}");
        }
    }
}

/// How many numbers a vector of the kernels holds.
struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) -> usize {
        S::F32_LANES
    }
}

#[test]
#[cfg(target_arch = "x86_64")]
fn the_vectors_of_the_processor_are_used() {
    let has_avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    let least = if has_avx2 { 8 } else { 1 };
    assert!(run(Lanes) >= least, "{} lanes", run(Lanes));
}
