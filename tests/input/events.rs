//! Events that are not those of a job, or not quite.

use serde_json::{Value, json};
use sluice_host::Handled;
use sluice_world::codepipeline::ExecutionStatus;

use super::bench::Case;

#[test]
fn an_event_of_something_else_is_answered_to_nobody_and_said_in_the_log() {
    for event in [
        json!(null),
        json!([]),
        json!({}),
        json!("text"),
        json!(7),
        json!({ "Records": [ { "messageId": "1", "eventSource": "aws:sqs", "body": "{}" } ] }),
        json!({ "version": "0", "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change", "detail": {} }),
        json!({ "DeploymentId": "d-1", "LifecycleEventHookExecutionId": "x" }),
        json!({ "CodePipeline.job": null }),
        json!({ "CodePipeline.job": { "data": {} } }),
        json!({ "CodePipeline.job": { "id": 7 } }),
        json!({ "CodePipeline.job": { "id": "" } }),
        json!({ "CodePipeline.job": { "id": "C0D76431-B0E7-4000-8000-000000000000" } }),
        json!({ "CodePipeline.job": { "id": "c0d76431-b0e7-4000-8000-00000000000\u{e9}" } }),
    ] {
        let shown = event.to_string();
        let done = Case::event(move |own| *own = event.clone()).run();
        assert!(done.crashed.is_empty(), "{shown}");
        assert!(
            matches!(done.handled[..], [Handled::NobodyToAnswer]),
            "{shown}"
        );
        let calls = done.world.calls_by_operation();
        assert!(calls.is_empty(), "{shown}: {calls:?}");
        let said = done.log[0]["message"].as_str().unwrap();
        assert!(said.contains("no job id"), "{said}");
        // CodePipeline itself ends what nobody can answer.
        let (_, message) = done.failure();
        assert!(message.contains("failed to return a result"), "{message}");
    }
}

#[test]
fn null_where_there_should_be_lists_is_not_a_crash() {
    for (pointer, expected) in [
        ("/CodePipeline.job/data/inputArtifacts", "no input artifact"),
        ("/CodePipeline.job/data/actionConfiguration", "has none"),
        (
            "/CodePipeline.job/data/actionConfiguration/configuration",
            "has none",
        ),
        (
            "/CodePipeline.job/data/actionConfiguration/configuration/UserParameters",
            "has none",
        ),
        ("/CodePipeline.job/data/outputArtifacts", ""),
    ] {
        let done = Case::event(|event| *event.pointer_mut(pointer).unwrap() = Value::Null).run();
        if expected.is_empty() {
            assert_eq!(done.execution.status, ExecutionStatus::Succeeded);
            continue;
        }
        let (kind, message) = done.failure();
        assert_eq!(kind, "ConfigurationError");
        assert!(message.contains(expected), "{pointer}: {message}");
    }
}

#[test]
fn a_job_whose_data_is_of_another_form_is_answered() {
    for data in [
        json!(null),
        json!([]),
        json!("data"),
        json!({ "inputArtifacts": 7 }),
        json!({}),
    ] {
        let shown = data.to_string();
        let done = Case::event(move |event| event["CodePipeline.job"]["data"] = data.clone()).run();
        let (kind, message) = done.failure();
        assert_eq!(kind, "ConfigurationError", "{shown}: {message}");
        assert!(message.contains("ParametersInvalid"), "{shown}: {message}");
    }
}

/// What the event of a rule of a stage's condition looks like nobody has seen.
#[test]
fn an_event_that_a_rule_might_send_is_answered_whatever_it_lacks() {
    let renamed = |event: &mut Value, name: &str| {
        let data = event["CodePipeline.job"]["data"].as_object_mut().unwrap();
        let own = data.remove("actionConfiguration").unwrap();
        data.insert(name.to_owned(), own);
    };
    let done = Case::event(move |event| renamed(event, "ruleConfiguration")).run();
    assert_eq!(done.execution.status, ExecutionStatus::Succeeded);
    let done = Case::event(move |event| renamed(event, "configurationOfRule")).run();
    let (kind, message) = done.failure();
    assert_eq!(kind, "ConfigurationError");
    assert!(message.contains("ParametersInvalid"), "{message}");
}

#[test]
fn fields_that_are_new_to_us_do_not_disturb() {
    let done = Case::event(|event| {
        event["CodePipeline.job"]["data"]["encryptionKey"] = json!({ "id": "k", "type": "KMS" });
        event["CodePipeline.job"]["later"] = json!([1]);
        event["CodePipeline.job"]["data"]["artifactCredentials"]["expirationTime"] =
            json!(1_575_493_418_000_u64);
    })
    .run();
    assert_eq!(done.execution.status, ExecutionStatus::Succeeded);
}
