//! The credentials of an event never come out again.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice::rehearsal::EVIDENCE_BUCKET;
use sluice_world::codepipeline::ExecutionStatus;

use super::bench::{Case, Done, keys};

/// Nowhere in what a release left behind stands a planted secret.
#[track_caller]
fn check_kept(done: &Done) {
    let check = |place: &str, text: &str| {
        assert!(!text.to_uppercase().contains("PLANTED"), "{place}: {text}");
    };
    check("CodePipeline", &format!("{:?}", done.execution));
    check("a return value", &format!("{:?}", done.handled));
    check("a crash", &format!("{:?}", done.crashed));
    for line in &done.log {
        check("the log", &line.to_string());
    }
    for key in keys(&done.world, "") {
        let content = done.world.s3().get(EVIDENCE_BUCKET, &key).unwrap();
        check(&key, &String::from_utf8_lossy(&content));
    }
}

fn planted() -> Value {
    json!({
        "accessKeyId": "AKIAPLANTED0000000",
        "secretAccessKey": "planted-secret",
        "sessionToken": "planted-session",
    })
}

fn with_credentials(credentials: Value, case: Case) -> Done {
    Case {
        doctor: Arc::new(move |_, event, _| {
            event["CodePipeline.job"]["data"]["artifactCredentials"] = credentials.clone();
        }),
        ..case
    }
    .run()
}

#[test]
fn a_release_that_succeeds_leaves_none_behind() {
    let done = with_credentials(planted(), Case::default());
    assert_eq!(done.execution.status, ExecutionStatus::Succeeded);
    assert!(done.evidence_keys("").len() >= 2);
    check_kept(&done);
}

#[test]
fn a_release_that_fails_in_any_way_leaves_none_behind() {
    let denied = Case {
        prepare: Arc::new(|world| {
            // Artifact credentials are not asked about.
            world.s3().set_policy(|_| false);
        }),
        ..Case::default()
    };
    let missing = Case {
        input_artifacts: Vec::new(),
        ..Case::default()
    };
    let no_bucket = Case {
        bucket: false,
        ..Case::default()
    };
    for case in [
        denied,
        missing,
        no_bucket,
        Case::plan("service: ["),
        Case::parameters("{"),
        Case::parameters("{\"gate\":\"#{a.b}\"}"),
    ] {
        check_kept(&with_credentials(planted(), case));
    }
}

#[test]
fn credentials_of_another_form_leave_none_behind() {
    for credentials in [
        json!("planted-secret"),
        json!(["planted-secret"]),
        json!({ "secretAccessKey": "planted-secret" }),
        json!({ "accessKeyId": ["planted"], "secretAccessKey": "planted-secret", "sessionToken": 7 }),
        json!({ "planted-secret": 1 }),
    ] {
        let done = with_credentials(credentials.clone(), Case::default());
        assert_eq!(
            done.execution.status,
            ExecutionStatus::Failed,
            "{credentials}"
        );
        done.failure();
        check_kept(&done);
    }
}

#[test]
fn an_event_without_a_job_leaves_none_behind() {
    let done = Case::event(|event| {
        event["CodePipeline.job"]["data"]["artifactCredentials"] = planted();
        event["CodePipeline.job"]["id"] = json!("planted");
    })
    .run();
    check_kept(&done);
}
