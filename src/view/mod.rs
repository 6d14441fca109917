//! What the person looks at: state, one action table, keymap, update. No terminal, no model.

mod about;
mod action;
mod atlas;
mod derive;
mod edit;
mod event;
mod find;
#[cfg(test)]
pub(crate) mod fixture;
mod heads;
mod keys;
mod layout;
mod links;
mod look;
mod plan;
mod prompt;
mod read;
mod screen;
mod scroll;
mod shade;
mod state;
#[cfg(test)]
mod tests;
mod text;
mod update;
mod work;
mod wrap;
mod zoom;

pub use about::{Row, help_rows};
pub use action::{ACTIONS, Act, Action, Place, action_of};
pub use atlas::{AtlasPane, AtlasPlan, Column, Shown, Sort};
pub use derive::LONGEST_LIST;
pub use edit::Editor;
pub use event::{Code, Effect, Event, Stroke};
pub use find::{Found, Wrapped};
pub use keys::{action_table_markdown, hints};
pub use layout::{Area, LEAST, Layout, Needs, Pane};
pub use look::look;
pub use plan::{Cell, GridPlan, MapPlan};
pub use prompt::{Ask, Prompt};
pub use screen::Screen;
pub use shade::Shade;
pub use state::{Cursor, Direction, Options, Popup, Running, State};
pub use update::update;
pub use work::{Cancel, Look, NO_MODEL, Request, Task, Update, Work};
pub use wrap::Wrap;
pub use zoom::Zoom;
