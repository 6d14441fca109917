//! The command line, as types.

mod values;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use values::*;

/// See what every attention head of a GPT is looking at.
#[derive(Debug, Parser)]
#[command(
    name = "headlight",
    version,
    about,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Without MODEL the trained demo model that is built in opens. Inside the explorer, ? shows the keys."
)]
pub struct Cli {
    /// What to do; without one: explore.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options of the explorer.
    #[command(flatten)]
    pub explore: ExploreArgs,
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
    /// Explore attention in the terminal (what happens without a command, too)
    Explore(ExploreArgs),
    /// Print what each token attends to, and save the plots
    Analyze(AnalyzeArgs),
    /// Write tokens, attention and numbers to a file
    Export(ExportArgs),
    /// Run the model once, and keep all of it in a file that opens without the model
    Capture(CaptureArgs),
    /// Check the numbers of a model, against a reference where there is one
    Check(CheckArgs),
    /// Print the completion script of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// Which model, on which text.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// A checkpoint (.pt .pth .bin .ckpt .safetensors .gguf), a folder in Hugging Face layout, or the name of a model
    /// in the Hugging Face cache (org/name or org/name@revision); or a capture: a file of `headlight capture`, or a
    /// .npz or .safetensors file with attention [L, H, n, n] that another program wrote
    #[arg(value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// The same as MODEL
    #[arg(long, value_name = "PATH", conflicts_with = "model")]
    pub checkpoint: Option<PathBuf>,
    /// The text to look at
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub text: Option<String>,
    /// A file with the text, - for standard input; one newline at its end is dropped
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    pub text_file: Option<PathBuf>,
    /// Keep the newline at the end of the text file
    #[arg(long, requires = "text_file")]
    pub keep_newline: bool,
    /// A tokenizer.json, vocab.json, tokenizer.model, llama2.c tokenizer.bin, or a folder with one of them,
    /// instead of the model's own; "ids" takes the text for token ids
    #[arg(long, value_name = "PATH")]
    pub tokenizer: Option<PathBuf>,
    /// Put the begin-of-text token before the text, whatever the model's configuration says
    #[arg(long)]
    pub bos: bool,
    /// Leave the begin-of-text token out
    #[arg(long, conflicts_with = "bos")]
    pub no_bos: bool,
    /// Take special tokens that the text spells out, such as <s>, as tokens and not as characters
    #[arg(long)]
    pub special: bool,
    /// Heads a layer, where the checkpoint does not say
    #[arg(long, value_name = "N")]
    pub number_of_heads: Option<usize>,
    /// Layers of an untrained model
    #[arg(long, value_name = "N")]
    pub number_of_layers: Option<usize>,
    /// Dimensions of an untrained model
    #[arg(long, value_name = "N")]
    pub embedding_dimension: Option<usize>,
    /// Tokens that an untrained model reads
    #[arg(long, value_name = "N")]
    pub context_length: Option<usize>,
    /// Random weights: of the model's shape, or of the sizes above
    #[arg(long)]
    pub untrained: bool,
    /// Seed of the random weights
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// What scores are divided by the square root of, where no tensor tells
    #[arg(long, value_enum, value_name = "BY")]
    pub attention_scale: Option<AttentionScale>,
    /// A config.json of transformers instead of the configuration that the model brings
    #[arg(long, value_name = "FILE")]
    pub model_config: Option<PathBuf>,
    /// What weights are held and multiplied in: auto is f32 on the processor, the stored type elsewhere
    #[arg(long, value_enum, default_value_t = WeightType::Auto)]
    pub dtype: WeightType,
    /// What queries and keys are kept in: f16 takes half of f32's memory and moves weights a little [default: f32]
    #[arg(long, value_enum, value_name = "TYPE")]
    pub capture_dtype: Option<CaptureType>,
    /// Layers to keep, such as 0-3,11; the others are computed and leave nothing behind. All by default
    #[arg(long, value_name = "LIST")]
    pub layers: Option<Picks>,
    /// Keep the queries of the last N tokens only; all keys are kept
    #[arg(long, value_name = "N")]
    pub last: Option<NonZeroUsize>,
    /// Memory of a device that a block of attention may take, such as 2GiB or 512MiB [default: 1GiB, or half of
    /// what is free there where that is less]
    #[arg(long, value_name = "SIZE")]
    pub device_memory: Option<Bytes>,
    /// Print what memory the run would need and what is free, and run nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Where to compute; what is absent falls back to cpu, and says so
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    pub device: Device,
    /// Threads that compute on the processor; as many as it has by default
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
}

/// Options of the explorer.
#[derive(Debug, Args)]
pub struct ExploreArgs {
    /// Which model, on which text.
    #[command(flatten)]
    pub run: RunArgs,
    /// The layer to begin with
    #[arg(long, value_name = "N")]
    pub layer: Option<usize>,
    /// The head to begin with
    #[arg(long, value_name = "N")]
    pub head: Option<usize>,
    /// The scale to begin with [default: sqrt]
    #[arg(long, value_enum, value_name = "SCALE")]
    pub scale: Option<ScaleName>,
    /// How it looks.
    #[command(flatten)]
    pub look: LookArgs,
    /// Begin with the mouse on; M switches it
    #[arg(long)]
    pub mouse: bool,
    /// Run again when the checkpoint changes on disk
    #[arg(long)]
    pub watch: bool,
    /// Print the settings that are in force as a file with comments, and run nothing
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
    /// Colours of values, of the screen and of plots [default: blues]
    #[arg(long, value_enum, value_name = "NAME")]
    pub colormap: Option<Map>,
    /// What the terminal draws on; auto asks it [default: auto]
    #[arg(long, value_enum)]
    pub background: Option<Background>,
    /// A file with settings instead of headlight/config.toml in $XDG_CONFIG_HOME or ~/.config
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Options of `analyze`.
#[derive(Debug, Args)]
pub struct AnalyzeArgs {
    /// Which model, on which text.
    #[command(flatten)]
    pub run: RunArgs,
    /// Plots of this layer only; the analysis is of all layers
    #[arg(long, value_name = "N")]
    pub layer: Option<usize>,
    /// A plot of this head instead of all heads of a layer
    #[arg(long, value_name = "N")]
    pub head: Option<usize>,
    /// At most this many heads in the plot of a layer
    #[arg(long, value_name = "N")]
    pub max_heads: Option<usize>,
    /// Keys a token in the printed analysis [default: 3]
    #[arg(long, value_name = "N")]
    pub top_k: Option<usize>,
    /// Where the plots go
    #[arg(long, value_name = "FOLDER", default_value = "attention_plots")]
    pub output_dir: PathBuf,
    /// Open the explorer on the same capture afterwards
    #[arg(long)]
    pub show_plots: bool,
    /// How it looks.
    #[command(flatten)]
    pub look: LookArgs,
    /// What the plots show of a weight
    #[arg(long, value_enum, value_name = "NAME", default_value_t = ScaleName::Raw)]
    pub scale: ScaleName,
}

/// Options of `export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Which model, on which text.
    #[command(flatten)]
    pub run: RunArgs,
    /// The format
    #[arg(long, value_enum)]
    pub format: Format,
    /// The file to write, - for standard output (json only)
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
    /// Heads to write: 0,2-4; all by default
    #[arg(long, value_name = "LIST")]
    pub heads: Option<Picks>,
    /// Write the logits of every position, too (arrays only)
    #[arg(long)]
    pub logits: bool,
    /// What a picture (png, svg, text, ansi) shows of a weight [default: raw]
    #[arg(long, value_enum, value_name = "NAME")]
    pub scale: Option<ScaleName>,
    /// Colours of values, of a picture (png, svg, ansi) [default: blues]
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
    /// A safetensors file with input_ids [n] and attention [L, H, n, n] or logits [n, V] that other code
    /// computed (examples/make_reference.py makes one); its ids are run instead of a text
    #[arg(long, value_name = "FILE", conflicts_with_all = ["text", "text_file"])]
    pub reference: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definitions_hold_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_model_needs_no_command() {
        let cli = Cli::try_parse_from(["headlight", "model.pt", "--text", "-x"]).unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.explore.run.model, Some("model.pt".into()));
        assert_eq!(cli.explore.run.text.as_deref(), Some("-x"));
    }
}
