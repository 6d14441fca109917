//! Settings: defaults < file < environment < flags.

use std::fmt::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml_edit::{Document, Item, TableLike};

use crate::cli::{Background, Colour, Map, name_of, named, names};
use crate::lens::Scale;
use crate::token::Label;
use crate::view::{ACTIONS, Action, Keymap, Place, Stroke};

/// What is in force where no flag says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Colours of the screen.
    pub color: Colour,
    /// Colours of values.
    pub colormap: Map,
    /// What the terminal draws on.
    pub background: Background,
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
const NAMES: [&str; 6] = ["color", "colormap", "background", "scale", "top-k", "mouse"];

impl Settings {
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
        let usual = usual_file(lookup).filter(|path| path.exists());
        if let Some(path) = file.map(Path::to_owned).or(usual) {
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
                "the key {} of {} is taken by {}, which is alive at the same time",
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

    /// Takes the keys; notes the rows of the table that are named, with their place in the file.
    fn read_keys(
        &mut self,
        item: &Item,
        span: &Range<usize>,
        rows: &mut Vec<(usize, Range<usize>)>,
    ) -> Result<(), Wrong> {
        let table = |item: &Item, span: &Range<usize>| -> Result<(), Wrong> {
            let is_table = item.as_table_like().is_some();
            let said = "keys are written as [keys.PLACE], then ACTION = \"KEY\"";
            is_table
                .then_some(())
                .ok_or_else(|| (span.clone(), said.to_owned()))
        };
        table(item, span)?;
        let Some(places) = item.as_table_like() else {
            return Ok(());
        };
        for (id, item) in places.iter() {
            let span = key_span(places, id);
            let place = Place::ALL.into_iter().find(|place| place.id() == id);
            let Some(place) = place else {
                let all: Vec<String> = Place::ALL.iter().map(|place| place.id()).collect();
                let shown = Label::of_text(id).clip(60);
                let said = format!(
                    "there is no place '{shown}': the places are {}",
                    all.join(", ")
                );
                return Err((span, said));
            };
            table(item, &span)?;
            let Some(actions) = item.as_table_like() else {
                continue;
            };
            for (name, item) in actions.iter() {
                let span = key_span(actions, name);
                let is_it = |action: &Action| action.place == place && id_of(action) == name;
                let Some(row) = ACTIONS.iter().position(is_it) else {
                    let here = ACTIONS.iter().filter(|action| action.place == place);
                    let all: Vec<String> = here.map(id_of).collect();
                    let shown = Label::of_text(name).clip(60);
                    let said = format!(
                        "there is no action '{shown}' in {id}: the actions are {}",
                        all.join(", ")
                    );
                    return Err((span, said));
                };
                let keys = strokes(item, &span)?;
                if let Some(letter) = keys
                    .iter()
                    .find(|key| place.takes_text() && key.is_letter())
                {
                    let said = format!(
                        "{} is text here: take it with Ctrl- or Alt-",
                        letter.typed()
                    );
                    return Err((span, said));
                }
                if keys.is_empty() && place == Place::Everywhere && name == "quit" {
                    let said = "one key must always quit: give it another, such as \"Ctrl-q\"";
                    return Err((span, said.to_owned()));
                }
                self.keymap.set(row, keys);
                rows.push((row, span));
            }
        }
        Ok(())
    }

    /// The settings as a file, with what each of them is.
    pub fn to_toml(&self) -> String {
        let mut toml = String::from(
            "# The settings of headlight that are in force. They belong into headlight/config.toml\n\
             # in $XDG_CONFIG_HOME or ~/.config; only those that are to differ need to be there.\n\n",
        );
        let scales = Scale::ALL.map(Scale::id).join(", ");
        for line in [
            format!("# Colours of the screen: {}.", names::<Colour>()),
            format!("color = {}\n", quoted(&name_of(&self.color))),
            format!("# Colours of values: {}.", names::<Map>()),
            format!("colormap = {}\n", quoted(&name_of(&self.colormap))),
            format!("# What the terminal draws on: {}.", names::<Background>()),
            format!("background = {}\n", quoted(&name_of(&self.background))),
            format!("# The scale to begin with: {scales}."),
            format!("scale = {}\n", quoted(&self.scale.id())),
            "# Keys a token that `headlight analyze` prints.".to_owned(),
            format!("top-k = {}\n", self.top_k),
            "# Whether the mouse is on at the beginning.".to_owned(),
            format!("mouse = {}\n", self.mouse),
            "# Keys, by place and action: one, or several in brackets, or none: []. A key is one"
                .to_owned(),
            "# character or a name such as Left, PgUp, Enter or Space, after Ctrl- or Alt- or not."
                .to_owned(),
        ] {
            toml.push_str(&line);
            toml.push('\n');
        }
        for place in Place::ALL {
            let _ = writeln!(toml, "\n[keys.{}]", place.id());
            for (action, keys) in self.keymap.rows().filter(|(a, _)| a.place == place) {
                let keys: Vec<String> = keys.iter().map(|key| quoted(&key.typed())).collect();
                let keys = match &keys[..] {
                    [one] => one.clone(),
                    several => format!("[{}]", several.join(", ")),
                };
                let _ = writeln!(toml, "# {}\n{} = {keys}", action.doc, id_of(action));
            }
        }
        toml
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

/// The name of an action in the file.
fn id_of(action: &Action) -> String {
    action.name.replace(' ', "-")
}

/// An action with its place, as the file has it.
fn full_name(row: usize) -> String {
    ACTIONS.get(row).map_or_else(String::new, |action| {
        format!("keys.{}.{}", action.place.id(), id_of(action))
    })
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

/// One key or a list of keys.
fn strokes(item: &Item, span: &Range<usize>) -> Result<Vec<Stroke>, Wrong> {
    let stroke = |text: Option<&str>, at: Option<Range<usize>>| {
        let span = at.unwrap_or_else(|| span.clone());
        let Some(text) = text else {
            let said = "a key is written as \"KEY\", several as [\"KEY\", \"KEY\"]";
            return Err((span, said.to_owned()));
        };
        text.parse::<Stroke>().map_err(|said| (span, said))
    };
    match item.as_array() {
        Some(list) => list
            .iter()
            .map(|value| stroke(value.as_str(), value.span()))
            .collect(),
        None => Ok(vec![stroke(item.as_str(), item.span())?]),
    }
}

/// A string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        let mut settings = Settings::default();
        let done = settings.read("config.toml", text);
        done.map(|()| settings).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_printed_reads_as_the_same_settings() {
        let changed = read(
            "color = \"256\"\ncolormap = \"magma\"\nbackground = \"light\"\nscale = \"row-max\"\ntop-k = 7\nmouse = true\n\
             [keys.heatmap]\nleft = [\"Alt-Left\", \"\\\\\"]\nfirst-key = []\n\
             [keys.every-screen]\nmouse = \"Ctrl-t\"\n",
        )
        .unwrap();
        assert_ne!(changed, Settings::default());
        for settings in [Settings::default(), changed] {
            let toml = settings.to_toml();
            assert_eq!(read(&toml).unwrap(), settings, "{toml}");
        }
    }

    #[test]
    fn every_action_can_be_named() {
        for (at, action) in ACTIONS.iter().enumerate() {
            let same =
                |other: &&Action| other.place == action.place && id_of(other) == id_of(action);
            assert!(
                !ACTIONS[..at].iter().any(|other| same(&other)),
                "{}",
                full_name(at)
            );
            let bare = |c: char| c.is_ascii_alphanumeric() || c == '-';
            assert!(id_of(action).chars().all(bare) && action.place.id().chars().all(bare));
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let rows = [
            (
                "\ncolour = \"auto\"",
                "line 2: there is no setting 'colour'",
            ),
            ("color = \"red\"", "line 1: color is one of auto"),
            ("color = 3.5", "line 1: color is one of"),
            ("top-k = 0", "top-k is a whole number"),
            ("scale = \"cubic\"", "there is no scale 'cubic'"),
            ("mouse = \"maybe\"", "mouse is true or false"),
            ("color = \"auto\"\ncolor = \"16\"", "line 2: duplicate key"),
            ("color = ", "line 1: "),
            ("keys = 3", "line 1: keys are written as"),
            ("[keys.nowhere]", "line 1: there is no place 'nowhere'"),
            (
                "[keys.heatmap]\njump = \"x\"",
                "line 2: there is no action 'jump' in heatmap",
            ),
            ("[keys.heatmap]\nleft = \"F5\"", "line 2: 'F5' is no key"),
            (
                "[keys.heatmap]\nleft = [\"a\",\n 3]",
                "line 3: a key is written as",
            ),
            ("[keys.heatmap]\nleft = \"Ctrl-i\"", "can't tell 'Ctrl-i'"),
            (
                "[keys.editing-the-text]\nrun = \"r\"",
                "line 2: r is text here",
            ),
            (
                "[keys.everywhere]\nquit = []",
                "line 2: one key must always quit",
            ),
            (
                "[keys.every-screen]\n\nscale = \"m\"",
                "line 3: the key m of keys.every-screen.scale is taken by keys.every-screen.mean",
            ),
            (
                "[keys.heatmap]\nleft = \"x\"\nright = \"x\"",
                "line 3: the key x of keys.heatmap.right is taken by keys.heatmap.left",
            ),
        ];
        for (text, said) in rows {
            let error = read(text).unwrap_err();
            assert!(error.starts_with("config.toml, line "), "{error}");
            assert!(error.contains(said), "{text}: {error}");
            assert!(!error.contains(char::is_control), "{error:?}");
        }
    }

    #[test]
    fn a_hostile_file_sends_nothing_of_its_own() {
        let error = read("\"\\u001b]0;x\\u0007\" = 1").unwrap_err();
        assert!(error.contains("there is no setting"), "{error}");
        assert!(!error.contains(char::is_control), "{error:?}");
    }

    #[test]
    fn the_environment_comes_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("headlight/config.toml");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "color = \"256\"\nscale = \"log\"\ntop-k = 9").unwrap();
        let home = folder.path().to_str().unwrap();
        let load = |variables: &[(&str, &str)]| {
            let lookup = |name: &str| {
                let found = variables.iter().find(|(n, _)| *n == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            Settings::load(None, &lookup)
        };
        let told = |variables: &[(&str, &str)]| {
            let settings = load(variables).unwrap();
            (settings.color, settings.scale, settings.top_k)
        };
        let xdg = ("XDG_CONFIG_HOME", home);
        assert_eq!(told(&[]), (Colour::Auto, Scale::Sqrt, 3));
        assert_eq!(told(&[xdg]), (Colour::Ansi256, Scale::Log, 9));
        assert_eq!(
            told(&[xdg, ("NO_COLOR", "1"), ("HEADLIGHT_SCALE", "raw")]),
            (Colour::Auto, Scale::Raw, 9)
        );
        assert_eq!(
            told(&[xdg, ("HEADLIGHT_COLOR", "16"), ("HEADLIGHT_TOP_K", "2")]),
            (Colour::Ansi16, Scale::Log, 2)
        );
        let error = load(&[("HEADLIGHT_MOUSE", "yes")]).unwrap_err().to_string();
        assert!(error.contains("HEADLIGHT_MOUSE"), "{error}");
        let absent = folder.path().join("absent.toml");
        let error = Settings::load(Some(&absent), &|_| None).unwrap_err();
        assert!(matches!(error, ConfigError::File { .. }));
    }
}
