//! The command line, as types.

mod values;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};

pub use values::*;

/// See what every attention head of a GPT is looking at.
#[derive(Debug, Parser)]
#[command(
    name = "headlight",
    version,
    about,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Without MODEL, the built-in demo model opens. In the explorer, ? lists the keys."
)]
pub struct Cli {
    /// What to do; none means explore.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options of the explorer.
    #[command(flatten)]
    pub explore: ExploreArgs,
}

/// The command line's definition. `--layer` and `--layers` are one flag in the commands where only
/// the layers to keep can be named.
pub fn command() -> clap::Command {
    let mut command = Cli::command();
    for name in ["export", "capture", "check"] {
        command = command.mut_subcommand(name, |subcommand| {
            subcommand.mut_arg("layers", |layers| layers.visible_alias("layer"))
        });
    }
    command
}

impl Cli {
    /// The model and the text of a command that has one.
    pub fn run_args(&self) -> Option<&RunArgs> {
        match &self.command {
            None => Some(&self.explore.run),
            Some(Command::Explore(args)) => Some(&args.run),
            Some(Command::Analyze(args)) => Some(&args.run),
            Some(Command::Export(args)) => Some(&args.run),
            Some(Command::Capture(args)) => Some(&args.run),
            Some(Command::Check(args)) => Some(&args.run),
            Some(Command::Completions { .. } | Command::Man) => None,
        }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Explore attention in the terminal (the default command)
    Explore(ExploreArgs),
    /// Print what each token attends to and save plots
    Analyze(AnalyzeArgs),
    /// Write tokens, attention and numbers of heads to a file
    Export(ExportArgs),
    /// Run the model once and save the run in a file that opens without the model
    Capture(CaptureArgs),
    /// Check that the numbers of a model are sound, or compare them with a reference
    Check(CheckArgs),
    /// Print the completion script of a shell
    Completions {
        /// The shell that runs the script
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// Which model, on which text.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// A checkpoint (.pt .pth .bin .ckpt .safetensors .gguf), a folder in Hugging Face layout, the name of a model in
    /// the Hugging Face cache (org/name or org/name@revision), or a capture. A capture is a file from
    /// `headlight capture`, or a .npz or .safetensors file from another program with attention [L, H, n, n]
    #[arg(value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// The model, as a flag instead of MODEL
    #[arg(long, value_name = "PATH", conflicts_with = "model")]
    pub checkpoint: Option<PathBuf>,
    /// The text to run the model on [default: "The cat sat on the mat. It was fluffy."]
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub text: Option<String>,
    /// A file that holds the text; - is standard input. One newline at its end is dropped
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    pub text_file: Option<PathBuf>,
    /// Keep the newline at the end of the text file
    #[arg(long, requires = "text_file")]
    pub keep_newline: bool,
    /// The tokenizer to use instead of the model's own: a tokenizer.json, vocab.json, tokenizer.model, llama2.c
    /// tokenizer.bin, or a folder that holds one of them. "ids" reads the text as token ids
    #[arg(long, value_name = "PATH")]
    pub tokenizer: Option<PathBuf>,
    /// Put the begin-of-text token before the text, even if the model's configuration does not
    #[arg(long)]
    pub bos: bool,
    /// Leave out the begin-of-text token, even if the model's configuration adds it
    #[arg(long, conflicts_with = "bos")]
    pub no_bos: bool,
    /// Read special tokens that the text spells out, such as <s>, as one token each instead of as characters
    #[arg(long)]
    pub special: bool,
    /// Heads per layer, if the checkpoint does not record them; for an untrained model [default: 4]
    #[arg(long, value_name = "N")]
    pub number_of_heads: Option<usize>,
    /// Layers of an untrained model [default: 4]
    #[arg(long, value_name = "N")]
    pub number_of_layers: Option<usize>,
    /// Embedding dimension of an untrained model [default: 256]
    #[arg(long, value_name = "N")]
    pub embedding_dimension: Option<usize>,
    /// Context length of an untrained model, in tokens [default: 256]
    #[arg(long, value_name = "N")]
    pub context_length: Option<usize>,
    /// Use random weights: in the shape of MODEL, or in the sizes given by the flags above
    #[arg(long)]
    pub untrained: bool,
    /// Seed of the random weights
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Divide scores by the square root of this, if the checkpoint does not record it
    #[arg(long, value_enum, value_name = "BY")]
    pub attention_scale: Option<AttentionScale>,
    /// A config.json in the format of transformers, to use instead of the model's own configuration
    #[arg(long, value_name = "FILE")]
    pub model_config: Option<PathBuf>,
    /// The number type of the weights in memory
    #[arg(long, value_enum, default_value_t = WeightType::Auto)]
    pub dtype: WeightType,
    /// The number type of the queries and keys that are kept; f16 needs half the memory and changes attention
    /// weights slightly [default: f32]
    #[arg(long, value_enum, value_name = "TYPE")]
    pub capture_dtype: Option<CaptureType>,
    /// Layers to keep, such as 0-3,11; the others are computed but not kept [default: all]
    #[arg(long, value_name = "LIST")]
    pub layers: Option<Picks>,
    /// Keep only the queries of the last N tokens; all keys are kept
    #[arg(long, value_name = "N")]
    pub last: Option<NonZeroUsize>,
    /// The most GPU memory that a block of attention may take, such as 2GiB or 512MiB [default: 1GiB, or half of
    /// the free GPU memory if that is less]
    #[arg(long, value_name = "SIZE")]
    pub device_memory: Option<Bytes>,
    /// Print how much memory the run would need and how much is free, then stop
    #[arg(long)]
    pub dry_run: bool,
    /// Where to compute; if the device is absent, a warning is printed and the CPU is used
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    pub device: Device,
    /// The number of CPU threads to compute with [default: all]
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
}

/// Options of the explorer.
#[derive(Debug, Args)]
pub struct ExploreArgs {
    /// Which model, on which text.
    #[command(flatten)]
    pub run: RunArgs,
    /// The layer to start on
    #[arg(long, value_name = "N")]
    pub layer: Option<usize>,
    /// The head to start on
    #[arg(long, value_name = "N", visible_alias = "heads")]
    pub head: Option<usize>,
    /// The scale to start with [default: sqrt]
    #[arg(long, value_enum, value_name = "SCALE")]
    pub scale: Option<ScaleName>,
    /// How screen and plots look.
    #[command(flatten)]
    pub look: LookArgs,
    /// Start with the mouse on; the key M turns it on and off
    #[arg(long)]
    pub mouse: bool,
    /// Run the model again whenever the checkpoint changes on disk
    #[arg(long)]
    pub watch: bool,
    /// Print the current settings as a commented settings file, then stop
    #[arg(long)]
    pub print_config: bool,
}

/// Flags of the explorer that only its start takes, by their ids: `:open` refuses them.
pub const NOT_INSIDE: [&str; 10] = [
    "color",
    "colormap",
    "background",
    "config",
    "mouse",
    "watch",
    "print_config",
    "dry_run",
    "threads",
    "help",
];

/// How the screen and pictures look.
#[derive(Debug, Args)]
pub struct LookArgs {
    /// Colours of the screen [default: auto]
    #[arg(long, value_enum)]
    pub color: Option<Colour>,
    /// Colours of values, on the screen and in plots [default: blues]
    #[arg(long, value_enum, value_name = "NAME")]
    pub colormap: Option<Map>,
    /// The background of the terminal; auto asks the terminal [default: auto]
    #[arg(long, value_enum)]
    pub background: Option<Background>,
    /// The settings file to read instead of headlight/config.toml in $XDG_CONFIG_HOME or ~/.config
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Options of `analyze`.
#[derive(Debug, Args)]
pub struct AnalyzeArgs {
    /// Which model, on which text.
    #[command(flatten)]
    pub run: RunArgs,
    /// Plot only these layers, such as 2 or 0,2-4; the analysis covers all layers
    #[arg(long, value_name = "LIST")]
    pub layer: Option<Picks>,
    /// Plot each of these heads by itself, such as 1 or 0,2-4, instead of all heads of a layer together
    #[arg(long, value_name = "LIST", visible_alias = "heads")]
    pub head: Option<Picks>,
    /// The most heads to draw in the plot of a layer [default: all]
    #[arg(long, value_name = "N")]
    pub max_heads: Option<usize>,
    /// The number of keys to print for each token [default: 3]
    #[arg(long, value_name = "N")]
    pub top_k: Option<usize>,
    /// The folder for the plots; it is created if needed
    #[arg(long, value_name = "FOLDER", default_value = "attention_plots")]
    pub output_dir: PathBuf,
    /// Open the explorer on the same run afterwards
    #[arg(long)]
    pub show_plots: bool,
    /// How screen and plots look.
    #[command(flatten)]
    pub look: LookArgs,
    /// The scale of the weights in the plots
    #[arg(long, value_enum, value_name = "NAME", default_value_t = ScaleName::Raw)]
    pub scale: ScaleName,
}

/// Options of `export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Which model, on which text.
    #[command(flatten)]
    pub run: RunArgs,
    /// The file to write; - is standard output, for json, csv, svg, text and ansi
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
    /// The format [default: from the ending of the output file: .json, .csv, .safetensors, .npz, .png, .svg,
    /// .txt or .ansi]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Heads to write, such as 0,2-4 [default: all]
    #[arg(long, value_name = "LIST", visible_alias = "head")]
    pub heads: Option<Picks>,
    /// Write every weight to JSON; by default weights are left out when there are more than 4,194,304 of them
    #[arg(long)]
    pub attention: bool,
    /// Leave the weights out of JSON
    #[arg(long, conflicts_with = "attention")]
    pub no_attention: bool,
    /// Also write the logits of every position (safetensors and npz)
    #[arg(long)]
    pub logits: bool,
    /// The scale of the weights in a picture (png, svg, text and ansi) [default: raw]
    #[arg(long, value_enum, value_name = "NAME")]
    pub scale: Option<ScaleName>,
    /// Colours of values (png, svg and ansi) [default: blues]
    #[arg(long, value_enum, value_name = "NAME")]
    pub colormap: Option<Map>,
}

/// Options of `capture`.
#[derive(Debug, Args)]
pub struct CaptureArgs {
    /// Which model, on which text.
    #[command(flatten)]
    pub run: RunArgs,
    /// The file to write, such as run.headlight
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
}

/// Options of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Which model, on which text.
    #[command(flatten)]
    pub run: RunArgs,
    /// A safetensors file with input_ids [n] and with attention [L, H, n, n] or logits [n, V] that other code
    /// computed (examples/make_reference.py writes one). Its ids are run instead of a text
    #[arg(long, value_name = "FILE", conflicts_with_all = ["text", "text_file"])]
    pub reference: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_hold_together() {
        command().debug_assert();
    }

    #[test]
    fn a_model_needs_no_command() {
        let cli = Cli::try_parse_from(["headlight", "model.pt", "--text", "-x"]).unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.explore.run.model, Some("model.pt".into()));
        assert_eq!(cli.explore.run.text.as_deref(), Some("-x"));
    }
}
