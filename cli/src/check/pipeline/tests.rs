//! Pipelines that are right, and each thing that can be wrong with one.

use serde_json::{Value, json};
use sluice_core::plan::Plan;
use sluice_core::problems::Severity;

use super::definition::Definition;
use super::{PipelineChecked, checked};

const PLAN: &str = "
service: checkout
stages:
  prod:
    gates:
      - clear: { alarms: [errors] }
      - bake: { for: 30m, traffic: not_measured, alarms: [errors] }
    POLICY
";

fn said(gate: &str) -> Value {
    json!({
        "pipeline": "checkout", "release": "#{codepipeline.PipelineExecutionId}", "stage": "prod", "gate": gate,
    })
}

fn lambda(name: &str, order: u64, said: &Value) -> Value {
    json!({
        "name": name, "runOrder": order,
        "actionTypeId": { "category": "Invoke", "owner": "AWS", "provider": "Lambda", "version": "1" },
        "configuration": { "FunctionName": "sluice-bake", "UserParameters": said.to_string() },
    })
}

fn deploy(provider: &str) -> Value {
    json!({
        "name": "deploy", "runOrder": 2,
        "actionTypeId": { "category": "Deploy", "owner": "AWS", "provider": provider, "version": "1" },
        "configuration": {},
    })
}

/// A pipeline that has what the plan needs.
fn good() -> Value {
    json!({ "pipeline": {
        "name": "checkout", "pipelineType": "V2", "executionMode": "SUPERSEDED",
        "stages": [
            { "name": "source", "actions": [] },
            { "name": "prod", "actions": [
                lambda("clear", 1, &said("clear")), deploy("CodeDeploy"), lambda("bake", 3, &said("bake")),
            ] },
        ],
    } })
}

fn of(document: &Value, policy: &str) -> PipelineChecked {
    let plan = Plan::read_yaml(&PLAN.replace("POLICY", policy)).expect("a plan");
    let definition = Definition::read(document).expect("a pipeline");
    checked("pipeline.json".to_owned(), &definition, Some(&plan))
}

#[track_caller]
fn check_with(policy: &str, change: impl FnOnce(&mut Value), expected: &[(Severity, &str)]) {
    let mut document = good();
    change(&mut document["pipeline"]);
    let checked = of(&document, policy);
    let found: Vec<String> = checked.problems.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (problem, (severity, text)) in checked.problems.iter().zip(expected) {
        assert_eq!(problem.severity, *severity, "{problem}");
        assert!(
            problem.to_string().contains(text),
            "`{text}` is not in {problem}"
        );
        assert!(problem.hint.is_some(), "{problem}");
    }
    let wrong = expected
        .iter()
        .any(|(severity, _)| *severity == Severity::Error);
    assert_eq!(checked.is_ok(), !wrong);
    assert!(
        checked
            .text(false)
            .lines()
            .all(|line| line.chars().count() <= 80 || !line.trim().contains(' '))
    );
}

#[track_caller]
fn check(change: impl FnOnce(&mut Value), expected: &[(Severity, &str)]) {
    check_with("", change, expected);
}

use Severity::{Error, Warning};

#[test]
fn a_pipeline_that_has_what_the_plan_needs_is_ok() {
    check(|_| {}, &[]);
}

#[test]
fn a_stage_that_is_not_there_is_named_with_the_nearest() {
    let gone = |pipeline: &mut Value| pipeline["stages"][1]["name"] = json!("Prod1");
    check(gone, &[(Error, "no stage `prod`")]);
    let mut document = good();
    gone(&mut document["pipeline"]);
    let checked = of(&document, "");
    let hint = checked
        .problems
        .iter()
        .next()
        .and_then(|problem| problem.hint.clone());
    assert_eq!(
        hint.as_deref(),
        Some("perhaps `Prod1`; its stages are `source`, `Prod1`")
    );
}

#[test]
fn a_gate_that_no_action_calls_is_a_mistake() {
    check(
        |pipeline| {
            pipeline["stages"][1]["actions"]
                .as_array_mut()
                .map(Vec::pop);
        },
        &[(Error, "no action calls the gate `bake`")],
    );
}

#[test]
fn an_action_for_the_whole_stage_calls_all_its_gates() {
    let mut whole = said("");
    whole.as_object_mut().map(|said| said.remove("gate"));
    let machine = json!({
        "name": "checks", "runOrder": 3,
        "actionTypeId": { "category": "Invoke", "owner": "AWS", "provider": "StepFunctions", "version": "1" },
        "configuration": { "StateMachineArn": "arn", "InputType": "Literal", "Input": whole.to_string() },
    });
    for action in [machine, lambda("checks", 3, &whole)] {
        // A gate before the deployment is judged by it too late.
        check(
            |pipeline| pipeline["stages"][1]["actions"] = json!([deploy("S3"), action]),
            &[(Error, "has begun by then")],
        );
    }
}

#[test]
fn a_gate_runs_after_the_deployment_and_clear_before_it() {
    check(
        |pipeline| pipeline["stages"][1]["actions"][2]["runOrder"] = json!(2),
        &[(
            Error,
            "`prod/bake` has runOrder 2: the deployment has 2, and has not ended by then",
        )],
    );
    check(
        |pipeline| pipeline["stages"][1]["actions"][0]["runOrder"] = json!(2),
        &[(
            Error,
            "`prod/clear` has runOrder 2: the deployment has 2, and has begun by then",
        )],
    );
}

#[test]
fn an_action_in_another_stage_than_it_says_is_a_mistake() {
    let elsewhere = |pipeline: &mut Value| {
        let all = pipeline["stages"][1]["actions"].as_array_mut();
        let bake = all.and_then(Vec::pop);
        pipeline["stages"][0]["actions"] = json!([bake]);
    };
    check(
        elsewhere,
        &[(Error, "`source/bake` is in stage `source`, not in `prod`")],
    );
}

#[test]
fn a_gate_in_a_stage_of_its_own_is_a_warning() {
    check(
        |pipeline| {
            pipeline["stages"][1]["actions"]
                .as_array_mut()
                .map(|actions| actions.remove(1));
        },
        &[(Warning, "no action of category Deploy")],
    );
}

#[test]
fn what_actions_say_has_to_be_of_this_pipeline_and_stage() {
    for (field, value, expected) in [
        (
            "pipeline",
            json!("checkin"),
            "says pipeline `checkin`, and this is `checkout`",
        ),
        ("pipeline", Value::Null, "does not say `pipeline`"),
        (
            "release",
            json!("#{variables.release}"),
            "does not name its own release",
        ),
        ("release", Value::Null, "does not name its own release"),
        ("stage", Value::Null, "does not say `stage`"),
    ] {
        let mut said = said("bake");
        said[field] = value;
        let bake = lambda("bake", 3, &said);
        check(
            |pipeline| pipeline["stages"][1]["actions"][2] = bake,
            &[(Error, expected)],
        );
        said["release_check"] = json!("off");
        let bake = lambda("bake", 3, &said);
        check(
            |pipeline| pipeline["stages"][1]["actions"][2] = bake,
            &[(Warning, expected)],
        );
    }
}

#[test]
fn variables_of_the_pipeline_need_a_pipeline_of_type_v2() {
    let mut said = said("bake");
    said["service"] = json!("#{variables.service}");
    let bake = lambda("bake", 3, &said);
    check(
        |pipeline| pipeline["stages"][1]["actions"][2] = bake.clone(),
        &[],
    );
    check(
        |pipeline| {
            pipeline["stages"][1]["actions"][2] = bake;
            pipeline["pipelineType"] = json!("V1");
        },
        &[(Error, "uses a variable of the pipeline")],
    );
}

const NATIVE: &str = "on_fail: { roll_back: native }";
const STAGE: &str = "on_fail: { roll_back: stage }";
const CODEDEPLOY: &str = "on_fail: { roll_back: codedeploy }";

fn on_failure(pipeline: &mut Value) {
    pipeline["stages"][1]["onFailure"] = json!({ "result": "ROLLBACK" });
}

#[test]
fn native_needs_the_stages_own_rollback_and_says_what_that_means() {
    check_with(
        NATIVE,
        |_| {},
        &[(
            Error,
            "`native` is not possible: the stage has no `onFailure",
        )],
    );
    check_with(
        NATIVE,
        on_failure,
        &[(Warning, "inconclusive or could not answer")],
    );
    check(on_failure, &[(Warning, "inconclusive or could not answer")]);
}

#[test]
fn stage_and_the_stages_own_rollback_are_a_conflict() {
    check_with(STAGE, |_| {}, &[]);
    check_with(STAGE, on_failure, &[(Error, "would both roll it back")]);
}

#[test]
fn parallel_mode_v1_and_the_first_stage_leave_no_rollback() {
    check_with(
        STAGE,
        |pipeline| pipeline["executionMode"] = json!("PARALLEL"),
        &[(Error, "mode PARALLEL")],
    );
    check_with(
        STAGE,
        |pipeline| pipeline["pipelineType"] = json!("V1"),
        &[(Error, "type V1")],
    );
    let first = |pipeline: &mut Value| {
        pipeline["stages"]
            .as_array_mut()
            .map(|stages| stages.remove(0));
    };
    check_with(STAGE, first, &[(Error, "the first stage")]);
}

#[test]
fn codedeploy_needs_an_action_of_codedeploy() {
    check_with(CODEDEPLOY, |_| {}, &[]);
    let other = |pipeline: &mut Value| pipeline["stages"][1]["actions"][1] = deploy("ECS");
    check_with(CODEDEPLOY, other, &[(Error, "no action of CodeDeploy")]);
}

#[test]
fn the_ways_back_that_are_open_are_listed() {
    let possible = |change: &dyn Fn(&mut Value)| {
        let mut document = good();
        change(&mut document["pipeline"]);
        of(&document, "").ways_back[0].possible.clone()
    };
    assert_eq!(possible(&|_| {}), ["stage", "codedeploy"]);
    assert_eq!(possible(&on_failure), ["native", "codedeploy"]);
    assert_eq!(
        possible(&|pipeline| pipeline["executionMode"] = json!("PARALLEL")),
        ["codedeploy"]
    );
}

#[test]
fn a_template_of_cloudformation_is_read_too() {
    let text = good()["pipeline"].to_string();
    let mut text = text.replace("\"name\":", "\"Name\":");
    for field in [
        "pipelineType",
        "executionMode",
        "stages",
        "actions",
        "runOrder",
        "actionTypeId",
        "category",
        "provider",
        "configuration",
    ] {
        let capital = field[..1].to_uppercase() + &field[1..];
        text = text.replace(&format!("\"{field}\":"), &format!("\"{capital}\":"));
    }
    let mut properties: Value = serde_json::from_str(&text).expect("JSON");
    let parameters = &mut properties["Stages"][1]["Actions"][2]["Configuration"]["UserParameters"];
    let filled = parameters
        .as_str()
        .expect("text")
        .replace("checkout", "${AWS::StackName}");
    *parameters = json!({ "Fn::Sub": filled });
    let resource = json!({ "Type": "AWS::CodePipeline::Pipeline", "Properties": properties });
    for document in [
        json!({ "Resources": { "Other": { "Type": "AWS::SNS::Topic" }, "Own": resource } }),
        resource.clone(),
    ] {
        let found: Vec<String> = of(&document, "")
            .problems
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, Vec::<String>::new());
    }
    let two = json!({ "Resources": { "One": resource, "Two": resource } });
    assert!(Definition::read(&two).is_err());
}

#[test]
fn what_is_no_pipeline_is_said_to_be_none() {
    for document in [
        json!({}),
        json!([]),
        json!(null),
        json!({ "pipeline": { "stages": [] } }),
        json!({ "Resources": {} }),
    ] {
        let problem = Definition::read(&document).expect_err("no pipeline");
        assert!(problem.message.starts_with("is no pipeline"), "{problem}");
    }
}
