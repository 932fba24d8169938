//! What holds for a release of a service at a stage.

use jiff::Timestamp;

use super::document::Layer;
use super::merge::Merged;
use super::scope::Scope;
use super::sources::sources;
use crate::GateError;
use crate::plan::{FORM, ResolvedPlan, StagePlan};

/// So many gates of a stage run beside each other.
pub const GATES_AT_A_STAGE_MAX: usize = 20;

/// For which release at which stage a plan is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The pipeline; `None` where nobody releases, and somebody only asks.
    pub pipeline: Option<&'a str>,
    /// The pipeline execution's id.
    pub release: &'a str,
    /// The stage.
    pub stage: &'a str,
    /// The service.
    pub service: &'a str,
    /// When it is asked.
    pub at: Timestamp,
}

/// Puts the layers on each other, in the order of their scopes whatever order
/// they come in, and an artifact's last.
///
/// # Errors
///
/// `PlanLocked`: a layer loosens what an earlier one locks. `PlanEmpty`: no
/// gate is left to ask. `SettingsInvalid`: what they come to is no plan.
/// `ReleaseMismatch`: the service is bound to other pipelines.
pub fn resolve(asked: &Asked<'_>, layers: &[Layer]) -> Result<ResolvedPlan, GateError> {
    let mut layers: Vec<&Layer> = layers
        .iter()
        .filter(|layer| concerns(layer, asked))
        .collect();
    layers.sort_by(|one, other| {
        let key = |layer: &Layer| (layer.scope.is_none(), layer.scope.clone());
        key(one).cmp(&key(other))
    });
    for layer in &layers {
        check_binding(layer, asked)?;
    }
    let mut merged = Merged::new(asked.stage);
    for layer in layers {
        merged.put(layer)?;
    }
    let plan = read(&merged, asked)?;
    Ok(ResolvedPlan {
        resolved: FORM,
        pipeline: asked.pipeline.unwrap_or_default().to_owned(),
        release: asked.release.to_owned(),
        stage: asked.stage.to_owned(),
        service: asked.service.to_owned(),
        service_only_claimed: false,
        at: asked.at,
        from: merged.from().to_vec(),
        sources: sources(&plan, &merged.layers()),
        plan,
    })
}

/// Whether a layer is for this service at this stage.
fn concerns(layer: &Layer, asked: &Asked<'_>) -> bool {
    match &layer.scope {
        Some(Scope::Stage(pattern)) => pattern.matches(asked.stage),
        Some(Scope::Service(service)) => service == asked.service,
        Some(Scope::Organisation) | None => true,
    }
}

/// A service is released by the pipelines that it is bound to, and an
/// artifact's plan is of the service that is released.
fn check_binding(layer: &Layer, asked: &Asked<'_>) -> Result<(), GateError> {
    if let Some(pipeline) = asked.pipeline
        && !layer.pipelines.is_empty()
        && !layer.pipelines.iter().any(|own| own == pipeline)
    {
        return Err(GateError::ReleaseMismatch {
            detail: format!(
                "service `{}` is bound to `{}` by `{}`, and this release is of pipeline `{pipeline}`",
                asked.service,
                layer.pipelines.join("`, `"),
                layer.label
            ),
            mend: format!(
                "add the pipeline to `pipelines` with `sluice plan push service:{} FILE`",
                asked.service
            ),
        });
    }
    match &layer.service {
        Some(service) if service != asked.service => Err(GateError::ReleaseMismatch {
            detail: format!(
                "the artifact's plan is of service `{service}`, and this release is of service `{}`",
                asked.service
            ),
            mend: "let both name the same service".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Through the one reader, as if one person had written all of it.
fn read(merged: &Merged, asked: &Asked<'_>) -> Result<StagePlan, GateError> {
    let invalid = |problems: String| GateError::SettingsInvalid {
        place: format!(
            "the plan of service `{}` at stage `{}` (from {})",
            asked.service,
            asked.stage,
            merged.from().join(", ")
        ),
        problems,
    };
    match merged.gates() {
        0 => Err(GateError::PlanEmpty {
            service: asked.service.to_owned(),
            stage: asked.stage.to_owned(),
        }),
        more if more > GATES_AT_A_STAGE_MAX => Err(invalid(format!(
            "it has {more} gates, and at most {GATES_AT_A_STAGE_MAX} are asked at a stage"
        ))),
        _ => StagePlan::read_json(asked.stage, &merged.written())
            .map_err(|problems| invalid(problems.render("plan", None).trim_end().to_owned())),
    }
}
