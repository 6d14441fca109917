//! Which heads link two tokens, as a list over the screen.

use super::super::canvas::{Canvas, Titles};
use super::super::draw::middle;
use super::super::theme::Role;
use super::super::words::{bar, quoted, weight};
use crate::view::State;

/// Columns of the list at most.
const WIDTH: u16 = 64;

/// The list, with the entry `chosen`.
pub(super) fn links(canvas: &mut Canvas, state: &State, chosen: usize) {
    let (cursor, links) = (state.cursor(), state.links());
    let screen = state.size();
    let height = u16::try_from(links.len())
        .unwrap_or(u16::MAX)
        .saturating_add(2);
    let most = screen.1.saturating_sub(2).min(screen.1 * 3 / 4).max(3);
    let area = middle(
        screen,
        screen.0.saturating_sub(4).min(WIDTH),
        height.clamp(3, most),
    );
    canvas.clear(area);
    let inner = area.inner();
    let rows = usize::from(inner.height).max(1);
    // The chosen entry stays in the middle where there are entries on both sides.
    let first = chosen
        .saturating_sub(rows / 2)
        .min(links.len().saturating_sub(rows));
    let label = |position: usize| state.capture().and_then(|c| c.label(position));
    let room = usize::from(area.width / 4).max(6);
    let left = vec![
        canvas.span(quoted(label(cursor.query.0), room), Role::Query),
        canvas.span(format!("({})", cursor.query), Role::Dim),
        canvas.span(" → ", Role::Dim),
        canvas.span(quoted(label(cursor.key.0), room), Role::Strong),
        canvas.span(format!("({})", cursor.key), Role::Dim),
    ];
    let last = (first + rows).min(links.len());
    let told = match links.len() > rows {
        true => format!("{}–{last} of {} heads", first + 1, links.len()),
        false => format!("{} heads", links.len()),
    };
    let titles = Titles {
        left,
        right: vec![canvas.span(told, Role::Dim)],
        ..Titles::default()
    };
    canvas.frame(area, true, &titles);
    let most = links.last().map_or(0, |_| state.layers().saturating_sub(1));
    let digits = 1 + most.checked_ilog10().unwrap_or(0) as usize;
    for (row, (at, link)) in links.iter().enumerate().skip(first).take(rows).enumerate() {
        let marked = at == chosen;
        let shown = (link.layer, link.head) == (cursor.layer, cursor.head);
        let role = match (marked, shown) {
            (true, _) => Role::Accent,
            (false, true) => Role::Strong,
            (false, false) => Role::Text,
        };
        let place = format!("L{:<digits$} H{:<3}", link.layer.0, link.head.0);
        let kind = state.kind_of(link.layer, link.head);
        let kind = kind.map_or("", |kind| kind.kind.name());
        let line = [
            canvas.span(if marked { "▸" } else { " " }, Role::Accent),
            canvas.span(format!("{:>4} ", at + 1), Role::Dim),
            canvas.span(place, role),
            canvas.span(if shown { "● " } else { "  " }, Role::Accent),
            canvas.span(format!("{:<10}", kind), Role::Dim),
            canvas.span(format!("{:<6}", weight(link.weight)), role),
        ];
        let y = inner.y + row as u16;
        let used = canvas.line(inner.x, y, inner.width, &line);
        let rest = inner.width.saturating_sub(used + 2);
        let style = canvas
            .theme
            .style(if marked { Role::Accent } else { Role::Own });
        let length = bar(f64::from(link.weight), rest);
        canvas.text(inner.x + used + 1, y, rest, &length, style);
    }
}
