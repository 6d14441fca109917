//! The loop of the explorer: waits until something happens, tells the view, draws what changed.
//! There are no ticks: an idle explorer does nothing and sends nothing.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use ratatui::Frame;
use ratatui::layout::Size;
use rustix::stdio::stdin;

use super::ground::{self, Caught, Late};
use super::keyboard;
use super::keys;
use super::signals::{self, Told};
use super::terminal::{self, Error};
use super::worker::{Serial, Worker};
use crate::paint::{Ground, Palette};
use crate::view::{Effect, Event, Look, Request, Save, Task, Update, Watch, Work, look};
use reader::Reader;
use tty::Tty;

/// Least time between two frames: 80 a second at most, so that a flood of events is drawn once.
const FRAME: Duration = Duration::from_micros(12_500);

/// Most messages taken between two looks at the clock.
const BATCH: usize = 1000;

/// What the loop shows.
pub trait App {
    /// Takes an event; says what is wanted of the surroundings.
    fn update(&mut self, event: Event) -> Vec<Effect>;

    /// Draws all of it.
    fn draw(&self, frame: &mut Frame);

    /// How it is drawn now.
    fn palette(&self) -> Palette;

    /// Whether the terminal is to be asked what ground it draws on.
    fn asks_ground(&self) -> bool {
        false
    }

    /// Takes the ground that the terminal told.
    fn ground(&mut self, _ground: Ground) {}
}

/// What wakes the loop.
enum Message {
    Input(Event),
    InputFailed(io::Error),
    Ground(Ground),
    Work(Serial, Update),
    Look(Update),
    Signal(Told),
}

/// The screen as the loop needs it.
trait Screen {
    /// Columns and rows.
    fn size(&self) -> io::Result<Size>;
    /// Sends what differs from the last frame.
    fn draw(&mut self, app: &impl App) -> io::Result<()>;
    /// Forgets what is shown: the next frame is sent whole.
    fn forget(&mut self) -> io::Result<()>;
    /// Sends a text to the clipboard.
    fn copy(&mut self, text: &str) -> io::Result<()>;
    /// Listens to the mouse, or not.
    fn mouse(&mut self, on: bool) -> io::Result<()>;
    /// Gives the terminal to the person's editor; gives what it left of a text.
    fn edit(&mut self, text: &str) -> io::Result<Result<String, String>>;
    /// Gives the terminal back and stops the process; says whether it could be stopped.
    fn suspend(&mut self) -> io::Result<bool>;
    /// Takes the terminal again.
    fn resume(&mut self) -> io::Result<()>;
}

/// The job of the thread that writes files: what is to be saved, in the colours that it is shown in.
pub type Saver = Task<(Save, Palette)>;

/// What the loop has done for it, each in a thread of its own.
pub struct Jobs {
    /// Runs the model.
    pub work: Work,
    /// What is asked of it at once.
    pub first: Option<Request>,
    /// Writes files.
    pub save: Saver,
    /// Finds what completes the argument of `:open`.
    pub complete: Task<String>,
    /// Tells when what is open changes on disk.
    pub watch: Option<Watch>,
    /// Whether to listen to the mouse from the beginning.
    pub mouse: bool,
}

impl Jobs {
    /// The work alone: nothing is saved or watched.
    pub fn new(work: Work, first: Option<Request>) -> Self {
        Self {
            work,
            first,
            save: Box::new(|_, _, _| {}),
            complete: Box::new(|_, _, _| {}),
            watch: None,
            mouse: false,
        }
    }
}

/// Runs the explorer until the person leaves. The workers are cancelled then, not waited for.
///
/// # Errors
///
/// Where there is no terminal to show it on ([`terminal::check_terminal`]), or it fails. The
/// terminal is as it was before, whatever is returned.
pub fn explore(mut app: impl App, jobs: Jobs) -> Result<(), Error> {
    terminal::check_terminal()?;
    keyboard::take().map_err(Error::NoKeyboard)?;
    let (sender, messages) = channel();
    let told = sender.clone();
    signals::watch(move |signal| {
        let _ = told.send(Message::Signal(signal));
    })?;
    let told = sender.clone();
    let worker = Worker::start("model", jobs.work, move |serial, update| {
        let _ = told.send(Message::Work(serial, update));
    })?;
    let told = sender.clone();
    let lens = Worker::start("lens", Box::new(look), move |_, update| {
        // Its beginnings and ends are nobody's business.
        if !matches!(update, Update::Ended { .. }) {
            let _ = told.send(Message::Look(update));
        }
    })?;
    let told = sender.clone();
    let files = Worker::start("files", jobs.save, move |_, update| {
        if !matches!(update, Update::Ended { .. }) {
            let _ = told.send(Message::Look(update));
        }
    })?;
    let told = sender.clone();
    let words = Worker::start("words", jobs.complete, move |_, update| {
        if !matches!(update, Update::Ended { .. }) {
            let _ = told.send(Message::Look(update));
        }
    })?;
    let reader = Arc::new(Reader::default());
    let mut screen = while_there(Tty::enter(Arc::clone(&reader)))?;
    // Once the terminal is ours, what such a thread says of a fault does not reach the screen.
    if let Some(watch) = jobs.watch {
        let told = sender.clone();
        thread::Builder::new()
            .name("watch".into())
            .spawn(move || watch(&|| told.send(Message::Input(Event::Changed)).is_ok()))?;
    }
    if jobs.mouse {
        while_there(terminal::mouse(true))?;
    }
    if app.asks_ground() {
        while_there(ask_ground(&mut app, &sender))?;
    }
    // After raw mode is on: the reader takes keys as it finds them.
    thread::Builder::new()
        .name("input".into())
        .spawn(move || read_input(&sender, &reader))?;
    let first = jobs.first.map(Effect::Request);
    let workers = Workers {
        model: worker,
        lens,
        files,
        words,
    };
    let ended = Loop::new(&mut app, &mut screen, workers).run(&messages, first);
    Ok(while_there(ended)?)
}

/// What the terminal answered. Where it failed because it is gone, the process ends as it does on a
/// hang-up.
fn while_there<T>(answered: io::Result<T>) -> io::Result<T> {
    if answered.is_err() {
        signals::exit_if_gone();
    }
    answered
}

/// Asks the terminal for its ground before the first frame, so that this has the right colours
/// where the terminal is quick.
fn ask_ground(app: &mut impl App, sender: &Sender<Message>) -> io::Result<()> {
    let term = std::env::var("TERM").unwrap_or_default();
    if !ground::is_askable(&term) {
        return Ok(());
    }
    let answer = ground::ask(stdin(), terminal::send, ground::PATIENCE)?;
    if let Some(ground) = answer.ground {
        app.ground(ground);
    }
    for event in ground::keys(&answer.typed).filter_map(keys::event) {
        let _ = sender.send(Message::Input(event));
    }
    Ok(())
}

/// Reads keys until nobody wants them.
fn read_input(sender: &Sender<Message>, reader: &Reader) {
    let mut late = Late::default();
    loop {
        reader.wait_for_turn();
        let caught = ratatui::crossterm::event::read().map(|input| late.take(input));
        let messages: Vec<Message> = match caught {
            Ok(Caught::Typed(inputs)) => {
                let events = inputs.into_iter().filter_map(keys::event);
                events.map(Message::Input).collect()
            }
            Ok(Caught::Answer(ground)) => ground.map(Message::Ground).into_iter().collect(),
            Ok(Caught::Held) => Vec::new(),
            Err(error) => vec![Message::InputFailed(error)],
        };
        for message in messages {
            let failed = matches!(message, Message::InputFailed(_));
            if sender.send(message).is_err() || failed {
                return;
            }
        }
    }
}

/// The most columns and rows that are drawn on: more than the largest screen has in its smallest
/// letters. A terminal may tell any number, and every cell takes memory.
const MOST: Size = Size::new(1000, 400);

/// The part of a screen that is drawn on.
fn drawn(size: Size) -> Size {
    Size::new(size.width.min(MOST.width), size.height.min(MOST.height))
}

/// Whether to go on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Go,
    Quit,
}

/// The threads that work for the screen.
struct Workers {
    model: Worker<Request>,
    /// What it computes stays true, so it is taken even where something else was asked for since.
    lens: Worker<Look>,
    files: Worker<(Save, Palette)>,
    words: Worker<String>,
}

struct Loop<'a, A, S> {
    app: &'a mut A,
    screen: &'a mut S,
    workers: Workers,
    /// Something happened since the last frame.
    dirty: bool,
    /// The process is stopped, or about to be: the terminal is not ours.
    suspended: bool,
    /// The newest size that the view does not know yet: only the last of a storm matters.
    resized: Option<Size>,
}

impl<'a, A: App, S: Screen> Loop<'a, A, S> {
    fn new(app: &'a mut A, screen: &'a mut S, workers: Workers) -> Self {
        Self {
            app,
            screen,
            workers,
            dirty: true,
            suspended: false,
            resized: None,
        }
    }

    fn run(mut self, messages: &Receiver<Message>, first: Option<Effect>) -> io::Result<()> {
        self.measure()?;
        if self.settle()? == Next::Quit {
            return Ok(());
        }
        if let Some(effect) = first {
            self.effect(effect)?;
        }
        let mut next_frame = Instant::now();
        loop {
            let draws = self.dirty && !self.suspended;
            let wait = draws.then(|| next_frame.saturating_duration_since(Instant::now()));
            let Ok(message) = receive(messages, wait) else {
                return Ok(());
            };
            // What waits is taken before a frame is drawn; a flood does not keep it from coming.
            for message in message.into_iter().chain(messages.try_iter().take(BATCH)) {
                if self.message(message)? == Next::Quit {
                    return Ok(());
                }
            }
            if self.settle()? == Next::Quit {
                return Ok(());
            }
            if self.dirty && !self.suspended && Instant::now() >= next_frame {
                self.screen.draw(self.app)?;
                self.dirty = false;
                next_frame = Instant::now() + FRAME;
            }
        }
    }

    fn message(&mut self, message: Message) -> io::Result<Next> {
        match message {
            Message::Input(Event::Resize { width, height }) => {
                // The terminal may have dropped cells, even where the size is again what it was.
                if !self.suspended {
                    self.screen.forget()?;
                }
                self.resized = Some(Size { width, height });
                self.dirty = true;
                Ok(Next::Go)
            }
            Message::Input(event) => self.event(event),
            Message::InputFailed(error) => Err(error),
            Message::Ground(ground) => {
                // A person who chose the ground is not overruled.
                if self.app.asks_ground() {
                    self.app.ground(ground);
                    self.dirty = true;
                }
                Ok(Next::Go)
            }
            Message::Work(serial, update) if self.workers.model.is_current(serial) => {
                self.event(Event::Work(update))
            }
            Message::Work(..) => Ok(Next::Go),
            Message::Look(update) => self.event(Event::Work(update)),
            Message::Signal(Told::Stop) => self.effect(Effect::Suspend),
            Message::Signal(Told::Continued) => {
                self.suspended = false;
                self.screen.resume()?;
                self.measure()?;
                Ok(Next::Go)
            }
        }
    }

    /// Tells the view a size it does not know yet.
    fn settle(&mut self) -> io::Result<Next> {
        let Some(found) = self.resized.take() else {
            return Ok(Next::Go);
        };
        let Size { width, height } = drawn(found);
        let next = self.update(Event::Resize { width, height })?;
        if next == Next::Quit || found == drawn(found) {
            return Ok(next);
        }
        let said = format!(
            "the terminal says it has {} x {} cells: the first {width} x {height} are drawn on",
            found.width, found.height
        );
        self.update(Event::Work(Update::Said(said)))
    }

    fn measure(&mut self) -> io::Result<()> {
        self.resized = Some(self.screen.size()?);
        self.dirty = true;
        Ok(())
    }

    /// Tells the view an event, after the size that came before it.
    fn event(&mut self, event: Event) -> io::Result<Next> {
        if self.settle()? == Next::Quit {
            return Ok(Next::Quit);
        }
        self.update(event)
    }

    fn update(&mut self, event: Event) -> io::Result<Next> {
        self.dirty = true;
        for effect in self.app.update(event) {
            if self.effect(effect)? == Next::Quit {
                return Ok(Next::Quit);
            }
        }
        Ok(Next::Go)
    }

    fn effect(&mut self, effect: Effect) -> io::Result<Next> {
        match effect {
            Effect::Request(request) => self.workers.model.request(request),
            Effect::Look(look) => self.workers.lens.request(look),
            Effect::Save(save) => {
                let palette = self.app.palette();
                self.workers.files.queue((save, palette));
            }
            Effect::Complete(argument) => self.workers.words.request(argument),
            Effect::Edit(text) => {
                let edited = self.screen.edit(&text)?;
                self.measure()?;
                return self.event(Event::Edited(edited));
            }
            Effect::Cancel => self.workers.model.cancel(),
            Effect::Copy(text) => self.screen.copy(&text)?,
            Effect::Mouse(on) => self.screen.mouse(on)?,
            Effect::Suspend => self.suspended = self.screen.suspend()?,
            Effect::Redraw => {
                self.screen.forget()?;
                self.dirty = true;
            }
            Effect::Quit => return Ok(Next::Quit),
        }
        Ok(Next::Go)
    }
}

/// Nobody is left who could send.
struct Gone;

/// The next message; `None` after `wait`. Without a `wait` there is no end to the waiting.
fn receive(messages: &Receiver<Message>, wait: Option<Duration>) -> Result<Option<Message>, Gone> {
    match wait {
        None => messages.recv().map(Some).map_err(|_| Gone),
        Some(wait) => match messages.recv_timeout(wait) {
            Ok(message) => Ok(Some(message)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(Gone),
        },
    }
}

mod reader;
mod tty;

#[cfg(test)]
mod tests;
