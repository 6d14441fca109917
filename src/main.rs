//! The `headlight` command: parse, run, exit status.

use std::io::Write;
use std::process::ExitCode;

use headlight::run;

fn main() -> color_eyre::Result<ExitCode> {
    color_eyre::install()?;
    headlight::tui::install_panic_hook();
    match run::run(run::parse()) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) if error.is_closed_pipe() => Ok(ExitCode::SUCCESS),
        Err(error) => {
            // Where standard error is gone, too, the status alone tells.
            let _ = writeln!(std::io::stderr(), "headlight: {error}");
            Ok(ExitCode::from(error.status()))
        }
    }
}
