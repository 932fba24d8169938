//! A rehearsal for programs: one JSON document.

use serde_json::{Value, json};
use sluice_core::plan::Plan;

use super::show::unanswered;
use crate::rehearsal::Rehearsed;

/// Everything that came of a rehearsal.
pub(super) fn document(plan: &Plan, done: &Rehearsed) -> Value {
    let run = &done.execution;
    let ended = run.ended.unwrap_or(run.began);
    json!({
        "service": plan.service,
        "release": run.id,
        "status": run.status,
        "began": run.began,
        "ended": ended,
        "took_seconds": ended.duration_since(run.began).as_secs(),
        "gates": done.gates,
        "not_run": unanswered(plan, done)
            .into_iter()
            .map(|(stage, gate)| json!({ "stage": stage, "gate": gate }))
            .collect::<Vec<_>>(),
        "aws_calls": done.calls,
    })
}
