//! What can be written on the command line, and which code it ends with.
//!
//! A new subcommand is a module with its arguments and a `run`, a variant of
//! [`Subcommand`], and its line in [`run`].

use std::ffi::OsString;
use std::io::{self, Write};

use clap::Parser;

use crate::{
    check, completions, doctor, exit, explain, init, judge, metrics, overrides, plan, probe,
    rehearse, replay, schema, status, test, world,
};

/// The version and the commit it was built from.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("SLUICE_COMMIT"), ")");

const EXIT_CODES: &str = "\
Exit codes:
  0   pass, or done
  1   fail
  2   inconclusive
  3   gate error, or a file that cannot be used
  64  wrong usage
Of several gates the worst decides: gate error, fail, inconclusive, pass.";

/// Release gates for AWS CodePipeline
#[derive(Debug, Parser)]
#[command(name = "sluice", version = VERSION, after_help = EXIT_CODES, max_term_width = 100)]
struct CommandLine {
    #[command(subcommand)]
    subcommand: Subcommand,
}

#[derive(Debug, clap::Subcommand)]
enum Subcommand {
    Init(init::InitArguments),
    Check(check::CheckArguments),
    Doctor(doctor::DoctorArguments),
    Explain(explain::ExplainArguments),
    Rehearse(rehearse::RehearseArguments),
    Test(test::TestArguments),
    Replay(replay::ReplayArguments),
    Override(overrides::OverrideArguments),
    World(world::WorldArguments),
    Probe(probe::ProbeArguments),
    Judge(judge::JudgeArguments),
    Status(status::StatusArguments),
    Metrics(metrics::MetricsArguments),
    Plan(plan::PlanArguments),
    Schema(schema::SchemaArguments),
    Completions(completions::CompletionsArguments),
}

/// Runs a command line, and gives its exit code (see [`exit`]).
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let subcommand = match CommandLine::try_parse_from(arguments) {
        Ok(line) => line.subcommand,
        Err(error) => return explain(&error),
    };
    let done = match &subcommand {
        Subcommand::Init(arguments) => init::run(arguments),
        Subcommand::Check(arguments) => check::run(arguments),
        Subcommand::Doctor(arguments) => doctor::run(arguments),
        Subcommand::Explain(arguments) => explain::run(arguments),
        Subcommand::Rehearse(arguments) => rehearse::run(arguments),
        Subcommand::Test(arguments) => test::run(arguments),
        Subcommand::Replay(arguments) => replay::run(arguments),
        Subcommand::Override(arguments) => overrides::run(arguments),
        Subcommand::World(arguments) => world::run(arguments),
        Subcommand::Probe(arguments) => probe::run(arguments),
        Subcommand::Judge(arguments) => judge::run(arguments),
        Subcommand::Status(arguments) => status::run(arguments),
        Subcommand::Metrics(arguments) => metrics::run(arguments),
        Subcommand::Plan(arguments) => plan::run(arguments),
        Subcommand::Schema(arguments) => schema::run(arguments),
        Subcommand::Completions(arguments) => completions::run(arguments),
    };
    done.unwrap_or_else(|error| {
        // Whoever reads may have seen enough; then nobody reads this either.
        if error.kind() != io::ErrorKind::BrokenPipe {
            let _ = writeln!(
                anstream::stderr(),
                "error: the output cannot be written: {error}"
            );
        }
        exit::GATE_ERROR
    })
}

/// Help and version are what was asked for; all else is wrong usage, for which
/// clap's own code would be that of `inconclusive`.
fn explain(error: &clap::Error) -> u8 {
    let _ = error.print();
    if error.use_stderr() {
        exit::USAGE
    } else {
        exit::PASS
    }
}

/// The whole command line, for those who describe it.
pub(crate) fn description() -> clap::Command {
    <CommandLine as clap::CommandFactory>::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        description().debug_assert();
    }
}
