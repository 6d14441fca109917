//! Named roles to styles, at each colour depth.

use ratatui::style::{Color, Modifier, Style};

use crate::paint::{Colormap, Depth, Level, Ramp, Tint};

/// How everything looks at one depth. Without colours no style names one: the terminal library
/// would turn a colour into a reset of the attributes before it.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    depth: Depth,
    ramp: Ramp,
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Plain text.
    Text,
    /// A title.
    Strong,
    /// What stands back.
    Dim,
    /// Frames.
    Frame,
    /// What is chosen, and the keys of the footer.
    Accent,
    /// The chosen query.
    Query,
    /// What went wrong.
    Bad,
    /// Mass on earlier tokens.
    Earlier,
    /// Mass on the token itself.
    Own,
    /// Mass on the first token.
    First,
    /// Entropy.
    Entropy,
}

impl Theme {
    /// The theme of a depth.
    pub fn new(depth: Depth) -> Self {
        Self {
            depth,
            ramp: Ramp::new(depth, Colormap::Night),
        }
    }

    /// Whether there are colours.
    pub fn has_colour(&self) -> bool {
        self.depth != Depth::None
    }

    /// The ramp of values.
    pub fn ramp(&self) -> &Ramp {
        &self.ramp
    }

    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        let style = Style::new();
        let style = match (self.depth, role) {
            (Depth::None, _) => style,
            _ => style.fg(self.colour(role)),
        };
        match role {
            Role::Strong | Role::Accent | Role::Query | Role::Bad => {
                style.add_modifier(Modifier::BOLD)
            }
            Role::Dim if matches!(self.depth, Depth::None) => style.add_modifier(Modifier::DIM),
            _ => style,
        }
    }

    /// The colour of a role; the terminal's own where there are none.
    pub fn colour(&self, role: Role) -> Color {
        let (rgb, indexed, ansi) = match role {
            Role::Text | Role::Strong => return Color::Reset,
            Role::Dim => ([138, 142, 153], 245, Color::Gray),
            Role::Frame => ([82, 88, 102], 240, Color::DarkGray),
            Role::Accent => ([255, 182, 92], 215, Color::LightYellow),
            Role::Query => ([108, 184, 240], 75, Color::LightCyan),
            Role::Bad => ([240, 98, 120], 204, Color::LightRed),
            Role::Earlier => ([255, 182, 92], 215, Color::Yellow),
            Role::Own => ([108, 178, 226], 74, Color::LightBlue),
            Role::First => ([187, 148, 246], 141, Color::LightMagenta),
            Role::Entropy => ([140, 203, 140], 114, Color::Green),
        };
        match self.depth {
            Depth::None => Color::Reset,
            Depth::Ansi16 => ansi,
            Depth::Ansi256 => Color::Indexed(indexed),
            Depth::True => Color::Rgb(rgb[0], rgb[1], rgb[2]),
        }
    }

    /// The colour of a value's level; the terminal's own for what is masked.
    pub fn level(&self, level: Level) -> Color {
        match self.ramp.tint(level) {
            None => Color::Reset,
            Some(Tint::Ansi(index)) => ansi(index),
            Some(Tint::Indexed(index)) => Color::Indexed(index),
            Some(Tint::Rgb([r, g, b])) => Color::Rgb(r, g, b),
        }
    }

    /// What is written on a level: dark on light cells.
    pub fn ink_on(&self, level: Level) -> Style {
        let Some(_) = self.ramp.tint(level) else {
            return self.style(Role::Text);
        };
        let (rgb, indexed, named) = match self.ramp.is_light(level) {
            true => ([16, 20, 32], 16, Color::Black),
            false => ([232, 238, 248], 255, Color::White),
        };
        Style::new().fg(match self.depth {
            Depth::None => Color::Reset,
            Depth::Ansi16 => named,
            Depth::Ansi256 => Color::Indexed(indexed),
            Depth::True => Color::Rgb(rgb[0], rgb[1], rgb[2]),
        })
    }

    /// The colour of the cursor on a level: dark on light cells.
    pub fn cursor_on(&self, level: Level) -> Color {
        let (rgb, indexed, named) = match self.ramp.is_light(level) {
            true => ([217, 95, 2], 166, Color::Red),
            false => ([255, 170, 60], 214, Color::LightYellow),
        };
        match self.depth {
            Depth::None => Color::Reset,
            Depth::Ansi16 => named,
            Depth::Ansi256 => Color::Indexed(indexed),
            Depth::True => Color::Rgb(rgb[0], rgb[1], rgb[2]),
        }
    }
}

/// One of the terminal's 16 colours by its number.
fn ansi(index: u8) -> Color {
    match index {
        0 => Color::Black,
        1 => Color::Red,
        2 => Color::Green,
        3 => Color::Yellow,
        4 => Color::Blue,
        5 => Color::Magenta,
        6 => Color::Cyan,
        7 => Color::Gray,
        8 => Color::DarkGray,
        9 => Color::LightRed,
        10 => Color::LightGreen,
        11 => Color::LightYellow,
        12 => Color::LightBlue,
        13 => Color::LightMagenta,
        14 => Color::LightCyan,
        _ => Color::White,
    }
}
