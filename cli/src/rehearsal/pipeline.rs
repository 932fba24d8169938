//! The pipeline that a plan is rehearsed in: a source action that brings the
//! plan, and for each stage the gates before the deployment, the deployment,
//! and the gates that judge it.

use std::io::{Cursor, Write};

use serde_json::{Value, json};
use sluice_core::plan::{GatePlan, GateSettings, Plan, StagePlan};
use sluice_world::Scenario;
use sluice_world::codepipeline::{Action, Pipeline, Stage, Work};
use sluice_world::world::mode;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The bucket for records and evidence in a rehearsal.
pub const EVIDENCE_BUCKET: &str = "sluice-evidence";

/// One function serves both gates that read alarms.
pub(super) const ALARMS_FUNCTION: &str = "sluice-bake";
pub(super) const CANARY_FUNCTION: &str = "sluice-canary";
pub(super) const VALIDATE_FUNCTION: &str = "sluice-validate";
pub(super) const CHECKS_FUNCTION: &str = "sluice-checks";

/// The function that serves a gate.
fn function(settings: &GateSettings) -> &'static str {
    match settings {
        GateSettings::Bake(_) | GateSettings::Clear(_) => ALARMS_FUNCTION,
        GateSettings::Canary(_) => CANARY_FUNCTION,
        GateSettings::Validate(_) => VALIDATE_FUNCTION,
    }
}

const ARTIFACT: &str = "source";

/// A ZIP with one file in it.
pub fn artifact(path: &str, content: &str) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let written = zip
        .start_file(path, SimpleFileOptions::default())
        .and_then(|()| Ok(zip.write_all(content.as_bytes())?))
        .and_then(|()| zip.finish());
    written
        .expect("a ZIP in memory can be written")
        .into_inner()
}

/// The pipeline of a plan's service, with an action for each gate.
pub fn pipeline(plan: &Plan, plan_text: &str, scenario: &Scenario) -> Pipeline {
    of(plan, plan_text, scenario, |stage| {
        let actions = stage.gates.iter();
        actions.map(|gate| gate_action(plan, stage, gate)).collect()
    })
}

/// The same with one action a stage, which has a state machine run its gates
/// after the deployment.
pub fn checked_pipeline(plan: &Plan, plan_text: &str, scenario: &Scenario) -> Pipeline {
    of(plan, plan_text, scenario, |stage| {
        vec![checks_action(plan, stage)]
    })
}

fn of(
    plan: &Plan,
    plan_text: &str,
    scenario: &Scenario,
    judging: impl Fn(&StagePlan) -> Vec<Action>,
) -> Pipeline {
    let source = Action {
        name: "source".to_owned(),
        run_order: 1,
        work: Work::Source {
            artifact: artifact("sluice.yaml", plan_text),
        },
        input_artifacts: Vec::new(),
        output_artifacts: vec![ARTIFACT.to_owned()],
        namespace: None,
    };
    let mut stages = vec![Stage {
        name: "source".to_owned(),
        actions: vec![source],
    }];
    stages.extend(plan.stages.iter().map(|stage| {
        let deploy = Action {
            name: "deploy".to_owned(),
            run_order: 2,
            work: Work::Deploy {
                takes: scenario.pipeline.deploy(&stage.name).0,
            },
            input_artifacts: Vec::new(),
            output_artifacts: Vec::new(),
            namespace: None,
        };
        let mut actions = judging(stage);
        actions.push(deploy);
        Stage {
            name: stage.name.clone(),
            actions,
        }
    }));
    Pipeline {
        name: plan.service.clone(),
        mode: mode(scenario),
        version: 1,
        artifact_bucket: "artifacts".to_owned(),
        stages,
    }
}

fn gate_action(plan: &Plan, stage: &StagePlan, gate: &GatePlan) -> Action {
    let mut parameters = parameters(plan, stage);
    parameters["gate"] = json!(gate.name);
    Action {
        name: gate.name.clone(),
        run_order: if matches!(gate.settings, GateSettings::Clear(_)) {
            1
        } else {
            3
        },
        ..asking(function(&gate.settings), &parameters)
    }
}

fn checks_action(plan: &Plan, stage: &StagePlan) -> Action {
    Action {
        name: "checks".to_owned(),
        ..asking(CHECKS_FUNCTION, &parameters(plan, stage))
    }
}

/// An action after the deployment that invokes a function.
fn asking(function: &str, parameters: &Value) -> Action {
    Action {
        name: String::new(),
        run_order: 3,
        work: Work::Lambda {
            function: function.to_owned(),
            user_parameters: Some(parameters.to_string()),
        },
        input_artifacts: vec![ARTIFACT.to_owned()],
        output_artifacts: Vec::new(),
        namespace: None,
    }
}

fn parameters(plan: &Plan, stage: &StagePlan) -> Value {
    json!({
        "pipeline": plan.service,
        "release": "#{codepipeline.PipelineExecutionId}",
        "service": plan.service,
        "stage": stage.name,
    })
}
