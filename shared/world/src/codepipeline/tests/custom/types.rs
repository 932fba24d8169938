//! What a custom action type may be, and what a pipeline may ask of it.

use super::*;

fn stand() -> Stand {
    Stand::new(Settings::default(), |_, _| async { Ok(Value::Null) })
}

/// What comes of creating the usual type after a change.
fn created(change: impl FnOnce(&mut Value)) -> Result<Value, String> {
    let mut body = described();
    change(&mut body);
    let created = stand().call("CreateCustomActionType", &body);
    created.map_err(|error| error.code)
}

#[track_caller]
fn check_created(is_taken: bool, change: impl FnOnce(&mut Value)) {
    let result = created(change);
    let expected = if is_taken {
        None
    } else {
        Some("ValidationException")
    };
    assert_eq!(result.err().as_deref(), expected);
}

#[test]
fn a_type_is_given_back_as_it_was_described_and_is_owned_by_custom() {
    let created = created(|_| {}).unwrap();
    let made = &created["actionType"];
    assert_eq!(made["id"], asked_for()["actionTypeId"]);
    let described = described();
    let properties = &made["actionConfigurationProperties"];
    assert_eq!(properties, &described["configurationProperties"]);
    for same in ["settings", "inputArtifactDetails", "outputArtifactDetails"] {
        assert_eq!(made[same], described[same]);
    }
}

#[test]
fn names_have_their_lengths_and_letters() {
    for (member, most) in [("provider", 35), ("version", 9)] {
        check_created(true, |body| body[member] = json!("x".repeat(most)));
        check_created(false, |body| body[member] = json!("x".repeat(most + 1)));
        check_created(false, |body| body[member] = json!("a.b"));
        check_created(false, |body| body[member] = json!(""));
    }
    check_created(true, |body| body["category"] = json!("Deploy"));
    check_created(false, |body| body["category"] = json!("Gate"));
}

#[test]
fn properties_have_their_number_and_lengths() {
    let many = |count: usize| {
        let one =
            |n| json!({ "name": format!("p{n}"), "required": true, "key": false, "secret": false });
        (0..count).map(one).collect::<Vec<Value>>()
    };
    let bare = |body: &mut Value, properties| {
        body["settings"] = Value::Null;
        body["configurationProperties"] = json!(properties);
    };
    check_created(true, |body| bare(body, many(10)));
    check_created(false, |body| bare(body, many(11)));
    let first = |member: &'static str, value: Value| {
        move |body: &mut Value| {
            body["settings"] = Value::Null;
            body["configurationProperties"][0][member] = value;
        }
    };
    check_created(true, first("description", json!("d".repeat(160))));
    check_created(false, first("description", json!("d".repeat(161))));
    check_created(true, first("name", json!("n".repeat(50))));
    check_created(false, first("name", json!("n".repeat(51))));
    check_created(false, first("name", json!("Token")));
    check_created(false, first("secret", Value::Null));
    check_created(false, first("type", json!("List")));
}

#[test]
fn one_property_is_queryable_if_it_is_required_and_shown() {
    let queryable = |index: usize| {
        move |body: &mut Value| {
            body["configurationProperties"][index]["queryable"] = json!(true);
        }
    };
    check_created(true, queryable(0));
    check_created(false, queryable(1));
    check_created(false, |body| {
        body["configurationProperties"][1]["required"] = json!(true);
        queryable(1)(body);
    });
    check_created(false, |body| {
        body["configurationProperties"][1] = json!({
            "name": "Other", "required": true, "key": false, "secret": false,
        });
        queryable(0)(body);
        queryable(1)(body);
    });
}

#[test]
fn addresses_and_artifacts_have_their_limits() {
    let long = |length: usize| json!("u".repeat(length));
    check_created(true, |body| {
        body["settings"]["entityUrlTemplate"] = long(2048)
    });
    check_created(false, |body| {
        body["settings"]["entityUrlTemplate"] = long(2049)
    });
    for name in ["Nothing", "Token"] {
        let template = json!(format!("https://example.com/{{Config:{name}}}"));
        check_created(false, |body| {
            body["settings"]["executionUrlTemplate"] = template
        });
    }
    check_created(true, |body| {
        body["inputArtifactDetails"]["maximumCount"] = json!(5)
    });
    check_created(false, |body| {
        body["inputArtifactDetails"]["maximumCount"] = json!(6)
    });
    check_created(false, |body| {
        body["outputArtifactDetails"]["minimumCount"] = json!(2)
    });
    check_created(false, |body| body["outputArtifactDetails"] = Value::Null);
}

#[test]
fn a_version_can_be_created_once_and_never_again() {
    let stand = stand();
    let create = || stand.call("CreateCustomActionType", &described());
    create().unwrap();
    assert_eq!(create().unwrap_err().code, "ValidationException");
    let id = json!({ "category": "Test", "provider": "Bake", "version": "1" });
    stand.call("DeleteCustomActionType", &id).unwrap();
    assert_eq!(create().unwrap_err().code, "ValidationException");
    let again = stand.call("DeleteCustomActionType", &id);
    assert_eq!(again.unwrap_err().code, "ValidationException");
    let polled = stand.call("PollForJobs", &asked_for());
    assert_eq!(polled.unwrap_err().code, "ActionTypeNotFoundException");
}

#[test]
fn there_are_fifty_types_at_most() {
    let stand = stand();
    let create = |number: u32| {
        let mut body = described();
        body["version"] = json!(number.to_string());
        stand.call("CreateCustomActionType", &body)
    };
    for number in 1..=50 {
        create(number).unwrap();
    }
    assert_eq!(create(51).unwrap_err().code, "LimitExceededException");
    let first = json!({ "category": "Test", "provider": "Bake", "version": "1" });
    stand.call("DeleteCustomActionType", &first).unwrap();
    create(51).unwrap();
}

#[test]
fn types_are_listed_by_owner() {
    let stand = stand();
    stand.pipelines.create_action_type(&described()).unwrap();
    let listed = |body: Value| {
        let listed = stand.call("ListActionTypes", &body).unwrap();
        let types = listed["actionTypes"].as_array().unwrap().clone();
        let provider = |own: &Value| own["id"]["provider"].as_str().unwrap().to_owned();
        types.iter().map(provider).collect::<Vec<String>>()
    };
    assert_eq!(listed(json!({ "actionOwnerFilter": "Custom" })), ["Bake"]);
    assert_eq!(
        listed(json!({ "actionOwnerFilter": "ThirdParty" })),
        [""; 0]
    );
    let elsewhere = json!({ "regionFilter": "eu-west-1" });
    assert_eq!(listed(elsewhere), [""; 0]);
    let all = listed(json!({}));
    assert!(
        all.contains(&"Bake".to_owned()) && all.contains(&"Lambda".to_owned()),
        "{all:?}"
    );
    let next = stand.call("ListActionTypes", &json!({ "nextToken": "t" }));
    assert_eq!(next.unwrap_err().code, "InvalidNextTokenException");
}

/// What comes of defining a pipeline with a gate that is configured so.
#[track_caller]
fn check_defined(
    expected: Option<&str>,
    configuration: &[(&str, &str)],
    change: impl FnOnce(&mut Value),
) {
    let stand = stand();
    let mut body = described();
    change(&mut body);
    stand.pipelines.create_action_type(&body).unwrap();
    let pipeline = with_custom_gate(configuration);
    let result = stand.pipelines.define(pipeline);
    assert_eq!(result.err().map(|error| error.code).as_deref(), expected);
}

#[test]
fn a_pipeline_has_what_its_types_require_and_nothing_else() {
    let refused = Some("InvalidActionDeclarationException");
    let secret = "s".repeat(1000);
    check_defined(None, &[("Gate", "bake"), ("Token", &secret)], |_| {});
    check_defined(refused, &[("Token", "t")], |_| {});
    check_defined(refused, &[("Gate", "bake"), ("Gates", "bake")], |_| {});
    check_defined(refused, &[("Gate", "bake")], |body| {
        body["version"] = json!("2")
    });
    let few = |body: &mut Value| {
        body["inputArtifactDetails"] = json!({ "minimumCount": 0, "maximumCount": 0 });
    };
    check_defined(refused, &[("Gate", "bake")], few);
    let long = "s".repeat(1001);
    check_defined(Some("ValidationException"), &[("Gate", &long)], |_| {});
    check_defined(Some("ValidationException"), &[("Gate", "")], |_| {});
}

#[test]
fn a_queryable_value_has_20_letters_at_most() {
    let queryable = |body: &mut Value| {
        body["configurationProperties"][0]["queryable"] = json!(true);
    };
    let refused = Some("InvalidActionDeclarationException");
    check_defined(None, &[("Gate", &"g".repeat(20))], queryable);
    check_defined(refused, &[("Gate", &"g".repeat(21))], queryable);
    check_defined(refused, &[("Gate", "a b")], queryable);
}

#[tokio::test(start_paused = true)]
async fn workers_of_a_queryable_type_ask_by_its_property() {
    let stand = stand();
    let mut body = described();
    body["configurationProperties"][0]["queryable"] = json!(true);
    stand.pipelines.create_action_type(&body).unwrap();
    stand
        .pipelines
        .define(with_custom_gate(&[("Gate", "bake")]))
        .unwrap();
    stand.pipelines.start("checkout").unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(301)).await;
    let poll = |query: Value| {
        let mut body = asked_for();
        body["queryParam"] = query;
        let polled = stand.call("PollForJobs", &body);
        polled
            .map(|own| own["jobs"].as_array().unwrap().len())
            .map_err(|error| error.code)
    };
    let refused = Err("ValidationException".to_owned());
    assert_eq!(poll(json!({})), refused);
    assert_eq!(poll(json!({ "Token": "bake" })), refused);
    assert_eq!(poll(json!({ "Gate": "b a" })), refused);
    assert_eq!(poll(json!({ "Gate": "a", "Token": "b" })), refused);
    assert_eq!(poll(json!({ "Gate": "canary" })), Ok(0));
    assert_eq!(poll(json!({ "Gate": "bake" })), Ok(1));
}

#[tokio::test(start_paused = true)]
async fn polls_that_are_not_in_order_are_refused() {
    let (stand, _) = waiting(Settings::default(), 1).await;
    let code = |change: &dyn Fn(&mut Value)| {
        let mut body = asked_for();
        change(&mut body);
        stand.call("PollForJobs", &body).unwrap_err().code
    };
    assert_eq!(
        code(&|body| body["maxBatchSize"] = json!(0)),
        "ValidationException"
    );
    assert_eq!(
        code(&|body| body["actionTypeId"] = Value::Null),
        "ValidationException"
    );
    let not_found = "ActionTypeNotFoundException";
    assert_eq!(
        code(&|body| body["actionTypeId"]["version"] = json!("9")),
        not_found
    );
    assert_eq!(
        code(&|body| body["actionTypeId"]["owner"] = json!("AWS")),
        not_found
    );
    assert_eq!(
        code(&|body| body["queryParam"] = json!({ "Gate": "x" })),
        "ValidationException"
    );
}
