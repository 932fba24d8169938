//! A Lambda action that has the function `notify` say something.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use sluice::rehearsal::{aws_for, in_virtual_time};
use sluice_host::{CountedBy, Messenger, Notifier, notify};
use sluice_world::codepipeline::{
    Action, ActionStatus, FunctionError, Invocation, Mode, Pipeline, Stage, Work,
};
use sluice_world::{Scenario, World};

const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:sluice-failure";
const SCENARIO: &str = "
about: somebody wants to be told
tables:
  sluice-notices: { key: id, sort: part }
  sluice-plans: { key: scope, sort: version }
";

/// Scenarios from which the rights of the function are recorded.
pub(crate) const SCENARIOS: &[fn()] = &[
    an_action_that_has_something_to_say_is_heard_and_succeeds,
    an_action_that_says_nothing_useful_fails,
];

/// What becomes of an action with these parameters, and what was told.
fn told(parameters: &serde_json::Value) -> (ActionStatus, Vec<String>) {
    in_virtual_time(async {
        let world = World::new(Scenario::parse(SCENARIO, Path::new(".")).unwrap());
        let notifier = Arc::new(Notifier {
            aws: aws_for(&world, "sluice-notify"),
            notices_table: "sluice-notices".to_owned(),
            plans_table: Some("sluice-plans".to_owned()),
            failure_topic: Some(TOPIC.to_owned()),
            event_bus: Some("sluice".to_owned()),
            messenger: Messenger::new(),
            counted_by: CountedBy::Kind,
            log: Arc::new(|_| {}),
        });
        world.set_functions(Arc::new(move |invocation: Invocation| {
            let notifier = Arc::clone(&notifier);
            Box::pin(async move {
                let by = (invocation.request_id.as_str(), invocation.deadline);
                let said = notify(&invocation.event, by, &notifier).await;
                said.map_err(|error| FunctionError {
                    error_type: error.name().to_owned(),
                    message: error.to_string(),
                })
            })
        }));
        let release = world.start(pipeline(parameters)).unwrap();
        let execution = world.codepipeline().finished(&release).await;
        let messages = world.messages().into_iter();
        let status = execution.action("say").unwrap().status;
        (status, messages.map(|own| own.text).collect())
    })
    .unwrap()
}

fn pipeline(parameters: &serde_json::Value) -> Pipeline {
    let action = Action {
        name: "say".to_owned(),
        run_order: 1,
        work: Work::Lambda {
            function: "sluice-notify".to_owned(),
            user_parameters: Some(parameters.to_string()),
        },
        input_artifacts: Vec::new(),
        output_artifacts: Vec::new(),
        namespace: None,
    };
    Pipeline {
        name: "checkout".to_owned(),
        mode: Mode::Queued,
        version: 1,
        artifact_bucket: "artifacts".to_owned(),
        stages: vec![Stage {
            name: "prod".to_owned(),
            actions: vec![action],
        }],
    }
}

#[test]
fn an_action_that_has_something_to_say_is_heard_and_succeeds() {
    let (status, messages) = told(&json!({
        "pipeline": "checkout", "release": "#{codepipeline.PipelineExecutionId}", "stage": "prod",
        "text": "deployed to production",
    }));
    assert_eq!(status, ActionStatus::Succeeded);
    assert_eq!(messages.len(), 1);
    assert!(
        messages[0].contains("deployed to production"),
        "{messages:?}"
    );
}

#[test]
fn an_action_that_says_nothing_useful_fails() {
    let (status, messages) = told(&json!({ "text": "deployed" }));
    assert_eq!((status, messages.len()), (ActionStatus::Failed, 0));
}
