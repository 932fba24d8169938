//! `sluice test`: the HTTP tests of a plan, from where one sits.
//!
//! The engine is the one behind the gate `validate`. Tests of other kinds
//! start something in an account, and are left to the gate; a secret has to be
//! given, because whose it would be is not known here.

mod show;
mod variables;

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use sluice_aws::Outside;
use sluice_core::plan::{GatePlan, GateSettings, Plan};
use sluice_core::settings::{TestKind, Validate};
use sluice_core::validate::{TestResult, ended};
use sluice_core::{Reason, Verdict};
use sluice_gates::validate::http::{Event, Run, run as run_tests};

use crate::{exit, plan_file};

/// Run the HTTP tests of a plan from here, with the engine of the gate `validate`
///
/// Tests of other kinds start something in AWS and are not run. Certificates
/// are checked against the machine's own roots; SSL_CERT_FILE names others.
#[derive(Debug, Args)]
pub struct TestArguments {
    /// The plan, usually `sluice.yaml`; `-` reads standard input
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// The stage whose gates are run
    #[arg(long, value_name = "STAGE")]
    stage: String,
    /// Run only the gate of this name
    #[arg(long, value_name = "NAME")]
    gate: Option<String>,
    /// Give a variable a value, whatever the plan says; `release.id` too
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<String>,
    /// Give a variable the content of a file, as a secret that is never shown
    #[arg(long = "secret", value_name = "NAME=FILE")]
    secrets: Vec<String>,
    /// Print one JSON document instead of text
    #[arg(long)]
    json: bool,
    /// Write the results here as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// What came of one gate's tests.
struct Tested<'a> {
    gate: &'a str,
    results: Vec<TestResult>,
    /// Names of tests of other kinds.
    not_run: Vec<String>,
    verdict: Verdict,
    reasons: Vec<Reason>,
}

/// Runs the command, and gives its exit code.
///
/// # Errors
///
/// Where its output cannot be written.
pub fn run(arguments: &TestArguments) -> io::Result<u8> {
    match tested(arguments) {
        Ok(code) => code,
        Err((message, code)) => {
            writeln!(anstream::stderr(), "{message}")?;
            Ok(code)
        }
    }
}

/// A message for people, and the exit code that goes with it.
type Stopped = (String, u8);

fn tested(arguments: &TestArguments) -> Result<io::Result<u8>, Stopped> {
    let cannot = |message| (message, exit::GATE_ERROR);
    let (plan, _) = plan_file::load(&arguments.plan).map_err(cannot)?;
    let gates = gates(&plan, arguments).map_err(cannot)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| cannot(format!("error: cannot start: {error}")))?;
    let mut all = Vec::new();
    for (gate, settings) in gates {
        let given = variables::Given {
            plan: &plan,
            stage: &arguments.stage,
            variables: &arguments.variables,
            secrets: &arguments.secrets,
        };
        let variables = given.of(settings)?;
        let run = Run {
            outside: Outside::network(settings.addresses(), &[]),
            variables,
            at_once: settings.at_once(),
            at_most: Duration::from_secs(u64::from(settings.at_most().as_seconds())),
            goes_on: false,
            now: Timestamp::now(),
        };
        let results = runtime.block_on(run_tests(settings, &[], &run, &progress));
        all.push(Tested::of(gate, settings, results));
    }
    Ok(finish(arguments, &all))
}

/// A line for each test that has ended; whoever reads the output is not
/// bothered by it.
fn progress(event: Event<'_>) {
    if let Event::Ended(result) = event {
        // Nobody has to read it.
        let _ = writeln!(anstream::stderr(), "{}", show::line(result));
    }
}

fn finish(arguments: &TestArguments, all: &[Tested<'_>]) -> io::Result<u8> {
    if let Some(path) = &arguments.junit {
        let suites: Vec<(&str, &[TestResult])> = all
            .iter()
            .map(|tested| (tested.gate, tested.results.as_slice()))
            .collect();
        if let Err(error) = fs::write(path, sluice_report::junit(&suites)) {
            let path = path.display();
            writeln!(
                anstream::stderr(),
                "error: {path}: cannot be written: {error}"
            )?;
            return Ok(exit::GATE_ERROR);
        }
    }
    if arguments.json {
        writeln!(io::stdout(), "{:#}", show::document(all))?;
    } else {
        anstream::stdout().write_all(show::text(all).as_bytes())?;
    }
    let codes = all.iter().map(Tested::code);
    Ok(codes
        .max_by_key(|code| exit::severity(*code))
        .unwrap_or(exit::GATE_ERROR))
}

impl<'a> Tested<'a> {
    fn of(gate: &'a str, settings: &Validate, results: Vec<TestResult>) -> Tested<'a> {
        let others = settings.tests().into_iter();
        let not_run = others.filter(|test| !matches!(test.kind, TestKind::Http(_)));
        let not_run = not_run.map(|test| test.name).collect();
        let (verdict, reasons) = ended(&results);
        Tested {
            gate,
            results,
            not_run,
            verdict,
            reasons,
        }
    }

    fn code(&self) -> u8 {
        exit::of(self.verdict)
    }
}

/// The gates that are run: those of the kind `validate`.
fn gates<'a>(
    plan: &'a Plan,
    arguments: &TestArguments,
) -> Result<Vec<(&'a str, &'a Validate)>, String> {
    let stage = &arguments.stage;
    let not_there =
        |error: sluice_core::plan::NotInPlan| format!("error: {error}\n  hint: {}", error.hint());
    let found: Vec<&GatePlan> = match &arguments.gate {
        Some(gate) => vec![plan.find(stage, gate).map_err(not_there)?.1],
        None => match plan.stages.iter().find(|own| own.name == *stage) {
            Some(own) => own.gates.iter().collect(),
            None => return Err(plan.find(stage, "").err().map_or(String::new(), not_there)),
        },
    };
    let validates: Vec<(&str, &Validate)> = found
        .into_iter()
        .filter_map(|gate| match &gate.settings {
            GateSettings::Validate(validate) => Some((gate.name.as_str(), validate)),
            _ => None,
        })
        .filter(|(_, validate)| !validate.http.is_empty())
        .collect();
    if validates.is_empty() {
        return Err(format!(
            "error: there is no HTTP test to run in stage `{stage}`\n  hint: write one under \
             `validate: {{ http: [...] }}`"
        ));
    }
    Ok(validates)
}
