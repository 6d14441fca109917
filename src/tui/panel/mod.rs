//! One panel a file; each draws from the state and changes nothing.

mod axes;
mod editor;
mod flow;
mod footer;
mod grid;
mod header;
mod legend;
mod list;
mod map;
mod pixels;
mod popup;
mod window;

pub use editor::editor;
pub use flow::flow;
pub use footer::{footer, status};
pub use grid::grid;
pub use header::{header, notice};
pub use list::list;
pub use map::map;
pub use popup::popup;
