//! What is shown, as PNG, as SVG and as text: every cell at its level, every label safe.

use std::collections::HashMap;

use headlight::capture::{Capture, Head, Key, Layer, Pool, Query};
use headlight::export::{Drawing, ExportError, Format, Request, draw, lines, picture, write_lines};
use headlight::lens::{Measure, Pattern, Repeats, Scale, Select, Tiles, TokenNumber, all_numbers};
use headlight::paint::{Colormap, Depth, Ground, LEVELS, Level, Palette, Ramp, Tint};
use headlight::view::{
    AtlasPicture, Direction, ENDINGS, PatternPicture, Picture, Shade, Shown, TextPicture,
};
use proptest::prelude::*;

use crate::fixture::{break_row, capture, words};
use crate::pictures::Picture as Decoded;

fn pattern(layer: usize, head: usize, scale: Scale) -> PatternPicture {
    PatternPicture {
        layer: Layer(layer),
        select: Select::Head(Head(head)),
        scale,
        part: None,
        pool: Pool::Max,
    }
}

fn shown(layer: usize, head: usize, scale: Scale) -> Picture {
    Picture::Pattern(pattern(layer, head, scale))
}

fn atlas(run: &Capture, shown: Shown) -> AtlasPicture {
    AtlasPicture {
        shown,
        scale: Scale::Sqrt,
        layers: 0..run.shape.layers,
        heads: 0..run.shape.heads,
        kept: None,
        filter: String::new(),
    }
}

/// The text in lines of so many tokens.
fn text(run: &Capture, chosen: usize, line: usize) -> TextPicture {
    let tokens: Vec<usize> = (0..run.len()).collect();
    let lines = tokens.chunks(line);
    TextPicture {
        layer: Layer(0),
        select: Select::Head(Head(0)),
        direction: Direction::Attends,
        shade: Shade::Weight,
        scale: Scale::Sqrt,
        chosen,
        other: Some(0),
        lines: lines
            .map(|line| line.iter().map(|&token| (token, 0..usize::MAX)).collect())
            .collect(),
    }
}

fn drawn(run: &Capture, picture: &Picture, palette: Palette) -> String {
    let mut out = Vec::new();
    draw(run, picture, palette, Drawing::Svg, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn decoded(run: &Capture, picture: &Picture, palette: Palette) -> Decoded {
    Decoded::of(|out| draw(run, picture, palette, Drawing::Png, out))
}

fn written(run: &Capture, picture: &Picture, depth: Depth) -> String {
    let mut out = Vec::new();
    write_lines(run, picture, Ramp::new(depth.into()), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn palette(ground: Ground, map: Colormap) -> Palette {
    Palette {
        depth: Depth::True,
        ground,
        map,
    }
}

/// The number after `name="`.
fn number(element: &str, name: &str) -> f32 {
    let from = element.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
    element[from..].split('"').next().unwrap().parse().unwrap()
}

fn fill(element: &str) -> String {
    element.split(" fill=\"").nth(1).unwrap()[..7].to_owned()
}

fn hex(colour: Option<Tint>) -> Option<String> {
    let [r, g, b] = colour?.rgb();
    Some(format!("#{r:02x}{g:02x}{b:02x}"))
}

/// The rectangles of a grid of an SVG.
fn grid(svg: &str, at: usize) -> Vec<&str> {
    let group = svg.split("crispEdges\">").nth(at + 1).unwrap();
    let group = group.split("</g>").next().unwrap();
    group.lines().filter(|l| l.starts_with("<rect")).collect()
}

/// The colour of every square of an SVG's cells, by row and column.
fn squares(svg: &str) -> HashMap<(usize, usize), String> {
    let rectangles = grid(svg, 0);
    let first = rectangles[0];
    let (left, top, side) = (
        number(first, "x"),
        number(first, "y"),
        number(first, "height"),
    );
    let mut cells = HashMap::new();
    for rectangle in rectangles {
        let row = ((number(rectangle, "y") - top) / side).round() as usize;
        let column = ((number(rectangle, "x") - left) / side).round() as usize;
        for at in 0..(number(rectangle, "width") / side).round() as usize {
            cells.insert((row, column + at), fill(rectangle));
        }
    }
    cells
}

#[test]
fn an_svg_shows_every_cell_at_the_level_of_the_screen() {
    let run = capture(&["The", " cat", " sat", " on", " it"], 2, 2, Some(3));
    for (scale, palette) in [
        (Scale::Raw, Depth::True.into()),
        (Scale::Sqrt, palette(Ground::Light, Colormap::Magma)),
    ] {
        let found = squares(&drawn(&run, &shown(1, 0, scale), palette));
        let ramp = Ramp::new(palette);
        let pattern = Pattern::new(&run.layers[1], Select::Head(Head(0)), scale);
        for row in 0..5 {
            for key in 0..5 {
                let value = pattern.cell(Query(row), Key(key));
                let expected = hex(ramp.tint(ramp.level(value)));
                assert_eq!(found.get(&(row, key)), expected.as_ref(), "{row} {key}");
            }
        }
    }
}

/// Every rectangle of an SVG's grids has its colour at its middle in the PNG.
fn assert_same(run: &Capture, picture: &Picture, palette: Palette) -> usize {
    let seen = decoded(run, picture, palette);
    let svg = drawn(run, picture, palette);
    assert_eq!(seen.width as f32, 2.0 * number(&svg, "width"));
    assert_eq!(seen.height as f32, 2.0 * number(&svg, "height"));
    let grids = svg.matches("crispEdges\">").count();
    let rectangles: Vec<&str> = (0..grids).flat_map(|at| grid(&svg, at)).collect();
    for rectangle in &rectangles {
        let [x, y, width, height] = ["x", "y", "width", "height"].map(|n| number(rectangle, n));
        let at = (2.0 * x + width, 2.0 * y + height);
        let [r, g, b] = seen.at(at.0 as usize, at.1 as usize);
        let colour = format!("#{r:02x}{g:02x}{b:02x}");
        assert_eq!(fill(rectangle), colour, "{rectangle}");
    }
    rectangles.len()
}

#[test]
fn a_png_has_the_colours_of_the_svg() {
    let run = capture(&["The", " cat", " sat", " on", " it"], 2, 3, Some(3));
    let part = Picture::Pattern(PatternPicture {
        part: Some(Tiles {
            tile: 1,
            rows: 2..5,
            columns: 0..4,
        }),
        ..pattern(0, 1, Scale::Sqrt)
    });
    for looks in [
        Palette::from(Depth::Ansi256),
        palette(Ground::Light, Colormap::Magma),
    ] {
        assert!(assert_same(&run, &part, looks) > 4);
        let heads = Picture::Atlas(atlas(&run, Shown::Picture));
        assert!(assert_same(&run, &heads, looks) > 40);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_picture_of_any_size_is_the_same_in_both(
        n in 1usize..90,
        heads in 1usize..5,
        window in proptest::option::of(1usize..9),
        light in any::<bool>(),
    ) {
        let run = capture(&words(n), 2, heads, window);
        let ground = if light { Ground::Light } else { Ground::Dark };
        let looks = palette(ground, Colormap::Blues);
        prop_assert!(assert_same(&run, &shown(1, heads - 1, Scale::Sqrt), looks) > 0);
        prop_assert!(assert_same(&run, &Picture::Atlas(atlas(&run, Shown::Picture)), looks) > 0);
        let shades = Picture::Text(text(&run, n / 2, 7));
        assert_same(&run, &shades, looks);
    }
}

#[test]
fn a_fine_grid_is_an_image_and_the_picture_keeps_to_a_size() {
    let run = capture(&words(420), 1, 1, None);
    let picture = shown(0, 0, Scale::Log);
    let looks = palette(Ground::Light, Colormap::Blues);
    let svg = drawn(&run, &picture, looks);
    assert!(
        svg.contains("data:image/png;base64,") && svg.len() < 400_000,
        "{}",
        svg.len()
    );
    let seen = decoded(&run, &picture, looks);
    assert!(seen.width < 4000 && seen.height < 4000);
    assert_eq!(seen.width as f32, 2.0 * number(&svg, "width"));
    let (left, top, side) = seen.plot();
    let cell = side / 420;
    let pattern = Pattern::new(&run.layers[0], Select::Head(Head(0)), Scale::Log);
    for (query, key) in [(0, 0), (419, 0), (419, 419), (350, 20), (3, 400)] {
        let value = pattern.cell(Query(query), Key(key));
        let expected = crate::pictures::level(value, Colormap::Blues);
        let at = (left + key * cell, top + query * cell);
        assert_eq!(seen.at(at.0, at.1), expected, "{query} {key}");
    }
}

#[test]
fn an_svg_is_well_formed_whatever_the_tokens() {
    let hostile = [
        "<script>",
        "a&b\"'",
        "\u{1b}[2J",
        "]]>",
        "\u{202e}",
        "\u{fffe}",
        " 😀",
    ];
    let mut run = capture(&hostile, 1, 1, None);
    run.text = hostile.concat();
    break_row(&mut run, 0, 0, 2);
    for picture in [
        shown(0, 0, Scale::Log),
        Picture::Text(text(&run, 6, 3)),
        Picture::Atlas(AtlasPicture {
            kept: Some(Vec::new()),
            filter: "<b>\u{1b}".to_owned(),
            ..atlas(&run, Shown::Picture)
        }),
    ] {
        let svg = drawn(&run, &picture, Depth::True.into());
        assert!(!svg.contains("<script") && !svg.contains(|c: char| c.is_control() && c != '\n'));
        // Every element is closed, in order.
        let mut open = Vec::new();
        for tag in svg
            .split('<')
            .skip(1)
            .map(|part| part.split('>').next().unwrap())
        {
            let name = tag.trim_start_matches('/').split(' ').next().unwrap();
            match (tag.starts_with('/'), tag.ends_with('/')) {
                (true, _) => assert_eq!(open.pop(), Some(name)),
                (false, true) => {}
                (false, false) => open.push(name),
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }
    let svg = drawn(&run, &shown(0, 0, Scale::Log), Depth::True.into());
    assert!(svg.contains("&lt;script&gt;") && svg.contains("a&amp;b&quot;"));
    assert!(svg.contains(">NaN</text>") && svg.contains("log scale"));
}

#[test]
fn every_picture_says_what_it_shows() {
    let mut run = capture(&words(30), 2, 3, None);
    run.text = words(30).concat();
    let says = |picture: &Picture, all: &[&str]| {
        let svg = drawn(&run, picture, palette(Ground::Light, Colormap::Blues));
        let txt = written(&run, picture, Depth::None);
        let png = decoded(&run, picture, Depth::True.into()).entries;
        let told: String = png.into_iter().map(|(_, text)| text + "\n").collect();
        for &said in all.iter().chain(&["30 tokens", "The cat sat on"]) {
            assert!(svg.contains(said) && txt.contains(said), "{said}\n{txt}");
        }
        assert!(told.contains(all[0]), "{told}");
    };
    let mean = Picture::Pattern(PatternPicture {
        select: Select::Mean,
        part: Some(Tiles {
            tile: 2,
            rows: 5..10,
            columns: 0..4,
        }),
        pool: Pool::Mean,
        ..pattern(1, 0, Scale::Sqrt)
    });
    says(
        &mean,
        &[
            "Layer 1, Mean of 3 Heads · sqrt scale",
            "the square root of weights",
            "a cell is the mean of 2 × 2 weights",
            "queries 10–19, keys 0–7 of 30",
            "query (attends)",
            "key (attended to)",
            "attention weight, sqrt scale",
        ],
    );
    let shades = |direction, shade, scale| {
        Picture::Text(TextPicture {
            direction,
            shade,
            scale,
            other: Some(9),
            ..text(&run, 7, 10)
        })
    };
    says(
        &shades(Direction::Attends, Shade::Weight, Scale::Log),
        &[
            "Layer 0, Head 0 · what 'It' attends to · log scale",
            "(7), the chosen token",
        ],
    );
    says(
        &shades(Direction::Attended, Shade::Weight, Scale::Raw),
        &["Layer 0, Head 0 · who attends to 'It'", "→ 'It'(7) "],
    );
    says(
        &shades(
            Direction::Attends,
            Shade::Number(TokenNumber::Entropy),
            Scale::Raw,
        ),
        &["Layer 0, Head 0 · entropy of each token", "uniform"],
    );
    let heads = Picture::Atlas(AtlasPicture {
        layers: 1..2,
        heads: 0..2,
        kept: Some(vec![(Layer(1), Head(1))]),
        filter: "layer 1, head 1".to_owned(),
        ..atlas(&run, Shown::Number(Measure::Previous))
    });
    says(
        &heads,
        &[
            "All Heads · previous",
            "weight on the token before",
            "layers 1–1 of 2",
            "heads 0–1 of 3",
            "1 of 6 heads: layer 1, head 1",
        ],
    );
}

#[test]
fn the_atlas_tells_every_number_and_marks_what_a_filter_drops() {
    let run = capture(&words(12), 3, 4, None);
    let heads = atlas(&run, Shown::Number(Measure::SelfWeight));
    let table = written(&run, &Picture::Atlas(heads.clone()), Depth::None);
    let svg = drawn(&run, &Picture::Atlas(heads.clone()), Depth::True.into());
    for layer in &run.layers {
        let name = format!("L{}", layer.layer);
        let row = table.lines().find(|line| line.starts_with(&name)).unwrap();
        let found: Vec<&str> = row.split_whitespace().skip(1).collect();
        let all = all_numbers(layer, &Repeats::of(&run));
        let expected = all
            .iter()
            .map(|n| format!("{:.2}", Measure::SelfWeight.of(n).unwrap()));
        assert_eq!(found, expected.collect::<Vec<_>>());
        for number in found {
            assert!(svg.contains(&format!(">{number}</text>")), "{number}");
        }
    }
    let filtered = AtlasPicture {
        kept: Some(vec![(Layer(2), Head(3))]),
        ..heads
    };
    let table = written(&run, &Picture::Atlas(filtered), Depth::None);
    let row = table.lines().find(|line| line.starts_with("L0")).unwrap();
    assert_eq!(row.split_whitespace().skip(1).collect::<String>(), "····");
}

#[test]
fn each_token_of_a_text_stands_on_the_colour_of_its_weight() {
    let run = capture(&["The", " cat", " 猫", " sat", "\n", " on"], 1, 2, None);
    let picture = Picture::Text(text(&run, 3, 5));
    let looks = palette(Ground::Light, Colormap::Blues);
    let ramp = Ramp::new(looks);
    let pattern = Pattern::new(&run.layers[0], Select::Head(Head(0)), Scale::Sqrt);
    let svg = drawn(&run, &picture, looks);
    let chips: Vec<String> = svg
        .lines()
        .filter(|line| line.contains("height=\"17\"") && !line.contains("stroke"))
        .map(fill)
        .collect();
    let expected: Vec<String> = (0..4)
        .filter_map(|key| hex(ramp.tint(ramp.level(pattern.cell(Query(3), Key(key))))))
        .collect();
    assert_eq!(chips, expected);
    assert!(svg.contains(">sat</text>") && svg.contains(">猫</text>"));
    // Below each word its level, below the chosen one its mark.
    let txt = written(&run, &picture, Depth::None);
    let at = txt
        .lines()
        .position(|line| line == "The cat 猫 sat⏎")
        .unwrap();
    let below: Vec<&str> = txt.lines().nth(at + 1).unwrap().split(' ').collect();
    let plain = Ramp::new(Depth::None.into());
    let glyph = |key| plain.glyph(plain.level(pattern.cell(Query(3), Key(key))));
    assert_eq!(
        below,
        [
            &*glyph(0).repeat(3),
            &*glyph(1).repeat(3),
            &*glyph(2).repeat(2),
            "^^^"
        ]
    );
}

#[test]
fn text_without_colours_has_a_glyph_a_cell_and_no_sequence() {
    let run = capture(&["The", " cat", " sat", " 猫"], 1, 2, None);
    let text = written(&run, &shown(0, 1, Scale::Raw), Depth::None);
    assert!(!text.contains('\u{1b}'));
    assert!(text.starts_with("Layer 0, Head 1\nraw scale"), "{text}");
    let ramp = Ramp::new(Depth::None.into());
    let pattern = Pattern::new(&run.layers[0], Select::Head(Head(1)), Scale::Raw);
    let rows: Vec<&str> = text.lines().collect();
    for (query, label) in ["The", "cat", "sat", "猫"].into_iter().enumerate() {
        let row = rows
            .iter()
            .find(|row| row.trim_start().starts_with(&format!("{label} ")));
        let cells: String = (0..=query)
            .map(|key| {
                let value = pattern.cell(Query(query), Key(key));
                ramp.glyph(ramp.level(value)).repeat(2)
            })
            .collect();
        assert!(
            row.unwrap().ends_with(&format!("{label} {cells}")),
            "{text}"
        );
    }
}

#[test]
fn text_in_colours_has_only_colours_and_ends_each_line_without() {
    let hostile = ["a", "\u{1b}]0;x\u{7}", "b", "\u{9b}2J"];
    let mut run = capture(&hostile, 1, 1, None);
    break_row(&mut run, 0, 0, 3);
    let pictures = [
        shown(0, 0, Scale::Sqrt),
        Picture::Text(text(&run, 3, 2)),
        Picture::Atlas(atlas(&run, Shown::Picture)),
        Picture::Atlas(atlas(&run, Shown::Number(Measure::Previous))),
    ];
    for depth in [Depth::Ansi16, Depth::Ansi256, Depth::True] {
        for picture in &pictures {
            let text = written(&run, picture, depth);
            assert!(text.contains("\u{1b}["), "{text}");
            for sequence in text.split('\u{1b}').skip(1) {
                let end = sequence.find('m').unwrap();
                let colour = |c: char| c.is_ascii_digit() || c == ';';
                assert!(sequence.starts_with('[') && sequence[1..end].chars().all(colour));
            }
            for line in text.lines().filter(|line| line.contains('\u{1b}')) {
                let last = line.rsplit('\u{1b}').next().unwrap();
                assert!(last.starts_with("[0m"), "{line:?}");
            }
        }
        let text = written(&run, &pictures[0], depth);
        assert!(text.contains('×'), "the broken row is not told");
    }
}

#[test]
fn a_part_is_the_part_and_long_texts_are_pooled() {
    let run = capture(&words(300), 1, 1, None);
    let part = Picture::Pattern(PatternPicture {
        part: Some(Tiles {
            tile: 2,
            rows: 50..60,
            columns: 45..55,
        }),
        ..pattern(0, 0, Scale::Raw)
    });
    let svg = drawn(&run, &part, Depth::True.into());
    let pattern = Pattern::new(&run.layers[0], Select::Head(Head(0)), Scale::Raw);
    let ramp = Ramp::new(Depth::True.into());
    // The first cell, by hand.
    let weights = (100..102).flat_map(|q| (90..92).map(move |k| (q, k)));
    let most = weights
        .filter_map(|(q, k)| pattern.weight(Query(q), Key(k)))
        .fold(0.0, f32::max);
    let expected = hex(ramp.tint(ramp.level(Some(most))));
    assert_eq!(squares(&svg).get(&(0, 0)), expected.as_ref());
    let whole = written(&run, &shown(0, 0, Scale::Raw), Depth::None);
    assert!(whole.contains("largest of 2 × 2 weights"), "{whole}");
    assert!(whole.lines().all(|line| line.chars().count() < 300));
    assert_eq!(ramp.level(None), Level::Masked);
    assert_eq!(usize::from(ramp.levels()), usize::from(LEVELS));
}

#[test]
fn requests_of_several_heads_are_one_picture_or_text_one_after_the_other() {
    let run = capture(&["a", " b", " c"], 2, 2, None);
    let write = |request: &Request, format| {
        let mut out = Vec::new();
        lines(&run, request, format, &mut out).map(|()| String::from_utf8(out).unwrap())
    };
    let all = Request::all(&run);
    let text = write(&all, Format::Text).unwrap();
    let titles = text.lines().filter(|line| line.starts_with("Layer "));
    assert_eq!(titles.count(), 4);
    assert!(write(&all, Format::Ansi).unwrap().contains("\u{1b}[48;5;"));
    let error = write(&all, Format::Svg).unwrap_err();
    assert!(matches!(error, ExportError::OneLayer { found: 2 }));
    let layer = Request {
        layers: vec![Layer(1)],
        ..all
    };
    let svg = write(&layer, Format::Svg).unwrap();
    assert!(svg.contains("Layer 1, Head 0") && svg.contains("Layer 1, Head 1"));
    assert_eq!(svg.matches("crispEdges").count(), 2);
    let none = Request {
        layers: vec![Layer(7)],
        ..layer
    };
    assert!(matches!(
        write(&none, Format::Text),
        Err(ExportError::NoLayer { .. })
    ));
}

#[test]
fn every_screen_is_written_as_the_ending_says() {
    let run = capture(&["a", " b", " c"], 1, 1, None);
    let folder = tempfile::tempdir().unwrap();
    let looks = Palette::from(Depth::Ansi256);
    let screens = [
        ("heads", shown(0, 0, Scale::Sqrt), "Layer 0, Head 0"),
        ("text", Picture::Text(text(&run, 1, 2)), "Layer 0, Head 0"),
        (
            "atlas",
            Picture::Atlas(atlas(&run, Shown::Picture)),
            "All Heads",
        ),
        (
            "numbers",
            Picture::Atlas(atlas(&run, Shown::Number(Measure::First))),
            "All Heads",
        ),
    ];
    for (name, screen, title) in &screens {
        for ending in ENDINGS {
            let path = folder.path().join(format!("{name}.{ending}"));
            picture(&path, &run, screen, looks).unwrap();
            let bytes = std::fs::read(&path).unwrap();
            let begins: &[u8] = match ending {
                "png" => b"\x89PNG",
                "svg" => b"<svg ",
                _ => title.as_bytes(),
            };
            assert!(bytes.starts_with(begins), "{name}.{ending}");
            assert!(bytes.len() > 200, "{name}.{ending} is empty");
            let colours = String::from_utf8_lossy(&bytes).contains("48;5;");
            assert_eq!(colours, ending == "ansi", "{name}.{ending}");
        }
        // Something is drawn besides the ground.
        let seen = decoded(&run, screen, looks);
        assert!(
            seen.count([20, 22, 28]) < seen.width * seen.height * 99 / 100,
            "{name}"
        );
    }
    let written = std::fs::read_dir(folder.path()).unwrap().count();
    let wrong = folder.path().join("head.jpeg");
    assert!(picture(&wrong, &run, &shown(0, 0, Scale::Raw), looks).is_err());
    // Nothing half-written is left.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), written);
}

#[test]
fn what_can_not_be_shown_is_an_error_and_no_empty_picture() {
    let mut run = capture(&words(4), 1, 1, None);
    let nowhere = [
        shown(3, 0, Scale::Raw),
        shown(0, 3, Scale::Raw),
        Picture::Text(TextPicture {
            lines: Vec::new(),
            ..text(&run, 0, 2)
        }),
        Picture::Atlas(AtlasPicture {
            heads: 0..0,
            ..atlas(&run, Shown::Picture)
        }),
    ];
    let fails = |run: &Capture, picture: &Picture| {
        let mut out = Vec::new();
        let drawn = draw(run, picture, Depth::True.into(), Drawing::Png, &mut out);
        let lines = write_lines(run, picture, Ramp::new(Depth::None.into()), &mut out);
        drawn.is_err() && lines.is_err() && out.is_empty()
    };
    for picture in &nowhere {
        assert!(fails(&run, picture), "{picture:?}");
    }
    let heads = Picture::Atlas(atlas(&run, Shown::Picture));
    run.layers.clear();
    assert!(fails(&run, &heads));
}
