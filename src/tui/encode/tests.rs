//! What a terminal shows of it, and how few bytes that takes.

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style as Worn;

use super::*;
use crate::tui::halves::Halves;

const SIZE: Rect = Rect::new(0, 0, 30, 6);

/// What a terminal shows: symbols and, where it is seen, how they are drawn.
fn shown(emulator: &vt100::Parser) -> Vec<String> {
    let screen = emulator.screen();
    let cells = (0..SIZE.height).flat_map(|y| (0..SIZE.width).map(move |x| (x, y)));
    let cells = cells.filter_map(|(x, y)| screen.cell(y, x));
    let cells = cells.filter(|cell| !cell.is_wide_continuation());
    let told = cells.map(|cell| {
        let symbol = match cell.contents() {
            "" => " ",
            symbol => symbol,
        };
        let worn = (cell.bold(), cell.dim(), cell.italic(), cell.fgcolor());
        let worn = (symbol != " " || cell.underline() || cell.inverse()).then_some(worn);
        let seen = (cell.bgcolor(), cell.underline(), cell.inverse());
        format!("{symbol} {worn:?} {seen:?}")
    });
    told.collect()
}

fn emulator() -> vt100::Parser {
    let (rows, columns) = (SIZE.height.try_into(), SIZE.width.try_into());
    vt100::Parser::new(rows.unwrap(), columns.unwrap(), 0)
}

/// The codes that a terminal is sent for each cell alone, in full.
fn plainly(buffer: &Buffer) -> Vec<u8> {
    let mut out = b"\x1b[2J".to_vec();
    for y in 0..SIZE.height {
        let mut x = 0;
        while x < SIZE.width {
            let cell = &buffer[(x, y)];
            sequence(format_args!("{};{}H\x1b[0", y + 1, x + 1), &mut out);
            for (modifier, on, _) in MODIFIERS {
                if cell.modifier.contains(modifier) {
                    out.push(b';');
                    out.extend_from_slice(on);
                }
            }
            for (layer, of) in [(3, cell.fg), (4, cell.bg)] {
                out.push(b';');
                colour(of, layer, &mut out);
            }
            out.push(b'm');
            out.extend_from_slice(cell.symbol().as_bytes());
            x += cell.symbol().width().max(1) as u16;
        }
    }
    out
}

fn some_colour() -> impl Strategy<Value = Color> {
    prop_oneof![
        Just(Color::Reset),
        Just(Color::LightRed),
        Just(Color::Cyan),
        Just(Color::Indexed(9)),
        (15u8..20).prop_map(Color::Indexed),
        (0u8..3).prop_map(|blue| Color::Rgb(1, 20, blue)),
    ]
}

fn pieces() -> impl Strategy<Value = Vec<(u16, u16, String, Worn)>> {
    let text = prop_oneof!["[ a▀]{1,9}", "[a日é ]{1,5}", " {9,20}", "👩|é|─"];
    let modifiers = [
        Modifier::empty(),
        Modifier::BOLD,
        Modifier::DIM,
        Modifier::ITALIC,
        Modifier::UNDERLINED,
        Modifier::REVERSED | Modifier::BOLD,
    ];
    let worn = (
        some_colour(),
        some_colour(),
        proptest::sample::select(modifiers.to_vec()),
    );
    let worn =
        worn.prop_map(|(fg, bg, modifier)| Worn::reset().fg(fg).bg(bg).add_modifier(modifier));
    proptest::collection::vec((0..SIZE.width, 0..SIZE.height, text, worn), 0..40)
}

proptest! {
    #[test]
    fn a_terminal_shows_each_frame_as_if_every_cell_were_sent(
        frames in proptest::collection::vec(pieces(), 1..4)
    ) {
        let (mut encoder, mut halves, mut sent) = (Encoder::default(), Halves::default(), emulator());
        let mut before = Buffer::empty(SIZE);
        for pieces in frames {
            let mut buffer = Buffer::empty(SIZE);
            for (x, y, text, worn) in pieces {
                buffer.set_string(x, y, text, worn);
            }
            halves.mend(&mut buffer);
            let mut bytes = Vec::new();
            encoder.encode(before.diff(&buffer).into_iter(), SIZE.width, &mut bytes);
            sent.process(&bytes);
            let mut whole = emulator();
            whole.process(&plainly(&buffer));
            let cells = shown(&sent).into_iter().zip(shown(&whole)).enumerate();
            for (at, (sent, whole)) in cells {
                prop_assert_eq!(sent, whole, "cell {}", at);
            }
            // It is left plain.
            prop_assert!(sent.screen().fgcolor() == vt100::Color::Default);
            prop_assert!(sent.screen().bgcolor() == vt100::Color::Default);
            prop_assert!(!sent.screen().bold() && !sent.screen().inverse());
            before = buffer;
        }
    }
}

fn sent(draw: impl Fn(&mut Buffer)) -> String {
    let before = Buffer::empty(SIZE);
    let mut buffer = before.clone();
    draw(&mut buffer);
    let mut bytes = Vec::new();
    Encoder::default().encode(before.diff(&buffer).into_iter(), SIZE.width, &mut bytes);
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_colour_is_named_once_where_that_is_shorter() {
    let [one, two] = [Color::Rgb(100, 110, 120), Color::Rgb(130, 140, 150)];
    let drawn = sent(|buffer| {
        for y in 0..3 {
            buffer.set_string(0, y, "a", Worn::new().fg(one));
            buffer.set_string(4, y, "b", Worn::new().fg(two));
        }
    });
    let expected = "\x1b[38;2;100;110;120m\x1b[1;1Ha\n\x08a\n\x08a\
                    \x1b[38;2;130;140;150m\x1b[1;5Hb\n\x08b\n\x08b\x1b[m";
    assert_eq!(drawn, expected);
}

#[test]
fn a_gap_of_uncertain_width_is_not_written_again() {
    let mut encoder = Encoder::default();
    let mut frames = ["aéa", "béb"].into_iter().map(|text| {
        let mut buffer = Buffer::empty(SIZE);
        buffer.set_string(0, 0, text, Worn::new());
        buffer
    });
    let (first, second) = (frames.next().unwrap(), frames.next().unwrap());
    let mut bytes = Vec::new();
    encoder.encode(
        Buffer::empty(SIZE).diff(&first).into_iter(),
        SIZE.width,
        &mut bytes,
    );
    bytes.clear();
    encoder.encode(first.diff(&second).into_iter(), SIZE.width, &mut bytes);
    assert_eq!(bytes, b"\x1b[1;1Hb\x1b[Cb");
}

#[test]
fn blanks_that_look_the_same_are_no_byte() {
    let mut encoder = Encoder::default();
    let mut buffer = Buffer::empty(SIZE);
    buffer.set_string(0, 0, "   ", Worn::new().fg(Color::Red));
    let mut bytes = Vec::new();
    encoder.encode(
        Buffer::empty(SIZE).diff(&buffer).into_iter(),
        SIZE.width,
        &mut bytes,
    );
    assert_eq!(bytes, b"");
}

#[test]
fn side_by_side_cells_stay_in_their_order() {
    let drawn = sent(|buffer| {
        buffer.set_string(2, 1, "ab", Worn::new().add_modifier(Modifier::BOLD));
        buffer.set_string(4, 1, " c", Worn::new());
        // A short way is written again, a long one is gone.
        buffer.set_string(9, 1, "d", Worn::new());
        buffer.set_string(16, 1, "e", Worn::new());
    });
    assert_eq!(drawn, "\x1b[1m\x1b[2;3Hab\x1b[m\x1b[Cc   d\x1b[6Ce");
}

#[test]
fn after_what_terminals_disagree_on_a_column_is_named() {
    let drawn = sent(|buffer| {
        buffer.set_string(0, 0, "日", Worn::new());
        buffer.set_string(2, 0, "x", Worn::new());
        buffer.set_string(0, 1, "é", Worn::new());
        buffer.set_string(2, 1, "x", Worn::new());
    });
    assert_eq!(drawn, "\x1b[1;1H日\x1b[1;3Hx\n\x08\x08\x08é\x1b[2;3Hx");
}
