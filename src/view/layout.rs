//! Where everything goes on a screen of any size. Plain numbers, so that moving and scrolling know
//! what is visible and drawing can't disagree.

use super::atlas::{AtlasPlan, Column, Shown};
use super::flow_plan::FlowPlan;
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

/// Rows of a table of heads at least, with its frame.
const LEAST_TABLE: u16 = 8;

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
    /// What the atlas is asked to show of every head.
    pub shown: Shown,
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

    /// The text, with the list beside or below it where there is room; below the list the heads and
    /// the flow.
    fn text(&mut self, body: Area, needs: &Needs) {
        let (text, side) = match (body.width, body.height) {
            (width @ 72.., _) => body.split_right((width / 3).clamp(30, 56)),
            (_, height @ 17..) => body.split_bottom((height / 4).min(10)),
            _ => (body, Area::default()),
        };
        self.text = text;
        if body.width < 72 {
            self.list = side;
            return;
        }
        // The list comes first here: it tells what the colours of the text tell.
        let keys = u16::try_from(needs.tokens.clamp(1, MOST_KEYS)).unwrap_or(1);
        let rest = side.height.saturating_sub(keys + 2);
        let flow = match rest {
            0..=13 => 0,
            14..=24 => 7,
            _ => (2 + FlowPlan::LEAST_CHART).max(rest / 3),
        };
        let grid = match rest - flow {
            room @ 6.. => GridPlan::frame_height(side, room, needs).clamp(6, room),
            _ => 0,
        };
        let (list, rest) = side.split_top(side.height - grid - flow);
        let (grid, flow) = rest.split_top(grid);
        (self.list, self.grid, self.flow) = (list, grid, flow);
    }

    /// All heads, with the table beside or below them, wherever heads are seen better. The heads take
    /// what they have a use for, the table the rest.
    fn atlas(&mut self, body: Area, needs: &Needs) {
        if body.width < 72 {
            match needs.table {
                true => self.table = body,
                false => self.atlas = body,
            }
            return;
        }
        let columns = Column::all().into_iter().map(Column::width);
        let whole_table = columns.sum::<usize>() as u16 + 3;
        let plan = |area: Area| AtlasPlan::new(area.inner(), needs.shown, needs);
        let least = (body.width / 3).max(34);
        let (room, _) = body.split_right(least);
        let beside = plan(room);
        // The legend is a line of words.
        let wide = beside.used_width().max(44).min(room.width);
        let wide = wide.max(body.width.saturating_sub(whole_table.max(least)));
        let beside_table = u32::from(body.width - wide) * u32::from(body.height);
        if body.height >= 18 {
            let (room, _) = body.split_bottom(LEAST_TABLE);
            let below = plan(room);
            let rows = (needs.layers * needs.all_heads).saturating_add(3);
            let rows = u16::try_from(rows).unwrap_or(u16::MAX);
            let tall = below.used_height().min(room.height);
            let tall = tall.max(body.height.saturating_sub(rows.max(LEAST_TABLE)));
            let table = u32::from(body.width.min(whole_table)) * u32::from(body.height - tall);
            let (beside, below) = (beside.worth(needs), below.worth(needs));
            if below > beside || (below == beside && table > beside_table) {
                (self.atlas, self.table) = body.split_top(tall);
                return;
            }
        }
        (self.atlas, self.table) = body.split_right(body.width - wide);
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
        let Shares { grid, list } = Shares::of(side, needs);
        let (grid, rest) = side.split_top(grid);
        let (list, flow) = rest.split_top(list);
        (self.grid, self.list, self.flow) = (grid, list, flow);
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

/// Rows of the grid and the list, frames included, where the flow stands below them with the rest.
struct Shares {
    grid: u16,
    list: u16,
}

/// Keys that the list has room for at most before the flow gets its own.
const MOST_KEYS: usize = 12;

impl Shares {
    /// How a column shares its rows. Pictures of heads take what they have a use for beside a short
    /// list and a small flow; then the list takes as many rows as there are keys, and the flow the
    /// rest.
    fn of(side: Area, needs: &Needs) -> Self {
        let height = side.height;
        let keys = u16::try_from(needs.tokens.clamp(1, MOST_KEYS)).unwrap_or(1);
        // A chart with a sentence below it.
        let chart = 3 + FlowPlan::LEAST_CHART;
        let wide = FlowPlan::new(
            Area {
                height: chart,
                ..side
            }
            .inner(),
            needs.layers.max(1),
        );
        // Large pictures of a long text are worth more than a large flow.
        let long = needs.tokens > 2 * MOST_KEYS && height < 40;
        let flow = match height {
            0..=17 => 0,
            18..=29 => 7,
            _ if long || !wide.is_some_and(|plan| plan.chart) => 7,
            30..=44 => chart,
            _ => height / 4,
        };
        let list = match height {
            0..=12 => 0,
            13..=20 => 5,
            _ => keys.min(5) + 2,
        };
        let room = height.saturating_sub(flow + list);
        let grid = GridPlan::frame_height(side, room, needs);
        let grid = grid.min(room).max(6).min(height);
        if list == 0 {
            return Self {
                grid: height,
                list: 0,
            };
        }
        let rest = height - grid;
        if flow == 0 {
            return Self { grid, list: rest };
        }
        let list = (keys + 2)
            .clamp(list, (rest - flow.min(rest)).max(list))
            .min(rest);
        Self { grid, list }
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
