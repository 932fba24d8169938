//! `sluice rehearse`: a release of the plan's service in a simulated AWS.

mod broken;
mod report;
mod series;
pub(crate) mod show;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use clap::Args;
use sluice_core::Duration;
use sluice_core::plan::Plan;
use sluice_world::Scenario;
use sluice_world::codepipeline::ExecutionStatus;

use crate::assumptions_file::assume;
use crate::exit;
use crate::pages;
use crate::plan_file;
use crate::rehearsal::{Line, Rehearsed, rehearse};
use crate::scenario_file;

/// Rehearse a release of the plan's service in a simulated AWS, in virtual time
#[derive(Debug, Args)]
pub struct RehearseArguments {
    /// The plan, usually `sluice.yaml`
    #[arg(required_unless_present = "faults", requires = "scenario")]
    plan: Option<PathBuf>,
    /// What happens in the world
    #[arg(long, value_name = "FILE", requires = "plan")]
    scenario: Option<PathBuf>,
    /// Print one JSON document instead of a timeline
    #[arg(long)]
    json: bool,
    /// Draw everything random from this number instead of the scenario's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Print every look, not only those that show something new
    #[arg(long, short)]
    verbose: bool,
    /// Print no timeline, only what came of it
    #[arg(long, short)]
    quiet: bool,
    /// Rehearse one release after another, begun at every full step of this
    /// length over the scenario's recorded series (`1h`)
    #[arg(long, value_name = "LENGTH")]
    begin_every: Option<Duration>,
    /// Periods to tell apart in the table of `--begin-every`: a JSON file with
    /// a list of [from, to], or `FILE#KEY` for one list in a map of lists
    #[arg(long, value_name = "FILE", requires = "begin_every")]
    windows: Option<String>,
    /// Write the evidence of each gate into this folder
    #[arg(long, value_name = "FOLDER", conflicts_with = "begin_every")]
    evidence: Option<PathBuf>,
    /// Break the release on purpose: faults drawn from `--seed`, and plan and
    /// scenario as well where no plan is given; says what must not be
    #[arg(long, conflicts_with_all = ["begin_every", "evidence", "html", "json", "csv"])]
    faults: bool,
    /// Write a page about each gate into this folder
    #[arg(long, value_name = "FOLDER", conflicts_with = "begin_every")]
    html: Option<PathBuf>,
    /// Have AWS behave as `sluice probe` measured
    #[arg(long, value_name = "FILE", conflicts_with = "faults")]
    assumptions: Option<PathBuf>,
    /// Take the recorded series of a metric from this file instead
    #[arg(long, value_name = "METRIC=FILE")]
    csv: Vec<String>,
}

/// Runs the command, and gives its exit code.
///
/// # Errors
///
/// Where its output cannot be written.
pub fn run(arguments: &RehearseArguments) -> io::Result<u8> {
    if arguments.faults {
        return broken::run(arguments);
    }
    let (plan, text, scenario) = match read(arguments) {
        Ok(read) => read,
        Err(message) => {
            writeln!(anstream::stderr(), "{}", message.trim_end())?;
            return Ok(exit::GATE_ERROR);
        }
    };
    if let Some(every) = arguments.begin_every {
        return series::run(arguments, &plan, &text, &scenario, every);
    }
    one(arguments, &plan, &text, scenario)
}

fn one(
    arguments: &RehearseArguments,
    plan: &Plan,
    text: &str,
    scenario: Scenario,
) -> io::Result<u8> {
    let begin = scenario.begin;
    let show_lines = !arguments.json && !arguments.quiet;
    if show_lines {
        show::heading(&mut anstream::stdout(), plan, &scenario)?;
    }
    let filter = Mutex::new(show::Filter::new(arguments.verbose));
    // What cannot be printed is told at the end: a line in the middle of a
    // rehearsal has nobody to return an error to.
    let failed: Arc<Mutex<Option<io::Error>>> = Arc::default();
    let note = Arc::clone(&failed);
    let on_line = move |line: &Line| {
        if show_lines && filter.lock().expect("printing does not panic").shows(line) {
            let printed = show::line(&mut anstream::stdout(), line, begin);
            if let Err(error) = printed {
                note.lock()
                    .expect("printing does not panic")
                    .get_or_insert(error);
            }
        }
    };
    let started = real_time();
    let done = match rehearse(plan, text, scenario, Arc::new(on_line)) {
        Ok(done) => done,
        Err(error) => {
            writeln!(anstream::stderr(), "error: {error}")?;
            return Ok(exit::GATE_ERROR);
        }
    };
    if let Some(error) = failed.lock().expect("printing does not panic").take() {
        return Err(error);
    }
    let took = started.elapsed();
    if arguments.json {
        let document = serde_json::to_string_pretty(&report::document(plan, &done))?;
        writeln!(io::stdout(), "{document}")?;
    } else {
        show::summary(&mut anstream::stdout(), plan, &done, took)?;
    }
    if let Err(message) = keep(arguments, &done) {
        writeln!(anstream::stderr(), "{message}")?;
        return Ok(exit::GATE_ERROR);
    }
    Ok(code(plan, &done))
}

/// Writes evidence and pages where they were asked for, and says where.
fn keep(arguments: &RehearseArguments, done: &Rehearsed) -> Result<(), String> {
    for end in &done.gates {
        let mut written = Vec::new();
        if let Some(folder) = &arguments.evidence {
            written.push(("evidence", pages::write_evidence(folder, &end.evidence)?));
        }
        if let Some(folder) = &arguments.html {
            written.push(("page", pages::write_into(folder, &end.evidence)?));
        }
        for (what, file) in written {
            if !arguments.json {
                writeln!(anstream::stdout(), "{what}: {}", file.display())
                    .map_err(|error| format!("error: the output cannot be written: {error}"))?;
            }
        }
    }
    Ok(())
}

/// Of several gates the worst decides: gate error, fail, inconclusive, pass.
/// A gate that never answered, and a release that got stuck, are gate errors.
fn code(plan: &Plan, done: &Rehearsed) -> u8 {
    let answered = done.gates.iter().map(|end| match end.evidence.verdict {
        None => exit::GATE_ERROR,
        Some(verdict) => exit::of(verdict),
    });
    let worst = answered
        .max_by_key(|code| exit::severity(*code))
        .unwrap_or(exit::GATE_ERROR);
    let all = plan.stages.iter().map(|stage| stage.gates.len()).sum();
    let went_through =
        done.execution.status == ExecutionStatus::Succeeded && done.gates.len() >= all;
    if worst == exit::PASS && !went_through {
        exit::GATE_ERROR
    } else {
        worst
    }
}

fn read(arguments: &RehearseArguments) -> Result<(Plan, String, Scenario), String> {
    let (Some(plan), Some(scenario)) = (&arguments.plan, &arguments.scenario) else {
        return Err("error: name a plan and its `--scenario`".to_owned());
    };
    let (plan, text) = plan_file::load(plan)?;
    let mut scenario = scenario_file::load(scenario)?;
    assume(&mut scenario, arguments.assumptions.as_deref())?;
    for pair in &arguments.csv {
        let (key, file) = pair
            .split_once('=')
            .ok_or_else(|| format!("error: `--csv {pair}`: write `METRIC=FILE`"))?;
        scenario
            .replace_csv(key, file.as_ref())
            .map_err(|error| format!("error: {error}"))?;
    }
    if let Some(seed) = arguments.seed {
        scenario.seed = seed;
    }
    Ok((plan, text, scenario))
}

/// How long the rehearsal itself takes is the one thing that is measured in
/// real time.
#[expect(
    clippy::disallowed_methods,
    reason = "the world's clock does not tell real time"
)]
fn real_time() -> std::time::Instant {
    std::time::Instant::now()
}
