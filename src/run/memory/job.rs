//! What each command does with its run, as far as memory goes.

use crate::cli::{AnalyzeArgs, Command, ExportArgs};
use crate::export;

/// What a command does with its run, as far as memory goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::run) struct Job {
    /// Layers are written as they come: the last is held until the next is done.
    pub streams: bool,
    /// All logits are kept.
    pub logits: bool,
    /// A second run is made while the first is kept.
    pub twice: bool,
    /// The heads of the largest picture that is drawn at the end.
    pub picture: Option<usize>,
    /// The run is shown in the explorer.
    pub explores: bool,
}

impl Job {
    /// What the command line asks for.
    pub(in crate::run) fn of(command: Option<&Command>) -> Self {
        match command {
            Some(Command::Analyze(args)) => Self::analyze(args),
            Some(Command::Export(args)) => Self::export(args),
            Some(Command::Capture(_)) => Self::CAPTURE,
            Some(Command::Check(args)) => Self::check(args.reference.is_some()),
            _ => Self {
                explores: true,
                ..Self::default()
            },
        }
    }

    /// A capture.
    pub(in crate::run) const CAPTURE: Self = Self {
        streams: true,
        logits: false,
        twice: false,
        picture: None,
        explores: false,
    };

    /// A check, against a reference or not.
    pub(in crate::run) fn check(reference: bool) -> Self {
        Self {
            logits: reference,
            twice: true,
            ..Self::default()
        }
    }

    /// An analysis.
    pub(in crate::run) fn analyze(args: &AnalyzeArgs) -> Self {
        let heads = args.max_heads.unwrap_or(usize::MAX);
        Self {
            picture: Some(if args.head.is_some() { 1 } else { heads }),
            explores: args.show_plots,
            ..Self::default()
        }
    }

    /// An export.
    pub(in crate::run) fn export(args: &ExportArgs) -> Self {
        let format = crate::run::export::format(args);
        let drawn = format.is_ok_and(|format| format == export::Format::Png);
        Self {
            logits: args.logits,
            picture: drawn.then_some(usize::MAX),
            ..Self::default()
        }
    }
}
