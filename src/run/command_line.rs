//! The command line: as it was typed, and the one that makes a run again.

use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::path::Path;

use clap::FromArgMatches;

use super::RunError;
use crate::checkpoint::hub::Environment;
use crate::checkpoint::{self, printable};
use crate::cli::{self, Cli};
use crate::safe::shell_word;

/// Parses the command line; a wrong one is reported on standard error and ends the process. Words
/// of the report are made safe to show: a shell's `*` may have put a hostile file name there.
pub fn parse() -> Cli {
    let error = match parsed(std::env::args_os()) {
        Ok(cli) => return cli,
        Err(error) => error,
    };
    let first = std::env::args_os().nth(1);
    if error.use_stderr()
        && let Some(said) = first.and_then(|word| misspelled(Path::new(&word)))
    {
        // Without standard error the status alone has to do.
        let _ = writeln!(std::io::stderr(), "headlight: {said}");
        std::process::exit(2);
    }
    let safe = std::env::args_os().map(|word| printable(&word.to_string_lossy()));
    let error = parsed(safe).err().unwrap_or(error);
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

fn parsed<T: Into<OsString> + Clone>(
    words: impl IntoIterator<Item = T>,
) -> Result<Cli, clap::Error> {
    let mut command = cli::command();
    let matches = command.try_get_matches_from_mut(words)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// The sentence about a word in the place of a model that is close to a command's name and is
/// neither a path nor a cached model.
pub(super) fn misspelled(word: &Path) -> Option<String> {
    checkpoint::find(word, &Environment::of_process()).err()?;
    let typed = word.to_str()?;
    let command = cli::command();
    if command.find_subcommand(typed).is_some() {
        return None;
    }
    let names = command.get_subcommands().map(clap::Command::get_name);
    let close = |name: &&str| strsim::damerau_levenshtein(typed, name) <= 1 + name.len() / 5;
    let meant = names
        .filter(close)
        .min_by_key(|name| strsim::damerau_levenshtein(typed, name))?;
    Some(format!(
        "'{}' is not a command, a file or a cached model; did you mean '{meant}'?",
        printable(typed)
    ))
}

/// The command line as typed, quoted for a shell; with another text where one is given.
pub(super) fn command_line(text: Option<&str>) -> String {
    let mut words = vec!["headlight".to_owned()];
    let mut typed = std::env::args_os().skip(1);
    while let Some(word) = typed.next() {
        let flag = ["--text", "--text-file"].into_iter().find(|flag| {
            let word = word.to_string_lossy();
            let rest = word.strip_prefix(flag);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        });
        match flag {
            // It belongs to the text file.
            None if text.is_some() && word == "--keep-newline" => {}
            Some(flag) if text.is_some() => {
                if word == flag {
                    typed.next();
                }
            }
            _ => words.push(shell_word(&word)),
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
    shell_word(word.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_of_commands_are_recognised() {
        for (typed, meant) in [
            ("anlyze", "analyze"),
            ("analyse", "analyze"),
            ("exprot", "export"),
            ("captrue", "capture"),
            ("chek", "check"),
            ("completion", "completions"),
            ("mna", "man"),
        ] {
            let said = misspelled(Path::new(typed)).unwrap();
            assert!(said.contains(&format!("did you mean '{meant}'?")), "{said}");
        }
        for other in [
            "gpt2",
            "model.pt",
            "./anlyze.pt",
            "org/export-1",
            "src",
            "cat",
            "export",
        ] {
            assert_eq!(misspelled(Path::new(other)), None, "{other}");
        }
    }
}
