//! `headlight completions`: what shells complete a command line with.

use clap::Command;
use clap_complete::Shell;

use super::{RunError, error};
use crate::cli;

/// Prints the completion script of a shell.
///
/// # Errors
/// What standard output reports.
pub(super) fn completions(shell: Shell) -> Result<(), RunError> {
    error::print(script(shell).as_bytes())
}

/// The script. A first word that is no command is a model, and what follows it are the flags of
/// `explore`: clap's scripts for zsh and fish take any first word for a command or know only one of
/// both, so they are told.
fn script(shell: Shell) -> String {
    let mut command = cli::command();
    let names: Vec<String> = command
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .chain(["help".to_owned()])
        .collect();
    match shell {
        Shell::Zsh => {
            let script = generated(shell, &mut command);
            // The model's place before the command; with it, a command is the second word.
            let mut lines: Vec<&str> = script.lines().collect();
            let model = lines.iter().position(|line| line.starts_with("'::model "));
            if let Some(model) = model {
                lines.remove(model);
            }
            let script = lines.join("\n") + "\n";
            let explore = format!(
                "local ret=1\n    local -a known\n    known=({})\n    \
                 if (( CURRENT > 2 && ! ${{known[(Ie)${{words[2]}}]}} )); then\n        \
                 words=(headlight explore \"${{(@)words[2,-1]}}\")\n        \
                 (( CURRENT += 1 ))\n    fi",
                names.join(" ")
            );
            let first = "_headlight_first() {\n    _headlight_commands\n    _files\n}\n\n";
            script
                .replacen("local ret=1", &explore, 1)
                .replacen("\":: :_headlight_commands\"", "\":: :_headlight_first\"", 1)
                .replacen("if [ \"$funcstack", &format!("{first}if [ \"$funcstack"), 1)
                .replace("$line[2]", "$line[1]")
        }
        Shell::Fish => generated(shell, &mut command).replacen(
            "if set -q argv[1]",
            &format!("if contains -- \"$argv[1]\" {}", names.join(" ")),
            1,
        ),
        _ => generated(shell, &mut command),
    }
}

fn generated(shell: Shell, command: &mut Command) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, command, "headlight", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
