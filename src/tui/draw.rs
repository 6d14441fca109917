//! One frame.

use ratatui::Frame;

use super::canvas::{Canvas, first_fitting};
use super::panel;
use super::theme::{Role, Theme};
use crate::paint::Palette;
use crate::view::{Area, LEAST, State};

/// Draws the state with a palette, or with the usual one of a depth. Reads the state and changes
/// nothing; the size of the screen reaches the state as an event, and what does not fit the frame is
/// left out.
pub fn draw(frame: &mut Frame, state: &State, palette: impl Into<Palette>) {
    let theme = Theme::new(shown(palette.into(), state));
    let mut canvas = Canvas {
        buffer: frame.buffer_mut(),
        theme,
    };
    let layout = state.layout();
    if layout.too_small {
        return too_small(&mut canvas);
    }
    panel::header(&mut canvas, layout.header, state);
    panel::map(&mut canvas, layout.map, state);
    panel::grid(&mut canvas, layout.grid, state);
    panel::text(&mut canvas, layout.text, state);
    panel::atlas(&mut canvas, layout.atlas, state);
    panel::table(&mut canvas, layout.table, state);
    panel::list(&mut canvas, layout.list, state);
    panel::flow(&mut canvas, layout.flow, state);
    panel::message(&mut canvas, layout.message, state);
    panel::footer(&mut canvas, layout.footer, state);
    panel::palette(&mut canvas, layout.footer, state);
    panel::prompt(&mut canvas, layout.footer, state);
    panel::popup(&mut canvas, state);
    panel::editor(&mut canvas, state);
}

/// The palette with the map that the person went on to.
pub(super) fn shown(palette: Palette, state: &State) -> Palette {
    Palette {
        map: palette.map.after(state.map_steps()),
        ..palette
    }
}

/// One line that says what is needed.
fn too_small(canvas: &mut Canvas) {
    let screen = *canvas.buffer.area();
    let (width, height) = LEAST;
    let text = format!(
        "needs {width}x{height}, has {}x{}",
        screen.width, screen.height
    );
    let tries = [text, format!("{width}x{height}!"), "!".to_owned()];
    let tries = tries.map(|text| vec![canvas.span(text, Role::Accent)]);
    let line = first_fitting(tries, screen.width);
    canvas.line(0, 0, screen.width, &line);
}

/// A box of at most `width x height` in the middle of the screen.
pub fn middle(screen: (u16, u16), width: u16, height: u16) -> Area {
    let (width, height) = (width.min(screen.0), height.min(screen.1));
    Area {
        x: (screen.0 - width) / 2,
        y: (screen.1 - height) / 2,
        width,
        height,
    }
}
