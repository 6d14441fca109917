//! The text itself, each token on the colour of its weight.

use std::ops::Range;

use ratatui::style::Style;

use super::super::canvas::{Canvas, Span, Titles, first_fitting, measure};
use super::super::theme::Role;
use super::super::words::{quoted, weight};
use super::brackets::brackets;
use super::legend::{ends, readout, scale};
use super::map::nothing;
use super::token_look::{Part, TokenLook, in_styles};
use crate::lens::{Select, UNDEFINED};
use crate::paint::Level;
use crate::view::{Area, Direction, Pane, Shade, State, Wrap};

/// The text with its legend and readout.
pub fn text(canvas: &mut Canvas, area: Area, state: &State) {
    if area.is_empty() {
        return;
    }
    let titles = titles(canvas, area.width, state);
    canvas.frame(area, state.focus() != Pane::List, &titles);
    let (inner, plan) = (area.inner(), state.text_plan());
    let field = plan.field;
    let Some((capture, wrap)) = state.capture().zip(state.wrap()) else {
        return nothing(canvas, inner, state);
    };
    let (visible, values) = state.shades();
    brackets(canvas, state, wrap);
    for (at, line) in state.text_lines().enumerate() {
        let (mut x, y) = (field.x, plan.row(at));
        for (token, letters) in wrap.line(line) {
            let Some(label) = capture.label(token) else {
                continue;
            };
            let value = token
                .checked_sub(visible.start)
                .and_then(|at| values.get(at));
            let look = TokenLook {
                level: in_styles(canvas, value.copied().flatten()),
                chosen: state
                    .subject()
                    .contains(&token)
                    .then_some(match state.direction() {
                        Direction::Attends => Role::Query,
                        Direction::Attended => Role::Accent,
                    }),
                other: token == state.other_end() && state.weight().is_some(),
                hit: state.is_hit(token),
            };
            let all = label.letters();
            // The blank before a word is not the word.
            let blank = all.len() > 1 && all.first().is_some_and(|letter| letter.text == " ");
            let all = all.into_iter().enumerate();
            for (at, letter) in all.skip(letters.start).take(letters.len()) {
                let part = match at {
                    0 if blank => Part::Blank,
                    0 => Part::First,
                    _ => Part::Other,
                };
                let (shown, style) = look.letter(canvas, &letter, part);
                let room = (field.x + field.width).saturating_sub(x);
                x += canvas.text(x, y, room, shown, style);
            }
        }
    }
    scroll_mark(canvas, area, state, wrap);
    if state.has_text_legend() {
        let y = inner.y + inner.height - 1;
        let nan = values.iter().flatten().any(|value| value.is_nan());
        let row = Area {
            y,
            height: 1,
            ..inner
        };
        legend(canvas, row, state, nan);
    }
}

/// Which pattern, what the colours stand for, and what part of the text is visible. In a narrow
/// frame words are left out before the scale is.
fn titles(canvas: &Canvas, width: u16, state: &State) -> Titles {
    let subject = state.subject_label();
    let chosen = |width: usize, role| canvas.span(quoted(Some(&subject), width), role);
    let strong = |text: String| canvas.span(text, Role::Strong);
    let left = |brief: bool, width: usize| {
        let mut left = vec![strong(format!("layer {}", state.cursor().layer))];
        left.push(canvas.span(" · ", Role::Dim));
        left.push(match (state.select(), brief) {
            (Select::Head(head), _) => strong(format!("head {head}")),
            (Select::Mean, false) => strong(format!("mean of {} heads", state.heads())),
            (Select::Mean, true) => strong("mean".to_owned()),
        });
        if width > 0 {
            left.push(canvas.span(" · ", Role::Dim));
            match (state.shade(), state.direction()) {
                (Shade::Number(number), _) => left.push(strong(match brief {
                    true => number.name().to_owned(),
                    false => format!("{} of each token", number.name()),
                })),
                (Shade::Weight, Direction::Attends) => {
                    left.push(canvas.span("what ", Role::Dim));
                    left.push(chosen(width, Role::Query));
                    left.push(canvas.span(" attends to", Role::Dim));
                }
                (Shade::Weight, Direction::Attended) => {
                    left.push(canvas.span("who attends to ", Role::Dim));
                    left.push(chosen(width, Role::Accent));
                }
            }
        }
        left
    };
    let scale = state.shade_scale().name();
    let coarse = match (state.shade(), state.is_exact()) {
        (Shade::Weight, false) => "coarse · ",
        _ => "",
    };
    let right = |scale: String| {
        vec![
            canvas.span(coarse, Role::Accent),
            canvas.span(scale, Role::Dim),
        ]
    };
    let tries = [
        (left(false, 24), right(format!("{scale} scale"))),
        (left(true, 16), right(scale.to_owned())),
        (left(true, 8), right(scale.to_owned())),
    ];
    let fits = |(left, right): &(Vec<Span>, Vec<Span>)| measure(left) + measure(right) + 9 <= width;
    let (left, right) = match tries.into_iter().find(fits) {
        Some(titles) => titles,
        None => (left(true, 0), right(scale.to_owned())),
    };
    let mut titles = Titles {
        left,
        right,
        bottom: Vec::new(),
    };
    if let Some(wrap) = state.wrap() {
        let lines = state.text_lines();
        let mut bottom = format!("token {} of {}", state.chosen(), state.tokens());
        if lines.len() < wrap.lines() {
            let part = format!(
                "lines {}–{} of {}",
                lines.start + 1,
                lines.end,
                wrap.lines()
            );
            bottom = format!("{part} · {bottom}");
        }
        titles.bottom = vec![canvas.span(bottom, Role::Dim)];
    }
    titles
}

/// What the looks of tokens stand for, and the exact value at the chosen one.
fn legend(canvas: &mut Canvas, row: Area, state: &State, nan: bool) {
    if state.layer().is_none() {
        let text = format!(" layer {} is not computed yet", state.cursor().layer);
        let style = canvas.theme.style(Role::Dim);
        canvas.text(row.x, row.y, row.width, &text, style);
        return;
    }
    let (low, high) = match state.shade() {
        Shade::Weight => ends(state.scale()),
        Shade::Number(number) => match number.ends() {
            Some((low, high)) => (low.to_owned(), high.to_owned()),
            None => ("0".to_owned(), weight(state.largest().unwrap_or(f32::NAN))),
        },
    };
    let used = match canvas.theme.has_colour() {
        true => scale(canvas, row, (&low, &high), nan),
        false => samples(canvas, row, (&low, &high)),
    };
    let room = row.width.saturating_sub(used + 4);
    let line = match state.shade() {
        Shade::Weight => readout(canvas, state, room),
        Shade::Number(number) => {
            let at = state.chosen();
            let label = state.capture().and_then(|capture| capture.label(at));
            let share = state.share_of_number(number, at);
            let (value, note) = match share {
                Some(_) => (weight(state.shade_number(at)), number.unit()),
                None => (UNDEFINED.to_owned(), state.why_undefined(number, at)),
            };
            let line = |width: usize, name: &str, note: &str| {
                vec![
                    canvas.span(quoted(label, width), Role::Query),
                    canvas.span(format!("({at})  {name}"), Role::Dim),
                    canvas.span(format!("{value} {note}").trim_end(), Role::Accent),
                ]
            };
            let name = format!("{}  ", number.name());
            let tries = [
                line(24, &name, note),
                line(24, &name, ""),
                line(8, &name, ""),
                // The title names it, too.
                line(8, "", ""),
                vec![canvas.span(value.as_str(), Role::Accent)],
            ];
            first_fitting(tries, room)
        }
    };
    canvas.line(row.x + used + 3, row.y, room, &line);
}

/// The looks of all levels without colours, from least to most; tells the cells used.
fn samples(canvas: &mut Canvas, row: Area, (low, high): (&str, &str)) -> u16 {
    let style = canvas.theme.style(Role::Dim);
    let mut x = row.x;
    x += canvas.text(x, row.y, row.width, &format!(" {low} "), style);
    for level in 0..TokenLook::PLAIN_LEVELS {
        let look = TokenLook {
            level: Level::Value(level),
            ..TokenLook::default()
        };
        x += canvas.text(x, row.y, 3, "abc", look.style(canvas));
        x += canvas.text(x, row.y, 1, " ", Style::new());
    }
    x += canvas.text(x, row.y, row.width, high, style);
    x - row.x
}

/// Marks on the right of the frame where the visible lines are among all.
fn scroll_mark(canvas: &mut Canvas, area: Area, state: &State, wrap: &Wrap) {
    let (lines, all) = (state.text_lines(), wrap.lines());
    if lines.len() >= all {
        return;
    }
    let mark = if canvas.theme.has_colour() {
        "┃"
    } else {
        "█"
    };
    let style = canvas.theme.style(Role::Strong);
    let (x, inner) = (area.x + area.width - 1, area.inner());
    for at in track(&lines, all, usize::from(inner.height)) {
        canvas.text(x, inner.y + at as u16, 1, mark, style);
    }
}

/// The cells of a track of `cells` for the visible part of `all` lines: at least one, and at an
/// end only where that end is visible.
fn track(visible: &Range<usize>, all: usize, cells: usize) -> Range<usize> {
    let length = (visible.len() * cells / all.max(1)).clamp(1, cells.max(1));
    let (room, hidden) = (cells.saturating_sub(length), all - visible.len());
    let mut first = visible.start * room / hidden.max(1);
    if room >= 2 {
        let low = usize::from(visible.start > 0);
        let high = room - usize::from(visible.end < all);
        first = first.clamp(low, high.max(low));
    }
    first..(first + length).min(cells)
}

#[cfg(test)]
mod tests {
    use super::track;

    #[test]
    fn the_track_tells_both_ends() {
        assert_eq!(track(&(0..10), 1000, 10), 0..1);
        assert_eq!(track(&(1..11), 1000, 10), 1..2);
        assert_eq!(track(&(989..999), 1000, 10), 8..9);
        assert_eq!(track(&(990..1000), 1000, 10), 9..10);
        assert_eq!(track(&(5..15), 20, 10), 2..7);
    }
}
