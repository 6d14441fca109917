//! Files and environments, and what they set.

use super::keys::{full_name, id_of};
use super::*;
use crate::view::{ACTIONS, Action};

fn read(text: &str) -> Result<Settings, String> {
    let mut settings = Settings::default();
    let done = settings.read("config.toml", text);
    done.map(|()| settings).map_err(|error| error.to_string())
}

#[test]
fn what_is_printed_reads_as_the_same_settings() {
    let changed = read(
        "color = \"256\"\ncolormap = \"magma\"\nbackground = \"light\"\nsave-background = \"light\"\nscale = \"row-max\"\ntop-k = 7\nmouse = true\n\
         [keys.heatmap]\nleft = [\"Alt-Left\", \"\\\\\"]\nfirst-key = []\nright = \"\\\"\"\n\
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
        let same = |other: &&Action| other.place == action.place && id_of(other) == id_of(action);
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
        (
            "colormap = \"jet\"",
            "line 1: colormap is one of blues, viridis",
        ),
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
        ("[keys.heatmap]\nleft = \"F5\"", "line 2: 'F5' is not a key"),
        (
            "[keys.heatmap]\nleft = [\"a\",\n 3]",
            "line 3: a key is written as",
        ),
        (
            "[keys.heatmap]\nleft = \"Ctrl-i\"",
            "terminals send the same for 'Ctrl-i'",
        ),
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
            "line 3: the key m of keys.every-screen.scale is also used by keys.every-screen.mean",
        ),
        (
            "[keys.heatmap]\nleft = \"x\"\nright = \"x\"",
            "line 3: the key x of keys.heatmap.right is also used by keys.heatmap.left",
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
