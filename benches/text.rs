//! The Text screen from a key to the bytes of the frame, on 65,536 tokens and a screen of 200 x 60.

mod screen;

use std::cell::Cell;
use std::sync::{Arc, OnceLock};

use divan::Bencher;
use headlight::capture::{Capture, Layer, LayerRecord, RowNumbers, Rule, Shape, Thumbnails, Token};
use headlight::token::Label;
use headlight::view::{Code, Event, Options, State, Stroke, Update, update};
use screen::{Counted, SIZE};

fn main() {
    divan::main();
}

const TOKENS: usize = 65_536;
const HEADS: usize = 4;
const DIM: usize = 64;

/// Random queries and keys of four heads of 64 dimensions.
fn record() -> LayerRecord {
    let mut state = 1u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    let mut vector = |count: usize| (0..count).map(|_| random()).collect::<Vec<f32>>();
    let rows = || vec![0.5; HEADS * TOKENS];
    let tiles = vec![0.1; HEADS * 64 * 64];
    LayerRecord {
        layer: Layer(0),
        heads: HEADS,
        kv_heads: 1,
        tokens: TOKENS,
        head_dim: DIM,
        q: vector(HEADS * TOKENS * DIM).into(),
        k: vector(TOKENS * DIM).into(),
        lse: vec![10.0; HEADS * TOKENS].into(),
        rule: Rule::scaled(0.5),
        rows: RowNumbers::of(std::array::from_fn(|_| rows())).into(),
        received: rows().into(),
        thumbnails: Thumbnails::of(64, tiles.clone(), tiles),
        value_norms: rows().into(),
        dense: None,
        trail: None,
    }
}

fn capture() -> Arc<Capture> {
    static CAPTURE: OnceLock<Arc<Capture>> = OnceLock::new();
    let made = || {
        let token = |i: usize| match i % 50 {
            49 => "\n".to_owned(),
            _ => format!(" word{}", i % 977),
        };
        let tokens = (0..TOKENS).map(|i| Token {
            id: i as u32,
            label: Label::of_token(token(i).as_bytes()),
        });
        Arc::new(Capture {
            origin: Arc::default(),
            text: String::new(),
            tokens: Arc::new(tokens.collect()),
            shape: Shape {
                layers: 1,
                heads: HEADS,
                kv_heads: 1,
                head_dim: DIM,
                embedding: HEADS * DIM,
                vocabulary: TOKENS,
                context: TOKENS,
            },
            kept: [Layer(0)].into(),
            layers: vec![Arc::new(record())],
            predictions: Arc::default(),
            logits: None,
            loss: None,
        })
    };
    Arc::clone(CAPTURE.get_or_init(made))
}

/// The Text screen of the capture.
struct Screen {
    state: State,
    screen: Counted,
}

impl Screen {
    fn new() -> Self {
        let (width, height) = SIZE;
        let mut state = State::new(Options {
            half_blocks: true,
            ..Options::default()
        });
        update(&mut state, Event::Resize { width, height });
        update(&mut state, Event::Work(Update::Capture(capture())));
        let mut screen = Self {
            state,
            screen: Counted::new(),
        };
        screen.press('2');
        screen
    }

    fn press(&mut self, key: char) {
        let stroke = Stroke {
            code: match key {
                '\n' => Code::Enter,
                '\u{8}' => Code::Backspace,
                key => Code::Char(key),
            },
            ctrl: false,
            alt: false,
        };
        update(&mut self.state, Event::Key(stroke));
    }

    /// Draws a frame; tells its bytes.
    fn draw(&mut self) -> usize {
        self.screen.draw(&self.state)
    }
}

/// Presses the keys one after the other, a key a sample: update and frame.
fn keys(bencher: Bencher, before: &str, keys: &str) {
    let mut screen = Screen::new();
    before.chars().for_each(|key| screen.press(key));
    screen.draw();
    let most = Cell::new(0);
    let mut next = keys.chars().cycle();
    bencher.bench_local(|| {
        let Some(key) = next.next() else { return };
        screen.press(key);
        let bytes = screen.draw();
        most.set(bytes.max(most.get()));
    });
    eprintln!("  most bytes of a key: {}", most.get());
}

/// Another token: its row, from the end of the text.
#[divan::bench]
fn token(bencher: Bencher) {
    keys(bencher, "G", "hhhhlll");
}

/// Another token: its column.
#[divan::bench]
fn token_who_attends(bencher: Bencher) {
    keys(bencher, "gw", "llllhhh");
}

/// Another line, which scrolls.
#[divan::bench]
fn line(bencher: Bencher) {
    keys(bencher, "G", "k");
}

/// Another number of each token.
#[divan::bench]
fn number(bencher: Bencher) {
    keys(bencher, "G", "t");
}

/// Another hit of a line that is in many places.
#[divan::bench]
fn next_hit(bencher: Bencher) {
    keys(bencher, "/word7\n", "n");
}

/// A letter of a sought line.
#[divan::bench]
fn sought_letter(bencher: Bencher) {
    keys(bencher, "/word7", "3\u{8}");
}

/// The whole text into lines, at another width each time.
#[divan::bench]
fn wrap(bencher: Bencher) {
    let mut screen = Screen::new();
    let mut width = 200;
    bencher.bench_local(|| {
        width = if width == 200 { 190 } else { 200 };
        let height = SIZE.1;
        update(&mut screen.state, Event::Resize { width, height });
    });
}
