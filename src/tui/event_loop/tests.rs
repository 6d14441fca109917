//! The loop on a screen and a view of its own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::paint::Depth;
use crate::view::{Code, Stroke};

/// Writes down what it is told and does what the letters say.
#[derive(Default)]
struct Notes {
    told: Vec<String>,
    ended: usize,
    asks: bool,
}

impl App for Notes {
    fn update(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Key(Stroke {
                code: Code::Char(c),
                ..
            }) => {
                self.told.push(c.to_string());
                match c {
                    'q' => vec![Effect::Quit],
                    'c' => vec![Effect::Cancel],
                    'l' => vec![Effect::Redraw],
                    'z' => vec![Effect::Suspend],
                    'y' => vec![Effect::Copy("cell".into())],
                    'm' => vec![Effect::Mouse(true)],
                    'r' | 's' => vec![Effect::Request(run(&c.to_string()))],
                    _ => Vec::new(),
                }
            }
            Event::Resize { width, height } => {
                self.told.push(format!("{width}x{height}"));
                Vec::new()
            }
            Event::Work(Update::Ended { cancelled }) => {
                self.ended += 1;
                self.told.push(format!("ended {cancelled}"));
                vec![Effect::Quit]
            }
            Event::Work(Update::Progress { stage, .. }) => {
                self.told.push(stage.into());
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn palette(&self) -> Palette {
        Depth::True.into()
    }

    fn asks_ground(&self) -> bool {
        self.asks
    }

    fn ground(&mut self, ground: Ground) {
        self.told.push(format!("{ground:?}"));
    }

    fn draw(&self, frame: &mut Frame) {
        let area = frame.area();
        let text = self.told.last().map_or("", String::as_str);
        frame
            .buffer_mut()
            .set_string(area.x, area.y, text, ratatui::style::Style::new());
    }
}

struct Fake {
    terminal: Terminal<TestBackend>,
    counts: Arc<Counts>,
    stops: bool,
    copied: Vec<String>,
    mouse: bool,
}

/// How often the screen was told what.
#[derive(Default)]
struct Counts {
    drawn: AtomicUsize,
    forgotten: AtomicUsize,
    suspended: AtomicUsize,
    resumed: AtomicUsize,
}

/// Counts one more.
fn count(counter: &AtomicUsize) {
    counter.fetch_add(1, Ordering::SeqCst);
}

fn counted(counter: &AtomicUsize) -> usize {
    counter.load(Ordering::SeqCst)
}

/// Waits until this was counted, however busy the processor is.
fn wait(counter: &AtomicUsize, at_least: usize) {
    let start = Instant::now();
    while counted(counter) < at_least {
        assert!(start.elapsed() < Duration::from_secs(60), "it never comes");
        thread::sleep(Duration::from_millis(1));
    }
}

impl Screen for Fake {
    fn size(&self) -> io::Result<Size> {
        Ok(Size::new(80, 24))
    }

    fn draw(&mut self, app: &impl App) -> io::Result<()> {
        let counts = &self.counts;
        assert!(counted(&counts.suspended) == counted(&counts.resumed) || !self.stops);
        self.terminal.draw(|frame| app.draw(frame)).unwrap();
        count(&counts.drawn);
        Ok(())
    }

    fn forget(&mut self) -> io::Result<()> {
        count(&self.counts.forgotten);
        Ok(())
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        self.copied.push(text.to_owned());
        Ok(())
    }

    fn mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        Ok(())
    }

    fn edit(&mut self, text: &str) -> io::Result<Result<String, String>> {
        Ok(Ok(text.to_uppercase()))
    }

    fn suspend(&mut self) -> io::Result<bool> {
        count(&self.counts.suspended);
        Ok(self.stops)
    }

    fn resume(&mut self) -> io::Result<()> {
        count(&self.counts.resumed);
        Ok(())
    }
}

fn fake(stops: bool) -> Fake {
    Fake {
        terminal: Terminal::new(TestBackend::new(80, 24)).unwrap(),
        counts: Arc::default(),
        stops,
        copied: Vec::new(),
        mouse: false,
    }
}

fn run(text: &str) -> Request {
    Request::Run { text: text.into() }
}

fn key(c: char) -> Message {
    Message::Input(Event::Key(Stroke {
        code: Code::Char(c),
        ctrl: false,
        alt: false,
    }))
}

fn resize(width: u16) -> Message {
    Message::Input(Event::Resize { width, height: 5 })
}

/// The loop over `work`, with an end to send messages by and what the screen was told so far.
fn looped(
    work: Work,
    stops: bool,
    first: Option<Request>,
    script: impl FnOnce(Sender<Message>, Arc<Counts>),
) -> (Notes, Fake) {
    let (sender, messages) = channel();
    let told = sender.clone();
    let worker = Worker::start("model", work, move |serial, update| {
        let _ = told.send(Message::Work(serial, update));
    })
    .unwrap();
    let (mut app, mut screen) = (Notes::default(), fake(stops));
    script(sender, Arc::clone(&screen.counts));
    Loop::new(&mut app, &mut screen, workers(worker))
        .run(&messages, first.map(Effect::Request))
        .unwrap();
    (app, screen)
}

/// A model's worker, and others that have nothing to do.
fn workers(model: Worker<Request>) -> Workers {
    let files = Worker::start("files", Box::new(|_, _, _| {}), |_, _| {}).unwrap();
    Workers {
        model,
        lens: lens(),
        files,
        words: Worker::start("words", Box::new(|_, _, _| {}), |_, _| {}).unwrap(),
    }
}

fn lens() -> Worker<Look> {
    Worker::start("lens", Box::new(look), |_, _| {}).unwrap()
}

fn idle() -> Work {
    Box::new(|_, _, _| {})
}

#[test]
fn a_flood_of_events_is_drawn_once() {
    let (app, screen) = looped(idle(), true, None, |sender, counts| {
        for _ in 0..500 {
            sender.send(key('j')).unwrap();
        }
        thread::spawn(move || {
            wait(&counts.drawn, 1);
            thread::sleep(Duration::from_millis(100));
            sender.send(key('q')).unwrap();
        });
    });
    assert_eq!(app.told.len(), 502);
    assert_eq!(counted(&screen.counts.drawn), 1);
}

#[test]
fn nothing_is_drawn_while_nothing_happens() {
    let (_, screen) = looped(idle(), true, None, |sender, counts| {
        thread::spawn(move || {
            wait(&counts.drawn, 1);
            thread::sleep(Duration::from_millis(200));
            sender.send(key('q')).unwrap();
        });
    });
    assert_eq!(counted(&screen.counts.drawn), 1);
}

#[test]
fn of_a_resize_storm_the_last_size_is_told_and_before_the_next_key() {
    let (app, _) = looped(idle(), true, None, |sender, _| {
        for width in 1..100 {
            sender.send(resize(width)).unwrap();
        }
        sender.send(key('j')).unwrap();
        sender.send(resize(20)).unwrap();
        sender.send(key('q')).unwrap();
    });
    assert_eq!(app.told, ["80x24", "99x5", "j", "20x5", "q"]);
}

#[test]
fn the_first_request_runs_and_a_replaced_one_is_heard_no_more() {
    let ran = Arc::new(Mutex::new(Vec::new()));
    let (begun, runs) = (Arc::new(AtomicUsize::new(0)), ran.clone());
    let seen = begun.clone();
    let work: Work = Box::new(move |request, cancel, tell| {
        let Request::Run { text } = request else {
            unreachable!();
        };
        runs.lock().unwrap().push(text.clone());
        count(&seen);
        while text == "first" && !cancel.is_cancelled() {
            thread::sleep(Duration::from_millis(1));
        }
        let stage = if text == "first" { "stale" } else { "new" };
        tell(Update::Progress {
            stage,
            done: 0,
            total: 0,
        });
    });
    let (app, _) = looped(work, true, Some(run("first")), |sender, _| {
        thread::spawn(move || {
            wait(&begun, 1);
            sender.send(key('r')).unwrap();
        });
    });
    assert_eq!(*ran.lock().unwrap(), ["first", "r"]);
    assert_eq!(app.told, ["80x24", "r", "new", "ended false"]);
}

#[test]
fn cancelling_ends_the_run() {
    let work: Work = Box::new(|_, cancel, _| {
        while !cancel.is_cancelled() {
            thread::sleep(Duration::from_millis(1));
        }
    });
    let (app, _) = looped(work, true, Some(run("long")), |sender, _| {
        sender.send(key('c')).unwrap();
    });
    assert_eq!(app.told.last().unwrap(), "ended true");
}

#[test]
fn quitting_waits_for_no_run() {
    let running = Arc::new(AtomicUsize::new(0));
    let begun = running.clone();
    let work: Work = Box::new(move |_, _, _| {
        count(&begun);
        thread::sleep(Duration::from_secs(60));
    });
    let (sent, at) = channel();
    looped(work, true, Some(run("long")), |sender, _| {
        thread::spawn(move || {
            wait(&running, 1);
            sent.send(Instant::now()).unwrap();
            sender.send(key('q')).unwrap();
        });
    });
    assert!(at.recv().unwrap().elapsed() < Duration::from_secs(10));
}

#[test]
fn a_stopped_explorer_draws_nothing_until_it_goes_on() {
    let (app, screen) = looped(idle(), true, None, |sender, counts| {
        thread::spawn(move || {
            sender.send(key('z')).unwrap();
            sender.send(key('j')).unwrap();
            wait(&counts.suspended, 1);
            thread::sleep(Duration::from_millis(50));
            let drawn = counted(&counts.drawn);
            sender.send(Message::Signal(Told::Continued)).unwrap();
            wait(&counts.drawn, drawn + 1);
            sender.send(Message::Signal(Told::Stop)).unwrap();
            sender.send(Message::Signal(Told::Continued)).unwrap();
            sender.send(key('q')).unwrap();
        });
    });
    assert_eq!(counted(&screen.counts.suspended), 2);
    assert_eq!(counted(&screen.counts.resumed), 2);
    assert_eq!(app.told, ["80x24", "z", "j", "80x24", "80x24", "q"]);
}

#[test]
fn where_it_cannot_stop_it_goes_on_drawing() {
    let (_, screen) = looped(idle(), false, None, |sender, counts| {
        thread::spawn(move || {
            wait(&counts.drawn, 1);
            sender.send(key('z')).unwrap();
            wait(&counts.drawn, 2);
            sender.send(key('q')).unwrap();
        });
    });
    assert_eq!(counted(&screen.counts.drawn), 2);
    assert_eq!(counted(&screen.counts.resumed), 0);
}

#[test]
fn redrawing_forgets_what_is_shown() {
    let (_, screen) = looped(idle(), true, None, |sender, _| {
        sender.send(key('l')).unwrap();
        sender.send(key('q')).unwrap();
    });
    assert_eq!(counted(&screen.counts.forgotten), 1);
}

#[test]
fn copies_and_the_mouse_reach_the_terminal() {
    let (_, screen) = looped(idle(), true, None, |sender, _| {
        for c in ['y', 'm', 'q'] {
            sender.send(key(c)).unwrap();
        }
    });
    assert_eq!(
        (&screen.copied[..], screen.mouse),
        (&["cell".to_owned()][..], true)
    );
}

#[test]
fn a_reader_that_fails_ends_the_loop_with_its_error() {
    let (sender, messages) = channel();
    let worker = Worker::start("model", idle(), |_, _| {}).unwrap();
    sender
        .send(Message::InputFailed(io::Error::other("gone")))
        .unwrap();
    let (mut app, mut screen) = (Notes::default(), fake(true));
    let end = Loop::new(&mut app, &mut screen, workers(worker)).run(&messages, None);
    assert_eq!(end.unwrap_err().to_string(), "gone");
}

#[test]
fn a_late_ground_is_drawn_unless_the_person_chose_one() {
    for asks in [true, false] {
        let (sender, messages) = channel();
        let worker = Worker::start("model", idle(), |_, _| {}).unwrap();
        let mut app = Notes {
            asks,
            ..Notes::default()
        };
        let mut screen = fake(true);
        let counts = Arc::clone(&screen.counts);
        thread::spawn(move || {
            wait(&counts.drawn, 1);
            sender.send(Message::Ground(Ground::Light)).unwrap();
            // Where the person chose a ground there is nothing to draw, and so to wait for.
            if asks {
                wait(&counts.drawn, 2);
            }
            sender.send(key('q')).unwrap();
        });
        Loop::new(&mut app, &mut screen, workers(worker))
            .run(&messages, None)
            .unwrap();
        assert_eq!(app.told.contains(&"Light".to_owned()), asks);
        assert_eq!(counted(&screen.counts.drawn), 1 + usize::from(asks));
    }
}
