//! From a key to the bytes of the frame, on a layer of GPT-2's size and a screen of 200 x 60.

mod screen;

use std::cell::Cell;
use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};

use divan::Bencher;
use headlight::capture::{Capture, LayerRecord, Shape, Token};
use headlight::model::{Decoder, Precision, Probe, Sizes, Untrained, untrained};
use headlight::token::Label;
use headlight::view::{Cancel, Code, Effect, Event, Options, State, Stroke, Update, look, update};
use screen::{Counted, SIZE};

fn main() {
    divan::main();
}

const TOKENS: usize = 4096;

#[derive(Default)]
struct Keep(Vec<Arc<LayerRecord>>);

impl Probe for Keep {
    fn block(&mut self, record: LayerRecord) -> ControlFlow<()> {
        self.0.push(Arc::new(record));
        ControlFlow::Continue(())
    }

    fn logits(&mut self, _first: usize, _rows: &[f32], _vocabulary: usize) {}
}

/// Two layers of twelve heads of 64 dimensions, of random weights, on 4096 tokens.
fn capture() -> Arc<Capture> {
    static CAPTURE: OnceLock<Arc<Capture>> = OnceLock::new();
    let made = || {
        let sizes = Sizes {
            vocabulary: 256,
            context: TOKENS,
            embedding: 768,
            heads: 12,
            layers: 2,
        };
        let plan = untrained(sizes).ok()?;
        let cpu = candle_core::Device::Cpu;
        let weights = Untrained { seed: 1 };
        let decoder = Decoder::load(&plan, &weights, &cpu, Precision::F32, &mut |_, _| {}).ok()?;
        let ids: Vec<u32> = (0..TOKENS as u32).map(|i| i * i % 251).collect();
        let mut run = Keep::default();
        decoder.forward(&ids, &mut run).ok()?;
        let tokens = ids.iter().map(|&id| Token {
            id,
            label: Label::of_token(format!(" word{id}").as_bytes()),
        });
        Some(Capture {
            origin: Arc::default(),
            text: String::new(),
            tokens: Arc::new(tokens.collect()),
            shape: Shape {
                layers: 2,
                heads: 12,
                kv_heads: 12,
                head_dim: 64,
                embedding: 768,
                vocabulary: 256,
                context: TOKENS,
            },
            kept: run.0.iter().map(|record| record.layer).collect(),
            layers: run.0,
            predictions: Arc::default(),
            logits: None,
            loss: None,
        })
    };
    let capture = CAPTURE.get_or_init(|| match made() {
        Some(capture) => Arc::new(capture),
        None => std::process::abort(),
    });
    Arc::clone(capture)
}

/// The explorer on a screen whose bytes are counted.
struct Explorer {
    state: State,
    screen: Counted,
}

impl Explorer {
    fn new() -> Self {
        let (width, height) = SIZE;
        let mut state = State::new(Options {
            half_blocks: true,
            ..Options::default()
        });
        update(&mut state, Event::Resize { width, height });
        let mut explorer = Self {
            state,
            screen: Counted::new(),
        };
        let effects = explorer.event(Event::Work(Update::Capture(capture())));
        explorer.serve(effects);
        explorer
    }

    fn event(&mut self, event: Event) -> Vec<Effect> {
        update(&mut self.state, event)
    }

    fn press(&mut self, key: char) -> Vec<Effect> {
        self.event(Event::Key(Stroke {
            code: Code::Char(key),
            ctrl: false,
            alt: false,
        }))
    }

    /// Does what the lens's thread does, and takes what it tells.
    fn serve(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            if let Effect::Look(asked) = effect {
                let mut told = Vec::new();
                look(asked, &Cancel::new(), &mut |update| told.push(update));
                for update in told {
                    self.event(Event::Work(update));
                }
            }
        }
    }

    /// Draws a frame; tells its bytes.
    fn draw(&mut self) -> usize {
        self.screen.draw(&self.state)
    }
}

/// Presses the keys one after the other, a key a sample: update and frame. `wait` is for what the
/// lens computes in the background.
fn keys(bencher: Bencher, before: &str, keys: &str, wait: bool) {
    let mut explorer = Explorer::new();
    for key in before.chars() {
        let effects = explorer.press(key);
        explorer.serve(effects);
    }
    explorer.draw();
    let most = Cell::new(0);
    let mut next = keys.chars().cycle();
    bencher.bench_local(|| {
        let Some(key) = next.next() else { return };
        let effects = explorer.press(key);
        let mut bytes = explorer.draw();
        if wait {
            explorer.serve(effects);
            bytes += explorer.draw();
        }
        most.set(bytes.max(most.get()));
    });
    eprintln!("  most bytes of a key: {}", most.get());
}

/// The cursor by one token, at the whole head.
#[divan::bench]
fn cursor_at_fit(bencher: Bencher) {
    keys(bencher, "G", "kkkkllllkkkkllll", true);
}

/// The cursor by one token, among single cells, inside of the window.
#[divan::bench]
fn cursor_at_single_cells(bencher: Bencher) {
    keys(bencher, "zzzzz", "lhlhlh", true);
}

/// The cursor by one token at the edge of the window: all cells move.
#[divan::bench]
fn scroll_at_single_cells(bencher: Bencher) {
    keys(bencher, "Gzzzzz", "k", true);
}

/// Another head: the frame with its thumbnail.
#[divan::bench]
fn head_switch_to_thumbnail(bencher: Bencher) {
    keys(bencher, "", "}}}}}}}}}}{{{{{{{{{{", false);
}

/// Another head: until its exact cells are drawn. The lens keeps what fits its memory, so every
/// head is new once only, and the slowest samples are those.
#[divan::bench(sample_count = 11)]
fn head_switch_to_exact(bencher: Bencher) {
    keys(bencher, "{{{{{{{{{{{", "}", true);
}

/// Zoom in and out again.
#[divan::bench]
fn zoom(bencher: Bencher) {
    keys(bencher, "G", "zzzzzzZZZZZZ", true);
}

/// The mean over twelve heads and back, exactly.
#[divan::bench(sample_count = 10)]
fn mean_over_heads(bencher: Bencher) {
    keys(bencher, "", "m", true);
}

/// Every scale, whole head, exactly.
#[divan::bench(sample_count = 6)]
fn scales(bencher: Bencher) {
    keys(bencher, "", "s", true);
}
