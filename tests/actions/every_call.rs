//! Workers and functions that are killed at every call, before and after its
//! effect, and calls that go wrong otherwise.

use jiff::SignedDuration;
use sluice_world::codepipeline::{DispatchOrder, ExecutionStatus};
use sluice_world::faults::{CallFault, FaultPlan, Kind, Which};

use super::bed::{Alarm, Case, Ran, run};

const KILLED: [Kind; 2] = [Kind::KilledBefore, Kind::KilledAfter];
/// What befalls a call of which the process lives on.
const OTHERS: [Kind; 6] = [
    Kind::Throttled,
    Kind::ServerError,
    Kind::TimedOut,
    Kind::AnswerLate,
    Kind::AnswerLost,
    Kind::HalfBody,
];

fn afflicted(alarm: Alarm, kind: Kind, call: u64, again_after: Option<SignedDuration>) -> Ran {
    let fault = CallFault {
        at: Which::Nth(call),
        kind,
        times: 1,
    };
    run(Case {
        alarm,
        workers: 2,
        order: DispatchOrder::Drawn,
        again_after,
        faults: FaultPlan {
            calls: vec![fault],
            ..FaultPlan::default()
        },
        ..Case::default()
    })
}

/// Every call of a run like this, or some of them, in each of these ways.
fn each(
    alarm: Alarm,
    again_after: Option<SignedDuration>,
    (kinds, step): (&[Kind], usize),
    hold: impl Fn(&Ran, &str),
) -> usize {
    let calls = run(Case {
        alarm,
        workers: 2,
        order: DispatchOrder::Drawn,
        again_after,
        ..Case::default()
    });
    let mut befell = 0;
    for call in (1..=calls.count).step_by(step) {
        for kind in kinds.iter().copied() {
            let ran = afflicted(alarm, kind, call, again_after);
            let about = format!("{kind:?} at call {call}");
            ran.hold(&about);
            hold(&ran, &about);
            befell += usize::from(ran.occurred.contains_key(&kind));
        }
    }
    befell
}

/// Where jobs come again that nobody acknowledged, no death does any harm.
#[test]
fn a_release_passes_whichever_call_kills() {
    let again = Some(SignedDuration::from_mins(2));
    let befell = each(Alarm::Quiet, again, (&KILLED, 1), |ran, about| {
        for execution in &ran.executions {
            assert_eq!(
                execution.status,
                ExecutionStatus::Succeeded,
                "{about}: {execution:#?}"
            );
        }
    });
    assert!(befell > 100, "{befell}");
}

#[test]
fn a_release_passes_whatever_befalls_a_call() {
    let again = Some(SignedDuration::from_mins(2));
    let befell = each(Alarm::Quiet, again, (&OTHERS, 7), |ran, about| {
        for execution in &ran.executions {
            assert_eq!(
                execution.status,
                ExecutionStatus::Succeeded,
                "{about}: {execution:#?}"
            );
        }
    });
    assert!(befell > 40, "{befell}");
}

/// Where they do not, a job may be lost to a worker that dies before it wrote
/// anything down: then the action ends by CodePipeline's own limit.
#[test]
fn no_death_lets_a_release_pass_that_should_not() {
    let befell = each(Alarm::Fires, None, (&KILLED, 3), |ran, about| {
        for execution in &ran.executions {
            assert_eq!(
                execution.status,
                ExecutionStatus::Failed,
                "{about}: {execution:#?}"
            );
        }
    });
    assert!(befell > 40, "{befell}");
}
