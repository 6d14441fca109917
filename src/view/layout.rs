//! Where everything goes on a screen of any size. Plain numbers, so that moving and scrolling know
//! what is visible and drawing can't disagree.

use super::atlas::{AtlasPlan, Column};
use super::map_plan::MapPlan;
use super::plan::GridPlan;
use super::screen::Screen;
use super::zoom::Zoom;

/// A rectangle of terminal cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// Left column.
    pub x: u16,
    /// Top row.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Area {
    /// Whether nothing fits.
    pub fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// What is inside of a frame of one cell.
    pub fn inner(self) -> Self {
        Self {
            x: self.x.saturating_add(1),
            y: self.y.saturating_add(1),
            width: self.width.saturating_sub(2),
            height: self.height.saturating_sub(2),
        }
    }

    /// The top `height` rows and the rest below.
    fn split_top(self, height: u16) -> (Self, Self) {
        let height = height.min(self.height);
        let top = Self { height, ..self };
        let rest = Self {
            y: self.y + height,
            height: self.height - height,
            ..self
        };
        (top, rest)
    }

    /// The bottom `height` rows and the rest above, as (rest, bottom).
    fn split_bottom(self, height: u16) -> (Self, Self) {
        self.split_top(self.height.saturating_sub(height))
    }

    /// The right `width` columns and the rest to their left, as (rest, right).
    fn split_right(self, width: u16) -> (Self, Self) {
        let width = width.min(self.width);
        let rest = Self {
            width: self.width - width,
            ..self
        };
        let right = Self {
            x: self.x + rest.width,
            width,
            ..self
        };
        (rest, right)
    }
}

/// The least size at which there is something to see.
pub const LEAST: (u16, u16) = (40, 12);

/// What the layout depends on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Needs {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The screen that is shown.
    pub screen: Screen,
    /// Heads of the layer.
    pub heads: usize,
    /// Layers of the model.
    pub layers: usize,
    /// Heads of any of its layers.
    pub all_heads: usize,
    /// Whether the table is shown where there is room for it or the atlas alone.
    pub table: bool,
    /// Tokens of the text.
    pub tokens: usize,
    /// Cells of the widest label, and of the tallest when written downwards.
    pub label: (usize, usize),
    /// Whether a terminal cell can show two values, one above the other.
    pub half_blocks: bool,
    /// How close the heatmap looks.
    pub zoom: Zoom,
}

/// The places of the panes; an empty area is a pane that does not fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Whether the screen is too small for anything.
    pub too_small: bool,
    /// The line with the model's name.
    pub header: Area,
    /// The heatmap, frame included.
    pub map: Area,
    /// The grid of heads, frame included.
    pub grid: Area,
    /// The list, frame included.
    pub list: Area,
    /// The attention flow, frame included.
    pub flow: Area,
    /// The text, frame included.
    pub text: Area,
    /// The pictures or numbers of all heads, frame included.
    pub atlas: Area,
    /// The table of heads beside them, frame included.
    pub table: Area,
    /// The row for messages.
    pub message: Area,
    /// What keys do.
    pub footer: Area,
}

impl Layout {
    /// The layout for `needs`.
    pub fn new(needs: &Needs) -> Self {
        let (width, height) = needs.size;
        let screen = Area {
            x: 0,
            y: 0,
            width,
            height,
        };
        if width < LEAST.0 || height < LEAST.1 {
            return Self {
                too_small: true,
                ..Self::default()
            };
        }
        let (header, rest) = screen.split_top(1);
        let (rest, footer) = rest.split_bottom(1);
        let (body, message) = rest.split_bottom(1);
        let mut layout = Self {
            header,
            message,
            footer,
            ..Self::default()
        };
        match needs.screen {
            Screen::Heads => layout.heads(body, needs),
            Screen::Text => layout.text(body, needs),
            Screen::Atlas => layout.atlas(body, needs),
        }
        layout
    }

    /// The text, with the list beside or below it where there is room, and the heads and the flow
    /// above and below the list.
    fn text(&mut self, body: Area, needs: &Needs) {
        let (text, side) = match (body.width, body.height) {
            (width @ 72.., _) => body.split_right((width / 3).clamp(30, 56)),
            (_, height @ 17..) => body.split_bottom((height / 4).min(10)),
            _ => (body, Area::default()),
        };
        let (rest, flow) = match side.height {
            0..=44 => (side, Area::default()),
            _ => side.split_bottom(11),
        };
        let grid = match rest.height {
            0..=26 => 0,
            height => GridPlan::frame_height(rest, height / 2, needs).min(height / 2),
        };
        let (grid, list) = rest.split_top(grid);
        (self.text, self.grid, self.list, self.flow) = (text, grid, list, flow);
    }

    /// The pictures, with the table beside them where there is room.
    fn atlas(&mut self, body: Area, needs: &Needs) {
        if body.width < 72 {
            match needs.table {
                true => self.table = body,
                false => self.atlas = body,
            }
            return;
        }
        // The pictures take what they have a use for, the table the rest, and each a third.
        let wanted = AtlasPlan::width_wanted(body.height, needs).max(44);
        let wanted = u16::try_from(wanted).unwrap_or(u16::MAX);
        let least = (body.width / 3).max(34);
        let columns = Column::all().into_iter().map(Column::width);
        let most = columns.sum::<usize>() as u16 + 3;
        let side = body
            .width
            .saturating_sub(wanted)
            .clamp(least, most.max(least));
        let side = side.min(body.width - body.width / 3);
        (self.atlas, self.table) = body.split_right(side);
    }

    /// The heatmap, with the other panes beside or below it.
    fn heads(&mut self, body: Area, needs: &Needs) {
        let width = body.width;
        if width >= 72 {
            let side = side_width(body, needs);
            let (map, side) = body.split_right(side);
            self.map = map;
            self.stack(side, needs);
        } else if body.height >= 24 {
            // Tall and narrow: the list and the flow below the map.
            let (map, rest) = body.split_top(body.height - 13);
            let (list, flow) = rest.split_top(6);
            self.map = map;
            self.list = list;
            self.flow = flow;
        } else if body.height >= 17 {
            let (map, list) = body.split_bottom(5);
            self.map = map;
            self.list = list;
        } else {
            self.map = body;
        }
    }

    /// Grid, list and flow above each other, as many as fit.
    fn stack(&mut self, side: Area, needs: &Needs) {
        let height = side.height;
        let flow = match height {
            0..=17 => 0,
            18..=25 => 7,
            26..=33 => 11,
            _ => 15,
        };
        let list = match height {
            0..=12 => 0,
            13..=27 => (height / 4).max(5),
            _ => (height / 4).min(12),
        };
        let grid = height - flow - list;
        let need = GridPlan::frame_height(side, grid, needs);
        let grid = grid.min(need).max(6).min(height - flow);
        let (top, rest) = side.split_top(grid);
        let (middle, bottom) = rest.split_bottom(flow);
        self.grid = top;
        self.list = middle;
        self.flow = bottom;
    }

    /// Every pane with its area.
    pub fn panes(&self) -> [(Pane, Area); 4] {
        [
            (Pane::Map, self.map),
            (Pane::Grid, self.grid),
            (Pane::List, self.list),
            (Pane::Flow, self.flow),
        ]
    }
}

/// Columns for what stands beside the map: more where the map has no use for them.
fn side_width(body: Area, needs: &Needs) -> u16 {
    // Panes stay where they are while the map is zoomed.
    let needs = &Needs {
        zoom: Zoom::Fit,
        ..*needs
    };
    // The map comes first: what it can't fill goes to what stands beside it.
    let least = (body.width / 3).clamp(30, 60);
    let most = (u32::from(body.width) * 58 / 100) as u16;
    let (wide, _) = body.split_right(least);
    let best = MapPlan::new(wide.inner(), needs);
    for side in (least..=most).rev() {
        let (map, _) = body.split_right(side);
        let now = MapPlan::new(map.inner(), needs);
        let same = MapPlan {
            field: best.field,
            ..now
        };
        if same == best && map.inner().width >= 42 {
            return side;
        }
    }
    least
}

/// A part of the screen that can have the focus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pane {
    /// The heatmap.
    #[default]
    Map,
    /// The grid of heads.
    Grid,
    /// The list of tokens.
    List,
    /// The attention flow.
    Flow,
}
