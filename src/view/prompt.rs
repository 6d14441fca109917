//! A line of text that is asked for at the bottom of the screen.

use tui_input::{Input, InputRequest};

use super::Effect;
use super::action::Act;
use super::complete::Completions;
use super::edit::request;
use super::recall::{Lines, Recall};
use super::state::State;

/// Longest line that can be typed or pasted, in bytes.
const MAX_BYTES: usize = 4096;

/// What a line is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ask {
    /// Tokens to find.
    Find,
    /// A word of the text that lies over the screen.
    Search,
    /// Numbers that heads are to have.
    Filter,
    /// A command, by its name.
    Command,
    /// The file to save what is shown in.
    Save,
}

impl Ask {
    /// What stands before the line.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Find | Self::Search => "/",
            Self::Filter => "filter ",
            Self::Command => ":",
            Self::Save => "save as ",
        }
    }
}

/// The line, and what it is for.
#[derive(Clone, Debug)]
pub struct Prompt {
    ask: Ask,
    input: Input,
    recall: Recall,
}

impl Prompt {
    /// An empty line.
    pub fn new(ask: Ask) -> Self {
        Self {
            ask,
            input: Input::default(),
            recall: Recall::default(),
        }
    }

    /// A line to go on with.
    pub fn with_line(ask: Ask, line: &str) -> Self {
        Self {
            ask,
            input: Input::new(line.to_owned()),
            recall: Recall::default(),
        }
    }

    /// The same, with lines that can be taken again.
    pub(super) fn recalling(self, lines: &Lines) -> Self {
        Self {
            recall: Recall::new(lines),
            ..self
        }
    }

    /// Puts another line in its place, the cursor at its end.
    pub(super) fn set(&mut self, line: &str) {
        self.input = Input::new(line.to_owned());
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
        for c in pasted
            .split(['\n', '\r'])
            .next()
            .unwrap_or_default()
            .chars()
        {
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
                self.prompt = Some(Prompt::new(ask).recalling(&self.sought));
            }
            Ask::Search => {
                self.begin_search();
                self.prompt = Some(Prompt::new(ask).recalling(&self.searches));
            }
            Ask::Filter => self.ask_filter(),
            Ask::Command => {
                self.prompt = Some(Prompt::new(ask));
                // Files may have come and gone since.
                self.palette.completions = Completions::default();
                self.list_choices();
            }
            Ask::Save => self.prompt = Some(Prompt::with_line(ask, &self.file_name())),
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
            Ask::Search => self.search(&line),
            Ask::Filter => self.filter_typed(),
            Ask::Command => self.list_choices(),
            Ask::Save => {}
        }
    }

    /// Whether a line is asked for this.
    pub(super) fn asks(&self, ask: Ask) -> bool {
        self.prompt.as_ref().is_some_and(|prompt| prompt.ask == ask)
    }

    /// Chooses another entry above the line, or takes an earlier line where there are none.
    pub(super) fn turn_line(&mut self, act: Act) {
        if !self.asks(Ask::Command) {
            let turned = self.prompt.as_mut().and_then(|prompt| {
                let line = prompt.line().to_owned();
                let line = prompt.recall.turn(act == Act::Earlier, &line)?;
                prompt.set(&line);
                Some(())
            });
            return turned.map_or((), |()| self.prompted());
        }
        if self.open_argument().is_some() {
            return self.turn_opening(act);
        }
        let fresh = self.prompt.as_ref().is_some_and(|p| p.line().is_empty());
        match (act, self.last_command()) {
            (Act::Earlier, Some(line)) if fresh && self.palette.chosen().unwrap_or(0) == 0 => {
                if let Some(prompt) = &mut self.prompt {
                    prompt.set(&line);
                }
                self.list_choices();
            }
            (Act::Earlier, _) => self.move_choice(-1),
            _ => self.move_choice(1),
        }
    }

    /// Leaves the line, and everything as it was before.
    pub(super) fn abandon(&mut self) {
        match self.prompt.take().map(|prompt| prompt.ask()) {
            Some(Ask::Find) => self.leave_find(),
            Some(Ask::Search) => self.leave_search(),
            Some(Ask::Filter) => self.filter_abandoned(),
            Some(Ask::Command | Ask::Save) | None => {}
        }
    }

    /// Does what the line was asked for.
    pub(super) fn accept(&mut self) -> Vec<Effect> {
        let Some(prompt) = &self.prompt else {
            return Vec::new();
        };
        let (ask, line) = (prompt.ask, prompt.line().to_owned());
        match ask {
            Ask::Command => return self.do_command(&line),
            Ask::Filter if !self.filter_accepted() => return Vec::new(),
            Ask::Find => {
                self.sought.keep(&line);
                self.keep_find();
            }
            Ask::Search => {
                self.searches.keep(&line);
                self.keep_search();
            }
            Ask::Filter => self.filters.keep(&line),
            Ask::Save => {}
        }
        self.prompt = None;
        match ask {
            Ask::Save => self.save(&line),
            Ask::Find | Ask::Search | Ask::Filter | Ask::Command => Vec::new(),
        }
    }

    /// What is to be said beside the line that is typed.
    pub fn prompt_note(&self) -> Option<&str> {
        match self.asked()? {
            Ask::Filter => self.filter_note(),
            Ask::Save => Some(self.save_note()),
            Ask::Find | Ask::Search | Ask::Command => None,
        }
    }
}
