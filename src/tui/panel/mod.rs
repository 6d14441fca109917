//! One panel a file; each draws from the state and changes nothing.

mod atlas;
mod axes;
mod editor;
mod flow;
mod footer;
mod found;
mod grid;
mod header;
mod legend;
mod links;
mod list;
mod map;
mod message;
mod palette;
mod picture;
mod pixels;
mod popup;
mod prompt;
mod table;
mod text;
mod token_look;
mod window;

pub use atlas::atlas;
pub use editor::editor;
pub use flow::flow;
pub use footer::footer;
pub use grid::grid;
pub use header::header;
pub use list::list;
pub use map::map;
pub use message::message;
pub use palette::palette;
pub use popup::popup;
pub use prompt::prompt;
pub use table::table;
pub use text::text;
