//! The one table of what keys do. The keymap, the footer, the help and the README's table are
//! made from it.

use super::copy::What;
use super::prompt::Ask;
use super::screen::Screen;
use super::{Code, Stroke};

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Leave.
    Quit,
    /// Stop the process, as Ctrl-Z does.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Show the help.
    Help,
    /// Show what the numbers of the screen mean.
    Numbers,
    /// Show where the capture came from.
    Origin,
    /// Edit the text.
    Edit,
    /// Copy something to the clipboard of the terminal.
    Copy(What),
    /// Switch the mouse on or off.
    Mouse,
    /// Show a screen.
    Show(Screen),
    /// Ask for a line of text.
    Ask(Ask),
    /// Take the line of text that was asked for.
    Accept,
    /// Take the chosen entry into the line.
    Complete,
    /// Focus the next pane.
    NextPane,
    /// Focus the pane before.
    PreviousPane,
    /// Go one layer up the stack.
    NextLayer,
    /// Go one layer down the stack.
    PreviousLayer,
    /// Choose the next head.
    NextHead,
    /// Choose the head before.
    PreviousHead,
    /// Switch between one head and the mean over heads.
    Mean,
    /// Show the next scale.
    Scale,
    /// Show the next colour map.
    Colours,
    /// Show the next number of every head.
    NextNumber,
    /// Show the number before of every head.
    PreviousNumber,
    /// Sort heads by the column to the right.
    NextColumn,
    /// Sort heads by the column to the left.
    PreviousColumn,
    /// Sort the other way round.
    Reverse,
    /// Ask which heads link the query and the key.
    Links,
    /// Go to the head that is chosen among those that link two tokens.
    Jump,
    /// Look closer.
    ZoomIn,
    /// Look from further away.
    ZoomOut,
    /// Show the whole head.
    Fit,
    /// Switch between the largest and the mean weight of a cell.
    Pool,
    /// Look the other way from the same token.
    Mirror,
    /// Look the other way from the other token of the cell.
    TurnAbout,
    /// Take the tokens of a word or a found phrase as one, or not.
    Span,
    /// Colour the text by the next number of its tokens.
    Shade,
    /// Colour the text by the number before.
    PreviousShade,
    /// Go to the next place that was found.
    NextHit,
    /// Go to the place that was found before.
    PreviousHit,
    /// Go to the first token of the line.
    LineStart,
    /// Go to the last token of the line.
    LineEnd,
    /// Go left in the focused pane.
    Left,
    /// Go down in the focused pane.
    Down,
    /// Go up in the focused pane.
    Up,
    /// Go right in the focused pane.
    Right,
    /// Go to the first of the focused pane.
    First,
    /// Go to the last of the focused pane.
    Last,
    /// Go to the first key.
    FirstKey,
    /// Go to the key that is the query itself.
    SelfKey,
    /// Go half a page down.
    HalfDown,
    /// Go half a page up.
    HalfUp,
    /// Open what is chosen.
    Open,
    /// Go back one level.
    Back,
    /// Cancel the run.
    Cancel,
    /// Close what is open.
    Close,
    /// Open again what was open before.
    OpenBefore,
    /// Edit the text in the person's editor.
    EditOutside,
    /// Begin a new line of the text.
    NewLine,
    /// Run the edited text.
    Run,
    /// Leave the text as it was.
    Abandon,
    /// Take an earlier text.
    Earlier,
    /// Take a later text.
    Later,
    /// Move the text cursor left.
    TextLeft,
    /// Move the text cursor right.
    TextRight,
    /// Move the text cursor to the start.
    TextStart,
    /// Move the text cursor to the end.
    TextEnd,
    /// Delete the character before the text cursor.
    Backspace,
    /// Delete the character under the text cursor.
    Delete,
    /// Delete the word before the text cursor.
    DeleteWord,
    /// Delete everything before the text cursor.
    DeleteToStart,
    /// Delete everything after the text cursor.
    DeleteToEnd,
}

/// Where an action applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// At any time.
    Everywhere,
    /// While a run goes on.
    Running,
    /// On every screen.
    Screens,
    /// On the Heads screen, whatever pane has the focus.
    Heads,
    /// In the heatmap.
    Map,
    /// In the grid of heads.
    Grid,
    /// In the list of tokens.
    List,
    /// In the attention flow.
    Flow,
    /// On the Text screen.
    Text,
    /// On the Atlas screen.
    Atlas,
    /// In the list of heads that link two tokens.
    Links,
    /// In the help and other texts that lie over the screen.
    Popup,
    /// While the text is edited.
    Editor,
    /// While a line of text is asked for.
    Prompt,
}

impl Place {
    /// Every place, in the order of the help.
    pub const ALL: [Self; 14] = [
        Self::Screens,
        Self::Heads,
        Self::Map,
        Self::Grid,
        Self::List,
        Self::Flow,
        Self::Text,
        Self::Atlas,
        Self::Editor,
        Self::Prompt,
        Self::Links,
        Self::Popup,
        Self::Running,
        Self::Everywhere,
    ];

    /// Its name in settings.
    pub fn id(self) -> String {
        self.name().replace(' ', "-")
    }

    /// Its name in the help.
    pub fn name(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::Running => "while running",
            Self::Screens => "every screen",
            Self::Text => "text",
            Self::Atlas => "atlas",
            Self::Prompt => "typing a line",
            Self::Links => "which heads",
            Self::Heads => "heads",
            Self::Map => "heatmap",
            Self::Grid => "grid of heads",
            Self::List => "list",
            Self::Flow => "flow",
            Self::Popup => "help and origin",
            Self::Editor => "editing the text",
        }
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    /// What it does.
    pub act: Act,
    /// Its name, as it would be typed.
    pub name: &'static str,
    /// One sentence without its full stop.
    pub doc: &'static str,
    /// The keys that do it, the one to show first.
    pub keys: &'static [Stroke],
    /// Where it applies.
    pub place: Place,
    /// The word in the footer, shared by neighbours that belong together; empty where the footer
    /// leaves it out.
    pub hint: &'static str,
}

const fn ch(c: char) -> Stroke {
    key(Code::Char(c))
}

const fn key(code: Code) -> Stroke {
    Stroke {
        code,
        ctrl: false,
        alt: false,
    }
}

const fn ctrl(c: char) -> Stroke {
    Stroke {
        code: Code::Char(c),
        ctrl: true,
        alt: false,
    }
}

const fn alt_enter() -> Stroke {
    Stroke {
        code: Code::Enter,
        ctrl: false,
        alt: true,
    }
}

const fn row(
    place: Place,
    act: Act,
    name: &'static str,
    keys: &'static [Stroke],
    hint: &'static str,
    doc: &'static str,
) -> Action {
    Action {
        act,
        name,
        doc,
        keys,
        place,
        hint,
    }
}

const LEFT: &[Stroke] = &[key(Code::Left), ch('h')];
const DOWN: &[Stroke] = &[key(Code::Down), ch('j')];
const UP: &[Stroke] = &[key(Code::Up), ch('k')];
const RIGHT: &[Stroke] = &[key(Code::Right), ch('l')];
const ENTER: &[Stroke] = &[key(Code::Enter)];

/// Every action.
#[rustfmt::skip]
pub static ACTIONS: &[Action] = &[
    row(Place::Map, Act::Left, "left", LEFT, "cell", "choose the key to the left"),
    row(Place::Map, Act::Down, "down", DOWN, "cell", "choose the query below"),
    row(Place::Map, Act::Up, "up", UP, "cell", "choose the query above"),
    row(Place::Map, Act::Right, "right", RIGHT, "cell", "choose the key to the right"),
    row(Place::Map, Act::FirstKey, "first key", &[ch('^')], "", "choose key 0, where idle heads park their weight"),
    row(Place::Map, Act::SelfKey, "own key", &[ch('$')], "", "choose the key that is the query itself"),
    row(Place::Grid, Act::Left, "left", LEFT, "head", "choose the head to the left"),
    row(Place::Grid, Act::Down, "down", DOWN, "head", "choose the head below"),
    row(Place::Grid, Act::Up, "up", UP, "head", "choose the head above"),
    row(Place::Grid, Act::Right, "right", RIGHT, "head", "choose the head to the right"),
    row(Place::Grid, Act::Open, "open", ENTER, "open", "go to the heatmap of the head"),
    row(Place::List, Act::Down, "down", DOWN, "entry", "choose the entry below"),
    row(Place::List, Act::Up, "up", UP, "entry", "choose the entry above"),
    row(Place::List, Act::Open, "jump", ENTER, "jump", "move the cursor to the token of the entry"),
    row(Place::Flow, Act::Left, "left", LEFT, "layer", "choose the layer before"),
    row(Place::Flow, Act::Right, "right", RIGHT, "layer", "choose the next layer"),
    row(Place::Flow, Act::Open, "open", ENTER, "open", "go to the heatmap of the layer"),
    row(Place::Atlas, Act::Left, "left", LEFT, "head", "choose the head to the left; in the table, the column to sort by"),
    row(Place::Atlas, Act::Down, "down", DOWN, "head", "choose the layer below; in the table, the head below"),
    row(Place::Atlas, Act::Up, "up", UP, "head", "choose the layer above; in the table, the head above"),
    row(Place::Atlas, Act::Right, "right", RIGHT, "head", "choose the head to the right; in the table, the column to sort by"),
    row(Place::Atlas, Act::Open, "open", ENTER, "open", "show the head on the Heads screen"),
    row(Place::Atlas, Act::NextPane, "other pane", &[key(Code::Tab), key(Code::BackTab)], "table", "go from the pictures to the table and back"),
    row(Place::Atlas, Act::Ask(Ask::Filter), "filter", &[ch('/')], "filter", "list heads by their numbers: `induction > 0.3, layer 0-5`"),
    row(Place::Atlas, Act::NextNumber, "next number", &[ch('t')], "show", "show the next of every head: its picture, then number by number"),
    row(Place::Atlas, Act::PreviousNumber, "previous number", &[ch('T')], "", "show the one before of every head"),
    row(Place::Atlas, Act::PreviousColumn, "previous column", &[ch('<')], "sort", "sort heads by the column to the left"),
    row(Place::Atlas, Act::NextColumn, "next column", &[ch('>')], "sort", "sort heads by the column to the right"),
    row(Place::Atlas, Act::Reverse, "reverse", &[ch('o')], "sort", "sort heads the other way round"),
    row(Place::Screens, Act::PreviousLayer, "previous layer", &[ch('[')], "layer", "show the layer before"),
    row(Place::Screens, Act::NextLayer, "next layer", &[ch(']')], "layer", "show the next layer"),
    row(Place::Screens, Act::PreviousHead, "previous head", &[ch('{')], "head", "show the head before"),
    row(Place::Screens, Act::NextHead, "next head", &[ch('}')], "head", "show the next head"),
    row(Place::Heads, Act::NextPane, "next pane", &[key(Code::Tab)], "pane", "give the focus to the next pane"),
    row(Place::Heads, Act::PreviousPane, "previous pane", &[key(Code::BackTab)], "", "give the focus to the pane before"),
    row(Place::Screens, Act::Scale, "scale", &[ch('s')], "scale", "show weights at the next scale"),
    row(Place::Screens, Act::Colours, "colours", &[ch('c')], "", "show values in the colours of the next map"),
    row(Place::Screens, Act::Mean, "mean", &[ch('m')], "mean", "switch between one head and the mean over heads"),
    row(Place::Heads, Act::ZoomIn, "zoom in", &[ch('z')], "zoom", "look closer, about the cursor, down to single weights"),
    row(Place::Heads, Act::ZoomOut, "zoom out", &[ch('Z')], "zoom", "look from further away"),
    row(Place::Heads, Act::Fit, "fit", &[ch('0')], "zoom", "show the whole head"),
    row(Place::Heads, Act::Pool, "pool", &[ch('P')], "", "show the largest or the mean weight of cells that pool"),
    row(Place::Heads, Act::Ask(Ask::Find), "find", &[ch('/')], "find", "find a word or a phrase, and go to it"),
    row(Place::Heads, Act::NextHit, "next hit", &[ch('n')], "", "go to the next place of what was found"),
    row(Place::Heads, Act::PreviousHit, "previous hit", &[ch('N')], "", "go to the place of what was found before"),
    row(Place::Text, Act::Left, "left", LEFT, "token", "choose the token before"),
    row(Place::Text, Act::Down, "down", DOWN, "token", "choose the token below"),
    row(Place::Text, Act::Up, "up", UP, "token", "choose the token above"),
    row(Place::Text, Act::Right, "right", RIGHT, "token", "choose the next token"),
    row(Place::Text, Act::LineStart, "line start", &[ch('^')], "", "choose the first token of the line"),
    row(Place::Text, Act::LineEnd, "line end", &[ch('$')], "", "choose the last token of the line"),
    row(Place::Text, Act::NextPane, "list", &[key(Code::Tab), key(Code::BackTab)], "list", "go to the list, where Enter follows attention to another token, or back"),
    row(Place::Text, Act::Open, "open", ENTER, "heatmap", "go to the heatmap, at both tokens of the readout"),
    row(Place::Text, Act::Shade, "colour by", &[ch('t')], "colour", "colour the text by entropy, by other numbers of each token, by weights"),
    row(Place::Text, Act::PreviousShade, "colour by previous", &[ch('T')], "", "colour the text by the number before"),
    row(Place::Text, Act::Ask(Ask::Find), "find", &[ch('/')], "find", "find a word or a phrase, and choose it"),
    row(Place::Text, Act::NextHit, "next hit", &[ch('n')], "", "go to the next place of what was found"),
    row(Place::Text, Act::PreviousHit, "previous hit", &[ch('N')], "", "go to the place of what was found before"),
    row(Place::Screens, Act::Mirror, "who attends", &[ch('w')], "who", "list what the token attends to, or who attends to it; the token stays"),
    row(Place::Screens, Act::TurnAbout, "turn about", &[ch('W')], "", "list the other direction for the other token of the cell; the cell stays"),
    row(Place::Screens, Act::Span, "as one", &[ch('v')], "as one", "take the word or the found phrase as one: rows averaged, columns added"),
    row(Place::Screens, Act::Links, "which heads", &[ch('f')], "which", "find the heads that link the query and the key"),
    row(Place::Screens, Act::Show(Screen::Heads), "heads", &[ch('1')], "", "show one head, the heads of its layer, and what a token attends to"),
    row(Place::Screens, Act::Show(Screen::Text), "text", &[ch('2')], "", "show the text, coloured by attention"),
    row(Place::Screens, Act::Show(Screen::Atlas), "atlas", &[ch('3')], "", "show all heads of all layers"),
    row(Place::Screens, Act::Ask(Ask::Command), "command", &[ch(':')], "command", "choose a command by its name, with its key beside it"),
    row(Place::Screens, Act::Copy(What::Cell), "copy cell", &[ch('y')], "", "copy the weight under the cursor to the terminal's clipboard"),
    row(Place::Screens, Act::Copy(What::Row), "copy row", &[ch('Y')], "", "copy the weights of the query, or of all queries to the key"),
    row(Place::Screens, Act::Copy(What::Command), "copy command line", &[ctrl('y')], "", "copy the command line that shows this again"),
    row(Place::Screens, Act::Ask(Ask::Save), "save", &[ch('p')], "save", "save what is shown as a picture or text: .png, .svg, .ansi or .txt"),
    row(Place::Screens, Act::Mouse, "mouse", &[ch('M')], "", "switch the mouse on or off; with it on, most terminals select text with Shift"),
    row(Place::Screens, Act::Edit, "edit", &[ch('e')], "edit", "edit the text and run it"),
    row(Place::Screens, Act::EditOutside, "edit outside", &[ch('E')], "", "edit the text in $VISUAL or $EDITOR"),
    row(Place::Screens, Act::OpenBefore, "open before", &[ctrl('^')], "", "open again what was open before"),
    row(Place::Screens, Act::Origin, "origin", &[ch('i')], "info", "show the whole message, whether the numbers hold, and their origin"),
    row(Place::Screens, Act::First, "first", &[ch('g'), key(Code::Home)], "", "go to the first query, head, entry, layer or token"),
    row(Place::Screens, Act::Last, "last", &[ch('G'), key(Code::End)], "", "go to the last query, head, entry, layer or token"),
    row(Place::Screens, Act::HalfDown, "half page down", &[ctrl('d'), key(Code::PageDown)], "", "go half a page down"),
    row(Place::Screens, Act::HalfUp, "half page up", &[ctrl('u'), key(Code::PageUp)], "", "go half a page up"),
    row(Place::Screens, Act::Back, "back", &[key(Code::Esc)], "", "dismiss a message, or go back to the heatmap"),
    row(Place::Screens, Act::Numbers, "numbers", &[ch('#')], "", "show what the numbers of this screen mean"),
    row(Place::Screens, Act::Help, "help", &[ch('?')], "help", "show what every key does, those of this screen first"),
    row(Place::Screens, Act::Quit, "quit", &[ch('q')], "quit", "leave"),
    row(Place::Editor, Act::Run, "run", ENTER, "run", "run the text"),
    row(Place::Editor, Act::Abandon, "abandon", &[key(Code::Esc)], "abandon", "leave the text as it was"),
    row(Place::Editor, Act::NewLine, "new line", &[alt_enter()], "new line", "begin a new line"),
    row(Place::Editor, Act::EditOutside, "edit outside", &[ctrl('x')], "$EDITOR", "go on in $VISUAL or $EDITOR"),
    row(Place::Editor, Act::Earlier, "earlier", &[key(Code::Up)], "history", "go to the row above, or take an earlier text from the first"),
    row(Place::Editor, Act::Later, "later", &[key(Code::Down)], "history", "go to the row below, or take a later text from the last"),
    row(Place::Editor, Act::TextLeft, "left", &[key(Code::Left), ctrl('b')], "", "move left"),
    row(Place::Editor, Act::TextRight, "right", &[key(Code::Right), ctrl('f')], "", "move right"),
    row(Place::Editor, Act::TextStart, "start", &[key(Code::Home), ctrl('a')], "", "move to the start"),
    row(Place::Editor, Act::TextEnd, "end", &[key(Code::End), ctrl('e')], "", "move to the end"),
    row(Place::Editor, Act::Backspace, "backspace", &[key(Code::Backspace)], "", "delete the character before"),
    row(Place::Editor, Act::Delete, "delete", &[key(Code::Delete), ctrl('d')], "", "delete the character under the cursor"),
    row(Place::Editor, Act::DeleteWord, "delete word", &[ctrl('w')], "word", "delete the word before"),
    row(Place::Editor, Act::DeleteToStart, "delete to start", &[ctrl('u')], "clear", "delete everything before"),
    row(Place::Editor, Act::DeleteToEnd, "delete to end", &[ctrl('k')], "", "delete everything after"),
    row(Place::Prompt, Act::Accept, "accept", ENTER, "do it", "take the line"),
    row(Place::Prompt, Act::Complete, "complete", &[key(Code::Tab)], "complete", "complete a command, path, model or flag, or take the chosen entry"),
    row(Place::Prompt, Act::Abandon, "abandon", &[key(Code::Esc)], "abandon", "leave everything as it was"),
    row(Place::Prompt, Act::Earlier, "earlier", &[key(Code::Up), ctrl('p')], "choose", "choose the entry above, or take an earlier line"),
    row(Place::Prompt, Act::Later, "later", &[key(Code::Down), ctrl('n')], "choose", "choose the entry below, or take a later line"),
    row(Place::Prompt, Act::TextLeft, "left", &[key(Code::Left), ctrl('b')], "", "move left"),
    row(Place::Prompt, Act::TextRight, "right", &[key(Code::Right), ctrl('f')], "", "move right"),
    row(Place::Prompt, Act::TextStart, "start", &[key(Code::Home), ctrl('a')], "", "move to the start"),
    row(Place::Prompt, Act::TextEnd, "end", &[key(Code::End), ctrl('e')], "", "move to the end"),
    row(Place::Prompt, Act::Backspace, "backspace", &[key(Code::Backspace)], "", "delete the character before"),
    row(Place::Prompt, Act::Delete, "delete", &[key(Code::Delete), ctrl('d')], "", "delete the character under the cursor"),
    row(Place::Prompt, Act::DeleteWord, "delete word", &[ctrl('w')], "", "delete the word before"),
    row(Place::Prompt, Act::DeleteToStart, "delete to start", &[ctrl('u')], "", "delete everything before"),
    row(Place::Prompt, Act::DeleteToEnd, "delete to end", &[ctrl('k')], "", "delete everything after"),
    row(Place::Links, Act::Down, "down", DOWN, "head", "choose the head below"),
    row(Place::Links, Act::Up, "up", UP, "head", "choose the head above"),
    row(Place::Links, Act::First, "first", &[ch('g'), key(Code::Home)], "", "choose the head with the highest weight"),
    row(Place::Links, Act::Last, "last", &[ch('G'), key(Code::End)], "", "choose the head with the lowest weight"),
    row(Place::Links, Act::HalfDown, "half page down", &[ctrl('d'), key(Code::PageDown)], "", "go half a page down"),
    row(Place::Links, Act::HalfUp, "half page up", &[ctrl('u'), key(Code::PageUp)], "", "go half a page up"),
    row(Place::Links, Act::Jump, "jump", ENTER, "jump", "show this head"),
    row(Place::Links, Act::Close, "close", &[key(Code::Esc), ch('q'), ch('f')], "close", "close it"),
    row(Place::Popup, Act::Down, "down", DOWN, "scroll", "scroll down"),
    row(Place::Popup, Act::Up, "up", UP, "scroll", "scroll up"),
    row(Place::Popup, Act::HalfDown, "half page down", &[ctrl('d'), key(Code::PageDown)], "", "scroll half a page down"),
    row(Place::Popup, Act::HalfUp, "half page up", &[ctrl('u'), key(Code::PageUp)], "", "scroll half a page up"),
    row(Place::Popup, Act::First, "first", &[ch('g'), key(Code::Home)], "", "go to the beginning"),
    row(Place::Popup, Act::Last, "last", &[ch('G'), key(Code::End)], "", "go to the end"),
    row(Place::Popup, Act::Ask(Ask::Search), "search", &[ch('/')], "search", "search in it"),
    row(Place::Popup, Act::NextHit, "next hit", &[ch('n')], "next", "go to the next place of what was found"),
    row(Place::Popup, Act::PreviousHit, "previous hit", &[ch('N')], "next", "go to the place of what was found before"),
    row(Place::Popup, Act::Close, "close", &[key(Code::Esc), ch('q'), ch('?'), ch('i'), ch('#'), key(Code::Enter)], "close", "close it"),
    row(Place::Running, Act::Cancel, "cancel", &[key(Code::Esc)], "cancel the run", "cancel the run and keep what was shown before"),
    row(Place::Everywhere, Act::Quit, "quit", &[ctrl('c')], "", "leave at once"),
    row(Place::Everywhere, Act::Suspend, "suspend", &[ctrl('z')], "", "go back to the shell; `fg` returns"),
    row(Place::Everywhere, Act::Redraw, "redraw", &[ctrl('l')], "", "draw everything anew"),
];

#[cfg(test)]
mod tests;
