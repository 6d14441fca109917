//! Completing the argument of `:open`: lines that were opened before, and words that the files, the
//! cache of models and the flags of the command line give.

use super::action::Act;
use super::palette::{Choice, Does};
use super::prompt::Ask;
use super::shell::{Words, escaped};
use super::state::State;

/// A word that can stand where the line ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The whole word, without quotes; safe to show.
    pub word: String,
    /// What it is.
    pub doc: String,
    /// Whether it goes on: a folder.
    pub goes_on: bool,
}

/// What completes the argument that is typed.
#[derive(Clone, Debug, Default)]
pub(super) struct Completions {
    /// The argument that `found` completes.
    of: Option<String>,
    found: Vec<Completion>,
    /// The argument that completions are wanted for, and the one that they were asked for.
    wanted: Option<String>,
    asked: Option<String>,
}

impl Completions {
    /// The argument to ask for now.
    pub fn ask(&mut self) -> Option<String> {
        if self.wanted == self.asked {
            return None;
        }
        self.asked.clone_from(&self.wanted);
        self.wanted.clone()
    }
}

impl State {
    /// The argument of `:open`, while that is typed.
    pub(super) fn open_argument(&self) -> Option<&str> {
        let prompt = self
            .prompt
            .as_ref()
            .filter(|prompt| prompt.ask() == Ask::Command)?;
        prompt.line().trim_start().strip_prefix("open ")
    }

    /// Takes what completes an argument, where that is still typed.
    pub(super) fn take_completions(&mut self, of: String, found: Vec<Completion>) {
        if self.open_argument() == Some(of.as_str()) {
            self.palette.completions.of = Some(of);
            self.palette.completions.found = found;
            self.list_choices();
        }
    }

    /// What can stand for the argument: what was opened before, then what completes its last word.
    pub(super) fn openings(&mut self, argument: &str) -> Vec<Choice> {
        self.palette.completions.wanted = Some(argument.to_owned());
        let choice = |does, name: String, doc: String| Choice {
            does,
            name,
            marks: Vec::new(),
            doc,
            keys: String::new(),
        };
        let before = self.opened.newest_first();
        let shown = before.first().cloned();
        let known = before.into_iter().filter(|line| line.starts_with(argument));
        let mut choices: Vec<Choice> = known
            .filter(|line| line != argument)
            .map(|line| {
                let doc = match Some(&line) == shown.as_ref() {
                    true => "what is open",
                    false => "opened before",
                };
                choice(Does::Line(line.clone()), line, doc.to_owned())
            })
            .collect();
        // What is open is hardly what is wanted.
        if choices.len() > 1 && argument.is_empty() {
            choices.rotate_left(1);
        }
        let held = &self.palette.completions;
        if held.of.as_deref() == Some(argument) {
            choices.extend(held.found.iter().map(|found| {
                let end = if found.goes_on { "" } else { " " };
                let word = escaped(&found.word) + end;
                choice(Does::Word(word), found.word.clone(), found.doc.clone())
            }));
        }
        choices
    }

    /// Goes to another of the choices, and puts it into the line; from the last on to what was typed.
    pub(super) fn turn_opening(&mut self, act: Act) {
        let Some(argument) = self.open_argument().map(str::to_owned) else {
            return;
        };
        let count = self.palette.choices().len();
        let at = match (self.palette.menu.as_ref().map(|menu| menu.at), act) {
            (None, Act::Earlier) => count.checked_sub(1),
            (None, _) => (count > 0).then_some(0),
            (Some(at), Act::Earlier) => at.checked_sub(1),
            (Some(at), _) => Some(at + 1).filter(|at| *at < count),
        };
        let typed = match self.palette.menu.take() {
            Some(menu) => menu.typed,
            None => argument,
        };
        let line = match at.and_then(|at| self.palette.choices().get(at)) {
            Some(choice) => with(&typed, choice),
            None => typed.clone(),
        };
        if let Some(prompt) = &mut self.prompt {
            prompt.set(&format!("open {}", line.trim_end()));
        }
        self.palette.menu = at.map(|at| Menu { at, typed });
    }

    /// Completes the word that is typed as far as it can only go one way; where it can go several,
    /// chooses the first, then the next.
    pub(super) fn complete_opening(&mut self) {
        let Some(argument) = self.open_argument().map(str::to_owned) else {
            return;
        };
        if let Some(menu) = self.palette.menu.take() {
            // A folder that was chosen is gone into, anything else is passed over.
            if argument.ends_with('/') {
                return self.list_choices();
            }
            self.palette.menu = Some(menu);
            return self.turn_opening(Act::Later);
        }
        let words = self
            .palette
            .choices()
            .iter()
            .filter_map(|choice| match &choice.does {
                Does::Word(word) => Some(word.as_str()),
                _ => None,
            });
        let words: Vec<&str> = words.collect();
        let Some(common) = common(&words) else {
            return self.turn_opening(Act::Later);
        };
        let (start, _) = Words::of(&argument).last(&argument);
        let longer = format!("{}{common}", argument.get(..start).unwrap_or_default());
        if words.len() == 1 || longer.len() > argument.len() {
            if let Some(prompt) = &mut self.prompt {
                prompt.set(&format!("open {longer}"));
            }
            return self.list_choices();
        }
        self.turn_opening(Act::Later);
    }
}

/// The entry that was chosen, and what was typed before that.
#[derive(Clone, Debug)]
pub(super) struct Menu {
    pub at: usize,
    typed: String,
}

/// What was typed, with the choice in its place or in that of its last word.
fn with(typed: &str, choice: &Choice) -> String {
    match &choice.does {
        Does::Line(line) => line.clone(),
        Does::Word(word) => {
            let (start, _) = Words::of(typed).last(typed);
            format!("{}{word}", typed.get(..start).unwrap_or_default())
        }
        Does::Act(_) | Does::Take(_) => typed.to_owned(),
    }
}

/// What all words begin with; `None` without a word.
fn common<'a>(words: &[&'a str]) -> Option<&'a str> {
    let first = *words.first()?;
    let mut end = first.len();
    for word in words {
        let same = first.char_indices().zip(word.chars());
        let differs = same
            .filter(|((_, a), b)| a != b)
            .map(|((at, _), _)| at)
            .next();
        let shorter = if word.len() < end { word.len() } else { end };
        end = differs.unwrap_or(shorter).min(end);
    }
    // A backslash alone would take what is typed next.
    let common = first.get(..end)?;
    let odd = common.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1;
    common.get(..end - usize::from(odd))
}
