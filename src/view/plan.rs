//! How the grid of heads fills its area.

use super::layout::{Area, Needs};

/// How the grid of heads fills its area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GridPlan {
    /// Heads beside each other.
    pub columns: usize,
    /// Rows of heads that are visible at once.
    pub rows: usize,
    /// Columns of one picture.
    pub width: u16,
    /// Rows of one picture.
    pub height: u16,
    /// Rows and columns of values of one picture.
    pub values: (usize, usize),
    /// Heads in all.
    heads: usize,
}

/// Values of the largest picture in either direction: thumbnails are kept in no more.
const LARGEST_PICTURE: usize = 64;
/// Columns of the smallest picture.
const SMALLEST_PICTURE: u16 = 4;

impl GridPlan {
    /// Rows, frame included, that the heads take of at most `height` rows of an area.
    pub(super) fn frame_height(area: Area, height: u16, needs: &Needs) -> u16 {
        let inner = Area { height, ..area }.inner();
        let needed = Self::new(inner, needs).height_needed();
        needed.saturating_add(2)
    }

    /// The plan for the inner area of the grid: the largest pictures with which all heads fit.
    pub fn new(area: Area, needs: &Needs) -> Self {
        let heads = needs.heads.max(1);
        // A terminal cell is about twice as high as it is wide.
        let plan = |width: u16| {
            let most = usize::from(area.width / (width + 1)).min(heads);
            let down = heads.div_ceil(most.max(1));
            // As many in every row as that many rows need, so that the last is nearly as full.
            let columns = heads.div_ceil(down).min(most);
            let height = width.div_ceil(2);
            let rows = if needs.half_blocks { width } else { height };
            Self {
                columns,
                rows: down,
                width,
                height,
                values: (usize::from(rows), usize::from(width)),
                heads,
            }
        };
        let fits = |plan: &Self| plan.columns > 0 && plan.height_needed() <= area.height;
        let mut all = picture_widths(needs.tokens, area.width).map(plan);
        if let Some(best) = all.find(fits) {
            return best;
        }
        let smallest = plan(8);
        if smallest.columns > 0 && smallest.stride() <= area.height {
            return Self {
                rows: usize::from(area.height / smallest.stride()).min(smallest.rows),
                ..smallest
            };
        }
        let (width, height) = (
            area.width.min(SMALLEST_PICTURE),
            area.height.saturating_sub(1).min(2),
        );
        let rows = if needs.half_blocks {
            2 * height
        } else {
            height
        };
        Self {
            columns: 1,
            rows: 1,
            width,
            height,
            values: (usize::from(rows), usize::from(width)),
            heads,
        }
    }

    /// Columns from one head to the next: all of them share the width.
    pub fn step(&self, inner: Area) -> u16 {
        let columns = self.columns.max(1) as u16;
        (inner.width / columns).max(self.width + 1)
    }

    /// The head that is drawn at a cell of the screen, where rows of heads begin with `first`.
    pub fn head_at(&self, inner: Area, first: usize, x: u16, y: u16) -> Option<usize> {
        let (dx, dy) = (x.checked_sub(inner.x)?, y.checked_sub(inner.y)?);
        // A column stands before the first head.
        let column = usize::from(dx.saturating_sub(1) / self.step(inner).max(1));
        let row = usize::from(dy / self.stride());
        let head = (first + row) * self.columns + column;
        (column < self.columns && row < self.rows && head < self.heads).then_some(head)
    }

    /// Rows of a head with its name.
    pub fn stride(&self) -> u16 {
        1 + self.height
    }

    /// Rows that all heads need.
    pub(super) fn height_needed(&self) -> u16 {
        let rows = self.heads.div_ceil(self.columns.max(1));
        u16::try_from(rows * usize::from(self.stride())).unwrap_or(u16::MAX)
    }
}

/// The widths that pictures of a text can have, the largest first: whole multiples of its tokens, so
/// that all weights are equally large, and even widths in which several share a place.
fn picture_widths(tokens: usize, room: u16) -> impl Iterator<Item = u16> {
    let most = usize::from(room).min(LARGEST_PICTURE);
    let whole = (1..=most).filter(move |width| tokens > 0 && width % tokens == 0);
    let shared = (usize::from(SMALLEST_PICTURE)..=most).filter(move |width| {
        let few = tokens == 0 || *width < tokens;
        few && width % 2 == 0
    });
    let mut all: Vec<usize> = whole.chain(shared).collect();
    all.sort_unstable();
    let all = all
        .into_iter()
        .filter(|width| *width >= usize::from(SMALLEST_PICTURE))
        .rev();
    all.filter_map(|width| u16::try_from(width).ok())
}
