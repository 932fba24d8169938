//! `sluice check`: what is wrong with plans, and what right ones will do.

mod effort;
mod expected;
mod groups;
pub(crate) mod pipeline;
mod power;
mod price;
mod report;
mod show;
mod told;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use sluice_core::plan::Plan;
use sluice_core::problems::Problems;
use sluice_gates::validate::check_expression;

use self::expected::{Expected, ExpectedArguments};
use self::pipeline::PipelineChecked;
use self::power::Estimate;
use crate::{exit, plan_file};

/// Name every mistake in plans, with the mend, and say what they will do
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The plans, usually `sluice.yaml`; `-` reads standard input
    #[arg(required = true, value_name = "PLAN")]
    plans: Vec<PathBuf>,
    /// Hold the plans against this pipeline: what `aws codepipeline get-pipeline`
    /// prints, or a CloudFormation template in JSON
    #[arg(long, value_name = "FILE")]
    pipeline: Option<PathBuf>,
    /// Print one JSON document instead of text
    #[arg(long)]
    json: bool,
    /// Print mistakes and warnings only
    #[arg(long, short, conflicts_with = "json")]
    quiet: bool,
    #[command(flatten)]
    expected: ExpectedArguments,
}

/// What came of one plan.
struct Checked {
    /// What it is called in messages.
    file: String,
    /// Its text, if it could be read.
    text: Option<String>,
    /// The plan, unless it has mistakes.
    plan: Option<Plan>,
    /// Its mistakes; of a plan without any, its warnings.
    problems: Problems,
    /// How long canaries will take to pass, by stage and gate, if it was asked.
    estimates: Vec<(String, String, Estimate)>,
    /// What the pipeline makes of it, if it was asked.
    pipeline: Option<PipelineChecked>,
}

impl Checked {
    /// The estimate of a gate.
    fn estimate(&self, stage: &str, gate: &str) -> Option<&Estimate> {
        let mut all = self.estimates.iter();
        all.find(|(of_stage, of_gate, _)| of_stage == stage && of_gate == gate)
            .map(|(_, _, estimate)| estimate)
    }

    /// Adds what a pipeline makes of the plan.
    fn in_pipeline(mut self, path: Option<&Path>) -> Checked {
        self.pipeline = path.map(|path| PipelineChecked::of(path, self.plan.as_ref()));
        self
    }

    /// Whether gates could answer with it.
    fn is_ok(&self) -> bool {
        let pipeline = self.pipeline.as_ref();
        self.plan.is_some() && pipeline.is_none_or(PipelineChecked::is_ok)
    }

    /// Adds what the expected traffic means for each canary.
    fn expecting(mut self, expected: Option<&Expected>) -> Checked {
        if let (Some(expected), Some(plan)) = (expected, &self.plan) {
            for estimated in power::of_plan(plan, expected) {
                if let Some(warning) = estimated.warning {
                    self.problems.push(warning);
                }
                let place = (estimated.stage, estimated.gate, estimated.estimate);
                self.estimates.push(place);
            }
        }
        self
    }
}

/// Runs the command, and gives its exit code: a plan with mistakes is one that
/// no gate could answer with.
///
/// # Errors
///
/// Where its output cannot be written.
pub fn run(arguments: &CheckArguments) -> io::Result<u8> {
    let from_input = |path: &&PathBuf| path.as_os_str() == plan_file::STANDARD_INPUT;
    if arguments.plans.iter().filter(from_input).count() > 1 {
        writeln!(
            anstream::stderr(),
            "error: `-` can be read only once\n\n  hint: write it one time"
        )?;
        return Ok(exit::USAGE);
    }
    let expected = arguments.expected.read();
    let checked: Vec<Checked> = arguments
        .plans
        .iter()
        .map(|path| check(path).expecting(expected.as_ref()))
        .map(|checked| checked.in_pipeline(arguments.pipeline.as_deref()))
        .collect();
    if arguments.json {
        writeln!(io::stdout(), "{:#}", report::document(&checked))?;
    } else {
        let text = show::text(&checked, arguments.quiet);
        anstream::stdout().write_all(text.as_bytes())?;
        for pipeline in checked
            .iter()
            .filter_map(|checked| checked.pipeline.as_ref())
        {
            let text = pipeline.text(arguments.quiet);
            anstream::stdout().write_all(text.as_bytes())?;
        }
    }
    if checked.iter().all(Checked::is_ok) {
        Ok(exit::PASS)
    } else {
        Ok(exit::GATE_ERROR)
    }
}

fn check(path: &Path) -> Checked {
    let file = plan_file::label(path);
    let text = match plan_file::read(path) {
        Ok(text) => text,
        Err(problem) => {
            return Checked {
                file,
                text: None,
                plan: None,
                problems: problem.into(),
                estimates: Vec::new(),
                pipeline: None,
            };
        }
    };
    let (plan, problems) = match Plan::read_yaml_checked(&text, check_expression) {
        Ok((plan, warnings)) => (Some(plan), warnings),
        Err(mistakes) => (None, mistakes),
    };
    Checked {
        file,
        text: Some(text),
        plan,
        problems,
        estimates: Vec::new(),
        pipeline: None,
    }
}
