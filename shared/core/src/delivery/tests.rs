//! Examples of each definition.

mod property;

use jiff::{SignedDuration, Timestamp};

use super::*;

/// So many minutes after a beginning.
fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_772_000_000 + minutes * 60).expect("a moment")
}

/// A release with revision `revision`, which runs these actions of `prod`:
/// name, minutes from and to, and how it ended. `deploy` deploys.
fn release(id: &str, revision: &str, runs: &[(&str, i64, i64, RunStatus)]) -> Release {
    let failed = runs.last().is_some_and(|run| run.3 == RunStatus::Failed);
    let run =
        |(index, (action, began, updated, status)): (usize, &(&str, i64, i64, RunStatus))| Run {
            id: format!("{id}-{index}"),
            stage: "prod".to_owned(),
            action: (*action).to_owned(),
            deploys: action.starts_with("deploy"),
            began: at(*began),
            updated: at(*updated),
            status: *status,
            verdict: None,
            says: None,
            evidence: None,
        };
    Release {
        id: id.to_owned(),
        status: if failed {
            ReleaseStatus::Failed
        } else {
            ReleaseStatus::Succeeded
        },
        rollback: false,
        target: None,
        trigger: None,
        began: at(runs[0].1),
        updated: at(runs[runs.len() - 1].2),
        revisions: vec![Revision {
            source: "code".to_owned(),
            id: revision.to_owned(),
            summary: None,
            url: None,
            committed: None,
        }],
        runs: runs.iter().enumerate().map(run).collect(),
    }
}

const OK: RunStatus = RunStatus::Succeeded;
const BAD: RunStatus = RunStatus::Failed;

/// Deploys at `minutes`, and holds.
fn good(id: &str, revision: &str, minutes: i64) -> Release {
    let deployed = minutes + 10;
    let gate = ("bake", deployed, minutes + 60, OK);
    release(id, revision, &[("deploy", minutes, deployed, OK), gate])
}

/// Deploys at `minutes`, and fails half an hour later.
fn bad(id: &str, revision: &str, minutes: i64) -> Release {
    let deployed = minutes + 10;
    let gate = ("bake", deployed, minutes + 30, BAD);
    release(id, revision, &[("deploy", minutes, deployed, OK), gate])
}

fn rollback(id: &str, target: &Release, minutes: i64) -> Release {
    Release {
        rollback: true,
        target: Some(target.id.clone()),
        revisions: target.revisions.clone(),
        ..good(id, "", minutes)
    }
}

/// The figures ten days after the beginning, of the ten days.
fn told(releases: &[Release]) -> Figures {
    told_with(releases, &[])
}

fn told_with(releases: &[Release], deployed_by: &[String]) -> Figures {
    let history = History {
        pipeline: "checkout".to_owned(),
        known_since: None,
        runs_known: true,
        releases: releases.to_vec(),
    };
    figures(&history, &asked(deployed_by))
}

fn asked(deployed_by: &[String]) -> Asked<'_> {
    Asked {
        stage: None,
        deployed_by,
        since: SignedDuration::from_hours(240),
        until: at(14_400),
        window: SignedDuration::from_hours(24),
    }
}

/// Deployments, failed, rolled back, held.
#[track_caller]
fn check(releases: &[Release], expected: [u32; 4]) -> Figures {
    let told = told(releases);
    let ends = &told.change_failures;
    let got = [
        told.frequency.deployments,
        ends.failed,
        ends.rolled_back,
        ends.held,
    ];
    assert_eq!(got, expected, "{told:#?}");
    told
}

#[test]
fn a_release_that_stays_quiet_has_held_once_the_window_is_over() {
    check(&[good("a", "1", 100)], [1, 0, 0, 1]);
    let recent = check(&[good("a", "1", 14_000)], [1, 0, 0, 0]);
    assert_eq!(recent.change_failures.within_window, 1);
    assert_eq!(recent.change_failures.rate, None);
}

#[test]
fn a_failure_after_the_deployment_counts_and_one_before_does_not() {
    check(&[bad("a", "1", 100)], [1, 1, 0, 0]);
    let before = release("a", "1", &[("deploy", 100, 110, BAD)]);
    assert_eq!(check(&[before], [0, 0, 0, 0]).apart.failed_before, 1);
}

#[test]
fn a_deployment_in_part_has_failed_whichever_action_ended_first() {
    let runs = [("deploy-a", 100, 105, BAD), ("deploy-b", 100, 110, OK)];
    let mut part = release("a", "1", &runs);
    part.status = ReleaseStatus::Failed;
    check(&[part], [1, 1, 0, 0]);
}

#[test]
fn a_retry_that_succeeds_mends_and_takes_no_failure_back() {
    let mut retried = bad("a", "1", 100);
    let again = good("a", "1", 200).runs.pop();
    retried.runs.extend(again.map(|run| Run {
        id: "again".to_owned(),
        ..run
    }));
    retried.status = ReleaseStatus::Succeeded;
    let told = check(&[retried], [1, 1, 0, 0]);
    // From minute 130 to minute 260.
    assert_eq!(told.restoring.median_seconds, Some(7800));
}

#[test]
fn a_rollback_counts_against_what_it_replaces_within_the_window_only() {
    let (a, b) = (good("a", "1", 0), good("b", "2", 100));
    let rolled = check(
        &[a.clone(), b.clone(), rollback("r", &a, 1500)],
        [2, 0, 1, 1],
    );
    assert_eq!(rolled.apart.rollbacks, 1);
    check(&[a.clone(), b, rollback("r", &a, 1551)], [2, 0, 0, 2]);
}

#[test]
fn a_rollback_of_a_deployment_that_failed_counts_once() {
    let a = good("a", "1", 0);
    let told = check(
        &[a.clone(), bad("b", "2", 100), rollback("r", &a, 200)],
        [2, 1, 0, 1],
    );
    assert_eq!(told.restoring.outages[0].mended_by.as_deref(), Some("r"));
}

#[test]
fn a_rollback_to_what_is_there_counts_against_nobody() {
    let a = good("a", "1", 0);
    let broken = release("b", "2", &[("deploy", 100, 110, BAD)]);
    check(&[a.clone(), broken, rollback("r", &a, 120)], [1, 0, 0, 1]);
}

#[test]
fn revisions_that_come_back_are_a_revert_and_the_same_ones_again_are_nothing() {
    let (a, b) = (good("a", "1", 0), good("b", "2", 100));
    let told = check(&[a.clone(), b, good("c", "1", 200)], [2, 0, 1, 1]);
    assert_eq!(told.apart.reverts, 1);
    let told = check(&[a, good("c", "1", 200)], [1, 0, 0, 1]);
    assert_eq!(told.apart.again, 1);
}

#[test]
fn a_commit_that_reverts_another_counts_against_it_and_is_a_change() {
    let mut fix = good("b", "2", 100);
    fix.revisions[0].summary = Some("Revert\n\nThis reverts commit abcdef0.".to_owned());
    check(&[good("a", "abcdef0123", 0), fix], [2, 0, 1, 1]);
}

#[test]
fn what_was_stopped_or_goes_on_is_neither_success_nor_failure() {
    for (status, run) in [
        (ReleaseStatus::Stopped, RunStatus::Abandoned),
        (ReleaseStatus::InProgress, RunStatus::InProgress),
        (ReleaseStatus::Failed, RunStatus::Unknown),
    ] {
        let mut open = release("a", "1", &[("deploy", 0, 10, OK), ("bake", 10, 20, run)]);
        open.status = status;
        let told = check(&[open], [1, 0, 0, 0]);
        assert_eq!(told.change_failures.rate, None, "{status:?}");
        assert_eq!(told.restoring.broken, None);
    }
}

#[test]
fn between_two_actions_a_stage_has_not_succeeded() {
    let mut between = release("b", "2", &[("deploy", 200, 210, OK)]);
    between.status = ReleaseStatus::InProgress;
    let told = told(&[bad("a", "1", 100), between]);
    assert_eq!(
        told.restoring.broken.map(|own| own.by),
        Some("a".to_owned())
    );
}

#[test]
fn failures_that_overlap_are_one_outage() {
    let told = told(&[bad("a", "1", 0), bad("b", "2", 100), good("c", "3", 200)]);
    assert_eq!(told.restoring.outages.len(), 1);
    assert_eq!(told.restoring.outages[0].failures, 2);
    // From minute 30 to minute 260.
    assert_eq!(told.restoring.median_seconds, Some(13_800));
}

#[test]
fn the_time_of_the_commit_is_used_where_it_is_told() {
    let mut known = good("a", "1", 100);
    known.revisions[0].committed = Some(at(50));
    let told = told(&[known, good("b", "2", 200)]);
    // 60 minutes from the commit, 10 from the release's start.
    assert_eq!(told.lead_time.median_seconds, Some(2100));
    assert_eq!(
        (told.lead_time.from_commit, told.lead_time.from_start),
        (1, 1)
    );
}

#[test]
fn a_stage_whose_deployment_nobody_names_is_no_success_and_says_so() {
    let build = |status| {
        release(
            "a",
            "1",
            &[("terraform", 0, 10, OK), ("bake", 10, 20, status)],
        )
    };
    let told = check(&[build(BAD)], [0, 0, 0, 0]);
    assert_eq!(told.apart.failed_unclear, 1);
    assert!(
        told.not_known
            .iter()
            .any(|own| own.contains("--deployed-by"))
    );
    let named = ["terraform".to_owned()];
    assert_eq!(told_with(&[build(BAD)], &named).change_failures.failed, 1);
}

#[test]
fn without_runs_a_failure_is_unclear_and_the_pipeline_breaks_as_a_whole() {
    let history = History {
        pipeline: "checkout".to_owned(),
        known_since: Some(at(0)),
        runs_known: false,
        releases: vec![good("a", "1", 0), bad("b", "2", 100)],
    };
    let told = figures(&history, &asked(&[]));
    assert_eq!(told.change_failures.rate, Some(0.0));
    assert_eq!(
        (told.change_failures.held, told.apart.failed_unclear),
        (1, 1)
    );
    assert_eq!(told.restoring.broken.map(|own| own.since), Some(at(130)));
}

#[test]
fn what_the_aws_cli_prints_is_read_from_both_of_its_lists() {
    let executions = r#"{"pipelineExecutionSummaries":[{"pipelineExecutionId":"a","status":"Succeeded",
        "startTime":"2026-03-03T12:00:00.123000+00:00","lastUpdateTime":1772541600.5,
        "sourceRevisions":[{"actionName":"code","revisionId":"1"}],"executionType":"STANDARD"}]}"#;
    let actions = r#"{"actionExecutionDetails":[{"pipelineExecutionId":"a","actionExecutionId":"x",
        "stageName":"prod","actionName":"deploy","startTime":"2026-03-03T12:10:00Z","status":"Succeeded",
        "lastUpdateTime":"2026-03-03T12:20:00Z","input":{"actionTypeId":{"category":"Deploy"}}}]}"#;
    let read = |text| Recorded::read(text, "checkout").expect("it is a history");
    let joined = Recorded::joined(vec![read(actions), read(executions)]).expect("there are two");
    let told = figures(
        &joined.pipelines[0],
        &Asked {
            until: joined.recorded_at,
            ..asked(&[])
        },
    );
    assert_eq!(told.stage.as_deref(), Some("prod"));
    assert_eq!(told.frequency.deployments, 1);
    // From 12:00:00.123 to 12:20:00.
    assert_eq!(told.lead_time.median_seconds, Some(1199));
    for other in ["[]", "{}", r#"{"format":"sluice-history/2"}"#, "x"] {
        assert!(Recorded::read(other, "a").is_err(), "{other}");
    }
}
