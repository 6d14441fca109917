//! The command line: as it was typed, and the one that makes a run again.

use std::io::{ErrorKind, Write};

use clap::Parser;

use super::RunError;
use crate::checkpoint::printable;
use crate::cli::Cli;

/// The command line as types; what can't be taken ends the process and says why. It is said with
/// what was typed made safe to show: a shell's `*` may have put a hostile file name there.
pub fn parse() -> Cli {
    let error = match Cli::try_parse() {
        Ok(cli) => return cli,
        Err(error) => error,
    };
    let safe = std::env::args_os().map(|word| printable(&word.to_string_lossy()));
    let error = Cli::try_parse_from(safe).err().unwrap_or(error);
    let printed = error.print().and_then(|()| std::io::stdout().flush());
    let status = match printed {
        Err(failed) if !error.use_stderr() && failed.kind() != ErrorKind::BrokenPipe => {
            let failed = RunError::from(failed);
            let _ = writeln!(std::io::stderr(), "headlight: {failed}");
            failed.status().into()
        }
        _ => error.exit_code(),
    };
    std::process::exit(status)
}

/// The command line as typed, quoted for a shell; with another text where one is given.
pub(super) fn command_line(text: Option<&str>) -> String {
    let mut words = vec!["headlight".to_owned()];
    let mut typed = std::env::args_os().skip(1);
    while let Some(word) = typed.next() {
        let word = word.to_string_lossy().into_owned();
        let flag = ["--text", "--text-file"].into_iter().find(|flag| {
            word.strip_prefix(flag)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        });
        match flag {
            // It belongs to the text file.
            None if text.is_some() && word == "--keep-newline" => {}
            Some(flag) if text.is_some() => {
                if word == flag {
                    typed.next();
                }
            }
            _ => words.push(quoted(&word)),
        }
    }
    if let Some(text) = text {
        words.extend(["--text".to_owned(), quoted(text)]);
    }
    words.join(" ")
}

/// The command line that shows a text on a model that was opened in the explorer.
pub(super) fn opened(line: &str, text: &str) -> String {
    // The demo is what opens without a name.
    let mut words = vec!["headlight"];
    words.extend(
        line.split(' ')
            .skip(usize::from(line.split(' ').next() == Some("demo"))),
    );
    format!("{} --text {}", words.join(" "), quoted(text))
}

/// A word as a shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
