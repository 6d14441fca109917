//! Saving what is shown: the file, and the ground that it is drawn on.

use std::path::PathBuf;
use std::sync::Arc;

use super::Effect;
use super::picture::{AtlasPicture, Picture, TextPicture};
use super::state::State;
use crate::capture::Capture;
use crate::lens::Select;

/// What a picture is drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paper {
    /// White, for papers.
    Light,
    /// Black, for slides.
    Dark,
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
    /// The ground; the screen's where none is asked for.
    pub paper: Option<Paper>,
}

impl PartialEq for Save {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.capture, &other.capture)
            && self.path == other.path
            && self.picture == other.picture
            && self.paper == other.paper
    }
}

impl Eq for Save {}

/// The endings that say how a file is written.
pub const ENDINGS: [&str; 4] = ["png", "svg", "ansi", "txt"];

impl State {
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
        match self.picture() {
            Some(Picture::Atlas(AtlasPicture { shown, .. })) => {
                format!("{model}_atlas_{}.png", shown.name().replace(' ', "_"))
            }
            Some(Picture::Text(TextPicture { layer, select, .. })) => {
                format!("{model}_text_{}.png", of_layer(layer, select))
            }
            _ => format!("{model}_{}.png", of_layer(self.cursor.layer, self.select())),
        }
    }

    /// What stands beside the line that a file is asked for with.
    pub(super) fn save_note(&self) -> &'static str {
        match self.options.paper {
            None => "on the screen's ground; for white paper add --background light",
            Some(Paper::Light) => "on white paper; --background dark or screen for another ground",
            Some(Paper::Dark) => "on a dark ground; --background light or screen for another",
        }
    }

    /// Asks for what is shown to be saved, where the file's name says how. A ground may follow the
    /// name.
    pub(super) fn save(&mut self, line: &str) -> Vec<Effect> {
        let (path, paper) = match asked(line, self.options.paper) {
            Ok(asked) => asked,
            Err(said) => {
                self.status = Some(said);
                return Vec::new();
            }
        };
        let ending = path.extension().and_then(|ending| ending.to_str());
        let known = ending.is_some_and(|ending| ENDINGS.contains(&&*ending.to_ascii_lowercase()));
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
                    paper,
                })]
            }
        }
    }
}

fn of_layer(layer: crate::capture::Layer, select: Select) -> String {
    match select {
        Select::Head(head) => format!("layer_{layer}_head_{head}"),
        Select::Mean => format!("layer_{layer}_mean"),
    }
}

/// The file that a line names, and the ground that follows it.
fn asked(line: &str, usual: Option<Paper>) -> Result<(PathBuf, Option<Paper>), String> {
    let line = line.trim();
    let Some((path, ground)) = line.rsplit_once("--background") else {
        return Ok((PathBuf::from(line), usual));
    };
    // A name may hold the same letters: a flag has a blank before it.
    if !path.is_empty() && !path.ends_with(char::is_whitespace) {
        return Ok((PathBuf::from(line), usual));
    }
    let paper = match ground.trim_start_matches('=').trim() {
        "light" => Some(Paper::Light),
        "dark" => Some(Paper::Dark),
        "screen" => None,
        _ => {
            return Err(
                "Not saved: --background takes light, dark or screen, after the file's name."
                    .to_owned(),
            );
        }
    };
    Ok((PathBuf::from(path.trim_end()), paper))
}
