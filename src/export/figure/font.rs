//! Text as coverage masks: DejaVu, with GNU Unifont's bitmaps for what it lacks.

use std::sync::LazyLock;

use fontdue::{Font, FontSettings};

use crate::export::ExportError;

/// Samples a pixel, each way: glyphs are rasterised this much larger, so that they can be placed
/// between pixels and turned.
pub(super) const SAMPLES: usize = 4;

/// Characters of one text at most; titles and labels are shorter.
const MAX_CHARS: usize = 400;

/// What stands for a space, a newline, a tab and nothing in a token's label; drawn paler, so that
/// the token itself is read first.
const MARKS: [char; 4] = ['·', '⏎', '⇥', '∅'];

/// Rows of a Unifont glyph, and how many of them are above the baseline.
const UNIFONT_ROWS: usize = 16;
const UNIFONT_ASCENT: f32 = 14.0;

/// A face of DejaVu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::export) enum Face {
    Sans,
    Bold,
    /// Every letter takes [`MONO`] ems, or twice that.
    Mono,
    MonoBold,
}

/// Ems of a letter of the faces whose letters are all of one width.
pub(in crate::export) const MONO: f32 = 0.602;

struct Fonts {
    regular: Font,
    bold: Font,
    mono: Font,
    mono_bold: Font,
}

impl Fonts {
    /// The font of a face, and the one that may have what it lacks.
    fn of(&self, face: Face) -> (&Font, &Font) {
        match face {
            Face::Sans => (&self.regular, &self.bold),
            Face::Bold => (&self.bold, &self.regular),
            Face::Mono => (&self.mono, &self.regular),
            Face::MonoBold => (&self.mono_bold, &self.bold),
        }
    }
}

static FONTS: LazyLock<Result<Fonts, &'static str>> = LazyLock::new(|| {
    let load = |bytes: &'static [u8]| Font::from_bytes(bytes, FontSettings::default());
    Ok(Fonts {
        regular: load(dejavu::sans::regular())?,
        bold: load(dejavu::sans::bold())?,
        mono: load(dejavu::sans_mono::regular())?,
        mono_bold: load(dejavu::sans_mono::bold())?,
    })
});

/// One line of text, rasterised.
pub(super) struct Text {
    /// Size of the em, in pixels.
    pub px: f32,
    /// Its advance, in pixels.
    pub width: f32,
    /// From the top of the mask to the baseline, in pixels.
    pub ascent: f32,
    /// The mask's height, in pixels.
    pub height: f32,
    columns: usize,
    rows: usize,
    /// `[rows, columns]`, `SAMPLES` to a pixel each way.
    alpha: Vec<u8>,
}

/// What draws a character.
enum Source {
    Outline(&'static Font, char),
    Bitmap(&'static unifont::Glyph),
}

/// The characters of one line with what draws each, and whether it is a mark. A character that no
/// font has is written as its escape.
fn glyphs(text: &str, face: Face) -> Result<Vec<(Source, bool)>, ExportError> {
    let fonts = FONTS.as_ref().map_err(|&found| ExportError::Font(found))?;
    let (first, second) = fonts.of(face);
    let mut glyphs: Vec<(Source, bool)> = Vec::new();
    for c in text.chars().take(MAX_CHARS) {
        let pale = MARKS.contains(&c);
        if let Some(font) = [first, second].into_iter().find(|font| font.has_glyph(c)) {
            glyphs.push((Source::Outline(font, c), pale));
        } else if let Some(glyph) = unifont::get_glyph(c) {
            glyphs.push((Source::Bitmap(glyph), pale));
        } else {
            let escape = c.escape_unicode();
            glyphs.extend(escape.map(|c| (Source::Outline(first, c), false)));
        }
    }
    Ok(glyphs)
}

/// The side of a dot of a Unifont glyph at an em. A Unifont cell is a little taller than DejaVu's
/// em, as its rows hold the line gap.
fn dot(size: f32) -> f32 {
    size * 1.15 / UNIFONT_ROWS as f32
}

fn advance(source: &Source, size: f32) -> f32 {
    match source {
        Source::Outline(font, c) => font.metrics(*c, size).advance_width,
        Source::Bitmap(glyph) => glyph.get_width() as f32 * dot(size),
    }
}

/// The advance of one line, in the unit of `px`.
pub(in crate::export) fn width(text: &str, px: f32, face: Face) -> Result<f32, ExportError> {
    let glyphs = glyphs(text, face)?;
    Ok(glyphs.iter().map(|(source, _)| advance(source, px)).sum())
}

/// Rasterises one line. A character that no font has is written as its escape.
pub(super) fn set(text: &str, px: f32, face: Face) -> Result<Text, ExportError> {
    let glyphs = glyphs(text, face)?;
    let size = px * SAMPLES as f32;
    let dot = dot(size);
    let total: f32 = glyphs.iter().map(|(source, _)| advance(source, size)).sum();
    // Overhanging glyphs and combining marks need room on either side.
    let pad = size * 0.5;
    let (ascent, descent) = (size * 1.05, size * 0.35);
    let columns = (total + 2.0 * pad).ceil() as usize;
    let rows = (ascent + descent).ceil() as usize;
    let mut mask = Text {
        px,
        width: total / SAMPLES as f32,
        ascent: ascent / SAMPLES as f32,
        height: rows as f32 / SAMPLES as f32,
        columns,
        rows,
        alpha: vec![0; columns * rows],
    };
    let mut pen = pad;
    for (source, pale) in &glyphs {
        let strength = |alpha: u8| if *pale { alpha / 3 * 2 } else { alpha };
        match source {
            Source::Outline(font, c) => {
                let (metrics, bitmap) = font.rasterize(*c, size);
                let left = pen.round() as i64 + i64::from(metrics.xmin);
                let top = ascent.round() as i64 - i64::from(metrics.ymin) - metrics.height as i64;
                for (i, &alpha) in bitmap.iter().enumerate() {
                    let (x, y) = (i % metrics.width.max(1), i / metrics.width.max(1));
                    mask.add(left + x as i64, top + y as i64, strength(alpha));
                }
            }
            Source::Bitmap(glyph) => {
                let top = ascent - UNIFONT_ASCENT * dot;
                let width = (glyph.get_width() as f32 * dot) as usize;
                for y in 0..(UNIFONT_ROWS as f32 * dot) as usize {
                    for x in 0..width {
                        if glyph.get_pixel((x as f32 / dot) as usize, (y as f32 / dot) as usize) {
                            let (x, y) = (pen as i64 + x as i64, top as i64 + y as i64);
                            mask.add(x, y, strength(255));
                        }
                    }
                }
            }
        }
        pen += advance(source, size);
    }
    Ok(mask)
}

impl Text {
    fn index(&self, x: i64, y: i64) -> Option<usize> {
        let (x, y) = (usize::try_from(x).ok()?, usize::try_from(y).ok()?);
        (x < self.columns && y < self.rows).then_some(y * self.columns + x)
    }

    fn add(&mut self, x: i64, y: i64, alpha: u8) {
        if let Some(cell) = self.index(x, y).and_then(|i| self.alpha.get_mut(i)) {
            *cell = (*cell).max(alpha);
        }
    }

    /// The coverage at a point, in pixels: `u` along the baseline from the text's start, `v` up
    /// from the baseline.
    pub fn sample(&self, u: f32, v: f32) -> u8 {
        let scale = SAMPLES as f32;
        let pad = self.px * scale * 0.5;
        let x = (u * scale + pad).floor() as i64;
        let y = ((self.ascent - v) * scale).floor() as i64;
        self.index(x, y)
            .and_then(|i| self.alpha.get(i))
            .copied()
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ink(text: &str) -> usize {
        set(text, 14.0, Face::Sans)
            .unwrap()
            .alpha
            .iter()
            .filter(|&&a| a > 0)
            .count()
    }

    #[test]
    fn every_kind_of_character_leaves_ink() {
        for text in [
            "cat",
            "·cat",
            "⏎",
            "⇥",
            "∅",
            "e\u{301}",
            "ж",
            "猫",
            "😀",
            "\u{10ffff}",
        ] {
            assert!(ink(text) > 20, "{text:?}");
        }
        assert_eq!(ink(""), 0);
        assert_eq!(ink(" "), 0);
    }

    #[test]
    fn glyphs_that_no_font_has_are_spelled() {
        assert_eq!(ink("\u{10ffff}"), ink("\\u{10ffff}"));
    }

    #[test]
    fn a_long_text_is_bounded() {
        let width = set(&"m".repeat(100_000), 10.0, Face::Bold).unwrap().width;
        assert!(width < 12.0 * MAX_CHARS as f32);
    }
}
