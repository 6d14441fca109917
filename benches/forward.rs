//! The forward pass with everything that it captures: GPT-2 small's shape, untrained, all logits.
//!
//! `cargo bench --bench forward`; `RAYON_NUM_THREADS` sets the threads, `-- 4096 --include-ignored`
//! runs the longest text.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::sync::OnceLock;

use candle_core::Device;
use divan::Bencher;
use headlight::model::{Decoder, LayerRecord, Precision, Probe, Sizes, Untrained, untrained};

struct Keep(Vec<LayerRecord>);

impl Probe for Keep {
    fn block(&mut self, record: LayerRecord) -> ControlFlow<()> {
        self.0.push(record);
        ControlFlow::Continue(())
    }

    fn logits(&mut self, _first: usize, rows: &[f32], _vocabulary: usize) {
        black_box(rows);
    }
}

const VOCABULARY: usize = 50257;

fn decoder() -> &'static Decoder {
    static DECODER: OnceLock<Decoder> = OnceLock::new();
    DECODER.get_or_init(|| {
        let sizes = Sizes {
            vocabulary: VOCABULARY,
            context: 4096,
            embedding: 768,
            heads: 12,
            layers: 12,
        };
        let (plan, weights) = (untrained(sizes), Untrained { seed: 0 });
        let decoder = plan.and_then(|plan| {
            let precision = Precision::F32;
            Decoder::load(&plan, &weights, &Device::Cpu, precision, &mut |_, _| {})
        });
        decoder.unwrap_or_else(|error| unreachable!("{error}"))
    })
}

fn forward(bencher: Bencher, n: usize) {
    let decoder = decoder();
    let ids: Vec<u32> = (0..n)
        .map(|i| ((i * 7919 + 13) % VOCABULARY) as u32)
        .collect();
    bencher
        .counter(divan::counter::ItemsCount::new(n))
        .bench(|| {
            let mut keep = Keep(Vec::new());
            let done = decoder.forward(&ids, &mut keep);
            assert!(done.is_ok());
            keep.0
        });
}

#[divan::bench(args = [32, 128, 512, 1024], sample_count = 10, sample_size = 1)]
fn capture(bencher: Bencher, n: usize) {
    forward(bencher, n);
}

#[divan::bench(args = [4096], sample_count = 3, sample_size = 1, ignore)]
fn capture_long(bencher: Bencher, n: usize) {
    forward(bencher, n);
}

fn main() {
    divan::main();
}
