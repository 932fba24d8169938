//! Whether the release that a gate judges is still in progress, and still the
//! one that is deployed.

use jiff::Timestamp;
use sluice_aws::{AwsError, Refusal};
use sluice_core::plan::GateSettings;
use sluice_core::{GateError, Reason, ReasonCode};
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
    let kind = Kind {
        rollback: state.rollback,
    };
    let over = |code, seen: String| {
        let allowed = "a gate judges the release that is deployed".to_owned();
        Ok((
            Release::Over(Reason {
                code,
                seen,
                allowed,
            }),
            Kind {
                rollback: state.rollback,
            },
        ))
    };
    let release = &ask.release;
    match state.status.as_str() {
        "InProgress" => {}
        "Stopping" => {
            return over(
                ReasonCode::ReleaseStopping,
                format!("release `{release}` is being stopped"),
            );
        }
        "Superseded" => {
            return over(
                ReasonCode::ReleaseReplaced,
                format!("release `{release}` was superseded by a later one"),
            );
        }
        other => {
            return over(
                ReasonCode::ReleaseAbandoned,
                format!("release `{release}` is not in progress, but `{other}`"),
            );
        }
    }
    if !state.parallel {
        let stages = host.aws.stage_states(&ask.pipeline).await?;
        let Some(stage) = stages.iter().find(|stage| stage.stage == ask.stage) else {
            let names: Vec<&str> = stages.iter().map(|stage| stage.stage.as_str()).collect();
            return Err(AwsError {
                operation: "codepipeline:GetPipelineState".to_owned(),
                refusal: Refusal::Code("StageNotInPipeline".to_owned()),
                message: format!(
                    "pipeline `{}` has no stage `{}`; it has `{}`",
                    ask.pipeline,
                    ask.stage,
                    names.join("`, `")
                ),
                place: Default::default(),
            });
        };
        if let Some(latest) = stage.latest.as_ref().filter(|latest| *latest != release) {
            let seen = format!("stage `{}` now runs release `{latest}`", ask.stage);
            return over(ReasonCode::ReleaseReplaced, seen);
        }
    }
    let deployed_by = match &ask.settings {
        GateSettings::Bake(bake) => bake.deployed_by.as_slice(),
        GateSettings::Canary(canary) => canary.deployed_by.as_slice(),
        GateSettings::Clear(_) => &[],
    };
    if (state.parallel || !deployed_by.is_empty())
        && let Some(other) = deployed_since(ask, deployed_by, began, host).await?
    {
        return over(
            ReasonCode::ReleaseReplaced,
            format!("release `{other}` was deployed to `{}` since", ask.stage),
        );
    }
    Ok((Release::Ours, kind))
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
