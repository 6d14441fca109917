//! The action table as words: key names, the footer's hints, the README's table.

use super::action::{ACTIONS, Place};
use super::{Code, Stroke};

/// The footer's hints: keys and the word for what they do, neighbours with one word joined.
pub fn hints(places: &[Place]) -> Vec<(String, &'static str)> {
    let mut hints: Vec<(String, &'static str)> = Vec::new();
    // A key does what the first place that knows it says.
    let mut taken: Vec<Stroke> = Vec::new();
    for place in places {
        let mut from: Option<&'static str> = None;
        for action in ACTIONS.iter().filter(|action| action.place == *place) {
            let Some(first) = action.keys.first().filter(|_| !action.hint.is_empty()) else {
                continue;
            };
            if taken.contains(first) {
                continue;
            }
            taken.push(*first);
            match hints.last_mut() {
                Some((keys, hint)) if from == Some(action.hint) && *hint == action.hint => {
                    if !keys.ends_with(['←', '↓', '↑']) {
                        keys.push(' ');
                    }
                    keys.push_str(&first.name());
                }
                _ => hints.push((first.name(), action.hint)),
            }
            from = Some(action.hint);
        }
    }
    hints
}

/// The table as the README shows it.
pub fn action_table_markdown() -> String {
    let mut table = String::from("| where | keys | what |\n| --- | --- | --- |\n");
    for place in Place::ALL {
        for action in ACTIONS.iter().filter(|action| action.place == place) {
            let keys: Vec<String> = action
                .keys
                .iter()
                .map(|key| format!("`{}`", key.name()))
                .collect();
            table.push_str(&format!(
                "| {} | {} | {} |\n",
                place.name(),
                keys.join(" "),
                action.doc
            ));
        }
    }
    table
}

impl Stroke {
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
