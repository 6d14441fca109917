//! The `headlight` command: parse, run, exit status.

use std::io::Write;
use std::process::ExitCode;

use headlight::fault::{self, Fault};
use headlight::run::{self, RunError};
use headlight::safe::sentence;
use headlight::tui;

/// The exit status of a program of this language that stopped on a fault of its own.
const FAULT: u8 = 101;

fn main() -> color_eyre::Result<ExitCode> {
    color_eyre::install()?;
    tui::install_panic_hook();
    tui::watch_faults()?;
    let run = || run::run(run::parse());
    // Who asks for a trace gets it from the hook, in the place of the sentence.
    let trace = std::env::var_os("RUST_BACKTRACE").is_some_and(|asked| asked != "0");
    let ended = match trace {
        true => Ok(run()),
        false => fault::caught(run),
    };
    Ok(match ended {
        Ok(ended) => tell(ended),
        Err(fault) => tell_fault(&fault),
    })
}

fn tell(ended: Result<(), RunError>) -> ExitCode {
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            // Without standard error the status alone has to do.
            let said = sentence(&error.to_string());
            let _ = writeln!(std::io::stderr(), "headlight: {said}");
            ExitCode::from(error.status())
        }
    }
}

fn tell_fault(fault: &Fault) -> ExitCode {
    let said = run::in_words(fault);
    let _ = writeln!(std::io::stderr(), "headlight: {said}");
    ExitCode::from(FAULT)
}
