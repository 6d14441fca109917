//! The command line that makes a run again.

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
pub(super) fn opened(path: &str, text: &str) -> String {
    format!("headlight {} --text {}", quoted(path), quoted(text))
}

/// A word as a shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
