//! `sluice check --pipeline`: whether a pipeline calls the gates of a plan,
//! where they can judge, and which ways back it leaves open.
//!
//! The pipeline is what `aws codepipeline get-pipeline` prints, or a template
//! of CloudFormation in JSON. [`definition`] reads it, [`stages`] and
//! [`rollback`] are the rules, and pure.

mod calls;
mod definition;
mod rollback;
mod show;
mod stages;
#[cfg(test)]
mod tests;

use std::path::Path;

use serde_json::{Value, json};
use sluice_core::plan::Plan;
use sluice_core::problems::{Problem, Problems};

use self::definition::Definition;
use crate::plan_file;

/// What came of a pipeline under a plan.
pub(super) struct PipelineChecked {
    file: String,
    /// `pipeline checkout, V2, SUPERSEDED`; not there if it cannot be read.
    about: Option<String>,
    problems: Problems,
    /// For each stage of the plan: how it goes back, and how it could.
    ways_back: Vec<WaysBack>,
}

/// An action that calls gates of a pipeline that is there.
pub(crate) struct Called {
    /// As people find it: `stage/action`.
    pub(crate) place: String,
    /// A function's name, or the ARN of a state machine.
    pub(crate) target: String,
    /// Not there: the pipeline's own.
    pub(crate) region: Option<String>,
}

/// What is wrong with a pipeline as AWS tells it, and who calls gates in it.
pub(crate) fn live(document: &Value, plan: Option<&Plan>) -> (Problems, Vec<Called>) {
    let definition = match Definition::read(document) {
        Ok(definition) => definition,
        Err(problem) => return (problem.into(), Vec::new()),
    };
    let called = calls::calls(&definition).filter_map(|call| {
        Some(Called {
            place: call.place(),
            target: call.action.target.clone()?,
            region: call.action.region.clone(),
        })
    });
    let called = called.collect();
    (checked(String::new(), &definition, plan).problems, called)
}

/// How a stage can go back to what it ran before.
struct WaysBack {
    stage: String,
    /// What the plan says of a fail.
    chosen: &'static str,
    /// What the pipeline, as it is, makes possible.
    possible: Vec<&'static str>,
}

impl PipelineChecked {
    /// Holds a pipeline against a plan.
    pub(super) fn of(path: &Path, plan: Option<&Plan>) -> PipelineChecked {
        let file = plan_file::label(path);
        match read(path) {
            Ok(definition) => checked(file, &definition, plan),
            Err(problem) => PipelineChecked {
                file,
                about: None,
                problems: problem.into(),
                ways_back: Vec::new(),
            },
        }
    }

    /// Whether nothing stands in the way.
    pub(super) fn is_ok(&self) -> bool {
        self.about.is_some() && !self.problems.has_errors()
    }

    /// For people.
    pub(super) fn text(&self, quiet: bool) -> String {
        show::text(self, quiet)
    }

    /// As JSON.
    pub(super) fn document(&self) -> Value {
        let status = match (&self.about, self.is_ok()) {
            (None, _) => "unreadable",
            (Some(_), false) => "mistakes",
            (Some(_), true) => "ok",
        };
        let ways = self.ways_back.iter().map(|ways| {
            json!({ "stage": ways.stage, "roll_back": ways.chosen, "possible": ways.possible })
        });
        json!({
            "file": self.file,
            "status": status,
            "problems": self.problems,
            "ways_back": ways.collect::<Vec<_>>(),
        })
    }
}

fn checked(file: String, definition: &Definition, plan: Option<&Plan>) -> PipelineChecked {
    let mut problems = Problems::new();
    let mut ways_back = Vec::new();
    for stage in plan.iter().flat_map(|plan| &plan.stages) {
        let found = stages::check(definition, stage);
        let known = definition.stage(&stage.name).is_some();
        found.into_iter().for_each(|problem| problems.push(problem));
        if known {
            let (found, ways) = rollback::check(definition, stage);
            found.into_iter().for_each(|problem| problems.push(problem));
            ways_back.push(ways);
        }
    }
    PipelineChecked {
        file,
        about: Some(definition.about()),
        problems,
        ways_back,
    }
}

fn read(path: &Path) -> Result<Definition, Problem> {
    let mend = "write it with `aws codepipeline get-pipeline --name NAME > pipeline.json`";
    let text = plan_file::read(path).map_err(|problem| problem.hint(mend.into()))?;
    let document: Value = serde_json::from_str(&text)
        .map_err(|error| Problem::error(format!("is not JSON: {error}")).hint(mend.into()))?;
    Definition::read(&document)
}
