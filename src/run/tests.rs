//! The help, held to the code.

use super::input::DEFAULT_TEXT;
use super::prepare::UNTRAINED;
use crate::cli::{self, Format, name_of};
use crate::config::Settings;
use crate::export::{self, InJson};

/// The defaults that the help names in its own words, by flag.
fn defaults(flag: &str) -> Option<String> {
    let settings = Settings::default();
    Some(match flag {
        "text" => format!("\"{DEFAULT_TEXT}\""),
        "number_of_heads" => UNTRAINED.heads.to_string(),
        "number_of_layers" => UNTRAINED.layers.to_string(),
        "embedding_dimension" => UNTRAINED.embedding.to_string(),
        "context_length" => UNTRAINED.context.to_string(),
        "color" => name_of(&settings.color),
        "colormap" => name_of(&settings.colormap),
        "background" => name_of(&settings.background),
        "top_k" => settings.top_k.to_string(),
        _ => return None,
    })
}

/// The formats that fit, as a sentence lists them.
fn formats(fits: impl Fn(export::Format) -> bool) -> String {
    let all = export::Format::ALL
        .into_iter()
        .filter(|format| fits(*format));
    let names: Vec<&str> = all.map(export::Format::name).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

#[test]
fn defaults_in_the_help_are_those_of_the_code() {
    let command = cli::command();
    let mut checked = 0;
    for command in command.get_subcommands() {
        for arg in command.get_arguments() {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            let named = help.split_once("[default: ").map(|(_, rest)| rest);
            let named = named.map(|rest| rest.trim_end_matches(']'));
            if let Some(expected) = defaults(arg.get_id().as_str()) {
                assert_eq!(named, Some(expected.as_str()), "{}", arg.get_id());
                checked += 1;
            }
            // One of a kind: either clap names the default, or the help does.
            let by_clap = !arg.get_default_values().is_empty();
            let switch = !arg.get_action().takes_values();
            assert!(!(by_clap && named.is_some() && !switch), "{}", arg.get_id());
        }
    }
    assert!(checked >= 5 * 5, "{checked}");
}

#[test]
fn lists_of_formats_in_the_help_are_those_of_the_code() {
    let command = cli::command();
    let export = command.find_subcommand("export").unwrap();
    let help = |id: &str| {
        let arg = export.get_arguments().find(|arg| arg.get_id() == id);
        arg.unwrap().get_help().unwrap().to_string()
    };
    let text = formats(export::Format::is_text);
    assert!(help("output").ends_with(&format!("for {text}")), "{text}");
    let pictures = formats(export::Format::is_picture);
    assert!(
        help("scale").contains(&format!("({pictures})")),
        "{pictures}"
    );
    let arrays = formats(export::Format::is_arrays);
    assert!(help("logits").contains(&format!("({arrays})")), "{arrays}");
    let coloured = |format: export::Format| format.is_picture() && format != export::Format::Text;
    assert!(help("colormap").contains(&format!("({})", formats(coloured))));
    for format in export::Format::ALL {
        let named = help("format");
        assert!(named.contains(&format!(".{}", format.ending())), "{named}");
        let of_flag = cli::named::<Format>(format.name()).unwrap();
        assert_eq!(export::Format::from(of_flag), format);
    }
    let limit: String = help("attention").chars().filter(|c| *c != ',').collect();
    assert!(limit.contains(&InJson::LIMIT.to_string()), "{limit}");
}
