//! Which of the ways back that a plan can name a pipeline leaves open.

use sluice_core::plan::{RollBack, StagePlan};
use sluice_core::problems::Problem;

use super::WaysBack;
use super::definition::{Definition, Stage};

/// What stands in the way of each way back; `None` where nothing does.
struct Obstacles {
    native: Option<String>,
    stage: Option<String>,
    codedeploy: Option<String>,
}

/// What is wrong with the plan's choice for a stage, and what it could be.
pub(super) fn check(definition: &Definition, plan: &StagePlan) -> (Vec<Problem>, WaysBack) {
    let stage = definition.stage(&plan.name);
    let stage = stage.expect("whoever calls this has found it");
    let obstacles = obstacles(definition, stage);
    let chosen = &plan.policies.on_fail.roll_back;
    let path = format!("stages.{}.on_fail.roll_back", plan.name);
    let problems = problems(stage, chosen, &obstacles);
    let ways = WaysBack {
        stage: plan.name.clone(),
        chosen: chosen.by(),
        possible: possible(&obstacles),
    };
    let problems = problems
        .into_iter()
        .map(|problem| problem.path(path.clone()));
    (problems.collect(), ways)
}

fn obstacles(definition: &Definition, stage: &Stage) -> Obstacles {
    let is_first = definition
        .stages
        .first()
        .is_some_and(|first| first.name == stage.name);
    let all = if is_first {
        Some("CodePipeline does not roll back the first stage".to_owned())
    } else if definition.mode == "PARALLEL" {
        Some("CodePipeline rolls nothing back in a pipeline of mode PARALLEL".to_owned())
    } else if definition.kind != "V2" {
        let kind = &definition.kind;
        Some(format!(
            "a pipeline of type {kind} rolls no stage back; V2 does"
        ))
    } else {
        None
    };
    let native =
        (!stage.rolls_back()).then(|| "the stage has no `onFailure.result: ROLLBACK`".to_owned());
    let conflict = stage.rolls_back().then(|| {
        "the stage has `onFailure.result: ROLLBACK`, so that CodePipeline and Sluice would both roll it back".to_owned()
    });
    let deploys = |provider: &str| {
        stage
            .actions
            .iter()
            .any(|action| action.provider == provider)
    };
    let with_codedeploy = deploys("CodeDeploy") || deploys("CodeDeployToECS");
    Obstacles {
        native: all.clone().or(native),
        stage: all.or(conflict),
        codedeploy: (!with_codedeploy).then(|| "the stage has no action of CodeDeploy".to_owned()),
    }
}

fn problems(stage: &Stage, chosen: &RollBack, obstacles: &Obstacles) -> Vec<Problem> {
    let mut problems = Vec::new();
    let obstacle = match chosen {
        RollBack::Native => &obstacles.native,
        RollBack::Stage => &obstacles.stage,
        RollBack::CodeDeploy => &obstacles.codedeploy,
        RollBack::No | RollBack::StateMachine(_) | RollBack::Lambda(_) => &None,
    };
    if let Some(why) = obstacle {
        let others = match possible(obstacles)[..] {
            [] => "no other way back is open here: `roll_back: no` holds the release".to_owned(),
            ref open => format!(
                "change the pipeline, or take what it leaves open: `{}`",
                open.join("`, `")
            ),
        };
        let message = format!("`{}` is not possible: {why}", chosen.by());
        problems.push(Problem::error(message).hint(others));
    }
    if stage.rolls_back() && *chosen != RollBack::Stage {
        problems.push(also_undecided());
    }
    problems
}

/// CodePipeline knows no difference between a fail and the others.
fn also_undecided() -> Problem {
    Problem::warning(
        "the stage has `onFailure.result: ROLLBACK`: CodePipeline rolls it back for every failed action, also where a gate \
         is inconclusive or could not answer"
            .into(),
    )
    .hint("an outage of CloudWatch then rolls good releases back; `roll_back: stage` without `onFailure` does not".into())
}

fn possible(obstacles: &Obstacles) -> Vec<&'static str> {
    let all = [
        ("native", &obstacles.native),
        ("stage", &obstacles.stage),
        ("codedeploy", &obstacles.codedeploy),
    ];
    let open = all.into_iter().filter(|(_, obstacle)| obstacle.is_none());
    open.map(|(word, _)| word).collect()
}
