//! The text itself, each token on the colour of its weight or number.

use std::ops::Range;

use super::bar::Bar;
use super::font::{Face, MONO};
use super::header::{Header, MARGIN, entries};
use super::look::Look;
use super::sheet::{Ink, Sheet};
use crate::capture::{Capture, Key, Letter, Pool, Query};
use crate::export::{ExportError, check_scale, find_head, find_layer};
use crate::lens::{Pattern, Repeats, Scale, Select, Tiles};
use crate::paint::Palette;
use crate::token::Label;
use crate::view::{Direction, Shade, TextPicture};

/// The em of the text, and from one line to the next, in units.
const EM: f32 = 13.0;
const PITCH: f32 = 24.0;
/// A token's ground above and below the middle of its letters.
const CHIP: f32 = 17.0;
/// Room for the legend below the text.
const LEGEND: f32 = 62.0;
/// Cells of a token's name in a title.
const NAME: usize = 24;

/// Letters of one token that stand on one line.
pub(in crate::export) struct Run<'a> {
    pub token: usize,
    pub letters: Vec<Letter<'a>>,
    /// The cell of the first letter, and cells of blanks before the first that is none.
    pub column: usize,
    pub blank: usize,
    pub width: usize,
}

/// The text, coloured.
pub(in crate::export) struct Text<'a> {
    capture: &'a Capture,
    picture: &'a TextPicture,
    pub header: Header,
    pub lines: Vec<Vec<Run<'a>>>,
    first: usize,
    /// Shown values from the first token on, 0..1.
    values: Vec<Option<f32>>,
    pub bar: Bar,
    /// Which token is marked, and which is underlined; in words.
    pub marked: String,
    pub other: Option<String>,
}

impl<'a> Text<'a> {
    /// The text as it is shown.
    ///
    /// # Errors
    /// A layer, head or scale that the capture does not hold what is needed for; no line.
    pub fn new(capture: &'a Capture, picture: &'a TextPicture) -> Result<Self, ExportError> {
        let record = find_layer(capture, picture.layer)?;
        if let Select::Head(head) = picture.select {
            find_head(record, head)?;
        }
        let lines: Vec<Vec<Run>> = picture
            .lines
            .iter()
            .map(|line| runs(capture, line))
            .collect();
        let tokens = || lines.iter().flatten().map(|run| run.token);
        let (Some(first), Some(last)) = (tokens().min(), tokens().max()) else {
            return Err(ExportError::Empty);
        };
        let all = first..last + 1;
        let n = capture.len();
        let pattern = |scale| Pattern::new(record, picture.select, scale);
        let quoted = |position: usize| {
            let label = capture.label(position).map(Label::bare);
            format!("'{}'", label.map_or_else(String::new, |l| l.clip(NAME)))
        };
        let chosen = quoted(picture.chosen);
        let (what, bar, values) = match picture.shade {
            Shade::Weight => {
                check_scale(record, picture.scale)?;
                let one = picture.chosen..(picture.chosen + 1).min(n);
                let (rows, columns) = match picture.direction {
                    Direction::Attends => (one, all.clone()),
                    Direction::Attended => (all.clone(), one),
                };
                let tiles = Tiles {
                    tile: 1,
                    rows,
                    columns,
                };
                let mut grid = pattern(picture.scale).tiles(&tiles, Pool::Max, None);
                grid.rescale(picture.scale);
                let what = match picture.direction {
                    Direction::Attends => format!("what {chosen} attends to"),
                    Direction::Attended => format!("who attends to {chosen}"),
                };
                (what, Bar::of_weights(picture.scale), grid.cells)
            }
            Shade::Number(number) => {
                let largest = number.largest(record, picture.select);
                let repeats = Repeats::of(capture);
                let share = |at| number.share(record, picture.select, at, largest, &repeats);
                let shown = |at| share(at).map(|share| picture.scale.of_cell(share));
                let (low, high) = match number.ends() {
                    Some((low, high)) => (low.to_owned(), high.to_owned()),
                    None => (
                        "0".to_owned(),
                        super::atlas::told(f64::from(largest.unwrap_or(1.0))),
                    ),
                };
                let unit = match number.unit() {
                    "" => String::new(),
                    unit => format!(" ({unit})"),
                };
                let name = match picture.scale {
                    Scale::Raw => format!("{}{unit}", number.name()),
                    scale => format!("{}{unit}, {} scale", number.name(), scale.name()),
                };
                let bar = Bar {
                    name,
                    ticks: vec![(0.0, low), (1.0, high)],
                    masked: None,
                    nan: false,
                };
                let what = format!("{} of each token", number.name());
                (what, bar, all.clone().map(shown).collect())
            }
        };
        let bar = Bar {
            nan: values.iter().flatten().any(|value| value.is_nan()),
            ..bar
        };
        let layer = picture.layer;
        let head = match picture.select {
            Select::Head(head) => format!("Layer {layer}, Head {head}"),
            Select::Mean => format!("Layer {layer}, Mean of {} Heads", record.heads),
        };
        let title = super::heads::scaled(format!("{head} · {what}"), picture.scale);
        let mut shown = vec![super::heads::told(picture.scale)];
        if all.len() < n {
            shown.push(format!("tokens {}–{last} of {n}", all.start));
        }
        if let Select::Mean = picture.select {
            shown.push("the mean over heads".to_owned());
        }
        let weight = picture.other.and_then(|other| {
            let (query, key) = match picture.direction {
                Direction::Attends => (picture.chosen, other),
                Direction::Attended => (other, picture.chosen),
            };
            let weight = pattern(Scale::Raw).weight(Query(query), Key(key))?;
            Some(format!(
                "{}({query}) → {}({key}) {weight:.3}",
                quoted(query),
                quoted(key)
            ))
        });
        Ok(Self {
            capture,
            picture,
            header: Header::new(capture, title, shown),
            lines,
            first,
            values,
            bar,
            marked: format!("{chosen}({}), the chosen token", picture.chosen),
            other: weight,
        })
    }

    /// The shown value of a token.
    pub fn value(&self, token: usize) -> Option<f32> {
        let at = token.checked_sub(self.first)?;
        self.values.get(at).copied().flatten()
    }

    /// Whether a token is the chosen one.
    pub fn is_chosen(&self, token: usize) -> bool {
        token == self.picture.chosen
    }

    /// Whether a token is the other end of the readout.
    pub fn is_other(&self, token: usize) -> bool {
        self.other.is_some() && self.picture.other == Some(token)
    }

    /// What is told of tokens without a value.
    pub fn unseen(&self) -> &'static str {
        match self.picture.shade {
            Shade::Weight => "grey: not seen",
            Shade::Number(_) => "grey: not defined",
        }
    }

    /// Whether a token has no value.
    pub fn has_unseen(&self) -> bool {
        self.values.iter().any(Option::is_none)
    }

    /// Cells of the widest line.
    pub fn columns(&self) -> usize {
        let ends = self.lines.iter().filter_map(|line| line.last());
        ends.map(|run| run.column + run.width).max().unwrap_or(0)
    }

    /// Lays the picture out.
    ///
    /// # Errors
    /// A font that can't be read.
    pub fn sheet(&self, palette: Palette) -> Result<Sheet, ExportError> {
        let look = Look::new(palette);
        let cell = EM * MONO;
        let body = 2.0 * MARGIN + self.columns() as f32 * cell + 4.0;
        let told = entries(
            self.capture,
            &self.header,
            Some(self.picture.scale),
            Some(palette.map.name()),
        )?;
        let width = self.header.width(body, &look)?;
        let tall = self.lines.len() as f32 * PITCH + LEGEND + MARGIN;
        let (mut sheet, top) = self.header.begin(width, |top| top + tall, &look, told)?;
        for (at, line) in self.lines.iter().enumerate() {
            let y = top + at as f32 * PITCH + PITCH / 2.0;
            for run in line {
                self.run(&mut sheet, run, y, &look);
            }
        }
        let y = top + self.lines.len() as f32 * PITCH + 14.0;
        self.legend(&mut sheet, y, &look)?;
        Ok(sheet)
    }

    /// Draws the letters of a token, the middle of their line at `y`.
    fn run(&self, sheet: &mut Sheet, run: &Run, y: f32, look: &Look) {
        let cell = EM * MONO;
        let place = |column: usize| MARGIN + 2.0 + column as f32 * cell;
        let (x, wide) = (
            place(run.column + run.blank),
            (run.width - run.blank) as f32 * cell,
        );
        let colour = look.colour(self.value(run.token));
        let chip = ((x, y - CHIP / 2.0), (wide, CHIP));
        if run.blank == run.width {
            // The space that a line ends with belongs to a word of the next.
            return;
        }
        if let Some(colour) = colour {
            sheet.fill(chip.0, chip.1, colour);
        }
        let chosen = self.is_chosen(run.token);
        let face = if chosen { Face::MonoBold } else { Face::Mono };
        let ink = Ink::new(
            face,
            EM,
            match (colour, chosen) {
                (None, false) => look.dim,
                _ => look.ink_on(colour),
            },
        );
        let mut column = run.column;
        let mut plain = String::new();
        let mut from = column;
        for letter in &run.letters {
            let blank = column < run.column + run.blank;
            // Only letters of the face's own width stand one after the other.
            if !blank && letter.text.is_ascii() && letter.text.len() == letter.width {
                if plain.is_empty() {
                    from = column;
                }
                plain.push_str(&letter.text);
            } else if !blank {
                sheet.text(std::mem::take(&mut plain), (place(from), y), ink);
                sheet.text(letter.text.as_ref(), (place(column), y), ink);
            }
            column += letter.width;
        }
        sheet.text(plain, (place(from), y), ink);
        if chosen {
            sheet.frame(chip.0, chip.1, 1.5, look.chosen);
        }
        if self.is_other(run.token) {
            let down = y + CHIP / 2.0 + 1.5;
            sheet.fill((x, down), (wide, 1.5), look.chosen);
        }
    }

    /// What the colours and marks stand for.
    fn legend(&self, sheet: &mut Sheet, y: f32, look: &Look) -> Result<(), ExportError> {
        self.bar.lying(sheet, (MARGIN, y), look)?;
        let ink = Ink::new(Face::Sans, 9.0, look.ink);
        let (mut x, y) = (MARGIN, y + 36.0);
        sheet.frame((x + 1.5, y - 5.0), (13.0, 10.0), 1.5, look.chosen);
        x += 22.0;
        sheet.text(self.marked.as_str(), (x, y), ink);
        x += ink.width(&self.marked)? + 22.0;
        if let Some(other) = &self.other {
            sheet.fill((x, y + 4.0), (14.0, 1.5), look.chosen);
            sheet.text(other.as_str(), (x + 20.0, y), ink);
            x += 20.0 + ink.width(other)? + 22.0;
        }
        if self.has_unseen() {
            let dim = Ink {
                colour: look.dim,
                ..ink
            };
            sheet.text(self.unseen(), (x, y), dim);
        }
        Ok(())
    }
}

/// The letters of a line, token by token. A newline is drawn as its mark.
fn runs<'a>(capture: &'a Capture, line: &[(usize, Range<usize>)]) -> Vec<Run<'a>> {
    let mut column = 0;
    let mut runs = Vec::new();
    for (token, range) in line {
        let Some(label) = capture.label(*token) else {
            continue;
        };
        let letters = label.letters().into_iter();
        let letters: Vec<Letter> = letters.skip(range.start).take(range.len()).collect();
        let width = letters.iter().map(|letter| letter.width).sum();
        let blanks = letters.iter().take_while(|letter| letter.is_space());
        let blank: usize = blanks.map(|letter| letter.width).sum();
        // A token that is blank alone shows its colour there.
        let all_blank = || label.letters().iter().all(Letter::is_space);
        let blank = if blank == width && all_blank() {
            0
        } else {
            blank
        };
        runs.push(Run {
            token: *token,
            letters,
            column,
            blank,
            width,
        });
        column += width;
    }
    runs
}
