//! Panics that become sentences: who catches one says what it means, and nothing else is printed.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

/// A panic that was caught. What it says may quote a file, and is not safe to show as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    said: String,
    /// `file:line:column`, where the hook was told.
    place: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.said)?;
        match &self.place {
            Some(place) => write!(f, " at {place}"),
            None => Ok(()),
        }
    }
}

thread_local! {
    /// How many calls of [`caught`] this thread is in.
    static INSIDE: Cell<usize> = const { Cell::new(0) };
}

/// How many calls of [`caught`] all threads are in.
static ANYWHERE: AtomicUsize = AtomicUsize::new(0);

/// Where the last panic was.
static PLACE: Mutex<Option<String>> = Mutex::new(None);

/// Runs work whose panic, here or in a thread of a pool that works for it, is an error and prints
/// nothing.
///
/// # Errors
/// The panic.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Fault> {
    let guard = Guard::new();
    let result = catch_unwind(AssertUnwindSafe(work));
    drop(guard);
    result.map_err(|panic| Fault {
        said: said(panic.as_ref()),
        place: place().take(),
    })
}

/// Notes where a panic is, for a hook; says whether it will be caught, so that nothing is to be
/// printed. A pool's threads have no catcher of their own: theirs is the thread that waits for them.
pub fn is_caught(panic: &PanicHookInfo) -> bool {
    *place() = panic.location().map(ToString::to_string);
    let pooled = || thread::current().name() != Some("main");
    INSIDE.get() > 0 || (ANYWHERE.load(Ordering::SeqCst) > 0 && pooled())
}

/// Counts a call while it lives.
struct Guard;

impl Guard {
    fn new() -> Self {
        INSIDE.set(INSIDE.get() + 1);
        ANYWHERE.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        INSIDE.set(INSIDE.get() - 1);
        ANYWHERE.fetch_sub(1, Ordering::SeqCst);
    }
}

fn said(panic: &(dyn Any + Send)) -> String {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    let said = owned.or_else(|| panic.downcast_ref::<&str>().copied());
    said.unwrap_or("no reason given").to_owned()
}

fn place() -> MutexGuard<'static, Option<String>> {
    PLACE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_that_says_what_it_said() {
        assert_eq!(caught(|| 3), Ok(3));
        for nested in [false, true] {
            let fault = caught(|| {
                if nested {
                    let within = caught(|| -> () { panic!("within") });
                    assert!(within.unwrap_err().to_string().starts_with("within"));
                }
                assert!(INSIDE.get() == 1, "one call");
                panic!("found {}", 7)
            });
            let fault: Result<(), Fault> = fault;
            assert!(fault.unwrap_err().to_string().starts_with("found 7"));
            assert_eq!(INSIDE.get(), 0);
        }
    }
}
