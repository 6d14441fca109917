//! A line of text that is asked for at the bottom of the screen.

use tui_input::{Input, InputRequest};

use super::Effect;
use super::action::Act;
use super::edit::request;
use super::state::State;

/// Longest line that can be typed or pasted, in bytes.
const MAX_BYTES: usize = 4096;

/// What a line is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ask {
    /// Tokens to find.
    Find,
    /// Numbers that heads are to have.
    Filter,
}

impl Ask {
    /// What stands before the line.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Find => "/",
            Self::Filter => "filter ",
        }
    }
}

/// The line, and what it is for.
#[derive(Clone, Debug)]
pub struct Prompt {
    ask: Ask,
    input: Input,
}

impl Prompt {
    /// An empty line.
    pub fn new(ask: Ask) -> Self {
        Self {
            ask,
            input: Input::default(),
        }
    }

    /// A line to go on with.
    pub fn with_line(ask: Ask, line: &str) -> Self {
        Self {
            ask,
            input: Input::new(line.to_owned()),
        }
    }

    /// What the line is for.
    pub fn ask(&self) -> Ask {
        self.ask
    }

    /// The line.
    pub fn line(&self) -> &str {
        self.input.value()
    }

    /// The cursor, in code points from the start.
    pub fn cursor(&self) -> usize {
        self.input.cursor()
    }

    /// Types one character.
    pub(super) fn insert(&mut self, c: char) {
        if self.line().len() < MAX_BYTES {
            self.input.handle(InputRequest::InsertChar(c));
        }
    }

    /// Inserts a pasted text, up to the end of its first line.
    pub(super) fn paste(&mut self, pasted: &str) {
        for c in pasted.lines().next().unwrap_or_default().chars() {
            self.insert(c);
        }
    }

    /// Does one editing action; others are left alone.
    pub(super) fn act(&mut self, act: Act) {
        if let Some(request) = request(act) {
            self.input.handle(request);
        }
    }
}

impl State {
    /// Asks for a line.
    pub(super) fn ask(&mut self, ask: Ask) {
        match ask {
            Ask::Find => {
                self.begin_find();
                self.prompt = Some(Prompt::new(ask));
            }
            Ask::Filter => self.ask_filter(),
        }
    }

    /// What the line that is typed is for.
    fn asked(&self) -> Option<Ask> {
        self.prompt.as_ref().map(Prompt::ask)
    }

    /// Does what follows from a line while it is typed.
    pub(super) fn prompted(&mut self) {
        let Some(prompt) = &self.prompt else { return };
        let line = prompt.line().to_owned();
        match prompt.ask() {
            Ask::Find => self.seek(&line),
            Ask::Filter => self.filter_typed(),
        }
    }

    /// Leaves the line, and everything as it was before.
    pub(super) fn abandon(&mut self) {
        match self.prompt.take().map(|prompt| prompt.ask()) {
            Some(Ask::Find) => self.leave_find(),
            Some(Ask::Filter) => self.filter_abandoned(),
            None => {}
        }
    }

    /// Does what the line was asked for.
    pub(super) fn accept(&mut self) -> Vec<Effect> {
        match self.asked() {
            Some(Ask::Find) => self.keep_find(),
            Some(Ask::Filter) if !self.filter_accepted() => return Vec::new(),
            Some(Ask::Filter) | None => {}
        }
        self.prompt = None;
        Vec::new()
    }

    /// What is to be said beside the line that is typed.
    pub fn prompt_note(&self) -> Option<&str> {
        match self.asked()? {
            Ask::Find => None,
            Ask::Filter => self.filter_note(),
        }
    }
}
