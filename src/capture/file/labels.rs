//! Labels of a capture in its file: each label that occurs once, and an index into them a place.

use std::collections::HashMap;

use rayon::prelude::*;

use crate::token::Label;

/// The labels that occur.
#[derive(Default)]
pub(super) struct Table {
    /// All bytes, one label behind the other.
    pub bytes: Vec<u8>,
    /// Where each ends.
    pub ends: Vec<i64>,
    /// What else each is, see [`Label::kind`].
    pub kinds: Vec<u8>,
    found: HashMap<Label, i64>,
}

impl Table {
    /// The index of a label.
    pub(super) fn index(&mut self, label: &Label) -> i64 {
        if let Some(&found) = self.found.get(label) {
            return found;
        }
        let next = self.ends.len() as i64;
        self.bytes.extend_from_slice(label.bytes());
        self.ends.push(self.bytes.len() as i64);
        self.kinds.push(label.kind());
        self.found.insert(label.clone(), next);
        next
    }
}

/// The labels of a table; `None` where its lists do not fit each other.
pub(super) fn labels(bytes: &[u8], ends: &[i64], kinds: &[u8]) -> Option<Vec<Label>> {
    if ends.len() != kinds.len() {
        return None;
    }
    let starts = std::iter::once(&0).chain(ends);
    let parts: Option<Vec<(&[u8], u8)>> = starts
        .zip(ends)
        .zip(kinds)
        .map(|((&start, &end), &kind)| {
            let range = usize::try_from(start).ok()?..usize::try_from(end).ok()?;
            Some((bytes.get(range)?, kind))
        })
        .collect();
    let parts = parts?.into_par_iter().with_min_len(256);
    parts
        .map(|(bytes, kind)| Label::of_kind(bytes, kind))
        .collect()
}
