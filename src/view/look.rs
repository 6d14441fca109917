//! The weights of the heatmap: computed at once where that is quick, else drawn from what is there
//! while the exact ones are computed in the background.

use std::sync::Arc;

use super::state::State;
use super::work::{Cancel, Look, Update};
use crate::capture::{LayerRecord, Pool};
use crate::lens::{Grid, Pattern, Pyramid, Scale, Select, Tiles, base_tile};

/// Multiplications that are done before a frame is drawn: a few milliseconds.
const AT_ONCE: usize = 80_000_000;

/// Bytes that pyramids take at most, beside the one that is shown.
const BUDGET: usize = 256 << 20;

/// Up to so many tokens the whole pattern is looked at where rows are needed for one column.
const WHOLE_FOR_COLUMNS: usize = 8192;

/// The cells of the heatmap.
#[derive(Clone, Debug)]
pub(super) struct Heat {
    layer: Arc<LayerRecord>,
    key: (Select, Scale, Tiles, Pool),
    pub(super) grid: Grid,
    /// The weights themselves, where cells carry numbers; without cells while they are not exact.
    pub(super) weights: Option<Grid>,
    /// Whether they are exact, not the thumbnail's.
    pub(super) exact: bool,
}

/// What was computed for heatmaps.
#[derive(Clone, Debug, Default)]
pub(super) struct Looks {
    pub(super) heat: Option<Heat>,
    /// Pyramids and what they are of, the latest used last.
    pyramids: Vec<(Look, Arc<Pyramid>)>,
    part: Option<(Look, Grid)>,
    /// What is missing for exact cells.
    pub(super) wanted: Option<Look>,
    /// What was asked for last.
    asked: Option<Look>,
}

impl Looks {
    /// What is to be asked for now.
    pub(super) fn ask(&mut self) -> Option<Look> {
        if self.wanted == self.asked {
            return None;
        }
        self.asked.clone_from(&self.wanted);
        self.wanted.clone()
    }

    /// Takes what was computed in the background.
    pub(super) fn take(&mut self, update: Update) {
        match update {
            Update::Pyramid(look, pyramid) => {
                self.pyramids.retain(|(held, _)| *held != look);
                self.pyramids.push((look, pyramid));
                let mut bytes: usize = self.pyramids.iter().map(|(_, held)| held.bytes()).sum();
                while self.pyramids.len() > 1 && bytes > BUDGET {
                    let (_, old) = self.pyramids.remove(0);
                    bytes -= old.bytes();
                }
            }
            Update::Part(look, grid) => self.part = Some((look, grid)),
            _ => {}
        }
    }

    /// Drops what belongs to layers that are not `held`.
    pub(super) fn forget(&mut self, held: impl Fn(&Arc<LayerRecord>) -> bool) {
        self.pyramids.retain(|(look, _)| held(&look.layer));
        self.part = self.part.take().filter(|(look, _)| held(&look.layer));
        self.heat = self.heat.take().filter(|heat| held(&heat.layer));
        self.wanted = self.wanted.take().filter(|look| held(&look.layer));
        self.asked = self.asked.take().filter(|look| held(&look.layer));
    }

    /// Renews the cells, where what they are of has changed or can be made exact.
    pub(super) fn renew(&mut self, state: &State, layer: &Arc<LayerRecord>) {
        let (tiles, pool) = (state.tiles(), state.pool);
        let key = (state.select(), state.scale, tiles.clone(), pool);
        let numbered = state.has_numbers_in_cells();
        let held = self.heat.as_ref();
        let same = |h: &Heat| Arc::ptr_eq(&h.layer, layer) && h.key == key && h.exact;
        if held.is_some_and(|h| same(h) && h.weights.is_some() == numbered) {
            return;
        }
        let pattern = Pattern::new(layer, key.0, key.1);
        self.wanted = None;
        let exact = self.exact(layer, &pattern, &key);
        let (mut grid, exact) = match exact {
            Some(grid) => (grid, true),
            None => (pattern.sketch(&tiles, pool), false),
        };
        let weights = numbered.then(|| match (exact, key.1.pooled_as()) {
            (false, _) => Grid::masked(0, 0),
            (true, Scale::Raw) => grid.clone(),
            (true, _) => Pattern::new(layer, key.0, Scale::Raw).tiles(&key.2, pool, None),
        });
        grid.rescale(key.1);
        self.heat = Some(Heat {
            layer: Arc::clone(layer),
            key,
            grid,
            weights,
            exact,
        });
    }

    /// The exact cells, where they are there or computed at once; else says what is wanted.
    fn exact(
        &mut self,
        layer: &Arc<LayerRecord>,
        pattern: &Pattern,
        (select, scale, tiles, pool): &(Select, Scale, Tiles, Pool),
    ) -> Option<Grid> {
        let whole = Look {
            layer: Arc::clone(layer),
            select: *select,
            scale: scale.pooled_as(),
            part: None,
        };
        let pyramid = self.pyramid(&whole);
        if let Some(grid) = pyramid.as_ref().and_then(|p| p.view(tiles, *pool)) {
            return Some(grid);
        }
        let n = layer.tokens;
        let known = pyramid.as_ref().map(|pyramid| pyramid.factors());
        let holds = known.is_some_and(|known| known.hold(&tiles.queries(n)));
        if pattern.cost(&tiles.queries(n), &tiles.keys(n), holds) <= AT_ONCE {
            return Some(pattern.tiles(tiles, *pool, known));
        }
        // The next column of a text needs the same rows again.
        let column = tiles.columns.len() == 1 && n <= WHOLE_FOR_COLUMNS;
        let look = match column || tiles.tile.is_multiple_of(base_tile(n)) {
            true => whole,
            false => Look {
                part: Some((tiles.clone(), *pool)),
                ..whole
            },
        };
        if let Some((held, grid)) = &self.part
            && *held == look
        {
            return Some(grid.clone());
        }
        self.wanted = Some(look);
        None
    }

    /// A pyramid that is there; it becomes the latest used.
    fn pyramid(&mut self, look: &Look) -> Option<Arc<Pyramid>> {
        let at = self.pyramids.iter().position(|(held, _)| held == look)?;
        let found = self.pyramids.remove(at);
        let pyramid = Arc::clone(&found.1);
        self.pyramids.push(found);
        Some(pyramid)
    }
}

/// Computes what was asked for; the work of the lens's thread.
pub fn look(look: Look, cancel: &Cancel, tell: &mut dyn FnMut(Update)) {
    let layer = Arc::clone(&look.layer);
    let pattern = Pattern::new(&layer, look.select, look.scale);
    match &look.part {
        None => {
            if let Some(pyramid) = Pyramid::build(&pattern, &|| cancel.is_cancelled()) {
                tell(Update::Pyramid(look, Arc::new(pyramid)));
            }
        }
        Some((tiles, pool)) => {
            let grid = pattern.tiles_unless(tiles, *pool, &|| cancel.is_cancelled());
            if let Some(grid) = grid {
                tell(Update::Part(look, grid));
            }
        }
    }
}
