//! `sluice completions`: the script with which a shell completes commands.

use std::io::{self, Write};

use clap::Args;
use clap_complete::Shell;

use crate::{command, exit};

/// Print the completion script of a shell
///
/// For instance: sluice completions bash > ~/.local/share/bash-completion/completions/sluice
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell
    shell: Shell,
}

/// Runs the command, and gives its exit code.
///
/// # Errors
///
/// Where its output cannot be written.
pub fn run(arguments: &CompletionsArguments) -> io::Result<u8> {
    // Into memory first: the generator panics where it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut command::description(),
        "sluice",
        &mut script,
    );
    io::stdout().write_all(&script)?;
    Ok(exit::PASS)
}
