//! The function `plan`: what it answers, what it stores, and what it refuses.

use serde_json::{Value, json};
use sluice::rehearsal::EVIDENCE_BUCKET;
use sluice_core::GateError;
use sluice_core::plan::ResolvedPlan;
use sluice_core::token::{is_job_id, sha256};
use sluice_host::{PLAN_ANSWER_BYTES_MAX, Plans, resolve_plan};
use sluice_world::World;
use sluice_world::world::Fault;

use super::{CHECKOUT, COMPANY, fault, plans, pushed, world};

const EXECUTION: &str = "arn:aws:states:us-east-1:111122223333:execution:stage-checks:one";
const KEY: &str = "plans/checkout/r-1/prod.json";

fn payload() -> Value {
    json!({
        "sluice_plan": 1, "pipeline": "checkout", "release": "r-1", "stage": "prod", "service": "checkout",
        "plan": null, "execution": EXECUTION, "started": "2026-01-01T00:00:00Z",
    })
}

/// A world with the layers of these tests, and the function in it.
async fn filled() -> (World, Plans) {
    let world = world();
    let plans = plans(&world);
    pushed(&plans.aws, "organisation", COMPANY).await;
    pushed(&plans.aws, "service:checkout", CHECKOUT).await;
    (world, plans)
}

async fn stored(plans: &Plans) -> Option<Vec<u8>> {
    let read = plans.aws.read_object(EVIDENCE_BUCKET, KEY, 1 << 20).await;
    read.ok()
}

async fn refused(plans: &Plans, payload: &Value) -> GateError {
    let error = resolve_plan(payload, plans).await.unwrap_err();
    assert!(stored(plans).await.is_none(), "nothing is stored: {error}");
    error
}

#[tokio::test(start_paused = true)]
async fn what_holds_is_answered_and_stored_under_its_sum() {
    let (_world, plans) = filled().await;
    let answer = resolve_plan(&payload(), &plans).await.unwrap();
    let bytes = stored(&plans).await.unwrap();
    assert_eq!(
        answer["plan"],
        json!({ "key": KEY, "sha256": sha256(&bytes) })
    );
    let plan = ResolvedPlan::read(&bytes, &sha256(&bytes)).unwrap();
    assert_eq!(plan.find("bake").unwrap().settings.kind(), "bake");
    assert_eq!(plan.sources["bake.for"], "organisation@1");
    assert_eq!(
        answer["from"],
        json!(["organisation@1", "service:checkout@1"])
    );
    assert_eq!(answer["stop_others"], true);
    assert_eq!(answer["remarks"], json!([]));
    let nobody = json!({ "roll_back": { "by": "no", "target": null }, "notify": [] });
    assert_eq!(
        answer["policies"],
        json!({
            "on_fail": { "roll_back": { "by": "stage", "target": null }, "notify": ["checkout"] },
            "on_inconclusive": nobody, "on_error": nobody,
        })
    );
    let [gate] = answer["gates"].as_array().unwrap().as_slice() else {
        panic!("{answer}");
    };
    assert_eq!(
        (&gate["gate"], &gate["kind"]),
        (&json!("bake"), &json!("bake"))
    );
    assert!(is_job_id(gate["attempt"].as_str().unwrap()), "{gate}");
    assert!(answer["mark"]["id"].as_str().unwrap().starts_with("stop/"));
    assert_eq!(answer["mark"]["table"], "sluice-claims");
    assert!(
        answer["order"]["id"]
            .as_str()
            .unwrap()
            .starts_with("rollback/")
    );
}

#[tokio::test(start_paused = true)]
async fn asked_twice_it_answers_the_same_and_another_execution_has_its_own_attempts() {
    let (_world, plans) = filled().await;
    let first = resolve_plan(&payload(), &plans).await.unwrap();
    assert_eq!(resolve_plan(&payload(), &plans).await.unwrap(), first);
    let mut again = payload();
    again["execution"] = json!(EXECUTION.replace("one", "two"));
    let second = resolve_plan(&again, &plans).await.unwrap();
    assert_eq!(second["plan"], first["plan"]);
    assert_eq!(second["order"], first["order"]);
    assert_ne!(second["gates"], first["gates"]);
    assert_ne!(second["mark"], first["mark"]);
}

#[tokio::test(start_paused = true)]
async fn a_release_keeps_the_plan_it_began_with() {
    let (_world, plans) = filled().await;
    let first = resolve_plan(&payload(), &plans).await.unwrap();
    pushed(&plans.aws, "organisation", &COMPANY.replace("1h", "2h")).await;
    let second = resolve_plan(&payload(), &plans).await.unwrap();
    assert_eq!(second["plan"], first["plan"]);
    let remark = second["remarks"][0].as_str().unwrap();
    assert!(
        remark.contains("now organisation@2, service:checkout@1"),
        "{remark}"
    );
    // Also where nothing can be resolved any more.
    pushed(
        &plans.aws,
        "organisation",
        &COMPANY
            .replace("bake", "clear")
            .replace("for: 1h, traffic: not_measured", "name: bake, quiet: 1h"),
    )
    .await;
    let third = resolve_plan(&payload(), &plans).await.unwrap();
    assert_eq!(third["plan"], first["plan"]);
    assert!(
        third["remarks"][0].as_str().unwrap().contains("PlanLocked"),
        "{third}"
    );
    let mut next = payload();
    next["release"] = json!("r-2");
    assert_eq!(
        resolve_plan(&next, &plans).await.unwrap_err().name(),
        "PlanLocked"
    );
}

#[tokio::test(start_paused = true)]
async fn a_release_that_starts_while_the_plan_changes_has_one_of_both_plans_whole() {
    for delay in [0_u64, 1, 2, 3] {
        let (world, plans) = filled().await;
        fault(
            &world,
            Fault::Slow(jiff::SignedDuration::from_millis(1500)),
            |call| call.number % 3 == 0,
        );
        let other = super::plans(&world);
        let own = payload();
        let longer = COMPANY.replace("1h", "2h");
        let change = async {
            tokio::time::sleep(std::time::Duration::from_secs(delay)).await;
            pushed(&plans.aws, "organisation", &longer).await
        };
        let (one, two, _) = tokio::join!(
            resolve_plan(&own, &plans),
            async {
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                resolve_plan(&own, &other).await
            },
            change
        );
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!(one["plan"], two["plan"], "both go on with the same plan");
        let plan = ResolvedPlan::read_any(&stored(&plans).await.unwrap()).unwrap();
        let whole = [("1h", "organisation@1"), ("2h", "organisation@2")];
        let length = plan.find("bake").unwrap().settings.to_json()["bake"]["for"].clone();
        assert!(
            whole
                .iter()
                .any(|(own, from)| length == *own && plan.from[0] == *from),
            "{length} {:?}",
            plan.from
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_artifact_adds_and_tightens() {
    let (_world, plans) = filled().await;
    let mut own = payload();
    own["plan"] = json!({ "service": "checkout", "stages": { "prod": { "gates": [
        { "bake": { "for": "3h" } }, { "clear": { "alarms": ["network"] } },
    ] } } });
    let answer = resolve_plan(&own, &plans).await.unwrap();
    assert_eq!(answer["from"][2], "artifact");
    assert_eq!(answer["gates"].as_array().unwrap().len(), 2);
    let mut loose = payload();
    loose["release"] = json!("r-2");
    loose["plan"] =
        json!({ "stages": { "prod": { "gates": [{ "bake": { "mode": "watch_only" } }] } } });
    assert_eq!(
        resolve_plan(&loose, &plans).await.unwrap_err().name(),
        "PlanLocked"
    );
}

#[tokio::test(start_paused = true)]
async fn whose_release_it_is_says_the_payload_the_binding_or_the_artifact() {
    let (_world, plans) = filled().await;
    let mut bound = payload();
    bound["service"] = Value::Null;
    assert_eq!(
        resolve_plan(&bound, &plans).await.unwrap()["service"],
        "checkout"
    );
    let mut unbound = payload();
    (unbound["service"], unbound["pipeline"]) = (Value::Null, json!("other"));
    let error = refused_elsewhere(&plans, &unbound).await;
    assert!(
        error.to_string().contains("nothing says of which service"),
        "{error}"
    );
    let mut foreign = payload();
    foreign["pipeline"] = json!("other");
    let error = refused_elsewhere(&plans, &foreign).await;
    assert_eq!(error.name(), "ReleaseMismatch");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_only_the_artifact_names_is_marked_as_claimed() {
    let gates = json!({ "prod": { "gates": [{ "bake": { "alarms": ["errors"] } }] } });
    let plan = |service: &str| json!({ "service": service, "stages": gates });
    for (pipeline, service, plan, claimed) in [
        ("checkout", json!("checkout"), Value::Null, false),
        ("checkout", Value::Null, plan("checkout"), false),
        ("other", Value::Null, plan("payments"), true),
        ("other", json!("payments"), plan("payments"), false),
    ] {
        let (_world, plans) = filled().await;
        let mut own = payload();
        (own["pipeline"], own["service"], own["plan"]) = (json!(pipeline), service, plan);
        let answer = resolve_plan(&own, &plans).await.unwrap();
        let key = ResolvedPlan::key_of(pipeline, "r-1", "prod");
        let read = plans.aws.read_object(EVIDENCE_BUCKET, &key, 1 << 20).await;
        let plan = ResolvedPlan::read_any(&read.unwrap()).unwrap();
        assert_eq!(plan.service_only_claimed, claimed, "{own}\n{answer}");
    }
}

async fn refused_elsewhere(plans: &Plans, payload: &Value) -> GateError {
    resolve_plan(payload, plans).await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn an_empty_an_unreadable_and_an_invalid_plan_are_errors_and_not_stored() {
    let empty = world();
    let host = plans(&empty);
    assert_eq!(refused(&host, &payload()).await.name(), "PlanEmpty");
    let (_world, host) = filled().await;
    let mut broken = payload();
    broken["plan"] = json!({ "stages": { "prod": { "gates": [{ "bake": { "for": 5 } }] } } });
    assert_eq!(refused(&host, &broken).await.name(), "SettingsInvalid");
    let mut other = payload();
    other["sluice_plan"] = json!(2);
    assert_eq!(refused(&host, &other).await.name(), "ParametersInvalid");
    other["sluice_plan"] = json!(1);
    other["stage"] = json!("../prod");
    assert_eq!(refused(&host, &other).await.name(), "ParametersInvalid");
    let mut partly = plans(&empty);
    pushed(&partly.aws, "organisation", COMPANY).await;
    assert_eq!(refused(&partly, &payload()).await.name(), "SettingsInvalid");
    partly.evidence_bucket = None;
    assert_eq!(
        resolve_plan(&payload(), &partly).await.unwrap_err().name(),
        "SettingsInvalid"
    );
}

#[tokio::test(start_paused = true)]
async fn no_failing_call_makes_a_plan_smaller() {
    for call in 0..12 {
        let (world, plans) = filled().await;
        let begun = world.calls().len() as u64;
        fault(&world, Fault::HalfBody, move |own| {
            own.number == begun + call
        });
        if let Ok(answer) = resolve_plan(&payload(), &plans).await {
            assert_eq!(
                answer["from"],
                json!(["organisation@1", "service:checkout@1"]),
                "call {call}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_largest_answer_is_within_what_the_machine_keeps_or_refused() {
    let (_world, plans) = filled().await;
    let long = |index: usize| format!("{}-{index}", "g".repeat(80));
    let gates = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|index| json!({ "clear": { "name": long(index), "alarms": ["a"] } }))
            .collect()
    };
    let mut many = payload();
    many["plan"] = json!({ "stages": { "prod": { "gates": gates(19) } } });
    let answer = resolve_plan(&many, &plans).await.unwrap();
    assert!(
        answer.to_string().len() <= PLAN_ANSWER_BYTES_MAX,
        "{}",
        answer.to_string().len()
    );
    let notify: Vec<String> = (0..49).map(long).collect();
    let mut told = payload();
    told["release"] = json!("r-2");
    told["plan"] =
        json!({ "stages": { "prod": { "gates": gates(19), "on_fail": { "notify": notify } } } });
    let error = resolve_plan(&told, &plans).await.unwrap_err();
    assert!(
        error.to_string().contains("give them shorter names"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_action_that_started_the_checks_is_handed_on() {
    let (_world, plans) = filled().await;
    let mut asked = payload();
    let answer = resolve_plan(&asked, &plans).await.unwrap();
    assert!(answer["plan"].get("ends").is_none());
    asked["ends"] = json!("2026-01-01T22:00:00Z");
    let answer = resolve_plan(&asked, &plans).await.unwrap();
    assert_eq!(answer["plan"]["ends"], "2026-01-01T22:00:00Z");
}
