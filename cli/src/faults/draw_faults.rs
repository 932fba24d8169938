//! Faults drawn at random.

use sluice_world::codepipeline::LengthUnit;
use sluice_world::faults::{
    CallFault, EventFate, EventFault, FaultPlan, Kind, ShortLife, Switches, Which,
};
use sluice_world::random::Random;

/// Operations by name, so that those that are rare are hit as well.
const OPERATIONS: [&str; 12] = [
    "cloudwatch:DescribeAlarms",
    "cloudwatch:DescribeAlarmHistory",
    "cloudwatch:GetMetricData",
    "codepipeline:GetJobDetails",
    "codepipeline:GetPipelineExecution",
    "codepipeline:GetPipelineState",
    "codepipeline:ListActionExecutions",
    "codepipeline:PutJobSuccessResult",
    "codepipeline:PutJobFailureResult",
    "events:PutEvents",
    "s3:GetObject",
    "s3:PutObject",
];

pub(super) fn faults(random: &mut Random) -> FaultPlan {
    let calls = random.below(4);
    FaultPlan {
        calls: (0..calls).map(|_| call(random)).collect(),
        lives: if random.percent(8) {
            vec![life(random)]
        } else {
            Vec::new()
        },
        events: events(random),
        clock_ahead_seconds: clock(random),
        switches: switches(random),
    }
}

fn call(random: &mut Random) -> CallFault {
    let at = match random.below(3) {
        0 => Which::Nth(1 + random.below(30)),
        1 => Which::Of(random.one_of(&OPERATIONS).to_owned(), 1 + random.below(5)),
        _ => Which::In {
            invocation: 1 + random.below(7),
            call: 1 + random.below(6),
        },
    };
    let times = random.one_of(&[1, 1, 1, 2, 3, 3, 6]);
    CallFault {
        at,
        kind: random.one_of(&Kind::OF_CALLS),
        times,
    }
}

fn life(random: &mut Random) -> ShortLife {
    ShortLife {
        invocation: 1 + random.below(8),
        seconds: random.one_of(&[0, 1, 3, 8, 20, 40]),
    }
}

fn events(random: &mut Random) -> Vec<EventFault> {
    let mut events = Vec::new();
    if random.percent(30) {
        for _ in 0..=random.below(2) {
            let fate = match random.below(6) {
                0 => EventFate::Lost,
                1 | 2 => EventFate::Delayed(random.one_of(&[5, 60, 240])),
                _ => EventFate::Twice(random.one_of(&[0, 0, 1, 30, 200, 400])),
            };
            // First events are where most goes wrong.
            let event = random.one_of(&[1, 1, 2, 3, 4, 5, 6, 7]);
            events.push(EventFault { event, fate });
        }
    }
    events
}

fn clock(random: &mut Random) -> i64 {
    if !random.percent(12) {
        return 0;
    }
    let seconds = random.one_of(&[5, 20, 60, 120, 300, 600]);
    if random.percent(50) {
        seconds
    } else {
        -seconds
    }
}

fn switches(random: &mut Random) -> Switches {
    Switches {
        silence_from_job_creation: random.percent(30),
        closed_job_not_found: random.percent(30),
        lengths: random.one_of(&[LengthUnit::Characters, LengthUnit::Utf16, LengthUnit::Bytes]),
        job_details: random.percent(30),
        rollback_type_hidden: random.percent(30),
        alarms_read_incomplete_periods: random.percent(30),
        start_rounded_to_period: random.percent(30),
        history_delay_seconds: if random.percent(15) {
            random.one_of(&[5, 60])
        } else {
            0
        },
        history_drops: random
            .percent(6)
            .then(|| usize::try_from(random.below(12)).unwrap_or(0)),
        page_size_max: if random.percent(10) { Some(1) } else { None },
    }
}
