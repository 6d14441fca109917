//! Asking the terminal what ground it draws on, and catching its answer however late it comes.
//!
//! The question (OSC 11) is followed by one that every terminal answers (its device attributes):
//! where that answer comes alone, nobody waits for the other.

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use ratatui::crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::paint::Ground;

mod late;
#[cfg(test)]
mod tests;

pub(super) use late::{Caught, Late};

/// The question for the ground, and the one that is always answered.
const QUESTION: &[u8] = b"\x1b]11;?\x1b\\\x1b[c";

/// How long the first frame waits for an answer.
pub(super) const PATIENCE: Duration = Duration::from_millis(100);

/// How long it waits for the rest of an answer that has begun.
const REST: Duration = Duration::from_millis(50);

/// What came while the terminal was asked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    /// The ground, if it was told in time.
    pub ground: Option<Ground>,
    /// What was typed meanwhile.
    pub typed: Vec<u8>,
}

/// Whether a terminal of this name knows what OSC 11 is. Consoles and old terminals may print it.
pub(super) fn is_askable(term: &str) -> bool {
    let plain = ["linux", "ansi", "cygwin", "dumb", "unknown"];
    !term.is_empty() && !plain.contains(&term) && !term.starts_with("vt")
}

/// Asks with `send` and reads the answer from `input`, a terminal in raw mode, for `patience` at
/// most. Where something was typed before, the answer is left to [`Late`]: what is typed belongs
/// to whoever reads keys.
///
/// # Errors
///
/// The terminal's.
pub(super) fn ask(
    input: impl AsFd,
    send: impl FnOnce(&[u8]) -> io::Result<()>,
    patience: Duration,
) -> io::Result<Answer> {
    let typed_before = is_ready(&input, Duration::ZERO)?;
    send(QUESTION)?;
    if typed_before {
        return Ok(Answer::default());
    }
    let mut came = Vec::new();
    let mut deadline = Instant::now() + patience;
    let mut extended = false;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if !is_ready(&input, left)? {
            // The rest of an answer that has begun would be taken for keys.
            if extended || !sort(&came).open {
                break;
            }
            extended = true;
            deadline = Instant::now() + REST;
            continue;
        }
        let mut buffer = [0; 256];
        let count = rustix::io::read(&input, &mut buffer)?;
        came.extend_from_slice(buffer.get(..count).unwrap_or_default());
        if count == 0 || sort(&came).ended {
            break;
        }
    }
    Ok(sort(&came).answer)
}

/// Waits until there is something to read.
fn is_ready(input: &impl AsFd, wait: Duration) -> io::Result<bool> {
    let wait = Timespec::try_from(wait).unwrap_or_default();
    match poll(&mut [PollFd::new(input, PollFlags::IN)], Some(&wait)) {
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// What bytes from a terminal are.
#[derive(Debug, Default)]
struct Sorted {
    answer: Answer,
    /// The answer that always comes is there.
    ended: bool,
    /// An answer has begun and is not whole.
    open: bool,
}

/// Tells answers from what is typed.
fn sort(bytes: &[u8]) -> Sorted {
    let mut sorted = Sorted::default();
    let mut rest = bytes;
    while let Some((&first, after)) = rest.split_first() {
        if let Some(body) = rest.strip_prefix(b"\x1b]") {
            let end = body.iter().position(|&b| b == 0x07 || b == 0x1b);
            let Some(end) = end else {
                sorted.open = true;
                break;
            };
            let (said, after) = body.split_at(end);
            sorted.answer.ground = ground(said).or(sorted.answer.ground);
            rest = match after {
                [0x07, after @ ..] | [0x1b, b'\\', after @ ..] => after,
                [0x1b] => {
                    sorted.open = true;
                    break;
                }
                other => other,
            };
        } else if let Some(body) = rest.strip_prefix(b"\x1b[?") {
            let end = body.iter().position(|b| !matches!(b, b'0'..=b'9' | b';'));
            let Some(end) = end else {
                sorted.open = true;
                break;
            };
            sorted.ended |= body.get(end) == Some(&b'c');
            rest = body.get(end + 1..).unwrap_or_default();
        } else {
            sorted.open = rest == b"\x1b" || rest == b"\x1b[";
            sorted.answer.typed.push(first);
            rest = after;
        }
    }
    sorted
}

/// The ground of an answer without its marks, as `11;rgb:ffff/ffff/ffff`.
fn ground(said: &[u8]) -> Option<Ground> {
    let said = std::str::from_utf8(said).ok()?.strip_prefix("11;")?;
    let parts = said.strip_prefix("rgb:").or(said.strip_prefix("rgba:"));
    let mut channels = parts?.split('/').map(|part| {
        let most = 16u32.checked_pow(u32::try_from(part.len()).ok()?)? - 1;
        // A sign is no digit, though it parses.
        let digits = part.bytes().all(|digit| digit.is_ascii_hexdigit());
        let value = u32::from_str_radix(part, 16).ok().filter(|_| digits)?;
        (1..=4)
            .contains(&part.len())
            .then(|| (value * 255 / most) as u8)
    });
    let mut channel = || channels.next().flatten();
    Some(Ground::of_rgb([channel()?, channel()?, channel()?]))
}

/// What was typed, as keys. Of longer sequences only the letters would be left, and they mean
/// something else: nothing after an escape is taken.
pub(super) fn keys(typed: &[u8]) -> impl Iterator<Item = Input> {
    let plain = typed.iter().take_while(|&&byte| byte != 0x1b);
    plain.filter_map(|&byte| {
        let (code, modifiers) = match byte {
            b'\r' => (KeyCode::Enter, KeyModifiers::NONE),
            b'\t' => (KeyCode::Tab, KeyModifiers::NONE),
            0x7f => (KeyCode::Backspace, KeyModifiers::NONE),
            0x01..=0x1a => (
                KeyCode::Char((byte - 1 + b'a') as char),
                KeyModifiers::CONTROL,
            ),
            0x20..=0x7e => (KeyCode::Char(byte as char), KeyModifiers::NONE),
            _ => return None,
        };
        Some(Input::Key(KeyEvent::new(code, modifiers)))
    })
}
