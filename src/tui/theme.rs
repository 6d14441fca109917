//! Named roles to styles, at each colour depth and on either ground.

use ratatui::style::{Color, Modifier, Style};

use crate::paint::{Colormap, Depth, Ground, Level, Palette, Ramp, Tint, contrast};

/// How everything looks with one palette. Without colours no style names one: the terminal library
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
    /// Weight on the token before.
    Previous,
    /// Weight on the token itself.
    Own,
    /// Weight on the first token.
    First,
    /// Entropy.
    Entropy,
}

impl Theme {
    /// The theme of a palette; of a depth with the usual ground and map.
    pub fn new(palette: impl Into<Palette>) -> Self {
        let palette = palette.into();
        Self {
            depth: palette.depth,
            ramp: Ramp::new(palette),
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
        if matches!(role, Role::Text | Role::Strong) {
            return Color::Reset;
        }
        self.shown(self.shades(role))
    }

    /// The colour of a role at every depth.
    fn shades(&self, role: Role) -> Shades {
        match self.ramp.palette().ground {
            Ground::Dark => on_dark(role),
            Ground::Light => on_light(role),
        }
    }

    /// One colour, as it is at this depth.
    fn shown(&self, (rgb, indexed, ansi): Shades) -> Color {
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
        Style::new().fg(self.ink(self.ramp.is_light(level)))
    }

    /// What is written on a level and stands back, as far as it can still be read.
    pub fn soft_ink_on(&self, level: Level) -> Style {
        let Some(tint) = self.ramp.tint(level).map(Tint::rgb) else {
            return self.style(Role::Dim);
        };
        let light = self.ramp.is_light(level);
        let ink: [u8; 3] = if light { [0; 3] } else { [255; 3] };
        // From soft to full; few steps, so that neighbours share one.
        let mixed = SOFT.map(|part| {
            let mix = |at: usize| {
                let (ink, tint) = (f32::from(ink[at]), f32::from(tint[at]));
                (ink + part * (tint - ink)) as u8
            };
            [mix(0), mix(1), mix(2)]
        });
        let greys = SOFT_GREYS.map(|(dark, pale)| if light { dark } else { pale });
        let read = |rgb: [u8; 3]| contrast(rgb, tint) >= 4.5;
        let colour = match self.depth {
            Depth::True => mixed
                .into_iter()
                .find(|rgb| read(*rgb))
                .map(|[r, g, b]| Color::Rgb(r, g, b)),
            Depth::Ansi256 => {
                let mut greys = greys.into_iter();
                let found = greys.find(|at| read(Tint::Indexed(*at).rgb()));
                found.map(Color::Indexed)
            }
            Depth::Ansi16 | Depth::None => None,
        };
        Style::new().fg(colour.unwrap_or_else(|| self.ink(light)))
    }

    /// The colour of what is written over a role's.
    pub fn ink_over(&self, role: Role) -> Color {
        let (rgb, ..) = self.shades(role);
        self.ink(contrast(rgb, [0; 3]) > contrast(rgb, [255; 3]))
    }

    /// Black on what is light, else white.
    fn ink(&self, light: bool) -> Color {
        self.shown(match light {
            true => ([0; 3], 16, Color::Black),
            false => ([255; 3], 231, Color::White),
        })
    }

    /// The colour of the cursor on a level: of a hue that the map has not, light or dark, whichever
    /// is seen better.
    pub fn cursor_on(&self, level: Level) -> Color {
        let (light, dark) = marks(self.ramp.palette().map);
        let dark_is_better = match self.ramp.tint(level) {
            Some(tint) => contrast(dark.0, tint.rgb()) > contrast(light.0, tint.rgb()),
            None => self.ramp.is_light(level),
        };
        self.shown(if dark_is_better { dark } else { light })
    }
}

/// How much of a cell's colour is mixed into what is written softly on it.
const SOFT: [f32; 3] = [0.4, 0.25, 0.1];

/// Greys of the 256 colours for the same, on light and on dark cells.
const SOFT_GREYS: [(u8, u8); 3] = [(239, 248), (236, 251), (233, 254)];

/// One colour at each depth: 24 bits, the 256-colour palette, the 16 colours.
type Shades = ([u8; 3], u8, Color);

/// The colour of a role on dark grounds.
fn on_dark(role: Role) -> Shades {
    match role {
        Role::Text | Role::Strong => ([255; 3], 231, Color::White),
        Role::Dim => ([138, 142, 153], 245, Color::Gray),
        Role::Frame => ([104, 111, 127], 243, Color::DarkGray),
        Role::Accent => ([255, 182, 92], 215, Color::LightYellow),
        Role::Query => ([108, 184, 240], 75, Color::LightCyan),
        Role::Bad => ([240, 98, 120], 204, Color::LightRed),
        Role::Previous => ([255, 182, 92], 215, Color::Yellow),
        Role::Own => ([108, 178, 226], 74, Color::LightBlue),
        Role::First => ([187, 148, 246], 141, Color::LightMagenta),
        Role::Entropy => ([140, 203, 140], 114, Color::Green),
    }
}

/// The colour of a role on light grounds.
fn on_light(role: Role) -> Shades {
    match role {
        Role::Text | Role::Strong => ([0; 3], 16, Color::Black),
        Role::Dim => ([98, 102, 112], 241, Color::DarkGray),
        Role::Frame => ([132, 137, 148], 244, Color::DarkGray),
        Role::Accent => ([168, 72, 0], 94, Color::Red),
        Role::Query => ([0, 92, 168], 25, Color::Blue),
        Role::Bad => ([190, 16, 58], 161, Color::Red),
        Role::Previous => ([168, 72, 0], 94, Color::Red),
        Role::Own => ([0, 98, 160], 25, Color::Blue),
        Role::First => ([116, 56, 188], 91, Color::Magenta),
        Role::Entropy => ([28, 112, 40], 22, Color::Green),
    }
}

/// The colours of the cursor on dark and on light cells of a map.
fn marks(map: Colormap) -> (Shades, Shades) {
    match map {
        Colormap::Blues | Colormap::Grey => (
            ([255, 170, 60], 214, Color::LightYellow),
            ([150, 60, 0], 94, Color::Red),
        ),
        Colormap::Viridis | Colormap::Cividis => {
            (([255; 3], 231, Color::White), ([0; 3], 16, Color::Black))
        }
        Colormap::Magma => (
            ([100, 235, 255], 87, Color::LightCyan),
            ([0, 72, 110], 23, Color::Cyan),
        ),
        Colormap::Diverging => (
            ([130, 245, 120], 119, Color::LightGreen),
            ([0, 84, 20], 22, Color::Green),
        ),
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

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 11] = [
        Role::Dim,
        Role::Accent,
        Role::Query,
        Role::Bad,
        Role::Previous,
        Role::Own,
        Role::First,
        Role::Entropy,
        Role::Text,
        Role::Strong,
        Role::Frame,
    ];

    #[test]
    fn roles_are_seen_on_both_grounds() {
        for role in ROLES {
            // Text is what WCAG asks 4.5 of, lines 3.
            let least = if role == Role::Frame { 3.0 } else { 4.5 };
            for (grounds, shades) in [
                ([[0; 3], [30; 3]], on_dark(role)),
                ([[255; 3], [253, 246, 227]], on_light(role)),
            ] {
                for ground in grounds {
                    for shown in [shades.0, Tint::Indexed(shades.1).rgb()] {
                        let told = contrast(shown, ground);
                        assert!(told >= least, "{role:?} {shown:?} on {ground:?}: {told}");
                    }
                }
            }
        }
    }

    #[test]
    fn on_the_other_ground_every_role_has_another_colour() {
        for depth in [Depth::Ansi256, Depth::True] {
            let light = Palette {
                ground: Ground::Light,
                ..depth.into()
            };
            for role in ROLES
                .into_iter()
                .filter(|r| !matches!(r, Role::Text | Role::Strong))
            {
                let [on_dark, on_light] = [depth.into(), light].map(|p| Theme::new(p).colour(role));
                assert_ne!(on_dark, on_light, "{depth:?} {role:?}");
            }
        }
    }

    #[test]
    fn letters_can_be_read_on_every_level_of_every_map() {
        for map in Colormap::ALL {
            for ground in [Ground::Dark, Ground::Light] {
                let theme = Theme::new(Palette {
                    depth: Depth::True,
                    ground,
                    map,
                });
                let values = (0..theme.ramp().levels()).map(Level::Value);
                for level in values.chain([Level::Nan]) {
                    let Some(Color::Rgb(r, g, b)) = theme.ink_on(level).fg else {
                        panic!("{level:?} has no ink");
                    };
                    let tint = theme.ramp().tint(level).unwrap().rgb();
                    let told = contrast([r, g, b], tint);
                    assert!(told >= 4.5, "{map:?} {ground:?} {level:?}: {told}");
                    for depth in [Depth::True, Depth::Ansi256] {
                        let theme = Theme::new(Palette { depth, ground, map });
                        let tint = theme.ramp().tint(level).map_or(tint, Tint::rgb);
                        let ink = match theme.soft_ink_on(level).fg {
                            Some(Color::Rgb(r, g, b)) => [r, g, b],
                            Some(Color::Indexed(at)) => Tint::Indexed(at).rgb(),
                            other => panic!("{other:?}"),
                        };
                        let soft = contrast(ink, tint);
                        let levels = theme.ramp().levels();
                        let is_level = matches!(level, Level::Value(at) if at < levels);
                        assert!(
                            soft >= 4.5 || !is_level,
                            "{map:?} {depth:?} {level:?}: {soft}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn the_cursor_is_seen_on_every_level_of_every_map() {
        for map in Colormap::ALL {
            for ground in [Ground::Dark, Ground::Light] {
                for depth in [Depth::Ansi16, Depth::Ansi256, Depth::True] {
                    let theme = Theme::new(Palette { depth, ground, map });
                    let values = (0..theme.ramp().levels()).map(Level::Value);
                    for level in values.chain([Level::Nan, Level::Masked]) {
                        let (cursor, cell) = (theme.cursor_on(level), theme.level(level));
                        assert_ne!(cursor, cell, "{map:?} {ground:?} {depth:?} {level:?}");
                        let (Color::Rgb(r, g, b), Some(tint)) = (cursor, theme.ramp().tint(level))
                        else {
                            continue;
                        };
                        let told = contrast([r, g, b], tint.rgb());
                        assert!(told > 1.7, "{map:?} {ground:?} {level:?}: {told}");
                    }
                }
            }
        }
    }
}
