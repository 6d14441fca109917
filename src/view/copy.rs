//! What is copied: always labels, never the bytes of a token.

use super::Effect;
use super::span::End;
use super::state::{Direction, State};
use crate::capture::{Key, Query};
use crate::lens::Select;
use crate::safe::lines;

/// What to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// The weight under the cursor, and whose it is.
    Cell,
    /// The weights of the chosen query; of all queries to the key where the list looks that way.
    Row,
    /// The command line that shows the same.
    Command,
}

/// The most bytes that are sent to a clipboard: terminals drop what is over about 100 KB in
/// base64, without a word.
pub const MOST_COPIED: usize = 74_000;

impl State {
    /// Sends something to the terminal's clipboard, and says so.
    pub(super) fn copy(&mut self, what: What) -> Vec<Effect> {
        let copied = match what {
            What::Cell => self.cell_text().map(|text| (text, "the cell")),
            What::Row => self.row_text().map(|text| match text.len() <= MOST_COPIED {
                true => (text, "the row"),
                false => (self.list_text(), "the largest weights of the row"),
            }),
            What::Command => self.command_text().map(|text| (text, "the command line")),
        };
        let Some((text, what)) = copied else {
            self.status = Some("There is nothing to copy yet.".to_owned());
            return Vec::new();
        };
        // As the clipboard gets it, so that its size is right.
        let text = lines(&text);
        if text.len() > MOST_COPIED {
            self.status = Some(format!(
                "Not copied: {what} takes {} bytes, and terminals take about {MOST_COPIED}.",
                text.len()
            ));
            return Vec::new();
        }
        let tmux = match self.options.in_tmux {
            true => ", as tmux without set-clipboard on",
            false => "",
        };
        self.tell(format!(
            "Sent {what} to the terminal (OSC 52, {} bytes); some ignore it{tmux}.",
            text.len()
        ));
        vec![Effect::Copy(text)]
    }

    /// Layer, head or mean, as words.
    fn pattern_text(&self) -> String {
        let layer = self.cursor.layer;
        match self.select() {
            Select::Head(head) => format!("layer {layer}, head {head}"),
            Select::Mean => format!("layer {layer}, mean of {} heads", self.heads()),
        }
    }

    fn cell_text(&self) -> Option<String> {
        self.layer()?;
        let weight = match self.readout() {
            Some(weight) => weight.to_string(),
            None => "masked".to_owned(),
        };
        let [query, key] = self.ends().map(|end| end_text(&end));
        Some(format!(
            "{}: {query} -> {key} {weight}",
            self.pattern_text()
        ))
    }

    /// The weights of the row or column, a line each, in the order of the text.
    fn row_text(&self) -> Option<String> {
        let pattern = self.pattern()?;
        let subject = self.subject();
        let (start, weights) = match (self.direction, subject.len()) {
            (Direction::Attends, 1) => {
                let query = Query(subject.start);
                (pattern.visible(query).start, pattern.weights(query))
            }
            (Direction::Attends, _) => pattern.weights_of_span(subject)?,
            (Direction::Attended, 1) => (subject.start, pattern.weights_of_key(Key(subject.start))),
            (Direction::Attended, _) => (subject.start, pattern.weights_to_span(subject)),
        };
        let weights = (start..).zip(weights);
        let lines = weights.map(|(at, weight)| self.weight_line(at, weight));
        Some(self.row_heading() + &lines.collect::<String>())
    }

    /// The entries of the list, a line each, best first.
    fn list_text(&self) -> String {
        let entries = self.ranked().iter();
        let lines = entries.map(|entry| self.weight_line(entry.position, entry.weight));
        self.row_heading() + &lines.collect::<String>()
    }

    fn row_heading(&self) -> String {
        let [query, key] = self.ends().map(|end| end_text(&end));
        let said = match self.direction {
            Direction::Attends => format!("{query} attends to"),
            Direction::Attended => format!("who attends to {key}"),
        };
        format!(
            "# {}: {said}\nposition\ttoken\tweight\n",
            self.pattern_text()
        )
    }

    fn weight_line(&self, position: usize, weight: f32) -> String {
        let label = self.capture.as_ref().and_then(|c| c.label(position));
        let label = label.map_or_else(String::new, |label| label.plain());
        format!("{position}\t{label}\t{weight}\n")
    }

    /// The command line of the capture, with what is chosen now.
    fn command_text(&self) -> Option<String> {
        let capture = self.capture.as_ref()?;
        let made_by = match self.options.from_file {
            true => &self.options.command,
            false => &capture.origin.command,
        };
        if made_by.is_empty() {
            return None;
        }
        let mut words = Vec::new();
        let mut made_by = shell_words(made_by).into_iter();
        while let Some(word) = made_by.next() {
            let flag = ["--layer", "--head", "--scale"].into_iter().find(|flag| {
                let rest = word.strip_prefix(flag);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
            });
            match flag {
                Some(flag) if word == flag => drop(made_by.next()),
                Some(_) => {}
                None => words.push(word.to_owned()),
            }
        }
        words.push(format!("--layer {}", self.cursor.layer));
        words.push(format!("--head {}", self.cursor.head));
        // The flags of the explorer: other commands look at weights as they are.
        if words.get(1).is_none_or(|word| word != "analyze") {
            words.push(format!("--scale {}", self.scale.id()));
        }
        Some(words.join(" "))
    }
}

/// A token, or several that are taken as one, and where they stand.
fn end_text(end: &End) -> String {
    format!("'{}' ({})", end.label.plain(), end.position)
}

/// The words of a command line, quotes and all.
fn shell_words(line: &str) -> Vec<&str> {
    let (mut words, mut start) = (Vec::new(), 0);
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in line.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\'' => quoted = !quoted,
            '\\' if !quoted => escaped = true,
            ' ' if !quoted => {
                words.push(&line[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    words.push(&line[start..]);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::shell_words;

    #[test]
    fn words_keep_their_quotes() {
        let line = r"headlight --text 'It'\''s a cat.' --layer 1";
        let words = ["headlight", "--text", r"'It'\''s a cat.'", "--layer", "1"];
        assert_eq!(shell_words(line), words);
        assert_eq!(shell_words(""), Vec::<&str>::new());
    }
}
