//! What is shown, as SVG and as text: every cell at its level, every label safe.

use std::collections::HashMap;

use headlight::capture::{Capture, Head, Layer, Pool, Query};
use headlight::export::{ExportError, Format, Request, lines, picture, svg, terminal};
use headlight::lens::{Pattern, Scale, Select, Tiles};
use headlight::paint::{Colormap, Depth, Ground, LEVELS, Level, Palette, Ramp, Tint};
use headlight::view::Picture;

use crate::fixture::{break_row, capture, words};
use crate::pictures::Picture as Decoded;

fn shown(layer: usize, head: usize, scale: Scale) -> Picture {
    Picture {
        layer: Layer(layer),
        select: Select::Head(Head(head)),
        scale,
        part: None,
        pool: Pool::Max,
    }
}

fn drawn(capture: &Capture, picture: &Picture, palette: Palette) -> String {
    let mut out = Vec::new();
    svg(capture, picture, palette, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn written(capture: &Capture, picture: &Picture, depth: Depth) -> String {
    let mut out = Vec::new();
    terminal(capture, picture, Ramp::new(depth.into()), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The number after `name="`.
fn number(element: &str, name: &str) -> usize {
    let from = element.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
    element[from..].split('"').next().unwrap().parse().unwrap()
}

/// The colour of every square of an SVG's cells, by row and column.
fn squares(svg: &str, n: usize) -> HashMap<(usize, usize), String> {
    let group = svg.split("crispEdges\">").nth(1).unwrap();
    let rectangles: Vec<&str> = group
        .lines()
        .filter(|line| line.starts_with("<rect"))
        .collect();
    let first = rectangles[0];
    let (left, top, side) = (
        number(first, "x"),
        number(first, "y"),
        number(first, "height"),
    );
    let mut cells = HashMap::new();
    for rectangle in rectangles {
        let row = (number(rectangle, "y") - top) / side;
        if row >= n {
            break;
        }
        let column = (number(rectangle, "x") - left) / side;
        let fill = rectangle.split("fill=\"").nth(1).unwrap()[..7].to_owned();
        for at in 0..number(rectangle, "width") / side {
            cells.insert((row, column + at), fill.clone());
        }
    }
    cells
}

#[test]
fn an_svg_shows_every_cell_at_the_level_of_the_screen() {
    let run = capture(&["The", " cat", " sat", " on", " it"], 2, 2, Some(3));
    for (scale, palette) in [
        (Scale::Raw, Depth::True.into()),
        (
            Scale::Sqrt,
            Palette {
                depth: Depth::True,
                ground: Ground::Light,
                map: Colormap::Magma,
            },
        ),
    ] {
        let found = squares(&drawn(&run, &shown(1, 0, scale), palette), 5);
        let ramp = Ramp::new(palette);
        let pattern = Pattern::new(&run.layers[1], Select::Head(Head(0)), scale);
        for row in 0..5 {
            for key in 0..5 {
                let value = pattern.cell(Query(row), headlight::capture::Key(key));
                let expected = match ramp.tint(ramp.level(value)) {
                    Some(Tint::Rgb([r, g, b])) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
                    _ => None,
                };
                assert_eq!(found.get(&(row, key)), expected.as_ref(), "{row} {key}");
            }
        }
    }
}

#[test]
fn a_png_of_the_screen_has_the_colours_of_the_svg() {
    let run = capture(&["The", " cat", " sat", " on", " it"], 1, 2, Some(3));
    let folder = tempfile::tempdir().unwrap();
    let part = Picture {
        part: Some(Tiles {
            tile: 1,
            rows: 2..5,
            columns: 0..4,
        }),
        ..shown(0, 1, Scale::Sqrt)
    };
    for looks in [
        Palette::from(Depth::Ansi256),
        Palette {
            depth: Depth::True,
            ground: Ground::Light,
            map: Colormap::Magma,
        },
    ] {
        let path = folder.path().join("head.png");
        picture(&path, &run, &part, looks).unwrap();
        let seen = Decoded::of(|out| Ok(out.write_all(&std::fs::read(&path)?)?));
        let svg = drawn(&run, &part, looks);
        assert_eq!(seen.width, 2 * number(&svg, "width"));
        let rectangles = svg.lines().filter(|line| line.starts_with("<rect x"));
        let mut count = 0;
        for rectangle in rectangles {
            let (x, y) = (number(rectangle, "x"), number(rectangle, "y"));
            let [r, g, b] = seen.at(2 * x + 3, 2 * y + 3);
            let colour = format!("fill=\"#{r:02x}{g:02x}{b:02x}\"");
            assert!(rectangle.contains(&colour), "{rectangle} is {colour}");
            count += 1;
        }
        assert!(count > usize::from(LEVELS), "{count} rectangles");
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
    break_row(&mut run, 0, 0, 2);
    let svg = drawn(&run, &shown(0, 0, Scale::Log), Depth::True.into());
    assert!(!svg.contains("<script") && !svg.contains(|c: char| c.is_control() && c != '\n'));
    assert!(svg.contains("&lt;script&gt;") && svg.contains("a&amp;b&quot;"));
    assert!(svg.contains(">NaN</text>") && svg.contains("log scale"));
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

#[test]
fn text_without_colours_has_a_glyph_a_cell_and_no_sequence() {
    let run = capture(&["The", " cat", " sat", " 猫"], 1, 2, None);
    let picture = shown(0, 1, Scale::Raw);
    let text = written(&run, &picture, Depth::None);
    assert!(!text.contains('\u{1b}'));
    assert!(text.starts_with("Layer 0, Head 1 · raw scale\n"), "{text}");
    let ramp = Ramp::new(Depth::None.into());
    let pattern = Pattern::new(&run.layers[0], picture.select, Scale::Raw);
    let rows: Vec<&str> = text.lines().collect();
    for (query, label) in ["The", "cat", "sat", "猫"].into_iter().enumerate() {
        let row = rows
            .iter()
            .find(|row| row.trim_start().starts_with(&format!("{label} ")));
        let cells: String = (0..=query)
            .map(|key| {
                let value = pattern.cell(Query(query), headlight::capture::Key(key));
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
    for depth in [Depth::Ansi16, Depth::Ansi256, Depth::True] {
        let text = written(&run, &shown(0, 0, Scale::Sqrt), depth);
        for sequence in text.split('\u{1b}').skip(1) {
            let end = sequence.find('m').unwrap();
            let colour = |c: char| c.is_ascii_digit() || c == ';';
            assert!(sequence.starts_with('[') && sequence[1..end].chars().all(colour));
        }
        for line in text.lines().filter(|line| line.contains('\u{1b}')) {
            assert!(line.rfind("\u{1b}[0m") > line.rfind("\u{1b}[4"), "{line:?}");
        }
        assert!(text.contains('×'), "the broken row is not told");
    }
}

#[test]
fn a_part_is_the_part_and_long_texts_are_pooled() {
    let run = capture(&words(300), 1, 1, None);
    let part = Picture {
        part: Some(Tiles {
            tile: 2,
            rows: 50..60,
            columns: 45..55,
        }),
        ..shown(0, 0, Scale::Raw)
    };
    let text = written(&run, &part, Depth::None);
    assert!(text.contains("rows 100–119, keys 90–109 of 300"), "{text}");
    assert!(text.contains("the largest of 2 × 2 weights a cell"));
    let svg = drawn(&run, &part, Depth::True.into());
    let pattern = Pattern::new(&run.layers[0], part.select, Scale::Raw);
    let ramp = Ramp::new(Depth::True.into());
    // The first cell, by hand.
    let weights = (100..102).flat_map(|q| (90..92).map(move |k| (q, k)));
    let most = weights
        .filter_map(|(q, k)| pattern.weight(Query(q), headlight::capture::Key(k)))
        .fold(0.0, f32::max);
    let Some(Tint::Rgb([r, g, b])) = ramp.tint(ramp.level(Some(most))) else {
        panic!("no colour");
    };
    assert_eq!(
        squares(&svg, 10)[&(0, 0)],
        format!("#{r:02x}{g:02x}{b:02x}")
    );
    let whole = written(&run, &shown(0, 0, Scale::Raw), Depth::None);
    assert!(whole.contains("of 2 × 2 weights a cell"), "{whole}");
    assert!(whole.lines().all(|line| line.chars().count() < 300));
    assert_eq!(ramp.level(None), Level::Masked);
}

#[test]
fn requests_of_several_heads_are_text_one_after_the_other_but_no_svg() {
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
    assert!(matches!(error, ExportError::OneHead { found: 4 }));
    let one = Request {
        layers: vec![Layer(1)],
        heads: vec![Head(1)],
        ..Request::default()
    };
    assert!(
        write(&one, Format::Svg)
            .unwrap()
            .contains("Layer 1, Head 1")
    );
    let none = Request {
        layers: vec![Layer(7)],
        ..one
    };
    assert!(matches!(
        write(&none, Format::Text),
        Err(ExportError::NoLayer { .. })
    ));
}

#[test]
fn a_file_is_written_as_its_ending_says() {
    let run = capture(&["a", " b", " c"], 1, 1, None);
    let folder = tempfile::tempdir().unwrap();
    let looks = Palette::from(Depth::Ansi256);
    let rows: [(&str, &[u8]); 4] = [
        ("head.png", b"\x89PNG"),
        ("head.svg", b"<svg "),
        ("head.txt", b"Layer 0, Head 0"),
        ("head.ansi", b"Layer 0, Head 0"),
    ];
    for (name, begins) in rows {
        let path = folder.path().join(name);
        picture(&path, &run, &shown(0, 0, Scale::Sqrt), looks).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.starts_with(begins), "{name}");
        let colours = String::from_utf8_lossy(&bytes).contains("\u{1b}[48;5;");
        assert_eq!(colours, name == "head.ansi", "{name}");
    }
    let wrong = folder.path().join("head.jpeg");
    assert!(picture(&wrong, &run, &shown(0, 0, Scale::Raw), looks).is_err());
    // Nothing half-written is left.
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        rows.len()
    );
}
