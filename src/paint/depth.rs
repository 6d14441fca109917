//! How many colours a terminal shows.

/// Colour depth of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Depth {
    /// No colour: values are glyphs.
    None,
    /// The 16 colours of the terminal's own theme.
    Ansi16,
    /// The 256-colour palette, of which only the fixed part (16 to 255) is used.
    Ansi256,
    /// 24 bits a colour.
    True,
}

/// Terminals that show 24-bit colour and say so by their name alone.
const TRUE_COLOUR_TERMINALS: [&str; 6] = [
    "xterm-kitty",
    "xterm-ghostty",
    "alacritty",
    "foot",
    "wezterm",
    "contour",
];

impl Depth {
    /// The depth to use: the flag, else what the environment tells, which `lookup` reads by name.
    ///
    /// In order: `flag`, `NO_COLOR` (any value but an empty one), `COLORTERM`, `TERM`. In doubt 256:
    /// a guess too high garbles the screen, a guess too low is merely plainer, and ssh does not
    /// forward `COLORTERM`.
    pub fn detect(flag: Option<Self>, lookup: impl Fn(&str) -> Option<String>) -> Self {
        if let Some(depth) = flag {
            return depth;
        }
        let read = |name: &str| lookup(name).filter(|value| !value.is_empty());
        if read("NO_COLOR").is_some() {
            return Self::None;
        }
        let term = read("TERM").unwrap_or_default();
        if term == "dumb" {
            return Self::None;
        }
        let colorterm = read("COLORTERM").unwrap_or_default();
        if matches!(colorterm.as_str(), "truecolor" | "24bit") {
            return Self::True;
        }
        if term.ends_with("-direct") || TRUE_COLOUR_TERMINALS.contains(&term.as_str()) {
            return Self::True;
        }
        match term.as_str() {
            "linux" | "ansi" | "cygwin" | "xterm-color" | "xterm-16color" | "screen-16color" => {
                Self::Ansi16
            }
            "vt52" | "vt100" | "vt102" | "vt220" | "vt320" | "xterm-mono" => Self::None,
            _ => Self::Ansi256,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detection_goes_from_flag_to_term() {
        type Row<'a> = (Option<Depth>, &'a [(&'a str, &'a str)], Depth);
        let rows: &[Row] = &[
            (None, &[], Depth::Ansi256),
            (None, &[("TERM", "xterm")], Depth::Ansi256),
            (None, &[("TERM", "xterm-256color")], Depth::Ansi256),
            (None, &[("TERM", "tmux-256color")], Depth::Ansi256),
            (None, &[("TERM", "linux")], Depth::Ansi16),
            (None, &[("TERM", "dumb")], Depth::None),
            (
                None,
                &[("TERM", "dumb"), ("COLORTERM", "truecolor")],
                Depth::None,
            ),
            (None, &[("TERM", "xterm-direct")], Depth::True),
            (None, &[("TERM", "xterm-kitty")], Depth::True),
            (
                None,
                &[("TERM", "xterm"), ("COLORTERM", "truecolor")],
                Depth::True,
            ),
            (
                None,
                &[("TERM", "xterm"), ("COLORTERM", "24bit")],
                Depth::True,
            ),
            (
                None,
                &[("TERM", "xterm"), ("COLORTERM", "yes")],
                Depth::Ansi256,
            ),
            (
                None,
                &[("NO_COLOR", "1"), ("COLORTERM", "truecolor")],
                Depth::None,
            ),
            (
                None,
                &[("NO_COLOR", ""), ("COLORTERM", "truecolor")],
                Depth::True,
            ),
            (
                Some(Depth::True),
                &[("NO_COLOR", "1"), ("TERM", "dumb")],
                Depth::True,
            ),
            (
                Some(Depth::Ansi16),
                &[("COLORTERM", "truecolor")],
                Depth::Ansi16,
            ),
        ];
        for (flag, environment, expected) in rows {
            let lookup = |name: &str| {
                let found = environment.iter().find(|(n, _)| *n == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(Depth::detect(*flag, lookup), *expected, "{environment:?}");
        }
    }
}
