//! The screens of the explorer.

use super::layout::Pane;
use super::state::State;

/// A screen of the explorer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Screen {
    /// One head, the heads of its layer, what a token attends to, and the flow across layers.
    #[default]
    Heads,
    /// The text itself, coloured by attention.
    Text,
    /// All heads of all layers.
    Atlas,
}

impl Screen {
    /// Every screen, in the order of their digits from 1.
    pub const ALL: [Self; 3] = [Self::Heads, Self::Text, Self::Atlas];

    /// Its name in the title line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Heads => "Heads",
            Self::Text => "Text",
            Self::Atlas => "Atlas",
        }
    }
}

impl State {
    /// The screen that is shown.
    pub fn screen(&self) -> Screen {
        self.screen
    }

    /// Shows a screen.
    pub(super) fn go_to(&mut self, screen: Screen) {
        if screen == Screen::Text && self.screen != screen {
            self.enter_text();
        }
        self.screen = screen;
    }

    /// Shows the heatmap of the chosen head.
    pub(super) fn go_to_map(&mut self) {
        self.go_to(Screen::Heads);
        self.focus = Pane::Map;
    }
}
