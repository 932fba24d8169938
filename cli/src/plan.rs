//! `sluice plan`: what the plan store requires, who wrote it, and changing it.

mod change;
mod effect;
mod folder;
mod history;
mod place;
mod show;
mod values;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use sluice_core::GateError;
use sluice_core::layers::{Scope, ScopeError};

use crate::exit;
use crate::lines::folded;

const MORE_HELP: &str = "\
A scope is `organisation`, `stage:PATTERN` or `service:NAME`. Region and
credentials of the table come from the environment, as AWS's tools read them.

Exit codes:
  0   done
  3   a plan that cannot be used, a change that was refused, or AWS refusing
  64  wrong usage";

/// Show, compare and change the plans that hold for services at stages
#[derive(Debug, Args)]
#[command(after_help = MORE_HELP)]
pub struct PlanArguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print what holds for a service at a stage
    Show(AskedArguments),
    /// Print it line by line, with the layer that each value comes from
    Why(AskedArguments),
    /// Print what a push would change, and whom it would break
    Diff(DiffArguments),
    /// Write a new version of a scope
    Push(PushArguments),
    /// Print who changed a scope, when and why
    History(HistoryArguments),
}

/// Where the layers are.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct PlaceArguments {
    /// The plan store's table [default: SLUICE_PLANS_TABLE of the environment]
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// A folder in place of a table: organisation.yaml, stage-*.yaml and
    /// service-*.yaml
    #[arg(long, value_name = "FOLDER")]
    layers: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct AskedArguments {
    /// The service
    service: String,
    /// The stage, by its name in the pipeline
    stage: String,
    /// The pipeline, which the service has to be bound to
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
    /// The plan that the release's artifact would bring, usually `sluice.yaml`
    #[arg(long, value_name = "FILE")]
    artifact: Option<PathBuf>,
    /// Print one JSON document instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: PlaceArguments,
}

#[derive(Debug, Args)]
struct DiffArguments {
    /// Whom the layer is for
    #[arg(value_parser = scope)]
    scope: Scope,
    /// What would be pushed
    file: PathBuf,
    #[command(flatten)]
    place: PlaceArguments,
}

#[derive(Debug, Args)]
struct PushArguments {
    /// Whom the layer is for
    #[arg(value_parser = scope)]
    scope: Scope,
    /// What is to hold
    file: PathBuf,
    /// Why, for whoever asks later
    #[arg(long, value_name = "TEXT")]
    why: String,
    /// Who changes it [default: you, as user@host]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Refuse if another version than this one holds; 0 is none
    #[arg(long, value_name = "VERSION")]
    over: Option<u32>,
    #[command(flatten)]
    place: PlaceArguments,
}

#[derive(Debug, Args)]
struct HistoryArguments {
    /// Whom the layer is for
    #[arg(value_parser = scope)]
    scope: Scope,
    /// Print one JSON document instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: PlaceArguments,
}

fn scope(text: &str) -> Result<Scope, String> {
    let told = |error: ScopeError| format!("{error}: {}", error.hint());
    text.parse().map_err(told)
}

/// Runs the command, and gives its exit code.
///
/// # Errors
///
/// Where its output cannot be written.
pub fn run(arguments: &PlanArguments) -> io::Result<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let done = runtime.block_on(async {
        match &arguments.command {
            Command::Show(asked) => show::show(asked).await,
            Command::Why(asked) => show::why(asked).await,
            Command::Diff(arguments) => change::diff(arguments).await,
            Command::Push(arguments) => change::push(arguments).await,
            Command::History(arguments) => history::history(arguments).await,
        }
    });
    match done {
        Ok(text) => {
            anstream::stdout().write_all(text.as_bytes())?;
            Ok(exit::PASS)
        }
        Err(refused) => {
            writeln!(anstream::stderr(), "{}", refused.text.trim_end())?;
            Ok(refused.code)
        }
    }
}

/// Why the command did nothing.
struct Refused {
    text: String,
    code: u8,
}

impl Refused {
    /// What is wrong, and what to do about it.
    fn new(message: &str, hint: &str) -> Refused {
        let message: Vec<String> = message
            .lines()
            .enumerate()
            .map(|(index, line)| folded(line, if index == 0 { "error: " } else { "  " }, "  "))
            .collect();
        let hint = folded(hint, "  hint: ", "    ");
        Refused {
            text: format!("{}\n\n{hint}", message.join("\n")),
            code: exit::GATE_ERROR,
        }
    }

    /// Wrong usage.
    fn usage(message: &str, hint: &str) -> Refused {
        Refused {
            code: exit::USAGE,
            ..Refused::new(message, hint)
        }
    }

    /// Text that is made for people already.
    fn told(text: String) -> Refused {
        Refused {
            text,
            code: exit::GATE_ERROR,
        }
    }
}

impl From<GateError> for Refused {
    fn from(error: GateError) -> Refused {
        let hint = format!("{}; more: docs/errors/{}.md", error.hint(), error.name());
        Refused::new(&format!("{}: {error}", error.name()), &hint)
    }
}
