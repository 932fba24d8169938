//! Many jobs at once: how soon those are looked at that are due, how soon
//! nothing is left, and what that takes. `docs/custom-actions.md` has the
//! figures.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sluice::rehearsal::{
    EVIDENCE_BUCKET, LEASES_TABLE, WORKER, action_types, aws_of, functions_in, in_virtual_time,
    pipeline, with_custom_actions, world_of,
};
use sluice_core::plan::Plan;
use sluice_world::codepipeline::Pipeline;
use sluice_world::faults::FaultPlan;
use sluice_world::world::Call;
use sluice_world::{Scenario, World};

const SCENARIO: &str = "
about: many releases at once
alarms:
  - { name: errors, period: 1m, states: [ { at: -2h, state: OK } ] }
pipeline: { look_every: 30s, deploys: { prod: 1m } }
";

/// What a call takes, of the worker's and of the gates' functions.
const CALL_MILLISECONDS: u64 = 20;
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/custom-actions.md");

fn release(world: &World, number: usize, bake_for: &str) -> Pipeline {
    let plan = format!(
        "service: checkout\nstages:\n  prod:\n    gates:\n      - bake: {{ for: {bake_for}, settle: 0s, \
         traffic: not_measured, alarms: [errors], since: gate }}\n"
    );
    let read = Plan::read_yaml(&plan).unwrap();
    let mut own = with_custom_actions(pipeline(&read, &plan, world.scenario()));
    own.name = format!("checkout-{number}");
    own
}

async fn installed() -> World {
    let scenario = Scenario::parse(SCENARIO, Path::new(".")).unwrap();
    let world = world_of(scenario, FaultPlan::default());
    world.s3().create_bucket(EVIDENCE_BUCKET);
    for described in action_types() {
        world.codepipeline().create_action_type(&described).unwrap();
    }
    world.set_functions(functions_in(&world));
    world
}

/// One minute's run of the worker, with 50 jobs that are due and so many that
/// are not.
struct Minute {
    waiting: usize,
    /// Until the first and the last of those that are due had its look.
    looked: (SignedDuration, SignedDuration),
    /// Until the run ended, with the jobs that follow held.
    drained: SignedDuration,
    calls: BTreeMap<String, u64>,
}

fn minute(waiting: usize) -> Minute {
    in_virtual_time(async {
        let world = installed().await;
        for number in 0..waiting + 50 {
            let bake_for = if number < waiting { "5h" } else { "4m" };
            world.start(release(&world, number, bake_for)).unwrap();
        }
        let schedule = world.invoke_every(SignedDuration::from_mins(1), WORKER);
        // Until all of them wait, and a minute before the short ones are due.
        tokio::time::sleep(Duration::from_secs(60 + 3 * 60 + 30)).await;
        let leases = aws_of(&world).entries(LEASES_TABLE, "open").await.unwrap();
        assert_eq!(leases.len(), waiting + 50);
        world.set_call_takes(CALL_MILLISECONDS);
        let mut seen = world.calls().len();
        let (begin, calls) = loop {
            tokio::time::sleep(Duration::from_secs(55)).await;
            let calls = world.calls().split_off(seen);
            seen += calls.len();
            let first = calls.first().map(|call| call.at);
            if calls.iter().any(|call| call.operation == "lambda:Invoke") {
                break (first.unwrap(), calls);
            }
        };
        drop(schedule);
        let of = |operation: &str| -> Vec<Timestamp> {
            let own = calls.iter().filter(|call| call.operation == operation);
            own.map(|call| call.at).collect()
        };
        let looks = of("lambda:Invoke");
        assert_eq!(looks.len(), 50);
        let last = calls.last().unwrap().at;
        Minute {
            waiting,
            looked: (
                looks[0].duration_since(begin),
                looks[49].duration_since(begin),
            ),
            drained: last.duration_since(begin),
            calls: counted(&calls),
        }
    })
    .unwrap()
}

/// What the worker itself called.
fn counted(calls: &[Call]) -> BTreeMap<String, u64> {
    let mut counted = BTreeMap::new();
    for call in calls {
        *counted.entry(call.operation.clone()).or_default() += 1;
    }
    counted
}

fn table() -> String {
    let mut text = String::from(
        "| not due | due | first look after | last look after | nothing left after | polls | reads and writes of leases |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for waiting in [0, 150] {
        let own = minute(waiting);
        let calls = |name: &str| own.calls.get(name).copied().unwrap_or_default();
        let leases = ["GetItem", "PutItem", "DeleteItem", "Query"];
        let leases: u64 = leases
            .iter()
            .map(|name| calls(&format!("dynamodb:{name}")))
            .sum();
        let seconds = |own: SignedDuration| format!("{:.1} s", own.as_secs_f64());
        writeln!(
            text,
            "| {} | 50 | {} | {} | {} | {} | {leases} |",
            own.waiting,
            seconds(own.looked.0),
            seconds(own.looked.1),
            seconds(own.drained),
            calls("codepipeline:PollForJobs"),
        )
        .unwrap();
    }
    text
}

#[test]
fn the_page_has_the_figures_of_many_jobs() {
    let (page, table) = (std::fs::read_to_string(PAGE).unwrap(), table());
    assert!(page.contains(&table), "write into {PAGE}:\n{table}");
}

/// What an installation does in an hour in which nothing happens.
#[test]
fn an_idle_hour_polls_each_type_once_a_minute_and_asks_nobody() {
    in_virtual_time(async {
        let world = installed().await;
        let schedule = world.invoke_every(SignedDuration::from_mins(1), WORKER);
        tokio::time::sleep(Duration::from_secs(3600 + 5)).await;
        drop(schedule);
        let calls = world.calls_by_operation();
        assert_eq!(calls["codepipeline:PollForJobs"], 60 * 4);
        assert_eq!(calls["dynamodb:Query"], 60);
        assert_eq!(calls.values().sum::<u64>(), 60 * 5);
    })
    .unwrap();
}
