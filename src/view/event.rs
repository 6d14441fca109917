//! What happens to the view, and what it wants done.

use super::{Look, Request, Save, Update};

/// One event. The terminal's own types end at `tui`.
#[derive(Clone, Debug)]
pub enum Event {
    /// A key was pressed.
    Key(Stroke),
    /// Text was pasted.
    Paste(String),
    /// The screen has this size, in cells.
    Resize {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// The mouse did something.
    Mouse {
        /// Column of the screen.
        x: u16,
        /// Row of the screen.
        y: u16,
        /// What it did.
        kind: Mouse,
    },
    /// The checkpoint changed on disk.
    Changed,
    /// The person's editor ended: the text as it left it, or one sentence on why there is none.
    Edited(Result<String, String>),
    /// The worker tells something.
    Work(Update),
}

/// What the view wants of its surroundings after an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Run this; whatever runs is cancelled first.
    Request(Request),
    /// Compute this in the background; what was asked for before is cancelled first.
    Look(Look),
    /// Cancel what runs.
    Cancel,
    /// Find what completes this argument of `:open`; what was asked for before is cancelled first.
    Complete(String),
    /// Edit this text in the person's editor, outside of the explorer.
    Edit(String),
    /// Save this in the background; what is saved before is finished first.
    Save(Save),
    /// Send this to the terminal's clipboard.
    Copy(String),
    /// Listen to the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Leave the terminal and stop the process, as Ctrl-Z does.
    Suspend,
    /// Clear and draw everything anew.
    Redraw,
    /// Leave.
    Quit,
}

/// What a mouse does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    /// The left button was pressed.
    Press,
    /// The wheel was turned away from the person.
    WheelUp,
    /// The wheel was turned to the person.
    WheelDown,
}

/// A key press: letters are compared exactly, so `G` is `Char('G')` whatever SHIFT says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stroke {
    /// The key.
    pub code: Code,
    /// Whether Ctrl is held.
    pub ctrl: bool,
    /// Whether Alt is held.
    pub alt: bool,
}

/// A key of the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// A character, as typed.
    Char(char),
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift-Tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
}
