//! What the person looks at: state, one action table, keymap, update. No terminal, no model.

mod about;
mod action;
mod atlas;
mod copy;
mod derive;
mod edit;
mod event;
#[cfg(test)]
pub(crate) mod fixture;
mod flow_plan;
mod fuzzy;
mod heads;
mod keymap;
mod keys;
mod layout;
mod look;
mod mouse;
mod palette;
mod plan;
mod prompt;
mod read;
mod save;
mod screen;
mod scroll;
mod state;
#[cfg(test)]
mod tests;
mod text;
mod update;
mod work;
mod zoom;

pub use about::{Row, help_rows};
pub use action::{ACTIONS, Act, Action, Place};
pub use copy::{MOST_COPIED, What};
pub use derive::LONGEST_LIST;
pub use edit::Editor;
pub use event::{Code, Effect, Event, Mouse, Stroke};
pub use flow_plan::FlowPlan;
pub use keymap::{Clash, Keymap};
pub use layout::{Area, LEAST, Layout, Needs, Pane};
pub use look::look;
pub use palette::{COMMANDS, Choice, Command, Palette};
pub use plan::{Cell, GridPlan, MapPlan};
pub use prompt::{Ask, Prompt};
pub use save::{ENDINGS, Picture, Save};
pub use screen::Screen;
pub use state::{Cursor, Direction, Options, Popup, Running, State};
pub use update::update;
pub use work::{Cancel, Look, NO_MODEL, NO_PATH, Request, Saver, Task, Update, Watch, Work};
pub use zoom::Zoom;
