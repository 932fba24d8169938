//! `sluice explain`: what each gate of a plan would say now.
//!
//! [`look`] has the real gates look at the account, [`seen`] tells what they
//! read, [`show`] says it. No judgement is made here. Gates that only read are
//! asked; what `validate` would start is named, and started by nobody.

mod look;
mod seen;
mod show;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use sluice_aws::Aws;
use sluice_core::Duration;
use sluice_core::plan::{GatePlan, Plan, StagePlan};

use self::look::Explained;
use crate::region::{Stopped, with_aws};
use crate::{exit, plan_file};

const MORE_HELP: &str = "\
It reads with your own credentials, and changes nothing.

Exit codes, of several gates the worst:
  0   pass, of a release that began then; gates that were not asked do not count
  1   fail
  2   inconclusive, or not yet a pass
  3   gate error, or a file or AWS that could not be read
  64  wrong usage";

/// Say what each gate of a plan would answer now, and what it saw
#[derive(Debug, Args)]
#[command(after_help = MORE_HELP)]
pub struct ExplainArguments {
    /// The plan, usually `sluice.yaml`; `-` reads standard input
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// Only this stage
    #[arg(long, value_name = "STAGE")]
    stage: Option<String>,
    /// Only gates of this name
    #[arg(long, value_name = "NAME")]
    gate: Option<String>,
    /// So long ago a release had begun, for instance 1h [default: as long as
    /// the gate needs]
    #[arg(long, value_name = "LENGTH", value_parser = ago)]
    began: Option<SignedDuration>,
    /// Read with your own credentials also where the plan names a role, which
    /// may trust only the gates' functions
    #[arg(long)]
    as_myself: bool,
    /// Print one JSON document instead of text
    #[arg(long)]
    json: bool,
}

/// `1h`, or as it is said: `1h ago`.
fn ago(text: &str) -> Result<SignedDuration, String> {
    let length = text.strip_suffix("ago").unwrap_or(text).trim();
    let length: Duration = length.parse().map_err(|error| format!("{error}"))?;
    Ok(SignedDuration::from(length))
}

/// Runs the command, and gives its exit code.
///
/// # Errors
///
/// Where its output cannot be written.
pub fn run(arguments: &ExplainArguments) -> io::Result<u8> {
    let (plan, _) = match plan_file::load(&arguments.plan) {
        Ok(loaded) => loaded,
        Err(message) => {
            writeln!(anstream::stderr(), "{message}")?;
            return Ok(exit::GATE_ERROR);
        }
    };
    let asked = gates(&plan, arguments);
    let read = asked
        .and_then(|gates| with_aws(|aws| ask(arguments, gates, aws.for_service(&plan.service))));
    match read {
        Ok((now, all)) => tell(arguments, now, &all),
        Err(stopped) => stopped.tell(),
    }
}

/// The gates that are asked, each with its stage.
fn gates<'a>(
    plan: &'a Plan,
    arguments: &ExplainArguments,
) -> Result<Vec<(&'a StagePlan, &'a GatePlan)>, Stopped> {
    let is = |own: &str, asked: &Option<String>| asked.as_ref().is_none_or(|asked| asked == own);
    let stages = plan
        .stages
        .iter()
        .filter(|own| is(&own.name, &arguments.stage));
    let gates = stages.flat_map(|stage| stage.gates.iter().map(move |gate| (stage, gate)));
    let gates: Vec<_> = gates
        .filter(|(_, own)| is(&own.name, &arguments.gate))
        .collect();
    if gates.is_empty() {
        let of = |(stage, gate): (&StagePlan, &GatePlan)| format!("{}/{}", stage.name, gate.name);
        let all = plan.stages.iter();
        let all = all.flat_map(|stage| stage.gates.iter().map(move |gate| of((stage, gate))));
        let hint = format!("its gates are {}", all.collect::<Vec<_>>().join(", "));
        return Err(Stopped::unread(
            "the plan has no such gate".to_owned(),
            &hint,
        ));
    }
    Ok(gates)
}

async fn ask(
    arguments: &ExplainArguments,
    gates: Vec<(&StagePlan, &GatePlan)>,
    aws: Aws,
) -> Result<(Timestamp, Vec<Explained>), Stopped> {
    let now = aws.now();
    let mut all = Vec::new();
    for (stage, gate) in gates {
        let explained = look::explain(&aws, stage, gate, arguments.began, arguments.as_myself);
        all.push(explained.await);
    }
    Ok((now, all))
}

fn tell(arguments: &ExplainArguments, now: Timestamp, all: &[Explained]) -> io::Result<u8> {
    if arguments.json {
        writeln!(io::stdout(), "{:#}", show::document(now, all))?;
    } else {
        anstream::stdout().write_all(show::text(now, all).as_bytes())?;
    }
    let codes = all.iter().filter_map(Explained::code);
    Ok(codes
        .max_by_key(|code| exit::severity(*code))
        .unwrap_or(exit::PASS))
}
