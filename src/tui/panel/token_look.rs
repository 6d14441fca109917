//! How one token of the text looks, at every colour depth.

use ratatui::style::{Modifier, Style};

use super::super::canvas::Canvas;
use super::super::theme::Role;
use crate::capture::Letter;
use crate::paint::{Level, level};

/// What a token's look depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct TokenLook {
    /// Its value.
    pub level: Level,
    /// Whether it is the chosen one.
    pub chosen: bool,
    /// Whether it is the other end of the readout.
    pub other: bool,
    /// Whether it was found.
    pub hit: bool,
}

impl Default for TokenLook {
    fn default() -> Self {
        Self {
            level: Level::Masked,
            chosen: false,
            other: false,
            hit: false,
        }
    }
}

/// The level of a value in the looks that a token can have.
pub(super) fn in_styles(canvas: &Canvas, value: Option<f32>) -> Level {
    match canvas.theme.has_colour() {
        true => canvas.theme.ramp().level(value),
        false => level(value, TokenLook::PLAIN_LEVELS),
    }
}

impl TokenLook {
    /// Levels that are told apart without colours.
    pub(super) const PLAIN_LEVELS: u8 = 4;

    /// What is written for a letter, and how; `first` is the first of its token.
    pub(super) fn letter<'a>(
        &self,
        canvas: &Canvas,
        letter: &'a Letter,
        first: bool,
    ) -> (&'a str, Style) {
        let mut style = self.style(canvas);
        let ground = style.bg.is_some() || self.chosen;
        if letter.is_mark() && !ground {
            style = style.patch(canvas.theme.style(Role::Dim));
        }
        // The space before a word has room for a mark.
        let shown = match (first && letter.text == " ", self.other, self.level) {
            (true, true, _) if !self.chosen => "▸",
            (true, _, Level::Nan) => "×",
            _ => letter.text.as_ref(),
        };
        (shown, style)
    }

    /// The style of its letters.
    pub(super) fn style(&self, canvas: &Canvas) -> Style {
        match canvas.theme.has_colour() {
            true => self.in_colour(canvas),
            false => Style::new().add_modifier(self.without_colour()),
        }
    }

    fn in_colour(&self, canvas: &Canvas) -> Style {
        let theme = &canvas.theme;
        let mut style = match theme.ramp().tint(self.level) {
            Some(_) => theme.ink_on(self.level).bg(theme.level(self.level)),
            None => theme.style(Role::Dim),
        };
        if self.chosen {
            let ink = theme.ink_over(Role::Accent);
            style = Style::new().bg(theme.colour(Role::Accent)).fg(ink);
        }
        if self.chosen || self.other {
            style = style.add_modifier(Modifier::BOLD);
        }
        if self.other || self.hit {
            style = style.add_modifier(Modifier::UNDERLINED);
        }
        style
    }

    /// From less to more: plain, underlined, bold, both; reversed is what is chosen or found.
    fn without_colour(&self) -> Modifier {
        if self.chosen {
            return Modifier::REVERSED | Modifier::BOLD;
        }
        if self.hit {
            return Modifier::REVERSED | Modifier::DIM;
        }
        match self.level {
            Level::Masked => Modifier::DIM,
            Level::Nan => Modifier::CROSSED_OUT,
            Level::Value(0) => Modifier::empty(),
            Level::Value(1) => Modifier::UNDERLINED,
            Level::Value(2) => Modifier::BOLD,
            Level::Value(_) => Modifier::BOLD | Modifier::UNDERLINED,
        }
    }
}
