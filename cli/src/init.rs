//! `sluice init`: a first plan, what its pipeline needs, and the role that its
//! gates read with, from a few questions.
//!
//! Every answer can be a flag. [`asked`] turns flags and answers into
//! [`answers::Answers`], the pure [`plan`], [`pipeline`] and [`role`] turn
//! these into texts, [`files`] writes them all or none. Gates begin by only
//! watching. AWS is asked nothing.

mod answers;
mod ask;
mod asked;
mod check;
mod files;
mod next;
mod pipeline;
mod plan;
mod role;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use sluice_core::plan::Plan;
use sluice_gates::validate::check_expression;

use self::answers::{Answers, CanaryBy, Form, GateKind, TrafficBy};
use self::ask::Asking;
use self::files::Written;
use crate::exit;
use crate::region::Stopped;

const MORE_HELP: &str = "\
Exit codes:
  0   the files are written, or printed
  3   a file is in the way, or cannot be written
  64  wrong usage; flags are missing, and there is no terminal to ask in";

/// Write a first plan, what its pipeline needs, and a role for its gates
///
/// Asks for what no flag says. The gates begin by only watching.
#[derive(Debug, Args)]
#[command(after_help = MORE_HELP)]
pub struct InitArguments {
    /// The service, as its evidence is filed under [default: the folder's name]
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// The pipeline that releases it [default: as the service]
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
    /// The stage whose releases are judged [default: prod]
    #[arg(long, value_name = "NAME")]
    stage: Option<String>,
    /// How the pipeline is written [default: cloudformation]
    #[arg(long = "for", value_name = "FORM")]
    form: Option<Form>,
    /// A gate; may be given several times [default: bake]
    #[arg(long = "gate", value_name = "GATE")]
    gates: Vec<GateKind>,
    /// bake: an alarm that has to stay quiet; may be given several times
    #[arg(long = "alarm", value_name = "NAME")]
    alarms: Vec<String>,
    /// bake: how long the alarms have to stay quiet [default: 1h]
    #[arg(long, value_name = "LENGTH")]
    bake_for: Option<String>,
    /// bake: what counts the requests, without which OK may mean that nobody
    /// came
    #[arg(long, value_name = "BY")]
    traffic: Option<TrafficBy>,
    /// bake: requests that there have to be in the whole bake [default: 100]
    #[arg(long, value_name = "COUNT")]
    at_least: Option<String>,
    /// canary: what divides the requests between the two versions
    #[arg(long, value_name = "BY")]
    canary: Option<CanaryBy>,
    /// validate: an address that answers 200 while the service is well
    #[arg(long, value_name = "URL")]
    health_url: Option<String>,
    /// alb: the load balancer, its ARN or the end of it: app/NAME/ID
    #[arg(long, value_name = "ARN")]
    load_balancer: Option<String>,
    /// alb, bake: the target group, targetgroup/NAME/ID, or `all`
    #[arg(long, value_name = "ARN")]
    target_group: Option<String>,
    /// alb, canary: the target group of the old version
    #[arg(long, value_name = "ARN")]
    baseline_target_group: Option<String>,
    /// alb, canary: the target group of the new version
    #[arg(long, value_name = "ARN")]
    canary_target_group: Option<String>,
    /// api-gateway: the name of the REST API
    #[arg(long, value_name = "NAME")]
    api: Option<String>,
    /// api-gateway: its stage [default: prod]
    #[arg(long, value_name = "NAME")]
    api_stage: Option<String>,
    /// lambda, lambda-alias: the function
    #[arg(long, value_name = "NAME")]
    function: Option<String>,
    /// lambda, lambda-alias: the alias that people use [default: live]
    #[arg(long, value_name = "NAME")]
    alias: Option<String>,
    /// The account of alarms and metrics, for the role that they are read
    /// with; `none` reads with the roles of Sluice's own functions
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// The stack that Sluice is installed as [default: sluice]
    #[arg(long, value_name = "NAME")]
    sluice_stack: Option<String>,
    /// The artifact with the plan at its root [default: source]
    #[arg(long, value_name = "NAME")]
    artifact: Option<String>,
    /// The run order of the first gate, after the deployment's [default: 2]
    #[arg(long, value_name = "NUMBER")]
    run_order: Option<String>,
    /// Where the files are written
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
    /// Take the default of every question that has one
    #[arg(long)]
    yes: bool,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
    /// Print what would be written
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command, and gives its exit code.
///
/// # Errors
///
/// Where its output cannot be written.
pub fn run(arguments: &InitArguments) -> io::Result<u8> {
    match made(arguments) {
        Ok(text) => {
            anstream::stdout().write_all(text.as_bytes())?;
            Ok(exit::PASS)
        }
        Err(stopped) => stopped.tell(),
    }
}

/// What is printed at the end.
fn made(arguments: &InitArguments) -> Result<String, Stopped> {
    let to_disk = !arguments.dry_run;
    if to_disk && !arguments.force {
        // Before anybody answers questions in vain.
        files::free(&arguments.folder, &files::NAMES)?;
    }
    let mut asking = Asking::new(arguments.yes);
    let answers = asked::answers(arguments, &mut asking)?;
    let all = texts(&answers)?;
    if !to_disk {
        return Ok(files::shown(&all));
    }
    files::write(&arguments.folder, &all, arguments.force)?;
    Ok(next::steps(&answers, &all, &arguments.folder))
}

/// The files, the plan first.
fn texts(answers: &Answers) -> Result<Vec<Written>, Stopped> {
    let plan = plan::text(answers);
    if let Err(problems) = Plan::read_yaml_checked(&plan, check_expression) {
        let error = format!(
            "these answers make no plan:\n{}",
            problems.render(files::PLAN, Some(&plan))
        );
        return Err(Stopped::usage(error, "answer otherwise"));
    }
    let mut all = vec![
        Written::new(files::PLAN, plan),
        Written::new(files::pipeline(answers.form), pipeline::text(answers)),
    ];
    all.extend(role::text(answers).map(|text| Written::new(files::ROLE, text)));
    Ok(all)
}
