//! Which part of the heatmap is visible, and how zooming moves it.

use super::map_plan::{Cell, MapPlan, smallest};
use super::screen::Screen;
use super::state::State;
use super::zoom::{Zoom, closer, wider};
use super::{Area, Needs};
use crate::lens::Tiles;

/// Cells that stay visible around the cursor, where there are more.
const MARGIN: usize = 3;

impl State {
    /// Looks closer, about the cursor.
    pub(super) fn zoom_in(&mut self) {
        let (plan, ..) = self.map_plan();
        if let Some(zoom) = closer(plan.cell, plan.tile, self.tokens()) {
            self.zoom = zoom;
        }
    }

    /// Looks from further away.
    pub(super) fn zoom_out(&mut self) {
        let (plan, ..) = self.map_plan();
        if self.zoom != Zoom::Fit {
            let smallest = smallest(self.options.half_blocks);
            self.zoom = wider(plan.cell, plan.tile, self.tokens(), smallest);
        }
    }

    /// The plan of a map that shows the whole head.
    fn fit(&self, area: Area) -> MapPlan {
        let needs = Needs {
            zoom: Zoom::Fit,
            ..self.needs()
        };
        MapPlan::new(area, &needs)
    }

    /// Brings the visible part in line with zoom, size and cursor: the cursor keeps its place on
    /// the screen when cells change, and stays inside with a margin.
    pub(super) fn settle_scroll(&mut self) {
        let area = self.layout.map.inner();
        let fit = self.fit(area);
        let closeness = |plan: &MapPlan| (std::cmp::Reverse(plan.tile), plan.cell.size().1);
        let (mut plan, ..) = self.map_plan();
        if closeness(&plan) <= closeness(&fit) {
            self.zoom = Zoom::Fit;
            plan = fit;
        }
        let (old, at) = (self.cells, self.cursor);
        let (across, down) = plan.cell.size();
        let new = (plan.cell, plan.tile);
        let all = self.tokens().div_ceil(plan.tile);
        let mut scroll = self.scroll;
        if let Some((cell, tile)) = old.filter(|old| *old != new) {
            let (old_across, old_down) = cell.size();
            let place = |first: usize, at: usize, old: usize, new: usize| {
                let on_screen = (at / tile).saturating_sub(first) * old / new;
                (at / plan.tile).saturating_sub(on_screen)
            };
            scroll.0 = place(scroll.0, at.query.0, old_down, down);
            scroll.1 = place(scroll.1, at.key.0, old_across, across);
        }
        self.cells = Some(new);
        let mut rows = follow(scroll.0, at.query.0 / plan.tile, plan.rows, all);
        if plan.cell == Cell::Half && rows > 0 {
            // Pairs of rows share a terminal cell, and stay together.
            rows += rows % 2;
            if at.query.0 / plan.tile < rows {
                rows -= 2;
            }
        }
        let columns = follow(scroll.1, at.key.0 / plan.tile, plan.columns, all);
        self.scroll = (rows, columns);
    }

    /// The visible part, in cells of the heatmap; on the Text screen, of the chosen token.
    pub fn tiles(&self) -> Tiles {
        if self.screen == Screen::Text {
            return self.text_tiles();
        }
        let (plan, row, column) = self.map_plan();
        let all = self.tokens().div_ceil(plan.tile);
        let part = |first: usize, count: usize| first.min(all)..(first + count).min(all);
        Tiles {
            tile: plan.tile,
            rows: part(row, plan.rows),
            columns: part(column, plan.columns),
        }
    }

    /// Whether cells of the head are out of sight.
    pub fn is_part(&self) -> bool {
        let tiles = self.tiles();
        let all = self.tokens().div_ceil(tiles.tile);
        tiles.rows.len() < all || tiles.columns.len() < all
    }
}

/// The first visible of `all` so that `at` is among the `visible` with a margin, moved as little as
/// it takes.
pub(super) fn follow(first: usize, at: usize, visible: usize, all: usize) -> usize {
    let visible = visible.max(1);
    let margin = MARGIN.min((visible - 1) / 4);
    let first = first
        .min(at.saturating_sub(margin))
        .max((at + margin + 1).saturating_sub(visible));
    first.min(all.saturating_sub(visible))
}
