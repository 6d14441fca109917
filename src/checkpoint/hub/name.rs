//! Names of models on the Hugging Face Hub.

use std::fmt;

/// Longest part of a name, as the Hub allows.
const LONGEST_PART: usize = 96;

/// Longest revision that is looked up.
const LONGEST_REVISION: usize = 200;

/// `name`, `org/name` or `org/name@revision`, checked: no part can lead out of the cache, and every
/// character can be shown and typed as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubName {
    /// `name` or `org/name`.
    pub(super) model: String,
    /// A branch, a tag, a commit or the beginning of one.
    pub(super) revision: Option<String>,
}

impl HubName {
    /// Read a word as a name by the Hub's rules; `None` where it can't be one.
    pub fn parse(word: &str) -> Option<Self> {
        let (model, revision) = match word.split_once('@') {
            Some((model, revision)) => (model, Some(revision)),
            None => (word, None),
        };
        let parts: Vec<&str> = model.split('/').collect();
        let fits = parts.len() <= 2
            && parts.iter().all(|part| is_part(part))
            && !model.ends_with(".git")
            && revision.is_none_or(is_revision);
        fits.then(|| Self {
            model: model.to_owned(),
            revision: revision.map(str::to_owned),
        })
    }

    /// Name of the model's folder in a cache.
    pub(super) fn folder(&self) -> String {
        format!("models--{}", self.model.replace('/', "--"))
    }

    /// The command that fetches it.
    pub(super) fn fetch(&self) -> String {
        match &self.revision {
            Some(revision) => format!("hf download {} --revision {revision}", self.model),
            None => format!("hf download {}", self.model),
        }
    }
}

impl fmt::Display for HubName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.model)?;
        match &self.revision {
            Some(revision) => write!(f, "@{revision}"),
            None => Ok(()),
        }
    }
}

/// Letters, digits, `_`, `-` and `.`; neither of the last two at an end, nor `--` nor `..` inside.
fn is_part(part: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    part.len() <= LONGEST_PART
        && part.starts_with(word)
        && part.ends_with(word)
        && part.chars().all(|c| word(c) || c == '-' || c == '.')
        && !part.contains("--")
        && !part.contains("..")
}

/// A Git reference as a relative path (`refs/pr/1`) of characters that a shell takes as they are.
fn is_revision(revision: &str) -> bool {
    revision.len() <= LONGEST_REVISION
        && !revision.starts_with('-')
        && revision.split('/').all(|part| {
            !part.is_empty()
                && !part.starts_with('.')
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "._-+@".contains(c))
        })
}

/// Endings of the files that people mean when they mistype a path.
const ENDINGS: [&str; 15] = [
    ".headlight",
    ".npz",
    ".npy",
    ".model",
    ".pt",
    ".pth",
    ".bin",
    ".ckpt",
    ".safetensors",
    ".gguf",
    ".pkl",
    ".json",
    ".zip",
    ".tar",
    ".txt",
];

/// Whether a word has the ending of a file.
pub(super) fn ends_like_a_file(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| lower.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules_of_the_hub() {
        for (word, model, revision) in [
            ("gpt2", "gpt2", None),
            ("EleutherAI/pythia-70m", "EleutherAI/pythia-70m", None),
            ("a/b@main", "a/b", Some("main")),
            ("a/b@refs/pr/1", "a/b", Some("refs/pr/1")),
            ("Qwen/Qwen2.5_x@v1.0+a", "Qwen/Qwen2.5_x", Some("v1.0+a")),
        ] {
            let name = HubName::parse(word).unwrap();
            assert_eq!(
                (name.model.as_str(), name.revision.as_deref()),
                (model, revision)
            );
            assert_eq!(name.to_string(), word);
        }
        let long = "a".repeat(97);
        for word in [
            "",
            "/",
            "a/",
            "/a",
            "a/b/c",
            ".",
            "..",
            "../a",
            "a/..",
            "a..b",
            "a--b",
            "-a",
            "a-",
            ".a",
            "a.",
            "a b",
            "a\u{1b}[2J",
            "ä",
            "a\\b",
            "~/a",
            "a.git",
            "a@",
            "a@..",
            "a@../b",
            "a@b/../c",
            "a@/b",
            "a@b//c",
            "a@b;c",
            "a@$(b)",
            "a@-b",
            "a@b\n",
            &long,
        ] {
            assert_eq!(HubName::parse(word), None, "{word:?}");
        }
    }
}
