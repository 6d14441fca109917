//! What the list and the readout are about: one token, or several that are taken as one. It stays
//! when the direction turns.

use std::ops::Range;

use super::screen::Screen;
use super::state::{Direction, State};
use crate::capture::{Key, Label, Query};
use crate::lens::{Pattern, top_keys_of_span, top_queries_to_span};

/// Most tokens that are taken as one: their rows are computed before the next frame.
const MOST: usize = 64;

/// One end of the readout.
#[derive(Clone, Debug)]
pub struct End {
    /// Its text.
    pub label: Label,
    /// Its position, or the first and the last and how they are taken together.
    pub position: String,
}

/// Where the cursor was before the direction turned, and where that put it.
#[derive(Clone, Debug)]
pub(super) struct Turned {
    from: (Query, Key),
    to: (Query, Key),
}

impl State {
    /// The tokens that are taken as one, where there are several.
    pub fn span(&self) -> Option<Range<usize>> {
        self.span.clone()
    }

    /// The token or tokens that the list is about.
    pub fn subject(&self) -> Range<usize> {
        let chosen = self.chosen();
        self.span().unwrap_or(chosen..chosen + 1)
    }

    /// The text of what the list is about.
    pub fn subject_label(&self) -> Label {
        self.label_of(self.subject())
    }

    fn label_of(&self, tokens: Range<usize>) -> Label {
        let held = self
            .capture
            .as_ref()
            .and_then(|capture| capture.tokens.get(tokens));
        match held.unwrap_or_default() {
            [one] => one.label.clone(),
            several => {
                let bytes = several.iter().flat_map(|token| token.label.bytes());
                Label::of_token(&bytes.copied().collect::<Vec<u8>>())
            }
        }
    }

    /// The two ends of the readout: who attends, and to what.
    pub fn ends(&self) -> [End; 2] {
        let end = |position: usize, is_subject: bool| {
            let span = self.span().filter(|_| is_subject);
            let told = match (&span, self.direction) {
                (None, _) => position.to_string(),
                (Some(span), Direction::Attends) => positions(span) + " mean",
                (Some(span), Direction::Attended) => positions(span) + " sum",
            };
            End {
                label: self.label_of(span.unwrap_or(position..position + 1)),
                position: told,
            }
        };
        let attends = self.direction == Direction::Attends;
        [
            end(self.cursor.query.0, attends),
            end(self.cursor.key.0, !attends),
        ]
    }

    /// The exact weight between the two ends of the readout; `None` where masked or not computed.
    pub fn readout(&self) -> Option<f32> {
        let (pattern, cursor) = (self.pattern()?, self.cursor);
        match (self.span(), self.direction) {
            (None, _) => self.weight(),
            (Some(span), Direction::Attends) => pattern.weight_of_span(span, cursor.key),
            (Some(span), Direction::Attended) => pattern.weight_to_span(cursor.query, span),
        }
    }

    /// The visible values of a span at the scale that is shown: `[tokens]`, `None` where masked. Sums
    /// over keys are no rows, so a scale that needs rows leaves them as they are.
    pub(super) fn shades_of_span(&self, visible: &Range<usize>) -> Option<Vec<Option<f32>>> {
        let (span, pattern) = (self.span()?, self.pattern()?);
        let (start, values) = match self.direction {
            Direction::Attends if self.scale.needs_row() => rows_as_shown(&pattern, span),
            Direction::Attends => pattern.weights_of_span(span)?,
            Direction::Attended => (span.start, pattern.weights_to_span(span)),
        };
        let value = |at: usize| {
            let value = *values.get(at.checked_sub(start)?)?;
            Some(self.shade_scale().of_cell(value))
        };
        Some(visible.clone().map(value).collect())
    }

    /// Chooses a token as what the list is about; the other end stays where that is not masked then.
    pub(super) fn choose_subject(&mut self, token: usize) {
        match (self.screen, self.direction) {
            (Screen::Text, _) => self.choose_token(token),
            (_, Direction::Attends) => {
                self.choose(Query(token), Key(self.cursor.key.0.min(token)));
            }
            (_, Direction::Attended) => {
                self.choose(Query(self.cursor.query.0.max(token)), Key(token));
            }
        }
    }

    /// Looks the other way: from what a token attends to, to who attends to it. The token stays, the
    /// other end becomes the strongest; turned back at once, the other end is what it was.
    pub(super) fn mirror(&mut self) {
        let (chosen, span) = (self.chosen(), self.span.take());
        let from = (self.cursor.query, self.cursor.key);
        let back = self.turned.take().filter(|turned| turned.to == from);
        self.direction = self.direction.turned();
        self.entry = 0;
        self.touched = true;
        self.span = span;
        if self.screen == Screen::Text {
            return self.choose_token(chosen);
        }
        match (back, self.direction) {
            (Some(turned), _) => (self.cursor.query, self.cursor.key) = turned.from,
            (None, Direction::Attends) => {
                let key = self.strongest(chosen).unwrap_or(0);
                (self.cursor.query, self.cursor.key) = (Query(chosen), Key(key));
            }
            (None, Direction::Attended) => {
                let query = self.strongest(chosen).unwrap_or(chosen);
                (self.cursor.query, self.cursor.key) = (Query(query), Key(chosen));
            }
        }
        let to = (self.cursor.query, self.cursor.key);
        self.turned = Some(Turned { from, to });
    }

    /// Looks the other way from the other end: the cell stays, and the list is about its other token.
    pub(super) fn turn_about(&mut self) {
        let other = self.other_end();
        self.span = None;
        self.direction = self.direction.turned();
        self.entry = 0;
        self.touched = true;
        self.text.pinned = true;
        debug_assert_eq!(self.chosen(), other);
    }

    /// The token at the other end of the highest weight of what the list is about.
    fn strongest(&self, chosen: usize) -> Option<usize> {
        let pattern = self.pattern()?;
        let subject = self.span().unwrap_or(chosen..chosen + 1);
        let best = match self.direction {
            Direction::Attends => top_keys_of_span(&pattern, subject, 1),
            Direction::Attended => top_queries_to_span(&pattern, subject, 1),
        };
        best.first().map(|entry| entry.position)
    }

    /// Takes the phrase that was found, or the word, at the chosen token as one; or that token alone
    /// again.
    pub(super) fn turn_span(&mut self) {
        if self.span.take().is_some() {
            return;
        }
        let chosen = self.chosen();
        let found = self.hit_around(chosen);
        let span = found.unwrap_or_else(|| self.word_around(chosen));
        match span.len() {
            0 | 1 => {
                self.status = Some(format!(
                    "'{}' is one token: find a phrase with / to take its tokens as one.",
                    self.label_of(chosen..chosen + 1).bare().text()
                ));
            }
            2..=MOST => {
                self.touched = true;
                self.tell(format!(
                    "{} tokens are taken as one, {}: rows are averaged, columns are added.",
                    span.len(),
                    positions(&span)
                ));
                self.span = Some(span);
            }
            more => {
                self.status = Some(format!(
                    "{more} tokens are too many to be taken as one: {MOST} at most."
                ));
            }
        }
    }

    /// Keeps the span on what is chosen: it goes on to the next place that was found, and ends where
    /// another token is chosen.
    pub(super) fn settle_span(&mut self) {
        let chosen = self.chosen();
        let Some(span) = self.span.take() else { return };
        if span.end > self.tokens() || span.contains(&chosen) {
            self.span = (span.end <= self.tokens()).then_some(span);
            return;
        }
        let was_found = self.hit_around(span.start).is_some_and(|hit| hit == span);
        let next = self.hit_around(chosen).filter(|_| was_found);
        self.span = next.filter(|hit| (2..=MOST).contains(&hit.len()));
    }

    /// The tokens of the word that a token belongs to.
    fn word_around(&self, token: usize) -> Range<usize> {
        let Some(capture) = &self.capture else {
            return token..token;
        };
        let bytes = |at: usize| capture.label(at).map_or(&[][..], Label::bytes);
        let goes_on = |at: usize| continues(bytes(at), bytes(at + 1));
        let (mut start, mut end) = (token, token + 1);
        while start > 0 && goes_on(start - 1) {
            start -= 1;
        }
        while end < capture.len() && goes_on(end - 1) {
            end += 1;
        }
        start..end
    }
}

impl Direction {
    /// The other direction.
    fn turned(self) -> Self {
        match self {
            Self::Attends => Self::Attended,
            Self::Attended => Self::Attends,
        }
    }
}

/// `5–7`, or `5` for one.
pub(super) fn positions(span: &Range<usize>) -> String {
    match span.len() {
        0 | 1 => span.start.to_string(),
        _ => format!("{}–{}", span.start, span.end - 1),
    }
}

/// The mean of rows at a scale that needs whole rows, and its first key.
fn rows_as_shown(pattern: &Pattern, span: Range<usize>) -> (usize, Vec<f32>) {
    let start = pattern.visible(Query(span.start)).start;
    let mut mean = vec![0.0; span.end.saturating_sub(start)];
    let share = 1.0 / span.len().max(1) as f32;
    for query in span.map(Query) {
        let first = pattern.visible(query).start.saturating_sub(start);
        for (sum, value) in mean.iter_mut().skip(first).zip(pattern.row(query)) {
            *sum += value * share;
        }
    }
    (start, mean)
}

/// Whether a word goes on from one token to the next: letters or digits on both sides, and not two
/// characters of a script that is written without spaces.
fn continues(before: &[u8], after: &[u8]) -> bool {
    // A character whose bytes are spread over tokens.
    let split = before
        .utf8_chunks()
        .last()
        .is_some_and(|chunk| !chunk.invalid().is_empty());
    let last = String::from_utf8_lossy(before).chars().next_back();
    let mut next = String::from_utf8_lossy(after)
        .chars()
        .collect::<Vec<_>>()
        .into_iter();
    let (Some(last), Some(first)) = (last, next.next()) else {
        return false;
    };
    let of_word = |c: char| c.is_alphanumeric() && c < '\u{2e80}';
    let apostrophe = matches!(first, '\'' | '’') && next.next().is_some_and(of_word);
    split && first == char::REPLACEMENT_CHARACTER || of_word(last) && (of_word(first) || apostrophe)
}

#[cfg(test)]
mod tests;
