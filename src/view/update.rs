//! What an event does to the state.

use super::action::Act;
use super::edit::Editor;
use super::pages::Search;
use super::screen::Screen;
use super::state::{Direction, Popup, Running, State};
use super::zoom::Zoom;
use super::{Code, Effect, Event, NO_MODEL, Request, Stroke, Update};
use crate::capture::{Head, Key, Pool, Query};
use crate::lens::Scale;

/// What asking for other colours is answered where there are none.
const NO_COLOURS: &str = "There are no colours here: --color or the terminal turned them off.";

/// Takes one event into the state and tells what is wanted of the surroundings.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    let by_person = matches!(event, Event::Key(_) | Event::Mouse { .. });
    let before = (state.cursor, state.mean, state.zoom);
    let mut effects = match event {
        Event::Key(stroke) => state.key(stroke),
        Event::Paste(text) => {
            if let Some(prompt) = &mut state.prompt {
                prompt.paste(&text);
                state.prompted();
            } else if let Some(editor) = &mut state.editor {
                editor.paste(&text);
            }
            Vec::new()
        }
        Event::Resize { width, height } => {
            state.size = (width, height);
            Vec::new()
        }
        Event::Mouse { x, y, kind } => state.mouse_at(x, y, kind),
        Event::Changed => {
            state.start_running("reading again");
            let text = state.current_text();
            vec![Effect::Request(Request::Reload { text })]
        }
        Event::Edited(edited) => {
            state.edited(edited);
            Vec::new()
        }
        Event::Work(update) => {
            state.work(update);
            Vec::new()
        }
    };
    if by_person && (state.touched || before != (state.cursor, state.mean, state.zoom)) {
        state.opening = false;
        state.layer_chosen = true;
        state.head_chosen = true;
    }
    state.settle();
    effects.extend(state.palette.completions.ask().map(Effect::Complete));
    effects.extend(state.derived.looks.ask().map(Effect::Look));
    effects
}

impl State {
    fn work(&mut self, update: Update) {
        match update {
            Update::Progress { stage, done, total } => {
                self.running = Some(Running { stage, done, total });
            }
            Update::Capture(capture) => self.show(capture),
            Update::Trust(layer, trust) => self.trusts.push((layer, trust)),
            Update::Pyramid(..) | Update::Part(..) => self.derived.looks.take(update),
            Update::Opened {
                model,
                command,
                from_file,
                again,
                asked,
            } => {
                self.options.model = model;
                self.options.command = command;
                self.options.from_file = from_file;
                self.touched = again;
                self.layer_chosen = again || asked.layer.is_some();
                self.head_chosen = again || asked.head.is_some();
                self.opening = !again;
                self.opened.keep(&asked.line);
                if let Some(text) = asked.text {
                    self.history.keep(&text);
                }
                self.cursor.layer = asked.layer.unwrap_or(self.cursor.layer);
                self.cursor.head = asked.head.unwrap_or(self.cursor.head);
                self.scale = asked.scale.unwrap_or(self.scale);
                self.status = None;
                self.news = again.then(|| "Read again: it changed on disk.".to_owned());
            }
            Update::Completions { of, found } => self.take_completions(of, found),
            Update::Said(sentence) => {
                self.tell(sentence);
                self.answers = true;
            }
            Update::Refused(sentence) => {
                self.status = Some(sentence);
                self.answers = false;
            }
            Update::Failed(sentence) => {
                self.status = Some(sentence);
                self.answers = false;
                self.come_back();
            }
            Update::Ended { cancelled } => {
                self.running = None;
                if cancelled {
                    self.status = Some("Cancelled.".to_owned());
                    self.come_back();
                }
            }
        }
    }

    /// Shows the last complete capture again, where a run has not got there.
    fn come_back(&mut self) {
        let partial = self.capture.as_ref().is_some_and(|c| !c.is_complete());
        if let Some(complete) = self.complete.clone().filter(|_| partial) {
            self.show(complete);
        }
    }

    fn key(&mut self, stroke: Stroke) -> Vec<Effect> {
        match self.options.keymap.action_of(stroke, &self.places()) {
            Some(action) => self.answer(action.act),
            None => {
                if let Code::Char(c) = stroke.code
                    && !stroke.ctrl
                    && !stroke.alt
                {
                    self.insert(c);
                }
                Vec::new()
            }
        }
    }

    /// Does one action. What was said of the one before goes, unless this one shows it; what a run or a
    /// file says stays until it is dismissed.
    fn answer(&mut self, act: Act) -> Vec<Effect> {
        let is_over = self.popup.is_some() || self.prompt.is_some() || self.editor.is_some();
        let shows = matches!(act, Act::Origin | Act::Back) || is_over;
        if self.answers && !shows {
            (self.status, self.news, self.answers) = (None, None, false);
        }
        let before = (self.status.clone(), self.news.clone());
        let effects = self.act(act);
        if before != (self.status.clone(), self.news.clone()) {
            self.answers = true;
        }
        effects
    }

    /// Types a character where text is typed.
    fn insert(&mut self, c: char) {
        if let Some(prompt) = &mut self.prompt {
            prompt.insert(c);
            self.prompted();
        } else if let Some(editor) = &mut self.editor {
            editor.insert(c);
        }
    }

    /// Does one action; tells what it wants of the surroundings.
    pub(super) fn act(&mut self, act: Act) -> Vec<Effect> {
        match act {
            Act::Quit => return vec![Effect::Quit],
            Act::Suspend => return vec![Effect::Suspend],
            Act::Redraw => return vec![Effect::Redraw],
            Act::Cancel => return vec![Effect::Cancel],
            Act::Run => return self.run(),
            Act::Accept => return self.accept(),
            Act::OpenBefore => return self.open_before(),
            Act::EditOutside => return self.edit_outside(),
            Act::Show(screen) => self.go_to(screen),
            Act::Ask(ask) => self.ask(ask),
            Act::Copy(what) => return self.copy(what),
            Act::Mouse => {
                self.mouse = !self.mouse;
                self.tell(self.mouse_told());
                return vec![Effect::Mouse(self.mouse)];
            }
            Act::Complete => self.complete(),
            Act::Earlier | Act::Later if self.prompt.is_some() => self.turn_line(act),
            Act::Help => self.open(Popup::Help),
            Act::Origin => self.open(Popup::Origin),
            Act::Numbers => self.open(Popup::Numbers),
            Act::Close => self.popup = None,
            Act::Edit if self.options.from_file => self.status = Some(NO_MODEL.to_owned()),
            Act::Edit => {
                self.editor = Some(Editor::new(&self.current_text(), &self.history));
            }
            Act::Abandon if self.prompt.is_some() => self.abandon(),
            Act::Abandon => self.editor = None,
            Act::NextPane | Act::PreviousPane if !self.has_other_pane() => {
                let only = "There is room for one pane only: make the terminal larger.";
                self.status = Some(only.to_owned());
            }
            Act::NextPane | Act::PreviousPane if self.screen == Screen::Atlas => self.turn_atlas(),
            Act::NextPane => self.turn(1),
            Act::PreviousPane => self.turn(-1),
            Act::NextLayer => self.move_layer(1),
            Act::PreviousLayer => self.move_layer(-1),
            Act::NextHead => self.move_head(1),
            Act::PreviousHead => self.move_head(-1),
            Act::Mean => self.mean = !self.mean,
            Act::ZoomIn => self.zoom_in(),
            Act::ZoomOut => self.zoom_out(),
            Act::Fit => self.zoom = Zoom::Fit,
            Act::Pool => {
                self.pool = match self.pool {
                    Pool::Max => Pool::Mean,
                    Pool::Mean => Pool::Max,
                }
            }
            Act::Scale => self.next_scale(),
            Act::Colours if self.options.half_blocks => self.map_steps += 1,
            Act::Colours => self.status = Some(NO_COLOURS.to_owned()),
            Act::NextNumber => self.show_of_heads(1),
            Act::PreviousNumber => self.show_of_heads(-1),
            Act::NextColumn => self.sort_by(1),
            Act::PreviousColumn => self.sort_by(-1),
            Act::Reverse => self.reverse_sort(),
            Act::Links => self.ask_links(),
            Act::Jump => self.jump_to_link(),
            Act::Mirror => self.mirror(),
            Act::TurnAbout => self.turn_about(),
            Act::Span => self.turn_span(),
            Act::Shade => self.turn_shade(1),
            Act::PreviousShade => self.turn_shade(-1),
            Act::LineStart | Act::LineEnd => self.go_to_edge(act),
            Act::NextHit if self.popup.is_some() => self.next_in_page(1),
            Act::PreviousHit if self.popup.is_some() => self.next_in_page(-1),
            Act::NextHit => self.next_hit(1),
            Act::PreviousHit => self.next_hit(-1),
            Act::Back => self.back(),
            Act::Left | Act::Right | Act::Up | Act::Down => self.go(act),
            Act::First => self.step(isize::MIN / 2),
            Act::Last => self.step(isize::MAX / 2),
            Act::HalfDown => self.step(self.half_page()),
            Act::HalfUp => self.step(-self.half_page()),
            Act::FirstKey => self.choose(self.cursor.query, Key(0)),
            Act::SelfKey => self.choose(self.cursor.query, Key(self.cursor.query.0)),
            Act::Open => self.open_chosen(),
            _ => {
                let columns = self.edit_columns();
                if let Some(prompt) = &mut self.prompt {
                    prompt.act(act);
                    self.prompted();
                } else if let Some(editor) = &mut self.editor {
                    editor.act(act, columns);
                }
            }
        }
        Vec::new()
    }

    /// Goes on to the next scale that the capture has what it needs for.
    fn next_scale(&mut self) {
        self.scale = self.scale.next();
        let without = self.layer().is_some_and(|l| l.value_norms.is_empty());
        if self.scale == Scale::ValueWeighted && without {
            self.scale = self.scale.next();
            self.status = Some(
                "The value-weighted scale is left out: the file holds no norms of values."
                    .to_owned(),
            );
        }
    }

    /// Asks for the text to be edited outside of the explorer.
    fn edit_outside(&mut self) -> Vec<Effect> {
        if self.options.from_file {
            self.status = Some(NO_MODEL.to_owned());
            return Vec::new();
        }
        let text = match &self.editor {
            Some(editor) => editor.text().to_owned(),
            None => self.current_text(),
        };
        vec![Effect::Edit(text)]
    }

    /// Takes the text that was edited outside into the editor, where Enter runs it.
    fn edited(&mut self, edited: Result<String, String>) {
        match edited {
            Err(sentence) => self.status = Some(sentence),
            Ok(text) => {
                let fresh = || Editor::new(&text, &self.history);
                let mut editor = self.editor.take().unwrap_or_else(fresh);
                editor.set(&text);
                self.editor = Some(editor);
            }
        }
    }

    pub(super) fn open(&mut self, popup: Popup) {
        self.popup = Some(popup);
        self.popup_scroll = 0;
        self.search = Search::default();
    }

    fn run(&mut self) -> Vec<Effect> {
        let text = match &self.editor {
            Some(editor) => editor.text().to_owned(),
            None => return Vec::new(),
        };
        if text.is_empty() {
            self.status = Some("The text is empty: type at least one character.".to_owned());
            return Vec::new();
        }
        self.editor = None;
        self.status = None;
        self.news = None;
        self.touched = false;
        self.history.keep(&text);
        self.start_running("starting");
        vec![Effect::Request(Request::Run { text })]
    }

    /// The text that was run last, or is to be run first.
    pub(super) fn current_text(&self) -> String {
        let text = match &self.capture {
            Some(capture) => &capture.text,
            None => &self.options.text,
        };
        self.history.last().unwrap_or_else(|| text.clone())
    }

    /// Shows that something is begun.
    pub(super) fn start_running(&mut self, stage: &'static str) {
        self.running = Some(Running {
            stage,
            ..Running::default()
        });
    }

    fn go(&mut self, act: Act) {
        if self.popup.is_some() {
            return self.step(if act == Act::Down { 1 } else { -1 });
        }
        match self.screen {
            Screen::Heads => self.go_heads(act),
            Screen::Text => self.go_text(act),
            Screen::Atlas => self.go_atlas(act),
        }
    }

    /// Goes `by` steps along the main axis of what is shown.
    pub(super) fn step(&mut self, by: isize) {
        if self.popup.is_some() {
            return self.step_popup(by);
        }
        match self.screen {
            Screen::Heads => self.step_heads(by),
            Screen::Text => self.step_text(by),
            Screen::Atlas => self.step_atlas(by),
        }
    }

    fn half_page(&self) -> isize {
        let page = match self.screen {
            _ if self.popup.is_some() => self.page_of_popup(),
            Screen::Heads => self.page_of_heads(),
            Screen::Text => self.page_of_text(),
            Screen::Atlas => self.page_of_atlas(),
        };
        (page / 2).max(1) as isize
    }

    fn open_chosen(&mut self) {
        match self.screen {
            Screen::Heads => self.open_in_heads(),
            Screen::Text => self.open_in_text(),
            Screen::Atlas => {
                self.choose_head(self.cursor.layer, self.cursor.head);
                self.go_to_map();
            }
        }
    }

    /// Goes back one level: a message, the list beside the text, what was found, the heatmap.
    fn back(&mut self) {
        if self.status.take().or(self.news.take()).is_some() {
            return;
        }
        if self.screen == Screen::Atlas && self.clear_filter() {
            return;
        }
        if self.is_listing() {
            self.turn_text();
        } else if !self.forget_find() {
            self.go_to_map();
        }
    }

    /// Puts the cursor on a cell.
    pub(super) fn choose(&mut self, query: Query, key: Key) {
        self.touched = true;
        let moved = match self.direction {
            Direction::Attends => query != self.cursor.query,
            Direction::Attended => key != self.cursor.key,
        };
        if moved {
            self.entry = 0;
        }
        self.cursor.query = query;
        self.cursor.key = key;
    }

    /// Goes `by` kept layers up the stack.
    pub(super) fn move_layer(&mut self, by: isize) {
        if self.is_filtered() {
            return self.move_among_listed(by, 0);
        }
        self.cursor.layer = self.kept_layer(by);
        self.entry = 0;
    }

    /// Goes `by` heads on.
    pub(super) fn move_head(&mut self, by: isize) {
        if self.is_filtered() {
            return self.move_among_listed(0, by);
        }
        self.cursor.head = Head(shift(self.cursor.head.0, by, self.heads()));
        self.head_chosen = true;
        self.mean = false;
        self.entry = 0;
    }
}

/// `at` moved by `by`, held within `0..count`.
pub(super) fn shift(at: usize, by: isize, count: usize) -> usize {
    at.saturating_add_signed(by).min(count.saturating_sub(1))
}
