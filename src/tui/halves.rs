//! Characters of two cells that are drawn over by half.

use ratatui::buffer::{Buffer, CellDiffOption};
use unicode_width::UnicodeWidthStr;

/// Sees that nothing is left of a wide character that is gone: a terminal may blank its other half
/// in a colour of its own, and a buffer's difference does not tell of that half where the buffer has
/// a blank there before and after.
#[derive(Default)]
pub(super) struct Halves {
    /// The first cells of the wide characters of the frame before.
    before: Vec<(u16, u16)>,
}

impl Halves {
    /// Marks the cells of a frame, after all of it was drawn, that are sent whatever was there before.
    pub(super) fn mend(&mut self, frame: &mut Buffer) {
        let area = frame.area;
        let cells = frame.content.iter().enumerate();
        let wide = cells.filter(|(_, cell)| !cell.symbol().is_ascii() && cell.symbol().width() > 1);
        let mut now: Vec<(u16, u16)> = Vec::new();
        for (x, y) in wide.map(|(at, _)| frame.pos_of(at)) {
            // One that begins under another is not seen.
            if now.last() != Some(&(x.wrapping_sub(1), y)) {
                now.push((x, y));
            }
        }
        for &(x, y) in &self.before {
            if now.binary_search_by_key(&(y, x), |&(x, y)| (y, x)).is_ok() {
                continue;
            }
            for x in x..(x + 2).min(area.right()) {
                if let Some(cell) = frame.cell_mut((x, y)) {
                    cell.set_diff_option(CellDiffOption::AlwaysUpdate);
                }
            }
        }
        self.before = now;
    }
}
