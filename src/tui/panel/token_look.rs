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
    /// The role that it is chosen in, if it is.
    pub chosen: Option<Role>,
    /// Whether it is the other end of the readout.
    pub other: bool,
    /// Whether it was found.
    pub hit: bool,
}

impl Default for TokenLook {
    fn default() -> Self {
        Self {
            level: Level::Masked,
            chosen: None,
            other: false,
            hit: false,
        }
    }
}

/// Where a letter stands in its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The blank before a word.
    Blank,
    /// The first letter.
    First,
    /// Any other.
    Other,
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

    /// What is written for a letter, and how.
    pub(super) fn letter<'a>(
        &self,
        canvas: &Canvas,
        letter: &'a Letter,
        part: Part,
    ) -> (&'a str, Style) {
        let mut style = self.style(canvas);
        let ground = style.bg.is_some() || self.chosen.is_some();
        if letter.is_mark() && !ground {
            style = style.patch(canvas.theme.style(Role::Dim));
        }
        // The blank before a word has room for a mark.
        let blank = part != Part::Other && letter.text == " ";
        let shown = match (blank, self.other, self.level) {
            (true, true, _) if self.chosen.is_none() => "▸",
            (true, _, Level::Nan) => "×",
            _ => letter.text.as_ref(),
        };
        if part == Part::Blank {
            style = match shown {
                "▸" => canvas.theme.style(Role::Accent),
                "×" => canvas.theme.style(Role::Bad),
                _ => Style::new(),
            };
        }
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
        if let Some(role) = self.chosen {
            let ink = theme.ink_over(role);
            style = Style::new().bg(theme.colour(role)).fg(ink);
        }
        if self.chosen.is_some() || self.other {
            style = style.add_modifier(Modifier::BOLD);
        }
        if self.other || self.hit {
            style = style.add_modifier(Modifier::UNDERLINED);
        }
        style
    }

    /// From less to more: plain, underlined, bold, both; reversed is what is chosen or found.
    fn without_colour(&self) -> Modifier {
        if self.chosen.is_some() {
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
