//! Which heads link two tokens: every head by the weight between the chosen query and key.

use super::state::{Popup, State};
use crate::lens::HeadWeight;

impl State {
    /// Shows which heads link the chosen query and key, where any can.
    pub(super) fn ask_links(&mut self) {
        let Some(capture) = &self.capture else { return };
        let (query, key) = (self.cursor.query, self.cursor.key);
        let mut layers = capture.layers.iter();
        let seen = layers.any(|layer| layer.rule.visible(query.0).contains(&key.0));
        if seen {
            return self.open(Popup::Links);
        }
        let name = |at: usize| match capture.label(at) {
            Some(label) => format!("'{}'({at})", label.bare().text()),
            None => at.to_string(),
        };
        let why = match key.0 > query.0 {
            true => "it comes later",
            false => "it is outside of every layer's window",
        };
        self.status = Some(format!(
            "No head links {} to {}: {why}, so the pair is masked.",
            name(query.0),
            name(key.0)
        ));
    }

    /// Every head that may link the chosen query and key, by the weight between them; empty unless
    /// they are asked for.
    pub fn links(&self) -> &[HeadWeight] {
        self.derived.links.as_ref().map_or(&[], |(_, links)| links)
    }

    /// Goes to the chosen head, on the screen that is shown.
    pub(super) fn jump_to_link(&mut self) {
        if let Some(&HeadWeight { layer, head, .. }) = self.links().get(self.popup_scroll) {
            self.choose_head(layer, head);
            self.touched = true;
        }
        self.popup = None;
    }
}
