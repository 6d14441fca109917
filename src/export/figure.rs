//! A pattern as it is shown, for files that are text: its cells, its title, its labels.

use super::{ExportError, Request, find_head, find_layer};
use crate::capture::{Capture, Pool};
use crate::lens::{Grid, Pattern, Scale, Select, Tiles};
use crate::token::Label;
use crate::view::Picture;

/// Cells beside each other at most, where the picture does not say which part it is of.
const MOST_CELLS: usize = 256;

/// The cells of a picture and where they are from.
pub(super) struct Figure<'a> {
    capture: &'a Capture,
    /// What is shown, in one line.
    pub title: String,
    /// Where it is from and what was pooled, in one line.
    pub note: String,
    pub tiles: Tiles,
    pub scale: Scale,
    pub grid: Grid,
}

impl<'a> Figure<'a> {
    /// Computes the cells of a picture.
    pub fn new(capture: &'a Capture, picture: &Picture) -> Result<Self, ExportError> {
        let record = find_layer(capture, picture.layer)?;
        let (layer, scale) = (picture.layer, picture.scale);
        let mut title = match picture.select {
            Select::Head(head) => {
                find_head(record, head)?;
                format!("Layer {layer}, Head {head}")
            }
            Select::Mean => format!("Layer {layer}, Mean of {} Heads", record.heads),
        };
        title.push_str(&format!(" · {} scale", scale.name()));
        let n = capture.len();
        let tiles = picture.part.clone().unwrap_or_else(|| {
            let tile = n.div_ceil(MOST_CELLS).max(1);
            let all = n.div_ceil(tile);
            Tiles {
                tile,
                rows: 0..all,
                columns: 0..all,
            }
        });
        let pattern = Pattern::new(record, picture.select, scale);
        // What is pooled is scaled afterwards, as on the screen.
        let whole = || Grid::masked(tiles.rows.len(), tiles.columns.len());
        let grid = pattern.tiles_unless(&tiles, picture.pool, &|| false);
        let mut grid = grid.unwrap_or_else(whole);
        grid.rescale(scale);
        let mut note = super::png::source(capture);
        if tiles.tile > 1 {
            let pooled = match picture.pool {
                Pool::Max => "largest",
                Pool::Mean => "mean",
            };
            let tile = tiles.tile;
            note.push_str(&format!(
                " · the {pooled} of {tile} × {tile} weights a cell"
            ));
        }
        if picture.part.is_some() {
            let (rows, keys) = (tiles.queries(n), tiles.keys(n));
            let last = |end: usize| end.max(1) - 1;
            note.push_str(&format!(
                " · rows {}–{}, keys {}–{} of {n}",
                rows.start,
                last(rows.end),
                keys.start,
                last(keys.end)
            ));
        }
        Ok(Self {
            capture,
            title,
            note,
            tiles,
            scale,
            grid,
        })
    }

    /// What stands beside a row and above a column: the token, or the first position of several.
    pub fn label(&self, first: usize, at: usize) -> Label {
        let position = (first + at) * self.tiles.tile;
        match self.capture.label(position) {
            Some(label) if self.tiles.tile == 1 => label.bare(),
            _ => Label::of_text(&position.to_string()),
        }
    }

    /// Whether a cell is no number.
    pub fn has_nan(&self) -> bool {
        self.grid.cells.iter().flatten().any(|v| v.is_nan())
    }
}

/// The whole patterns of a request, one a head.
pub(super) fn pictures(capture: &Capture, request: &Request) -> Result<Vec<Picture>, ExportError> {
    request.records(capture)?;
    let of_layer = |&layer| {
        request.heads.iter().map(move |&head| Picture {
            layer,
            select: Select::Head(head),
            scale: request.style.scale,
            part: None,
            pool: Pool::Max,
        })
    };
    Ok(request.layers.iter().flat_map(of_layer).collect())
}
