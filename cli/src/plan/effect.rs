//! What a change does to services: whose plan no longer resolves.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sluice_core::GateError;
use sluice_core::layers::{Asked, Layer, Scope, resolve};
use sluice_core::plan::ResolvedPlan;

/// A plan that a change breaks.
pub(super) struct Broken {
    pub(super) service: String,
    pub(super) stage: String,
    pub(super) error: GateError,
}

/// The plans that `after` breaks, of services and stages that the layers name.
pub(super) fn broken(before: &[Layer], after: &[Layer]) -> Vec<Broken> {
    let mut found = Vec::new();
    for service in services(after) {
        for stage in stages(after) {
            let now = resolved(&service, &stage, before);
            // What holds at no stage is no mistake, and an artifact completes.
            match resolved(&service, &stage, after) {
                Err(error @ GateError::PlanLocked { .. }) if now.as_ref() != Err(&error) => {
                    let (service, stage) = (service.clone(), stage.clone());
                    found.push(Broken {
                        service,
                        stage,
                        error,
                    });
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
