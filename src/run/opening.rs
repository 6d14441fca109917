//! The line of `:open`: read with the flags of the command line, and written again.

use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};

use super::command_line::quoted;
use super::open::at_home;
use super::{RunError, input};
use crate::capture::{Head, Layer};
use crate::checkpoint::printable;
use crate::cli::{Cli, Device, NOT_INSIDE, Picks, RunArgs, WeightType, name_of};
use crate::view::{Asked, NO_PATH, Words};

/// The name that opens the demo; a file of that name is `./demo`.
pub(super) const DEMO_NAME: &str = "demo";

/// What a line opens, and what else it asks for.
#[derive(Debug)]
pub(super) struct Opening {
    pub args: RunArgs,
    pub asked: Asked,
}

/// Reads a line. How and where to compute stays as in `now`, unless the line says otherwise; what
/// belongs to the model that is open, such as its tokenizer, goes.
pub(super) fn opening(line: &str, now: &RunArgs) -> Result<Opening, RunError> {
    let split = Words::of(line);
    if let Some(quote) = split.open {
        return Err(RunError::Usage(format!("the quote {quote} is not closed")));
    }
    let command = Cli::command();
    let first = split.words.first().map(|(_, word)| word.as_str());
    if let Some(name) = first.filter(|word| command.find_subcommand(word).is_some()) {
        return Err(RunError::Usage(format!(
            "{name} is a command and not a model; a file of that name is ./{name}"
        )));
    }
    let words = split.words.into_iter().map(|(_, word)| word);
    let words = std::iter::once("headlight".to_owned()).chain(words);
    let matches = command.try_get_matches_from(words).map_err(|e| usage(&e))?;
    let given = |id: &str| is_given(&matches, id);
    if let Some(flag) = NOT_INSIDE.into_iter().find(|id| given(id)) {
        let flag = flag.replace('_', "-");
        return Err(RunError::Usage(format!(
            "--{flag} belongs to the command line that starts headlight"
        )));
    }
    let cli = Cli::from_arg_matches(&matches).map_err(|error| usage(&error))?;
    let (explore, now) = (cli.explore, now.clone());
    let args = explore.run;
    let named = args.model.or(args.checkpoint);
    let sizes = [
        "number_of_layers",
        "embedding_dimension",
        "context_length",
        "untrained",
    ];
    if named.is_none() && !sizes.into_iter().any(given) {
        return Err(RunError::Usage(NO_PATH.to_owned()));
    }
    let named = named
        .filter(|path| path != Path::new(DEMO_NAME))
        .map(at_home);
    let args = RunArgs {
        model: named,
        checkpoint: None,
        tokenizer: args
            .tokenizer
            .map(|path| match path.as_os_str() == input::IDS {
                true => path,
                false => at_home(path),
            }),
        text_file: args.text_file.map(at_home),
        model_config: args.model_config.map(at_home),
        bos: args.bos || (now.bos && !given("no_bos")),
        no_bos: args.no_bos || (now.no_bos && !given("bos")),
        special: args.special || now.special,
        seed: if given("seed") { args.seed } else { now.seed },
        dtype: if given("dtype") {
            args.dtype
        } else {
            now.dtype
        },
        capture_dtype: args.capture_dtype.or(now.capture_dtype),
        layers: args.layers.or(now.layers),
        last: args.last.or(now.last),
        device_memory: args.device_memory.or(now.device_memory),
        device: if given("device") {
            args.device
        } else {
            now.device
        },
        threads: now.threads,
        ..args
    };
    let text = match (&args.text, &args.text_file) {
        (Some(text), _) => Some(text.clone()),
        (None, Some(_)) if input::is_piped(&args) => {
            return Err(RunError::Usage(
                "--text-file - reads standard input, which the explorer has no more of".to_owned(),
            ));
        }
        (None, Some(_)) => Some(input::text(&args)?),
        (None, None) => None,
    };
    Ok(Opening {
        asked: Asked {
            line: line.trim().to_owned(),
            text,
            layer: explore.layer.map(Layer),
            head: explore.head.map(Head),
            scale: explore.scale.map(Into::into),
        },
        args,
    })
}

/// Whether a flag stands in the line.
fn is_given(matches: &ArgMatches, id: &str) -> bool {
    let known = matches.try_contains_id(id).is_ok();
    known && matches.value_source(id) == Some(ValueSource::CommandLine)
}

/// What the command line's own reader says, in one line.
fn usage(error: &clap::Error) -> RunError {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        let flag = match error.get(ContextKind::InvalidArg) {
            Some(ContextValue::String(flag)) => flag.clone(),
            _ => "--help and --version".to_owned(),
        };
        return RunError::Usage(format!(
            "{flag} belong to the command line that starts headlight"
        ));
    }
    let said = error.render().to_string();
    let said = said.split("\n\nUsage:").next().unwrap_or_default();
    let said = said
        .split("\n\nFor more information")
        .next()
        .unwrap_or_default();
    let said = said.strip_prefix("error: ").unwrap_or(said);
    let words: Vec<&str> = said.split_whitespace().collect();
    RunError::Usage(printable(&words.join(" ")))
}

/// The line that opens this again, without its text.
pub(super) fn line_of(args: &RunArgs) -> String {
    let mut words: Vec<String> = Vec::new();
    let named = args.model.as_ref().or(args.checkpoint.as_ref());
    let sizes = [
        ("number-of-heads", args.number_of_heads),
        ("number-of-layers", args.number_of_layers),
        ("embedding-dimension", args.embedding_dimension),
        ("context-length", args.context_length),
        ("last", args.last.map(usize::from)),
    ];
    let random = args.untrained || sizes.iter().take(4).any(|(_, given)| given.is_some());
    match named {
        Some(path) if path == Path::new(DEMO_NAME) => words.push(format!("./{DEMO_NAME}")),
        Some(path) => words.push(quoted(&path.to_string_lossy())),
        None if !random => words.push(DEMO_NAME.to_owned()),
        None => {}
    }
    let path = |path: &Option<std::path::PathBuf>| {
        path.as_ref().map(|path| quoted(&path.to_string_lossy()))
    };
    let mut flag = |name: &str, value: Option<String>| {
        words.extend(value.map(|value| format!("--{name} {value}")));
    };
    flag("tokenizer", path(&args.tokenizer));
    flag("model-config", path(&args.model_config));
    for (name, value) in sizes {
        flag(name, value.map(|value| value.to_string()));
    }
    flag(
        "attention-scale",
        args.attention_scale.as_ref().map(name_of),
    );
    flag("capture-dtype", args.capture_dtype.as_ref().map(name_of));
    flag("layers", args.layers.as_ref().map(Picks::to_string));
    flag(
        "device-memory",
        args.device_memory.map(|bytes| bytes.0.to_string()),
    );
    flag("seed", (args.seed != 0).then(|| args.seed.to_string()));
    flag(
        "dtype",
        (args.dtype != WeightType::Auto).then(|| name_of(&args.dtype)),
    );
    flag(
        "device",
        (args.device != Device::Cpu).then(|| name_of(&args.device)),
    );
    let switches = [
        ("--untrained", args.untrained),
        ("--bos", args.bos),
        ("--no-bos", args.no_bos),
        ("--special", args.special),
    ];
    words.extend(
        switches
            .into_iter()
            .filter(|(_, on)| *on)
            .map(|(name, _)| name.to_owned()),
    );
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn start(words: &[&str]) -> RunArgs {
        let words = std::iter::once(&"headlight").chain(words);
        Cli::try_parse_from(words).unwrap().explore.run
    }

    fn said(line: &str) -> String {
        let error = opening(line, &start(&[])).unwrap_err();
        assert_eq!(error.status(), 2);
        error.to_string()
    }

    #[test]
    fn a_line_takes_the_flags_of_the_command_line() {
        let now = start(&[
            "old.pt",
            "--tokenizer",
            "old.json",
            "--dtype",
            "bf16",
            "--seed",
            "3",
        ]);
        let line =
            r#" my\ model.pt --number-of-heads 4 --text "It's a cat." --layer 2 --scale log "#;
        let Opening { args, asked } = opening(line, &now).unwrap();
        assert_eq!(args.model.as_deref(), Some(Path::new("my model.pt")));
        assert_eq!(
            (args.number_of_heads, args.tokenizer.is_none()),
            (Some(4), true)
        );
        // How to compute stays.
        assert_eq!((args.dtype, args.seed), (WeightType::Bf16, 3));
        assert_eq!(asked.text.as_deref(), Some("It's a cat."));
        assert_eq!((asked.layer, asked.head), (Some(Layer(2)), None));
        let demo = opening("demo --dtype f32", &now).unwrap();
        assert_eq!((demo.args.model, demo.args.dtype), (None, WeightType::F32));
    }

    #[test]
    fn what_is_wrong_gets_the_sentence_of_the_command_line() {
        assert!(said("x.pt --number-of-heads four").contains("invalid value 'four'"));
        assert!(said("x.pt --nope").contains("unexpected argument '--nope'"));
        assert!(said("x.pt 'y").contains("not closed"));
        assert!(said("x.pt --watch").contains("--watch belongs"));
        assert!(said("x.pt --print-config").contains("--print-config belongs"));
        assert!(said("x.pt --help").contains("belong"));
        assert!(said("export").contains("./export"));
        assert!(said("--text x").contains(":open MODEL"));
        assert!(said("x.pt --text-file -").contains("standard input"));
        for line in ["x.pt --a\u{1b}b", "\u{1b} \u{9b}"] {
            assert!(!said(line).contains(char::is_control), "{line:?}");
        }
    }

    #[test]
    fn a_line_is_written_as_it_is_read() {
        for line in [
            "demo",
            "./demo",
            "'my model.pt' --tokenizer ids --number-of-heads 4 --layers 0-3,7 --seed 5 --dtype f16 --no-bos",
            "--number-of-layers 2 --context-length 64 --last 9 --untrained",
        ] {
            let read = opening(line, &start(&[])).unwrap().args;
            assert_eq!(line_of(&read), line);
        }
    }
}
