//! Many jobs at once: how soon those are looked at that are due, how soon
//! nothing is left, and what that takes. `docs/custom-actions.md` has the
//! figures of one run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sluice::rehearsal::{
    LEASES_TABLE, WORKER, aws_of, in_virtual_time, pipeline, with_custom_actions, world_of,
};
use sluice_core::plan::Plan;
use sluice_world::codepipeline::Pipeline;
use sluice_world::faults::FaultPlan;
use sluice_world::world::Call;
use sluice_world::{Scenario, World};

use super::bed::installed;

const SCENARIO: &str = "
about: many releases at once
alarms:
  - { name: errors, period: 1m, states: [ { at: -2h, state: OK } ] }
pipeline: { look_every: 30s, deploys: { prod: 1m } }
";

/// What a call takes, of the worker's and of the gates' functions.
const CALL_MILLISECONDS: u64 = 20;

fn world() -> World {
    let scenario = Scenario::parse(SCENARIO, Path::new(".")).unwrap();
    installed(world_of(scenario, FaultPlan::default()))
}

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

/// One run of the worker.
struct Minute {
    /// Jobs that waited with their leases when it began.
    held: usize,
    /// Gates that were asked.
    looks: usize,
    /// Until the last of them was asked.
    asked: SignedDuration,
    /// Until nothing was left to do.
    drained: SignedDuration,
    calls: BTreeMap<String, u64>,
}

/// The runs of the worker in the first minutes of 200 bakes that begin at once;
/// in the last one 50 of them are due.
fn minutes() -> Vec<Minute> {
    in_virtual_time(async {
        let world = world();
        for number in 0..200 {
            world.start(release(&world, number, "5h")).unwrap();
        }
        world.set_call_takes(CALL_MILLISECONDS);
        tokio::time::sleep(Duration::from_secs(65)).await;
        let schedule = world.invoke_every(SignedDuration::from_mins(1), WORKER);
        tokio::time::sleep(Duration::from_secs(59)).await;
        let mut minutes = Vec::new();
        for number in 1..=4 {
            if number == 4 {
                world.set_call_takes(0);
                have_due(&world, 50).await;
                world.set_call_takes(CALL_MILLISECONDS);
            }
            let held = aws_of(&world)
                .entries(LEASES_TABLE, "open")
                .await
                .unwrap()
                .len();
            let seen = world.calls().len();
            tokio::time::sleep(Duration::from_secs(50)).await;
            minutes.push(run_of(held, &world.calls().split_off(seen)));
            let now = world.clock().now().as_second();
            let left = u64::try_from(60 - (now + 60 - 4) % 60).unwrap();
            tokio::time::sleep(Duration::from_secs(left)).await;
        }
        drop(schedule);
        minutes
    })
    .unwrap()
}

/// Has so many of the jobs that wait be due, and all others in an hour.
async fn have_due(world: &World, due: usize) {
    let (aws, now) = (aws_of(world), world.clock().now());
    let leases = aws.entries(LEASES_TABLE, "open").await.unwrap();
    for (number, lease) in leases.iter().enumerate() {
        let mut body: serde_json::Value = serde_json::from_str(&lease.body).unwrap();
        let at = if number < due {
            now
        } else {
            now + SignedDuration::from_hours(1)
        };
        body["due"] = serde_json::json!(at);
        let (key, body) = (("open", lease.part.as_str()), body.to_string());
        let over = (body.as_str(), lease.version);
        aws.put_entry(LEASES_TABLE, key, over, None).await.unwrap();
    }
}

fn run_of(held: usize, calls: &[Call]) -> Minute {
    let begin = calls.first().unwrap().at;
    let looks: Vec<Timestamp> = calls
        .iter()
        .filter(|call| named(call) == "lambda:Invoke")
        .map(|call| call.at)
        .collect();
    let since =
        |at: Option<Timestamp>| at.map_or(SignedDuration::ZERO, |at| at.duration_since(begin));
    Minute {
        held,
        looks: looks.len(),
        asked: since(looks.last().copied()),
        drained: since(calls.last().map(|call| call.at)),
        calls: counted(calls),
    }
}

/// As in a policy.
fn named(call: &Call) -> String {
    format!("{}:{}", call.service, call.operation)
}

/// What the worker itself called.
fn counted(calls: &[Call]) -> BTreeMap<String, u64> {
    let mut counted = BTreeMap::new();
    for call in calls {
        *counted.entry(named(call)).or_default() += 1;
    }
    counted
}

impl Minute {
    fn called(&self, name: &str) -> u64 {
        self.calls.get(name).copied().unwrap_or_default()
    }

    fn polls(&self) -> u64 {
        self.called("codepipeline:PollForJobs")
    }

    fn leases(&self) -> u64 {
        let operations = ["GetItem", "PutItem", "DeleteItem", "Query"];
        operations
            .iter()
            .map(|name| self.called(&format!("dynamodb:{name}")))
            .sum()
    }
}

/// As the page has it. Gates draw when they look again, so no two are the same.
fn table(minutes: &[Minute]) -> String {
    let mut text = String::from(
        "| run | held before it | gates asked | the last after | done after | polls | reads and writes of leases |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for (number, own) in (1..).zip(minutes) {
        let seconds = |own: SignedDuration| format!("{:.1} s", own.as_secs_f64());
        writeln!(
            text,
            "| {number} | {} | {} | {} | {} | {} | {} |",
            own.held,
            own.looks,
            seconds(own.asked),
            seconds(own.drained),
            own.polls(),
            own.leases(),
        )
        .unwrap();
    }
    text
}

#[test]
fn all_that_are_due_are_looked_at_in_one_run_however_many_wait() {
    let minutes = minutes();
    println!("{}", table(&minutes));
    assert_eq!((minutes[0].held, minutes[0].looks), (0, 200));
    for own in &minutes {
        let looks = u64::try_from(own.looks).unwrap();
        assert!(own.asked < SignedDuration::from_secs(20), "{:?}", own.asked);
        assert!(
            own.drained < SignedDuration::from_secs(30),
            "{:?}",
            own.drained
        );
        assert!(own.polls() <= looks / 4 + 10, "{} polls", own.polls());
        assert!(own.leases() <= looks * 5 + 20, "{} of leases", own.leases());
    }
    assert_eq!((minutes[3].held, minutes[3].looks), (200, 50));
    for own in &minutes[1..] {
        assert!(own.held > 150, "{} wait", own.held);
    }
}

/// What an installation does in an hour in which nothing happens.
#[test]
fn an_idle_hour_polls_each_type_once_a_minute_and_asks_nobody() {
    in_virtual_time(async {
        let world = world();
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
