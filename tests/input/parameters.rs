//! `UserParameters` that cannot be used.

use std::sync::Arc;

use serde_json::json;
use sluice_world::codepipeline::ExecutionStatus;
use sluice_world::scenario::RefusalKind;
use sluice_world::world::Fault;

use super::bench::{Case, QUIET, parameters};

const MISTAKE: &str = "ConfigurationError";
const PASTE: &str = "#{codepipeline.PipelineExecutionId}";

#[test]
fn missing_ones_come_with_the_text_to_paste() {
    let none = Case {
        parameters: None,
        ..Case::default()
    };
    none.check_refused(MISTAKE, &["ParametersInvalid", PASTE]);
    Case::parameters("  ").check_refused(MISTAKE, &["ParametersInvalid", PASTE]);
}

#[test]
fn what_is_not_json_is_quoted_where_it_breaks() {
    Case::parameters("bake").check_refused(MISTAKE, &["not JSON", "near `bake`"]);
    for text in ["[]", "null", "7", "\"bake\"", "{}"] {
        Case::parameters(text).check_refused(MISTAKE, &["ParametersInvalid"]);
    }
}

#[test]
fn a_pasted_commit_message_that_broke_the_json_is_named_as_the_cause() {
    for message in [
        "fix \"quotes\"",
        "two\nlines",
        "a \\ backslash",
        "tab\there",
    ] {
        let text = parameters().to_string();
        let text = text.replacen("\"gate\"", &format!("\"note\":\"{message}\",\"gate\""), 1);
        Case::parameters(text).check_refused(MISTAKE, &["not JSON", "without escaping"]);
    }
}

#[test]
fn a_field_that_does_not_exist_is_named() {
    let mut of = parameters();
    of["allarms"] = json!([]);
    Case::parameters(of).check_refused(MISTAKE, &["unknown field `allarms`"]);
}

#[test]
fn a_variable_that_was_not_filled_in_is_named() {
    let expected = ["`#{source.CommitId}` was not filled in", "namespace"];
    let unfilled = Case::event(|event| {
        let mut of = parameters();
        of["release"] = json!("#{source.CommitId}");
        let configuration = &mut event["CodePipeline.job"]["data"]["actionConfiguration"];
        configuration["configuration"]["UserParameters"] = json!(of.to_string());
    });
    unfilled.check_refused(MISTAKE, &expected);
}

#[test]
fn a_release_that_is_not_named_needs_an_explicit_way_out() {
    for name in ["release", "pipeline", "stage"] {
        let mut of = parameters();
        of.as_object_mut().unwrap().remove(name);
        if name == "stage" {
            Case::parameters(of).check_refused(MISTAKE, &["`stage`"]);
        } else {
            let expected = [name, "release_check", PASTE];
            Case::parameters(of).check_refused(MISTAKE, &expected);
        }
    }
}

#[test]
fn a_release_pipeline_or_stage_that_is_not_the_actions_own_is_refused() {
    for (name, value) in [
        ("release", "11111111-abcd-1111-abcd-111111abcdef"),
        ("pipeline", "payments"),
    ] {
        let mut of = parameters();
        of[name] = json!(value);
        Case::parameters(of).check_refused(MISTAKE, &["ReleaseMismatch", value]);
    }
    let mut of = parameters();
    of["stage"] = json!("beta");
    of["settings"] = json!({ "for": "30m", "traffic": "not_measured", "alarms": ["errors"] });
    Case::parameters(of).check_refused(MISTAKE, &["ReleaseMismatch", "`beta`", "`prod`"]);
}

fn with_job_details(case: Case) -> Case {
    let scenario = QUIET.replace("look_every: 5m", "look_every: 5m, job_details: true");
    assert_ne!(scenario, QUIET);
    Case { scenario, ..case }
}

#[test]
fn where_the_job_tells_its_release_a_difference_is_refused() {
    for (name, value) in [
        ("pipeline", "payments"),
        ("release", "r-1"),
        ("stage", "beta"),
    ] {
        let mut of = parameters();
        of[name] = json!(value);
        let expected = ["ReleaseMismatch", "the job is of", value];
        with_job_details(Case::parameters(of)).check_refused(MISTAKE, &expected);
    }
}

#[test]
fn where_the_job_tells_its_release_the_parameters_need_not() {
    let case = with_job_details(Case::parameters(json!({ "gate": "bake", "stage": "prod" })));
    assert_eq!(case.run().execution.status, ExecutionStatus::Succeeded);
}

#[test]
fn settings_in_the_parameters_are_held_to_the_same_rules() {
    let mut of = parameters();
    of["settings"] = json!({ "for": "0s", "alarms": [], "colour": 1 });
    Case::parameters(of).check_refused(
        MISTAKE,
        &[
            "SettingsInvalid",
            "UserParameters",
            "for",
            "traffic",
            "alarms",
            "colour",
        ],
    );
    for settings in [json!(7), json!([]), json!("bake"), json!({})] {
        let mut of = parameters();
        of["settings"] = settings;
        Case::parameters(of).check_refused(MISTAKE, &["SettingsInvalid"]);
    }
    let mut of = parameters();
    of["gate"] = json!("canry");
    of["settings"] = json!({});
    Case::parameters(of).check_refused(MISTAKE, &["canry"]);
}

#[test]
fn a_job_that_cannot_tell_its_release_for_a_while_does_not_end_the_bake() {
    let case = with_job_details(Case {
        doctor: Arc::new(|number, _, world| {
            world.set_faults(Arc::new(move |call| {
                let unwell = number == 2 && call.operation == "GetJobDetails";
                unwell.then_some(Fault::Refused(RefusalKind::Throttling))
            }));
        }),
        ..Case::parameters(json!({ "gate": "bake", "stage": "prod" }))
    });
    let done = case.run();
    let message = done.gate().failure.clone().map(|failure| failure.message);
    assert_eq!(message, None);
    assert_eq!(done.execution.status, ExecutionStatus::Succeeded);
}
