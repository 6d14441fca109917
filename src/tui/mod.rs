//! Event loop, terminal, one panel a file.

mod backend;
mod canvas;
mod clipboard;
mod cut;
mod draw;
mod encode;
mod event_loop;
mod explorer;
mod fit;
mod frames;
mod ground;
mod halves;
mod keyboard;
mod keys;
mod outside;
mod panel;
mod signals;
mod terminal;
#[cfg(test)]
mod tests;
mod theme;
mod words;
mod worker;

pub use cut::watch_faults;
pub use draw::draw;
pub use event_loop::{App, Jobs, Saver, explore};
pub use explorer::Explorer;
pub use frames::Frames;
pub use terminal::{Error, check_terminal, in_tmux, install_panic_hook, is_shown};
