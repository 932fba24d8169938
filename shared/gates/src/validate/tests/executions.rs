//! Executions of state machines.

use sluice_aws::{Execution, ExecutionStatus};

use super::super::state_machine::{judged, place_of};
use super::{SERVICE, SOMEBODY, State, at, check};

const ARN: &str = "arn:aws:states:eu-west-1:111122223333:execution:smoke:n-1";

fn execution(status: &str, error: Option<&str>, cause: Option<&str>) -> Execution {
    Execution {
        arn: ARN.to_owned(),
        status: ExecutionStatus::from_word(status),
        started: at(0),
        stopped: (status != "RUNNING").then(|| at(60)),
        error: error.map(str::to_owned),
        cause: cause.map(str::to_owned),
        output: None,
    }
}

#[track_caller]
fn check_status(status: &str, state: State, line: &str) {
    check(&judged(&execution(status, None, None), at(90)), state, line);
}

#[test]
fn each_status_means_one_thing() {
    check_status("RUNNING", State::Running, "the execution has run for 1m30s");
    check_status("SUCCEEDED", State::Passed, "the execution succeeded in 1m");
    check_status("FAILED", State::Failed, "the execution failed");
    let line = "the execution ran out of its time after 1m";
    check_status("TIMED_OUT", State::Failed, line);
    let line = "somebody stopped the execution after 1m";
    check_status("ABORTED", SOMEBODY, line);
    let line = "the execution has the status `DONE`, which is not known";
    check_status("DONE", SERVICE, line);
}

#[test]
fn a_failure_shows_its_error_and_its_cause() {
    let failed = execution("FAILED", Some("OrderLost"), Some("order 7 never came"));
    let followed = judged(&failed, at(90));
    let line = "the execution failed with `OrderLost`";
    check(&followed, State::Failed, line);
    assert_eq!(followed.detail.as_deref(), Some("order 7 never came"));
}

#[test]
fn a_long_cause_is_cut() {
    let cause = "x".repeat(32_768);
    let followed = judged(&execution("FAILED", None, Some(&cause)), at(90));
    assert_eq!(followed.detail.map(|detail| detail.len()), Some(1000));
}

#[test]
fn the_link_is_the_executions_page() {
    let page = format!(
        "https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/{ARN}"
    );
    let followed = judged(&execution("RUNNING", None, None), at(90));
    assert_eq!(followed.link, Some(page));
}

#[test]
fn a_machine_is_in_the_region_of_its_arn() {
    let place = place_of("arn:aws:states:eu-west-1:1:stateMachine:smoke", Some("r"));
    assert_eq!(place.region.as_deref(), Some("eu-west-1"));
    assert_eq!(place.role.as_deref(), Some("r"));
    assert_eq!(
        place_of("smoke", None),
        sluice_core::reading::Place::default()
    );
}
