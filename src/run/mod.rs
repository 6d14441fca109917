//! The only joiner: one function a subcommand.

mod analyze;
mod capture;
mod check;
mod command_line;
mod complete;
mod completions;
mod error;
mod explore;
mod export;
mod fetch;
mod input;
mod inputs;
mod man;
mod memory;
mod open;
mod opening;
mod picks;
mod prepare;
mod recorder;
mod reference;
mod session;
mod source;
#[cfg(test)]
mod tests;
mod watch;

pub use command_line::parse;
pub use error::{RunError, in_words};

use crate::capture::text_was_cut;
use crate::cli::{Cli, Command, RunArgs};
use crate::model::DeviceKind;
use memory::OnDevice;
use prepare::Prepared;

/// Does what the command line says.
///
/// # Errors
/// One sentence or two that say what was found, what was expected and what to do.
pub fn run(cli: Cli) -> Result<(), RunError> {
    memory::settle();
    if let Some(args) = cli.run_args().filter(|args| args.dry_run) {
        return dry_run(args, &cli);
    }
    match cli.command {
        None => {
            let word = cli.explore.run.model.as_deref();
            match word.and_then(command_line::misspelled) {
                Some(said) => Err(RunError::Usage(said)),
                None => explore::explore(&cli.explore),
            }
        }
        Some(Command::Explore(args)) => explore::explore(&args),
        Some(Command::Analyze(args)) => analyze::analyze(&args),
        Some(Command::Export(args)) => export::export(&args),
        Some(Command::Capture(args)) => capture::capture(&args),
        Some(Command::Check(args)) => check::check(args),
        Some(Command::Completions { shell }) => completions::completions(shell),
        Some(Command::Man) => error::print(&man::page()?),
    }
}

/// Prints what memory a run would need.
fn dry_run(args: &RunArgs, cli: &Cli) -> Result<(), RunError> {
    let text = input::text(args)?;
    let prepared = Prepared::new(args)?;
    let encoded = prepared
        .tokenizer
        .encode_with(&text, input::encode_options(args))?;
    let shape = prepared.shape();
    let found = encoded.ids.len();
    let tokens = found.min(shape.context);
    let cut = (found > tokens).then(|| text_was_cut(found, tokens));
    error::warn(prepared.origin.warnings.iter().chain(&cut));
    let weights = prepared.origin.weight_bytes;
    let job = memory::Job::of(cli.command.as_ref());
    let sizes = memory::Sizes::of(&prepared, args, job)?;
    let need = sizes.need(tokens);
    let device = sizes.on_device.then(|| {
        let free = DeviceKind::free_memory(&prepared.device);
        // The weights will be there when the block is chosen.
        let left = free.map(|free| free.saturating_sub(weights));
        let block = memory::of_block(args.device_memory, left);
        OnDevice { block, free }
    });
    let report = memory::report(need, tokens, &sizes, prepared.precision, device);
    error::print(report.as_bytes())
}
