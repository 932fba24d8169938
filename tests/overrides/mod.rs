//! Giving waivers: who may, for what, and what gates then do.

mod asked;
pub(crate) mod given;

use std::path::Path;
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use serde_json::{Value, json};
use sluice::rehearsal::{
    EVIDENCE_BUCKET, WAIVERS_TABLE, aws_for, functions_in, in_virtual_time, pipeline,
};
use sluice_core::plan::Plan;
use sluice_host::{Grantor, grant};
use sluice_world::{Scenario, World};

const PLAN: &str = "
service: checkout
stages:
  prod:
    gates:
      - bake: { for: 30m, traffic: not_measured, alarms: [errors] }
";

/// The alarm is red to the end.
const RED: &str = "
about: it stays red
alarms: [ { name: errors, states: [ { at: -2h, state: OK }, { at: prod + 12m, state: ALARM } ] } ]
tables: { sluice-waivers: { key: release, sort: gate } }
pipeline: { look_every: 5m }
";

const ALICE: &str = "arn:aws:sts::111122223333:assumed-role/on-call/alice";

/// A world with a release that its gate has stopped.
struct Stopped {
    world: World,
    release: String,
    grantor: Grantor,
    log: Arc<Mutex<Vec<Value>>>,
}

/// Does something once a gate has stopped a release.
fn once_stopped<T>(does: impl AsyncFnOnce(Stopped) -> T) -> T {
    once_stopped_in(RED, does)
}

fn once_stopped_in<T>(scenario: &str, does: impl AsyncFnOnce(Stopped) -> T) -> T {
    let scenario = Scenario::parse(scenario, Path::new(".")).unwrap();
    let plan = Plan::read_yaml(PLAN).unwrap();
    let definition = pipeline(&plan, PLAN, &scenario);
    in_virtual_time(async {
        let world = World::new(scenario);
        world.s3().create_bucket(EVIDENCE_BUCKET);
        world.set_functions(functions_in(&world));
        let release = world.start(definition).unwrap();
        world.codepipeline().finished(&release).await;
        let log: Arc<Mutex<Vec<Value>>> = Arc::default();
        let lines = Arc::clone(&log);
        let grantor = Grantor {
            aws: aws_for(&world, "sluice-override"),
            waivers_table: Some(WAIVERS_TABLE.to_owned()),
            hours_max: 24,
            log: Arc::new(move |line| lines.lock().unwrap().push(line)),
        };
        does(Stopped {
            world,
            release,
            grantor,
            log,
        })
        .await
    })
    .unwrap()
}

impl Stopped {
    fn order(&self) -> Value {
        json!({
            "pipeline": "checkout",
            "release": self.release,
            "stage": "prod",
            "gate": "bake",
            "reason": "the alarm watches a host that is gone",
        })
    }

    /// What the function answers to an event: status and body.
    async fn asked(&self, event: &Value) -> (u64, Value) {
        let answer = grant(event, &self.grantor).await;
        let body = answer["body"].as_str().unwrap();
        let status = answer["statusCode"].as_u64().unwrap();
        (status, serde_json::from_str(body).unwrap())
    }

    async fn given(&self, order: &Value) -> (u64, Value) {
        self.asked(&posted(order)).await
    }

    async fn listed(&self) -> Vec<Value> {
        let (status, body) = self.asked(&get("checkout", &self.release)).await;
        assert_eq!(status, 200, "{body}");
        body["waivers"].as_array().unwrap().clone()
    }

    async fn later(&self, time: SignedDuration) {
        let clock = self.world.clock();
        clock.sleep_until(clock.now() + time).await;
    }
}

/// What Lambda says of whoever signed a request.
fn signed() -> Value {
    json!({ "iam": {
        "accessKey": "ASIAPLANTED", "accountId": "111122223333", "callerId": "AROAEXAMPLE:alice",
        "cognitoIdentity": null, "principalOrgId": "o-example", "userArn": ALICE, "userId": "AROAEXAMPLE:alice",
    } })
}

fn event(method: &str) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/",
        "headers": { "host": "abc.lambda-url.us-east-1.on.aws" },
        "requestContext": {
            "accountId": "111122223333",
            "authorizer": signed(),
            "http": { "method": method, "path": "/", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1" },
            "requestId": "e1506fd5-9e7b-434f-bd42-4f8fa224b599",
            "stage": "$default",
        },
        "isBase64Encoded": false,
    })
}

fn posted(order: &Value) -> Value {
    let mut event = event("POST");
    event["body"] = json!(order.to_string());
    event
}

fn get(pipeline: &str, release: &str) -> Value {
    let mut event = event("GET");
    event["queryStringParameters"] = json!({ "pipeline": pipeline, "release": release });
    event
}
