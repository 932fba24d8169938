//! `sluice probe`: measures what AWS does not document, with a stack that
//! lives for half an hour.
//!
//! [`stack`] makes and removes it, [`releases`] and [`alarms`] look, and note
//! what they saw in [`seen`]; [`conclude`] says what follows and is pure;
//! [`file`] is what is written. What happens in the account is in
//! `infra/probe.yaml`.

mod alarms;
mod before;
pub mod conclude;
pub mod file;
mod releases;
mod run;
mod seen;
mod show;
mod stack;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use sluice_core::Duration;

use self::conclude::Name;
use crate::exit;
use crate::region::with_aws;

/// The stack's template.
pub(crate) const TEMPLATE: &str = include_str!("../../infra/probe.yaml");

const MORE_HELP: &str = "\
Without `--yes` it says what it would make, and does nothing.

Exit codes:
  0   all was told, or nothing was to be done
  2   something could not be told
  3   it could not be measured, or something is left in the account
  64  wrong usage";

/// Measure on your own account how AWS behaves where it does not say, with a
/// stack that is removed again
#[derive(Debug, Args)]
#[command(after_help = MORE_HELP)]
pub struct ProbeArguments {
    /// Make the stack, measure, and remove the stack
    #[arg(long)]
    yes: bool,
    /// Print the stack's template
    #[arg(long, conflicts_with_all = ["yes", "json"])]
    template: bool,
    /// Where what was measured is written
    #[arg(long, value_name = "FILE", default_value = "sluice-probe.json")]
    out: PathBuf,
    /// Only these measures
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_enum)]
    only: Vec<Name>,
    /// Leave the stack in the account
    #[arg(long, requires = "yes")]
    keep: bool,
    /// Print the file as well, instead of text
    #[arg(long, requires = "yes")]
    json: bool,
    /// How often it looks whether something has happened
    #[arg(long, value_name = "LENGTH", default_value = "5s")]
    every: Duration,
    /// How long it waits for any one thing
    #[arg(long, value_name = "LENGTH", default_value = "10m")]
    patience: Duration,
}

/// Runs the command, and gives its exit code.
///
/// # Errors
///
/// Where its output cannot be written.
pub fn run(arguments: &ProbeArguments) -> io::Result<u8> {
    if arguments.template {
        io::stdout().write_all(TEMPLATE.as_bytes())?;
        return Ok(exit::PASS);
    }
    if !arguments.yes {
        anstream::stdout().write_all(before::text().as_bytes())?;
        return Ok(exit::PASS);
    }
    // A file that cannot be written is known before half an hour is over.
    if let Err(error) = writable(arguments) {
        let file = arguments.out.display();
        writeln!(
            anstream::stderr(),
            "error: `{file}` cannot be written: {error}"
        )?;
        return Ok(exit::GATE_ERROR);
    }
    match with_aws(|aws| run::probe(arguments, aws)) {
        Ok(probed) => show::tell(arguments, &probed),
        Err(stopped) => stopped.tell(),
    }
}

/// Whether the file can be written; one that is there stays as it is.
fn writable(arguments: &ProbeArguments) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let is_new = !arguments.out.exists();
    options.append(true).create(true).open(&arguments.out)?;
    if is_new {
        std::fs::remove_file(&arguments.out)?;
    }
    Ok(())
}

/// The measures that are wanted.
fn wanted(arguments: &ProbeArguments) -> Vec<Name> {
    let is_wanted = |name: &&Name| arguments.only.is_empty() || arguments.only.contains(name);
    Name::all().iter().filter(is_wanted).copied().collect()
}
