//! The explorer as the event loop runs it.

use ratatui::Frame;

use super::draw::{draw, shown};
use super::event_loop::App;
use crate::paint::{Depth, Ground, Palette};
use crate::view::{Effect, Event, Options, State, update};

/// The state of the view, and the palette that it is drawn with.
#[derive(Debug)]
pub struct Explorer {
    state: State,
    palette: Palette,
    /// Whether the terminal's ground is to be asked for.
    asks_ground: bool,
}

impl Explorer {
    /// An explorer that has nothing to show yet.
    pub fn new(options: Options, palette: impl Into<Palette>) -> Self {
        Self {
            state: State::new(options),
            palette: palette.into(),
            asks_ground: false,
        }
    }

    /// Takes the ground from the terminal, if it tells; until then, and where it does not, the
    /// palette's holds.
    #[must_use]
    pub fn asking_ground(self) -> Self {
        Self {
            // Without colours nothing depends on it.
            asks_ground: self.palette.depth != Depth::None,
            ..self
        }
    }
}

impl App for Explorer {
    fn update(&mut self, event: Event) -> Vec<Effect> {
        update(&mut self.state, event)
    }

    fn draw(&self, frame: &mut Frame) {
        draw(frame, &self.state, self.palette);
    }

    fn palette(&self) -> Palette {
        shown(self.palette, &self.state)
    }

    fn asks_ground(&self) -> bool {
        self.asks_ground
    }

    fn ground(&mut self, ground: Ground) {
        self.palette.ground = ground;
    }
}
