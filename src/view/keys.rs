//! Names of keys, to be shown and to be typed.

use std::str::FromStr;

use super::{Code, Stroke};

/// The keys with names, as settings write them.
const NAMED: [(&str, Code); 15] = [
    ("Left", Code::Left),
    ("Right", Code::Right),
    ("Up", Code::Up),
    ("Down", Code::Down),
    ("Home", Code::Home),
    ("End", Code::End),
    ("PgUp", Code::PageUp),
    ("PgDn", Code::PageDown),
    ("Enter", Code::Enter),
    ("Esc", Code::Esc),
    ("Tab", Code::Tab),
    ("Shift-Tab", Code::BackTab),
    ("Backspace", Code::Backspace),
    ("Del", Code::Delete),
    ("Space", Code::Char(' ')),
];

/// What control characters old keyboards send for other keys: terminals can't tell them apart.
const TWINS: [char; 5] = ['h', 'i', 'j', 'm', '['];

impl FromStr for Stroke {
    type Err = String;

    /// A key as it is typed in settings: `g`, `G`, `Ctrl-d`, `Alt-Left`, `Space`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (mut rest, mut ctrl, mut alt) = (text, false, false);
        loop {
            if let Some(after) = rest.strip_prefix("Ctrl-").filter(|after| !after.is_empty()) {
                (rest, ctrl) = (after, true);
            } else if let Some(after) = rest.strip_prefix("Alt-").filter(|after| !after.is_empty())
            {
                (rest, alt) = (after, true);
            } else {
                break;
            }
        }
        let shown = text.escape_debug();
        let named = NAMED
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(rest));
        let mut letters = rest.chars();
        let code = match (named, letters.next(), letters.next()) {
            (Some((_, code)), ..) => *code,
            (None, Some(c), None) if !c.is_control() && !c.is_whitespace() => match ctrl {
                // Terminals don't tell the case of a letter with Ctrl.
                true => Code::Char(c.to_ascii_lowercase()),
                false => Code::Char(c),
            },
            _ => {
                let names: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
                return Err(format!(
                    "'{shown}' is not a key; a key is one character or {}, with or without Ctrl- or Alt-",
                    names.join(", ")
                ));
            }
        };
        if ctrl && matches!(code, Code::Char(c) if TWINS.contains(&c)) {
            return Err(format!(
                "terminals send the same for '{shown}' as for another key (Backspace, Tab, Enter or Esc)"
            ));
        }
        Ok(Self { code, ctrl, alt })
    }
}

impl Stroke {
    /// Whether it types a character where text is typed.
    pub fn is_letter(&self) -> bool {
        matches!(self.code, Code::Char(_)) && !self.ctrl && !self.alt
    }

    /// The key as it is typed in settings.
    pub fn typed(&self) -> String {
        let mut name = String::new();
        if self.ctrl {
            name.push_str("Ctrl-");
        }
        if self.alt {
            name.push_str("Alt-");
        }
        let named = NAMED.iter().find(|(_, code)| *code == self.code);
        match (named, self.code) {
            (Some((key, _)), _) => name.push_str(key),
            (None, Code::Char(c)) => name.push(c),
            // Every other key has a name.
            (None, _) => {}
        }
        name
    }

    /// The key as help and footer show it: `Ctrl-d`, `←`, `G`.
    pub fn name(&self) -> String {
        let mut name = String::new();
        if self.ctrl {
            name.push_str("Ctrl-");
        }
        if self.alt {
            name.push_str("Alt-");
        }
        let key = match self.code {
            Code::Char(' ') => "Space",
            Code::Char(c) => {
                name.push(c);
                return name;
            }
            Code::Left => "←",
            Code::Right => "→",
            Code::Up => "↑",
            Code::Down => "↓",
            Code::Home => "Home",
            Code::End => "End",
            Code::PageUp => "PgUp",
            Code::PageDown => "PgDn",
            Code::Enter => "Enter",
            Code::Esc => "Esc",
            Code::Tab => "Tab",
            Code::BackTab => "Shift-Tab",
            Code::Backspace => "Backspace",
            Code::Delete => "Del",
        };
        name.push_str(key);
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::ACTIONS;

    #[test]
    fn every_key_of_the_table_is_read_as_it_is_typed() {
        for key in ACTIONS.iter().flat_map(|action| action.keys) {
            assert_eq!(key.typed().parse(), Ok(*key), "{}", key.typed());
        }
    }

    #[test]
    fn what_is_no_key_and_what_terminals_cannot_tell_is_refused() {
        for wrong in ["", "Ctrl-", "gg", "F5", "\u{1b}", " ", "Hyper-x"] {
            let error = wrong.parse::<Stroke>().unwrap_err();
            assert!(error.contains("not a key"), "{error}");
            assert!(!error.contains(char::is_control), "{error:?}");
        }
        for twin in ["Ctrl-h", "Ctrl-I", "Ctrl-["] {
            assert!(twin.parse::<Stroke>().is_err(), "{twin}");
        }
    }
}
