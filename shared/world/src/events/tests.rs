//! What is taken, and what is refused, as EventBridge documents it.

use http::Request;
use serde_json::{Value, json};

use crate::{Scenario, World};

fn world() -> World {
    let text = "about: nothing happens\nalarms: []\n";
    World::new(Scenario::parse(text, std::path::Path::new(".")).unwrap())
}

async fn put(world: &World, entries: Value) -> (u16, Value) {
    let request = Request::post("https://events.us-east-1.amazonaws.com/")
        .header("x-amz-target", "AWSEvents.PutEvents")
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKIAFUNCTION0000000/20260303/us-east-1/events/aws4_request",
        )
        .body(json!({ "Entries": entries }).to_string().into_bytes())
        .unwrap();
    let answer = world.answer(request).await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(answer.body()).unwrap())
}

fn entry() -> Value {
    json!({"Source": "sluice", "DetailType": "Said", "Detail": "{\"a\": 1}", "EventBusName": "sluice"})
}

#[tokio::test(start_paused = true)]
async fn what_is_published_is_kept_in_order() {
    let world = world();
    let mut other = entry();
    other.as_object_mut().unwrap().remove("EventBusName");
    let (status, answer) = put(&world, json!([entry(), other])).await;
    assert_eq!((status, &answer["FailedEntryCount"]), (200, &json!(0)));
    assert!(answer["Entries"][1]["EventId"].is_string());
    let buses: Vec<String> = world.published().into_iter().map(|own| own.bus).collect();
    assert_eq!(buses, ["sluice", "default"]);
    assert_eq!(world.published()[0].detail, json!({"a": 1}));
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_is_wrong_is_refused_and_the_others_are_taken() {
    let world = world();
    let with = |name: &str, value: &str| {
        let mut entry = entry();
        entry[name] = json!(value);
        entry
    };
    let entries = json!([
        with("Detail", "[1]"),
        with("Detail", "{"),
        with("Detail", ""),
        with("Source", ""),
        with("Source", "aws.codepipeline"),
        entry()
    ]);
    let (status, answer) = put(&world, entries).await;
    assert_eq!((status, &answer["FailedEntryCount"]), (200, &json!(5)));
    let codes: Vec<&Value> = (0..5)
        .map(|index| &answer["Entries"][index]["ErrorCode"])
        .collect();
    assert_eq!(
        codes,
        [
            "MalformedDetail",
            "MalformedDetail",
            "InvalidArgument",
            "InvalidArgument",
            "NotAuthorizedForSourceException"
        ]
    );
    assert_eq!(world.published().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_has_one_to_ten_entries_of_256_kib_together() {
    let world = world();
    for entries in [vec![], vec![entry(); 11]] {
        let (status, answer) = put(&world, json!(entries)).await;
        assert_eq!(
            (status, &answer["__type"]),
            (400, &json!("ValidationException"))
        );
    }
    let sized = |bytes: usize| {
        let mut entry = entry();
        let around = "sluice".len() + "Said".len() + r#"{"a":""}"#.len();
        entry["Detail"] = json!(format!(r#"{{"a":"{}"}}"#, "x".repeat(bytes - around)));
        entry
    };
    assert_eq!(put(&world, json!([sized(256 * 1024)])).await.0, 200);
    assert_eq!(put(&world, json!([sized(256 * 1024 + 1)])).await.0, 400);
    assert_eq!(world.published().len(), 1);
}
