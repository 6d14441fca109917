//! What the text is coloured by: weights of the chosen token, or one number of each token.

use std::ops::Range;

use super::screen::Screen;
use super::state::{Direction, State};
use crate::capture::{Layer, LayerRecord};
use crate::lens::{Scale, Select, Tiles, TokenNumber};

/// What a token's colour stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shade {
    /// The weight between it and the chosen token.
    #[default]
    Weight,
    /// A number of its own.
    Number(TokenNumber),
}

/// The largest of a number over the text, and what it is of: the capture, the layer, the pattern.
pub(super) type Largest = ((u64, Layer, Select, TokenNumber), Option<f32>);

impl State {
    /// What the text is coloured by.
    pub fn shade(&self) -> Shade {
        self.text.shade
    }

    /// Goes `by` on in the cycle of what the text is coloured by.
    pub(super) fn turn_shade(&mut self, by: isize) {
        let all = TokenNumber::ALL;
        let at = match self.text.shade {
            Shade::Weight => 0,
            Shade::Number(number) => 1 + all.iter().position(|n| *n == number).unwrap_or(0),
        };
        let to = (at as isize + by).rem_euclid(all.len() as isize + 1) as usize;
        let number = to.checked_sub(1).and_then(|at| all.get(at));
        self.text.shade = number.map_or(Shade::Weight, |number| Shade::Number(*number));
    }

    /// The weights that the Text screen shows: of the chosen token, beside the visible ones.
    pub(super) fn text_tiles(&self) -> Tiles {
        let visible = self.visible_tokens();
        let chosen = self.chosen();
        let one = chosen..(chosen + 1).min(self.tokens());
        let (rows, columns) = match self.direction {
            Direction::Attends => (one, visible),
            Direction::Attended => (visible, one),
        };
        Tiles {
            tile: 1,
            rows,
            columns,
        }
    }

    /// The visible tokens, and the value of each as it is shown, 0..1; `None` where there is none.
    pub fn shades(&self) -> (Range<usize>, Vec<Option<f32>>) {
        let visible = self.visible_tokens();
        if self.text.shade == Shade::Weight
            && let Some(values) = self.shades_of_span(&visible)
        {
            return (visible, values);
        }
        let values = visible.clone().map(|at| match self.text.shade {
            Shade::Weight => self.shade_of_weight(at - visible.start),
            Shade::Number(number) => self.shade_of_number(number, at),
        });
        (visible.clone(), values.collect())
    }

    fn shade_of_weight(&self, at: usize) -> Option<f32> {
        let heat = self.heat()?;
        match self.direction {
            Direction::Attends => heat.get(0, at),
            Direction::Attended => heat.get(at, 0),
        }
    }

    fn shade_of_number(&self, number: TokenNumber, position: usize) -> Option<f32> {
        let share = self.share_of_number(number, position);
        share.map(|share| self.shade_scale().of_cell(share))
    }

    /// A number of a token as a share of the most that it can be; `None` where it tells nothing.
    pub fn share_of_number(&self, number: TokenNumber, position: usize) -> Option<f32> {
        let repeats = &self.derived.repeats;
        number.share(
            self.layer()?,
            self.select(),
            position,
            self.largest(),
            repeats,
        )
    }

    /// Why the number of a token tells nothing, where it does not.
    pub fn why_undefined(&self, number: TokenNumber, position: usize) -> &'static str {
        match number.is_defined(&self.derived.repeats, position) {
            true => "sees itself alone",
            false => "no earlier copy",
        }
    }

    /// The scale of the shown values: numbers of a token, and sums over the tokens of a name, have no
    /// row to be held against.
    pub fn shade_scale(&self) -> Scale {
        let summed = self.span.is_some() && self.direction == Direction::Attended;
        let apart = matches!(self.text.shade, Shade::Number(_)) || summed;
        match apart && self.scale.needs_row() {
            true => Scale::Raw,
            false => self.scale,
        }
    }

    /// The number of a token that the text is coloured by; NaN where that is no number.
    pub fn shade_number(&self, position: usize) -> f32 {
        match (self.text.shade, self.layer()) {
            (Shade::Number(number), Some(layer)) => number.of(layer, self.select(), position),
            _ => f32::NAN,
        }
    }

    /// The largest number of any token of the text, where shares are taken of it.
    pub fn largest(&self) -> Option<f32> {
        self.derived.largest.and_then(|(_, largest)| largest)
    }

    /// The largest of the number that is shown; the one that is `held` where it is the same.
    pub(super) fn renew_largest(
        &self,
        layer: &LayerRecord,
        held: Option<Largest>,
    ) -> Option<Largest> {
        let Shade::Number(number) = self.text.shade else {
            return held;
        };
        if self.screen != Screen::Text {
            return held;
        }
        let key = (self.generation, self.cursor.layer, self.select(), number);
        match held {
            Some((old, _)) if old == key => held,
            _ => Some((key, number.largest(layer, self.select()))),
        }
    }
}
