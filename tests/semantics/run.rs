//! Runs a case, once for all who ask: builds plan, scenario and pipeline from it, and reads off
//! what the gate gave and what CodePipeline made of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use sluice::rehearsal::{CLAIMS_TABLE, GateEnd, Rehearsed, in_virtual_time, pipeline, run_in};
use sluice_core::Duration;
use sluice_core::evidence::Evidence;
use sluice_core::plan::Plan;
use sluice_world::codepipeline::{ActionStatus, Pipeline, Stage, Work};
use sluice_world::{Scenario, World};

use super::{Case, Traffic};

/// What a case gave.
#[derive(Clone)]
pub(crate) struct Gave {
    /// The verdict, `gate error` or `no answer`.
    pub(crate) verdict: String,
    /// The reason's or the error's fixed word.
    pub(crate) reason: String,
    /// What CodePipeline made of it, which is what the gate said.
    pub(crate) outcome: String,
    /// The time from the first look to the last.
    pub(crate) after: String,
    /// What people read.
    pub(crate) message: String,
    /// What was written down; nothing if there was no answer.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the page of the table has no use for it")
    )]
    pub(crate) evidence: Option<Evidence>,
    /// How often waivers were read.
    #[cfg_attr(not(test), expect(dead_code, reason = "as above"))]
    pub(crate) waivers_read: u64,
}

/// What a case gives.
pub(crate) fn run(case: &Case) -> Gave {
    static DONE: Mutex<BTreeMap<&str, Arc<OnceLock<Gave>>>> = Mutex::new(BTreeMap::new());
    let done = DONE
        .lock()
        .expect("nothing panics while it holds this lock");
    let own = Arc::clone({ done }.entry(case.name).or_default());
    own.get_or_init(|| run_anew(case)).clone()
}

/// The world of a case, and the pipeline of which a release runs in it. Needs
/// a runtime with virtual time.
pub(crate) fn prepared(case: &Case) -> (World, Pipeline) {
    let scenario = scenario(case);
    let mut scenario = Scenario::parse(&scenario, Path::new("."))
        .unwrap_or_else(|error| panic!("{}: {error}\n{scenario}", case.name));
    let tables = &mut scenario.tables;
    tables.entry(CLAIMS_TABLE.to_owned()).or_default();
    let text = plan(case);
    let mut pipeline = match Plan::read_yaml(&text) {
        Ok(plan) => pipeline(&plan, &text, &scenario),
        // The function has to say what is wrong with it.
        Err(_) => {
            let right = Plan::read_yaml(&plan(&super::BAKE)).expect("the base is right");
            pipeline(&right, &text, &scenario)
        }
    };
    if case.deployed_a_stage_earlier {
        deploy_a_stage_earlier(&mut pipeline);
    }
    if case.deployed_in_two_steps {
        deploy_in_two_steps(&mut pipeline);
    }
    let world = World::new(scenario);
    if let Some(prepare) = case.prepare {
        prepare(&world);
    }
    (world, pipeline)
}

/// The same, whether it was run before or not.
pub(crate) fn run_anew(case: &Case) -> Gave {
    let done = in_virtual_time(async {
        let (world, pipeline) = prepared(case);
        run_in(&world, pipeline, true, Arc::new(|_| {})).await
    });
    let done = done
        .expect("the runtime starts")
        .expect("the pipeline is accepted");
    gave(case, &done)
}

fn gave(case: &Case, done: &Rehearsed) -> Gave {
    let action = done
        .execution
        .stages
        .iter()
        .filter(|stage| stage.name == case.stage)
        .flat_map(|stage| &stage.actions)
        .find(|action| action.name == case.gate)
        .expect("the gate's action began");
    let outcome = if action.status == ActionStatus::Succeeded {
        "go"
    } else {
        "stop"
    };
    // Whole minutes: calls that are tried again take seconds.
    let since = |moment: jiff::Timestamp| {
        let seconds = Duration::from_signed(moment.duration_since(action.began)).as_seconds();
        let minutes = Duration::from_minutes(seconds / 60);
        minutes.to_string().replace("0s", "0m")
    };
    let own = |end: &&GateEnd| end.evidence.subject.release == done.execution.id;
    let ends: Vec<&GateEnd> = done.gates.iter().filter(own).collect();
    let waivers_read = done.calls.get("dynamodb:Query").copied().unwrap_or(0);
    let Some(end) = ends.first() else {
        return Gave {
            verdict: "no answer".to_owned(),
            reason: format!("{:?}", action.status),
            outcome: outcome.to_owned(),
            after: since(
                action
                    .ended
                    .expect("an action whose release ended has ended"),
            ),
            message: format!("{:?}", action.failure),
            evidence: None,
            waivers_read,
        };
    };
    assert_eq!(ends.len(), 1, "one final answer");
    let histories = done.calls.get("cloudwatch:DescribeAlarmHistory").copied();
    if matches!(case.history, "not needed" | "not read") {
        assert_eq!(histories, None, "{}: calls for history", case.name);
    }
    assert_eq!(end.evidence.decision.outcome.to_string(), outcome);
    let (verdict, reason) = match (&end.evidence.verdict, &end.evidence.gate_error) {
        (Some(verdict), None) => {
            let reason = end.evidence.reason.as_ref().expect("verdicts have reasons");
            (verdict.to_string(), reason.code.to_string())
        }
        (None, Some((name, _))) => ("gate error".to_owned(), name.clone()),
        both => panic!("a verdict or a gate error, not {both:?}"),
    };
    Gave {
        verdict,
        reason,
        outcome: outcome.to_owned(),
        after: since(end.looked.1),
        message: end.message.clone(),
        evidence: Some(end.evidence.clone()),
        waivers_read,
    }
}

/// A deploy action before the one that there is, of the same length.
fn deploy_in_two_steps(pipeline: &mut Pipeline) {
    let last = pipeline.stages.last_mut().expect("a plan has stages");
    let deploy = last
        .actions
        .iter()
        .find(|action| matches!(action.work, Work::Deploy { .. }));
    let mut first = deploy.expect("a stage has a deployment").clone();
    first.name = "deploy-first".to_owned();
    first.run_order -= 1;
    last.actions.push(first);
}

/// The deployment in a stage of its own, before that of the gate.
fn deploy_a_stage_earlier(pipeline: &mut Pipeline) {
    let last = pipeline.stages.last_mut().expect("a plan has stages");
    let (deploy, gates) = std::mem::take(&mut last.actions)
        .into_iter()
        .partition(|action| matches!(action.work, Work::Deploy { .. }));
    last.actions = gates;
    let earlier = Stage {
        name: "prod".to_owned(),
        actions: deploy,
    };
    pipeline.stages.insert(pipeline.stages.len() - 1, earlier);
}

/// The plan's settings of the gate.
pub(crate) fn settings(case: &Case) -> Vec<String> {
    let mut settings = Vec::new();
    if !case.bake_for.is_empty() {
        settings.push(format!("for: {}", case.bake_for));
    }
    if !case.alarms.is_empty() {
        settings.push(format!("alarms: {}", case.alarms));
    }
    match case.traffic {
        Traffic::NotMeasured => settings.push("traffic: not_measured".to_owned()),
        Traffic::Measured { at_least, .. } => settings.push(format!(
            "traffic: {{ metric: {{ namespace: Shop, name: Requests }}, at_least: {at_least} }}"
        )),
        Traffic::None => {}
    }
    if !case.gaps.is_empty() {
        settings.push(format!("insufficient_data: {}", case.gaps));
    }
    if !case.settings.is_empty() {
        settings.push(case.settings.to_owned());
    }
    if case.gate == "canary" {
        let says = |field| case.settings.contains(field);
        settings.push(CANARY_HORIZON.to_owned());
        if !says("preset:") {
            settings.push(CANARY_NAMESPACE.to_owned());
        }
        if !says("preset:") && !says("groups:") && !says("before_after:") {
            settings.push(CANARY_GROUPS.to_owned());
        }
        if !says("preset:") && !says("metrics:") {
            settings.push(CANARY_METRICS.to_owned());
        }
    }
    settings
}

/// What all canary gates of the page have.
const CANARY_HORIZON: &str = "horizon: 30m";

/// Where their metrics are unless a preset says it.
const CANARY_NAMESPACE: &str = "namespace: Shop";

/// Which versions they compare unless a row says otherwise.
const CANARY_GROUPS: &str = "groups: { baseline: { dimensions: { Version: old } }, \
     canary: { dimensions: { Version: new } } }";

/// What they compare unless a row says otherwise.
const CANARY_METRICS: &str = "metrics: [ { name: errors, count: Errors, of: Requests } ]";

pub(crate) fn plan(case: &Case) -> String {
    format!(
        "service: checkout\nstages:\n  {}:\n    gates:\n      - {}: {{ {} }}\n    {}\n",
        case.stage,
        case.gate,
        settings(case).join(", "),
        case.policies,
    )
}

fn scenario(case: &Case) -> String {
    let mut text = format!("about: {}\nmetrics:\n", case.name);
    let values = match case.traffic {
        Traffic::Measured { values, .. } => values,
        Traffic::NotMeasured | Traffic::None => "constant: 10",
    };
    let layers: Vec<String> = split(values)
        .iter()
        .map(|layer| format!("{{ {layer} }}"))
        .collect();
    text.push_str(&format!(
        "  requests: {{ namespace: Shop, name: Requests, values: [ {} ] }}\n",
        layers.join(", ")
    ));
    for metric in case.metrics {
        text.push_str(&format!("  {metric}\n"));
    }
    text.push_str("alarms:\n");
    if !case.errors.is_empty() {
        let states: Vec<String> = case
            .errors
            .iter()
            .map(|(at, state)| format!("{{ at: '{at}', state: {state} }}"))
            .collect();
        let also = if case.errors_also.is_empty() {
            String::new()
        } else {
            format!(", {}", case.errors_also)
        };
        let states = states.join(", ");
        text.push_str(&format!(
            "  - {{ name: errors, states: [ {states} ]{also} }}\n"
        ));
    }
    for other in case.others {
        text.push_str(&format!("  - {other}\n"));
    }
    if case.errors.is_empty() && case.others.is_empty() {
        text.push_str("  []\n");
    }
    if !case.aliases.is_empty() {
        text.push_str("aliases:\n");
        for alias in case.aliases {
            text.push_str(&format!("  - {alias}\n"));
        }
    }
    for thing in case.tested {
        text.push_str(&format!("{thing}\n"));
    }
    if !case.refusals.is_empty() {
        text.push_str("refusals:\n");
        for refusal in case.refusals {
            text.push_str(&format!("  - {refusal}\n"));
        }
    }
    let comma = if case.pipeline.is_empty() { "" } else { ", " };
    text.push_str(&format!(
        "pipeline: {{ look_every: {}{comma}{} }}\n",
        case.look_every, case.pipeline
    ));
    text
}

/// The parts between commas outside of braces.
fn split(layers: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0_i32, 0);
    for (index, letter) in layers.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(layers[from..index].trim());
                from = index + 1;
            }
            _ => {}
        }
    }
    parts.push(layers[from..].trim());
    parts
}
