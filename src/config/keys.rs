//! The part of a file of settings that says which keys do what.

use std::ops::Range;

use toml_edit::Item;

use super::{Settings, Wrong, key_span};
use crate::token::Label;
use crate::view::{ACTIONS, Action, Place, Stroke};

impl Settings {
    /// Takes the keys; notes the rows of the table that are named, with their place in the file.
    pub(super) fn read_keys(
        &mut self,
        item: &Item,
        span: &Range<usize>,
        rows: &mut Vec<(usize, Range<usize>)>,
    ) -> Result<(), Wrong> {
        let table = |item: &Item, span: &Range<usize>| -> Result<(), Wrong> {
            let is_table = item.as_table_like().is_some();
            let said = "keys are written as [keys.PLACE], then ACTION = \"KEY\"";
            is_table
                .then_some(())
                .ok_or_else(|| (span.clone(), said.to_owned()))
        };
        table(item, span)?;
        let Some(places) = item.as_table_like() else {
            return Ok(());
        };
        for (id, item) in places.iter() {
            let span = key_span(places, id);
            let place = Place::ALL.into_iter().find(|place| place.id() == id);
            let Some(place) = place else {
                let all: Vec<String> = Place::ALL.iter().map(|place| place.id()).collect();
                let shown = Label::of_text(id).clip(60);
                let said = format!(
                    "there is no place '{shown}': the places are {}",
                    all.join(", ")
                );
                return Err((span, said));
            };
            table(item, &span)?;
            let Some(actions) = item.as_table_like() else {
                continue;
            };
            for (name, item) in actions.iter() {
                let span = key_span(actions, name);
                let is_it = |action: &Action| action.place == place && id_of(action) == name;
                let Some(row) = ACTIONS.iter().position(is_it) else {
                    let here = ACTIONS.iter().filter(|action| action.place == place);
                    let all: Vec<String> = here.map(id_of).collect();
                    let shown = Label::of_text(name).clip(60);
                    let said = format!(
                        "there is no action '{shown}' in {id}: the actions are {}",
                        all.join(", ")
                    );
                    return Err((span, said));
                };
                let keys = strokes(item, &span)?;
                if let Some(letter) = keys
                    .iter()
                    .find(|key| place.takes_text() && key.is_letter())
                {
                    let said = format!(
                        "{} is text here: take it with Ctrl- or Alt-",
                        letter.typed()
                    );
                    return Err((span, said));
                }
                if keys.is_empty() && place == Place::Everywhere && name == "quit" {
                    let said = "one key must always quit: give it another, such as \"Ctrl-q\"";
                    return Err((span, said.to_owned()));
                }
                self.keymap.set(row, keys);
                rows.push((row, span));
            }
        }
        Ok(())
    }
}

/// The name of an action in the file.
pub(super) fn id_of(action: &Action) -> String {
    action.name.replace(' ', "-")
}

/// An action with its place, as the file has it.
pub(super) fn full_name(row: usize) -> String {
    ACTIONS.get(row).map_or_else(String::new, |action| {
        format!("keys.{}.{}", action.place.id(), id_of(action))
    })
}

/// One key or a list of keys.
fn strokes(item: &Item, span: &Range<usize>) -> Result<Vec<Stroke>, Wrong> {
    let stroke = |text: Option<&str>, at: Option<Range<usize>>| {
        let span = at.unwrap_or_else(|| span.clone());
        let Some(text) = text else {
            let said = "a key is written as \"KEY\", several as [\"KEY\", \"KEY\"]";
            return Err((span, said.to_owned()));
        };
        text.parse::<Stroke>().map_err(|said| (span, said))
    };
    match item.as_array() {
        Some(list) => list
            .iter()
            .map(|value| stroke(value.as_str(), value.span()))
            .collect(),
        None => Ok(vec![stroke(item.as_str(), item.span())?]),
    }
}
