//! Changing plans: two at once, one that dies half-way, items that are not whole.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sluice::rehearsal::aws_of;
use sluice_aws::{PlanPut, PlanVersion};
use sluice_host::{PlanChange, PlanStore, Pushed};
use sluice_world::world::Fault;

use super::{CHECKOUT, COMPANY, TABLE, fault, push, pushed, world};

const NEVER: SignedDuration = SignedDuration::from_hours(10);

fn version(number: u32, document: &str) -> PlanVersion {
    PlanVersion {
        scope: "organisation".to_owned(),
        version: number,
        by: "ana".to_owned(),
        at: Timestamp::UNIX_EPOCH,
        why: "a test".to_owned(),
        document: document.to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn every_change_is_a_version_with_who_when_and_why() {
    let world = world();
    let aws = aws_of(&world);
    assert_eq!(pushed(&aws, "organisation", COMPANY).await, 1);
    let longer = COMPANY.replace("1h", "2h");
    assert_eq!(pushed(&aws, "organisation", &longer).await, 2);
    let history = aws.plan_history(TABLE, "organisation").await.unwrap();
    let told: Vec<(u32, &str, &str, bool)> = history
        .iter()
        .map(|held| {
            (
                held.version,
                held.by.as_str(),
                held.why.as_str(),
                held.document == longer,
            )
        })
        .collect();
    assert_eq!(
        told,
        [(2, "ana", "a test", true), (1, "ana", "a test", false)]
    );
    assert!(history.iter().all(|held| held.at <= aws.now()));
    let again = push(&aws, "organisation", &longer, "ben").await.unwrap();
    assert!(matches!(again, Pushed::Unchanged(held) if held.version == 2));
}

#[tokio::test(start_paused = true)]
async fn the_tenth_version_is_newer_than_the_ninth() {
    let world = world();
    let aws = aws_of(&world);
    for hours in 1..=12 {
        let document = COMPANY.replace("1h", &format!("{hours}h"));
        assert_eq!(pushed(&aws, "organisation", &document).await, hours);
    }
    let newest = aws
        .newest_plan(TABLE, "organisation")
        .await
        .unwrap()
        .unwrap();
    assert!(newest.document.contains("for: 12h"), "{}", newest.document);
}

#[tokio::test(start_paused = true)]
async fn of_two_writers_at_once_one_is_told_of_the_other() {
    let world = world();
    let (one, two) = (aws_of(&world), aws_of(&world));
    pushed(&one, "organisation", COMPANY).await;
    // Both have read version 1 before one of them writes.
    fault(&world, Fault::Slow(SignedDuration::from_secs(1)), |call| {
        call.operation.ends_with("PutItem")
    });
    let (longer, longest) = (COMPANY.replace("1h", "2h"), COMPANY.replace("1h", "3h"));
    let (ana, ben) = tokio::join!(
        push(&one, "organisation", &longer, "ana"),
        push(&two, "organisation", &longest, "ben")
    );
    let both = [ana.unwrap(), ben.unwrap()];
    let done = both
        .iter()
        .filter(|pushed| matches!(pushed, Pushed::Done(_)));
    assert_eq!(done.count(), 1, "{both:?}");
    let Some(Pushed::SomebodyElse(Some(held))) =
        both.iter().find(|own| !matches!(own, Pushed::Done(_)))
    else {
        panic!("{both:?}");
    };
    let history = one.plan_history(TABLE, "organisation").await.unwrap();
    assert_eq!((held.version, history.len()), (2, 2));
    assert_eq!(&history[0], held);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_another_version_than_the_one_looked_at_is_refused() {
    let world = world();
    let aws = aws_of(&world);
    pushed(&aws, "organisation", COMPANY).await;
    pushed(&aws, "organisation", &COMPANY.replace("1h", "2h")).await;
    let scope = "organisation".parse().unwrap();
    let change = PlanChange {
        scope: &scope,
        document: COMPANY,
        by: "ben",
        why: "looked at version 1",
        over: Some(1),
    };
    let store = PlanStore {
        aws: &aws,
        table: TABLE,
    };
    let came = store.push(&change).await.unwrap();
    assert!(matches!(came, Pushed::SomebodyElse(Some(held)) if held.version == 2));
}

/// Pushes, and dies at the nth call, before or after its effect.
async fn dies(call: u64, after_effect: bool, scope: &str, document: &str) -> sluice_world::World {
    let world = world();
    let never = if after_effect {
        Fault::AnswerLate(NEVER)
    } else {
        Fault::Slow(NEVER)
    };
    fault(&world, never, move |own| own.number + 1 == call);
    let aws = aws_of(&world);
    let _ = tokio::time::timeout(Duration::from_secs(2), push(&aws, scope, document, "dead")).await;
    fault(&world, Fault::AnswerLost, |_| false);
    world
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_dies_has_changed_all_or_nothing_and_writing_again_mends_it() {
    let mut seen = [false, false];
    for scope in ["organisation", "stage:prod*", "service:checkout"] {
        let document = if scope == "service:checkout" {
            CHECKOUT
        } else {
            COMPANY
        };
        for call in 1..=8 {
            for after_effect in [false, true] {
                let world = dies(call, after_effect, scope, document).await;
                let aws = aws_of(&world);
                let store = PlanStore {
                    aws: &aws,
                    table: TABLE,
                };
                let layers = store.layers("checkout", "prod").await;
                let count = layers.expect("nothing half written is in the way").len();
                seen[count] = true;
                push(&aws, scope, document, "ben").await.unwrap();
                let layers = store.layers("checkout", "prod").await.unwrap();
                assert_eq!(layers.len(), 1, "{scope} died at call {call}");
                let history = aws.plan_history(TABLE, scope).await.unwrap();
                assert_eq!(history.len(), 1, "{scope} died at call {call}");
                if scope == "service:checkout" {
                    let service = store.service_of("checkout").await.unwrap();
                    assert_eq!(service.as_deref(), Some("checkout"));
                }
            }
        }
    }
    assert_eq!(seen, [true, true], "some die before, and some after");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_lost_is_no_other_writer() {
    let world = world();
    let aws = aws_of(&world);
    fault(&world, Fault::AnswerLost, |call| {
        call.operation.ends_with("PutItem") && call.number < 2
    });
    assert_eq!(pushed(&aws, "organisation", COMPANY).await, 1);
    assert_eq!(
        aws.put_plan(TABLE, &version(1, COMPANY)).await,
        Ok(PlanPut::Taken)
    );
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_does_not_read_or_is_gone_is_an_error_and_never_left_out() {
    let world = world();
    let aws = aws_of(&world);
    let store = PlanStore {
        aws: &aws,
        table: TABLE,
    };
    let refused = push(
        &aws,
        "organisation",
        "stages: { prod: { gates: 1 } }",
        "ana",
    )
    .await;
    assert_eq!(refused.unwrap_err().name(), "PlanUnreadable");
    assert!(store.layers("checkout", "prod").await.unwrap().is_empty());
    aws.put_plan(TABLE, &version(1, "stages: {")).await.unwrap();
    let error = store.layers("checkout", "prod").await.unwrap_err();
    assert_eq!(error.name(), "PlanUnreadable");
    assert!(
        error.to_string().contains("`organisation@1` has mistakes"),
        "{error}"
    );
    let pointer = PlanVersion {
        scope: "stages".to_owned(),
        ..version(1, "{\"stages\":[\"prod*\"]}")
    };
    aws.put_plan(TABLE, &version(2, COMPANY)).await.unwrap();
    aws.put_plan(TABLE, &pointer).await.unwrap();
    let error = store.layers("checkout", "prod").await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`stages` names `stage:prod*`, and there is none"),
        "{error}"
    );
    assert_eq!(store.layers("checkout", "beta").await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_only_tells_people_reads_a_layer_whose_expressions_nobody_could_check() {
    let world = world();
    let aws = aws_of(&world);
    let store = PlanStore {
        aws: &aws,
        table: TABLE,
    };
    let bad = r#"stages: { prod: { gates: [{ validate: { http: [{ get: "https://shop.example/", expect: { body: { matches: "a(b" } } }] } }] } }"#;
    let refused = push(&aws, "organisation", bad, "ana").await;
    assert!(refused.unwrap_err().to_string().contains("unclosed group"));
    aws.put_plan(TABLE, &version(1, bad)).await.unwrap();
    let error = store.layers("checkout", "prod").await.unwrap_err();
    assert!(error.to_string().contains("unclosed group"), "{error}");
    let told = store.layers_of(Some("checkout"), Some("prod")).await;
    assert_eq!(told.unwrap().len(), 1);
}

#[track_caller]
fn check_item(items: &str, expected: &str) {
    let scenario = format!(
        "about: a broken store\ntables: {{ sluice-plans: {{ key: scope, sort: version, items: [{items}] }} }}\n"
    );
    let scenario = sluice_world::Scenario::parse(&scenario, std::path::Path::new(".")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let error = runtime.block_on(async {
        let world = sluice_world::World::new(scenario);
        let aws = aws_of(&world);
        aws.newest_plan(TABLE, "organisation").await.unwrap_err()
    });
    assert_eq!(error.name(), "PlanUnreadable");
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn an_item_that_is_not_whole_is_an_error() {
    let key = "scope: { S: organisation }, version: { N: \"3\" }";
    let rest =
        "by: { S: a }, at: { S: \"2026-01-01T00:00:00Z\" }, why: { S: b }, document: { S: c }";
    check_item(
        &format!("{{ {key} }}"),
        "version 3 of table `sluice-plans` has no whole number `form`",
    );
    check_item(
        &format!("{{ {key}, form: {{ N: \"2\" }} }}"),
        "has form 2, and form 1 is read",
    );
    check_item(
        &format!("{{ {key}, form: {{ N: \"1\" }}, by: {{ S: a }} }}"),
        "has no text",
    );
    check_item(
        &format!("{{ {key}, form: {{ N: \"1\" }}, {rest} }}"),
        "has no text `sha256`",
    );
    check_item(
        &format!("{{ {key}, form: {{ N: \"1\" }}, {rest}, sha256: {{ S: beef }} }}"),
        "has a `document` of another `sha256`",
    );
}
