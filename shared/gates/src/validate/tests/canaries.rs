//! Runs of canaries.

use sluice_aws::{Canary, CanaryRun, CanaryState, RunState};

use super::super::Followed;
use super::super::synthetics::{Wanted, judged};
use super::{SERVICE, SOMEBODY, State, at};

fn canary(state: &str) -> Canary {
    Canary {
        name: "page".to_owned(),
        state: CanaryState::from_word(state),
        reason: None,
        schedule: Some("rate(1 minute)".to_owned()),
        retries_max: 0,
    }
}

/// Runs a minute apart: `P`assed, `F`ailed, `R`unning, or another word.
fn runs(states: &str) -> Vec<CanaryRun> {
    let run = |(index, letter): (usize, char)| {
        let started = at(60 * i64::try_from(index).unwrap());
        let state = match letter {
            'P' => RunState::Passed,
            'F' => RunState::Failed,
            'R' => RunState::Running,
            other => RunState::Unknown(other.to_string()),
        };
        CanaryRun {
            id: index.to_string(),
            scheduled: Some(format!("s-{index}")),
            attempt: 0,
            reason: (letter == 'F').then(|| "no button".to_owned()),
            completed: (letter != 'R').then_some(started),
            state,
            started,
        }
    };
    states.chars().enumerate().map(run).collect()
}

fn wanted(runs: u32, passed_percent: f64) -> Wanted {
    Wanted {
        since: at(0),
        runs,
        passed_percent,
        over: false,
    }
}

fn judge(states: &str, wanted: Wanted) -> Followed {
    judged(&canary("RUNNING"), &runs(states), &wanted, at(10_000))
}

#[track_caller]
fn check(states: &str, wanted: Wanted, expected: State) {
    let followed = judge(states, wanted);
    assert_eq!(followed.state, expected, "{}", followed.line);
}

#[test]
fn as_many_runs_as_wanted_have_to_have_ended() {
    check("PP", wanted(3, 100.0), State::Running);
    check("PPR", wanted(3, 100.0), State::Running);
    check("PPP", wanted(3, 100.0), State::Passed);
}

#[test]
fn one_failure_fails_at_once_where_all_have_to_pass() {
    check("F", wanted(3, 100.0), State::Failed);
    check("PPPF", wanted(3, 100.0), State::Failed);
}

#[test]
fn a_share_fails_as_soon_as_it_can_no_longer_be_reached() {
    check("F", wanted(4, 75.0), State::Running);
    check("FF", wanted(4, 75.0), State::Failed);
    check("FPPP", wanted(4, 75.0), State::Passed);
    check("PPPFF", wanted(4, 75.0), State::Failed);
}

#[test]
fn a_failure_shows_why_the_run_failed() {
    let followed = judge("PF", wanted(2, 100.0));
    let line = "1 of 2 runs of `page` since the deployment passed, at least 2 wanted";
    assert_eq!(followed.line, line);
    assert_eq!(followed.detail.as_deref(), Some("no button"));
}

#[test]
fn runs_of_before_the_deployment_do_not_count() {
    let mut later = wanted(2, 100.0);
    later.since = at(61);
    check("FFPP", later, State::Passed);
    later.since = at(60);
    check("FFPP", later, State::Failed);
}

#[test]
fn too_few_runs_when_the_time_is_over_are_unknown_and_never_passed() {
    let mut over = wanted(2, 100.0);
    over.over = true;
    check("P", over, SOMEBODY);
    check("", over, SOMEBODY);
    check("PP", over, State::Passed);
}

#[test]
fn no_runs_wanted_still_wants_one() {
    check("", wanted(0, 100.0), State::Running);
}

#[test]
fn a_canary_that_does_not_run_is_unknown_unless_it_failed() {
    for state in ["STOPPED", "STOPPING", "ERROR", "READY", "DELETING", "NEW"] {
        for (states, expected) in [("", SOMEBODY), ("PP", SOMEBODY), ("PF", State::Failed)] {
            let wanted = wanted(2, 100.0);
            let followed = judged(&canary(state), &runs(states), &wanted, at(10_000));
            assert_eq!(followed.state, expected, "{state} {states}");
        }
    }
}

#[test]
fn a_canary_that_runs_once_may_stand_still_after_it() {
    let mut once = canary("STOPPED");
    once.schedule = Some("rate(0 minute)".to_owned());
    let wanted = wanted(1, 100.0);
    let followed = judged(&once, &runs("P"), &wanted, at(10_000));
    assert_eq!(followed.state, State::Passed);
    let followed = judged(&once, &[], &wanted, at(10_000));
    assert_eq!(followed.state, SOMEBODY);
}

#[test]
fn a_run_whose_result_is_not_known_is_none() {
    check("P?", wanted(2, 100.0), State::Running);
    check("PP?", wanted(2, 100.0), SERVICE);
}

#[test]
fn a_run_that_is_tried_again_counts_once_by_its_last_attempt() {
    let mut retrying = canary("RUNNING");
    retrying.retries_max = 1;
    let mut runs = runs("FP");
    let wanted = wanted(1, 100.0);
    runs[1].scheduled = runs[0].scheduled.clone();
    runs[1].attempt = 1;
    let state = |runs: &[CanaryRun], now| judged(&retrying, runs, &wanted, at(now)).state;
    assert_eq!(state(&runs[..1], 299), State::Running);
    assert_eq!(state(&runs[..1], 300), State::Failed);
    assert_eq!(state(&runs, 299), State::Passed);
    runs[1].state = RunState::Running;
    assert_eq!(state(&runs, 299), State::Running);
    runs[1].state = RunState::Failed;
    assert_eq!(state(&runs, 299), State::Failed);
}
