//! `sluice doctor`: what is wrong with an installation, a pipeline and a plan,
//! in a live account.
//!
//! Each module makes some of the checks; each check gives [`Finding`]s with
//! its name. Everything is read with the credentials of whoever runs it, and
//! nothing is changed. What could not be looked at is said, and is not well.

mod finding;
mod functions;
mod metrics;
mod pipeline;
mod plan;
mod rollback;

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use sluice_aws::Aws;
use sluice_core::plan::{GatePlan, GateSettings, Plan};
use sluice_gates::validate::check_expression;

use self::finding::{Finding, Status};
use crate::own_credentials::without_roles;
use crate::region::{Stopped, with_aws};
use crate::{exit, plan_file};

const MORE_HELP: &str = "\
It reads with your own credentials, and changes nothing. IAM is not asked what
roles may do: it tells of rights by what gates said, and by what it could read.

Exit codes:
  0   no problem; there may be warnings
  1   a problem
  3   something could not be looked at
  64  wrong usage";

/// Look at a live account and say what is wrong, with the mend
#[derive(Debug, Args)]
#[command(after_help = MORE_HELP)]
pub struct DoctorArguments {
    /// The pipeline
    #[arg(long, value_name = "NAME")]
    pipeline: String,
    /// The plan of the service that it releases
    #[arg(long, value_name = "FILE", default_value = "sluice.yaml")]
    plan: PathBuf,
    /// The stack that Sluice is installed as
    #[arg(long, value_name = "NAME", default_value = "sluice")]
    stack: String,
    /// Hold the functions' code to the zips that `make package` wrote here
    #[arg(long, value_name = "FOLDER")]
    package: Option<PathBuf>,
    /// Read with your own credentials also where the plan names a role, which
    /// may trust only the gates' functions
    #[arg(long)]
    as_myself: bool,
    /// Print one JSON document instead of text
    #[arg(long)]
    json: bool,
}

/// Runs the command, and gives its exit code.
///
/// # Errors
///
/// Where its output cannot be written.
pub fn run(arguments: &DoctorArguments) -> io::Result<u8> {
    match with_aws(|aws| looked(arguments, aws)) {
        Ok(findings) => tell(arguments, &findings),
        Err(stopped) => stopped.tell(),
    }
}

fn tell(arguments: &DoctorArguments, findings: &[Finding]) -> io::Result<u8> {
    if arguments.json {
        let document = json!({ "format": "sluice-doctor/1", "findings": findings });
        writeln!(io::stdout(), "{document:#}")?;
    } else {
        anstream::stdout().write_all(finding::text(findings).as_bytes())?;
    }
    let codes = findings.iter().map(|own| own.status.code());
    Ok(codes
        .max_by_key(|code| exit::severity(*code))
        .unwrap_or(exit::PASS))
}

async fn looked(arguments: &DoctorArguments, aws: Aws) -> Result<Vec<Finding>, Stopped> {
    let (plan, mut findings) = read_plan(arguments);
    let aws = plan
        .as_ref()
        .map_or_else(|| aws.clone(), |plan| aws.for_service(&plan.service));
    let looked = pipeline::look(&aws, &arguments.pipeline, plan.as_ref()).await;
    findings.extend(looked.findings);
    let names = functions::named(&arguments.stack, plan.as_ref(), &looked.called);
    let package = arguments.package.as_deref();
    findings.extend(functions::look(&aws, &arguments.stack, &names, package).await);
    if let Some(plan) = &plan {
        let gates = gates(plan, arguments.as_myself);
        findings.extend(plan::alarms(&aws, &gates).await);
        findings.extend(metrics::look(&aws, &gates).await);
        if let Some(version) = looked.version {
            let name = &arguments.pipeline;
            findings.extend(rollback::look(&aws, name, version, plan).await);
        }
    }
    Ok(findings)
}

/// The plan, if it is one, and what is to be said of it.
fn read_plan(arguments: &DoctorArguments) -> (Option<Plan>, Vec<Finding>) {
    let file = plan_file::label(&arguments.plan);
    let text = match plan_file::read(&arguments.plan) {
        Ok(text) => text,
        Err(problem) => {
            let mend = problem.hint.unwrap_or_default();
            let own = Finding::new(Status::Unknown, "plan", &file, &problem.message);
            return (None, vec![own.mend(&mend)]);
        }
    };
    match Plan::read_yaml_checked(&text, check_expression) {
        Ok((plan, _)) => {
            let says = format!("{} stages", plan.stages.len());
            (
                Some(plan),
                vec![Finding::new(Status::Ok, "plan", &file, &says)],
            )
        }
        Err(problems) => {
            let one = |problem: &sluice_core::problems::Problem| {
                let own = Finding::new(Status::Problem, "plan", &file, &problem.to_string());
                own.mend(
                    problem
                        .hint
                        .as_deref()
                        .unwrap_or("`sluice check` shows where"),
                )
            };
            (None, problems.iter().map(one).collect())
        }
    }
}

/// The gates of a plan, as they are read here.
fn gates(plan: &Plan, as_myself: bool) -> Vec<(String, GateSettings)> {
    let all = plan.stages.iter();
    let all = all.flat_map(|stage| stage.gates.iter().map(move |gate| (stage, gate)));
    let read = |gate: &GatePlan| match as_myself {
        true => without_roles(gate.settings.clone()),
        false => gate.settings.clone(),
    };
    all.map(|(stage, gate)| (format!("{}/{}", stage.name, gate.name), read(gate)))
        .collect()
}

/// The kinds of gates that functions serve.
fn kinds(plan: &Plan) -> BTreeSet<&'static str> {
    let gates = plan.stages.iter().flat_map(|stage| &stage.gates);
    // One function serves both gates that look at alarms.
    let kind = |gate: &GatePlan| match gate.settings.kind() {
        "clear" => "bake",
        kind => kind,
    };
    gates.map(kind).collect()
}
