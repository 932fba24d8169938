//! What a change does to services: whose plan no longer resolves.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sluice_core::GateError;
use sluice_core::layers::{Asked, Layer, Scope, mistold, resolve, sections};
use sluice_core::plan::ResolvedPlan;

/// A plan that a change breaks.
pub(super) struct Broken {
    /// `service checkout at stage prod`, or who is told.
    pub(super) whose: String,
    pub(super) error: String,
}

/// What `after` breaks: plans, and who is told.
pub(super) fn broken(before: &[Layer], after: &[Layer]) -> Vec<Broken> {
    let mut found = unresolved(before, after);
    found.extend(mistold_by(before, after));
    found
}

/// What sections say of channels that others say otherwise, or nobody. What
/// was wrong before is not broken by this.
fn mistold_by(before: &[Layer], after: &[Layer]) -> Vec<Broken> {
    let mut found: Vec<Broken> = Vec::new();
    let (mut services, mut stages) = (services(after), stages(after));
    // What holds for every service or stage is wrong without one, too.
    if services.is_empty() {
        services.insert("none".to_owned());
    }
    if stages.is_empty() {
        stages.insert("none".to_owned());
    }
    for (service, stage) in services
        .iter()
        .flat_map(|one| stages.iter().map(move |s| (one, s)))
    {
        let wrong = |layers: &[Layer]| mistold(&sections(&concerned(layers, service, stage)));
        let known = wrong(before);
        for error in wrong(after) {
            if !known.contains(&error) && found.iter().all(|own| own.error != error) {
                let whose = "who is told".to_owned();
                found.push(Broken { whose, error });
            }
        }
    }
    found
}

/// The layers for a service at a stage.
fn concerned(layers: &[Layer], service: &str, stage: &str) -> Vec<Layer> {
    let concern = |layer: &&Layer| match &layer.scope {
        Some(Scope::Stage(pattern)) => pattern.matches(stage),
        Some(Scope::Service(own)) => own == service,
        Some(Scope::Organisation) | None => true,
    };
    layers.iter().filter(concern).cloned().collect()
}

/// The plans that `after` breaks, of services and stages that the layers name.
fn unresolved(before: &[Layer], after: &[Layer]) -> Vec<Broken> {
    let mut found = Vec::new();
    for service in services(after) {
        for stage in stages(after) {
            let now = resolved(&service, &stage, before);
            // What holds at no stage is no mistake, and an artifact completes.
            match resolved(&service, &stage, after) {
                Err(error @ GateError::PlanLocked { .. }) if now.as_ref() != Err(&error) => {
                    let whose = format!("service {service} at stage {stage}");
                    let error = error.to_string();
                    found.push(Broken { whose, error });
                }
                _ => {}
            }
        }
    }
    found
}

fn resolved(service: &str, stage: &str, layers: &[Layer]) -> Result<ResolvedPlan, GateError> {
    let asked = Asked {
        pipeline: None,
        release: "none",
        stage,
        service,
        at: Timestamp::UNIX_EPOCH,
    };
    resolve(&asked, layers)
}

fn services(layers: &[Layer]) -> BTreeSet<String> {
    let names = layers.iter().filter_map(|layer| match &layer.scope {
        Some(Scope::Service(name)) => Some(name.clone()),
        _ => None,
    });
    names.collect()
}

/// Stages that are named in full; and for a pattern, one that it matches.
fn stages(layers: &[Layer]) -> BTreeSet<String> {
    let patterns = layers.iter().flat_map(Layer::patterns);
    patterns
        .map(|pattern| pattern.text().replace('*', "x"))
        .collect()
}
