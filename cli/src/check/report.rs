//! The JSON document of `sluice check --json`.

use serde_json::{Value, json};
use sluice_core::plan::{GateSettings, Plan};

use super::Checked;
use super::effort::effort;
use super::power::Estimate;

/// All plans, in the order of the command line.
pub(super) fn document(checked: &[Checked]) -> Value {
    json!({ "plans": checked.iter().map(plan).collect::<Vec<_>>() })
}

fn plan(checked: &Checked) -> Value {
    let status = match (&checked.text, &checked.plan) {
        (None, _) => "unreadable",
        (Some(_), None) => "mistakes",
        (Some(_), Some(_)) => "ok",
    };
    let mut document = json!({
        "file": checked.file,
        "status": status,
        "problems": checked.problems,
    });
    if let Some(pipeline) = &checked.pipeline {
        document["pipeline"] = pipeline.document();
    }
    if let Some(plan) = &checked.plan {
        document["service"] = json!(plan.service);
        document["gates"] = json!(gates(checked, plan));
        if let Some(notifications) = &plan.notifications {
            document["notifications"] = json!(notifications);
        }
    }
    document
}

fn gates(checked: &Checked, plan: &Plan) -> Vec<Value> {
    let mut gates = Vec::new();
    for stage in &plan.stages {
        for gate in &stage.gates {
            let estimate = checked.estimate(&stage.name, &gate.name);
            gates.push(one(&stage.name, &gate.name, &gate.settings, estimate));
        }
    }
    gates
}

fn one(stage: &str, gate: &str, settings: &GateSettings, estimate: Option<&Estimate>) -> Value {
    let effort = effort(settings);
    let mut document = json!({
        "stage": stage,
        "gate": gate,
        "settings": settings.to_json(),
        "passes_after": effort.passes_after,
        "at_most": effort.at_most,
        "looks_every": effort.pace,
        "looks_until_pass_max": effort.looks_until(effort.passes_after),
        "looks_max": effort.looks_until(effort.at_most),
        "calls_each_look_between": effort.calls,
        "metrics_each_look": effort.metrics_each,
        "dollars_until_pass": effort.price_until(effort.passes_after).0,
        "dollars_until_at_most": effort.price_until(effort.at_most).0,
    });
    if let Some(estimate) = estimate {
        document["estimate"] = json!(estimate);
    }
    document
}
