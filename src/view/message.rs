//! The row for messages: one is shown at a time.

use super::state::State;

/// What the row for messages says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// What went wrong, or is not possible.
    Wrong(String),
    /// What was done.
    Done(String),
    /// What must be known about the capture, and how many others there are.
    Notice(String, usize),
    /// Nothing has happened: something useful may be said.
    Rest,
}

impl State {
    /// The message that the row shows: what has just happened comes before what must be known.
    pub fn message(&self) -> Message {
        match (&self.status, &self.news) {
            (Some(wrong), _) => Message::Wrong(wrong.clone()),
            (None, Some(done)) => Message::Done(done.clone()),
            (None, None) => {
                let mut notices = self.notices().into_iter();
                match notices.next() {
                    Some(first) => Message::Notice(first, notices.len()),
                    None => Message::Rest,
                }
            }
        }
    }
}
