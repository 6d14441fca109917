//! A thread that works in the background: one request at a time; the latest wins, or each has its
//! turn.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::fault::{self, Fault};
use crate::token::Label;
use crate::view::{Cancel, Task, Update};

/// Which request an update belongs to: requests are counted from 1.
pub(super) type Serial = u64;

struct Job<R> {
    request: R,
    cancel: Cancel,
    serial: Serial,
    /// Whether what was asked for before is not wanted any more.
    replaces: bool,
}

/// The screen's end of the worker. Dropping it cancels what runs and waits for nothing.
pub(super) struct Worker<R> {
    jobs: Sender<Job<R>>,
    cancel: Cancel,
    serial: Serial,
}

impl<R: Send + 'static> Worker<R> {
    /// Starts a thread of this name. `tell` gets every update with the request it belongs to.
    ///
    /// # Errors
    ///
    /// The system's, where it refuses a thread.
    pub(super) fn start(
        name: &str,
        work: Task<R>,
        tell: impl FnMut(Serial, Update) + Send + 'static,
    ) -> io::Result<Self> {
        let (jobs, waiting) = channel();
        thread::Builder::new()
            .name(name.into())
            // As much as the main thread has, for which model code is usually written.
            .stack_size(8 << 20)
            .spawn(move || serve(work, &waiting, tell))?;
        Ok(Self {
            jobs,
            cancel: Cancel::new(),
            serial: 0,
        })
    }

    /// Cancels what runs, forgets what waits, and runs this.
    pub(super) fn request(&mut self, request: R) {
        self.cancel.cancel();
        self.cancel = Cancel::new();
        self.send(request, true);
    }

    /// Runs this when all that was asked for before is done.
    pub(super) fn queue(&mut self, request: R) {
        self.send(request, false);
    }

    fn send(&mut self, request: R, replaces: bool) {
        self.serial += 1;
        // The thread lives until this sender is dropped, so somebody receives.
        let _ = self.jobs.send(Job {
            request,
            cancel: self.cancel.clone(),
            serial: self.serial,
            replaces,
        });
    }

    /// Asks what runs to stop; its `Ended` still comes.
    pub(super) fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Whether an update is the latest request's, not that of one that was replaced.
    pub(super) fn is_current(&self, serial: Serial) -> bool {
        serial == self.serial
    }
}

impl<R> Drop for Worker<R> {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

fn serve<R>(mut work: Task<R>, waiting: &Receiver<Job<R>>, mut tell: impl FnMut(Serial, Update)) {
    let mut jobs: VecDeque<Job<R>> = VecDeque::new();
    while let Some(job) = jobs.pop_front().or_else(|| waiting.recv().ok()) {
        jobs.push_front(job);
        for job in waiting.try_iter() {
            if job.replaces {
                jobs.clear();
            }
            jobs.push_back(job);
        }
        let Some(job) = jobs.pop_front() else {
            continue;
        };
        if !job.cancel.is_cancelled() {
            let run = || work(job.request, &job.cancel, &mut |it| tell(job.serial, it));
            if let Err(fault) = fault::caught(run) {
                tell(job.serial, Update::Failed(sentence(&fault)));
            }
        }
        let cancelled = job.cancel.is_cancelled();
        tell(job.serial, Update::Ended { cancelled });
    }
}

/// What a panic says, safe to show: its text may quote a file.
fn sentence(fault: &Fault) -> String {
    format!(
        "the run stopped on a fault of this program, please report it: {}",
        Label::of_text(&fault.to_string()).clip(300)
    )
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{RecvTimeoutError, TryRecvError};
    use std::time::Duration;

    use super::*;
    use crate::view::{Request, Work};

    const PATIENCE: Duration = Duration::from_secs(30);

    fn run(text: &str) -> Request {
        Request::Run { text: text.into() }
    }

    fn started(work: Work) -> (Worker<Request>, Receiver<(Serial, Update)>) {
        let (sender, updates) = channel();
        let worker = Worker::start("model", work, move |serial, update| {
            let _ = sender.send((serial, update));
        });
        (worker.unwrap(), updates)
    }

    #[test]
    fn updates_come_in_order_and_end() {
        let (mut worker, updates) = started(Box::new(|request, _, tell| {
            let Request::Run { text } = request else {
                unreachable!();
            };
            tell(Update::Progress {
                stage: "running",
                done: text.len(),
                total: 3,
            });
        }));
        worker.request(run("abc"));
        let (serial, update) = updates.recv_timeout(PATIENCE).unwrap();
        assert!(worker.is_current(serial));
        assert!(matches!(update, Update::Progress { done: 3, .. }));
        let (_, update) = updates.recv_timeout(PATIENCE).unwrap();
        assert!(matches!(update, Update::Ended { cancelled: false }));
    }

    #[test]
    fn the_latest_request_wins() {
        let (seen, ran) = channel();
        let (mut worker, updates) = started(Box::new(move |request, cancel, _| {
            let Request::Run { text } = request else {
                unreachable!();
            };
            seen.send(text.clone()).unwrap();
            while text == "first" && !cancel.is_cancelled() {
                thread::sleep(Duration::from_millis(1));
            }
        }));
        worker.request(run("first"));
        assert_eq!(ran.recv_timeout(PATIENCE).unwrap(), "first");
        for text in ["second", "third", "fourth"] {
            worker.request(run(text));
        }
        let mut ends = Vec::new();
        while ends.last().is_none_or(|&(serial, _)| serial != 4) {
            if let (serial, Update::Ended { cancelled }) = updates.recv_timeout(PATIENCE).unwrap() {
                ends.push((serial, cancelled));
            }
        }
        assert_eq!(ends.first(), Some(&(1, true)));
        assert_eq!(ends.last(), Some(&(4, false)));
    }

    #[test]
    fn what_is_queued_has_its_turn() {
        let (seen, ran) = channel();
        let (mut worker, _updates) = started(Box::new(move |request, cancel, _| {
            let Request::Run { text } = request else {
                unreachable!();
            };
            thread::sleep(Duration::from_millis(20));
            assert!(!cancel.is_cancelled());
            seen.send(text).unwrap();
        }));
        for text in ["first", "second", "third"] {
            worker.queue(run(text));
        }
        for text in ["first", "second", "third"] {
            assert_eq!(ran.recv_timeout(PATIENCE).unwrap(), text);
        }
    }

    #[test]
    fn cancelling_is_told_and_the_next_request_runs() {
        let (mut worker, updates) = started(Box::new(|request, cancel, tell| {
            let Request::Run { text } = request else {
                unreachable!();
            };
            while text == "long" && !cancel.is_cancelled() {
                tell(Update::Progress {
                    stage: "running",
                    done: 0,
                    total: 0,
                });
                thread::sleep(Duration::from_millis(1));
            }
        }));
        worker.request(run("long"));
        updates.recv_timeout(PATIENCE).unwrap();
        worker.cancel();
        while !matches!(
            updates.recv_timeout(PATIENCE).unwrap().1,
            Update::Ended { cancelled: true }
        ) {}
        worker.request(run("short"));
        let (serial, update) = updates.recv_timeout(PATIENCE).unwrap();
        assert!(worker.is_current(serial));
        assert!(matches!(update, Update::Ended { cancelled: false }));
    }

    #[test]
    fn a_panic_is_a_sentence_without_control_characters_and_the_thread_lives_on() {
        let (mut worker, updates) = started(Box::new(|request, _, _| {
            let Request::Run { text } = request else {
                unreachable!();
            };
            assert!(text == "good", "found {text}");
        }));
        worker.request(run("bad \u{1b}]0;title\u{7}"));
        let (_, update) = updates.recv_timeout(PATIENCE).unwrap();
        let Update::Failed(sentence) = update else {
            panic!("{update:?}");
        };
        assert!(sentence.contains("found bad"), "{sentence}");
        assert!(!sentence.contains(char::is_control), "{sentence:?}");
        let (_, update) = updates.recv_timeout(PATIENCE).unwrap();
        assert!(matches!(update, Update::Ended { cancelled: false }));
        worker.request(run("good"));
        let (_, update) = updates.recv_timeout(PATIENCE).unwrap();
        assert!(matches!(update, Update::Ended { cancelled: false }));
    }

    #[test]
    fn dropping_it_waits_for_nothing_and_cancels() {
        let (begun, runs) = channel();
        let (release, released) = channel::<()>();
        let (mut worker, updates) = started(Box::new(move |_, cancel, _| {
            begun.send(()).unwrap();
            while !cancel.is_cancelled() {
                thread::sleep(Duration::from_millis(1));
            }
            // It is cancelled, and still goes on for as long as the test lets it.
            let _ = released.recv_timeout(2 * PATIENCE);
        }));
        worker.request(run("long"));
        runs.recv_timeout(PATIENCE).unwrap();
        drop(worker);
        assert!(matches!(updates.try_recv(), Err(TryRecvError::Empty)));
        drop(release);
        // The thread ends by itself: its sender goes.
        loop {
            match updates.recv_timeout(PATIENCE) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("the thread lives on"),
            }
        }
    }
}
