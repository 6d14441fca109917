//! Answers that come when nobody waits for them any more.

use ratatui::crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};

use super::ground;
use crate::paint::Ground;

/// Letters of an answer at most; what is longer is none.
const LONGEST: usize = 64;

/// Takes a late answer out of what is typed. The reader of keys
/// tells it as Alt-], letters, and Alt-\ or Ctrl-G.
#[derive(Debug, Default)]
pub struct Late {
    held: Vec<Input>,
    said: String,
}

/// What an input comes to.
#[derive(Debug, PartialEq, Eq)]
pub enum Caught {
    /// Perhaps a part of an answer: not to be told yet.
    Held,
    /// No answer: everything that was held, and the input.
    Typed(Vec<Input>),
    /// The end of an answer; with a ground, if it is understood.
    Answer(Option<Ground>),
}

impl Late {
    /// Takes the next input.
    pub fn take(&mut self, input: Input) -> Caught {
        let part = match &input {
            Input::Key(key) => part(key),
            _ => None,
        };
        match (part, self.held.is_empty()) {
            (Some(Part::Begin), true) => {}
            (Some(Part::End), false) if self.said.starts_with("11;") => {
                let said = std::mem::take(&mut self.said);
                self.held.clear();
                return Caught::Answer(ground(said.as_bytes()));
            }
            (Some(Part::Letter(letter)), false) if self.goes_on(letter) => self.said.push(letter),
            _ => {
                self.said.clear();
                let mut typed = std::mem::take(&mut self.held);
                typed.push(input);
                return Caught::Typed(typed);
            }
        }
        self.held.push(input);
        Caught::Held
    }

    /// Whether an answer can go on so.
    fn goes_on(&self, letter: char) -> bool {
        match "11;".chars().nth(self.said.len()) {
            Some(expected) => letter == expected,
            None => {
                self.said.len() < LONGEST
                    && (letter.is_ascii_hexdigit() || "rgb:/".contains(letter))
            }
        }
    }
}

/// What a key is within an answer.
enum Part {
    Begin,
    Letter(char),
    End,
}

fn part(key: &KeyEvent) -> Option<Part> {
    let KeyCode::Char(letter) = key.code else {
        return None;
    };
    match (letter, key.modifiers) {
        (']', KeyModifiers::ALT) => Some(Part::Begin),
        ('\\', KeyModifiers::ALT) | ('g', KeyModifiers::CONTROL) => Some(Part::End),
        (letter, KeyModifiers::NONE | KeyModifiers::SHIFT) => Some(Part::Letter(letter)),
        _ => None,
    }
}
