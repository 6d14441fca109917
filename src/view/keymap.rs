//! Which keys do what: the table's own keys, as the settings change them.

use super::Stroke;
use super::action::{ACTIONS, Act, Action, Place};
use super::palette::COMMANDS;

/// The keys of every action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    /// The keys of each row of the table, and whether they are not the table's own.
    keys: Vec<(Vec<Stroke>, bool)>,
}

impl Default for Keymap {
    fn default() -> Self {
        let keys = ACTIONS.iter().map(|action| (action.keys.to_vec(), false));
        Self {
            keys: keys.collect(),
        }
    }
}

/// Two actions on one key, both alive at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The key.
    pub key: Stroke,
    /// The rows of the table, the one that the settings changed last.
    pub rows: (usize, usize),
}

impl Keymap {
    /// Every action with its keys, in the order of the table.
    pub fn rows(&self) -> impl Iterator<Item = (&'static Action, &[Stroke])> {
        let keys = self.keys.iter().map(|(keys, _)| keys.as_slice());
        ACTIONS.iter().zip(keys)
    }

    /// The action of a key, the first of `places` that knows it.
    pub fn action_of(&self, stroke: Stroke, places: &[Place]) -> Option<&'static Action> {
        places.iter().find_map(|place| {
            let mut rows = self.rows();
            let found =
                rows.find(|(action, keys)| action.place == *place && keys.contains(&stroke));
            found.map(|(action, _)| action)
        })
    }

    /// Gives a row of the table other keys; none takes them away.
    pub fn set(&mut self, row: usize, keys: Vec<Stroke>) {
        if let (Some(held), Some(action)) = (self.keys.get_mut(row), ACTIONS.get(row)) {
            let changed = keys != action.keys;
            *held = (keys, changed);
        }
    }

    /// The first clash that the settings brought. Where the table itself puts one action over
    /// another (Esc, while a run goes on), the first place is meant to win.
    pub fn clash(&self) -> Option<Clash> {
        let rows = || ACTIONS.iter().zip(&self.keys).enumerate();
        for (at, (action, (keys, changed))) in rows().filter(|(_, (_, (_, changed)))| *changed) {
            for (other, (against, (taken, also))) in rows() {
                let apart = at == other || !action.place.is_with(against.place);
                // Of two that were changed the later one is told.
                if apart || action.act == against.act || (*also && *changed && other > at) {
                    continue;
                }
                if let Some(&key) = keys.iter().find(|key| taken.contains(key)) {
                    let rows = (at, other);
                    return Some(Clash { key, rows });
                }
            }
        }
        None
    }

    /// The footer's hints: keys and the word for what they do, neighbours with one word joined; help
    /// and the way out last.
    pub fn hints(
        &self,
        places: &[Place],
        has_effect: &dyn Fn(Act) -> bool,
    ) -> Vec<(String, &'static str)> {
        let last = [Act::Help, Act::Quit];
        let mut hints: Vec<(String, &'static str)> = Vec::new();
        // A key does what the first place that knows it says.
        let mut taken: Vec<Stroke> = Vec::new();
        for place in places {
            let mut from: Option<&'static str> = None;
            let here = self.rows().filter(|(action, _)| action.place == *place);
            let here = here.filter(|(action, _)| !last.contains(&action.act));
            for (action, keys) in here.filter(|(action, _)| has_effect(action.act)) {
                let Some(first) = keys.first().filter(|_| !action.hint.is_empty()) else {
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
        for act in last {
            let alive = |action: &Action| {
                action.act == act && places.contains(&action.place) && !action.hint.is_empty()
            };
            let found = self.rows().find(|(action, _)| alive(action));
            hints
                .extend(found.and_then(|(action, keys)| Some((keys.first()?.name(), action.hint))));
        }
        hints
    }

    /// The first key of an action, where it has one.
    pub fn key_of(&self, act: Act) -> Option<Stroke> {
        let mut rows = self.rows();
        let (_, keys) = rows.find(|(action, keys)| action.act == act && !keys.is_empty())?;
        keys.first().copied()
    }

    /// The first key of an action in a place.
    pub fn key_in(&self, place: Place, act: Act) -> Option<Stroke> {
        let mut rows = self.rows();
        let is_it = |action: &Action| action.place == place && action.act == act;
        let (_, keys) = rows.find(|(action, _)| is_it(action))?;
        keys.first().copied()
    }

    /// The table as the README shows it.
    pub fn markdown(&self) -> String {
        let mut table = String::from("| where | keys | what |\n| --- | --- | --- |\n");
        for place in Place::ALL {
            for (action, keys) in self.rows().filter(|(action, _)| action.place == place) {
                let keys: Vec<String> =
                    keys.iter().map(|key| format!("`{}`", key.name())).collect();
                table.push_str(&format!(
                    "| {} | {} | {} |\n",
                    place.name(),
                    keys.join(" "),
                    action.doc
                ));
            }
        }
        for command in COMMANDS {
            let typed = format!(":{} {}", command.name, command.argument);
            table.push_str(&format!("| command line | `{typed}` | {} |\n", command.doc));
        }
        table
    }
}

impl Place {
    /// Whether keys of both places are alive at the same time, so that one hides the other's.
    fn is_with(self, other: Self) -> bool {
        let panes = [Self::Map, Self::Grid, Self::List, Self::Flow];
        let on_heads = |place| place == Self::Heads || panes.contains(&place);
        let on_screens = |place| {
            let others = [Self::Screens, Self::Text, Self::Atlas];
            on_heads(place) || others.contains(&place)
        };
        let one_way = |a: Self, b: Self| {
            a == Self::Everywhere
                || (a == Self::Screens && on_screens(b))
                || (a == Self::Heads && on_heads(b))
                || (a == Self::Text && b == Self::List)
        };
        self == other || one_way(self, other) || one_way(other, self)
    }

    /// Whether letters are text here.
    pub fn takes_text(self) -> bool {
        matches!(self, Self::Editor | Self::Prompt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(place: Place, name: &str) -> usize {
        let found = |action: &Action| action.place == place && action.name == name;
        ACTIONS.iter().position(found).unwrap()
    }

    #[test]
    fn a_key_that_was_set_does_what_its_row_says() {
        let mut keymap = Keymap::default();
        let (old, new) = ("s".parse().unwrap(), "Alt-s".parse().unwrap());
        keymap.set(row(Place::Screens, "scale"), vec![new]);
        let act = |key| keymap.action_of(key, &[Place::Screens]).map(|a| a.act);
        assert_eq!(act(old), None);
        assert_eq!(act(new), Some(Act::Scale));
        assert_eq!(keymap.clash(), None);
        let hints = keymap.hints(&[Place::Screens], &|_| true);
        assert!(hints.contains(&("Alt-s".to_owned(), "scale")));
    }

    #[test]
    fn only_what_is_alive_together_clashes() {
        let clash = |place, name, key: &str| {
            let mut keymap = Keymap::default();
            keymap.set(row(place, name), vec![key.parse().unwrap()]);
            keymap.clash().map(|clash| ACTIONS[clash.rows.1].name)
        };
        assert_eq!(clash(Place::Screens, "scale", "m"), Some("mean"));
        assert_eq!(clash(Place::Screens, "scale", "^"), Some("first key"));
        assert_eq!(clash(Place::Map, "first key", "s"), Some("scale"));
        assert_eq!(clash(Place::Popup, "down", "s"), None);
        assert_eq!(clash(Place::Editor, "run", "Ctrl-c"), Some("quit"));
    }
}
