//! Lines that were typed before, to be taken again.

/// Lines that are kept, at most.
const KEPT: usize = 100;

/// Lines, the newest last, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines(Vec<String>);

impl Lines {
    /// Remembers a line, unless it is empty.
    pub fn keep(&mut self, line: &str) {
        if !line.trim().is_empty() {
            self.0.retain(|old| old != line);
            self.0.push(line.to_owned());
            let over = self.0.len().saturating_sub(KEPT);
            self.0.drain(..over);
        }
    }

    /// All lines, the newest first.
    pub fn newest_first(&self) -> Vec<String> {
        self.0.iter().rev().cloned().collect()
    }

    /// The newest line.
    pub fn last(&self) -> Option<String> {
        self.0.last().cloned()
    }
}

/// A walk through lines, from the one that is being typed backwards.
#[derive(Clone, Debug, Default)]
pub(super) struct Recall {
    lines: Vec<String>,
    /// The place in `lines`, their number for the line being typed; none before the first step.
    at: Option<usize>,
    /// The line being typed, while an earlier one is shown.
    draft: String,
}

impl Recall {
    /// A walk that begins behind the newest line, or at it where it is what is shown then.
    pub fn new(lines: &Lines) -> Self {
        Self {
            lines: lines.0.clone(),
            ..Self::default()
        }
    }

    /// The line before or after the one that is shown, if there is one.
    pub fn turn(&mut self, back: bool, shown: &str) -> Option<String> {
        let (at, to) = match (self.at, back) {
            (None, false) => return None,
            (None, true) => {
                let newest = self.lines.last().is_some_and(|newest| newest == shown);
                let at = self.lines.len() - usize::from(newest);
                (at, at.checked_sub(1)?)
            }
            (Some(at), true) => (at, at.checked_sub(1)?),
            (Some(at), false) => (at, at + 1),
        };
        if to > self.lines.len() {
            return None;
        }
        if self.at.is_none() || at == self.lines.len() {
            shown.clone_into(&mut self.draft);
        }
        self.at = Some(to);
        Some(self.lines.get(to).unwrap_or(&self.draft).clone())
    }
}
