//! Finding words and phrases in the text.

use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use super::state::{Cursor, State};
use super::text::TextView;
use crate::lens::{Haystack, is_folded};

/// What was sought last, and where it stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Find {
    sought: String,
    hits: Vec<RangeInclusive<usize>>,
    /// Where going on passed the end of the text, and so began anew from the other.
    wrapped: Option<Wrapped>,
    haystack: Option<Arc<Haystack>>,
    /// What to come back to when the line is left.
    before: Option<Box<Before>>,
}

/// Where everything was before a line was asked for.
#[derive(Clone, Debug)]
struct Before {
    cursor: Cursor,
    entry: usize,
    scroll: (usize, usize),
    text: TextView,
    find: Find,
}

/// The end that finding passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapped {
    /// It went on from the top.
    Top,
    /// It went on from the bottom.
    Bottom,
}

/// What finding found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// What was sought; not safe to show.
    pub sought: &'a str,
    /// The place that the cursor is on, counted from 1.
    pub at: Option<usize>,
    /// How many places there are.
    pub of: usize,
    /// The end that was passed on the way to this place.
    pub wrapped: Option<Wrapped>,
}

impl State {
    /// What was sought and found; `None` where nothing is.
    pub fn found(&self) -> Option<Found<'_>> {
        let find = &self.find;
        (!find.sought.is_empty()).then(|| Found {
            sought: &find.sought,
            at: self.hit_at(self.chosen()).map(|at| at + 1),
            of: find.hits.len(),
            wrapped: find.wrapped,
        })
    }

    /// Whether a token is in a place that was found, or taken as one with others.
    pub fn is_hit(&self, token: usize) -> bool {
        let in_span = self.span.as_ref().is_some_and(|span| span.contains(&token));
        in_span || self.hit_at(token).is_some()
    }

    /// The place that a token is in.
    fn hit_at(&self, token: usize) -> Option<usize> {
        let hits = &self.find.hits;
        let after = hits.partition_point(|hit| *hit.start() <= token);
        let at = after.checked_sub(1)?;
        hits.get(at).filter(|hit| hit.contains(&token)).map(|_| at)
    }

    /// The tokens of the place that a token is in.
    pub(super) fn hit_around(&self, token: usize) -> Option<Range<usize>> {
        let hit = self.find.hits.get(self.hit_at(token)?)?;
        Some(*hit.start()..*hit.end() + 1)
    }

    /// Begins to find: keeps what an abandoned line comes back to.
    pub(super) fn begin_find(&mut self) {
        let find = std::mem::take(&mut self.find);
        self.find.haystack.clone_from(&find.haystack);
        self.find.before = Some(Box::new(Before {
            cursor: self.cursor,
            entry: self.entry,
            scroll: self.scroll,
            text: self.text.clone(),
            find,
        }));
    }

    /// Goes to the first place of the line at or after where finding began.
    pub(super) fn seek(&mut self, sought: &str) {
        let before = self.find.before.take();
        if let Some(before) = &before {
            self.stand_as(before);
        }
        self.find.before = before;
        self.find.sought = sought.to_owned();
        self.find.wrapped = None;
        self.find.hits = self.hits(sought);
        let from = self.chosen();
        let at = self.find.hits.iter().position(|hit| *hit.end() >= from);
        if let Some(hit) = self.find.hits.get(at.unwrap_or(0)).cloned() {
            self.find.wrapped = at.is_none().then_some(Wrapped::Top);
            if !hit.contains(&from) {
                self.choose_subject(*hit.start());
            }
        }
    }

    fn hits(&mut self, sought: &str) -> Vec<RangeInclusive<usize>> {
        let Some(capture) = &self.capture else {
            return Vec::new();
        };
        let folded = is_folded(sought);
        let held = self.find.haystack.take();
        let held = held.filter(|held| held.is_of(&capture.tokens, folded));
        let fresh = || Arc::new(Haystack::new(Arc::clone(&capture.tokens), folded));
        let haystack = held.unwrap_or_else(fresh);
        let hits = haystack.hits(sought);
        self.find.haystack = Some(haystack);
        hits
    }

    fn stand_as(&mut self, before: &Before) {
        self.cursor = before.cursor;
        self.entry = before.entry;
        self.scroll = before.scroll;
        self.text.clone_from(&before.text);
    }

    /// Stays where the line led to. An empty line seeks again what was sought before.
    pub(super) fn keep_find(&mut self) {
        let before = self.find.before.take();
        if self.find.sought.is_empty()
            && let Some(before) = before
        {
            self.find = before.find;
            self.next_hit(1);
        }
    }

    /// Goes back to where everything was before the line.
    pub(super) fn leave_find(&mut self) {
        let find = std::mem::take(&mut self.find);
        if let Some(before) = find.before {
            self.stand_as(&before);
            self.find = before.find;
        }
    }

    /// Goes to the next place, or with `by` of -1 to the one before; beyond the last to the first.
    pub(super) fn next_hit(&mut self, by: isize) {
        if self.find.sought.is_empty() {
            self.status = Some("Nothing is sought yet: / asks for it.".to_owned());
            return;
        }
        let (hits, from) = (&self.find.hits, self.chosen());
        let (next, end) = match by > 0 {
            true => (
                hits.iter().find(|hit| *hit.start() > from),
                (hits.first(), Wrapped::Top),
            ),
            false => (
                hits.iter().rev().find(|hit| *hit.end() < from),
                (hits.last(), Wrapped::Bottom),
            ),
        };
        let to = next.or(end.0).map(|hit| *hit.start());
        let wrapped = next.is_none().then_some(end.1);
        if let Some(token) = to {
            self.choose_subject(token);
            self.find.wrapped = wrapped;
        }
    }

    /// Forgets what was sought; tells whether anything was.
    pub(super) fn forget_find(&mut self) -> bool {
        !std::mem::take(&mut self.find).sought.is_empty()
    }
}
