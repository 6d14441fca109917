//! Settings as a file.

use std::fmt::Write;

use super::Settings;
use super::keys::id_of;
use crate::cli::{Background, Colour, Map, SaveBackground, name_of, names};
use crate::lens::Scale;
use crate::view::Place;

impl Settings {
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
            format!(
                "# What pictures saved with p are drawn on: {}.",
                names::<SaveBackground>()
            ),
            format!(
                "save-background = {}\n",
                quoted(&name_of(&self.save_background))
            ),
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
