//! Plots, decoded and looked at.

use std::io::Cursor;
use std::sync::Arc;

use headlight::capture::{Capture, Head, Key, Layer, Query};
use headlight::export::{ExportError, Format, Request, Style, all_heads, export, flow, heatmap};
use headlight::lens::{Scale, Select};
use headlight::paint::{Colormap, Depth, Ground, Palette, Ramp, Tint};

use crate::fixture::{break_row, capture, words};

const PAPER: [u8; 3] = [255; 3];
const FRAME: [u8; 3] = [26; 3];

/// The colour of a shown value at the screen's levels on white paper; the paper where it is masked.
pub fn level(value: Option<f32>, map: Colormap) -> [u8; 3] {
    let ramp = Ramp::new(Palette {
        depth: Depth::True,
        ground: Ground::Light,
        map,
    });
    ramp.tint(ramp.level(value)).map_or(PAPER, Tint::rgb)
}

fn blues(value: Option<f32>) -> [u8; 3] {
    level(value, Colormap::Blues)
}

pub struct Picture {
    pub width: usize,
    pub height: usize,
    pixels: Vec<u8>,
    pub entries: Vec<(String, String)>,
}

impl Picture {
    pub fn of(write: impl FnOnce(&mut dyn std::io::Write) -> Result<(), ExportError>) -> Self {
        let mut bytes = Vec::new();
        write(&mut bytes).unwrap();
        let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(frame.color_type, png::ColorType::Rgb);
        let entries = reader.info().utf8_text.iter();
        Self {
            width: frame.width as usize,
            height: frame.height as usize,
            pixels,
            entries: entries
                .map(|e| (e.keyword.clone(), e.get_text().unwrap()))
                .collect(),
        }
    }

    fn head(capture: &Capture, scale: Scale) -> Self {
        Self::of(|out| heatmap(capture, Layer(0), Select::Head(Head(0)), scale, out))
    }

    pub fn at(&self, x: usize, y: usize) -> [u8; 3] {
        let start = (y * self.width + x) * 3;
        [0, 1, 2].map(|c| self.pixels[start + c])
    }

    pub fn count(&self, colour: [u8; 3]) -> usize {
        self.pixels
            .as_chunks::<3>()
            .0
            .iter()
            .filter(|p| **p == colour)
            .count()
    }

    /// Pixels of a rectangle that are not white.
    fn ink(&self, x: std::ops::Range<usize>, y: std::ops::Range<usize>) -> usize {
        y.map(|y| x.clone().filter(|&x| self.at(x, y) != [255; 3]).count())
            .sum()
    }

    /// The first plot's corner inside of its frame, and its side: the frame's upper edge is the
    /// first run of its colour that is longer than any letter is wide.
    pub fn plot(&self) -> (usize, usize, usize) {
        for y in 0..self.height {
            let mut x = 0;
            while x < self.width {
                let run = (x..self.width)
                    .take_while(|&x| self.at(x, y) == FRAME)
                    .count();
                if run > 60 {
                    return (x + 2, y + 2, run - 4);
                }
                x += run.max(1);
            }
        }
        panic!("no plot is framed");
    }
}

#[test]
fn cells_have_the_colours_of_their_weights() {
    for (n, window) in [(1, None), (9, Some(4)), (35, None), (100, None)] {
        let capture = capture(&words(n), 1, 2, window);
        let picture = Picture::head(&capture, Scale::Raw);
        let (left, top, side) = picture.plot();
        assert_eq!(side % n, 0, "every token has cells of one size");
        let cell = side / n;
        for query in 0..n {
            for key in 0..n {
                let weight = capture.layers[0].weight(Head(0), Query(query), Key(key));
                let expected = blues(weight);
                let (x, y) = (left + key * cell + cell / 2, top + query * cell + cell / 2);
                assert_eq!(
                    picture.at(x, y),
                    expected,
                    "query {query}, key {key} of {n}"
                );
            }
        }
    }
}

#[test]
fn masked_cells_zeros_and_nan_are_three_colours() {
    let (zero, nan) = (blues(Some(0.0)), blues(Some(f32::NAN)));
    let apart = |a: [u8; 3], b: [u8; 3]| a.iter().zip(b).map(|(a, b)| a.abs_diff(b)).max();
    assert!(apart(PAPER, zero) > Some(18) && apart(nan, zero) > Some(60));

    let mut broken = capture(&words(12), 1, 1, None);
    assert_eq!(Picture::head(&broken, Scale::Raw).count(nan), 0);
    break_row(&mut broken, 0, 0, 7);
    for scale in Scale::ALL {
        let picture = Picture::head(&broken, scale);
        let (left, top, side) = picture.plot();
        let cell = side / 12;
        // Without the sink, key 0 is 0 by definition.
        let first = usize::from(scale == Scale::NoSink);
        for key in first..8 {
            let (x, y) = (left + key * cell + cell / 2, top + 7 * cell + cell / 2);
            assert_eq!(picture.at(x, y), nan, "{scale:?}");
        }
        // The rest of the colour is its entry in the legend.
        let legend = picture.count(nan) - (8 - first) * cell * cell;
        assert!(legend > 100 && legend < 1000, "{legend}");
    }
}

#[test]
fn every_token_is_named_on_both_axes_up_to_100() {
    for n in [5, 35, 100] {
        let texts: Vec<&str> = ["mat"; 100][..n].to_vec();
        let picture = Picture::head(&capture(&texts, 1, 1, None), Scale::Raw);
        let (left, top, side) = picture.plot();
        let cell = side / n;
        for i in 0..n {
            let row = top + i * cell + 2..top + (i + 1) * cell - 2;
            assert!(picture.ink(80..left - 8, row) > 15, "row {i} of {n}");
            let column = left + i * cell..left + (i + 1) * cell;
            let below = top + side + 8..top + side + 40;
            assert!(picture.ink(column, below) > 10, "column {i} of {n}");
        }
    }
}

#[test]
fn a_scale_stands_in_the_title_and_the_recipe_goes_along() {
    let capture = capture(&words(6), 1, 2, None);
    let raw = Picture::head(&capture, Scale::Raw);
    let title = |picture: &Picture| picture.entries[0].clone();
    assert_eq!(title(&raw), ("Title".into(), "Layer 0, Head 0".into()));
    let sqrt = Picture::head(&capture, Scale::Sqrt);
    assert_eq!(title(&sqrt).1, "Layer 0, Head 0 · sqrt scale");
    assert!(sqrt.ink(0..sqrt.width, 0..76) > raw.ink(0..raw.width, 0..76));
    let mean = Picture::of(|out| heatmap(&capture, Layer(0), Select::Mean, Scale::Raw, out));
    assert_eq!(title(&mean).1, "Layer 0, Mean of 2 Heads");
    let recipe: serde_json::Value = serde_json::from_str(&raw.entries[2].1).unwrap();
    assert_eq!(recipe["source"], "weights/fixture.pt");
}

#[test]
fn a_map_colours_cells_and_never_what_is_no_weight() {
    let mut broken = capture(&words(12), 1, 2, None);
    break_row(&mut broken, 0, 0, 7);
    for map in Colormap::ALL {
        let style = Style {
            scale: Scale::Sqrt,
            map,
        };
        let draw = |capture: &Capture| {
            Picture::of(|out| heatmap(capture, Layer(0), Select::Head(Head(0)), style, out))
        };
        let picture = draw(&broken);
        let (left, top, side) = picture.plot();
        let cell = side / 12;
        let at = |query: usize, key: usize| {
            picture.at(left + key * cell + cell / 2, top + query * cell + cell / 2)
        };
        for (query, key) in [(0, 0), (5, 2), (11, 11)] {
            let weight = broken.layers[0].weight(Head(0), Query(query), Key(key));
            assert_eq!(at(query, key), level(weight.map(f32::sqrt), map));
        }
        let told = |name: &str| {
            let entry = picture.entries.iter().find(|(key, _)| key == name);
            entry.map(|(_, text)| text.clone())
        };
        assert_eq!(told("Colormap").as_deref(), Some(map.name()));
        assert_eq!(told("Scale").as_deref(), Some("sqrt"));
        let (nan, masked) = (at(7, 3), at(2, 9));
        for i in 0..=23 {
            let colour = level(Some(i as f32 / 23.0), map);
            for other in [nan, masked] {
                let apart = colour.iter().zip(other).map(|(a, b)| a.abs_diff(b)).max();
                assert!(apart > Some(16), "{map:?} at {i}: {other:?} {apart:?}");
            }
        }
    }
    Arc::make_mut(&mut broken.layers[0]).value_norms = Vec::new().into();
    let mut out = Vec::new();
    let error = heatmap(
        &broken,
        Layer(0),
        Select::Mean,
        Scale::ValueWeighted,
        &mut out,
    );
    assert!(matches!(error, Err(ExportError::NoNorms)) && out.is_empty());
}

#[test]
fn all_heads_stand_in_four_columns() {
    let capture = capture(&words(10), 1, 6, None);
    let of = |max| Picture::of(|out| all_heads(&capture, Layer(0), max, Scale::Raw, out));
    let six = of(None);
    assert_eq!(six.entries[0].1, "All Attention Heads - Layer 0");
    let (left, top, side) = six.plot();
    let cell = side / 10;
    // Each panel repeats the first one at a fixed distance: find it by the next frame.
    let next = (left + side + 4..six.width)
        .find(|&x| (0..60).all(|down| six.at(x, top + down) == FRAME))
        .unwrap();
    let (across, down) = (
        next + 2 - left,
        (top + side + 4..six.height)
            .find(|&y| (0..60).all(|right| six.at(left + right, y) == FRAME))
            .unwrap()
            + 2
            - top,
    );
    for head in 0..6 {
        let (x, y) = (left + head % 4 * across, top + head / 4 * down);
        for query in 0..10 {
            for key in 0..=query {
                let weight = capture.layers[0].weight(Head(head), Query(query), Key(key));
                let expected = blues(weight);
                let at = (x + key * cell + cell / 2, y + query * cell + cell / 2);
                assert_eq!(six.at(at.0, at.1), expected, "head {head}");
            }
        }
    }
    assert!(of(Some(2)).width < six.width && of(Some(4)).height < six.height);
    assert_eq!(of(Some(0)).width, of(Some(1)).width);
}

#[test]
fn long_texts_and_many_heads_keep_to_a_size() {
    let long = capture(&words(1500), 1, 1, None);
    let picture = Picture::head(&long, Scale::Raw);
    assert!(picture.width <= 4000 && picture.height <= 4000);
    let many = capture(&words(60), 1, 64, None);
    let picture = Picture::of(|out| all_heads(&many, Layer(0), None, Scale::Raw, out));
    assert!(picture.width <= 4000 && picture.width * picture.height <= 40_000_000);
}

#[test]
fn a_text_of_any_length_is_pooled_and_its_axes_count() {
    // 3500 tokens are more than a picture has cells, and a spike is never lost.
    let long = capture(&words(3500), 1, 1, None);
    let weight = long.layers[0].weight(Head(0), Query(0), Key(0));
    assert!(weight.is_some_and(|weight| weight > 0.99));
    let picture = Picture::head(&long, Scale::Raw);
    assert!(picture.width <= 4000 && picture.height <= 4000);
    assert!(picture.count(blues(Some(1.0))) > 0);
    let comment = picture.entries.iter().find(|(key, _)| key == "Title");
    assert!(comment.is_some_and(|(_, title)| title == "Layer 0, Head 0"));
}

#[test]
fn the_format_draws_a_head_or_heads_of_one_layer() {
    let run = capture(&words(6), 2, 4, None);
    let draw = |layers: &[usize], heads: &[usize]| {
        let request = Request {
            layers: layers.iter().copied().map(Layer).collect(),
            heads: heads.iter().copied().map(Head).collect(),
            ..Request::default()
        };
        let mut out = Cursor::new(Vec::new());
        export(&run, &request, Format::Png, &mut out).map(|()| out.into_inner())
    };
    let bytes = |write: &dyn Fn(&mut Vec<u8>) -> Result<(), ExportError>| {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        out
    };
    let one = bytes(&|out| heatmap(&run, Layer(1), Select::Head(Head(2)), Scale::Raw, out));
    assert_eq!(draw(&[1], &[2]).unwrap(), one);
    let all = bytes(&|out| all_heads(&run, Layer(1), None, Scale::Raw, out));
    assert_eq!(draw(&[1], &[0, 1, 2, 3]).unwrap(), all);
    let some = Picture::of(|out| {
        let bytes = draw(&[1], &[3, 1])?;
        Ok(out.write_all(&bytes)?)
    });
    let title = some.entries.iter().find(|(key, _)| key == "Title");
    assert!(title.is_some_and(|(_, title)| title == "Attention Heads - Layer 1"));
    let error = draw(&[0, 1], &[2]).unwrap_err().to_string();
    assert!(error.contains("2 layers are requested"), "{error}");
    assert!(matches!(draw(&[0], &[4]), Err(ExportError::NoHead { .. })));
}

#[test]
fn the_flow_has_both_series_and_breaks_at_nan() {
    const SELF: [u8; 3] = [31, 119, 180];
    const PREVIOUS: [u8; 3] = [255, 127, 14];
    let mut run = capture(&words(12), 5, 2, None);
    let whole = Picture::of(|out| flow(&run, out));
    assert!(whole.count(SELF) > 1000 && whole.count(PREVIOUS) > 1000);
    break_row(&mut run, 2, 0, 3);
    let broken = Picture::of(|out| flow(&run, out));
    let nan = blues(Some(f32::NAN));
    assert_eq!(whole.count(nan), 0);
    assert!(broken.count(nan) > 20, "the layer says NaN");
    assert!(broken.count(SELF) < whole.count(SELF) * 3 / 4);
    for layers in [1, 40] {
        let run = capture(&words(3), layers, 1, None);
        assert!(Picture::of(|out| flow(&run, out)).count(SELF) > 300);
    }
    let none = capture(&words(3), 0, 1, None);
    assert!(matches!(
        flow(&none, &mut Vec::new()),
        Err(ExportError::Empty)
    ));
}

#[test]
fn what_is_out_of_range_gives_the_range() {
    let capture = capture(&words(3), 2, 4, None);
    let mut out = Vec::new();
    let head = Select::Head(Head(4));
    let error = heatmap(&capture, Layer(1), head, Scale::Raw, &mut out).unwrap_err();
    let said = "there is no head 4: the heads of a layer are 0 to 3";
    assert_eq!(error.to_string(), said);
    assert!(all_heads(&capture, Layer(2), None, Scale::Raw, &mut out).is_err());
    assert!(out.is_empty());
}

#[test]
fn hostile_names_and_tokens_are_drawn_safely() {
    let mut capture = capture(&["\x1b[31m", "猫", "\u{10ffff}", "", "\u{301}"], 1, 1, None);
    Arc::make_mut(&mut capture.origin).name = "\x1b]0;x\x07".repeat(5000);
    let picture = Picture::head(&capture, Scale::Raw);
    assert!(picture.width < 2000);
}
