//! Whether the release that a gate judges is still in progress, and still the
//! one that is deployed.

use jiff::Timestamp;
use sluice_aws::{AwsError, Refusal};
use sluice_core::plan::GateSettings;
use sluice_core::release::{ReleaseFacts, over};
use sluice_core::{GateError, Reason};
use sluice_gates::Ask;

use crate::Host;

/// What the check says.
pub(crate) enum Release {
    /// Still ours to judge.
    Ours,
    /// Not any more.
    Over(Reason),
    /// It could not be told at this look.
    Unknown(AwsError),
}

/// What a first look learns of the release.
pub(crate) struct Kind {
    pub(crate) rollback: bool,
    /// What CodePipeline said, as far as it was asked; `None` if it did not
    /// answer.
    pub(crate) facts: Option<ReleaseFacts>,
}

/// Asks for the release's state. `began` is the gate's first look.
pub(crate) async fn check(
    ask: &Ask,
    began: Timestamp,
    host: &Host,
) -> Result<(Release, Kind), GateError> {
    match look(ask, began, host).await {
        Ok(found) => Ok(found),
        Err(error) if error.is_passing() => Ok((
            Release::Unknown(error),
            Kind {
                rollback: ask.rollback,
                facts: None,
            },
        )),
        Err(error) => Err(mismatch(ask, error)),
    }
}

fn mismatch(ask: &Ask, error: AwsError) -> GateError {
    let detail = match &error.refusal {
        Refusal::Code(code) if code == "PipelineNotFoundException" => {
            format!(
                "there is no pipeline `{}` in this account and region",
                ask.pipeline
            )
        }
        Refusal::Code(code) if code == "PipelineExecutionNotFoundException" => {
            format!(
                "pipeline `{}` has no execution `{}`",
                ask.pipeline, ask.release
            )
        }
        Refusal::Code(code) if code == "StageNotInPipeline" => error.message,
        _ => return error.into(),
    };
    let mend = "let `pipeline`, `release` and `stage` in the action's `UserParameters` be those of the action itself; \
                `\"release_check\":\"off\"` does without, and every answer then says so"
        .to_owned();
    GateError::ReleaseMismatch { detail, mend }
}

async fn look(ask: &Ask, began: Timestamp, host: &Host) -> Result<(Release, Kind), AwsError> {
    let state = host.aws.release_state(&ask.pipeline, &ask.release).await?;
    let mut facts = ReleaseFacts {
        status: state.status,
        stage_runs: None,
        deployed_since: None,
        stopped_by: None,
    };
    // Asks for no more than the answer takes.
    let mut reason = over(&ask.release, &ask.stage, &facts);
    if reason.is_none() && !state.parallel {
        facts.stage_runs = Some(stage_runs(ask, host).await?);
        reason = over(&ask.release, &ask.stage, &facts);
    }
    let deployed_by = match &ask.settings {
        GateSettings::Bake(bake) => bake.deployed_by.as_slice(),
        GateSettings::Canary(canary) => canary.deployed_by.as_slice(),
        GateSettings::Clear(_) | GateSettings::Validate(_) => &[],
    };
    if reason.is_none() && (state.parallel || !deployed_by.is_empty()) {
        facts.deployed_since = deployed_since(ask, deployed_by, began, host).await?;
        reason = over(&ask.release, &ask.stage, &facts);
    }
    let kind = Kind {
        rollback: state.rollback,
        facts: Some(facts),
    };
    Ok((reason.map_or(Release::Ours, Release::Over), kind))
}

/// The latest execution of the stage. This release runs in it, so there is one.
async fn stage_runs(ask: &Ask, host: &Host) -> Result<String, AwsError> {
    let stages = host.aws.stage_states(&ask.pipeline).await?;
    if let Some(stage) = stages.iter().find(|stage| stage.stage == ask.stage) {
        return stage.latest.clone().ok_or_else(|| untold(&ask.stage));
    }
    let names: Vec<&str> = stages.iter().map(|stage| stage.stage.as_str()).collect();
    Err(AwsError {
        operation: "codepipeline:GetPipelineState".to_owned(),
        refusal: Refusal::Code("StageNotInPipeline".to_owned()),
        message: format!(
            "pipeline `{}` has no stage `{}`; it has `{}`",
            ask.pipeline,
            ask.stage,
            names.join("`, `")
        ),
        place: Default::default(),
        resource: None,
    })
}

fn untold(stage: &str) -> AwsError {
    AwsError {
        operation: "codepipeline:GetPipelineState".to_owned(),
        refusal: Refusal::Unavailable,
        message: format!("it does not say which release stage `{stage}` runs"),
        place: Default::default(),
        resource: None,
    }
}

/// Another release whose deploy action began after this one's.
async fn deployed_since(
    ask: &Ask,
    deployed_by: &[String],
    began: Timestamp,
    host: &Host,
) -> Result<Option<String>, AwsError> {
    let mut runs = host.aws.action_runs(&ask.pipeline, None).await?;
    runs.retain(|run| {
        if deployed_by.is_empty() {
            run.deploys && run.stage == ask.stage
        } else {
            deployed_by.contains(&format!("{}/{}", run.stage, run.action))
        }
    });
    let own = runs
        .iter()
        .filter(|run| run.release == ask.release)
        .map(|run| run.began)
        .max()
        .unwrap_or(began);
    Ok(runs
        .into_iter()
        .find(|run| run.release != ask.release && run.began > own)
        .map(|run| run.release))
}
