//! Settings: defaults < file < environment < flags.

mod keys;
mod write;

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml_edit::{Document, Item, TableLike};

use keys::full_name;

use crate::cli::{Background, Colour, Map, SaveBackground, named, names};
use crate::lens::Scale;
use crate::token::Label;
use crate::view::Keymap;

/// What is in force where no flag says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Colours of the screen.
    pub color: Colour,
    /// Colours of values.
    pub colormap: Map,
    /// What the terminal draws on.
    pub background: Background,
    /// What pictures that are saved from the explorer are drawn on.
    pub save_background: SaveBackground,
    /// The scale that the explorer begins with.
    pub scale: Scale,
    /// Keys a token in the printed analysis.
    pub top_k: usize,
    /// Whether the explorer begins with the mouse on.
    pub mouse: bool,
    /// Which keys do what.
    pub keymap: Keymap,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            color: Colour::Auto,
            colormap: Map::Blues,
            background: Background::Auto,
            save_background: SaveBackground::Screen,
            // Idle heads park their weight on the first key; at the raw scale little else shows.
            scale: Scale::Sqrt,
            top_k: 3,
            mouse: false,
            keymap: Keymap::default(),
        }
    }
}

/// Why settings can't be used; safe to print.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("the settings in {path} can't be read: {error}")]
    File {
        /// The file.
        path: String,
        /// What was reported.
        error: std::io::Error,
    },
    /// Something in it is wrong.
    #[error("{path}, line {line}: {said}")]
    Line {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong, and what would be right.
        said: String,
    },
    /// A variable of the environment is wrong.
    #[error("the variable {name}: {said}")]
    Variable {
        /// Its name.
        name: String,
        /// What is wrong, and what would be right.
        said: String,
    },
}

/// The settings outside of `keys`, as they are written.
const NAMES: [&str; 7] = [
    "color",
    "colormap",
    "background",
    "save-background",
    "scale",
    "top-k",
    "mouse",
];

impl Settings {
    /// The file that settings are read from: the one that is named, else the usual one where it is
    /// there.
    pub fn file(named: Option<&Path>, lookup: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
        let usual = || usual_file(lookup).filter(|path| path.exists());
        named.map(Path::to_owned).or_else(usual)
    }

    /// The settings of a file and of the environment, which `lookup` reads by name. Without a
    /// `file` the usual one is read, where there is one.
    ///
    /// # Errors
    /// What can't be read, what is unknown and what clashes, with its line.
    pub fn load(
        file: Option<&Path>,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut settings = Self::default();
        if let Some(path) = Self::file(file, lookup) {
            let name = Label::of_text(&path.to_string_lossy()).to_string();
            match std::fs::read_to_string(&path) {
                Ok(text) => settings.read(&name, &text)?,
                Err(error) => return Err(ConfigError::File { path: name, error }),
            }
        }
        settings.take_environment(lookup)?;
        Ok(settings)
    }

    /// Takes what a file says.
    fn read(&mut self, path: &str, text: &str) -> Result<(), ConfigError> {
        let wrong = |(span, said): Wrong| ConfigError::Line {
            path: path.to_owned(),
            line: 1 + text
                .get(..span.start)
                .map_or(0, |before| before.matches('\n').count()),
            said,
        };
        let document = Document::parse(text).map_err(|error| {
            let said = Label::of_text(error.message()).clip(300);
            wrong((error.span().unwrap_or(0..0), said))
        })?;
        let mut rows: Vec<(usize, Range<usize>)> = Vec::new();
        for (name, item) in document.as_table().iter() {
            let span = key_span(document.as_table(), name);
            match name {
                "keys" => self.read_keys(item, &span, &mut rows).map_err(wrong)?,
                _ => {
                    let value = word(item).unwrap_or_default();
                    let set = self.set(name, &value);
                    set.map_err(|said| wrong((item.span().unwrap_or(span), said)))?;
                }
            }
        }
        if let Some(clash) = self.keymap.clash() {
            let (row, other) = clash.rows;
            let place = rows.iter().find(|(at, _)| *at == row);
            let span = place.map_or(0..0, |(_, span)| span.clone());
            let said = format!(
                "the key {} of {} is also used by {}, which is active at the same time",
                clash.key.typed(),
                full_name(row),
                full_name(other)
            );
            return Err(wrong((span, said)));
        }
        Ok(())
    }

    /// Takes what the environment says.
    fn take_environment(
        &mut self,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), ConfigError> {
        let read = |name: &str| lookup(name).filter(|value| !value.is_empty());
        // Nearer to the person than a file: it says what this terminal is to get.
        if read("NO_COLOR").is_some() {
            self.color = Colour::Auto;
        }
        for name in NAMES {
            let variable = format!("HEADLIGHT_{}", name.replace('-', "_").to_uppercase());
            if let Some(value) = read(&variable) {
                self.set(name, &value)
                    .map_err(|said| ConfigError::Variable {
                        name: variable,
                        said,
                    })?;
            }
        }
        Ok(())
    }

    /// Sets one setting outside of `keys`.
    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let shown = Label::of_text(value).clip(60);
        match name {
            "color" => {
                self.color =
                    named(value).ok_or_else(|| format!("color is one of {}", names::<Colour>()))?;
            }
            "colormap" => {
                self.colormap =
                    named(value).ok_or_else(|| format!("colormap is one of {}", names::<Map>()))?;
            }
            "background" => {
                self.background = named(value)
                    .ok_or_else(|| format!("background is one of {}", names::<Background>()))?;
            }
            "save-background" => {
                self.save_background = named(value).ok_or_else(|| {
                    format!("save-background is one of {}", names::<SaveBackground>())
                })?;
            }
            "scale" => self.scale = value.parse()?,
            "top-k" => {
                let found = value.parse().ok().filter(|keys| *keys > 0);
                self.top_k = found
                    .ok_or_else(|| format!("top-k is a whole number from 1 on, not '{shown}'"))?;
            }
            "mouse" => {
                let found = value.parse();
                self.mouse = found.map_err(|_| format!("mouse is true or false, not '{shown}'"))?;
            }
            _ => {
                return Err(format!(
                    "there is no setting '{}': the settings are {}, and keys",
                    Label::of_text(name).clip(60),
                    NAMES.join(", ")
                ));
            }
        }
        Ok(())
    }
}

/// What is wrong, and where in the file.
type Wrong = (Range<usize>, String);

/// `headlight/config.toml` where the XDG rules put it, on every system.
fn usual_file(lookup: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let absolute = |name: &str| {
        lookup(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let folder = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")));
    Some(folder?.join("headlight").join("config.toml"))
}

/// Where a key of a table stands.
fn key_span(table: &dyn TableLike, name: &str) -> Range<usize> {
    table.key(name).and_then(|key| key.span()).unwrap_or(0..0)
}

/// A value as it would be typed in a variable; none for tables and lists.
fn word(item: &Item) -> Option<String> {
    let text = item.as_str().map(str::to_owned);
    let number = || item.as_integer().map(|number| number.to_string());
    let truth = || item.as_bool().map(|truth| truth.to_string());
    text.or_else(number).or_else(truth)
}

#[cfg(test)]
mod tests;
