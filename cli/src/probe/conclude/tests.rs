//! What follows from what was seen, and what does not.

use serde_json::json;
use sluice_world::assumed::Range;
use sluice_world::codepipeline::{ClosedJob, LengthUnit};

use super::*;
use crate::probe::seen::{Change, Datapoint, Details, Note, Rollback, TAKEN};

/// A look that began so many seconds after the first and took one.
fn note(step: u32, began: f64) -> Note {
    Note {
        release: "r1".to_owned(),
        step,
        began,
        answered: began + 1.0,
        details: Details {
            refused: Some("JobNotFoundException".to_owned()),
            release: None,
        },
        lengths: [("utf16", TAKEN)]
            .map(|(unit, told)| (unit.to_owned(), told.to_owned()))
            .into(),
        first: TAKEN.to_owned(),
        second: "InvalidJobStateException".to_owned(),
    }
}

fn seen(notes: Vec<Note>) -> Seen {
    Seen {
        notes,
        ..Seen::default()
    }
}

#[track_caller]
fn check(name: Name, seen: &Seen, concludes: &str) -> Assumed {
    let (measures, world) = conclude(seen, &[name]);
    let [measure] = &measures[..] else {
        panic!("{measures:?}")
    };
    assert_eq!(measure.concludes.as_deref(), Some(concludes));
    assert_eq!(measure.not_told, None);
    world
}

/// What is not told changes nothing.
#[track_caller]
fn check_not_told(name: Name, seen: &Seen, why: &str) {
    let (measures, world) = conclude(seen, &[name]);
    assert_eq!(measures[0].concludes, None);
    assert_eq!(measures[0].not_told.as_deref(), Some(why));
    assert_eq!(world, Assumed::default());
}

#[test]
fn the_time_between_looks_is_from_an_answer_to_the_next_beginning() {
    let seen = seen(vec![note(1, 0.0), note(2, 31.5), note(3, 62.0)]);
    let said = "from an answer to the next look: 29.5 s to 30.5 s, of 2";
    let world = check(Name::LookEvery, &seen, said);
    let expected = Range {
        from_milliseconds: 29_500,
        to_milliseconds: 30_500,
    };
    assert_eq!(world.look_every, Some(expected));
}

#[test]
fn a_look_that_came_twice_counts_by_its_first_and_a_missing_one_is_no_gap() {
    let seen = seen(vec![
        note(1, 0.0),
        note(2, 90.0),
        note(2, 31.0),
        note(4, 99.0),
    ]);
    let (measures, world) = conclude(&seen, &[Name::LookEvery]);
    assert_eq!(
        measures[0].saw,
        json!({ "milliseconds": [30_000], "notes": 4, "looks": 3 })
    );
    assert!(world.look_every.is_some());
}

#[test]
fn one_look_tells_no_interval() {
    let why = "no look followed another";
    check_not_told(Name::LookEvery, &seen(vec![note(1, 0.0)]), why);
    check_not_told(Name::LookEvery, &seen(Vec::new()), why);
    // By clocks that differ the second began before the first had answered.
    let seen = seen(vec![note(1, 5.0), note(2, 5.5)]);
    check_not_told(Name::LookEvery, &seen, why);
}

#[test]
fn job_details_are_told_or_not() {
    let refused = "`GetJobDetails` does not answer for a Lambda action's job";
    let world = check(Name::JobDetails, &seen(vec![note(1, 0.0)]), refused);
    assert_eq!(world.job_details, Some(false));
    let mut own = note(1, 0.0);
    own.details = Details {
        refused: None,
        release: Some("r1".to_owned()),
    };
    let names = "`GetJobDetails` names the release of a Lambda action's job";
    let world = check(Name::JobDetails, &seen(vec![own.clone()]), names);
    assert_eq!(world.job_details, Some(true));
    own.details.release = None;
    assert_eq!(
        check(Name::JobDetails, &seen(vec![own]), refused).job_details,
        Some(false)
    );
}

#[test]
fn a_lack_of_rights_says_nothing_about_job_details() {
    let mut own = note(1, 0.0);
    own.details.refused = Some("AccessDeniedException".to_owned());
    let why = "`GetJobDetails` said AccessDeniedException";
    check_not_told(Name::JobDetails, &seen(vec![own]), why);
    let mut other = note(1, 0.0);
    other.details = Details {
        refused: None,
        release: Some("r9".to_owned()),
    };
    let why = "`GetJobDetails` said another release";
    check_not_told(Name::JobDetails, &seen(vec![other]), why);
}

#[test]
fn looks_that_differ_tell_nothing() {
    let mut other = note(2, 31.0);
    other.details.refused = None;
    other.second = "JobNotFoundException".to_owned();
    let seen = seen(vec![note(1, 0.0), other]);
    let why = "looks differ: InvalidJobStateException, JobNotFoundException";
    check_not_told(Name::SecondAnswer, &seen, why);
    let why = "looks differ: JobNotFoundException, no release";
    check_not_told(Name::JobDetails, &seen, why);
}

#[test]
fn a_second_answer_counts_only_after_one_that_was_taken() {
    for (second, expected) in [
        ("InvalidJobStateException", ClosedJob::InvalidState),
        ("JobNotFoundException", ClosedJob::NotFound),
        (TAKEN, ClosedJob::Taken),
    ] {
        let mut own = note(1, 0.0);
        own.second = second.to_owned();
        let mut refused = note(2, 31.0);
        refused.first = "ThrottlingException".to_owned();
        refused.second = "Another".to_owned();
        let (_, world) = conclude(&seen(vec![own, refused]), &[Name::SecondAnswer]);
        assert_eq!(world.closed_job, Some(expected), "{second}");
    }
}

#[test]
fn lengths_follow_from_which_long_text_was_taken() {
    const INVALID: &str = "ValidationException";
    for (utf16, bytes, expected) in [
        (TAKEN, "", Some(LengthUnit::Characters)),
        (INVALID, TAKEN, Some(LengthUnit::Utf16)),
        (INVALID, INVALID, Some(LengthUnit::Bytes)),
        ("ThrottlingException", TAKEN, None),
        (INVALID, "InvalidJobStateException", None),
    ] {
        let mut own = note(1, 0.0);
        own.lengths = [("utf16", utf16), ("bytes", bytes)]
            .map(|(unit, told)| (unit.to_owned(), told.to_owned()))
            .into();
        let mut last = note(2, 31.0);
        last.lengths.clear();
        let (measures, world) = conclude(&seen(vec![own, last]), &[Name::Lengths]);
        assert_eq!(world.lengths, expected, "{utf16} {bytes}");
        assert_eq!(measures[0].not_told.is_some(), expected.is_none());
    }
}

#[test]
fn a_running_stage_is_rolled_back_or_not_or_it_was_not_tried() {
    let told = |told: Option<&str>| Seen {
        while_running: told.map(str::to_owned),
        ..Seen::default()
    };
    let name = Name::RollbackWhileRunning;
    let refused = told(Some("UnableToRollbackStageException"));
    let said = "a stage that runs is not rolled back: `UnableToRollbackStageException`";
    assert_eq!(
        check(name, &refused, said).rollback_while_running,
        Some(false)
    );
    let said = "a stage that runs can be rolled back";
    let world = check(name, &told(Some(TAKEN)), said);
    assert_eq!(world.rollback_while_running, Some(true));
    check_not_told(name, &told(None), "no stage was running");
    let why = "the order was told PipelineNotFoundException";
    check_not_told(name, &told(Some("PipelineNotFoundException")), why);
}

fn rollback(looks: usize, ended: Option<&str>) -> Seen {
    Seen {
        rollback: Some(Rollback {
            ordered: TAKEN.to_owned(),
            says_so: Some(true),
            ended: ended.map(str::to_owned),
            looks,
        }),
        ..Seen::default()
    }
}

#[test]
fn a_rollback_runs_gates_if_one_looked_and_not_if_it_succeeded_without() {
    let said = "a rollback runs the stage's Lambda actions, and says that it is one";
    let world = check(Name::Rollback, &rollback(1, None), said);
    assert_eq!(world.rollback_runs_gates, Some(true));
    assert_eq!(world.rollback_type_shown, Some(true));
    let said = "a rollback does not run the stage's Lambda actions, and says that it is one";
    let world = check(Name::Rollback, &rollback(0, Some("Succeeded")), said);
    assert_eq!(world.rollback_runs_gates, Some(false));
}

#[test]
fn a_rollback_that_goes_on_without_a_look_tells_nothing_of_gates() {
    let (measures, world) = conclude(&rollback(0, None), &[Name::Rollback]);
    assert!(measures[0].not_told.is_some());
    assert_eq!(world.rollback_runs_gates, None);
    // That it says what it is was seen all the same.
    assert_eq!(world.rollback_type_shown, Some(true));
}

fn changes(after: &[Option<u64>]) -> Seen {
    let change = |after: &Option<u64>| Change {
        history_after: *after,
        apart: Some(0),
    };
    Seen {
        changes: after.iter().map(change).collect(),
        ..Seen::default()
    }
}

#[test]
fn the_slowest_history_counts_and_one_that_never_came_tells_nothing() {
    let said = "the history showed 3 changes of an alarm within 4.2 s of the alarm";
    let seen = changes(&[Some(100), Some(4_200), Some(0)]);
    let world = check(Name::History, &seen, said);
    assert_eq!(world.history_delay_milliseconds, Some(4_200));
    let said = "an alarm and its history give the same times";
    check(Name::Moments, &seen, said);
    let why = "a change of state was not seen, or not in the history";
    check_not_told(Name::History, &changes(&[Some(1), None]), why);
    check_not_told(Name::History, &changes(&[]), why);
}

#[test]
fn the_latest_datapoint_counts_and_its_alarm_is_told_beside_it() {
    let datapoint = |read_after, fired_after| Datapoint {
        read_after,
        fired_after,
    };
    let mut seen = Seen {
        datapoints: vec![
            datapoint(Some(900), Some(61_000)),
            datapoint(Some(1_500), None),
        ],
        ..Seen::default()
    };
    let said = "a datapoint could be read within 1.5 s; its alarm fired 61.0 s after it";
    let world = check(Name::Metrics, &seen, said);
    assert_eq!(world.put_late_milliseconds, Some(1_500));
    seen.datapoints[1].read_after = None;
    let why = "a datapoint could not be read in time";
    check_not_told(Name::Metrics, &seen, why);
}

#[test]
fn a_part_that_broke_off_says_why() {
    let mut broken = seen(Vec::new());
    let why = "`codepipeline:StartPipelineExecution` was denied: no";
    broken.trouble.insert("looks", why.to_owned());
    check_not_told(Name::JobDetails, &broken, why);
    check_not_told(
        Name::Metrics,
        &broken,
        "a datapoint could not be read in time",
    );
}

#[test]
fn no_measure_names_anything_of_an_account() {
    let mut seen = seen(vec![note(1, 0.0), note(2, 31.0)]);
    seen.rollback = rollback(1, None).rollback;
    let (measures, _) = conclude(&seen, Name::all());
    let text = json!(measures).to_string();
    assert!(!text.contains("r1"), "{text}");
}
