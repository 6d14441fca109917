//! Where the explorer opens: on the head that stands out most, until the person moves.

use super::state::{Cursor, State};
use crate::capture::{Head, Key, Query};
use crate::lens::{Standout, telling_cell};

/// The least weight of a cell that is said to be looked at.
const LOOKS: f32 = 0.25;

/// Letters of a token that a sentence quotes.
const QUOTED: usize = 24;

impl State {
    /// Puts the cursor on the head that stands out most among the layers that are done, on the cell
    /// that tells its story; else on the last query. A layer or head that was chosen stays.
    pub(super) fn start(&mut self) {
        let Some(capture) = self.capture.clone() else {
            return;
        };
        let at = self.cursor;
        let layers = self.derived.layers.iter();
        let layers = layers.filter(|done| !self.layer_chosen || done.layer.layer == at.layer);
        let heads = layers.flat_map(|done| {
            let heads = done.standouts.iter().enumerate();
            heads.filter_map(move |(head, found)| Some((&done.layer, Head(head), (*found)?)))
        });
        let heads = heads.filter(|(_, head, _)| !self.head_chosen || *head == at.head);
        let strength = |found: &Standout| found.strength;
        // The first of equal ones.
        let best = heads.reduce(|best, next| match strength(&next.2) > strength(&best.2) {
            true => next,
            false => best,
        });
        let cell = best.and_then(|(layer, head, found)| {
            let (query, key) = telling_cell(&capture, layer, head, &found)?;
            let layer = layer.layer;
            Some(Cursor {
                layer,
                head,
                query,
                key,
            })
        });
        self.opened_on = cell;
        self.cursor = cell.unwrap_or(Cursor {
            query: Query(self.tokens().saturating_sub(1)),
            key: Key(0),
            ..at
        });
        // Each layer that comes would move what is looked at: once more when all are there.
        if capture.is_complete() {
            self.opening = false;
            self.layer_chosen = true;
            self.head_chosen = true;
        }
    }

    /// Says why the explorer opened where it is: `opened on the head that stands out most: 'It' looks
    /// at 'cat'`. `None` once the cursor is elsewhere, and where nothing stands out.
    pub fn opening_sentence(&self) -> Option<String> {
        let opened = self
            .opened_on
            .filter(|opened| *opened == self.cursor && !self.mean)?;
        let capture = self.capture.as_ref()?;
        let weight = capture.layer(opened.layer)?;
        let weight = weight.weight(opened.head, opened.query, opened.key)?;
        let quoted = |position: usize| {
            let label = capture.label(position)?;
            Some(format!("'{}'", label.bare().clip(QUOTED)))
        };
        let (query, key) = (quoted(opened.query.0)?, quoted(opened.key.0)?);
        (weight >= LOOKS)
            .then(|| format!("opened on the head that stands out most: {query} looks at {key}"))
    }
}
