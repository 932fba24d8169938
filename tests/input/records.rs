//! What was written down at the first look: gone, changed, raced for, or
//! nowhere to put it.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::Value;
use sluice::rehearsal::EVIDENCE_BUCKET;
use sluice_core::token::{RecordRef, Token, sha256};
use sluice_host::Handled;
use sluice_world::World;
use sluice_world::codepipeline::ExecutionStatus;
use sluice_world::world::Fault;

use super::bench::{Case, Done, keys};

/// With something done to the bucket before the second look.
fn before_second_look(change: impl Fn(&World, &str) + Send + Sync + 'static) -> Case {
    Case {
        doctor: Arc::new(move |number, _, world| {
            if number == 1 {
                let keys = keys(world, "");
                let key = keys.iter().find(|key| key.starts_with("begun/")).unwrap();
                change(world, key);
            }
        }),
        ..Case::default()
    }
}

#[track_caller]
fn check_refused(case: Case, expected: &str) {
    let done = case.check_refused("JobFailed", &["RecordInvalid", expected, "retry the stage"]);
    assert_eq!(done.events.len(), 2);
}

#[test]
fn a_record_that_is_gone_is_an_error() {
    let gone = before_second_look(|world, key| world.s3().remove(EVIDENCE_BUCKET, key));
    check_refused(gone, "does not exist");
}

#[test]
fn a_record_that_was_changed_is_an_error() {
    let changed = before_second_look(|world, key| {
        let mut bytes = world.s3().get(EVIDENCE_BUCKET, key).unwrap();
        *bytes.last_mut().unwrap() = b' ';
        world.s3().put(EVIDENCE_BUCKET, key, bytes);
    });
    check_refused(changed, "was changed: its SHA-256 is");
    let emptied = before_second_look(|world, key| world.s3().put(EVIDENCE_BUCKET, key, Vec::new()));
    check_refused(emptied, "was changed");
}

#[test]
fn a_record_of_another_gate_is_an_error() {
    let case = Case {
        doctor: Arc::new(|number, event, world| {
            if number != 1 {
                return;
            }
            let text = &mut event["CodePipeline.job"]["data"]["continuationToken"];
            let subject = {
                let token: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
                serde_json::from_value(token["of"].clone()).unwrap()
            };
            let now = world.clock().now();
            let mut token = Token::read(text.as_str().unwrap(), &subject, now).unwrap();
            let Some(RecordRef::Stored { key, .. }) = token.record else {
                panic!("{:?}", token.record);
            };
            let record = world.s3().get(EVIDENCE_BUCKET, &key).unwrap();
            let record = String::from_utf8(record).unwrap();
            let of_other = record.replacen("\"gate\":\"bake\"", "\"gate\":\"other\"", 1);
            assert_ne!(record, of_other);
            let (key, sha256) = ("begun/other.json".to_owned(), sha256(of_other.as_bytes()));
            world.s3().put(EVIDENCE_BUCKET, &key, of_other.into_bytes());
            token.record = Some(RecordRef::Stored { key, sha256 });
            *text = token.write().into();
        }),
        ..Case::default()
    };
    check_refused(case, "of another gate or release");
}

#[test]
fn two_first_looks_at_once_write_one_record_and_give_one_answer() {
    // Either may be the slower one, before its put or after it.
    for slow in [
        "PutObject",
        "GetPipelineState",
        "DescribeAlarms",
        "PutJobSuccessResult",
    ] {
        let case = Case {
            twice: true,
            prepare: Arc::new(move |world| {
                let seen = std::sync::atomic::AtomicBool::new(false);
                world.set_faults(Arc::new(move |call| {
                    let first = call.operation == slow
                        && !seen.swap(true, std::sync::atomic::Ordering::Relaxed);
                    first.then_some(Fault::Slow(SignedDuration::from_secs(2)))
                }));
            }),
            ..Case::default()
        };
        let done = case.run();
        assert_eq!(done.execution.status, ExecutionStatus::Succeeded, "{slow}");
        assert_eq!(done.evidence_keys("begun/").len(), 1, "{slow}");
        let jobs = &done.gate().jobs;
        assert_eq!(jobs[0].refused().count(), 1, "{slow}");
        let already = |handled: &&Handled| matches!(handled, Handled::AlreadyAnswered);
        assert_eq!(done.handled.iter().filter(already).count(), 1, "{slow}");
    }
}

#[test]
fn a_late_duplicate_of_the_last_event_does_not_replace_the_evidence() {
    let case = Case {
        once_more: true,
        ..Case::default()
    };
    let done = case.run();
    let ended = done.ended();
    let key = ended
        .evidence_address
        .strip_prefix("s3://")
        .and_then(|address| address.split_once('/'))
        .unwrap()
        .1;
    let kept = done.world.s3().get(EVIDENCE_BUCKET, key).unwrap();
    let kept: Value = serde_json::from_slice(&kept).unwrap();
    assert_eq!(kept["verdict"], "pass", "{}", kept["reason"]);
}

fn said(done: &Done) -> String {
    done.log.iter().map(Value::to_string).collect()
}

#[test]
fn an_evidence_bucket_that_may_not_be_written_changes_no_verdict_and_is_said() {
    let denied = Case {
        prepare: Arc::new(|world| {
            world
                .s3()
                .set_policy(|access| access.bucket != EVIDENCE_BUCKET);
        }),
        ..Case::default()
    };
    let done = denied.run();
    assert_eq!(done.execution.status, ExecutionStatus::Succeeded);
    let ended = done.ended();
    assert!(ended.message.contains("pass"), "{}", ended.message);
    assert!(
        ended.message.contains("could not be written"),
        "{}",
        ended.message
    );
    let address = ended.evidence_address.strip_prefix("log:sha256:").unwrap();
    assert!(said(&done).contains(address));
    assert!(done.evidence_keys("").is_empty());
}

#[test]
fn without_a_bucket_the_record_is_in_the_token_and_the_evidence_in_the_log() {
    let case = Case {
        bucket: false,
        ..Case::default()
    };
    let done = case.run();
    assert_eq!(done.execution.status, ExecutionStatus::Succeeded);
    assert!(done.token(1).contains("\"inline\""));
    assert!(said(&done).contains("sluice_evidence"));
}

#[test]
fn without_a_bucket_too_many_alarms_are_refused_with_the_mend() {
    let names: Vec<String> = (0..30)
        .map(|n| format!("errors-of-service-{n:02}"))
        .collect();
    let plan = format!(
        "service: checkout\nstages:\n  prod:\n    gates:\n      - bake: {{ for: 30m, traffic: not_measured, alarms: [{}] }}\n",
        names.join(", ")
    );
    let alarms: Vec<String> = names
        .iter()
        .map(|name| format!("  - {{ name: {name}, states: [ {{ at: -2h, state: OK }} ] }}\n"))
        .collect();
    let case = Case {
        bucket: false,
        scenario: format!("about: many\nalarms:\n{}", alarms.concat()),
        ..Case::plan(&plan)
    };
    case.check_refused(
        "ConfigurationError",
        &["SettingsInvalid", "2048", "SLUICE_EVIDENCE_BUCKET"],
    );
}
