//! Single faults that have a name: an answer lost after its effect, events
//! that come twice, two looks at once.

use std::sync::Arc;

use sluice::faults::{Case, Ends, Outcome, Ran, SUBJECTS, run};
use sluice_world::faults::{CallFault, EventFate, EventFault, FaultPlan, Kind, Which};

fn six_looks(ends: Ends, faults: FaultPlan) -> Case {
    Case::of(1, (SUBJECTS[0].six_looks)(ends), true, faults)
}

/// A bake of six looks with this one fault, which has to occur. Nothing may be
/// broken: one final answer, one beginning, no second bake.
#[track_caller]
fn check(ends: Ends, faults: FaultPlan, kind: Kind) -> Ran {
    let ran = run(&six_looks(ends, faults), Arc::new(|_| {})).unwrap();
    assert_eq!(ran.broken, Vec::<String>::new());
    assert!(ran.occurred.contains_key(&kind), "{:?}", ran.occurred);
    assert_eq!(ran.looks, if ends == Ends::Pass { 6 } else { 4 });
    let expected = match ends {
        Ends::Pass => Outcome::Go("pass".to_owned()),
        Ends::NoPass => Outcome::Stop,
    };
    assert_eq!(ran.outcome, expected);
    ran
}

fn lost_answer(operation: &str, nth: u64) -> FaultPlan {
    FaultPlan {
        calls: vec![CallFault {
            at: Which::Of(format!("codepipeline:{operation}"), nth),
            kind: Kind::AnswerLost,
            times: 3,
        }],
        ..FaultPlan::default()
    }
}

fn twice(event: u64, after: u32) -> FaultPlan {
    FaultPlan {
        events: vec![EventFault {
            event,
            fate: EventFate::Twice(after),
        }],
        ..FaultPlan::default()
    }
}

#[test]
fn a_continuation_whose_answer_is_lost_begins_no_second_bake() {
    check(
        Ends::Pass,
        lost_answer("PutJobSuccessResult", 1),
        Kind::AnswerLost,
    );
    check(
        Ends::Pass,
        lost_answer("PutJobSuccessResult", 3),
        Kind::AnswerLost,
    );
}

#[test]
fn a_final_answer_that_took_effect_and_was_lost_stays_the_only_one() {
    check(
        Ends::Pass,
        lost_answer("PutJobSuccessResult", 6),
        Kind::AnswerLost,
    );
    check(
        Ends::NoPass,
        lost_answer("PutJobFailureResult", 1),
        Kind::AnswerLost,
    );
}

#[test]
fn a_record_whose_put_took_effect_and_was_lost_is_the_one_that_counts() {
    let faults = FaultPlan {
        calls: vec![CallFault {
            at: Which::Of("s3:PutObject".to_owned(), 1),
            kind: Kind::AnswerLost,
            times: 1,
        }],
        ..FaultPlan::default()
    };
    check(Ends::Pass, faults, Kind::AnswerLost);
}

#[test]
fn a_first_event_that_comes_twice_at_once_begins_one_bake() {
    check(Ends::Pass, twice(1, 0), Kind::EventDuplicated);
}

#[test]
fn a_first_event_that_comes_again_when_the_bake_is_under_way_begins_no_second_one() {
    check(Ends::Pass, twice(1, 400), Kind::EventReordered);
}

#[test]
fn two_looks_at_once_on_the_same_job_give_one_answer() {
    for event in 2..=6 {
        check(Ends::Pass, twice(event, 0), Kind::EventDuplicated);
    }
}

#[test]
fn two_last_looks_at_once_give_one_failure() {
    check(Ends::NoPass, twice(4, 0), Kind::EventDuplicated);
}

#[test]
fn an_answer_that_is_cut_off_does_not_end_the_bake() {
    for operation in ["cloudwatch:DescribeAlarms", "codepipeline:GetPipelineState"] {
        for nth in [1, 3] {
            let faults = FaultPlan {
                calls: vec![CallFault {
                    at: Which::Of(operation.to_owned(), nth),
                    kind: Kind::HalfBody,
                    times: 1,
                }],
                ..FaultPlan::default()
            };
            let ran = run(&six_looks(Ends::Pass, faults), Arc::new(|_| {})).unwrap();
            assert_eq!(ran.outcome, Outcome::Go("pass".to_owned()), "{operation}");
            assert!(ran.occurred.contains_key(&Kind::HalfBody));
        }
    }
}

/// Every attempt of the gate's function at its first look ends like this.
fn dies(kind: Kind) -> Ran {
    let attempt = |invocation| CallFault {
        at: Which::In {
            invocation,
            call: 2,
        },
        kind,
        times: 1,
    };
    let faults = FaultPlan {
        calls: vec![attempt(1), attempt(2)],
        ..FaultPlan::default()
    };
    run(&six_looks(Ends::Pass, faults), Arc::new(|_| {})).unwrap()
}

#[test]
fn a_job_whose_function_dies_at_every_attempt_is_answered_by_the_reaper() {
    for kind in [Kind::KilledBefore, Kind::Frozen] {
        let ran = dies(kind);
        assert_eq!(ran.broken, Vec::<String>::new());
        assert_eq!((ran.occurred[&kind], ran.outcome), (2, Outcome::Stop));
        assert!(!ran.is_silent, "{kind:?}: nobody answered");
    }
}

#[test]
fn an_event_that_is_lost_ends_without_go() {
    let faults = FaultPlan {
        events: vec![EventFault {
            event: 6,
            fate: EventFate::Lost,
        }],
        ..FaultPlan::default()
    };
    let ran = run(&six_looks(Ends::Pass, faults), Arc::new(|_| {})).unwrap();
    assert_eq!(ran.broken, Vec::<String>::new());
    assert_eq!((ran.outcome, ran.is_silent), (Outcome::Stop, true));
}
