//! The filter of the table, as it is typed.

use super::super::prompt::{Ask, Prompt};
use super::super::screen::Screen;
use super::super::state::State;
use super::Before;
use crate::capture::{Head, Layer};
use crate::lens::{Filter, UNDERSTOOD};

impl State {
    /// Asks for a filter, beginning with the one that is set.
    pub(in super::super) fn ask_filter(&mut self) {
        self.atlas.before = Some(Before {
            line: self.atlas.line.clone(),
            at: (self.cursor.layer, self.cursor.head),
        });
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
        let line = self.atlas.before.take().map_or_else(String::new, |before| {
            (self.cursor.layer, self.cursor.head) = before.at;
            before.line
        });
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
        let before = self.atlas.before.take();
        self.status = None;
        if before.is_some_and(|before| before.at != (self.cursor.layer, self.cursor.head)) {
            self.choose_head(self.cursor.layer, self.cursor.head);
        }
        true
    }

    /// Whether moves go to heads that the filter keeps alone.
    pub(in super::super) fn is_filtered(&self) -> bool {
        self.screen == Screen::Atlas && !self.atlas.filter.is_empty() && !self.listed().is_empty()
    }

    /// Moves the cursor off a head that the filter hides: to where it was before a filter was typed,
    /// else to the first head of the table. Where no head is left it stays, and is not shown.
    pub(in super::super) fn keep_to_filter(&mut self) {
        let here = (self.cursor.layer, self.cursor.head);
        let before = self.atlas.before.as_ref().map(|before| before.at);
        // A layer that is still computed has heads that are neither kept nor hidden.
        let known = |(layer, head): (Layer, Head)| self.numbers_of(layer, head).is_some();
        let kept = |(layer, head): (Layer, Head)| self.is_listed(layer, head);
        let to = match before {
            Some(at) if !known(at) || kept(at) => at,
            Some(at) => self.listed().first().copied().unwrap_or(at),
            None if !known(here) || kept(here) => here,
            None => self.listed().first().copied().unwrap_or(here),
        };
        if to != here {
            (self.cursor.layer, self.cursor.head) = to;
            self.entry = 0;
        }
    }

    /// Goes on among the heads that the filter keeps: along a layer by heads, or to the nearest head
    /// of the next layers that have one. Stays where there is none.
    pub(in super::super) fn move_among_listed(&mut self, layers: isize, heads: isize) {
        let (layer, head) = (self.cursor.layer, self.cursor.head);
        let mut kept = self.listed().to_vec();
        kept.sort_unstable();
        let to = match layers {
            0 => {
                kept.retain(|at| at.0 == layer);
                step(&kept, |at| at.1.cmp(&head), heads)
            }
            _ => {
                let mut rows: Vec<Layer> = kept.iter().map(|at| at.0).collect();
                rows.dedup();
                step(&rows, |at| at.cmp(&layer), layers).and_then(|to| {
                    let heads = kept.into_iter().filter(|at| at.0 == to);
                    heads.min_by_key(|at| at.1.0.abs_diff(head.0))
                })
            }
        };
        if let Some((layer, head)) = to {
            self.choose_head(layer, head);
        }
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

/// The entry `by` further on in a sorted list, from where `order` says that one is; the last one
/// on that side where there are fewer, `None` where there is none.
fn step<T: Copy>(sorted: &[T], order: impl Fn(&T) -> std::cmp::Ordering, by: isize) -> Option<T> {
    let below = sorted.partition_point(|at| order(at).is_lt());
    let up_to = sorted.partition_point(|at| order(at).is_le());
    let to = match by {
        1.. if up_to < sorted.len() => up_to.saturating_add_signed(by - 1),
        0 if below < up_to => below,
        ..0 if below > 0 => below.saturating_sub(by.unsigned_abs()),
        _ => return None,
    };
    sorted.get(to.min(sorted.len() - 1)).copied()
}
