//! What is shown, as something that can be saved.

use std::path::PathBuf;
use std::sync::Arc;

use super::Effect;
use super::state::State;
use crate::capture::{Capture, Layer, Pool};
use crate::lens::{Scale, Select, Tiles};

/// A pattern as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The layer.
    pub layer: Layer,
    /// One head, or the mean over heads.
    pub select: Select,
    /// The scale.
    pub scale: Scale,
    /// The part that is shown, in cells; the whole pattern without one.
    pub part: Option<Tiles>,
    /// How a cell that stands for several weights shows them.
    pub pool: Pool,
}

/// A picture and the file that it is to be saved in.
#[derive(Clone, Debug)]
pub struct Save {
    /// The file; its ending tells the format.
    pub path: PathBuf,
    /// The capture.
    pub capture: Arc<Capture>,
    /// What of it is saved.
    pub picture: Picture,
}

impl PartialEq for Save {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.capture, &other.capture)
            && self.path == other.path
            && self.picture == other.picture
    }
}

impl Eq for Save {}

/// The endings that say how a file is written.
pub const ENDINGS: [&str; 4] = ["png", "svg", "ansi", "txt"];

impl State {
    /// The pattern that is shown.
    fn picture(&self) -> Option<Picture> {
        self.layer()?;
        Some(Picture {
            layer: self.cursor.layer,
            select: self.select(),
            scale: self.scale,
            part: self.is_part().then(|| self.tiles()),
            pool: self.pool,
        })
    }

    /// A name for a file of what is shown.
    pub(super) fn file_name(&self) -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let model = self.model().chars();
        let model: String = model
            .map(|c| if plain(c) { c } else { '_' })
            .take(40)
            .collect();
        let model = model.trim_start_matches(['.', '-']);
        let model = if model.is_empty() { "headlight" } else { model };
        let layer = self.cursor.layer;
        match self.select() {
            Select::Head(head) => format!("{model}_layer_{layer}_head_{head}.png"),
            Select::Mean => format!("{model}_layer_{layer}_mean.png"),
        }
    }

    /// Asks for what is shown to be saved, where the file's name says how.
    pub(super) fn save(&mut self, path: &str) -> Vec<Effect> {
        let path = PathBuf::from(path.trim());
        let ending = path.extension().and_then(|ending| ending.to_str());
        let known = ending.is_some_and(|ending| ENDINGS.contains(&ending));
        match self.capture.clone().zip(self.picture()) {
            _ if !known => {
                self.status = Some(
                    "Not saved: the file's name must end with .png, .svg, .ansi or .txt."
                        .to_owned(),
                );
                Vec::new()
            }
            None => {
                self.status = Some("There is nothing to save yet.".to_owned());
                Vec::new()
            }
            Some((capture, picture)) => {
                self.tell("Saving …".to_owned());
                vec![Effect::Save(Save {
                    path,
                    capture,
                    picture,
                })]
            }
        }
    }
}
