//! Whether a pipeline calls the gates of a stage where they can judge.

use sluice_core::plan::{GatePlan, GateSettings, StagePlan};
use sluice_core::problems::Problem;

use super::calls::{Call, RELEASE, of_gate};
use super::definition::{Definition, Stage};

/// What is wrong with a stage of the plan in this pipeline.
pub(super) fn check(definition: &Definition, plan: &StagePlan) -> Vec<Problem> {
    let Some(stage) = definition.stage(&plan.name) else {
        return vec![missing(definition, &plan.name)];
    };
    let mut problems = Vec::new();
    for gate in &plan.gates {
        let calls = of_gate(definition, &plan.name, &gate.name);
        if calls.is_empty() {
            problems.push(never_called(&plan.name, gate));
        }
        for call in &calls {
            problems.extend(order(stage, gate, call));
        }
        if deployed_elsewhere(stage, gate) {
            problems.push(alone(stage, gate));
        }
    }
    problems.extend(parameters(definition, &plan.name));
    problems
}

fn missing(definition: &Definition, name: &str) -> Problem {
    let names: Vec<&str> = definition
        .stages
        .iter()
        .map(|stage| stage.name.as_str())
        .collect();
    let distance =
        |other: &&&str| strsim::damerau_levenshtein(&name.to_lowercase(), &other.to_lowercase());
    let near = names.iter().min_by_key(distance);
    let near = near.filter(|near| distance(near) <= (name.chars().count() / 2).max(2));
    let listed = names.join("`, `");
    let hint = match near {
        Some(near) => format!("perhaps `{near}`; its stages are `{listed}`"),
        None => format!("its stages are `{listed}`"),
    };
    Problem::error(format!(
        "the pipeline has no stage `{name}`, which the plan names"
    ))
    .path(format!("stages.{name}"))
    .hint(hint)
}

fn never_called(stage: &str, gate: &GatePlan) -> Problem {
    let (name, kind) = (&gate.name, gate.settings.kind());
    Problem::error(format!("no action calls the gate `{name}`, so it stops nothing"))
        .path(format!("stages.{stage}.{name}"))
        .hint(format!(
            "add a Lambda action that invokes `sluice-{}` to the stage, with the UserParameters \
             {{\"pipeline\":\"NAME\",\"release\":\"{RELEASE}\",\"stage\":\"{stage}\",\"gate\":\"{name}\"}}",
            if kind == "clear" { "bake" } else { kind }
        ))
}

/// Whether the action runs where its gate can judge.
fn order(stage: &Stage, gate: &GatePlan, call: &Call<'_>) -> Option<Problem> {
    let before = matches!(gate.settings, GateSettings::Clear(_));
    let what = misplaced(stage, before, call)?;
    let mend = if before { "a lower" } else { "a higher" };
    let problem = Problem::error(format!("the action `{}` {what}", call.place()));
    let path = format!("stages.{}.{}", stage.name, gate.name);
    Some(problem.path(path).hint(format!(
        "put it into the stage of the deployment, with {mend} runOrder than that has"
    )))
}

/// What is wrong with an action's place. Gates that look `before` a deployment
/// end before it begins, others begin when it has ended.
fn misplaced(stage: &Stage, before: bool, call: &Call<'_>) -> Option<String> {
    if call.stage.name != stage.name {
        let own = &call.stage.name;
        return Some(format!("is in stage `{own}`, not in `{}`", stage.name));
    }
    let own = call.action.run_order;
    let orders = || stage.deployments().map(|deployment| deployment.run_order);
    if before {
        let first = orders().min().filter(|first| own >= *first)?;
        Some(format!(
            "has runOrder {own}: the deployment has {first}, and has begun by then"
        ))
    } else {
        let last = orders().max().filter(|last| own <= *last)?;
        Some(format!(
            "has runOrder {own}: the deployment has {last}, and has not ended by then"
        ))
    }
}

/// Whether the stage deploys nothing, as far as categories say so.
fn deployed_elsewhere(stage: &Stage, gate: &GatePlan) -> bool {
    !matches!(gate.settings, GateSettings::Clear(_)) && stage.deployments().next().is_none()
}

fn alone(stage: &Stage, gate: &GatePlan) -> Problem {
    Problem::warning(
        "no action of category Deploy is in this stage: CodePipeline lets the next release into the stage that deploys \
         while this gate looks"
            .into(),
    )
    .path(format!("stages.{}.{}", stage.name, gate.name))
    .hint("put the gate into the stage of its deployment, at a later runOrder; if another kind of action deploys here, all is well".into())
}

/// What is wrong with what actions say to the gates of a stage.
fn parameters(definition: &Definition, stage: &str) -> Vec<Problem> {
    let calls = super::calls::calls(definition);
    let mut problems = Vec::new();
    for call in calls.filter(|call| call.of_stage() == stage) {
        let place = call.place();
        let problem = |message: String, hint: String| {
            let message = format!("the action `{place}` {message}");
            let made = if call.unchecked() {
                Problem::warning(message)
            } else {
                Problem::error(message)
            };
            made.path(format!("stages.{stage}")).hint(hint)
        };
        let own = definition.name.as_deref();
        match (call.said("pipeline"), own) {
            (None, _) => problems.push(problem(
                "does not say `pipeline`".into(),
                format!("add \"pipeline\":\"{}\"", own.unwrap_or("NAME")),
            )),
            (Some(said), Some(own)) if said != own && !said.contains("${") => {
                problems.push(problem(
                    format!("says pipeline `{said}`, and this is `{own}`"),
                    format!("write \"pipeline\":\"{own}\""),
                ))
            }
            _ => {}
        }
        if call.said("release") != Some(RELEASE) {
            problems.push(problem(
                "does not name its own release".into(),
                format!("write \"release\":\"{RELEASE}\""),
            ));
        }
        if call.said("stage").is_none() {
            problems.push(problem(
                "does not say `stage`".into(),
                format!("add \"stage\":\"{stage}\""),
            ));
        }
        let text = call
            .action
            .user_parameters
            .as_ref()
            .or(call.action.input.as_ref());
        if definition.kind != "V2" && text.is_some_and(|text| text.contains("#{variables.")) {
            problems.push(problem(
                format!(
                    "uses a variable of the pipeline, which one of type {} has not",
                    definition.kind
                ),
                "set `pipelineType` to `V2`".into(),
            ));
        }
    }
    problems
}
