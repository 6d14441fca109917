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

    /// The tabs that end the title line: each screen and its words; the shown one alone where there is
    /// little room, none while something runs in their place.
    pub fn tabs(&self) -> Vec<(Screen, String)> {
        if self.running.is_some() || self.capture.is_none() {
            return Vec::new();
        }
        let all = self.layout.header.width >= 60;
        let screens = Screen::ALL.into_iter().zip(1..);
        screens
            .filter(|(screen, _)| all || *screen == self.screen)
            .map(|(screen, digit)| (screen, format!(" {digit} {} ", screen.name())))
            .collect()
    }

    /// The screen whose tab is at a cell of the screen.
    pub(super) fn tab_at(&self, x: u16, y: u16) -> Option<Screen> {
        let header = self.layout.header;
        if !header.contains(x, y) {
            return None;
        }
        // From the right end; the words are one cell a byte.
        let mut left = header.x + header.width;
        let mut tabs = self.tabs().into_iter().rev();
        tabs.find_map(|(screen, words)| {
            left = left.saturating_sub(words.len() as u16);
            (x >= left).then_some(screen)
        })
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
