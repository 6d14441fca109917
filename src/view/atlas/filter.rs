//! The filter of the table, as it is typed.

use super::super::prompt::{Ask, Prompt};
use super::super::state::State;
use crate::lens::{Filter, UNDERSTOOD};

impl State {
    /// Asks for a filter, beginning with the one that is set.
    pub(in super::super) fn ask_filter(&mut self) {
        self.atlas.before = Some(self.atlas.line.clone());
        self.prompt =
            Some(Prompt::with_line(Ask::Filter, &self.atlas.line).recalling(&self.filters));
    }

    /// Filters by the line as far as it is understood; until it is, the last one that was stays.
    pub(in super::super) fn filter_typed(&mut self) {
        let Some(prompt) = &self.prompt else { return };
        let line = prompt.line().trim().to_owned();
        match Filter::parse(&line) {
            Ok(filter) => {
                self.atlas.filter = filter;
                self.atlas.line = line;
                self.atlas.wrong = None;
            }
            Err(said) => self.atlas.wrong = Some(said),
        }
    }

    /// Goes back to the filter from before.
    pub(in super::super) fn filter_abandoned(&mut self) {
        let line = self.atlas.before.take().unwrap_or_default();
        self.atlas.filter = Filter::parse(&line).unwrap_or_default();
        self.atlas.line = line;
        self.atlas.wrong = None;
    }

    /// Takes the filter; tells whether it is understood.
    pub(in super::super) fn filter_accepted(&mut self) -> bool {
        if let Some(said) = &self.atlas.wrong {
            self.status = Some(format!("{said}. Understood: {UNDERSTOOD}."));
            return false;
        }
        self.atlas.before = None;
        self.status = None;
        if self.row_of_table().is_none() {
            self.choose_row(0);
        }
        true
    }

    /// Drops the filter; tells whether there was one.
    pub(in super::super) fn clear_filter(&mut self) -> bool {
        let there = !self.atlas.filter.is_empty();
        self.atlas.filter = Filter::default();
        self.atlas.line.clear();
        there
    }

    /// The filter as it was typed; empty for none.
    pub fn filter(&self) -> &str {
        match self.atlas.filter.is_empty() {
            true => "",
            false => &self.atlas.line,
        }
    }

    /// What is wrong with the filter that is typed; what one can say where there is nothing yet.
    pub(in super::super) fn filter_note(&self) -> Option<&str> {
        let wrong = self.atlas.wrong.as_deref();
        wrong.or(self.atlas.line.is_empty().then_some(UNDERSTOOD))
    }
}
