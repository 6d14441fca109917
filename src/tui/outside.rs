//! The person's editor, run on a text outside of the explorer.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use crate::token::Label;

/// Most bytes that are read back.
const MOST: u64 = 1 << 20;

/// What the shell says where there is no such program.
const NOT_FOUND: i32 = 127;

/// A file of the person alone, removed when dropped.
struct Draft(PathBuf);

impl Draft {
    fn new(text: &str) -> io::Result<Self> {
        let name = format!("headlight-{:016x}.txt", rand::random::<u64>());
        let draft = Self(std::env::temp_dir().join(name));
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft.0)?;
        // Editors expect the last line to end.
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        Ok(draft)
    }

    /// The text, without the end of its last line.
    fn read(&self) -> Result<String, String> {
        let mut bytes = Vec::new();
        let read = File::open(&self.0).and_then(|file| file.take(MOST + 2).read_to_end(&mut bytes));
        read.map_err(|error| format!("What the editor wrote can't be read: {error}."))?;
        let mut text = String::from_utf8(bytes).map_err(|_| {
            "What the editor wrote is not UTF-8: the text stays as it was.".to_owned()
        })?;
        if text.ends_with('\n') {
            text.pop();
            if text.ends_with('\r') {
                text.pop();
            }
        }
        match text.len() as u64 > MOST {
            true => Err(format!(
                "What the editor wrote is larger than {} MiB: the text stays as it was.",
                MOST >> 20
            )),
            false => Ok(text),
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The command of the person's editor, as a shell takes it.
fn command() -> String {
    let named = ["VISUAL", "EDITOR"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok());
    let mut named = named.filter(|command| !command.trim().is_empty());
    named.next().unwrap_or_else(|| "vi".to_owned())
}

/// Runs the person's editor on a text and gives what it left, else one sentence, safe to show.
pub(super) fn edit(text: &str) -> Result<String, String> {
    edit_with(&command(), text)
}

fn edit_with(command: &str, text: &str) -> Result<String, String> {
    let draft = Draft::new(text).map_err(|error| {
        let folder = std::env::temp_dir().display().to_string();
        let folder = Label::of_text(&folder);
        format!(
            "A file for the editor can't be made in {}: {error}.",
            folder.text()
        )
    })?;
    let name = Label::of_text(command).clip(60);
    let ended = run(command, &draft.0)
        .map_err(|error| format!("The editor '{name}' does not start: {error}."))?;
    match ended.code() {
        Some(0) => draft.read(),
        Some(NOT_FOUND) => Err(format!(
            "There is no editor '{name}': set VISUAL or EDITOR to the one that you use."
        )),
        Some(status) => Err(format!(
            "The editor '{name}' ended with status {status}: the text stays as it was."
        )),
        None => Err(format!(
            "The editor '{name}' was killed: the text stays as it was."
        )),
    }
}

/// Through a shell, because the command may have arguments.
fn run(command: &str, file: &Path) -> io::Result<ExitStatus> {
    let script = format!("{command} \"$1\"");
    Command::new("/bin/sh")
        .args(["-c", &script, "sh"])
        .arg(file)
        .status()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_the_editor_leaves_is_the_text_and_what_fails_is_said() {
        let edited = |command: &str| edit_with(command, "The cat.\n");
        assert_eq!(edited("true"), Ok("The cat.\n".to_owned()));
        assert_eq!(edited("printf 'a\\r\\n' >"), Ok("a".to_owned()));
        assert_eq!(edited("printf 'a' >"), Ok("a".to_owned()));
        assert_eq!(edited("sed -i s/cat/dog/"), Ok("The dog.\n".to_owned()));
        let said = |command: &str| edited(command).unwrap_err();
        assert!(said("false").contains("status 1"));
        assert!(said("no-such-editor\u{1b}").contains("set VISUAL"));
        assert!(!said("no-such-editor\u{1b}").contains('\u{1b}'));
        assert!(said("kill -9 $$;").contains("killed"));
        assert!(said("printf '\\377' >").contains("UTF-8"));
        assert!(said("truncate -s 2M").contains("larger"));
    }

    #[test]
    fn the_file_is_the_persons_alone_and_goes() {
        let draft = Draft::new("x").unwrap();
        let path = draft.0.clone();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        drop(draft);
        assert!(!path.exists());
    }
}
