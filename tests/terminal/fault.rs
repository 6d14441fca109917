//! Panics: of the screen's thread and of the model's. The program under test is this test binary
//! itself, run in a pseudo terminal with an explorer that panics on a key.

use std::thread;
use std::time::Duration;

use headlight::paint::{Depth, Palette};
use headlight::tui;
use headlight::view::{Code, Effect, Event, Request, Update, Work};
use portable_pty::CommandBuilder;
use ratatui::Frame;
use ratatui::widgets::{Paragraph, Wrap};

use super::session::Session;

/// Set where this binary is to be the explorer.
const CHILD: &str = "HEADLIGHT_TEST_FAULTY_EXPLORER";

/// Shows what it is told; `d` panics in drawing, `w` in the worker.
#[derive(Default)]
struct Faulty {
    told: String,
    broken: bool,
}

impl tui::App for Faulty {
    fn update(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Key(stroke) => match stroke.code {
                Code::Char('d') => self.broken = true,
                Code::Char('w') => return vec![Effect::Request(Request::Run { text: "".into() })],
                _ => return vec![Effect::Quit],
            },
            Event::Work(Update::Failed(sentence)) => self.told = sentence,
            _ => {}
        }
        Vec::new()
    }

    fn palette(&self) -> Palette {
        Depth::Ansi256.into()
    }

    fn draw(&self, frame: &mut Frame) {
        assert!(!self.broken, "the drawing is broken");
        let text = format!("ready. {}", self.told);
        let text = Paragraph::new(text).wrap(Wrap { trim: true });
        frame.render_widget(text, frame.area());
    }
}

/// The explorer that the other tests start; nothing when run as a test.
#[test]
fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    color_eyre::install().unwrap();
    tui::install_panic_hook();
    // A panic in a thread of the model's own, as in a pool, reaches the worker.
    let work: Work = Box::new(|_, _, _| {
        let pool = thread::spawn(|| panic!("the model is broken"));
        let Err(panic) = pool.join();
        std::panic::resume_unwind(panic)
    });
    let mut jobs = tui::Jobs::new(work, None);
    jobs.mouse = true;
    if std::env::var_os(CHILD).is_some_and(|which| which == "watch") {
        jobs.watch = Some(Box::new(|_| panic!("the watch is broken")));
    }
    tui::explore(Faulty::default(), jobs).unwrap();
}

fn faulty_explorer() -> Session {
    faulty("1")
}

fn faulty(which: &str) -> Session {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["--exact", "fault::child", "--nocapture"]);
    command.env("TERM", "xterm-256color");
    command.env(CHILD, which);
    // A backtrace would push the message off the screen.
    command.env("RUST_BACKTRACE", "0");
    let session = Session::start(command, 100, 30);
    session.wait("explorer", |screen| {
        screen.alternate_screen() && screen.contents().contains("ready")
    });
    session
}

#[test]
fn a_panic_of_the_screen_gives_the_terminal_back_before_it_is_told() {
    let mut session = faulty_explorer();
    session.press("d");
    assert_eq!(session.wait_exit().0, 101);
    session.assert_restored();
    // On the normal screen, so that it stays there to be read.
    session.wait("message", |screen| {
        !screen.alternate_screen() && screen.contents().contains("the drawing is broken")
    });
}

#[test]
fn a_panic_of_another_thread_leaves_the_screen_alone() {
    let mut session = faulty("watch");
    thread::sleep(Duration::from_millis(300));
    assert_eq!(session.text().trim_end(), "ready.");
    session.press("q");
    assert_eq!(session.wait_exit().0, 0);
    session.assert_restored();
}

#[test]
fn a_panic_of_the_model_is_a_sentence_on_the_screen_and_nothing_else() {
    let mut session = faulty_explorer();
    session.press("w");
    session.wait("sentence", |screen| {
        screen.contents().contains("the model is broken")
    });
    thread::sleep(Duration::from_millis(200));
    let text = session.text();
    assert!(text.starts_with("ready. the run stopped on"), "{text}");
    assert!(text.contains("fault.rs"), "no place in {text}");
    assert_eq!(
        text.trim_end().lines().count(),
        2,
        "more than a sentence: {text}"
    );
    session.press("q");
    assert_eq!(session.wait_exit().0, 0);
    session.assert_restored();
}
