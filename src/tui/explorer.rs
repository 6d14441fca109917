//! The explorer as the event loop runs it.

use ratatui::Frame;

use super::draw::draw;
use super::event_loop::App;
use crate::paint::Depth;
use crate::view::{Effect, Event, Options, State, update};

/// The state of the view, and the colour depth that it is drawn at.
#[derive(Debug)]
pub struct Explorer {
    state: State,
    depth: Depth,
}

impl Explorer {
    /// An explorer that has nothing to show yet.
    pub fn new(options: Options, depth: Depth) -> Self {
        Self {
            state: State::new(options),
            depth,
        }
    }
}

impl App for Explorer {
    fn update(&mut self, event: Event) -> Vec<Effect> {
        update(&mut self.state, event)
    }

    fn draw(&self, frame: &mut Frame) {
        draw(frame, &self.state, self.depth);
    }
}
