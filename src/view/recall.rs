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

    /// The newest line.
    pub fn last(&self) -> Option<String> {
        self.0.last().cloned()
    }
}

/// A walk through lines, from the one that is being typed backwards.
#[derive(Clone, Debug, Default)]
pub(super) struct Recall {
    lines: Vec<String>,
    /// The place in `lines`, their number for the line being typed.
    at: usize,
    /// The line being typed, while an earlier one is shown.
    draft: String,
}

impl Recall {
    /// A walk that begins behind the newest line.
    pub fn new(lines: &[String]) -> Self {
        Self {
            lines: lines.to_vec(),
            at: lines.len(),
            draft: String::new(),
        }
    }

    /// The same.
    pub fn of(lines: &Lines) -> Self {
        Self::new(&lines.0)
    }

    /// The line before or after the one that is shown, if there is one.
    pub fn turn(&mut self, back: bool, shown: &str) -> Option<String> {
        let to = match back {
            true => self.at.checked_sub(1)?,
            false => self.at + 1,
        };
        if to > self.lines.len() {
            return None;
        }
        if self.at == self.lines.len() {
            shown.clone_into(&mut self.draft);
        }
        self.at = to;
        Some(self.lines.get(to).unwrap_or(&self.draft).clone())
    }
}
