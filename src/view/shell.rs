//! Words of a line, split and quoted as a shell does.

/// A line split into words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// Where each word begins in the line, in bytes, and its text without quotes.
    pub words: Vec<(usize, String)>,
    /// Whether the last word goes on where the line ends: no space closed it.
    pub in_word: bool,
    /// The quote that is not closed.
    pub open: Option<char>,
}

impl Words {
    /// Splits a line at spaces outside of quotes. `'...'` is literal; a backslash takes the next
    /// character as it is, in `"..."` only `\`, `"`, `$` and a backtick.
    pub fn of(line: &str) -> Self {
        let mut split = Self::default();
        let mut letters = line.char_indices().peekable();
        while let Some((at, c)) = letters.next() {
            if split.open.is_none() && c.is_whitespace() {
                split.in_word = false;
                continue;
            }
            if !split.in_word {
                split.words.push((at, String::new()));
                split.in_word = true;
            }
            let Some((_, word)) = split.words.last_mut() else {
                continue;
            };
            match (split.open, c) {
                (None, '\'' | '"') => split.open = Some(c),
                (Some(quote), c) if c == quote => split.open = None,
                (None, '\\') => word.extend(letters.next().map(|(_, c)| c)),
                (Some('"'), '\\') => {
                    let special = |(_, c): &(usize, char)| "\\\"$`".contains(*c);
                    word.push(letters.next_if(special).map_or('\\', |(_, c)| c));
                }
                _ => word.push(c),
            }
        }
        split
    }

    /// Where the word that is typed at the end begins, in bytes, and its text; a new one after a
    /// space.
    pub fn last(&self, line: &str) -> (usize, &str) {
        match self.words.last().filter(|_| self.in_word) {
            Some((at, word)) => (*at, word),
            None => (line.len(), ""),
        }
    }
}

/// A word with a backslash before each character that a shell would not take as it is.
pub fn escaped(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,@+~%^".contains(c);
    let mut escaped = String::new();
    for c in word.chars() {
        if !plain(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(line: &str) -> Vec<String> {
        Words::of(line)
            .words
            .into_iter()
            .map(|(_, word)| word)
            .collect()
    }

    #[test]
    fn words_are_split_as_a_shell_splits_them() {
        assert_eq!(
            texts(r#"a.pt  --text "It's \"a\" cat.""#),
            ["a.pt", "--text", "It's \"a\" cat."]
        );
        assert_eq!(
            texts(r"my\ model.pt 'two words'x"),
            ["my model.pt", "two wordsx"]
        );
        assert_eq!(texts(r#""a\b" '' \"#), [r"a\b", "", ""]);
        let open = Words::of("x 'not closed");
        assert_eq!(
            (open.open, open.last("x 'not closed")),
            (Some('\''), (2, "not closed"))
        );
        assert_eq!(Words::of("a b ").last("a b "), (4, ""));
    }

    proptest! {
        #[test]
        fn what_is_escaped_is_one_word_again(word in ".{1,20}") {
            let line = escaped(&word);
            prop_assert_eq!(texts(&format!("x {line} y")), ["x".to_owned(), word, "y".to_owned()]);
        }
    }
}
