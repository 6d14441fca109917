//! `headlight man`: the manual page, its keys out of the action table.

use std::fmt::Write as _;
use std::io;

use crate::cli;
use crate::view::{COMMANDS, Keymap, Place};

/// The page.
pub(super) fn page() -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(cli::command()).render(&mut page)?;
    page.extend_from_slice(keys().as_bytes());
    page.extend_from_slice(files().as_bytes());
    Ok(page)
}

/// The sections of keys and of the command line.
fn keys() -> String {
    let mut page = String::from(".SH KEYS\n");
    let keymap = Keymap::default();
    for place in Place::ALL {
        let _ = writeln!(page, ".SS {}", escaped(place.name()));
        for (action, keys) in keymap.rows().filter(|(action, _)| action.place == place) {
            let keys: Vec<String> = keys.iter().map(|key| escaped(&key.typed())).collect();
            entry(&mut page, &keys.join(", "), action.doc);
        }
    }
    page.push_str(".SH COMMAND LINE\n");
    for command in COMMANDS {
        let typed = escaped(&format!(":{} {}", command.name, command.argument));
        entry(&mut page, &typed, command.doc);
    }
    page
}

/// What is read beside the command line.
fn files() -> String {
    let mut page = String::from(".SH FILES\n");
    entry(
        &mut page,
        &escaped("$XDG_CONFIG_HOME/headlight/config.toml"),
        "Settings and keys; ~/.config stands for $XDG_CONFIG_HOME where that is not set. \
         --print-config prints those in force. HEADLIGHT_COLOR, HEADLIGHT_COLORMAP, \
         HEADLIGHT_SCALE, HEADLIGHT_TOP_K and HEADLIGHT_MOUSE come over the file, flags over them",
    );
    page
}

/// A term, already escaped, and what it is.
fn entry(page: &mut String, term: &str, doc: &str) {
    let _ = writeln!(page, ".TP\n\\fB{term}\\fR\n{}.", escaped(doc));
}

/// A text as roff takes it: on one line, no letter a command.
fn escaped(text: &str) -> String {
    let mut escaped = String::from("\\&");
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\e"),
            '-' => escaped.push_str("\\-"),
            '^' => escaped.push_str("\\(ha"),
            '~' => escaped.push_str("\\(ti"),
            '`' => escaped.push_str("\\(ga"),
            '\'' => escaped.push_str("\\(aq"),
            '\n' => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::ACTIONS;

    #[test]
    fn every_key_and_command_is_told() {
        let page = keys() + &files();
        for action in ACTIONS {
            assert!(page.contains(&escaped(action.doc)), "{}", action.doc);
        }
        for command in COMMANDS {
            assert!(page.contains(&escaped(command.doc)), "{}", command.doc);
        }
        // No line is taken for a request of roff that is not one.
        let known = [".SH", ".SS", ".TP"];
        for line in page.lines().filter(|line| line.starts_with(['.', '\''])) {
            let request = line.split(' ').next().unwrap();
            assert!(known.contains(&request), "{line}");
        }
    }
}
