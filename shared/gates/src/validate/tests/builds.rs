//! Builds.

use sluice_aws::{Build, BuildPhase, BuildStatus};

use super::super::codebuild::{judged, unseen};
use super::{SERVICE, SOMEBODY, State, at, check};

const ARN: &str = "arn:aws:codebuild:eu-west-1:111122223333:build/smoke:u-1";

/// A build that came as far as a phase, and how it ended there.
fn build(status: BuildStatus, phase: &str, message: &str) -> Build {
    let phase_of = |name: &str, status| BuildPhase {
        name: name.to_owned(),
        status: Some(status),
        seconds: Some(1),
        messages: Vec::new(),
    };
    let mut phases = vec![phase_of("SUBMITTED", BuildStatus::Succeeded)];
    if status != BuildStatus::InProgress {
        phases.push(BuildPhase {
            messages: vec![message.to_owned()],
            ..phase_of(phase, status.clone())
        });
        phases.push(phase_of("FINALIZING", BuildStatus::Succeeded));
    }
    let ended = (status != BuildStatus::InProgress).then(|| at(190));
    Build {
        arn: ARN.to_owned(),
        project: "smoke".to_owned(),
        number: Some(12),
        status,
        phase: if ended.is_some() { "COMPLETED" } else { phase }.to_owned(),
        phases,
        started: Some(at(0)),
        ended,
        log: None,
        mark: None,
    }
}

#[track_caller]
fn check_build(status: BuildStatus, phase: &str, state: State, line: &str) {
    check(&judged(&build(status, phase, "why"), at(95)), state, line);
}

#[test]
fn a_build_that_runs_says_where_it_is() {
    let line = "build 12 of `smoke` is in BUILD, 1m35s after its start";
    check_build(BuildStatus::InProgress, "BUILD", State::Running, line);
}

#[test]
fn a_build_that_succeeded_passes() {
    let line = "build 12 of `smoke` succeeded in 3m10s";
    check_build(BuildStatus::Succeeded, "BUILD", State::Passed, line);
}

#[test]
fn a_build_whose_commands_fail_fails_with_the_phase_and_codebuilds_words() {
    let message = "COMMAND_EXECUTION_ERROR: exit status 2";
    let followed = judged(&build(BuildStatus::Failed, "BUILD", message), at(95));
    check(
        &followed,
        State::Failed,
        "build 12 of `smoke` failed in BUILD",
    );
    assert_eq!(followed.detail.as_deref(), Some(message));
    let line = "build 12 of `smoke` ran out of its time in BUILD";
    check_build(BuildStatus::TimedOut, "BUILD", State::Failed, line);
}

#[test]
fn a_build_that_never_ran_its_commands_says_nothing_about_the_release() {
    for phase in ["QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE"] {
        let line = format!("build 12 of `smoke` tested nothing: it ended in {phase}");
        check_build(BuildStatus::Failed, phase, SOMEBODY, &line);
        check_build(BuildStatus::TimedOut, phase, SOMEBODY, &line);
    }
}

#[test]
fn a_build_that_was_stopped_or_that_codebuild_lost_is_no_failure() {
    let line = "somebody stopped build 12 of `smoke` in BUILD";
    check_build(BuildStatus::Stopped, "BUILD", SOMEBODY, line);
    let line = "CodeBuild itself failed in BUILD of build 12 of `smoke`";
    check_build(BuildStatus::Fault, "BUILD", SERVICE, line);
    let status = BuildStatus::Unknown("DONE".to_owned());
    let line = "build 12 of `smoke` has the status `DONE`, which is not known";
    check_build(status, "BUILD", SERVICE, line);
}

#[test]
fn a_build_that_is_not_shown_yet_is_waited_for_and_not_for_ever() {
    let line = "the build was started, and is not shown yet";
    check(&unseen(ARN, at(0), at(599)), State::Running, line);
    let line = "CodeBuild does not know the build that was started";
    check(&unseen(ARN, at(0), at(600)), SERVICE, line);
}

#[test]
fn the_link_is_the_log_and_before_there_is_one_the_builds_page() {
    let page = "https://eu-west-1.console.aws.amazon.com/codesuite/codebuild/111122223333/projects/smoke/build/smoke%3Au-1/?region=eu-west-1";
    let mut build = build(BuildStatus::InProgress, "QUEUED", "");
    assert_eq!(judged(&build, at(1)).link.as_deref(), Some(page));
    build.log = Some("https://log".to_owned());
    assert_eq!(judged(&build, at(1)).link.as_deref(), Some("https://log"));
}
