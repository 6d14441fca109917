//! The command line behind `:`: every action that is alive, found by its name or doc, and the
//! commands that take an argument.

use super::action::{Act, Action, Place};
use super::complete::{Completions, Menu};
use super::fuzzy::fuzzy;
use super::prompt::{Ask, Prompt};
use super::recall::Lines;
use super::state::State;
use super::{Effect, NO_PATH, Request};
use crate::capture::{Head, Layer};

/// A command that takes an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// What it does.
    deed: Deed,
    /// Its name, as it is typed.
    pub name: &'static str,
    /// What its argument is.
    pub argument: &'static str,
    /// One sentence without its full stop.
    pub doc: &'static str,
}

/// What a command with an argument does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Open,
    Layer,
    Head,
    Token,
}

/// Every command that takes an argument.
#[rustfmt::skip]
pub static COMMANDS: &[Command] = &[
    Command { deed: Deed::Open, name: "open", argument: "MODEL [FLAGS]", doc: "open a checkpoint, folder, capture, model of the cache, or demo" },
    Command { deed: Deed::Layer, name: "layer", argument: "N", doc: "show this layer" },
    Command { deed: Deed::Head, name: "head", argument: "N", doc: "show this head" },
    Command { deed: Deed::Token, name: "token", argument: "N", doc: "choose this token; a number alone does the same" },
];

/// An entry of the list above the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub(super) does: Does,
    /// What is typed.
    pub name: String,
    /// The places of its letters that were typed.
    pub marks: Vec<usize>,
    /// One sentence, or what it is.
    pub doc: String,
    /// The keys that do the same.
    pub keys: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Does {
    Act(Act),
    Take(Command),
    /// Stands for the whole argument.
    Line(String),
    /// Stands for the last word of the argument.
    Word(String),
}

/// What can be chosen now, the lines that were taken before, and the chosen entry.
#[derive(Clone, Debug, Default)]
pub struct Palette {
    choices: Vec<Choice>,
    chosen: usize,
    history: Lines,
    pub(super) completions: Completions,
    /// The entry that stands in the line, where the choices complete an argument.
    pub(super) menu: Option<Menu>,
}

/// Below every match of a name.
const BY_DOC: i32 = i32::MIN / 2;

impl Palette {
    /// The entries, the best first.
    pub fn choices(&self) -> &[Choice] {
        &self.choices
    }

    /// The chosen entry; none where Enter takes the line as it is typed.
    pub fn chosen(&self) -> Option<usize> {
        match self.choices.first()?.does {
            Does::Act(_) | Does::Take(_) => Some(self.chosen),
            Does::Line(_) | Does::Word(_) => self.menu.as_ref().map(|menu| menu.at),
        }
    }

    fn choice(&self) -> Option<&Choice> {
        self.choices.get(self.chosen)
    }
}

impl State {
    /// What the command line offers.
    pub fn palette(&self) -> &Palette {
        &self.palette
    }

    /// Lists what fits the line.
    pub(super) fn list_choices(&mut self) {
        let line = self.prompt.as_ref().map_or("", Prompt::line).to_owned();
        self.palette.menu = None;
        let openings = self.open_argument().map(str::to_owned);
        let openings = openings
            .map(|argument| self.openings(&argument))
            .unwrap_or_default();
        if !openings.is_empty() {
            self.palette.choices = openings;
            self.palette.chosen = 0;
            return;
        }
        let mut found: Vec<(i32, Choice)> = match parts(&line) {
            Some((command, _)) => vec![(0, taking(command, Vec::new()))],
            None => self
                .all_choices()
                .filter_map(|choice| fit(&line, choice))
                .collect(),
        };
        // Stable, so that equals stay in the order of the table.
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        self.palette.choices = found.into_iter().map(|(_, choice)| choice).collect();
        self.palette.chosen = 0;
    }

    /// Everything that can be done now, each once.
    fn all_choices(&self) -> impl Iterator<Item = Choice> {
        let mut seen: Vec<Act> = vec![Act::Ask(Ask::Command)];
        let mut choices: Vec<Choice> = Vec::new();
        // What moves in a pane has its arrows, and comes last.
        let mut places = self.places_below();
        places.sort_by_key(|place| is_local(*place));
        for place in places {
            let rows = self.options.keymap.rows();
            for (action, keys) in rows.filter(|(action, _)| action.place == place) {
                if seen.contains(&action.act) {
                    continue;
                }
                seen.push(action.act);
                let keys: Vec<String> = keys.iter().map(|key| key.name()).collect();
                choices.push(doing(action, place, keys.join(" ")));
            }
        }
        let commands = COMMANDS.iter().map(|command| taking(*command, Vec::new()));
        commands.chain(choices)
    }

    /// Chooses the entry `by` further down, from the last on to the first.
    pub(super) fn move_choice(&mut self, by: isize) {
        let count = self.palette.choices.len().max(1) as isize;
        let to = (self.palette.chosen as isize + by).rem_euclid(count);
        self.palette.chosen = to as usize;
    }

    /// Takes an earlier line.
    pub(super) fn last_command(&self) -> Option<String> {
        self.palette.history.last()
    }

    /// Takes the chosen entry into the line.
    pub(super) fn complete(&mut self) {
        if self.open_argument().is_some() {
            return self.complete_opening();
        }
        let Some(choice) = self.palette.choice() else {
            return;
        };
        let argued = matches!(choice.does, Does::Take(_));
        let line = match argued {
            true => format!("{} ", choice.name.split(' ').next().unwrap_or_default()),
            false => choice.name.clone(),
        };
        if let Some(prompt) = self
            .prompt
            .as_mut()
            .filter(|prompt| parts(prompt.line()).is_none())
        {
            prompt.set(&line);
            self.list_choices();
        }
    }

    /// Does what the line says, or the chosen entry; the line stays where it lacks an argument.
    pub(super) fn do_command(&mut self, line: &str) -> Vec<Effect> {
        let effects = match (
            parts(line),
            self.palette.choice().map(|choice| choice.does.clone()),
        ) {
            (Some((_, "")), _) => return Vec::new(),
            (Some((command, argument)), _) => {
                self.prompt = None;
                self.take(command, argument)
            }
            (None, Some(Does::Take(_))) => {
                self.complete();
                return Vec::new();
            }
            (None, Some(Does::Act(act))) => {
                self.prompt = None;
                self.act(act)
            }
            (None, Some(Does::Line(_) | Does::Word(_)) | None) => {
                self.status = Some(format!("There is no command '{line}'."));
                self.prompt = None;
                return Vec::new();
            }
        };
        self.palette.history.keep(line);
        effects
    }

    fn take(&mut self, command: Command, argument: &str) -> Vec<Effect> {
        let count = match command.deed {
            Deed::Open => return self.open_path(argument),
            Deed::Layer => self.layers(),
            Deed::Head => self.heads(),
            Deed::Token => self.tokens(),
        };
        let Some(at) = argument.parse().ok().filter(|at| *at < count) else {
            let (name, last) = (command.name, count.saturating_sub(1));
            self.status = Some(match count {
                0 => format!("There is no {name} yet."),
                _ => format!("There is no {name} '{argument}': the {name}s are 0 to {last}."),
            });
            return Vec::new();
        };
        match command.deed {
            Deed::Layer => {
                self.cursor.layer = Layer(at);
                self.entry = 0;
            }
            Deed::Head => {
                self.cursor.head = Head(at);
                self.head_chosen = true;
                self.mean = false;
                self.entry = 0;
            }
            _ => self.choose_subject(at),
        }
        Vec::new()
    }

    /// Opens what a line names, with its flags.
    pub(super) fn open_path(&mut self, line: &str) -> Vec<Effect> {
        if line.is_empty() {
            self.status = Some(NO_PATH.to_owned());
            return Vec::new();
        }
        self.start_running("loading");
        vec![Effect::Request(Request::Open {
            line: line.to_owned(),
            text: self.current_text(),
        })]
    }

    /// Opens again what was open before.
    pub(super) fn open_before(&mut self) -> Vec<Effect> {
        match self.opened.newest_first().get(1).cloned() {
            Some(line) => self.open_path(&line),
            None => {
                self.status = Some("Nothing else was open before.".to_owned());
                Vec::new()
            }
        }
    }
}

/// The command with an argument that a line names, and its argument.
fn parts(line: &str) -> Option<(Command, &str)> {
    let named = |name: &str| {
        COMMANDS
            .iter()
            .find(|command| command.name == name)
            .copied()
    };
    let line = line.trim_start();
    if !line.is_empty() && line.trim_end().chars().all(|c| c.is_ascii_digit()) {
        return Some((named("token")?, line.trim_end()));
    }
    let (name, argument) = line.split_once(' ')?;
    Some((named(name)?, argument.trim()))
}

/// Whether what is done here is done in one pane or screen alone.
fn is_local(place: Place) -> bool {
    use Place::{Everywhere, Heads, Running, Screens};
    !matches!(place, Screens | Heads | Running | Everywhere)
}

/// An entry of the table.
fn doing(action: &'static Action, place: Place, keys: String) -> Choice {
    // Words such as `left` mean something only where they are done.
    let name = match is_local(place) {
        true => format!("{} ({})", action.name, place.name()),
        false => action.name.to_owned(),
    };
    Choice {
        does: Does::Act(action.act),
        name,
        marks: Vec::new(),
        doc: action.doc.to_owned(),
        keys,
    }
}

/// A command that takes an argument.
fn taking(command: Command, marks: Vec<usize>) -> Choice {
    Choice {
        does: Does::Take(command),
        name: format!("{} {}", command.name, command.argument),
        marks,
        doc: command.doc.to_owned(),
        keys: String::new(),
    }
}

/// A choice with its score, where its name has the typed letters or its doc the typed words.
fn fit(line: &str, mut choice: Choice) -> Option<(i32, Choice)> {
    // What an argument is called is not typed.
    let name = match &choice.does {
        Does::Take(command) => command.name,
        Does::Act(_) | Does::Line(_) | Does::Word(_) => choice.name.as_str(),
    };
    if let Some((score, marks)) = fuzzy(line, name) {
        choice.marks = marks;
        return Some((score, choice));
    }
    let doc = choice.doc.to_lowercase();
    let mut words = line.split_whitespace().map(str::to_lowercase);
    words
        .all(|word| doc.contains(&word))
        .then_some((BY_DOC, choice))
}
