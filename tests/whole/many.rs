//! Many bakes in one account share three history calls a second.

use std::path::Path;

use jiff::Timestamp;
use sluice::rehearsal::{EVIDENCE_BUCKET, functions_in, in_virtual_time};
use sluice_world::codepipeline::{ExecutionStatus, Pipeline};
use sluice_world::{Scenario, World};

use crate::pipelines::bake_alone;

const BAKES: usize = 100;
const ALARMS: usize = 20;
/// Over how long a rate is taken.
const WINDOW_SECONDS: i64 = 300;

/// Each bake has alarms of its own, and each of them moves once in the bake:
/// INSUFFICIENT_DATA for a minute, OK again.
fn scenario() -> Scenario {
    let mut text = "about: many bakes, all of whose alarms move\nalarms:\n".to_owned();
    for bake in 0..BAKES {
        for alarm in 0..ALARMS {
            let at = 600 + (bake * 37 + alarm * 61) % 900;
            text.push_str(&format!(
                "  - {{ name: b{bake:02}-{alarm:02}, states: [ {{ at: -2h, state: OK }}, \
                 {{ at: {at}s, state: INSUFFICIENT_DATA }}, {{ at: {}s, state: OK }} ] }}\n",
                at + 60
            ));
        }
    }
    text.push_str("pipeline: { look_every: { from: 1m, to: 5m } }\n");
    Scenario::parse(&text, Path::new(".")).unwrap()
}

fn pipeline(bake: usize) -> Pipeline {
    let settings = format!(
        r#"{{"for":"30m","traffic":"not_measured","since":"gate","at_most":"4h","alarms":[{{"prefix":"b{bake:02}-"}}]}}"#
    );
    bake_alone(&format!("p{bake}"), &settings)
}

#[test]
fn a_hundred_bakes_with_twenty_moved_alarms_each_stay_within_three_history_calls_a_second() {
    let (statuses, times) = in_virtual_time(async {
        let world = World::new(scenario());
        world.s3().create_bucket(EVIDENCE_BUCKET);
        world.set_functions(functions_in(&world));
        let ids: Vec<String> = (0..BAKES)
            .map(|bake| world.start(pipeline(bake)).unwrap())
            .collect();
        let mut statuses = Vec::new();
        for id in ids {
            statuses.push(world.codepipeline().finished(&id).await);
        }
        let times: Vec<Timestamp> = world
            .calls()
            .iter()
            .filter(|c| c.operation == "DescribeAlarmHistory")
            .map(|c| c.at)
            .collect();
        (statuses, times)
    })
    .unwrap();
    for run in &statuses {
        let action = &run.stages[0].actions[0];
        assert_eq!(
            run.status,
            ExecutionStatus::Succeeded,
            "{}: {:?} {:?}",
            run.pipeline,
            action.failure,
            action.summary
        );
    }
    let span = times.last().unwrap().duration_since(times[0]).as_secs_f64();
    // Calls that were throttled count, too. The SDK spreads its retries at
    // random, so a single minute may differ from run to run; five do not much.
    let busiest = (0..times.len())
        .map(|i| {
            times[i..]
                .iter()
                .take_while(|t| t.duration_since(times[i]).as_secs() < WINDOW_SECONDS)
                .count()
        })
        .max()
        .unwrap();
    let rate = busiest as f64 / WINDOW_SECONDS as f64;
    println!(
        "{} history calls in {span:.0} s, at most {rate:.2} a second over five minutes",
        times.len()
    );
    assert!(
        times.len() >= BAKES,
        "each bake reads its history at least once"
    );
    assert!(rate <= 3.0, "{rate} history calls a second");
}
