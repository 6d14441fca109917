//! What the lens costs at any length: windows of exact weights, pyramids, and views drawn from them.

use std::hint::black_box;

use divan::Bencher;
use headlight::capture::{Head, Layer, LayerRecord, Pool, Query, RowNumbers, Rule, Thumbnails};
use headlight::lens::{Pattern, Pyramid, Scale, Select, Tiles, top_keys};

fn main() {
    divan::main();
}

const HEADS: usize = 12;
const DIM: usize = 64;

/// Random queries and keys of one head of 64 dimensions, or of twelve.
fn record(tokens: usize, heads: usize) -> LayerRecord {
    let mut state = 1u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    let mut vector = |count: usize| -> Vec<f32> { (0..count).map(|_| random()).collect() };
    let lse = (0..heads * tokens).map(|at| ((at % tokens + 1) as f32).ln());
    LayerRecord {
        layer: Layer(0),
        heads,
        kv_heads: heads,
        tokens,
        head_dim: DIM,
        q: vector(heads * tokens * DIM).into(),
        k: vector(heads * tokens * DIM).into(),
        lse: lse.collect(),
        rule: Rule::scaled(0.125),
        rows: RowNumbers::default(),
        received: vec![0.0; heads * tokens].into(),
        thumbnails: Thumbnails::default(),
        value_norms: vec![1.0; heads * tokens].into(),
        dense: None,
        trail: None,
    }
}

const LENGTHS: [usize; 4] = [1024, 4096, 16384, 65536];

/// 1000 x 1000 weights below the diagonal.
#[divan::bench(args = LENGTHS)]
fn window_of_1000(bencher: Bencher, tokens: usize) {
    let layer = record(tokens, 1);
    let pattern = Pattern::new(&layer, Select::Head(Head(0)), Scale::Raw);
    bencher.bench_local(|| black_box(pattern.window(tokens - 1000..tokens, 0..1000, None)));
}

/// The same at each scale, at 4096 tokens, with the factors of rows at hand.
#[divan::bench(args = Scale::ALL.map(Scale::name))]
fn window_of_1000_scaled(bencher: Bencher, scale: &str) {
    let layer = record(4096, 1);
    let scale = Scale::ALL.into_iter().find(|s| s.name() == scale);
    let pattern = Pattern::new(&layer, Select::Head(Head(0)), scale.unwrap_or_default());
    let factors = pattern.factors(0..4096);
    bencher.bench_local(|| black_box(pattern.window(3000..4000, 0..1000, Some(&factors))));
}

/// What a screen of 200 x 60 shows of single cells.
#[divan::bench(args = LENGTHS)]
fn window_of_a_screen(bencher: Bencher, tokens: usize) {
    let layer = record(tokens, 1);
    let pattern = Pattern::new(&layer, Select::Head(Head(0)), Scale::Raw);
    bencher.bench_local(|| black_box(pattern.window(tokens - 100..tokens, 0..120, None)));
}

/// The keys that one query attends to most.
#[divan::bench(args = LENGTHS)]
fn list(bencher: Bencher, tokens: usize) {
    let layer = record(tokens, 1);
    let pattern = Pattern::new(&layer, Select::Head(Head(0)), Scale::Raw);
    bencher.bench_local(|| black_box(top_keys(&pattern, Query(tokens - 1), tokens)));
}

/// A whole head, exactly, in the background.
#[divan::bench(args = LENGTHS, max_time = 6)]
fn pyramid(bencher: Bencher, tokens: usize) {
    let layer = record(tokens, 1);
    let pattern = Pattern::new(&layer, Select::Head(Head(0)), Scale::Raw);
    bencher.bench_local(|| black_box(Pyramid::build(&pattern, &|| false)));
}

/// The mean of twelve heads.
#[divan::bench(args = [1024, 4096], max_time = 6)]
fn pyramid_of_the_mean(bencher: Bencher, tokens: usize) {
    let layer = record(tokens, HEADS);
    let pattern = Pattern::new(&layer, Select::Mean, Scale::Raw);
    bencher.bench_local(|| black_box(Pyramid::build(&pattern, &|| false)));
}

/// A whole head from its pyramid.
#[divan::bench(args = LENGTHS)]
fn view_of_all(bencher: Bencher, tokens: usize) {
    let layer = record(tokens, 1);
    let pattern = Pattern::new(&layer, Select::Head(Head(0)), Scale::Raw);
    let Some(pyramid) = Pyramid::build(&pattern, &|| false) else {
        return;
    };
    // What fits a screen of 200 x 60: 86 tiles a side.
    let tile = tokens * 3 / 256;
    let tiles = Tiles {
        tile,
        rows: 0..tokens.div_ceil(tile),
        columns: 0..tokens.div_ceil(tile),
    };
    bencher.bench_local(|| black_box(pyramid.view(&tiles, Pool::Mean)));
}
